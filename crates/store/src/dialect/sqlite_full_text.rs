//! Full text on SQLite: one FTS5 table for all modules of an org, kept in step by triggers. It keeps no text and no
//! places, only which term is in which record; `dw_terms` makes the terms.
//!
//! FTS5 writes what it has gathered to the database whenever a statement that has triggers begins, which would be once for
//! every row. So the triggers only note what changed in a table beside it, and the writer carries that over in one go
//! before each commit ([`CARRY_OVER`]): nobody ever sees a row without its terms.

use std::fmt::Write as _;

use dealwright_schema::full_text::FullText;

use crate::full_text::{Asked, BETWEEN, Words};

/// The table. Its tokenizer only cuts at spaces: terms are made of ASCII letters, digits and what is beyond ASCII.
pub(super) const TABLE: &str = "CREATE VIRTUAL TABLE IF NOT EXISTS {_search} USING fts5(terms, content='', contentless_delete=1, detail=none, \
     tokenize='ascii');\n\
     CREATE TABLE IF NOT EXISTS {_search_due} (id INTEGER PRIMARY KEY, is_new INTEGER NOT NULL, terms TEXT)";

/// Whether there is something to carry over; fails where a store has no full text.
pub(crate) const IS_DUE: &str = "SELECT 1 FROM {_search_due} LIMIT 1";

/// Carries over what the triggers have noted.
pub(crate) const CARRY_OVER: &str = "DELETE FROM {_search} WHERE rowid IN (SELECT id FROM {_search_due} WHERE is_new = 0);\n\
     INSERT INTO {_search} (rowid, terms) SELECT id, terms FROM {_search_due} WHERE terms IS NOT NULL ORDER BY id;\n\
     DELETE FROM {_search_due}";

/// Triggers, and the terms of rows that are there.
pub(super) fn create(text: &FullText, fill: bool) -> String {
    let (table, name) = (&text.table, text.name());
    let columns: Vec<&str> = text.columns().collect();
    let list: Vec<String> = columns.iter().map(|column| format!("\"{column}\"")).collect();
    let changed: Vec<String> =
        columns.iter().map(|column| format!("new.\"{column}\" IS NOT old.\"{column}\"")).collect();
    let (list, changed, new) = (list.join(", "), changed.join(" OR "), terms(text, "new."));
    // A record that is new in this transaction stays new whatever follows: the index does not know it yet.
    let due = |terms: &str, is_new: u8, id: &str| {
        format!(
            "INSERT INTO \"_search_due\" (id, is_new, terms) VALUES ({id}, {is_new}, {terms}) \
             ON CONFLICT (id) DO UPDATE SET terms = excluded.terms"
        )
    };
    let (insert, update, delete) = (due(&new, 1, "new.id"), due(&new, 0, "new.id"), due("NULL", 0, "old.id"));
    let mut script = format!(
        "CREATE TRIGGER \"{name}\" AFTER INSERT ON {{{table}}} BEGIN {insert}; END;\n\
         CREATE TRIGGER \"{name}_u\" AFTER UPDATE OF {list} ON {{{table}}} WHEN {changed} BEGIN {update}; END;\n\
         CREATE TRIGGER \"{name}_d\" AFTER DELETE ON {{{table}}} BEGIN {delete}; END"
    );
    if fill {
        let _infallible = write!(
            script,
            ";\nDELETE FROM {{_search}} WHERE rowid IN (SELECT id FROM {{{table}}});\n\
             DELETE FROM {{_search_due}} WHERE id IN (SELECT id FROM {{{table}}});\n\
             INSERT INTO {{_search}} (rowid, terms) SELECT id, {} FROM {{{table}}}",
            terms(text, "")
        );
    }
    script
}

pub(super) fn drop(name: &str) -> String {
    format!(
        "DROP TRIGGER IF EXISTS \"{name}\";\nDROP TRIGGER IF EXISTS \"{name}_u\";\nDROP TRIGGER IF EXISTS \"{name}_d\""
    )
}

/// What is asked in the language of FTS5.
pub(super) fn query(text: &FullText, asked: &Asked) -> String {
    let key = text.key();
    let words = Words { and: " AND ", or: " OR ", but: " NOT " };
    asked.write(&words, &|term| format!("\"{key}{}\"{}", term.text, if term.is_prefix { " *" } else { "" }))
}

fn terms(text: &FullText, row: &str) -> String {
    let join = |columns: &[String], between: &str| {
        let columns: Vec<String> =
            columns.iter().map(|column| format!("coalesce({row}\"{column}\", '')")).collect();
        if columns.is_empty() { "''".to_owned() } else { columns.join(&format!(" || {between} || ")) }
    };
    let (words, mails) = (join(&text.words, "' '"), join(&text.mails, "' '"));
    let phones = join(&text.phones, &format!("char({})", u32::from(BETWEEN)));
    format!("dw_terms('{}', {words}, {mails}, {phones})", text.key())
}
