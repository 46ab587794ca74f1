//! Every difference between the two databases that shows in SQL text.

use std::fmt::Write as _;

pub mod postgres;
mod postgres_full_text;
mod postgres_letters;
pub mod sqlite;
mod sqlite_full_text;

pub use dealwright_full_text::digits;
use dealwright_schema::{Cell, Storage};
use dealwright_wire::letters;

use crate::migrate::Keyed;

pub static SQLITE: sqlite::SqliteDialect = sqlite::SqliteDialect;
pub static POSTGRES: postgres::PostgresDialect = postgres::PostgresDialect;

/// How one database says it. Column expressions come in ready to use (`t."c7"`), arguments as `?3`.
pub trait Dialect: Send + Sync {
    /// `sqlite` or `postgres`.
    fn name(&self) -> &'static str;

    /// Types that statements name, as they stand there: `{{id}}`, a primary key; `{{transaction}}`, the number of the
    /// transaction that made the row, which nobody has to write.
    fn types(&self) -> &'static [(&'static str, &'static str)];

    /// Type of a column.
    fn column_type(&self, storage: Storage) -> &'static str;

    /// A text expression under the comparison that ignores case, as [`dealwright_wire::letters`] does.
    fn fold(&self, text: &str) -> String;

    /// A text expression folded, as a text of its own.
    fn lower(&self, text: &str) -> String;

    /// The first characters of a text expression, under the comparison that ignores case.
    fn beginning(&self, text: &str, characters: u32) -> String;

    /// A number or time, written so that the choice of an index does not depend on it.
    fn off_index(&self, column: &str) -> String;

    /// A text expression compared by its exact case.
    fn exact(&self, text: &str) -> String;

    /// An index's name as `CREATE INDEX` wants it; it lands in the schema of its table.
    fn index_to_create(&self, name: &str) -> String {
        format!("\"{name}\"")
    }

