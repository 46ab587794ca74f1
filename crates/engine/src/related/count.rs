//! `POST /{module}/{id}/actions/get_related_records_count`: how many records each of some related lists has.

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value, json};

use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::json_criteria::{self, Place};
use crate::records::narrow;
use crate::records::parent::Parent;
use crate::related::relation::Relation;
use crate::related::{list, view};
use crate::request::{Answer, Reply, Request};

/// Key of the lists in the body and of the counts in the answer.
const ROOT: &str = "get_related_records_count";
/// Lists in one request at most.
const LISTS: usize = 20;

/// Counts related records. Each list is answered in its place: 200, 207 when some failed, 400 when all did.
///
/// Fails as a whole with `INVALID_DATA` when there is no such record, and with `LIMIT_REACHED` for too many lists.
pub fn count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        parent.must_exist(cx).await?;
        let asked = lists(&request.body)?;
        let plans: Vec<Result<Plan, ApiError>> =
            asked.iter().enumerate().map(|(at, one)| plan(cx, &parent, one, at)).collect();
        let counted = cx
            .org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let mut counted = Vec::with_capacity(plans.len());
                    for plan in plans {
                        counted.push(match plan {
                            Ok(plan) => {
                                let count = conn
                                    .first(&plan.sql, &plan.args, |row| Row::must(row.int(0)?, 0))
                                    .await?;
                                Ok((plan, count.unwrap_or(0)))
                            }
                            Err(error) => Err(error),
                        });
                    }
                    Ok::<_, Error>(counted)
                })
            })
            .await?;
        let failed = counted.iter().filter(|one| one.is_err()).count();
        let status = if failed == 0 {
            200
        } else if failed == counted.len() {
            400
        } else {
            207
        };
        let rows: Vec<Value> = counted.into_iter().map(|one| show(cx, one)).collect();
        Ok(Reply::value(status, &json!({ ROOT: rows })))
    })
}

/// A list to count and the query for its number.
struct Plan {
    name: String,
    id: Option<Id>,
    sql: Sql,
    args: Vec<Cell<'static>>,
}

fn show(cx: &Cx, counted: Result<(Plan, i64), ApiError>) -> Value {
    match counted {
        Ok((plan, count)) => {
            json!({"count": count, "related_list": {"api_name": plan.name, "id": plan.id}})
        }
        Err(mut error) => {
            if !cx.profile.json_path {
                error.details.remove("json_path");
            }
            json!({
                "code": error.code.text(),
                "details": error.details,
                "message": error.message,
                "status": "error",
            })
        }
    }
}

fn lists(body: &[u8]) -> Result<Vec<Value>, ApiError> {
    let at_root = |error: ApiError| error.field(ROOT, format!("$.{ROOT}"));
    let body: Map<String, Value> =
        serde_json::from_slice(body).map_err(|_| ApiError::new(Code::InvalidData).message("body"))?;
    let lists = match body.get(ROOT) {
        None | Some(Value::Null) => return Err(at_root(ApiError::new(Code::MandatoryNotFound))),
        Some(Value::Array(lists)) => lists,
        Some(_) => {
            return Err(at_root(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray")));
        }
    };
    if lists.is_empty() {
        return Err(at_root(ApiError::new(Code::InvalidData).detail("minimum_length", 1)));
    }
    if lists.len() > LISTS {
        return Err(at_root(
            ApiError::new(Code::LimitReached).message("limit reached").detail("maximum_length", LISTS),
        ));
    }
    Ok(lists.clone())
}

fn plan(cx: &Cx, parent: &Parent, asked: &Value, at: usize) -> Result<Plan, ApiError> {
    let path = format!("$.{ROOT}[{at}].related_list");
    let module = &parent.grant.module;
    let (name, id) = (asked["related_list"]["api_name"].as_str(), asked["related_list"].get("id"));
    let invalid = |key: &'static str| {
        let at_key = format!("{path}.{key}");
        move |error: ApiError| match error.code {
            Code::InvalidData => ApiError::new(Code::InvalidData).field(key, at_key),
            _ => error,
        }
    };
    let relation = match (name, id.filter(|id| !id.is_null())) {
        (Some(name), _) => Relation::find(cx, module, name).map_err(invalid("api_name"))?,
        (None, Some(id)) => {
            let id = serde_json::from_value(id.clone()).map_err(|_| ApiError::new(Code::InvalidData));
            id.and_then(|id| Relation::find_by_id(cx, module, id)).map_err(invalid("id"))?
        }
        (None, None) => {
            let expected =
                ["api_name", "id"].map(|key| json!({"api_name": key, "json_path": format!("{path}.{key}")}));
            return Err(
                ApiError::new(Code::ExpectedFieldMissing).detail("expected_fields", expected.to_vec())
            );
        }
    };
    let params = &asked["params"];
    let filters = format!("$.{ROOT}[{at}].params.filters");
    let (sql, args) = query(cx, parent, &relation, params, &filters)?;
    Ok(Plan { name: relation.name, id: relation.id, sql, args })
}

/// The statement that counts one list. `filters` is where its criteria stand in the body.
fn query(
    cx: &Cx,
    parent: &Parent,
    relation: &Relation,
    params: &Value,
    filters: &str,
) -> Result<(Sql, Vec<Cell<'static>>), ApiError> {
    let filtered = !params["filters"].is_null();
    let Some(module) = relation.module() else {
        if filtered {
            return Err(ApiError::new(Code::NotSupported).field("filters", filters.to_owned()));
        }
        return view::count(cx, parent, relation);
    };
    let grant = cx.grant(module, Action::View)?;
    let mut filter = list::condition(cx, parent, relation);
    let converted = match &params["converted"] {
        Value::Bool(yes) => Some(if *yes { "true" } else { "false" }),
        Value::String(text) => Some(text.as_str()),
        _ => None,
    };
    narrow::converted(module, converted, &mut filter)?;
    if filtered {
        let place = Place { root: filters, param: None };
        json_criteria::add(cx, module, &params["filters"], place, &mut filter)?;
    }
    if let Some(scope) = grant.rows("t", &mut filter.args) {
        filter.and(&scope);
    }
    let table = unasked::table(module, Why::Granted).unwrap_or_default();
    let sql = Sql::from(format!("SELECT count(*) FROM {{{table}}} t{}", filter.clause()));
    Ok((sql, filter.args))
}
