//! Changing the metadata and the settings.
//!
//! - [`resource`]: lists of documents that are served by their description alone
//! - [`users`], [`users_unavailability`], [`roles`], [`profiles`]: people and what they may do
//! - [`territories`], [`territory_users`], [`user_groups`], [`data_sharing`], [`sharing_rules`]: who sees which records
//! - [`custom_views`]: views of modules, and in which order each user lists them
//! - [`cadences`]: follow-ups that records are enrolled in
//! - [`org_taxes`]: the taxes of the organisation
//! - [`variables`]: named values and their groups
//! - [`record_locking_configurations`]: how locks work
//! - [`fields`]: creating, changing and deleting custom fields
//! - `field_draft`, `field_change`: what the body of one field may say, for a new one and for one that exists
//! - `field_type`: what only some data types take: length, decimals, targets, numbering
//! - `field_formula`, `field_rollup`: what fields say whose values the server works out
//! - `field_rows`: fields that bring a module of rows along: subforms, lookups of several records
//! - `field_options`: the options of a picklist; `convert_mapping`: where the values of a lead go
//! - `api_name`: names for things that people label
//! - `entry`, `outcome`: reading one entry of a body, and answering for each entry by itself
//!
//! Limits that the reference service sells by edition (number of custom or unique fields) are not enforced.

mod api_name;
pub mod cadences;
mod convert_mapping;
pub mod custom_views;
pub mod data_sharing;
pub(crate) mod entry;
mod field_change;
mod field_draft;
mod field_formula;
mod field_options;
mod field_rollup;
pub(crate) mod field_rows;
mod field_type;
pub mod fields;
pub mod org_taxes;
mod outcome;
pub mod profiles;
pub mod record_locking_configurations;
pub mod resource;
pub mod roles;
pub mod sharing_rules;
pub mod territories;
pub mod territory_users;
pub mod user_groups;
pub mod users;
pub mod users_unavailability;
pub mod variables;
