//! Full text on PostgreSQL: the tables of its log and its segments.

/// What one statement wrote is a row of the log: writing it costs next to nothing, and nobody waits for anybody. Blocks are
/// stored as they are; compressed once more they would only cost time.
pub(super) const TABLES: [(&str, &str); 6] = [
    (
        "_search_noted",
        "CREATE TABLE {_search_noted} (seq BIGINT PRIMARY KEY, tbl TEXT NOT NULL, ids BIGINT[] NOT NULL)",
    ),
    (
        "_search_segments",
        "CREATE TABLE {_search_segments} (seg BIGINT PRIMARY KEY, tbl TEXT NOT NULL, rank BIGINT NOT NULL, \
         records BIGINT NOT NULL, head BYTEA NOT NULL);\n\
         ALTER TABLE {_search_segments} ALTER head SET STORAGE EXTERNAL;\n\
         CREATE INDEX _search_segments_tbl ON {_search_segments} (tbl, rank)",
    ),
    (
        "_search_blocks",
        "CREATE TABLE {_search_blocks} (id BIGINT PRIMARY KEY, data BYTEA NOT NULL);\n\
         ALTER TABLE {_search_blocks} ALTER data SET STORAGE EXTERNAL;\n\
         ALTER TABLE {_search_blocks} SET (toast_tuple_target = 8160)",
    ),
    (
        "_search_numbers",
        "CREATE TABLE {_search_numbers} (id BIGINT PRIMARY KEY, last BIGINT NOT NULL);\n\
         INSERT INTO {_search_numbers} (id, last) VALUES (1, 0)",
    ),
    ("_search_texts", "CREATE TABLE {_search_texts} (tbl TEXT PRIMARY KEY, name TEXT NOT NULL)"),
    (
        "_search_walks",
        "CREATE TABLE {_search_walks} (tbl TEXT PRIMARY KEY, place BIGINT NOT NULL, is_first BOOLEAN NOT NULL)",
    ),
];

/// What earlier releases left: a function whose terms an index of each module was made of.
pub(super) const FORMER: [(&str, &str); 1] =
    [("_search_terms_1", "DROP FUNCTION {_search_terms_1}(text, text, text) CASCADE")];

/// Removes the index that an earlier release made.
pub(super) fn drop_former(name: &str) -> String {
    format!("DROP INDEX IF EXISTS {{{name}}}")
}

pub(super) fn noted(records: usize) -> String {
    // What one statement wrote is taken whole.
    format!(
        "SELECT d.seq, d.tbl, u.id FROM (SELECT seq, tbl, ids, sum(cardinality(ids)) OVER (ORDER BY seq) - cardinality(ids) \
         AS before FROM (SELECT seq, tbl, ids FROM {{_search_noted}} ORDER BY seq LIMIT {records}) oldest) d, unnest(d.ids) u(id) \
         WHERE d.before < {records} ORDER BY d.seq"
    )
}

pub(super) const COUNT_NOTED: &str =
    "SELECT CAST(coalesce(sum(cardinality(ids)), 0) AS BIGINT) FROM {_search_noted}";

pub(super) fn noted_of(table: &str) -> String {
    format!("SELECT DISTINCT u.id FROM {{_search_noted}} d, unnest(d.ids) u(id) WHERE d.tbl = {table}")
}
