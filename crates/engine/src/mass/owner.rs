//! `{module}/{id}/actions/change_owner`, `{module}/actions/change_owner` and `{module}/actions/mass_change_owner`:
//! records get another owner, if wanted together with what is related to them.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::action::{self, Input, MassAction, UPDATED, UnknownJob};
use super::body::{self, MassBody};
use super::chosen::Chosen;
use super::status;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, JobKind, Work, queue};
use crate::records::draft::Draft;
use crate::records::external;
use crate::records::outcome::{self, Done, Outcome, Said};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::request::{Answer, Reply, Request};

pub(crate) static KIND: JobKind = JobKind {
    name: "mass_change_owner",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(action::step),
};

pub(super) static ACTION: MassAction = MassAction {
    kind: &KIND,
    permission: Action::Edit,
    apply,
    source: "crm_api",
    scheduled: (202, "SCHEDULED", "change owner is successfully scheduled"),
    waiting: "SCHEDULED",
    counts: &UPDATED,
    unknown_job: UnknownJob::Nothing,
};

/// Modules whose records can follow. Source: "Change owner".
const RELATED: [&str; 5] = ["Tasks", "Events", "Calls", "Contacts", "Deals"];

/// `POST {module}/{id}/actions/change_owner`: 200 with one element in `data`.
pub fn change_owner_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request)?;
        let body = MassBody::parse(&request.body)?;
        let id = external::path_id(cx, &grant, request).await?;
        change(cx, &grant, &body, vec![Ok(id)]).await
    })
}

/// `POST {module}/actions/change_owner`: the records in `ids`, each answered in its place.
pub fn change_owner<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request)?;
        let body = MassBody::parse(&request.body)?;
        let ids = body.ids()?;
        change(cx, &grant, &body, ids).await
    })
}

/// `POST {module}/actions/mass_change_owner`: the records of a view, by a job: 202.
pub fn mass_change_owner<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request)?;
        let body = MassBody::parse(&request.body)?;
        let chosen = Chosen::read(&body, true)?;
        let owner = Some(body.owner(cx)?);
        action::schedule(cx, &grant, &ACTION, Input { chosen, owner, ..Input::default() }).await
    })
}

/// How far the job of a mass change of owners is.
pub fn mass_change_owner_status<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { status::status(cx, request, &ACTION).await })
}

/// The grant to change records of a module whose records have owners.
fn grant(cx: &Cx, request: &Request) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, Action::Edit)?;
    if module.field_index("Owner").is_none() {
        return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
    }
    Ok(grant)
}

async fn change(
    cx: &Cx,
    grant: &Grant,
    body: &MassBody<'_>,
    ids: Vec<Result<Id, ApiError>>,
) -> Result<Reply, Error> {
    let owner = body.owner(cx)?;
    let notify = body.notify()?;
    let related = related_modules(cx, grant, body.related_modules.as_ref())?;
    let good: Vec<Id> = ids.iter().flatten().copied().collect();
    let writing = Writing::new(cx, grant);
    let related: Vec<Writing> = related.iter().map(|grant| Writing::new(cx, grant)).collect();
    let results = cx
        .org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let results = assign(tx, &writing, owner, &good).await?;
                let changed: Vec<Id> = results.iter().flatten().map(|done| done.id).collect();
                for other in &related {
                    let ids = related_to(tx, other, &writing.module, &changed).await?;
                    // What cannot be changed (it is locked) keeps its owner.
                    assign(tx, other, owner, &ids).await?;
                }
                if notify && !changed.is_empty() {
                    tx.together(&[writing.event("record.owner_to_be_told", &changed, &[])]).await?;
                }
                Ok::<_, Error>(results)
            })
        })
        .await?;
    let mut results = results.into_iter();
    let mut of = |id: Id| match results.next() {
        Some(Ok(_)) => Outcome::Said(Said::of(id, "owner is successfully updated")),
        Some(Err(error)) if error.code == Code::InvalidData => Outcome::Failed(
            ApiError::new(Code::InvalidData).message("the id given seems to be invalid").id(id),
        ),
        Some(Err(error)) => Outcome::Failed(error),
        None => Outcome::Failed(ApiError::new(Code::InvalidData).id(id)),
    };
    let outcomes = ids.into_iter().map(|slot| slot.map_or_else(Outcome::Failed, &mut of));
    Ok(outcome::reply(cx, 200, outcomes.collect()))
}

