//! Every operation on records.
//!
//! Reading: [`list()`], [`get()`], [`search()`], [`count()`], [`deleted()`], [`timeline()`], [`photo_get`].
//! A `selection` is compiled once and writes rows straight into the answer; `filter` turns criteria into SQL;
//! `page` and `page_token` cut lists into pages.
//!
//! Writing: [`insert()`], [`update_one`], [`upsert()`], [`delete_one`] and their kin. A body becomes drafts
//! (`body`, `draft`), references are found (`resolve`), unique values checked (`unique`), other values worked out
//! (`derive`, `line_items`), rows stored with their history and event (`writing`), and each record answered in
//! place (`outcome`).

pub(crate) mod body;
mod clone;
mod count;
mod delete;
mod deleted;
mod derive;
mod draft;
mod external;
mod filter;
mod full_data;
mod get;
mod insert;
mod line_items;
mod list;
mod list_query;
mod outcome;
mod page;
mod page_token;
mod photo;
mod resolve;
mod search;
pub(crate) mod selection;
mod stored;
mod subforms;
mod system_keys;
mod timeline;
mod unique;
mod update;
mod upsert;
mod writing;

pub use clone::clone;
pub use count::count;
pub use delete::{delete_many, delete_one};
pub use deleted::deleted;
pub use full_data::{full_data_many, full_data_one};
pub use get::get;
pub use insert::insert;
pub use list::list;
pub use photo::{photo_delete, photo_get, photo_put};
pub use search::search;
pub use timeline::timeline;
pub use update::{patch_many, patch_one, update_many, update_one};
pub use upsert::upsert;
