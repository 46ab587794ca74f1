//! Full text on SQLite: the tables of its log and its segments, and the triggers that note what changed.

use dealwright_schema::full_text::FullText;

/// Numbers of segments are never used again, so that what is kept of one in memory stays right.
pub(super) const TABLES: [(&str, &str); 4] = [
    (
        "_search_noted",
        "CREATE TABLE {_search_noted} (seq INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, id INTEGER NOT NULL)",
    ),
    (
        "_search_segments",
        "CREATE TABLE {_search_segments} (seg INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT NOT NULL, rank INTEGER NOT NULL, \
         records INTEGER NOT NULL, head BLOB NOT NULL);\n\
         CREATE INDEX \"_search_segments_tbl\" ON {_search_segments} (tbl, rank)",
    ),
    ("_search_blocks", "CREATE TABLE {_search_blocks} (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"),
    (
        "_search_walks",
        "CREATE TABLE {_search_walks} (tbl TEXT PRIMARY KEY, place INTEGER NOT NULL, is_first INTEGER NOT NULL) WITHOUT ROWID",
    ),
];

/// What earlier releases left: one index for all modules, and what was due to it.
pub(super) const FORMER: [(&str, &str); 2] =
    [("_search", "DROP TABLE {_search}"), ("_search_due", "DROP TABLE {_search_due}")];

/// The triggers of a table. An update notes a record whose text is another one.
pub(super) fn triggers(text: &FullText) -> String {
    let (table, name) = (&text.table, text.name());
    let mut columns: Vec<&str> = text.columns().collect();
    columns.sort_unstable();
    columns.dedup();
    let list: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let changed: Vec<String> =
        columns.iter().map(|column| format!("new.\"{column}\" IS NOT old.\"{column}\"")).collect();
    let (list, changed) = (list.join(", "), changed.join(" OR "));
    let note = |row: &str| {
        format!("BEGIN INSERT INTO \"_search_noted\" (tbl, id) VALUES ('{table}', {row}.id); END")
    };
    format!(
        "CREATE TRIGGER \"{name}\" AFTER INSERT ON {{{table}}} {};\n\
         CREATE TRIGGER \"{name}_u\" AFTER UPDATE OF {list} ON {{{table}}} WHEN {changed} {};\n\
         CREATE TRIGGER \"{name}_d\" AFTER DELETE ON {{{table}}} {}",
        note("new"),
        note("new"),
        note("old"),
    )
}

pub(super) fn drop(name: &str) -> String {
    format!(
        "DROP TRIGGER IF EXISTS \"{name}\";\nDROP TRIGGER IF EXISTS \"{name}_u\";\nDROP TRIGGER IF EXISTS \"{name}_d\""
    )
}

pub(super) fn noted(records: usize) -> String {
    format!("SELECT seq, tbl, id FROM {{_search_noted}} ORDER BY seq LIMIT {records}")
}

pub(super) const COUNT_NOTED: &str = "SELECT count(*) FROM {_search_noted}";

pub(super) fn noted_of(table: &str) -> String {
    format!("SELECT DISTINCT id FROM {{_search_noted}} WHERE tbl = {table}")
}
