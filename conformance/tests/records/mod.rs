//! `/{module}` and what hangs below it.

mod activities;
mod clone;
mod count;
mod criteria_words;
mod cross_filters;
mod delete;
mod deleted;
mod entity_scores;
mod every_module;
mod features;
mod full_data;
mod get;
mod insert;
mod line_items;
mod list;
mod page_token;
mod photo;
mod search;
mod search_behind;
mod search_words;
mod update;
mod upsert;
mod upsert_twice;
mod values;
mod walks;
