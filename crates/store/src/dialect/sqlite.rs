//! SQLite. Text is compared by a collation of ours, `dw_letters`, which ignores case in every script. Columns are declared
//! `COLLATE NOCASE`, as they were when ASCII was all that counted: SQLite cannot change that, so it is never relied on.

use dealwright_schema::{Cell, Storage};

use super::{Dialect, sqlite_full_text as full_text};
use crate::migrate::Keyed;

pub struct SqliteDialect;

impl Dialect for SqliteDialect {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn types(&self) -> &'static [(&'static str, &'static str)] {
        // There is one writer, so ids come in the order of commits and the transaction tells nothing more.
        &[("{{id}}", "INTEGER PRIMARY KEY"), ("{{transaction}}", "BIGINT NOT NULL DEFAULT 0")]
    }

    fn column_type(&self, storage: Storage) -> &'static str {
        match storage {
            Storage::Bool | Storage::Int | Storage::Instant => "INTEGER",
            Storage::Text => "TEXT COLLATE NOCASE",
            Storage::Date => "TEXT",
        }
    }

    fn fold(&self, text: &str) -> String {
        format!("{text} COLLATE dw_letters")
    }

    fn lower(&self, text: &str) -> String {
        format!("dw_fold({text})")
    }

    fn beginning(&self, text: &str, characters: u32) -> String {
        format!("substr({text}, 1, {characters}) COLLATE dw_letters")
    }

    fn off_index(&self, column: &str) -> String {
        // Without figures about the values, SQLite takes any range for a narrow one.
        format!("+{column}")
    }

    fn exact(&self, text: &str) -> String {
        format!("{text} COLLATE BINARY")
    }

    fn index_to_drop(&self, name: &str) -> String {
        format!("\"{name}\"")
    }

    fn index_tie_break(&self) -> Option<&'static str> {
        None
    }

    fn present<'e>(&self, column: &'e str, _: &'e str) -> &'e str {
        column
    }

    fn in_ids(&self, column: &str, argument: &str) -> String {
        format!("{column} IN (SELECT value FROM json_each({argument}))")
    }

    fn passed(&self, column: &str) -> String {
        format!("+{column}")
    }

    fn among_first(&self, columns: &str, table: &str, first: &str, _: &str, condition: &str) -> String {
        // `CROSS JOIN` keeps the planner from turning the join round, and so the order of the first rows.
        format!(
            "SELECT {columns} FROM (SELECT t.id FROM {{{table}}} t{first}) found \
             CROSS JOIN {{{table}}} t ON t.id = found.id WHERE {condition}"
        )
    }

    fn merged(&self, parts: &[String], _: &str, order: &str, _: usize) -> String {
        // Its parts run side by side, each as far as it is needed.
        format!("{}{order}", parts.join(" UNION ALL "))
    }

    fn table_by_index(&self, table: &str, index: &str) -> String {
        format!("{{{table}}} t INDEXED BY \"{index}\"")
    }

    fn in_texts(&self, expression: &str, argument: &str) -> String {
        format!("{expression} IN (SELECT value FROM json_each({argument}))")
    }

    fn contains_words(&self, column: &str, argument: &str) -> String {
        format!("instr(dw_words({column}), {argument}) > 0")
    }

    fn contains(&self, column: &str, argument: &str) -> String {
        format!("dw_contains({column}, {argument})")
    }

    fn ends_with(&self, column: &str, argument: &str) -> String {
        format!("substr(dw_fold({column}), -length({argument})) = {argument}")
    }

    fn like(&self, column: &str, argument: &str) -> String {
        format!("dw_fold({column}) LIKE {argument} ESCAPE '\\'")
    }

    fn group_key(&self, column: &str) -> String {
        format!("{column} COLLATE BINARY")
    }

    fn sum(&self, column: &str) -> String {
        format!("dw_sum({column})")
    }

    fn sum_to_order(&self, column: &str) -> String {
        // `sum` fails where the result is no 64-bit integer; for an order the nearest number will do.
        format!("CASE WHEN count({column}) > 0 THEN total({column}) END")
    }

    fn pairs(&self, ids: &str, texts: &str, name: &str) -> String {
        format!(
            "(SELECT k.value AS key, v.value AS value FROM json_each({ids}) k \
             JOIN json_each({texts}) v ON v.key = k.key) {name}"
        )
    }

    fn literal(&self, cell: &Cell<'_>) -> String {
        match cell {
            Cell::Text(text) => format!("CAST(x'{}' AS TEXT)", super::hex(text)),
            Cell::Instant(instant) => instant.0.to_string(),
            other => super::plain(other),
        }
    }

    fn explain(&self) -> &'static str {
        "EXPLAIN QUERY PLAN "
    }

    fn explained_column(&self) -> usize {
        3
    }

    fn digits(&self, column: &str) -> String {
        format!("dw_digits({column})")
    }

    fn rows_of_ids(&self, columns: &str, table: &str, ids: &str) -> Option<String> {
        // `CROSS JOIN` keeps the planner from turning the join round.
        Some(format!("SELECT {columns} FROM ({ids}) found CROSS JOIN {{{table}}} t ON t.id = found.id"))
    }

    fn for_update(&self) -> &'static str {
        ""
    }

    fn for_update_of_free(&self) -> &'static str {
        ""
    }

    fn has_ended(&self, _: &str) -> String {
        "TRUE".to_owned()
    }

    fn is_from_elsewhere(&self, _: &str) -> String {
        "FALSE".to_owned()
    }

    fn order(&self, expression: &str, descending: bool) -> String {
        format!("{expression}{}", if descending { " DESC" } else { "" })
    }

    fn problems(&self) -> &'static str {
        "SELECT integrity_check FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
    }

    fn read_everything(&self) -> &'static str {
        // The check has read everything already.
        "SELECT '' WHERE FALSE"
    }

    fn has_table(&self, table: &str) -> String {
        format!("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = '{table}'")
    }

    fn make_primary_key(&self, Keyed { table, columns, key, indexes }: &Keyed) -> String {
        // A table of SQLite keeps the constraints it was made with; so it is made anew.
        let list: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
        let definitions: Vec<String> =
            columns.iter().map(|(name, definition)| format!("{name} {definition}")).collect();
        let (list, definitions, key) = (list.join(", "), definitions.join(", "), key.join(", "));
        let mut statements = vec![
            format!("CREATE TABLE {{{table}__keyed}} ({definitions}, PRIMARY KEY ({key}))"),
            format!("INSERT INTO {{{table}__keyed}} ({list}) SELECT {list} FROM {{{table}}}"),
            format!("DROP TABLE {{{table}}}"),
            format!("ALTER TABLE {{{table}__keyed}} RENAME TO {{{table}}}"),
        ];
        statements.extend(indexes.iter().map(|index| (*index).to_owned()));
        statements.join(";\n")
    }

    fn names(&self) -> &'static str {
        "SELECT name FROM sqlite_schema"
    }

    fn bases(&self) -> Vec<(&'static str, String)> {
        full_text::TABLES.iter().map(|(name, make)| (*name, (*make).to_owned())).collect()
    }

    fn former_bases(&self) -> &'static [(&'static str, &'static str)] {
        &full_text::FORMER
    }

    fn drop_former_full_text(&self, name: &str) -> String {
        full_text::drop_former(name)
    }

    fn noted(&self, records: usize) -> String {
        full_text::noted(records)
    }

    fn count_noted(&self) -> &'static str {
        full_text::COUNT_NOTED
    }

    fn noted_of(&self, table: &str) -> String {
        full_text::noted_of(table)
    }
}
