//! Line items of quotes, orders and invoices: their totals, the document's totals, and the form of version 2.
//!
//! ```text
//! Total                = Quantity * List_Price
//! Total_After_Discount = Total - Discount
//! Net_Total            = Total_After_Discount + Tax         (Tax: the sum of Line_Tax, if there are any)
//! Sub_Total            = sum of Net_Total
//! Grand_Total          = Sub_Total - Discount + Tax + Adjustment   (Tax: the sum of $line_tax, if there are any)
//! ```
//!
//! Each is rounded to the cent, half away from zero.

use std::collections::HashMap;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::{Conn, Sql};
use dealwright_wire::{ApiError, Code, Id, decimal};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::line_tax::{self, Taxed};
use crate::records::stored::Stored;
use crate::records::writing::Writing;
use crate::snapshot::Snapshot;

/// Key of the line items in version 2, whatever the module.
pub(crate) const FLAT_KEY: &str = "Product_Details";

/// Digits before the point that totals keep.
const DIGITS: u32 = 16;

/// Lower-case keys of version 2 and the fields they stand for.
const FLAT_NAMES: [(&str, &str); 11] = [
    ("product", "Product_Name"),
    ("quantity", "Quantity"),
    ("list_price", "List_Price"),
    ("unit_price", "Unit_Price"),
    ("total", "Total"),
    ("total_after_discount", "Total_After_Discount"),
    ("net_total", "Net_Total"),
    ("quantity_in_stock", "Quantity_in_Stock"),
    ("product_description", "Description"),
    ("line_tax", "Line_Tax"),
    ("book", "Price_Book_Name"),
];

/// True for the modules that hold line items.
pub(crate) fn is_line_items(module: &ModuleDef) -> bool {
    module.parent.is_some() && module.field("List_Price").is_some() && module.field("Quantity").is_some()
}

/// The field that a key of version 2 stands for. Accepted in every version.
pub(crate) fn row_key<'m>(module: &'m ModuleDef, key: &str) -> Option<&'m str> {
    if key == FLAT_KEY {
        let items = |name: &&str| name.ends_with("_Items");
        return module
            .fields()
            .iter()
            .filter(|f| f.subform.is_some())
            .map(|f| f.api_name.as_str())
            .find(items);
    }
    if !is_line_items(module) {
        return None;
    }
    let name = FLAT_NAMES.iter().find(|(flat, _)| *flat == key)?.1;
    module.field(name).map(|field| field.api_name.as_str())
}

/// True for what is taken off a row or a document; none is a discount of 0.
pub(crate) fn is_discount(module: &ModuleDef, field: &FieldDef) -> bool {
    field.api_name == "Discount" && (is_line_items(module) || is_document(module))
}

/// A discount of a row or a document given as text like `5%`.
pub(crate) fn percent(module: &ModuleDef, field: &FieldDef, raw: &str) -> Option<Decimal> {
    if !is_discount(module, field) {
        return None;
    }
    raw.strip_prefix('"')?.strip_suffix("%\"")?.trim().parse().ok()
}

/// What a row shows of its product as it is now: key, SQL over the row's alias `t`, decimals. Nothing for other rows.
pub(crate) fn of_product(snapshot: &Snapshot, module: &ModuleDef) -> Vec<(&'static str, String, u8)> {
    let products = snapshot.schema.products().filter(|_| is_line_items(module));
    let (Some(products), Some(product)) = (products, module.field("Product_Name")) else { return Vec::new() };
    let shown = |(key, name): &(&'static str, &str)| {
        let field = products.field(name).filter(|_| module.field(key).is_none())?;
        let (table, column, lookup) =
            (unasked::table(products, Why::Name)?, field.column.as_ref()?, product.column.as_ref()?);
        let sql = format!("(SELECT n.\"{column}\" FROM {{{table}}} n WHERE n.id = t.\"{lookup}\")");
        Some((*key, sql, field.scale()))
    };
    [("Unit_Price", "Unit_Price"), ("Quantity_in_Stock", "Qty_in_Stock")].iter().filter_map(shown).collect()
}

/// Rewrites a row of the present form in that of version 2.
pub(crate) fn write_flat(row: &[u8], out: &mut Vec<u8>) {
    let row: Map<String, Value> = serde_json::from_slice(row).unwrap_or_default();
    let mut flat = Map::new();
    for (key, value) in row {
        match FLAT_NAMES.iter().find(|(_, name)| *name == key) {
            Some((flat_key, _)) => flat.insert((*flat_key).to_owned(), value),
            None if matches!(key.as_str(), "id" | "Discount" | "Tax") => flat.insert(key, value),
            None => continue,
        };
    }
    dealwright_wire::json::value(out, &flat);
}

/// Values of a document that its totals are made of, and the totals.
pub(crate) const TOTALS: [&str; 6] =
    ["Sub_Total", "Discount", "Tax", "Adjustment", "Grand_Total", line_tax::OF_DOCUMENT];

