//! `POST /coql`: queries in COQL over records. Source: "COQL" of the published API.
//!
//! A query is read by `dealwright_query`, put together as one statement (`plan`), and its rows are written straight into
//! the answer.
//!
//! - `limits`: how large a query may be in each version
//! - `column`: what a column of the query stands for; `join`, `person`: what its path leads through
//! - `criteria`: the `where` clause as SQL; `like` and `subquery` are parts of it
//! - `output`: the select clause, and how its values are written
//! - `refusal`: errors in the API's words
//!
//! Conditions mean the same as those of searches and views and are made by the same code; what COQL adds are joins,
//! groups and its own way to name things.

mod column;
mod criteria;
mod join;
mod like;
mod limits;
mod output;
mod person;
mod plan;
mod refusal;
mod subquery;
#[cfg(test)]
mod tests;

use dealwright_query::coql;
use dealwright_store::Weight;
use dealwright_wire::{ApiError, Code, ScopeNeed, json};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;

use crate::cx::Cx;
use crate::error::Error;
use crate::explain;
use crate::metadata::{Reader, field};
use crate::request::{Answer, Reply, Request};
use plan::Plan;

/// What can be asked for in `include_meta`.
const META: &str = "fields";

#[derive(Deserialize)]
struct Body {
    select_query: Option<Value>,
    include_meta: Option<Value>,
}

/// Answers a query: 200 with rows, 204 when there are none.
///
/// Each row has its `id` unless rows are put into groups. `info` says how many rows there are and whether more would
/// follow.
pub fn run<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let body: Body = serde_json::from_slice(&request.body)
            .map_err(|_| ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject"))?;
        let text = match &body.select_query {
            Some(Value::String(text)) => text,
            None | Some(Value::Null) => return Err(refusal::missing_query().into()),
            Some(_) => return Err(refusal::not_text().into()),
        };
        let with_fields = wants_fields(cx, body.include_meta.as_ref())?;
        let query = coql::parse(text).map_err(|error| refusal::of(&error))?;
        let plan = Plan::of(cx, &query)?;
        let fields = with_fields.then(|| fields(cx, &plan));
        answer(cx, plan, fields).await
    })
}

/// What it takes to put a query together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Queries and subqueries that were planned, be it in vain.
    pub planners: usize,
    /// Bytes of all statements; `None` when the query is refused.
    pub bytes: Option<usize>,
}

impl Cost {
    /// Plans a query and throws the plan away.
    pub(crate) fn of(cx: &Cx, text: &str) -> Self {
        plan::PLANNERS.set(0);
        let plan = coql::parse(text).ok().and_then(|query| Plan::of(cx, &query).ok());
        let bytes = plan.map(|plan| {
            let statements = plan.checks.iter().chain([&plan.statement]);
            statements.map(|statement| statement.sql.as_str().len()).sum()
        });
        Self { planners: plan::PLANNERS.get(), bytes }
    }
}

/// Whether `include_meta` asks for the fields. Source: "COQL", first in v7.
fn wants_fields(cx: &Cx, asked: Option<&Value>) -> Result<bool, ApiError> {
    let Some(asked) = asked.filter(|asked| !asked.is_null()) else { return Ok(false) };
    let wrong = |path: String| {
        ApiError::new(Code::InvalidData).field("include_meta", path).detail("supported_values", vec![META])
    };
    let list = asked.as_array().ok_or_else(|| wrong("$.include_meta".to_owned()))?;
    if let Some(at) = list.iter().position(|one| one.as_str() != Some(META)) {
        return Err(wrong(format!("$.include_meta[{at}]")));
    }
    if list.is_empty() || cx.profile.order < limits::SINCE_V7 {
        return Ok(false);
    }
    cx.require_scope(ScopeNeed { path: "zohocrm.settings.fields", operation: "READ" })?;
    Ok(true)
}

/// The fields behind the columns, by the names of the columns.
fn fields(cx: &Cx, plan: &Plan<'_>) -> Map<String, Value> {
    let reader = Reader::of(cx);
    let written = plan.fields.iter().filter_map(|(name, module, field)| {
        let sequence = module.fields().iter().position(|one| one.api_name == field.api_name)?;
        let value = field::write(&reader, module, field, sequence as u32 + 1);
        Some((name.clone(), Value::Object(value)))
    });
    written.collect()
}

async fn answer(cx: &Cx, plan: Plan<'_>, fields: Option<Map<String, Value>>) -> Result<Reply, Error> {
    let Plan { statement, checks, selection, limit, .. } = plan;
    explain::note(cx, &statement.sql, &statement.args).await?;
    let snapshot = Arc::clone(&cx.snapshot);
    let (mut out, count) = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                for (at, check) in checks.iter().enumerate() {
                    if conn.each(&check.sql, &check.args, &mut |_| Ok(())).await? > 1 {
                        return Err(refusal::more_than_one_value(at).into());
                    }
                }
                let mut out = Vec::with_capacity((limit as usize * 256).clamp(1024, 256 * 1024));
                out.extend_from_slice(b"{\"data\":[");
                let mut count = 0_u64;
                let mut end = out.len();
                conn.each(&statement.sql, &statement.args, &mut |row| {
                    count += 1;
                    // One row more than wanted is read, to know that there are more.
                    if count > limit {
                        return Ok(());
                    }
                    if count > 1 {
                        out.push(b',');
                    }
                    selection.write(row, &snapshot, &mut out)?;
                    end = out.len();
                    Ok(())
                })
                .await?;
                out.truncate(end);
                Ok::<_, Error>((out, count))
            })
        })
        .await?;
    if count == 0 {
        return Ok(Reply::nothing());
    }
    out.push(b']');
    if let Some(fields) = fields {
        out.extend_from_slice(b",\"fields\":");
        json::value(&mut out, &fields);
    }
    out.extend_from_slice(b",\"info\":{\"count\":");
    json::int(&mut out, count.min(limit) as i64);
    out.extend_from_slice(b",\"more_records\":");
    json::bool(&mut out, count > limit);
    out.extend_from_slice(b"}}");
    Ok(Reply::json(200, out))
}