/// Grants to change records of the modules in `related_modules`, which are named by `api_name` or id.
fn related_modules(cx: &Cx, grant: &Grant, value: Option<&Value>) -> Result<Vec<Grant>, ApiError> {
    let Some(value) = value else { return Ok(Vec::new()) };
    let Some(entries) = value.as_array() else {
        return Err(ApiError::new(Code::InvalidData)
            .detail("expected_data_type", "jsonarray")
            .field("related_modules", "$.related_modules".to_owned()));
    };
    let mut grants: Vec<Grant> = Vec::with_capacity(entries.len());
    for (at, entry) in entries.iter().enumerate() {
        let path = |key: &str| format!("$.related_modules[{at}].{key}");
        let given = |key: &str| entry.get(key).filter(|value| !value.is_null());
        let (key, module) = match (given("api_name"), given("id")) {
            (Some(name), _) => ("api_name", cx.snapshot.schema.module(name.as_str().unwrap_or_default())),
            (None, Some(id)) => ("id", cx.snapshot.schema.module_by_id(body::id(id, "id", path("id"))?)),
            (None, None) => {
                let expected =
                    ["api_name", "id"].map(|key| json!({ "api_name": key, "json_path": path(key) }));
                return Err(
                    ApiError::new(Code::ExpectedFieldMissing).detail("expected_fields", expected.to_vec())
                );
            }
        };
        let module = module.ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .message("the module name given seems to be invalid")
                .field(key, path(key))
        })?;
        if !RELATED.contains(&module.api_name.as_str()) {
            return Err(ApiError::new(Code::NotSupportedHere)
                .message("the given module is not supported in api")
                .detail("supported_values", RELATED.to_vec())
                .field(key, path(key)));
        }
        let known = module.id == grant.module.id || grants.iter().any(|one| one.module.id == module.id);
        if !known {
            grants.push(cx.grant(module, Action::Edit)?);
        }
    }
    Ok(grants)
}

/// Records of the unit's module that point to some of `ids` in any of their lookups.
async fn related_to(
    tx: &mut Conn,
    writing: &Writing,
    target: &Arc<ModuleDef>,
    ids: &[Id],
) -> Result<Vec<Id>, Error> {
    let mut args: Vec<Cell<'static>> =
        vec![Cell::Ids(ids.iter().map(|id| id.get()).collect::<Vec<_>>().into())];
    let mut tests = Vec::new();
    for field in writing.module.fields() {
        let Some(column) = &field.column else { continue };
        let points = tx.dialect().in_ids(&format!("t.\"{column}\""), "?1");
        if let Some(beside) = field.module_column() {
            if args.len() == 1 {
                args.push(target.id.into());
            }
            tests.push(format!("({points} AND t.\"{beside}\" = ?2)"));
        } else if field.lookup_module() == Some(target.api_name.as_str()) {
            tests.push(points);
        }
    }
    if tests.is_empty() || ids.is_empty() {
        return Ok(Vec::new());
    }
    let sql = Sql::from(format!(
        "SELECT t.id FROM {{{}}} t WHERE {} ORDER BY t.id",
        writing.table(),
        tests.join(" OR ")
    ));
    Ok(tx.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?)
}

/// Gives records of the unit's module to a user.
async fn assign(
    tx: &mut Conn,
    writing: &Writing,
    owner: Id,
    ids: &[Id],
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let Some(at) = writing.module.field_index("Owner") else { return Ok(Vec::new()) };
    let mut results = Vec::with_capacity(ids.len());
    for some in ids.chunks(body::IDS) {
        let drafts = some.iter().map(|id| {
            let mut draft = Draft::empty(&writing.module, "$".to_owned());
            draft.id = Some(*id);
            draft.cells[at] = Some(owner.into());
            Ok(draft)
        });
        results.extend(update::write(tx, writing, drafts.collect(), Change::default()).await?);
    }
    Ok(results)
}

fn apply<'a>(
    tx: &'a mut Conn,
    cx: &'a Cx,
    writing: &'a Writing,
    input: &'a Input,
    ids: &'a [Id],
) -> BoxFuture<'a, Result<Vec<Result<Done, ApiError>>, Error>> {
    Box::pin(async move {
        // The owner may have left since the job was made.
        let owner = input.owner.and_then(|id| cx.snapshot.user(id)).filter(|user| user.is_active);
        match owner {
            Some(owner) => assign(tx, writing, owner.id, ids).await,
            None => Err(ApiError::new(Code::InvalidData).message("the owner id given is invalid").into()),
        }
    })
}
