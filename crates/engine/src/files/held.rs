//! Rows of a file or image upload field as the record's column holds them, and as each version shows them.

use std::borrow::Cow;

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{Id, Instant, Profile, json};
use serde::{Deserialize, Serialize};

use super::content_type;
use crate::snapshot::Snapshot;

/// One file in a field. Its place among the others is its sequence number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Held<'a> {
    /// Id of the row; the one that downloads and changes name.
    pub id: Id,
    pub file: Id,
    #[serde(borrow)]
    pub handle: Cow<'a, str>,
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// In bytes.
    pub size: i64,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Cow<'a, str>>,
    /// Seconds since the epoch.
    pub created_time: i64,
    pub modified_time: i64,
    pub created_by: Id,
    pub modified_by: Id,
}

/// The rows of a column. A text that is none of ours reads as no rows.
pub(crate) fn rows(column: &str) -> Vec<Held<'_>> {
    serde_json::from_str(column).unwrap_or_default()
}

/// The text for the column; `None` when there are no rows.
pub(crate) fn column(rows: &[Held<'_>]) -> Option<String> {
    let mut out = Vec::with_capacity(rows.len() * 320);
    json::value(&mut out, rows);
    String::from_utf8(out).ok().filter(|_| !rows.is_empty())
}

/// How a field shows its rows: by its type and by the version.
#[derive(Debug)]
pub(crate) struct Shape {
    is_image: bool,
    /// Keys end in `__s`.
    is_suffixed: bool,
    /// Path of the module's records, for links to the files.
    path: Box<str>,
}

impl Shape {
    pub(crate) fn of(module: &ModuleDef, field: &FieldDef, version: &Profile) -> Self {
        Self {
            is_image: field.data_type.holds_images(),
            is_suffixed: version.suffixed_file_keys,
            path: format!("/crm/{}/{}", version.name, module.api_name).into(),
        }
    }

    /// Writes the rows of a column of the record with that id.
    pub(crate) fn write(&self, column: &str, record: i64, snapshot: &Snapshot, out: &mut Vec<u8>) {
        out.push(b'[');
        for (at, row) in rows(column).iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            let mut keys = Keys { out, is_first: true, suffix: if self.is_suffixed { "__s" } else { "" } };
            if self.is_image || self.is_suffixed {
                self.write_row(row, at, snapshot, &mut keys);
            } else {
                self.write_old_file(row, record, &mut keys);
            }
            out.push(b'}');
        }
        out.push(b']');
    }

    /// Files from v5 on, and images of every version.
    fn write_row(&self, row: &Held<'_>, at: usize, snapshot: &Snapshot, keys: &mut Keys<'_>) {
        keys.plain("id", |out| json::quoted_int(out, row.id.get()));
        keys.suffixed("File_Id", |out| json::string(out, &row.handle));
        keys.suffixed("File_Name", |out| json::string(out, &row.name));
        keys.suffixed("Size", |out| json::quoted_int(out, row.size));
        let zone = &snapshot.zone;
        keys.suffixed("Created_Time", |out| Instant(row.created_time).write(out, zone));
        keys.suffixed("Modified_Time", |out| Instant(row.modified_time).write(out, zone));
        let user = |id: Id, out: &mut Vec<u8>| match snapshot.users_json.get(&id.get()) {
            Some(user) => out.extend_from_slice(user),
            None => out.extend_from_slice(b"null"),
        };
        keys.suffixed("Created_By", |out| user(row.created_by, out));
        keys.suffixed("Modified_By", |out| user(row.modified_by, out));
        keys.suffixed("Owner", |out| user(row.created_by, out));
        if self.is_image {
            keys.suffixed("Preview_Id", |out| json::string(out, &row.handle));
            keys.suffixed("Sequence_Number", |out| json::int(out, at as i64 + 1));
            keys.suffixed("Description", |out| json::value(out, &row.description));
            keys.suffixed("State", |out| json::string(out, "Active"));
            if !self.is_suffixed {
                keys.plain("Encrypted_Id", |out| json::string(out, &row.handle));
            }
        }
    }

    /// Files before v5, in their own spelling. There are no previews here, and files are deleted by an update.
    fn write_old_file(&self, row: &Held<'_>, record: i64, keys: &mut Keys<'_>) {
        let extension = super::file_name::extension(&row.name).unwrap_or(content_type::NO_EXTENSION);
        keys.plain("extn", |out| json::string(out, extension));
        keys.plain("is_Preview_Available", |out| json::bool(out, false));
        let path = format!(
            "{}/{record}/actions/download_fields_attachment?fields_attachment_id={}",
            self.path, row.id
        );
        keys.plain("download_Url", |out| json::string(out, &path));
        keys.plain("delete_Url", |out| out.extend_from_slice(b"null"));
        keys.plain("preview_Url", |out| out.extend_from_slice(b"null"));
        keys.plain("entity_Id", |out| json::quoted_int(out, record));
        keys.plain("mode", |out| json::string(out, ""));
        keys.plain("original_Size_Byte", |out| json::quoted_int(out, row.size));
        keys.plain("file_Name", |out| json::string(out, &row.name));
        keys.plain("file_Id", |out| json::string(out, &row.handle));
        keys.plain("attachment_Id", |out| json::quoted_int(out, row.id.get()));
        keys.plain("file_Size", |out| json::string(out, &readable(row.size)));
        keys.plain("creator_Id", |out| json::quoted_int(out, row.created_by.get()));
        keys.plain("link_Docs", |out| json::int(out, 0));
    }
}

/// A size as people read it: `13 KB`.
fn readable(size: i64) -> String {
    const STEP: i64 = 1024;
    let rounded = |unit: i64| (size + unit / 2) / unit;
    match size {
        0..STEP => format!("{size} bytes"),
        STEP..1_048_064 => format!("{} KB", rounded(STEP)),
        _ => format!("{} MB", rounded(STEP * STEP)),
    }
}

/// Writes the entries of one object.
struct Keys<'o> {
    out: &'o mut Vec<u8>,
    is_first: bool,
    suffix: &'static str,
}

impl Keys<'_> {
    fn plain(&mut self, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
        self.entry(key, "", value);
    }

    fn suffixed(&mut self, key: &str, value: impl FnOnce(&mut Vec<u8>)) {
        self.entry(key, self.suffix, value);
    }

    fn entry(&mut self, key: &str, suffix: &str, value: impl FnOnce(&mut Vec<u8>)) {
        self.out.push(if std::mem::take(&mut self.is_first) { b'{' } else { b',' });
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(suffix.as_bytes());
        self.out.extend_from_slice(b"\":");
        value(self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn sizes_are_readable() {
        for (size, text) in [
            (0, "0 bytes"),
            (1023, "1023 bytes"),
            (1024, "1 KB"),
            (13_045, "13 KB"),
            (1_048_063, "1023 KB"),
            (1_048_064, "1 MB"),
            (20 << 20, "20 MB"),
        ] {
            assert_eq!(readable(size), text);
        }
    }
}