/// True for modules whose documents have line items.
pub(crate) fn is_document(module: &ModuleDef) -> bool {
    module.field("Grand_Total").is_some() && module.field("Sub_Total").is_some()
}

/// True when a draft names something that a document's totals are made of, besides its rows.
pub(crate) fn changes_totals(module: &ModuleDef, draft: &Draft) -> bool {
    is_document(module)
        && (draft.discount_percent.is_some()
            || TOTALS.iter().any(|name| module.field_index(name).is_some_and(|at| draft.names(at))))
}

/// Gives rows without a price their product's, and works out the totals of each row. `old` has stored rows whole.
pub(crate) async fn complete(
    tx: &mut Conn,
    writing: &Writing,
    module: &ModuleDef,
    rows: &mut [Draft],
    old: &HashMap<i64, Stored>,
) -> Result<Result<(), ApiError>, Error> {
    if !is_line_items(module) {
        return Ok(Ok(()));
    }
    let (Some(product), Some(price)) = (module.field_index("Product_Name"), module.field_index("List_Price"))
    else {
        return Ok(Ok(()));
    };
    let unpriced = |row: &Draft| -> Option<i64> {
        let values = Values::of(module, row, stored(old, row));
        values.cell(price).is_none().then(|| values.cell(product).and_then(Cell::as_int)).flatten()
    };
    let products: Vec<i64> = rows.iter().filter_map(unpriced).collect();
    let prices = prices(tx, writing, &products).await?;
    for row in rows {
        if let Some(product) = unpriced(row) {
            row.cells[price] = Some(prices.get(&product).copied().into());
        }
        if let Err(error) = complete_row(writing, module, row, stored(old, row)) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

fn stored<'o>(old: &'o HashMap<i64, Stored>, row: &Draft) -> Option<&'o Stored> {
    row.id.and_then(|id| old.get(&id.get()))
}

/// Prices of products by id; those without a price are left out.
async fn prices(tx: &mut Conn, writing: &Writing, products: &[i64]) -> Result<HashMap<i64, i64>, Error> {
    let module = writing.snapshot.schema.products().filter(|_| !products.is_empty());
    let column = module.and_then(|module| module.field("Unit_Price")?.column.as_deref());
    let (Some(table), Some(column)) =
        (module.and_then(|module| unasked::table(module, Why::Granted)), column)
    else {
        return Ok(HashMap::new());
    };
    let sql = Sql::from(format!(
        "SELECT t.id, t.\"{column}\" FROM {{{table}}} t WHERE {}",
        tx.dialect().in_ids("t.id", "?1")
    ));
    let found = tx.all(&sql, &[Cell::Ids(products.into())], |row| Ok((row.int(0)?, row.int(1)?))).await?;
    Ok(found.into_iter().filter_map(|(id, price)| id.zip(price)).collect())
}

/// `Total`, `Total_After_Discount` and `Net_Total` of a row, with a discount in percent and its taxes.
fn complete_row(
    writing: &Writing,
    module: &ModuleDef,
    row: &mut Draft,
    old: Option<&Stored>,
) -> Result<(), ApiError> {
    let values = Values::of(module, row, old);
    let total = values.number("Quantity").checked_mul(values.number("List_Price"));
    let total = values.kept("Total", total)?;
    let discount = match row.discount_percent {
        Some(percent) => values.kept("Discount", line_tax::share(total, percent))?,
        None => values.number("Discount"),
    };
    let after = values.kept("Total_After_Discount", total.checked_sub(discount))?;
    let taxed = values.taxed(writing, "Line_Tax", after)?;
    let tax = taxed.as_ref().map_or_else(|| values.number("Tax"), |taxed| taxed.tax);
    let net = values.kept("Net_Total", after.checked_add(tax))?;
    let mut found = vec![("Total", total), ("Total_After_Discount", after), ("Net_Total", net)];
    found.extend(row.discount_percent.map(|_| ("Discount", discount)));
    found.extend(taxed.as_ref().map(|taxed| ("Tax", taxed.tax)));
    set(module, row, &found, taxed.map(|taxed| ("Line_Tax", taxed.cell)));
    Ok(())
}

/// Works out the totals of a document into its draft. `rows` are the `Net_Total`s of its rows as they will be.
pub(crate) fn total_up(
    writing: &Writing,
    draft: &mut Draft,
    old: Option<&Stored>,
    mut rows: impl Iterator<Item = Decimal>,
) -> Result<(), ApiError> {
    let module = &*writing.module;
    if !is_document(module) {
        return Ok(());
    }
    let values = Values::of(module, draft, old);
    let sum = rows.try_fold(Decimal::ZERO, Decimal::checked_add);
    let sub_total = values.kept("Sub_Total", sum)?;
    let discount = match draft.discount_percent {
        Some(percent) => values.kept("Discount", line_tax::share(sub_total, percent))?,
        None => values.number("Discount"),
    };
    let after = values.kept("Grand_Total", sub_total.checked_sub(discount))?;
    let taxed = values.taxed(writing, line_tax::OF_DOCUMENT, after)?;
    let tax = taxed.as_ref().map_or_else(|| values.number("Tax"), |taxed| taxed.tax);
    let grand = after.checked_add(tax).and_then(|sum| sum.checked_add(values.number("Adjustment")));
    let grand = values.kept("Grand_Total", grand)?;
    let mut found = vec![("Sub_Total", sub_total), ("Grand_Total", grand)];
    found.extend(draft.discount_percent.map(|_| ("Discount", discount)));
    found.extend(taxed.as_ref().map(|taxed| ("Tax", taxed.tax)));
    set(module, draft, &found, taxed.map(|taxed| (line_tax::OF_DOCUMENT, taxed.cell)));
    Ok(())
}

