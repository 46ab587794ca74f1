//! `POST /{module}/upsert`: each record changes the one it matches, or becomes a new one.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::{RECORDS, WriteBody};
use crate::records::draft::{self, Draft};
use crate::records::external::Externals;
use crate::records::outcome::{self, Done, Outcome, Upserted};
use crate::records::update::{self, Change};
use crate::records::writing::Writing;
use crate::records::{insert, unique};
use crate::request::{Answer, Request};

/// Inserts or updates: 200 when all succeeded, also when all were new.
pub fn upsert<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, Action::Create)?;
        // Documented with both scopes, whatever becomes of a record.
        cx.grant(module, Action::Edit)?;
        let body = WriteBody::parse(&request.body)?;
        let records = body.records()?;
        if records.len() > RECORDS {
            return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(insert::too_many())]));
        }
        let checks = checks(module, body.duplicate_check_fields.as_deref())?;
        let externals = Externals::of(cx, module, request)?;
        let mut drafts = draft::drafts_with(cx, module, &records, &externals);
        externals.identify(cx, &grant, &mut drafts, false).await?;
        let values = Externals::values(&drafts);
        let writing = Writing::new(cx, &grant).setting_off(body.features()?);
        let change = Change::merge(request);
        let results = cx
            .org
            .write(move |tx| {
                Box::pin(async move {
                    let mut results = Vec::with_capacity(drafts.len());
                    for slot in drafts {
                        results.push(match slot {
                            Ok(draft) => one(tx, &writing, draft, &checks, change).await?,
                            Err(error) => Err(error),
                        });
                    }
                    Ok::<_, Error>(results)
                })
            })
            .await?;
        Ok(outcome::reply(cx, 200, externals.outcomes(module, results, values)))
    })
}

/// Positions of the fields to check, in order: those named first, then the module's other unique fields.
/// The system's field counts only when nothing is named, or when it is named.
fn checks(module: &ModuleDef, named: Option<&[String]>) -> Result<Vec<usize>, ApiError> {
    let system = module.duplicate_check().unwrap_or("Name");
    let mut found = Vec::new();
    match named {
        Some(names) if !names.is_empty() => {
            for (at, name) in names.iter().enumerate() {
                let field = module.field_index(name).filter(|&field| {
                    name == system
                        || module.fields()[field].unique.is_some()
                        || module.fields()[field].external.is_some()
                });
                found.push(field.ok_or_else(|| {
                    ApiError::new(Code::InvalidData)
                        .field("duplicate_check_fields", format!("$.duplicate_check_fields[{at}]"))
                        .detail("supported_values", supported(module, system))
                })?);
            }
        }
        _ => found.extend(module.field_index(system)),
    }
    let unique = (0..module.fields().len()).filter(|&at| module.fields()[at].unique.is_some());
    found.extend(unique.filter(|at| !found.contains(at)).collect::<Vec<_>>());
    Ok(found)
}

fn supported(module: &ModuleDef, system: &str) -> Vec<String> {
    let fields = module.fields().iter();
    fields.filter(|f| f.api_name == system || f.unique.is_some()).map(|f| f.api_name.clone()).collect()
}

/// One record at a time, so that a later one sees what an earlier one of the same request made.
async fn one(
    tx: &mut Conn,
    writing: &Writing,
    mut draft: Draft,
    checks: &[usize],
    change: Change,
) -> Result<Result<Done, ApiError>, Error> {
    let (mut found, mut by) = (draft.id, None);
    for &at in checks {
        if found.is_some() {
            break;
        }
        if let Some(id) = matching(tx, writing, &draft, at).await? {
            found = Some(id);
            by = Some(writing.module.fields()[at].api_name.clone());
        }
    }
    let action = if found.is_some() { "update" } else { "insert" };
    draft.id = found;
    let results = if found.is_some() {
        update::write(tx, writing, vec![Ok(draft)], change).await?
    } else {
        insert::write(tx, writing, vec![Ok(draft)]).await?
    };
    let result = results.into_iter().next().unwrap_or_else(|| Err(ApiError::new(Code::InvalidData)));
    Ok(result.map(|done| Done { upsert: Some(Upserted { action, duplicate_field: by }), ..done }))
}

/// The stored record with the draft's value, among those that the caller sees. An empty value matches nothing.
async fn matching(tx: &mut Conn, writing: &Writing, draft: &Draft, at: usize) -> Result<Option<Id>, Error> {
    let (module, within) = (&writing.module, writing.limits.as_ref());
    match draft.cells[at].as_ref().filter(|cell| !cell.is_null()) {
        Some(cell @ (Cell::Text(_) | Cell::Int(_) | Cell::Date(_) | Cell::Instant(_))) => {
            unique::find(tx, module, &module.fields()[at], cell, None, within).await
        }
        _ => Ok(None),
    }
}
