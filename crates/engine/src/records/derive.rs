//! Values the server works out from others: names, probabilities, revenues.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{Instant, decimal};
use rust_decimal::Decimal;

use crate::records::draft::Draft;

/// Fields that other fields are worked out from, so that an update reads them along.
pub(crate) fn sources(module: &ModuleDef) -> Vec<usize> {
    let names: &[&str] = match module.api_name.as_str() {
        "Leads" | "Contacts" => &["Salutation", "First_Name", "Last_Name"],
        "Deals" => &["Stage", "Pipeline", "Amount", "Probability"],
        _ => &[],
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
    match module.api_name.as_str() {
        "Leads" | "Contacts" => full_name(&view, draft),
        "Deals" => deal(&view, draft, now),
        _ => {}
    }
    set(module, draft, "Last_Activity_Time", now.into());
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
        let scale = |name: &str| module.field(name).map_or(2, dealwright_schema::FieldDef::scale);
        let amount = view.get(draft, "Amount").and_then(Cell::as_int);
        let amount = amount.map(|units| decimal::from_units(units, scale("Amount")));
        let probability = view.get(draft, "Probability").and_then(Cell::as_int).map(Decimal::from);
        let revenue = amount.zip(probability).and_then(|(amount, probability)| {
            decimal::to_units(
                amount.checked_mul(probability)? / Decimal::ONE_HUNDRED,
                scale("Expected_Revenue"),
            )
        });
        set(module, draft, "Expected_Revenue", revenue.into());
    }
}
