//! Text to syntax tree and back for the query languages of the CRM API. Knows grammar and types only: which fields
//! there are is for the caller to say.
//!
//! - [`criteria`]: the `criteria` parameter of record search, `((Last_Name:equals:Burns)and(Amount:between:10,20))`
//! - [`coql`]: the queries of `POST /coql`, `select Last_Name from Leads where City = 'Bern'`
//! - [`formula`]: the expressions of formula fields, `If(${Deals.Amount} > 1000, 'large', 'small')`

mod bound;
pub mod coql;
pub mod criteria;
pub mod formula;

pub use criteria::{Condition, Criteria, CriteriaError, CriteriaErrorKind, Limits, Operator};