    /// The word that lets a table be written to while an index on it is made or dropped, in a statement that runs in no
    /// transaction; `None` where there is no such way.
    fn aside(&self) -> Option<&'static str> {
        None
    }

    /// An index's name as `DROP INDEX` wants it.
    fn index_to_drop(&self, name: &str) -> String;

    /// What ends an index so that equal keys come in the order of ids; SQLite's indexes do so by themselves.
    fn index_tie_break(&self) -> Option<&'static str>;

    /// Which of a column and the expression that an index has of it is to be there, for an index without the empty ones:
    /// the one from which the planner sees that a row with the value it looks for is in the index.
    fn present<'e>(&self, column: &'e str, key: &'e str) -> &'e str;

    /// True when `column` is among the ids bound to the argument.
    fn in_ids(&self, column: &str, argument: &str) -> String;

    /// A condition as 1 or 0.
    fn number_of(&self, condition: &str) -> String {
        format!("CASE WHEN {condition} THEN 1 ELSE 0 END")
    }

    /// A column that a test shall not choose an index by: its rows come in by another way.
    fn passed(&self, column: &str) -> String;

    /// Rows of the table (`t`) that pass a condition, among the first rows of another statement's order: `first` is
    /// ` WHERE … ORDER BY … LIMIT …` on the table, `order_by` its order once more. The order stays.
    fn among_first(&self, columns: &str, table: &str, first: &str, order_by: &str, condition: &str)
    -> String;

    /// The first rows of several statements over the table `t`, all in one order, which `order_by` asks of each of them and
    /// `order` of all together, by the names of their columns. `first` rows of each are enough.
    fn merged(&self, parts: &[String], order_by: &str, order: &str, first: usize) -> String;

    /// The table (`t`), read through that index where the database has to be told.
    fn table_by_index(&self, table: &str, index: &str) -> String;

    /// True when the text expression is among the texts bound to the argument.
    fn in_texts(&self, expression: &str, argument: &str) -> String;

    /// True when the words bound to the argument (folded, single spaces, a space at each end)
    /// appear one after the other as whole words in `column`.
    fn contains_words(&self, column: &str, argument: &str) -> String;

    /// True when the folded text bound to the argument occurs anywhere in `column`.
    fn contains(&self, column: &str, argument: &str) -> String;

    /// True when `column` ends with the folded text bound to the argument.
    fn ends_with(&self, column: &str, argument: &str) -> String;

    /// True when `column` fits the pattern bound to the argument: folded, `%` for any text, `\` before what stands for
    /// itself.
    fn like(&self, column: &str, argument: &str) -> String;

    /// A text column as rows are grouped by it: by its exact case.
    fn group_key(&self, column: &str) -> String;

    /// The exact sum of whole numbers, for [`Row::sum`](crate::Row::sum); null where there are none.
    fn sum(&self, column: &str) -> String;

    /// The sum of whole numbers to order by; empty when there are none.
    fn sum_to_order(&self, column: &str) -> String;

    /// A table `name` with the columns `key` and `value`, of the ids and texts bound to the arguments.
    fn pairs(&self, ids: &str, texts: &str, name: &str) -> String;

    /// A value as text of a statement, for the few places that have no arguments. Whatever it holds, it stays a value.
    fn literal(&self, cell: &Cell<'_>) -> String;

    /// What stands before a statement to have it explained instead of run, and which column then holds the text.
    fn explain(&self) -> &'static str;
    fn explained_column(&self) -> usize;

    /// The digits of a text expression and nothing else.
    fn digits(&self, column: &str) -> String;

    /// A query for `columns` of the rows (`t`) of `table` whose ids another query gives. Rows come in any order.
    /// `None` where sorting whole rows costs no more than that.
    fn rows_of_ids(&self, columns: &str, table: &str, ids: &str) -> Option<String>;

    /// What follows a `SELECT` that locks its rows until the end of the transaction.
    fn for_update(&self) -> &'static str;

    /// The same, passing over rows that another transaction has locked.
    fn for_update_of_free(&self) -> &'static str;

    /// True when the transaction in a column of type `{{transaction}}`, and every one before it, has ended: no row of theirs
    /// is still to come.
    fn has_ended(&self, transaction: &str) -> String;

    /// True when no transaction of this database has had that number yet: the row was copied from another one.
    fn is_from_elsewhere(&self, transaction: &str) -> String;

    /// `NULLS` placement that makes an order the same on both databases: nulls are the smallest.
    fn order(&self, expression: &str, descending: bool) -> String;

    /// A query whose rows say what is wrong with the store; none when nothing is known to be.
    fn problems(&self) -> &'static str;

    /// A query that gives further queries which together read every row of the store, where [`Dialect::problems`] does not.
    fn read_everything(&self) -> &'static str;

    /// A query that gives a row when the store has the table.
    fn has_table(&self, table: &str) -> String;

    /// A query that waits until no other process changes the fixed tables of the store; `None` where writing waits anyway.
    fn lock_migrations(&self) -> Option<&'static str> {
        None
    }

    /// Statements that make a unique constraint the primary key.
    fn make_primary_key(&self, keyed: &Keyed) -> String;

    /// Names of the indexes, triggers, functions and tables of a store, as a query.
    fn names(&self) -> &'static str;

    /// What folding and full text need in every store: the names they go by and the statements that make them.
    fn bases(&self) -> Vec<(&'static str, String)>;

    /// What earlier releases made for the same: names, and the statements that remove it.
    fn former_bases(&self) -> &'static [(&'static str, &'static str)];

    /// Statements that remove what an earlier release made for the full text of a module under that name.
    fn drop_former_full_text(&self, name: &str) -> String;

    /// A query for the oldest entries of the log, for about so many records: number of the entry, table, id.
    fn noted(&self, records: usize) -> String;

    /// A query for the number of records in the log; those in several entries count as often.
    fn count_noted(&self) -> &'static str;

    /// A query for the `id` of each record of a table that is in the log. The table's name is bound to the argument.
    fn noted_of(&self, table: &str) -> String;
}

/// The bytes of a text as hexadecimal digits.
fn hex(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len() * 2), |mut out, byte| {
        let _infallible = write!(out, "{byte:02x}");
        out
    })
}

/// Values that both databases write alike; lists have no literal.
fn plain(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Bool(yes) => if *yes { "TRUE" } else { "FALSE" }.to_owned(),
        Cell::Int(number) => number.to_string(),
        Cell::Date(date) => format!("'{date}'"),
        _ => "NULL".to_owned(),
    }
}

/// Text as `contains_words` compares it: folded, runs of ASCII punctuation and space as one space,
/// a space at each end.
pub fn words(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(' ');
    for character in letters::fold(text).chars() {
        let separator = character.is_ascii_punctuation() || matches!(character, ' ' | '\t' | '\n' | '\r');
        if !separator {
            out.push(character);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') || out.len() == 1 {
        out.push(' ');
    }
    out
}