/// `Net_Total` of a row that was completed.
pub(crate) fn net_total(module: &ModuleDef, row: &Draft) -> Decimal {
    Values::of(module, row, None).number("Net_Total")
}

/// `Net_Total`s of the stored rows of a document.
pub(crate) async fn stored_net_totals(
    tx: &mut Conn,
    rows: &ModuleDef,
    document: Id,
) -> Result<Vec<Decimal>, Error> {
    let column = |name: &str| rows.field(name).and_then(|field| field.column.as_deref()).unwrap_or("id");
    let sql = Sql::from(format!(
        "SELECT t.\"{}\" FROM {{{}}} t WHERE t.\"{}\" = ?1",
        column("Net_Total"),
        unasked::table(rows, Why::Part).unwrap_or_default(),
        column("Parent_Id"),
    ));
    let scale = rows.field("Net_Total").map_or(2, FieldDef::scale);
    let units = tx.all(&sql, &[document.into()], |row| row.int(0)).await?;
    Ok(units.into_iter().flatten().map(|units| decimal::from_units(units, scale)).collect())
}

/// Values as they will be: sent, or else stored.
struct Values<'a> {
    module: &'a ModuleDef,
    draft: &'a Draft,
    old: Option<&'a Stored>,
}

impl<'a> Values<'a> {
    fn of(module: &'a ModuleDef, draft: &'a Draft, old: Option<&'a Stored>) -> Self {
        Self { module, draft, old }
    }

    fn cell(&self, at: usize) -> Option<&'a Cell<'static>> {
        let stored = || self.old.and_then(|old| old.cells[at].as_ref());
        self.draft.cells[at].as_ref().or_else(stored).filter(|cell| !cell.is_null())
    }

    /// A number; an empty one is nothing.
    fn number(&self, name: &str) -> Decimal {
        let Some(at) = self.module.field_index(name) else { return Decimal::ZERO };
        let units = self.cell(at).and_then(Cell::as_int).unwrap_or(0);
        decimal::from_units(units, self.module.fields()[at].scale())
    }

    /// The number as its field keeps it, rounded to the cent; `INVALID_DATA` when it has more digits than that.
    fn kept(&self, name: &str, number: Option<Decimal>) -> Result<Decimal, ApiError> {
        let too_long = || {
            let path = format!("{}.{name}", self.draft.path);
            ApiError::new(Code::InvalidData).field(name, path).detail("maximum_length", DIGITS)
        };
        let scale = self.module.field(name).map_or(2, FieldDef::scale);
        let units = number.and_then(|number| decimal::to_units(number, scale)).ok_or_else(too_long)?;
        let kept = decimal::from_units(units, scale);
        if kept.abs() >= Decimal::from(10_i64.pow(DIGITS)) { Err(too_long()) } else { Ok(kept) }
    }

    fn taxed(&self, writing: &Writing, name: &str, amount: Decimal) -> Result<Option<Taxed>, ApiError> {
        let Some(at) = self.module.field_index(name) else { return Ok(None) };
        let stored = self.old.and_then(|old| old.cells[at].as_ref());
        let scale = self.module.field("Tax").map_or(2, FieldDef::scale);
        let (field, sent) = (&self.module.fields()[at], self.draft.cells[at].as_ref());
        let taxed = line_tax::work_out(writing, field, &self.draft.path, sent, stored, amount, scale)?;
        let sends_tax = self.module.field_index("Tax").is_some_and(|at| self.draft.cells[at].is_some());
        if taxed.is_none() && sent.is_some() && !sends_tax {
            // Without its taxes there is no tax, whatever they came to before.
            return Ok(Some(Taxed { cell: Cell::Null, tax: Decimal::ZERO }));
        }
        Ok(taxed)
    }
}

fn set(
    module: &ModuleDef,
    draft: &mut Draft,
    numbers: &[(&str, Decimal)],
    taxes: Option<(&str, Cell<'static>)>,
) {
    for (name, number) in numbers {
        if let Some(at) = module.field_index(name) {
            draft.cells[at] = Some(decimal::to_units(*number, module.fields()[at].scale()).into());
        }
    }
    if let Some((name, cell)) = taxes
        && let Some(at) = module.field_index(name)
    {
        draft.cells[at] = Some(cell);
    }
}
