//! Full text on PostgreSQL: the tables of its log and its segments, and the triggers that note what changed.

use dealwright_schema::full_text::FullText;

/// A row of the log for each statement, with the ids of all its records: writing it costs next to nothing, and nobody
/// waits for anybody. Blocks are stored as they are; compressed once more they would only cost time.
pub(super) const TABLES: [(&str, &str); 4] = [
    (
        "_search_noted",
        "CREATE TABLE {_search_noted} (seq BIGSERIAL PRIMARY KEY, tbl TEXT NOT NULL, ids BIGINT[] NOT NULL)",
    ),
    (
        "_search_segments",
        "CREATE TABLE {_search_segments} (seg BIGSERIAL PRIMARY KEY, tbl TEXT NOT NULL, rank BIGINT NOT NULL, \
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
        "_search_walks",
        "CREATE TABLE {_search_walks} (tbl TEXT PRIMARY KEY, place BIGINT NOT NULL, is_first BOOLEAN NOT NULL)",
    ),
];

/// What earlier releases left: a function whose terms an index of each module was made of.
pub(super) const FORMER: [(&str, &str); 1] =
    [("_search_terms_1", "DROP FUNCTION {_search_terms_1}(text, text, text) CASCADE")];

/// One function for the three triggers of a table. An update notes the records whose text is another one.
pub(super) fn triggers(text: &FullText) -> String {
    let (table, name) = (&text.table, text.name());
    let mut columns: Vec<&str> = text.columns().collect();
    columns.sort_unstable();
    columns.dedup();
    let row = |alias: &str| {
        let columns: Vec<String> = columns.iter().map(|column| format!("{alias}.\"{column}\"")).collect();
        columns.join(", ")
    };
    let (new, old) = (row("n"), row("o"));
    let note = |from: &str| {
        format!(
            "INSERT INTO {{_search_noted}} (tbl, ids) SELECT '{table}', array_agg({from} HAVING count(*) > 0;"
        )
    };
    let (inserted, deleted) = (note("id) FROM n"), note("id) FROM o"));
    let updated =
        note(&format!("n.id) FROM n JOIN o ON o.id = n.id WHERE ROW({new}) IS DISTINCT FROM ROW({old})"));
    let trigger = |suffix: &str, event: &str, seen: &str| {
        format!(
            "CREATE TRIGGER \"{name}{suffix}\" AFTER {event} ON {{{table}}} REFERENCING {seen} \
             FOR EACH STATEMENT EXECUTE FUNCTION {{{name}}}()"
        )
    };
    [
        format!(
            "CREATE OR REPLACE FUNCTION {{{name}}}() RETURNS trigger LANGUAGE plpgsql AS $body$\n\
             BEGIN\n  IF TG_OP = 'INSERT' THEN {inserted}\n  ELSIF TG_OP = 'DELETE' THEN {deleted}\n  \
             ELSE {updated}\n  END IF;\n  RETURN NULL;\nEND\n$body$"
        ),
        trigger("", "INSERT", "NEW TABLE AS n"),
        trigger("_u", "UPDATE", "OLD TABLE AS o NEW TABLE AS n"),
        trigger("_d", "DELETE", "OLD TABLE AS o"),
    ]
    .join(";\n")
}

/// Removes the triggers with their function; of an earlier release, the index.
pub(super) fn drop(name: &str) -> String {
    format!("DROP FUNCTION IF EXISTS {{{name}}}() CASCADE;\nDROP INDEX IF EXISTS {{{name}}}")
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
