//!
//! - [`convert()`]: one record; [`mass_convert()`]: up to 50, as a job
//! - `lead`: the unit that turns a lead into a contact, an account and a deal; `lead_converter`: what the caller
//!   wants of it; `matching`: the records that a lead matches, also asked by [`conversion_options()`]
//! - `inventory`: the unit that turns a quote or an order into an order or an invoice
//! - [`merge()`]: records of one module that are the same thing; `merge_body`: what the caller wants of it
//! - `followers`: what hangs on a record and goes where it goes
//! - `ledger`: what was converted and merged, by whom and when

mod conversion_options;
mod convert;
pub(crate) mod followers;
mod inventory;
mod lead;
mod lead_converter;
mod ledger;
pub(crate) mod mass_convert;
mod matching;
mod merge;
mod merge_body;

pub use conversion_options::conversion_options;
pub use convert::convert;
pub use mass_convert::{mass_convert, mass_convert_status};
pub use merge::{merge, merge_status};
