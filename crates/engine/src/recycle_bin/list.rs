//! `GET settings/recycle_bin`, `settings/recycle_bin/{id}`, `settings/recycle_bin/actions/count`.

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::filter;
use super::item::{COLUMNS, Item, visible};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::json_criteria::Place;
use crate::request::{Answer, Params, Reply, Request};

/// Rows of a page at most, and when nothing is said.
const PAGE: i64 = 200;
/// Where `filters` stand, for errors.
pub(super) const FILTERS: Place<'static> = Place { root: "$", param: Some("filters") };

/// Deleted records page by page, newest first unless `sort_by` says otherwise: 200, or 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let params = &request.params;
        let mut filter = visible_and_filtered(cx, params)?;
        if let Some(ids) = ids(params)? {
            let argument = filter.bind(Cell::Ids(ids.into()));
            filter.and(&cx.org.store.dialect().in_ids("t.id", &argument));
        }
        let order = order(cx, params)?;
        let (page, per_page) = (number(params, "page", 1)?, number(params, "per_page", PAGE)?.min(PAGE));
        let limit = filter.bind(per_page + 1);
        let offset = filter.bind((page - 1).saturating_mul(per_page));
        let tail = format!(" ORDER BY {order} LIMIT {limit} OFFSET {offset}");
        let mut items = read(cx, filter, &tail).await?;
        let more = items.len() as i64 > per_page;
        items.truncate(per_page as usize);
        Ok(show(cx, &items, page, per_page, more))
    })
}

/// One deleted record: 200, or 204 when it is not in the bin.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let mut filter = Filter::default();
        visible(cx, Action::View, &mut filter);
        let id = filter.bind(path_id(request)?);
        filter.and(&format!("t.id = {id}"));
        let items = read(cx, filter, "").await?;
        Ok(show(cx, &items, 1, PAGE, false))
    })
}

/// How many deleted records there are that `filters` let through: `{"count":N}`.
pub fn count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let filter = visible_and_filtered(cx, &request.params)?;
        let sql = Sql::from(format!("SELECT count(*) FROM {{_recycle_bin}} t{}", filter.clause()));
        let count = cx
            .org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let count = conn.first(&sql, &filter.args, |row| Row::must(row.int(0)?, 0)).await?;
                    Ok::<_, Error>(count.unwrap_or(0))
                })
            })
            .await?;
        Ok(Reply::value(200, &json!({ "count": count })))
    })
}

fn visible_and_filtered(cx: &Cx, params: &Params) -> Result<Filter, ApiError> {
    let mut filter = Filter::default();
    visible(cx, Action::View, &mut filter);
    if let Some(text) = params.get("filters") {
        filter::add(cx, &FILTERS.parse(text)?, FILTERS, &mut filter)?;
    }
    Ok(filter)
}

async fn read(cx: &Cx, filter: Filter, tail: &str) -> Result<Vec<Item>, Error> {
    let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{_recycle_bin}} t{}{tail}", filter.clause()));
    cx.org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &filter.args, Item::read).await?) })
        })
        .await
}

fn show(cx: &Cx, items: &[Item], page: i64, per_page: i64, more: bool) -> Reply {
    if items.is_empty() {
        return Reply::nothing();
    }
    let rows: Vec<Value> = items.iter().map(|item| item.show(cx)).collect();
    let info = json!({ "per_page": per_page, "count": rows.len(), "page": page, "more_records": more });
    Reply::value(200, &json!({ "recycle_bin": rows, "info": info }))
}

fn order(cx: &Cx, params: &Params) -> Result<String, ApiError> {
    const COLUMNS: [&str; 3] = ["deleted_time", "display_name", "deleted_by"];
    let by = params.get("sort_by").unwrap_or(COLUMNS[0]);
    if !COLUMNS.contains(&by) {
        return Err(ApiError::new(Code::InvalidData)
            .param("sort_by")
            .detail("supported_values", COLUMNS.to_vec()));
    }
    let descending = params.descending()?.unwrap_or(true);
    let dialect = cx.org.store.dialect();
    let column = format!("t.{by}");
    let column = if by == "display_name" { dialect.lower(&column) } else { column };
    let id = if descending { "t.id DESC" } else { "t.id" };
    Ok(format!("{}, {id}", dialect.order(&column, descending)))
}

pub(super) fn path_id(request: &Request) -> Result<Id, ApiError> {
    let text = request.segment(0);
    text.parse().map_err(|_| {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 2)
            .detail("id", text)
    })
}

/// The ids of the `ids` parameter; `None` when it is missing.
fn ids(params: &Params) -> Result<Option<Vec<i64>>, ApiError> {
    let Some(ids) = params.list("ids") else { return Ok(None) };
    if ids.len() > PAGE as usize {
        return Err(ApiError::new(Code::LimitExceeded).detail("limit", PAGE).param("ids"));
    }
    let parsed: Result<Vec<i64>, _> = ids.iter().map(|id| id.parse::<Id>().map(Id::get)).collect();
    parsed
        .map(Some)
        .map_err(|_| ApiError::new(Code::InvalidData).param("ids").detail("expected_data_type", "bigint"))
}

fn number(params: &Params, name: &str, otherwise: i64) -> Result<i64, ApiError> {
    match params.get(name).map(|text| text.trim().parse::<i64>()) {
        None => Ok(otherwise),
        Some(Ok(number)) if (1..=i64::from(u32::MAX)).contains(&number) => Ok(number),
        Some(_) => Err(ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer")),
    }
}
