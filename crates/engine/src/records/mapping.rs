//! Which value of a record goes into which field of the record that is made of it.

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_wire::{ApiError, Code, decimal};

use crate::records::draft::{self, Draft};
use crate::records::stored::Stored;

/// Values for the fields of another module, by position.
pub(crate) type Values = Vec<(usize, Cell<'static>)>;

/// The field of `target` that takes the value of a lead's field: what the metadata says in `convert_mapping`; for
/// custom fields without a word there, the custom field of the same name and type.
pub(crate) fn target_of<'m>(field: &FieldDef, target: &'m ModuleDef) -> Option<&'m FieldDef> {
    let said = field.described.get("convert_mapping").and_then(|mapping| mapping.get(&target.api_name));
    if let Some(said) = said {
        return said.as_str().and_then(|name| target.field(name));
    }
    let is_twin = |other: &&FieldDef| other.custom_field && other.data_type.is_like(&field.data_type);
    target.field(&field.api_name).filter(|_| field.custom_field).filter(is_twin)
}

/// What a lead gives to a record of `target`, which stands at `path` of the body.
pub(crate) fn of_lead(
    leads: &ModuleDef,
    lead: &Stored,
    target: &ModuleDef,
    path: &str,
) -> Result<Values, ApiError> {
    let mut values = Values::new();
    for (at, field) in leads.fields().iter().enumerate() {
        let Some(to) = target_of(field, target) else { continue };
        let Some(cell) = lead.cells[at].as_ref().filter(|cell| !cell.is_null()) else { continue };
        if let Some(cell) = carried(field, to, cell) {
            fits(to, &cell, path)?;
            values.extend(target.field_index(&to.api_name).map(|at| (at, cell)));
        }
    }
    Ok(values)
}

/// What a record gives to one of a similar module: fields of the same name, and those that `renamed` pairs.
/// Fields in `left` stay out.
pub(crate) fn of_same_names(
    module: &ModuleDef,
    record: &Stored,
    target: &ModuleDef,
    renamed: &[(&str, &str)],
    left: &[&str],
) -> Values {
    let mut values = Values::new();
    for (at, field) in module.fields().iter().enumerate() {
        let name = field.api_name.as_str();
        if left.contains(&name) {
            continue;
        }
        let name = renamed.iter().find(|(from, _)| *from == name).map_or(name, |(_, to)| to);
        let Some(to_at) = target.field_index(name) else { continue };
        let Some(cell) = record.cells[at].as_ref().filter(|cell| !cell.is_null()) else { continue };
        values.extend(carried(field, &target.fields()[to_at], cell).map(|cell| (to_at, cell)));
    }
    values
}

/// True when values of one field can become values of the other.
pub(crate) fn is_possible(from: &FieldDef, to: &FieldDef) -> bool {
    let (form, other) = (from.data_type.get().form, to.data_type.get().form);
    let same = form == other
        && match form {
            Form::Lookup => from.lookup_module() == to.lookup_module() && !from.is_any_module(),
            Form::Json | Form::JsonList => from.data_type.is_like(&to.data_type),
            // A file belongs to one record.
            Form::AnyLookup | Form::Subform | Form::Layout | Form::Files => false,
            _ => true,
        };
    let is_free = !to.read_only && to.auto_number.is_none() && !draft::is_system(&to.api_name);
    same && is_free && to.column.is_some() && !to.data_type.is_record_image()
}

/// The value as the other field keeps it.
fn carried(from: &FieldDef, to: &FieldDef, cell: &Cell<'static>) -> Option<Cell<'static>> {
    if !is_possible(from, to) {
        return None;
    }
    match cell {
        Cell::Int(units) if from.data_type.get().form == Form::Decimal => {
            decimal::to_units(decimal::from_units(*units, from.scale()), to.scale()).map(Cell::Int)
        }
        // What this field keeps may be more than the other one takes.
        Cell::Text(text) => to.kept(text).map(|text| text.into_owned().into()),
        other => Some(other.clone()),
    }
}

fn fits(field: &FieldDef, cell: &Cell<'_>, path: &str) -> Result<(), ApiError> {
    match (cell.as_text(), field.length) {
        (Some(text), Some(longest))
            if field.data_type.get().form == Form::Text && text.chars().count() > longest as usize =>
        {
            Err(ApiError::new(Code::InvalidData)
                .detail("maximum_length", longest)
                .field(&field.api_name, format!("{path}.{}", field.api_name)))
        }
        _ => Ok(()),
    }
}

/// Puts values into fields that neither the draft nor the stored record fills.
pub(crate) fn fill(draft: &mut Draft, stored: Option<&Stored>, values: Values) {
    for (at, cell) in values {
        let has = stored.and_then(|stored| stored.cells[at].as_ref()).is_some_and(|cell| !cell.is_null());
        if !has && !draft.names(at) {
            draft.cells[at] = Some(cell);
        }
    }
}
