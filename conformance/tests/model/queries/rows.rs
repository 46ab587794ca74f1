//! The rows that answer a query, worked out one record after the other.

use std::cmp::Ordering;

use dealwright_query::coql::{Aggregate, Column, Query, Selected};

use serde_json::json;

use super::predicate::{Of, holds};
use super::value::{Cell, Kind, fold};
use super::world::{Row, World};

/// A value of an answer.
#[derive(Debug, Clone)]
pub(super) enum Shown {
    Cell(Kind, Cell),
    /// Units of 10^-9 over how many values.
    Average {
        sum: i128,
        count: i128,
    },
}

/// Plain numbers.
const NUMBER: Kind = Kind::Number { decimals: 9, quoted: false };

/// The path of a column, without the module in front of it.
pub(super) fn path(column: &Column) -> &str {
    match &column.module {
        Some(module) => &column.text[module.len() + 2..],
        None => &column.text,
    }
}

/// All rows in their order, before limit and offset; a value for each item of the select clause.
pub(super) fn all(world: &World, query: &Query) -> Vec<Vec<Shown>> {
    let (fields, rows) = world.module(&query.module);
    let found: Vec<Of<'_>> =
        rows.iter().map(|row| Of { world, fields, row }).filter(|of| holds(*of, &query.criteria)).collect();
    let mut groups: Vec<(Vec<Cell>, Vec<Of<'_>>)> = if is_grouped(query) {
        grouped(query, found)
    } else {
        found.into_iter().map(|of| (vec![of.row.values["id"].clone()], vec![of])).collect()
    };
    groups.sort_by(|one, other| order(query, one, other));
    groups
        .iter()
        .map(|(_, rows)| query.select.iter().map(|item| shown(&item.value, rows)).collect())
        .collect()
}

pub(super) fn is_grouped(query: &Query) -> bool {
    !query.group_by.is_empty()
        || query.select.iter().any(|item| matches!(item.value, Selected::Aggregate(..)))
}

/// Records with the same keys, by the exact case of texts. Without keys there is one group, also of nothing.
fn grouped<'a>(query: &Query, found: Vec<Of<'a>>) -> Vec<(Vec<Cell>, Vec<Of<'a>>)> {
    if query.group_by.is_empty() {
        return vec![(Vec::new(), found)];
    }
    let mut groups: Vec<(Vec<Cell>, Vec<Of<'a>>)> = Vec::new();
    for of in found {
        let keys: Vec<Cell> = query.group_by.iter().map(|column| key(at(of, column).1)).collect();
        match groups.iter_mut().find(|(known, _)| *known == keys) {
            Some((_, rows)) => rows.push(of),
            None => groups.push((keys, vec![of])),
        }
    }
    groups
}

/// A key of a group, as it is stored: options are a list in JSON.
fn key(cell: Cell) -> Cell {
    match cell {
        Cell::List(options) => Cell::Text(json!(options).to_string()),
        other => other,
    }
}

type Group<'a> = (Vec<Cell>, Vec<Of<'a>>);

/// Empty values are the smallest, texts come without regard to case, and what is equal then by its id or its keys.
fn order(query: &Query, one: &Group<'_>, other: &Group<'_>) -> Ordering {
    for order in &query.order_by {
        let by = named(&order.by, query);
        let key = |rows: &[Of<'_>]| sort_key(&shown(by, rows));
        let compared = key(&one.1).cmp(&key(&other.1));
        let compared = if order.descending { compared.reverse() } else { compared };
        if compared != Ordering::Equal {
            return compared;
        }
    }
    // Records come on in the direction of the last order, groups always rise.
    let falls = !is_grouped(query) && query.order_by.last().is_some_and(|last| last.descending);
    let compared = one.0.cmp(&other.0);
    if falls { compared.reverse() } else { compared }
}

/// What an alias stands for.
fn named<'q>(by: &'q Selected, query: &'q Query) -> &'q Selected {
    let alias = query.select.iter().find(|item| item.alias.as_deref() == Some(by.text().as_str()));
    alias.map_or(by, |item| &item.value)
}

fn sort_key(shown: &Shown) -> Cell {
    match shown {
        Shown::Cell(_, Cell::Text(text)) => Cell::Text(fold(text)),
        Shown::Cell(_, cell) => cell.clone(),
        // Different averages of a few hundred values differ by more than that.
        Shown::Average { sum, count } => Cell::Number(sum * 1_000_000 / count),
    }
}

fn shown(value: &Selected, rows: &[Of<'_>]) -> Shown {
    let (function, column) = match value {
        Selected::Column(column) => {
            let (kind, cell) = at(rows[0], column);
            return Shown::Cell(kind, cell);
        }
        Selected::Aggregate(function, column) => (*function, column),
    };
    let kind = rows.first().map_or(NUMBER, |of| at(*of, column).0);
    let values: Vec<Cell> = rows.iter().map(|of| at(*of, column).1).filter(|cell| !cell.is_null()).collect();
    let units = |cell: &Cell| match cell {
        Cell::Number(units) => *units,
        other => panic!("{other:?} is no number"),
    };
    let sum = || values.iter().map(units).sum::<i128>();
    match function {
        Aggregate::Count => Shown::Cell(NUMBER, Cell::Number(values.len() as i128 * 1_000_000_000)),
        _ if values.is_empty() => Shown::Cell(kind, Cell::Null),
        Aggregate::Sum => Shown::Cell(NUMBER, Cell::Number(sum())),
        Aggregate::Avg => Shown::Average { sum: sum(), count: values.len() as i128 },
        Aggregate::Min => Shown::Cell(kind, values.into_iter().min().unwrap_or(Cell::Null)),
        Aggregate::Max => Shown::Cell(kind, values.into_iter().max().unwrap_or(Cell::Null)),
    }
}

fn at(of: Of<'_>, column: &Column) -> (Kind, Cell) {
    let row: &Row = of.row;
    of.world.at(of.fields, row, path(column))
}
