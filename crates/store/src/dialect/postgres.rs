//! PostgreSQL. A function of ours folds text as [`dealwright_wire::letters`] does; its result is compared byte by byte.

use dealwright_schema::{Cell, Storage};

use super::{Dialect, postgres_full_text as full_text, postgres_letters as letters};
use crate::migrate::Keyed;

pub struct PostgresDialect;

pub(crate) fn type_name(storage: Storage) -> &'static str {
    match storage {
        Storage::Bool => "boolean",
        Storage::Int => "bigint",
        Storage::Text => "text",
        Storage::Date => "date",
        Storage::Instant => "timestamptz",
    }
}

impl Dialect for PostgresDialect {
    fn name(&self) -> &'static str {
        "postgres"
    }

    fn types(&self) -> &'static [(&'static str, &'static str)] {
        &[("{{id}}", "BIGINT PRIMARY KEY"), ("{{transaction}}", "BIGINT NOT NULL DEFAULT txid_current()")]
    }

    fn column_type(&self, storage: Storage) -> &'static str {
        type_name(storage)
    }

    fn fold(&self, text: &str) -> String {
        format!("{{{}}}({text} COLLATE \"C\")", letters::FUNCTION)
    }

    fn lower(&self, text: &str) -> String {
        self.fold(text)
    }

    fn beginning(&self, text: &str, characters: u32) -> String {
        self.fold(&format!("left({text}, {characters})"))
    }

    fn off_index(&self, column: &str) -> String {
        // It has figures, and chooses by them.
        column.to_owned()
    }

    fn exact(&self, text: &str) -> String {
        format!("({text} COLLATE \"C\")")
    }

    fn aside(&self) -> Option<&'static str> {
        Some("CONCURRENTLY")
    }

    fn index_to_drop(&self, name: &str) -> String {
        // In braces it is qualified by the schema, like a table.
        format!("{{{name}}}")
    }

    fn index_tie_break(&self) -> Option<&'static str> {
        Some("id")
    }

    fn present<'e>(&self, _: &'e str, key: &'e str) -> &'e str {
        key
    }

    fn in_ids(&self, column: &str, argument: &str) -> String {
        format!("{column} = ANY({argument}::bigint[])")
    }

    fn passed(&self, column: &str) -> String {
        column.to_owned()
    }

    fn among_first(
        &self,
        columns: &str,
        table: &str,
        first: &str,
        order_by: &str,
        condition: &str,
    ) -> String {
        format!("SELECT {columns} FROM (SELECT * FROM {{{table}}} t{first}) t WHERE {condition}{order_by}")
    }

    fn merged(&self, parts: &[String], order_by: &str, order: &str, first: usize) -> String {
        // Only parts that have an order of their own are merged; others are read whole and sorted.
        let parts: Vec<String> =
            parts.iter().map(|part| format!("({part}{order_by} LIMIT {first})")).collect();
        format!("SELECT * FROM ({}) merged{order}", parts.join(" UNION ALL "))
    }

    fn table_by_index(&self, table: &str, _: &str) -> String {
        format!("{{{table}}} t")
    }

    fn in_texts(&self, expression: &str, argument: &str) -> String {
        format!("{expression} = ANY({argument}::text[])")
    }

    fn contains_words(&self, column: &str, argument: &str) -> String {
        format!(
            "strpos(' ' || btrim(regexp_replace({}, '[\\t\\n\\r -/:-@\\[-`\\x7b-~]+', ' ', 'g')) || ' ', {argument}) > 0",
            self.fold(column)
        )
    }

    fn contains(&self, column: &str, argument: &str) -> String {
        format!("strpos({}, {argument}) > 0", self.fold(column))
    }

    fn ends_with(&self, column: &str, argument: &str) -> String {
        format!("right({}, length({argument})) = {argument}", self.fold(column))
    }

    fn like(&self, column: &str, argument: &str) -> String {
        format!("{} LIKE {argument} ESCAPE '\\'", self.fold(column))
    }

    fn group_key(&self, column: &str) -> String {
        column.to_owned()
    }

    fn sum(&self, column: &str) -> String {
        format!("CAST(sum({column}) AS text)")
    }

    fn sum_to_order(&self, column: &str) -> String {
        format!("sum({column})")
    }

    fn pairs(&self, ids: &str, texts: &str, name: &str) -> String {
        format!("unnest({ids}::bigint[], {texts}::text[]) AS {name}(key, value)")
    }

    fn literal(&self, cell: &Cell<'_>) -> String {
        match cell {
            Cell::Text(text) => format!("convert_from('\\x{}', 'UTF8')", super::hex(text)),
            Cell::Instant(instant) => format!("to_timestamp({})", instant.0),
            Cell::Date(_) => format!("date {}", super::plain(cell)),
            other => super::plain(other),
        }
    }

    fn explain(&self) -> &'static str {
        "EXPLAIN "
    }

    fn explained_column(&self) -> usize {
        0
    }

    fn digits(&self, column: &str) -> String {
        format!("regexp_replace({column}, '[^0-9]', '', 'g')")
    }

    fn rows_of_ids(&self, _: &str, _: &str, _: &str) -> Option<String> {
        None
    }

    fn for_update(&self) -> &'static str {
        " FOR UPDATE"
    }

    fn for_update_of_free(&self) -> &'static str {
        " FOR UPDATE SKIP LOCKED"
    }

    fn has_ended(&self, transaction: &str) -> String {
        format!("{transaction} < txid_snapshot_xmin(txid_current_snapshot())")
    }

    fn is_from_elsewhere(&self, transaction: &str) -> String {
        // What is seen here was committed here, so its number is below the first one that was free.
        format!("{transaction} >= txid_snapshot_xmax(txid_current_snapshot())")
    }

    fn order(&self, expression: &str, descending: bool) -> String {
        format!("{expression}{}", if descending { " DESC NULLS LAST" } else { " NULLS FIRST" })
    }

    fn problems(&self) -> &'static str {
        "SELECT format('index %s cannot be used', i.relname) FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid \
         WHERE i.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = '{_migrations}'::regclass) \
         AND NOT x.indisvalid"
    }

    fn read_everything(&self) -> &'static str {
        "SELECT format('SELECT count(t.*) FROM %s t', c.oid::regclass) FROM pg_class c WHERE c.relkind IN ('r', 'p') \
         AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = '{_migrations}'::regclass) ORDER BY c.relname"
    }

    fn has_table(&self, table: &str) -> String {
        format!("SELECT 1 WHERE to_regclass('{{{table}}}') IS NOT NULL")
    }

    fn lock_migrations(&self) -> Option<&'static str> {
        Some("SELECT pg_advisory_xact_lock(hashtext('{_migrations}'))")
    }

    fn make_primary_key(&self, Keyed { table, key, .. }: &Keyed) -> String {
        // The name that PostgreSQL itself gives a unique constraint.
        let constraint = format!("{table}_{}_key", key.join("_"));
        format!(
            "ALTER TABLE {{{table}}} DROP CONSTRAINT \"{constraint}\";\nALTER TABLE {{{table}}} ADD PRIMARY KEY ({})",
            key.join(", ")
        )
    }

    fn names(&self) -> &'static str {
        "WITH here AS (SELECT relnamespace AS id FROM pg_class WHERE oid = '{_meta}'::regclass) \
         SELECT relname::text FROM pg_class, here WHERE relnamespace = here.id \
         UNION ALL SELECT proname::text FROM pg_proc, here WHERE pronamespace = here.id"
    }

    fn bases(&self) -> Vec<(&'static str, String)> {
        let tables = full_text::TABLES.iter().map(|(name, make)| (*name, (*make).to_owned()));
        std::iter::once((letters::FUNCTION, letters::function())).chain(tables).collect()
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
