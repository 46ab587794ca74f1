//! Taxes of line items (`Line_Tax`) and of whole documents (`$line_tax`): which they are, and what they amount to.

use dealwright_schema::{Cell, FieldDef};
use dealwright_wire::{ApiError, Code, Id, decimal, json};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::records::writing::Writing;
use crate::taxes::{self, DECIMALS, LONGEST_NAME};

/// Field of a document that holds the taxes on its whole.
pub(crate) const OF_DOCUMENT: &str = "$line_tax";

/// One tax as it was sent or is stored.
#[derive(Debug, Clone)]
struct LineTax {
    id: Option<Id>,
    name: Option<String>,
    /// Units of 10^-[`DECIMALS`].
    percentage: Option<i64>,
}

/// The taxes on an amount: their cell, and what they amount to together.
pub(crate) struct Taxed {
    pub cell: Cell<'static>,
    pub tax: Decimal,
}

/// Completes taxes that were sent, or that are stored when none were, and works them out on `amount`: each rounded to
/// `scale`. `None` when there are no taxes, so that the tax is a number of its own.
///
/// A tax is known by its id or name among the org's taxes, or else among those `stored`; another name makes a tax of
/// this record only. One without a percentage has the one it had before, or else the rate of the org's tax.
pub(crate) fn work_out(
    writing: &Writing,
    field: &FieldDef,
    path: &str,
    sent: Option<&Cell<'static>>,
    stored: Option<&Cell<'static>>,
    amount: Decimal,
    scale: u8,
) -> Result<Option<Taxed>, ApiError> {
    let path = format!("{path}.{}", field.api_name);
    let before = read(stored, &path).unwrap_or_default();
    let taxes = match sent {
        Some(sent) => read(Some(sent), &path)?,
        None => before.clone(),
    };
    if taxes.is_empty() {
        return Ok(None);
    }
    let preferences = taxes::field(&writing.snapshot.schema);
    let rates_are_free =
        preferences.is_none_or(|(_, field)| taxes::prefers(field, taxes::MODIFY_RATES)) || sent.is_none();
    let mut text = vec![b'['];
    let mut total = Decimal::ZERO;
    for (at, tax) in taxes.iter().enumerate() {
        let wrong = |code, key: &str| ApiError::new(code).field(key, format!("{path}[{at}].{key}"));
        let known = taxes::known(&writing.snapshot.schema, tax.id, tax.name.as_deref());
        let same = |other: &&LineTax| {
            (tax.id.is_some() && other.id == tax.id) || (tax.name.is_some() && other.name == tax.name)
        };
        let earlier = before.iter().find(same);
        let name = tax.name.clone().or_else(|| known.map(|known| known.display_value.clone()));
        let name = name.or_else(|| earlier?.name.clone());
        let name = name.ok_or_else(|| match tax.id {
            Some(_) => wrong(Code::InvalidData, "id").message("the id given seems to be invalid"),
            None => wrong(Code::MandatoryNotFound, "name"),
        })?;
        let id = known.and_then(|known| known.id).or_else(|| earlier?.id).or(tax.id);
        let id = id.unwrap_or_else(|| writing.mint.next());
        let own = known.and_then(taxes::rate);
        if own.is_some() && tax.percentage.is_some() && tax.percentage != own && !rates_are_free {
            let error = wrong(Code::NotAllowed, "percentage");
            return Err(error.message("the organisation does not let its tax rates be changed"));
        }
        let percentage = tax.percentage.or_else(|| earlier?.percentage).or(own);
        let percentage = percentage.ok_or_else(|| wrong(Code::MandatoryNotFound, "percentage"))?;
        let rate = decimal::from_units(percentage, DECIMALS);
        let value = share(amount, rate).and_then(|value| decimal::to_units(value, scale));
        let value = value.ok_or_else(|| wrong(Code::InvalidData, "value").detail("maximum_length", 16))?;
        total = total.saturating_add(decimal::from_units(value, scale));
        if at > 0 {
            text.push(b',');
        }
        text.extend_from_slice(b"{\"percentage\":");
        decimal::write(&mut text, percentage, DECIMALS);
        text.extend_from_slice(b",\"name\":");
        json::string(&mut text, &name);
        text.extend_from_slice(b",\"id\":");
        json::quoted_int(&mut text, id.get());
        text.extend_from_slice(b",\"value\":");
        decimal::write(&mut text, value, scale);
        text.push(b'}');
    }
    text.push(b']');
    let cell = String::from_utf8(text).unwrap_or_default().into();
    Ok(Some(Taxed { cell, tax: total }))
}

/// So many percent of an amount; `None` when that is too large a number.
pub(crate) fn share(amount: Decimal, percent: Decimal) -> Option<Decimal> {
    amount.checked_mul(percent)?.checked_div(Decimal::ONE_HUNDRED)
}

/// The taxes of a cell; `path` is the place of their list.
fn read(cell: Option<&Cell<'static>>, path: &str) -> Result<Vec<LineTax>, ApiError> {
    let list: Vec<Map<String, Value>> =
        cell.and_then(Cell::as_text).and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let tax = |(at, given): (usize, &Map<String, Value>)| {
        let expected = |key: &str, data_type: &str| {
            let error = ApiError::new(Code::InvalidData).detail("expected_data_type", data_type);
            error.field(key, format!("{path}[{at}].{key}"))
        };
        let sent = |key: &str| given.get(key).filter(|value| !value.is_null());
        let id =
            sent("id").map(|id| serde_json::from_value(id.clone()).map_err(|_| expected("id", "bigint")));
        let name = sent("name").map(|name| name_of(name).ok_or_else(|| expected("name", "text")));
        let percentage = sent("percentage");
        let percentage =
            percentage.map(|number| taxes::rate_of(number).ok_or_else(|| expected("percentage", "percent")));
        Ok(LineTax { id: id.transpose()?, name: name.transpose()?, percentage: percentage.transpose()? })
    };
    list.iter().enumerate().map(tax).collect()
}

fn name_of(given: &Value) -> Option<String> {
    let name = given.as_str()?.trim();
    let fits = !name.is_empty() && !name.contains('\0') && name.chars().count() <= LONGEST_NAME;
    fits.then(|| name.to_owned())
}
