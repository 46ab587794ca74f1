//! The text of records, as it is cut.

use dealwright_schema::full_text::FullText;
use dealwright_store::full_text::{Kind, RecordText};
use dealwright_store::{Row, StoreError};

/// What a statement selects to read the text, each column behind a comma. It stands behind the id.
pub(super) fn columns(text: &FullText) -> String {
    let all = text.words.iter().chain(&text.mails).chain(&text.phones);
    all.flat_map(|column| [", t.\"", column, "\""]).collect()
}

/// Reads the text of a row whose first column is the id.
pub(super) fn read(text: &FullText, row: &Row<'_>, into: &mut RecordText) -> Result<(), StoreError> {
    into.clear();
    let kinds = [(Kind::Word, &text.words), (Kind::Mail, &text.mails), (Kind::Phone, &text.phones)];
    let mut at = 1;
    for (kind, columns) in kinds {
        for _ in columns {
            if let Some(found) = row.text(at)? {
                into.add(kind, found);
            }
            at += 1;
        }
    }
    Ok(())
}
