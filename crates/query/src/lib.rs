//! Text to syntax tree and back for the query languages of the CRM API. Knows grammar only: whether a field exists
//! and takes an operator is for the caller to say.
//!
//! - [`criteria`]: the `criteria` parameter of record search, `((Last_Name:equals:Burns)and(Amount:between:10,20))`

pub mod criteria;

pub use criteria::{Condition, Criteria, CriteriaError, CriteriaErrorKind, Limits, Operator};
