//! Where a value of an answer comes from, and how it is written.

use dealwright_store::{Row, StoreError};
use dealwright_wire::{Id, decimal, json};

use super::option::{Labels, Unlisted, write_option, write_text_units};
use super::total::Total;
use crate::access::Level;
use crate::files::held;
use crate::snapshot::Snapshot;

/// Characters of rich text that lists and single reads show; the rest comes with `fetch_full_data`.
const RICH_TEXT_SHOWN: usize = 500;

/// One value. Numbers are the places of its columns.
#[derive(Debug)]
pub(crate) enum Source {
    Id,
    Text(usize),
    RichText(usize),
    /// A text as HTML that is safe to show.
    Html(usize, fn(&str) -> String),
    Bool(usize),
    /// A condition that was worked out, or could not be.
    BoolOrNull(usize),
    Int(usize),
    BigInt(usize),
    Decimal(usize, u8),
    Date(usize),
    Instant(usize),
    Json(usize),
    JsonList(usize),
    /// Tags, with their colours or without.
    Tags(usize, bool),
    /// One option, by what it is called now.
    Option(usize, Labels),
    /// Several options; the second says how those that are not listed are shown.
    Options(usize, Labels, Unlisted),
    /// Reminders with their numbers as text.
    TextUnits(usize),
    /// `{"id"}`
    Reference(usize),
    /// `{"name","id"}` of a user.
    Person(usize),
    Lookup {
        id: usize,
        name: usize,
    },
    /// The product of a line item, with its code.
    Product {
        id: usize,
        name: usize,
        code: usize,
    },
    AnyLookup {
        id: usize,
        name: usize,
        module: usize,
        show_module: bool,
    },
    /// API name of the module a polymorphic lookup points to; if it points nowhere, of the module that another
    /// lookup points to instead of the one given.
    ModuleName(usize, Option<(usize, Option<Id>)>),
    /// What a converted lead became.
    Converted(ConvertedColumns),
    User(usize),
    /// Rows of a file or image upload field.
    Files(usize, held::Shape),
    /// Whether the caller may change the record, by the column of their level.
    Editable(usize),
    /// `$sharing_permission` by the column of the caller's level.
    Permission(usize),
    /// Territories by their ids, with their names as they are now.
    Territories(usize),
    Constant(Box<[u8]>),
    Total(Total),
}

/// Where a row says what became of the lead.
#[derive(Debug)]
pub(crate) struct ConvertedColumns {
    pub is_converted: usize,
    pub at: usize,
    pub by: usize,
    pub contact: usize,
    pub account: usize,
    pub deal: usize,
}

