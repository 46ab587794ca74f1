//! Images of records: all stored values as JSON, exact enough to bring the record back. The recycle bin keeps them, and
//! history compares them.
//!
//! A key is a field's `api_name`; empty fields have none. Beside a lookup that can point to any module stands
//! `{field}$module`, the id of that module. Rows of subforms are images in an array.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::Conn;
use dealwright_wire::{Id, json};

use crate::error::Error;
use crate::records::stored::{self, Stored};
use crate::records::subforms;
use crate::records::writing::cell_json;

/// The whole record as JSON, exact enough to restore it. `more` are further entries of the object.
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
            out.extend_from_slice(b",\"");
            out.extend_from_slice(field.api_name.as_bytes());
            out.extend_from_slice(b"$module\":");
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
