//! Which records to find: the `criteria` parameter of record search, and criteria as JSON.
//!
//! - `ast`: the tree, [`Criteria`] of [`Condition`]s
//! - `operator`: the words between field and value, [`Operator`]
//! - `parse`: text to tree within [`Limits`], [`parse()`]
//! - `print`: tree to text, the `Display` of [`Criteria`]
//! - `error`: what was expected where, [`CriteriaError`]
//! - `tree`: the JSON form, [`read()`] into a [`Tree`]
//!
//! ```text
//! criteria  := any | condition
//! any       := all { "or" all }
//! all       := group { "and" group }
//! group     := "(" any ")" | "(" condition ")"
//! condition := field ":" operator [ ":" value ]
//! ```
//!
//! A `(` opens a group when the next thing after it is another `(`, and a condition otherwise, so one look ahead
//! decides and nothing is read twice. White space may stand around every part.

mod ast;
mod error;
mod operator;
mod parse;
mod print;
mod tree;

pub use ast::{Condition, Criteria};
pub use error::{CriteriaError, CriteriaErrorKind};
pub use operator::Operator;
pub use parse::{Limits, parse};
pub use tree::{Tree, TreeError, TreeErrorKind, read};
