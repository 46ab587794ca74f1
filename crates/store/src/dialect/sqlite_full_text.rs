//! Full text on SQLite: the tables of its log and its segments.

/// What one statement wrote is a row of the log, its ids as a JSON array.
pub(super) const TABLES: [(&str, &str); 6] = [
    (
        "_search_noted",
        "CREATE TABLE {_search_noted} (seq INTEGER PRIMARY KEY, tbl TEXT NOT NULL, ids TEXT NOT NULL)",
    ),
    (
        "_search_segments",
        "CREATE TABLE {_search_segments} (seg INTEGER PRIMARY KEY, tbl TEXT NOT NULL, rank INTEGER NOT NULL, \
         records INTEGER NOT NULL, head BLOB NOT NULL);\n\
         CREATE INDEX \"_search_segments_tbl\" ON {_search_segments} (tbl, rank)",
    ),
    ("_search_blocks", "CREATE TABLE {_search_blocks} (id INTEGER PRIMARY KEY, data BLOB NOT NULL)"),
    (
        "_search_numbers",
        "CREATE TABLE {_search_numbers} (id INTEGER PRIMARY KEY, last INTEGER NOT NULL);\n\
         INSERT INTO {_search_numbers} (id, last) VALUES (1, 0)",
    ),
    (
        "_search_texts",
        "CREATE TABLE {_search_texts} (tbl TEXT PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID",
    ),
    (
        "_search_walks",
        "CREATE TABLE {_search_walks} (tbl TEXT PRIMARY KEY, place INTEGER NOT NULL, is_first INTEGER NOT NULL) WITHOUT ROWID",
    ),
];

/// What earlier releases left: one index for all modules, and what was due to it.
pub(super) const FORMER: [(&str, &str); 2] =
    [("_search", "DROP TABLE {_search}"), ("_search_due", "DROP TABLE {_search_due}")];

/// Removes the triggers that an earlier release made.
pub(super) fn drop_former(name: &str) -> String {
    format!(
        "DROP TRIGGER IF EXISTS \"{name}\";\nDROP TRIGGER IF EXISTS \"{name}_u\";\nDROP TRIGGER IF EXISTS \"{name}_d\""
    )
}

pub(super) fn noted(records: usize) -> String {
    // What one statement wrote is taken whole.
    format!(
        "SELECT d.seq, d.tbl, u.value FROM (SELECT seq, tbl, ids, sum(json_array_length(ids)) OVER (ORDER BY seq) - \
         json_array_length(ids) AS before FROM (SELECT seq, tbl, ids FROM {{_search_noted}} ORDER BY seq LIMIT {records})) d, \
         json_each(d.ids) u WHERE d.before < {records} ORDER BY d.seq"
    )
}

pub(super) const COUNT_NOTED: &str = "SELECT coalesce(sum(json_array_length(ids)), 0) FROM {_search_noted}";

pub(super) fn noted_of(table: &str) -> String {
    format!(
        "SELECT DISTINCT u.value AS id FROM {{_search_noted}} d, json_each(d.ids) u WHERE d.tbl = {table}"
    )
}
