//! Values the server works out from others: names, probabilities, revenues.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{Instant, decimal};
use rust_decimal::Decimal;

use crate::records::draft::Draft;
use crate::records::line_items;

/// Fields that other fields are worked out from, so that an update reads them along.
pub(crate) fn sources(module: &ModuleDef) -> Vec<usize> {
    let names: &[&str] = if module.is_of_people() {
        &["Salutation", "First_Name", "Last_Name"]
    } else if module.is_of_deals() {
        &["Stage", "Pipeline", "Amount", "Probability"]
    } else if line_items::is_document(module) {
        &line_items::TOTALS
    } else {
        &[]
    };
    names.iter().filter_map(|name| module.field_index(name)).collect()
}

/// Fills the derived fields of a draft. `old` gives stored values of fields that were not sent.
pub(crate) fn derive(
    module: &ModuleDef,
    draft: &mut Draft,
    old: Option<&[Option<Cell<'static>>]>,
    now: Instant,
) {
    let view = View { module, old };
    if module.is_of_people() {
        full_name(&view, draft);
    } else if module.is_of_deals() {
        deal(&view, draft, now);
    }
    set(module, draft, "Last_Activity_Time", now.into());
}

/// Orgs with several currencies: a record that names none is in the org's own, and its rate is 1 unless given.
pub(crate) fn currency(module: &ModuleDef, draft: &mut Draft, base: &str) {
    let defaults: [(&str, Cell<'static>); 2] = [
        ("Currency", base.to_owned().into()),
        ("Exchange_Rate", decimal::to_units(Decimal::ONE, scale(module, "Exchange_Rate")).into()),
    ];
    for (name, cell) in defaults {
        let at = module.field_index(name).filter(|&at| !module.fields()[at].custom_field);
        if let Some(at) = at
            && draft.cells[at].as_ref().is_none_or(Cell::is_null)
        {
            draft.cells[at] = Some(cell);
        }
    }
}

fn scale(module: &ModuleDef, name: &str) -> u8 {
    module.field(name).map_or(2, dealwright_schema::FieldDef::scale)
}

/// Values as they will be: sent, or else stored.
struct View<'a> {
    module: &'a ModuleDef,
    old: Option<&'a [Option<Cell<'static>>]>,
}

impl View<'_> {
    fn sent(&self, draft: &Draft, name: &str) -> bool {
        self.module.field_index(name).is_some_and(|at| draft.cells[at].is_some())
    }

    fn get<'d>(&'d self, draft: &'d Draft, name: &str) -> Option<&'d Cell<'static>> {
        let at = self.module.field_index(name)?;
        let stored = || self.old.and_then(|old| old[at].as_ref());
        draft.cells[at].as_ref().or_else(stored).filter(|cell| !cell.is_null())
    }

    fn text<'d>(&'d self, draft: &'d Draft, name: &str) -> Option<&'d str> {
        self.get(draft, name).and_then(Cell::as_text)
    }
}

fn set(module: &ModuleDef, draft: &mut Draft, name: &str, cell: Cell<'static>) {
    if let Some(at) = module.field_index(name) {
        draft.cells[at] = Some(cell);
    }
}

/// First and last name. The salutation is a field of its own and not part of it.
fn full_name(view: &View<'_>, draft: &mut Draft) {
    if view.old.is_some() && !["First_Name", "Last_Name"].iter().any(|name| view.sent(draft, name)) {
        return;
    }
    let parts: Vec<&str> =
        ["First_Name", "Last_Name"].iter().filter_map(|name| view.text(draft, name)).collect();
    let name = parts.join(" ");
    set(view.module, draft, "Full_Name", name.into());
}

/// Probability and forecast follow the stage unless given; expected revenue follows amount and probability.
fn deal(view: &View<'_>, draft: &mut Draft, now: Instant) {
    let module = view.module;
    if view.sent(draft, "Stage") {
        let stage = view.text(draft, "Stage").map(str::to_owned);
        let value = stage.as_deref().and_then(|stage| module.field("Stage")?.pick_value(stage));
        let probability = value.and_then(|value| value.more.get("probability")?.as_i64());
        let category = value.and_then(|value| {
            let category = value.more.get("forecast_category")?;
            category.as_str().or_else(|| category.get("name")?.as_str()).map(str::to_owned)
        });
        if !view.sent(draft, "Probability")
            && let Some(probability) = probability
        {
            set(module, draft, "Probability", probability.into());
        }
        set(module, draft, "Forecast_Category__s", category.into());
        let before = view.old.and_then(|old| old[module.field_index("Stage")?].as_ref()?.as_text());
        if before != stage.as_deref() {
            set(module, draft, "Stage_Modified_Time", now.into());
        }
    }
    if view.old.is_none() || view.sent(draft, "Amount") || view.sent(draft, "Probability") {
        let amount = view.get(draft, "Amount").and_then(Cell::as_int);
        let amount = amount.map(|units| decimal::from_units(units, scale(module, "Amount")));
        let probability = view.get(draft, "Probability").and_then(Cell::as_int).map(Decimal::from);
        let revenue = amount.zip(probability).and_then(|(amount, probability)| {
            decimal::to_units(
                amount.checked_mul(probability)? / Decimal::ONE_HUNDRED,
                scale(module, "Expected_Revenue"),
            )
        });
        set(module, draft, "Expected_Revenue", revenue.into());
    }
}

#[cfg(test)]
mod tests {
    use dealwright_schema::{Cell, FieldDef, catalog};
    use dealwright_wire::Mint;

    use super::currency;
    use crate::records::draft::Draft;

    #[test]
    fn a_record_without_a_currency_is_in_the_orgs_own() {
        let mint = Mint::seeded(1);
        let modules = catalog::standard_modules(&mint);
        let find = |name: &str| modules.iter().find(|module| module.api_name == name).unwrap();
        let mut leads = find("Leads").clone();
        for (name, like, decimal_place) in [("Currency", "Stage", None), ("Exchange_Rate", "Amount", Some(9))]
        {
            let field = find("Deals").field(like).unwrap().clone();
            let (id, api_name) = (mint.next(), name.to_owned());
            leads.add_field(FieldDef { id, api_name, column: None, decimal_place, ..field });
        }
        let cells = |draft: &Draft| {
            ["Currency", "Exchange_Rate"].map(|name| draft.cells[leads.field_index(name).unwrap()].clone())
        };
        let mut draft = Draft::empty(&leads, "$".to_owned());
        currency(&leads, &mut draft, "USD");
        assert_eq!(cells(&draft), [Some("USD".into()), Some(Cell::Int(1_000_000_000))]);

        let mut draft = Draft::empty(&leads, "$".to_owned());
        draft.cells[leads.field_index("Currency").unwrap()] = Some("EUR".into());
        draft.cells[leads.field_index("Exchange_Rate").unwrap()] = Some(Cell::Int(90));
        currency(&leads, &mut draft, "USD");
        assert_eq!(cells(&draft), [Some("EUR".into()), Some(Cell::Int(90))]);
    }
}
