//! `GET` and `POST /{module}/actions/count`: how many records there are, are in a view, or a search would find.

use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::access::Grant;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::json_criteria::{self, Place};
use crate::records::{narrow, page, search};
use crate::request::{Answer, Params, Reply, Request};

/// Parameters that search, of which `cvid` allows none beside it.
const SEARCHING: [&str; 4] = ["criteria", "email", "phone", "word"];

/// Counts records: `{"count":N}`, also when N is zero.
pub fn count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request.segment(0))?;
        let mut filter = Filter::default();
        condition(cx, &grant, &request.params, &mut filter).await?;
        answer(cx, &grant, filter).await
    })
}

/// The same with `filters` in the body, for criteria that are too long for an address. An empty body filters nothing.
pub fn count_by_body<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        #[derive(Deserialize)]
        struct Body {
            filters: Option<Value>,
        }
        let grant = grant(cx, request.segment(0))?;
        let mut filter = Filter::default();
        condition(cx, &grant, &request.params, &mut filter).await?;
        if !request.body.trim_ascii().is_empty() {
            let body: Body = serde_json::from_slice(&request.body)
                .map_err(|_| ApiError::new(Code::InvalidData).message("body"))?;
            if let Some(filters) = body.filters {
                let place = Place { root: "$.filters", param: None };
                json_criteria::add(cx, &grant.module, &filters, place, &mut filter)?;
            }
        }
        answer(cx, &grant, filter).await
    })
}

/// Modules without records of their own cannot be counted; the answer says so in words of its own.
fn grant(cx: &Cx, module: &str) -> Result<Grant, ApiError> {
    page::grant_to_view(cx, module).map_err(|error| match error.code {
        Code::NotSupportedHere => ApiError::new(Code::NotSupportedHere)
            .message("the given module is not supported for count")
            .detail("module", module),
        _ => error,
    })
}

async fn condition(cx: &Cx, grant: &Grant, params: &Params, filter: &mut Filter) -> Result<(), Error> {
    let searching = SEARCHING.into_iter().find(|name| params.get(name).is_some());
    if let (Some(_), Some(searching)) = (params.get("cvid"), searching) {
        return Err(ApiError::new(Code::AmbiguityDuringProcessing)
            .message("Please use either Cvid or Search Params. Combination of both the params is not allowed")
            .detail("ambiguity_due_to", json!([{ "param_name": "cvid" }, { "param_name": searching }]))
            .into());
    }
    if let Some(sought) = search::condition(cx, &grant.module, params, filter)? {
        sought.narrow(cx, filter).await?;
    }
    narrow::narrow(cx, &grant.module, params, filter)?;
    Ok(())
}

async fn answer(cx: &Cx, grant: &Grant, mut filter: Filter) -> Result<Reply, Error> {
    if let Some(scope) = grant.rows("t", &mut filter.args) {
        filter.and(&scope);
    }
    let table = grant.table();
    let sql = Sql::from(format!("SELECT count(*) FROM {{{table}}} t{}", filter.clause()));
    let args = filter.args;
    let count = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                Ok::<_, Error>(conn.first(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?.unwrap_or(0))
            })
        })
        .await?;
    Ok(Reply::json(200, format!("{{\"count\":{count}}}").into_bytes()))
}
