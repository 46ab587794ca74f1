//! COQL, the query language of `POST /coql`:
//! `select Last_Name, Account_Name.Industry from Contacts where Email like '%@example.com' order by id limit 10`.
//!
//! - [`Query`]: the tree, printed back by `Display`
//! - [`parse`]: text to tree
//!
//! Source: "COQL" of the published API. How many columns, values and conditions a query may have depends on the version
//! and is for the caller to check; what is checked here keeps parsing cheap.

mod ast;
mod error;
mod parse;
mod print;
mod token;

pub use ast::{
    Aggregate, Column, Comparison, Expr, Item, Operand, Order, Predicate, Query, Selected, Step, Test, Values,
};
pub use error::CoqlError;
pub use parse::parse;

/// Characters of a query at most. The reference service states none; 500 columns and 25 conditions of 100 values fit.
pub const LENGTH: usize = 131_072;
/// Brackets and subqueries inside each other at most. Parsing, printing and dropping a tree recurse this deep.
pub const DEPTH: usize = 32;
/// Subqueries of a whole query at most, wherever they stand. The reference service states no number.
pub const SUBQUERIES: usize = 10;
