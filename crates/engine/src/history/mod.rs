//! What records were: their timeline, and bringing an earlier state back.
//!
//! Each record points to its newest entry and each entry to the one before, so a change costs no index
//! (`docs/adr/0004-history-chain.md`). An entry holds the values before the change; what was after it stands in the
//! next entry, or in the record itself.
//!
//! - `chain`: the entries of one record, newest first, with what each of them changed
//! - `timeline`: the documented way to read them; `timeline_query`: its parameters
//! - `states`: our own: every change exactly, a record as it was, and its restoration

mod chain;
mod states;
mod timeline;
mod timeline_query;

pub use states::{list, restore, state};
pub use timeline::timeline;
