//! `cross_filters`: records by what hangs on them, or by nothing of that kind hanging on them. Source: "Get records" and
//! "Custom views" of the published API.
//!
//! ```json
//! [{"include_objects":true,"relation":{"api_name":"Contacts__r"},"criteria":{…}}]
//! ```

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{ApiError, Code};
use serde_json::Value;

use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::records::around::Around;
use crate::records::filter::Filter;
use crate::records::json_criteria::{self, Place};

/// Cross filters of one list at most.
const MOST: usize = 3;
/// What the names of relations end with, and those of related lists do not.
const SUFFIX: &str = "__r";

/// Narrows `filter` by the filters that `value` holds.
pub(crate) fn add(
    cx: &Cx,
    module: &ModuleDef,
    value: &Value,
    place: Place<'_>,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        Value::Null => return Ok(()),
        _ => return Err(place.error(Code::InvalidData, "").detail("expected_data_type", "jsonarray")),
    };
    if list.len() > MOST {
        return Err(place.error(Code::LimitExceeded, "").detail("limit", MOST));
    }
    for (at, one) in list.iter().enumerate() {
        let condition = condition(cx, module, one, place, at, filter)?;
        filter.and(&condition);
    }
    filter.is_criteria |= !list.is_empty();
    Ok(())
}

/// The parameter of a list.
pub(crate) fn add_param(
    cx: &Cx,
    module: &ModuleDef,
    text: &str,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let place = Place { root: "$", param: Some("cross_filters") };
    add(cx, module, &place.parse(text)?, place, filter)
}

fn condition(
    cx: &Cx,
    module: &ModuleDef,
    one: &Value,
    place: Place<'_>,
    at: usize,
    filter: &mut Filter,
) -> Result<String, ApiError> {
    let wrong = |key: &str| place.error(Code::InvalidData, &format!("[{at}].{key}"));
    let includes = match &one["include_objects"] {
        Value::Null => true,
        value => {
            value.as_bool().ok_or_else(|| wrong("include_objects").detail("expected_data_type", "boolean"))?
        }
    };
    let relation = match &one["relation"] {
        Value::String(name) => name.as_str(),
        object => object["api_name"].as_str().unwrap_or_default(),
    };
    if relation.is_empty() {
        return Err(place.error(Code::MandatoryNotFound, &format!("[{at}].relation")));
    }
    let name = relation.strip_suffix(SUFFIX).unwrap_or(relation);
    // Put together for the rows alone, whose first argument is the record that they hang on.
    let mut inner = Filter { args: vec![Cell::Null], ..Filter::default() };
    let found = (Around::of(&cx.org).relation)(cx, module, name, &mut inner);
    let rows = found.map_err(|error| match error.code {
        Code::NotSupported => error,
        _ => wrong("relation.api_name"),
    })?;
    let rows = &rows.ok_or_else(|| wrong("relation.api_name"))?;
    let grant = cx.grant(rows, Action::View)?;
    let Some(table) = unasked::table(rows, Why::Granted) else { return Err(wrong("relation.api_name")) };
    if let Some(criteria) = one.get("criteria").filter(|criteria| !criteria.is_null()) {
        let root = format!("{}[{at}].criteria", place.root);
        json_criteria::add(cx, rows, criteria, Place { root: &root, param: place.param }, &mut inner)?;
    }
    inner.sql = inner.sql.replace("t.", "hung.");
    if let Some(scope) = grant.rows("hung", &mut inner.args) {
        inner.and(&scope);
    }
    let sql = joined(&inner.sql, inner.args, filter);
    let not = if includes { "" } else { "NOT " };
    Ok(format!("{not}EXISTS (SELECT 1 FROM {{{table}}} hung WHERE {sql})"))
}

/// The condition with its first argument replaced by the outer record, and the others among those of the whole statement.
fn joined(sql: &str, args: Vec<Cell<'static>>, filter: &mut Filter) -> String {
    let signs: Vec<String> = args
        .into_iter()
        .enumerate()
        .map(|(at, cell)| if at == 0 { "t.id".to_owned() } else { filter.bind(cell) })
        .collect();
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find('?') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: usize = rest[..digits].parse().unwrap_or_default();
        out.push_str(number.checked_sub(1).and_then(|at| signs.get(at)).map_or("?", String::as_str));
        rest = &rest[digits..];
    }
    out.push_str(rest);
    out
}
