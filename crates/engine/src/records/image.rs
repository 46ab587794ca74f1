//! Images of records: one JSON object with every stored value by the `api_name` of its field, exact and the same on both
//! databases. The recycle bin keeps them, so that a record can come back also when fields were added to its module or
//! taken away since; history compares them.
//!
//! ```json
//! {"id":"52…","Deal_Name":"Boat","Amount":24000.5,"What_Id":"51…","What_Id$module":"7…","Quoted_Items":[{…}],"$notes":…}
//! ```
//!
//! Beside a lookup that can point to any module stands the id of the module (`…$module`), under the name of a
//! subform its rows, and under names that begin with `$` what hangs on the record (see [`super::parts`]).

use std::collections::HashMap;

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Storage};
use dealwright_store::Conn;
use dealwright_wire::{Id, Instant, Zone, decimal, json, time};
use serde_json::value::RawValue;

use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::stored::{self, Stored};
use crate::records::subforms;
use crate::records::writing::cell_json;

/// Writes the image of a stored record. `more` are further entries of the object, each with a comma before it.
pub(crate) fn write(module: &ModuleDef, stored: &Stored, more: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    json::quoted_int(out, stored.id.get());
    for (at, cell) in stored.cells.iter().enumerate() {
        let field = &module.fields()[at];
        let Some(cell) = cell.as_ref().filter(|cell| !cell.is_null() && field.api_name != "id") else {
            continue;
        };
        out.push(b',');
        json::string(out, &field.api_name);
        out.push(b':');
        cell_json(field, cell, out);
        if let Some((_, Cell::Int(beside))) = stored.modules.iter().find(|(field, _)| *field == at) {
            out.push(b',');
            json::string(out, &format!("{}$module", field.api_name));
            out.push(b':');
            json::quoted_int(out, *beside);
        }
    }
    out.extend_from_slice(more);
    out.push(b'}');
}

/// The images of a record's rows in one subform, as a JSON array. Gives the ids of the rows too.
pub(crate) async fn rows(
    conn: &mut Conn,
    module: &ModuleDef,
    parent: Id,
) -> Result<(Vec<u8>, Vec<i64>), Error> {
    let ids: Vec<i64> = subforms::ids(conn, module, parent).await?.into_iter().map(Id::get).collect();
    let stored = stored::look_at(conn, module, &ids, &stored::all_fields(module)).await?;
    let mut out = vec![b'['];
    for row in ids.iter().filter_map(|id| stored.get(id)) {
        if out.len() > 1 {
            out.push(b',');
        }
        write(module, row, &[], &mut out);
    }
    out.push(b']');
    Ok((out, ids))
}

/// An image that is being read.
#[derive(Debug)]
pub(crate) struct Image<'a> {
    entries: HashMap<String, &'a RawValue>,
}

impl<'a> Image<'a> {
    /// `None` for text that is no image.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        Some(Self { entries: serde_json::from_str(text).ok()? })
    }

    /// The record's values as a new row has them. What the module has no field for any more is left out, as is a
    /// value that the field cannot hold since its type changed.
    pub(crate) fn draft(&self, module: &ModuleDef, path: String) -> Draft {
        let mut draft = Draft::empty(module, path);
        draft.id = self.id("id");
        for (at, field) in module.fields().iter().enumerate() {
            if field.column.is_none() || field.api_name == "id" {
                continue;
            }
            let Some(cell) = self.entries.get(&field.api_name).and_then(|raw| cell(field, raw.get())) else {
                continue;
            };
            draft.cells[at] = Some(cell);
            if field.module_column().is_some()
                && let Some(module) = self.id(&format!("{}$module", field.api_name))
            {
                draft.modules.push((at, module));
            }
        }
        draft
    }

    /// Images of the rows of a subform, in order.
    pub(crate) fn rows(&self, api_name: &str) -> Vec<Self> {
        let rows: Vec<&'a RawValue> = self
            .entries
            .get(api_name)
            .and_then(|raw| serde_json::from_str(raw.get()).ok())
            .unwrap_or_default();
        rows.into_iter().filter_map(|row| Self::read(row.get())).collect()
    }

    /// What a part of that name kept.
    pub(crate) fn part(&self, key: &str) -> Option<&'a RawValue> {
        self.entries.get(key).copied()
    }

    fn id(&self, key: &str) -> Option<Id> {
        serde_json::from_str(self.entries.get(key)?.get()).ok()
    }
}

/// The reverse of [`cell_json`]. `None` when the text is no value for the field.
fn cell(field: &FieldDef, raw: &str) -> Option<Cell<'static>> {
    let text = || serde_json::from_str::<String>(raw).ok();
    let form = field.data_type.get().form;
    Some(match field.data_type.get().storage? {
        Storage::Bool => Cell::Bool(raw.parse().ok()?),
        Storage::Int if form == Form::Decimal => Cell::Int(decimal::parse(raw, field.scale())?),
        Storage::Int => Cell::Int(raw.trim_matches('"').parse().ok()?),
        Storage::Text if form == Form::JsonList => raw.starts_with('[').then(|| raw.to_owned())?.into(),
        Storage::Text if form.is_json() => raw.starts_with(['[', '{', '"']).then(|| raw.to_owned())?.into(),
        Storage::Text => text()?.into(),
        Storage::Date => Cell::Date(time::parse_date(&text()?)?),
        Storage::Instant => Cell::Instant(Instant::parse(&text()?, &Zone::UTC)?),
    })
}

#[cfg(test)]
mod tests {
    use dealwright_schema::{Cell, Storage};
    use dealwright_wire::{Id, Instant};

    use super::{Image, write};
    use crate::metadata::tests::snapshot;
    use crate::records::stored::{self, Stored};

    #[test]
    fn every_value_of_every_module_comes_back_as_it_was() {
        let snapshot = snapshot();
        let id = Id::new(1_234_567_890_123_456_789).unwrap();
        for module in snapshot.schema.modules().iter().filter(|module| module.has_records()) {
            let mut cells = vec![None; module.fields().len()];
            let mut modules = Vec::new();
            for at in stored::all_fields(module) {
                let field = &module.fields()[at];
                let form = field.data_type.get().form;
                let Some(storage) = field.data_type.get().storage.filter(|_| field.api_name != "id") else {
                    continue;
                };
                cells[at] = Some(match storage {
                    Storage::Bool => Cell::Bool(true),
                    Storage::Int => Cell::Int(-9_007_199_254_740_993),
                    Storage::Text if form.is_json() => "[\"a,b\",\"é\\\"\"]".into(),
                    Storage::Text => "line\nquote\" back\\slash \u{1f600}".into(),
                    Storage::Date => Cell::Date(jiff::civil::date(2027, 2, 28)),
                    Storage::Instant => Cell::Instant(Instant(1_800_000_001)),
                });
                if field.is_any_module() {
                    modules.push((at, Cell::Int(77)));
                }
            }
            let stored = Stored { id, hist: None, cells: cells.clone(), modules };
            let mut text = Vec::new();
            write(module, &stored, b",\"$more\":[1]", &mut text);
            let text = String::from_utf8(text).unwrap();
            let image = Image::read(&text).unwrap();
            let draft = image.draft(module, String::new());
            assert_eq!(draft.cells, cells, "{}: {text}", module.api_name);
            assert_eq!(draft.id, Some(id));
            assert_eq!(draft.modules.len(), stored.modules.len(), "{}", module.api_name);
            assert_eq!(image.part("$more").map(serde_json::value::RawValue::get), Some("[1]"));
        }
        assert!(Image::read("nonsense").is_none());
    }
}
