//! Metadata as plain data, and the rules for one value. No IO.
//!
//! - [`org`]: every module of an org, with look-ups by name and id
//! - [`module`], [`field`]: one module, one field
//! - [`field_types`]: what each data type accepts, stores and shows; one file per type
//! - [`worked_out`]: what formula and rollup fields say
//! - [`cell`]: one typed value on its way to or from a column
//! - [`html`], [`web_address`]: what of HTML and of addresses may be shown to people
//! - [`catalog`]: the standard modules that a new org starts with
//! - [`standard`]: what the standard modules are beyond their descriptions
//! - [`upgrade`]: what an older org lacks of them
//! - [`rows`]: the modules that come with a field: rows of a subform, links of a multi-select lookup
//! - [`indexes`]: the indexes of a module's table
//! - [`diff`]: what has to change in the tables when the schema changes

pub mod catalog;
pub mod cell;
pub mod diff;
pub mod field;
pub mod field_types;
pub mod full_text;
pub mod html;
pub mod indexes;
pub mod module;
pub mod org;
pub mod rows;
pub mod standard;
pub mod upgrade;
pub mod web_address;
pub mod worked_out;

pub use cell::{Cell, Storage};
pub use field::FieldDef;
pub use field_types::{DataType, FieldType, Form, Reference, Value, ValueCx};
pub use module::ModuleDef;
pub use org::OrgSchema;
pub use worked_out::{Formula, ReturnType, RollupFunction, RollupSummary};
