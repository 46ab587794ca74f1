//! Many rows of one table in one go.
//!
//! SQLite runs one prepared statement per row; PostgreSQL sends one array per column and unnests them.

use dealwright_schema::{Cell, Storage};

/// A column of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    pub storage: Storage,
}

impl Column {
    pub fn new(name: impl Into<String>, storage: Storage) -> Self {
        Self { name: name.into(), storage }
    }
}

/// Rows to insert, or to update by their first column.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    pub table: &'a str,
    pub columns: &'a [Column],
    /// Each row has one cell per column.
    pub rows: &'a [Vec<Cell<'a>>],
}

impl Batch<'_> {
    pub(crate) fn insert_sql(&self) -> String {
        let names = self.names(0);
        let args: Vec<String> = (1..=self.columns.len()).map(|n| format!("?{n}")).collect();
        format!("INSERT INTO {{{}}} ({names}) VALUES ({})", self.table, args.join(","))
    }

    pub(crate) fn update_sql(&self) -> String {
        let sets: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .skip(1)
            .map(|(n, c)| format!("\"{}\"=?{}", c.name, n + 1))
            .collect();
        format!("UPDATE {{{}}} SET {} WHERE \"{}\"=?1", self.table, sets.join(","), self.columns[0].name)
    }

    pub(crate) fn insert_unnest_sql(&self) -> String {
        format!("INSERT INTO {{{}}} ({}) SELECT * FROM {}", self.table, self.names(0), self.unnest())
    }

    pub(crate) fn update_unnest_sql(&self) -> String {
        let sets: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .skip(1)
            .map(|(n, c)| format!("\"{}\"=v.v{}", c.name, n + 1))
            .collect();
        let aliases: Vec<String> = (1..=self.columns.len()).map(|n| format!("v{n}")).collect();
        format!(
            "UPDATE {{{}}} t SET {} FROM {} AS v({}) WHERE t.\"{}\"=v.v1",
            self.table,
            sets.join(","),
            self.unnest(),
            aliases.join(","),
            self.columns[0].name
        )
    }

    fn names(&self, from: usize) -> String {
        let names: Vec<String> = self.columns[from..].iter().map(|c| format!("\"{}\"", c.name)).collect();
        names.join(",")
    }

    fn unnest(&self) -> String {
        let args: Vec<String> = self
            .columns
            .iter()
            .enumerate()
            .map(|(n, c)| format!("?{}::{}[]", n + 1, crate::dialect::postgres::type_name(c.storage)))
            .collect();
        format!("unnest({})", args.join(","))
    }
}
