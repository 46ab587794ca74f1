//! The taxes of the organisation. They are the options of a product's `Tax`, each with its rate: one list for what
//! products and line items name, and for what the settings show and change.

use dealwright_schema::field::PickValue;
use dealwright_schema::{FieldDef, Form, ModuleDef, OrgSchema};
use dealwright_wire::{Id, decimal, letters};
use serde_json::Value;

/// Longest name of a tax.
pub(crate) const LONGEST_NAME: usize = 100;
/// Decimals of a rate, which is in percent.
pub(crate) const DECIMALS: u8 = 4;
/// Keys of an option: its rate as a numeral, and its label where that is another than the name.
pub(crate) const RATE: &str = "tax_rate";
pub(crate) const LABEL: &str = "tax_label";
/// Preferences, kept in the description of the field.
pub(crate) const PREFERENCE: &str = "tax_preference";
/// Rates of taxes can be others in line items.
pub(crate) const MODIFY_RATES: &str = "modify_tax_rates";

/// The field whose options the taxes are, with its module.
pub(crate) fn field(schema: &OrgSchema) -> Option<(&ModuleDef, &FieldDef)> {
    let products = schema.products()?;
    let field = products.field("Tax").filter(|field| field.data_type.get().form == Form::Taxes)?;
    Some((products, field))
}

/// The org's taxes, in their order.
pub(crate) fn all(schema: &OrgSchema) -> &[PickValue] {
    field(schema).map_or(&[], |(_, field)| &field.pick_list_values)
}

/// The org's tax of that id, or else of that name.
pub(crate) fn known<'s>(schema: &'s OrgSchema, id: Option<Id>, name: Option<&str>) -> Option<&'s PickValue> {
    let is_named = |option: &&PickValue| {
        name.is_some_and(|name| {
            letters::same(&option.actual_value, name) || letters::same(&option.display_value, name)
        })
    };
    let taxes = all(schema);
    let by_id = taxes.iter().find(|option| id.is_some() && option.id == id);
    by_id.or_else(|| taxes.iter().find(is_named))
}

/// In units of 10^-[`DECIMALS`] of a percent; `None` until somebody sets it.
pub(crate) fn rate(option: &PickValue) -> Option<i64> {
    decimal::parse(option.more.get(RATE)?.as_str()?, DECIMALS)
}

/// From 0 to 100, as a number or a numeral.
pub(crate) fn rate_of(given: &Value) -> Option<i64> {
    let text = given.as_str().map_or_else(|| given.to_string(), |text| text.trim().to_owned());
    decimal::parse(&text, DECIMALS).filter(|units| (0..=100 * 10_i64.pow(DECIMALS.into())).contains(units))
}

/// A rate as a numeral: `12.5`.
pub(crate) fn numeral(units: i64) -> String {
    let text = decimal::from_units(units, DECIMALS).normalize().to_string();
    if text.contains('.') { text } else { format!("{text}.0") }
}

/// A tax as products show it: `Vat - 12.5 %`; the name alone while there is no rate.
pub(crate) fn shown(option: &PickValue) -> String {
    match rate(option) {
        Some(units) => format!("{} - {} %", option.display_value, numeral(units)),
        None => option.display_value.clone(),
    }
}

/// What the org prefers, as it was set or else as a new org has it.
pub(crate) fn prefers(field: &FieldDef, name: &str) -> bool {
    let set = field.described.get(PREFERENCE).and_then(|preference| preference.get(name));
    set.and_then(Value::as_bool).unwrap_or(name == MODIFY_RATES)
}
