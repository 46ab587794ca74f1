//! What is told about a statement to whoever asks how the database goes about it.

use serde::Serialize;

/// One statement that an operation ran.
#[derive(Debug, Clone, Serialize)]
pub struct Explanation {
    /// `sqlite` or `postgres`.
    pub database: &'static str,
    /// The steps in words, in the order in which the database names them.
    pub steps: Vec<String>,
    /// Rows that the statement gives.
    pub rows: usize,
    /// How long it took, the second time it ran.
    pub milliseconds: f64,
    pub statement: String,
    /// What the database itself says.
    pub plan: Vec<String>,
}
