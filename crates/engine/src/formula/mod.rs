//! The language of formulas, and of what rollups count, compiled for an org's fields. What is worked out with it, and when, is in
//! `records/worked_out`.
//!
//! - `value`: a value inside a formula, and its way from and to a column
//! - `compute`, `functions`: what operators and functions give
//! - `formulas`: the formulas of a module, in the order in which they depend on each other
//! - `criteria`: which records a rollup or a process means

pub(crate) mod compute;
pub(crate) mod criteria;
pub(crate) mod formulas;
mod functions;
pub(crate) mod value;

#[cfg(test)]
mod tests;
