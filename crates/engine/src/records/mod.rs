//! Every operation on records.
//!
//! Reading: [`list()`], [`get()`], [`search()`], [`count()`], [`deleted()`], [`photo_get`], [`list_scores`].
//! A `selection` is compiled once and writes rows straight into the answer; `filter` turns criteria into SQL, those
//! of a search and those in JSON (`json_criteria`, with the words for days in `period`); `narrow` is what else says
//! which records are meant, `view` one of its ways; `order`, `page` and `page_token` cut lists into pages.
//!
//! Writing: [`insert()`], [`update_one`], [`upsert()`], [`delete_one`] and their kin. A body becomes drafts
//! (`body`, `draft`), references are found (`resolve`), unique values checked (`unique`), other values worked out
//! (`derive`, `line_items`, `line_tax`, `pipeline`, `own_rules`, `calls`, `participants`, `links`, `rescheduling`), rows stored with their history
//! and event (`writing`), and each record answered in place (`outcome`). What a record's state forbids is in `guard`; what is
//! kept of a deleted one in `image`, with whatever hangs on it (`parts`); a record that becomes another is a `succession`,
//! `mapping` says which value goes where.
//!
//! Records name no area. What the areas above do when records are read and written, they say in an `around`. Records that
//! are linked many to many are in `linked`, those of territories in `territories`.

pub(crate) mod around;
pub(crate) mod body;
pub(crate) mod calls;
pub(crate) mod clone;
pub(crate) mod count;
pub(crate) mod cross_filters;
pub(crate) mod delete;
pub(crate) mod deleted;
pub(crate) mod derive;
pub(crate) mod draft;
pub(crate) mod entity_scores;
pub(crate) mod external;
pub(crate) mod features;
pub(crate) mod filter;
pub(crate) mod find;
pub(crate) mod full_data;
mod full_text;
pub(crate) mod get;
pub(crate) mod guard;
pub(crate) mod holders;
pub(crate) mod image;
pub(crate) mod insert;
pub(crate) mod json_criteria;
pub(crate) mod line_items;
pub(crate) mod line_tax;
pub(crate) mod linked;
pub(crate) mod links;
pub(crate) mod list;
pub(crate) mod list_query;
pub(crate) mod mapping;
pub(crate) mod narrow;
pub(crate) mod order;
pub(crate) mod outcome;
pub(crate) mod own_rules;
pub(crate) mod page;
pub(crate) mod page_token;
pub(crate) mod parent;
pub(crate) mod participants;
pub(crate) mod parts;
pub(crate) mod period;
pub(crate) mod photo;
pub(crate) mod pipeline;
pub(crate) mod pointing;
mod ranked;
pub(crate) mod reading;
pub(crate) mod rescheduling;
pub(crate) mod resolve;
pub(crate) mod search;
pub(crate) mod selection;
pub(crate) mod stored;
pub(crate) mod subforms;
pub(crate) mod succession;
pub(crate) mod system_keys;
pub(crate) mod territories;
pub(crate) mod unique;
pub(crate) mod update;
pub(crate) mod upsert;
pub(crate) mod view;
pub(crate) mod worked_out;
pub(crate) mod writing;

pub use clone::clone;
pub use count::{count, count_by_body};
pub use delete::{delete_many, delete_one};
pub use deleted::deleted;
pub use entity_scores::{get_score, list_scores};
pub use full_data::{full_data_many, full_data_one};
pub use get::get;
pub use insert::insert;
pub use list::list;
pub use photo::{photo_delete, photo_get, photo_put};
pub use search::search;
pub use update::{patch_many, patch_one, update_many, update_one};
pub use upsert::upsert;
