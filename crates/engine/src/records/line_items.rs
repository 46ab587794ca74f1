//! Line items of quotes, orders and invoices: their totals, the document's totals, and the form of version 2.

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{Id, decimal};
use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::writing::Writing;

/// Key of the line items in version 2, whatever the module.
pub(crate) const FLAT_KEY: &str = "Product_Details";

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

/// A discount given as text like `5%`.
pub(crate) fn percent(module: &ModuleDef, field: &FieldDef, raw: &str) -> Option<Decimal> {
    if field.api_name != "Discount" || !is_line_items(module) {
        return None;
    }
    raw.strip_prefix('"')?.strip_suffix("%\"")?.trim().parse().ok()
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

/// Gives rows without a price their product's, and works out the totals of each row.
pub(crate) async fn complete(
    tx: &mut Conn,
    writing: &Writing,
    module: &ModuleDef,
    row: &mut Draft,
    old: Option<&[Option<Cell<'static>>]>,
) -> Result<(), Error> {
    if !is_line_items(module) {
        return Ok(());
    }
    let at = |name: &str| module.field_index(name);
    let int = |row: &Draft, name: &str| {
        let at = at(name)?;
        row.cells[at].as_ref().or_else(|| old.and_then(|old| old[at].as_ref())).and_then(Cell::as_int)
    };
    if int(row, "List_Price").is_none()
        && let (Some(product), Some(price)) = (int(row, "Product_Name"), at("List_Price"))
    {
        row.cells[price] = Some(product_price(tx, writing, product).await?.into());
    }
    let scale = |name: &str| module.field(name).map_or(2, FieldDef::scale);
    let number = |row: &Draft, name: &str| {
        int(row, name).map_or(Decimal::ZERO, |u| decimal::from_units(u, scale(name)))
    };
    let total = number(row, "Quantity").saturating_mul(number(row, "List_Price"));
    if let (Some(percent), Some(discount)) = (row.discount_percent, at("Discount")) {
        let off = total.saturating_mul(percent) / Decimal::ONE_HUNDRED;
        row.cells[discount] = Some(decimal::to_units(off, scale("Discount")).into());
    }
    let after = total.saturating_sub(number(row, "Discount"));
    for (name, value) in [
        ("Total", total),
        ("Total_After_Discount", after),
        ("Net_Total", after.saturating_add(number(row, "Tax"))),
    ] {
        if let Some(at) = at(name) {
            row.cells[at] = Some(decimal::to_units(value, scale(name)).into());
        }
    }
    Ok(())
}

async fn product_price(tx: &mut Conn, writing: &Writing, product: i64) -> Result<Option<i64>, Error> {
    let Some(products) = writing.snapshot.schema.module("Products") else { return Ok(None) };
    let column = products.field("Unit_Price").and_then(|field| field.column.as_deref());
    let (Some(table), Some(column)) = (products.table.as_deref(), column) else { return Ok(None) };
    let sql = Sql::from(format!("SELECT t.\"{column}\" FROM {{{table}}} t WHERE t.id = ?1"));
    Ok(tx.first(&sql, &[product.into()], |row| row.int(0)).await?.flatten())
}

/// Writes `Sub_Total` and `Grand_Total` of a document from its rows as they are now.
pub(crate) async fn total_up(tx: &mut Conn, writing: &Writing, document: Id) -> Result<(), Error> {
    let module = &writing.module;
    let column = |name: &str| module.field(name).and_then(|field| field.column.clone());
    let items = module.fields().iter().find_map(|field| {
        let rows = writing.snapshot.schema.module(field.subform.as_deref()?)?;
        is_line_items(rows).then_some(rows)
    });
    let (Some(items), Some(sub_total), Some(grand_total)) =
        (items, column("Sub_Total"), column("Grand_Total"))
    else {
        return Ok(());
    };
    let of_items = |name: &str| items.field(name).and_then(|field| field.column.as_deref()).unwrap_or("id");
    // All money of a document has the same scale, so whole units add up. PostgreSQL sums to numeric.
    let sum = format!(
        "CAST(coalesce((SELECT sum(i.\"{}\") FROM {{{}}} i WHERE i.\"{}\" = ?1), 0) AS bigint)",
        of_items("Net_Total"),
        items.table.as_deref().unwrap_or_default(),
        of_items("Parent_Id"),
    );
    let part = |name: &str| column(name).map_or("0".to_owned(), |c| format!("coalesce(t.\"{c}\", 0)"));
    let sql = Sql::from(format!(
        "SELECT {sum}, {}, {}, {} FROM {{{}}} t WHERE t.id = ?1",
        part("Discount"),
        part("Tax"),
        part("Adjustment"),
        writing.table()
    ));
    let read = |row: &Row<'_>| {
        let number = |at| Ok::<_, dealwright_store::StoreError>(row.int(at)?.unwrap_or(0));
        Ok((number(0)?, number(1)?, number(2)?, number(3)?))
    };
    let Some((sum, discount, tax, adjustment)) = tx.first(&sql, &[document.into()], read).await? else {
        return Ok(());
    };
    let grand = sum.saturating_sub(discount).saturating_add(tax).saturating_add(adjustment);
    let sql = Sql::from(format!(
        "UPDATE {{{}}} SET \"{sub_total}\" = ?2, \"{grand_total}\" = ?3 WHERE id = ?1",
        writing.table()
    ));
    tx.exec(&sql, &[document.into(), sum.into(), grand.into()]).await?;
    Ok(())
}

/// True for modules whose documents have line items.
pub(crate) fn is_document(module: &ModuleDef) -> bool {
    module.field("Grand_Total").is_some() && module.field("Sub_Total").is_some()
}
