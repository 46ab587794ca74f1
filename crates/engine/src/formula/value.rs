//! A value inside a formula.

use dealwright_query::formula::Type;
use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, ReturnType};
use dealwright_wire::{Instant, Zone, decimal};
use jiff::civil::{Date, DateTime};
use rust_decimal::Decimal;

/// Digits before the point that a number field keeps.
const WHOLE_DIGITS: u32 = 16;

/// A value that is there. An empty number, date or condition is none; an empty text is the text of no letters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(Decimal),
    Text(String),
    Boolean(bool),
    Date(Date),
    DateTime(Instant),
}

/// The type of a field inside formulas; `None` when they cannot read it.
pub(crate) fn type_of(field: &FieldDef) -> Option<Type> {
    field.column.as_ref()?;
    match field.data_type.get().form {
        _ if field.api_name == "id" || field.data_type.is_record_image() => None,
        Form::Decimal | Form::Int | Form::BigInt => Some(Type::Number),
        Form::Text => Some(Type::Text),
        Form::Bool => Some(Type::Boolean),
        Form::Date => Some(Type::Date),
        Form::Instant => Some(Type::DateTime),
        _ => None,
    }
}

/// What a stored value is inside a formula.
pub(crate) fn of_cell(
    module: &ModuleDef,
    at: usize,
    cell: Option<&Cell<'_>>,
    assume_default: bool,
) -> Option<Value> {
    let field = &module.fields()[at];
    match cell {
        Some(Cell::Int(units)) if field.data_type.get().form == Form::Decimal => {
            Some(Value::Number(decimal::from_units(*units, field.scale())))
        }
        Some(Cell::Int(number)) => Some(Value::Number(Decimal::from(*number))),
        Some(Cell::Text(text)) => Some(Value::Text(text.clone().into_owned())),
        Some(Cell::Bool(yes)) => Some(Value::Boolean(*yes)),
        Some(Cell::Date(date)) => Some(Value::Date(*date)),
        Some(Cell::Instant(instant)) => Some(Value::DateTime(*instant)),
        _ => match type_of(field)? {
            Type::Text => Some(Value::Text(String::new())),
            Type::Number if assume_default => Some(Value::Number(Decimal::ZERO)),
            _ => None,
        },
    }
}

impl Value {
    /// The cell of a formula field that keeps the value; empty when it is too large or too long for the field.
    pub(crate) fn into_cell(self, gives: ReturnType, field: &FieldDef, zone: &Zone) -> Cell<'static> {
        match (gives, self) {
            (ReturnType::Double | ReturnType::Currency, Self::Number(number)) => number_cell(number, field),
            (ReturnType::Text, Self::Text(text)) => {
                let fits = !text.is_empty() && text.chars().count() <= field.length.unwrap_or(255) as usize;
                fits.then_some(text).into()
            }
            (ReturnType::Boolean, Self::Boolean(yes)) => yes.into(),
            (ReturnType::Date, Self::Date(date)) => Cell::Date(date),
            (ReturnType::Date, Self::DateTime(instant)) => Cell::Date(zone.date(instant)),
            (ReturnType::Datetime, moment) => moment.instant(zone).into(),
            _ => Cell::Null,
        }
    }

    /// The date and time on a clock of the zone; a date is the beginning of its day.
    pub(crate) fn civil(&self, zone: &Zone) -> Option<DateTime> {
        match self {
            Self::Date(date) => Some(date.at(0, 0, 0, 0)),
            Self::DateTime(instant) => Some(zone.civil(*instant)),
            _ => None,
        }
    }

    /// The instant of a moment; a date is the beginning of its day.
    pub(crate) fn instant(&self, zone: &Zone) -> Option<Instant> {
        match self {
            Self::DateTime(instant) => Some(*instant),
            other => zone.instant(other.civil(zone)?),
        }
    }
}

/// A number in a field of decimals: rounded half away from zero, empty when it has too many digits.
pub(crate) fn number_cell(number: Decimal, field: &FieldDef) -> Cell<'static> {
    let limit = Decimal::from(10_i64.pow(WHOLE_DIGITS));
    let fits = |units: &i64| decimal::from_units(*units, field.scale()).abs() < limit;
    decimal::to_units(number, field.scale()).filter(fits).into()
}
