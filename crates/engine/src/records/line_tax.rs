//! Taxes of line items (`Line_Tax`) and of whole documents (`$line_tax`): which they are, and what they amount to.

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_wire::{ApiError, Code, Id, decimal, json, letters};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::records::writing::Writing;

/// Field of a document that holds the taxes on its whole.
pub(crate) const OF_DOCUMENT: &str = "$line_tax";

/// Longest name of a tax.
const LONGEST_NAME: usize = 100;
/// Decimals of a percentage.
const DECIMALS: u8 = 4;

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
/// this record only. One without a percentage has the one it had before.
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
    let mut text = vec![b'['];
    let mut total = Decimal::ZERO;
    for (at, tax) in taxes.iter().enumerate() {
        let wrong = |code, key: &str| ApiError::new(code).field(key, format!("{path}[{at}].{key}"));
        let known = known(writing, tax);
        let same = |other: &&LineTax| {
            (tax.id.is_some() && other.id == tax.id) || (tax.name.is_some() && other.name == tax.name)
        };
        let earlier = before.iter().find(same);
        let name = tax.name.clone().or_else(|| known.as_ref().map(|(_, name)| name.clone()));
        let name = name.or_else(|| earlier?.name.clone());
        let name = name.ok_or_else(|| match tax.id {
            Some(_) => wrong(Code::InvalidData, "id").message("the id given seems to be invalid"),
            None => wrong(Code::MandatoryNotFound, "name"),
        })?;
        let id = known.map(|(id, _)| id).or_else(|| earlier?.id).or(tax.id);
        let id = id.unwrap_or_else(|| writing.mint.next());
        let percentage = tax.percentage.or_else(|| earlier?.percentage);
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
            percentage.map(|number| percentage_of(number).ok_or_else(|| expected("percentage", "percent")));
        Ok(LineTax { id: id.transpose()?, name: name.transpose()?, percentage: percentage.transpose()? })
    };
    list.iter().enumerate().map(tax).collect()
}

fn name_of(given: &Value) -> Option<String> {
    let name = given.as_str()?.trim();
    let fits = !name.is_empty() && !name.contains('\0') && name.chars().count() <= LONGEST_NAME;
    fits.then(|| name.to_owned())
}

/// From 0 to 100, as a number or a numeral.
fn percentage_of(given: &Value) -> Option<i64> {
    let text = given.as_str().map_or_else(|| given.to_string(), |text| text.trim().to_owned());
    decimal::parse(&text, DECIMALS).filter(|units| (0..=100 * 10_i64.pow(DECIMALS.into())).contains(units))
}

/// The org's tax of that id or name. The org's taxes are the options of a product's.
fn known(writing: &Writing, tax: &LineTax) -> Option<(Id, String)> {
    let products = writing.snapshot.schema.module("Products").map(std::sync::Arc::as_ref);
    let field = products
        .and_then(|module: &ModuleDef| module.field("Tax"))
        .filter(|field| field.data_type.get().form == Form::Taxes)?;
    let mut taxes = field.pick_list_values.iter();
    let option = taxes.find(|option| {
        (tax.id.is_some() && option.id == tax.id)
            || tax.name.as_ref().is_some_and(|name| letters::same(&option.actual_value, name))
    })?;
    Some((option.id?, option.actual_value.clone()))
}