impl ConvertedColumns {
    fn write(&self, row: &Row<'_>, snapshot: &Snapshot, out: &mut Vec<u8>) -> Result<(), StoreError> {
        if row.bool(self.is_converted)? != Some(true) {
            out.extend_from_slice(b"{}");
            return Ok(());
        }
        out.extend_from_slice(b"{\"convert_date\":");
        match row.instant(self.at)? {
            Some(instant) => instant.write(out, &snapshot.zone),
            None => out.extend_from_slice(b"null"),
        }
        let ids = [
            ("converted_by", self.by),
            ("contact", self.contact),
            ("account", self.account),
            ("deal", self.deal),
        ];
        for (key, at) in ids {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            match row.int(at)? {
                Some(id) => json::quoted_int(out, id),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
        Ok(())
    }
}

impl Source {
    pub(crate) fn write(
        &self,
        row: &Row<'_>,
        snapshot: &Snapshot,
        out: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        const NULL: &[u8] = b"null";
        match self {
            Self::Id => match row.int(0)? {
                Some(id) => json::quoted_int(out, id),
                None => out.extend_from_slice(NULL),
            },
            Self::Text(at) => match row.text(*at)? {
                Some(text) => json::string(out, text),
                None => out.extend_from_slice(NULL),
            },
            Self::RichText(at) => match row.text(*at)? {
                Some(text) => {
                    let end = text.char_indices().nth(RICH_TEXT_SHOWN).map_or(text.len(), |(end, _)| end);
                    json::string(out, &text[..end]);
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Html(at, shown) => match row.text(*at)? {
                Some(text) => json::string(out, &shown(text)),
                None => out.extend_from_slice(NULL),
            },
            Self::Bool(at) => match row.bool(*at)? {
                Some(yes) => json::bool(out, yes),
                None => out.extend_from_slice(b"false"),
            },
            Self::BoolOrNull(at) => match row.bool(*at)? {
                Some(yes) => json::bool(out, yes),
                None => out.extend_from_slice(NULL),
            },
            Self::Int(at) => match row.int(*at)? {
                Some(number) => json::int(out, number),
                None => out.extend_from_slice(NULL),
            },
            Self::BigInt(at) => match row.int(*at)? {
                Some(number) => json::quoted_int(out, number),
                None => out.extend_from_slice(NULL),
            },
            Self::Decimal(at, scale) => match row.int(*at)? {
                Some(units) => decimal::write(out, units, *scale),
                None => out.extend_from_slice(NULL),
            },
            Self::Date(at) => row.write_date(*at, out)?,
            Self::Instant(at) => match row.instant(*at)? {
                Some(instant) => instant.write(out, &snapshot.zone),
                None => out.extend_from_slice(NULL),
            },
            Self::Json(at) => out.extend_from_slice(row.text(*at)?.map_or(NULL, str::as_bytes)),
            Self::JsonList(at) => match row.text(*at)? {
                Some(text) => out.extend_from_slice(text.as_bytes()),
                None => out.extend_from_slice(b"[]"),
            },
            Self::Option(at, labels) => match row.text(*at)? {
                Some(text) => write_option(text, labels, Unlisted::Text, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Options(at, labels, unlisted) => match row.text(*at)? {
                Some(text) => {
                    let options: Vec<std::borrow::Cow<'_, str>> =
                        serde_json::from_str(text).unwrap_or_default();
                    out.push(b'[');
                    for (n, option) in options.iter().enumerate() {
                        if n > 0 {
                            out.push(b',');
                        }
                        write_option(option, labels, *unlisted, out);
                    }
                    out.push(b']');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::TextUnits(at) => match row.text(*at)? {
                Some(text) => write_text_units(text, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Tags(at, with_color) => {
                snapshot.tags.write(row.text(*at)?.unwrap_or("[]"), *with_color, out);
            }
            Self::Reference(at) => match row.int(*at)? {
                Some(id) => {
                    out.extend_from_slice(b"{\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Person(at) => match row.int(*at)? {
                Some(id) => snapshot.write_user(id, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Lookup { id, name } => match row.int(*id)? {
                Some(id) => {
                    out.extend_from_slice(b"{\"name\":");
                    write_name(row, *name, out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Product { id, name, code } => match row.int(*id)? {
                Some(id) => {
                    out.extend_from_slice(b"{\"Product_Code\":");
                    write_name(row, *code, out)?;
                    out.extend_from_slice(b",\"name\":");
                    write_name(row, *name, out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::AnyLookup { id, name, module, show_module } => match row.int(*id)? {
                Some(id) => {
                    out.extend_from_slice(b"{");
                    let target = row.id(*module)?.and_then(|id| snapshot.schema.module_by_id(id));
                    if let Some(target) = target.filter(|_| *show_module) {
                        out.extend_from_slice(b"\"module\":{\"api_name\":");
                        json::string(out, &target.api_name);
                        out.extend_from_slice(b",\"id\":");
                        json::quoted_int(out, target.id.get());
                        out.extend_from_slice(b"},");
                    }
                    out.extend_from_slice(b"\"name\":");
                    write_name(row, *name, out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(out, id);
                    out.push(b'}');
                }
                None => out.extend_from_slice(NULL),
            },
            Self::ModuleName(at, other) => {
                let mut id = row.id(*at)?;
                if let (None, Some((at, usual))) = (id, other) {
                    id = row.id(*at)?.filter(|id| Some(*id) != *usual);
                }
                match id.and_then(|id| snapshot.schema.module_by_id(id)) {
                    Some(module) => json::string(out, &module.api_name),
                    None => out.extend_from_slice(NULL),
                }
            }
            Self::User(at) => match row.int(*at)? {
                Some(id) => {
                    if let Some(user) = snapshot.users_json.get(&id) {
                        out.extend_from_slice(user);
                    } else {
                        out.extend_from_slice(b"{\"name\":null,\"id\":");
                        json::quoted_int(out, id);
                        out.push(b'}');
                    }
                }
                None => out.extend_from_slice(NULL),
            },
            Self::Converted(columns) => columns.write(row, snapshot, out)?,
            Self::Files(at, shape) => match row.text(*at)? {
                Some(column) => shape.write(column, row.int(0)?.unwrap_or_default(), snapshot, out),
                None => out.extend_from_slice(NULL),
            },
            Self::Editable(at) => {
                json::bool(out, Level::of(row.int(*at)?.unwrap_or_default()) >= Level::Write);
            }
            Self::Permission(at) => {
                let level = Level::of(row.int(*at)?.unwrap_or_default());
                json::string(out, level.name());
            }
            Self::Territories(at) => match row.text(*at)? {
                Some(text) => crate::records::territories::write(text, snapshot, out),
                None => out.extend_from_slice(b"[]"),
            },
            Self::Constant(bytes) => out.extend_from_slice(bytes),
            Self::Total(total) => total.write(row, out)?,
        }
        Ok(())
    }
}

fn write_name(row: &Row<'_>, at: usize, out: &mut Vec<u8>) -> Result<(), StoreError> {
    match row.text(at)? {
        Some(text) => json::string(out, text),
        None => out.extend_from_slice(b"null"),
    }
    Ok(())
}
