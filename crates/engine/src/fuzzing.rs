//! A door for the fuzz targets in `fuzz/`; no part of the interface.

use dealwright_schema::{ModuleDef, ValueCx};
use dealwright_wire::{Compat, Zone};

use crate::records::body::{self, WriteBody};

/// Takes the body of a write apart as far as that goes without a store. Gives the number of values that were read,
/// `None` when the body as a whole is refused.
pub fn parse_body(module: &ModuleDef, bytes: &[u8], compat: Compat) -> Option<usize> {
    let body = WriteBody::parse(bytes).ok()?;
    let records = body.records().ok()?;
    let cx = ValueCx { zone: &Zone::UTC, compat };
    let read =
        records.iter().filter_map(|raw| body::record(raw, module, compat == Compat::Lenient)).map(|record| {
            let values = record.values.iter();
            values.filter(|(field, raw)| module.fields()[*field].parse(raw, &cx).is_ok()).count()
        });
    Some(read.sum())
}
