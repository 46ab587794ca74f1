//! `/{module}` and what hangs below it.

mod clone;
mod count;
mod delete;
mod deleted;
mod features;
mod full_data;
mod get;
mod insert;
mod line_items;
mod list;
mod page_token;
mod photo;
mod search;
mod update;
mod upsert;
mod values;
mod walks;
