//! The expressions of formula fields.
//!
//! - `ast`: the tree, [`Expression`]
//! - `function`: the functions, what they take and give, [`Function`]
//! - `parse`: text to tree within [`Limits`], [`parse()`]
//! - `print`: tree to text, the `Display` of [`Expression`]
//! - `check`: which [`Type`] an expression has, [`check()`]
//! - `error`: what was expected where, [`FormulaError`]
//!
//! ```text
//! or      := and { "||" and }
//! and     := compare { "&&" compare }
//! compare := sum [ ( "==" | "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" ) sum ]
//! sum     := product { ( "+" | "-" ) product }
//! product := unary { ( "*" | "/" | "%" ) unary }
//! unary   := ( "-" | "+" | "!" ) unary | power
//! power   := primary [ "^" unary ]
//! primary := number | text | "true" | "false" | field | name "(" [ or { "," or } ] ")" | "(" or ")"
//! field   := "${" [ module "." ] name "}" | name
//! ```
//!
//! Names of functions are read in any case. White space may stand around every part.

mod ast;
mod check;
mod error;
mod function;
mod parse;
mod print;

pub use ast::{BinaryOperator, Expression, Field, Kind, UnaryOperator};
pub use check::{Type, check};
pub use error::{FormulaError, FormulaErrorKind};
pub use function::Function;
pub use parse::{Limits, parse};
