//! `POST /{module}/upsert`: each record changes the one it matches, or becomes a new one.

mod waves;

use dealwright_schema::ModuleDef;
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::{RECORDS, WriteBody};
use crate::records::draft::{self, Draft};
use crate::records::external::Externals;
use crate::records::outcome::{self, Done, Outcome};
use crate::records::update::{self, Change};
use crate::records::upsert::waves::Record;
use crate::records::writing::Writing;
use crate::records::{holders, insert};
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
            .write(move |tx| Box::pin(async move { write(tx, &writing, drafts, &checks, change).await }))
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

/// Writes the records as if one after the other, so that a later one sees what an earlier one of the request made: in
/// waves, of which there is one where no record has to do with another.
async fn write(
    tx: &mut Conn,
    writing: &Writing,
    drafts: Vec<Result<Draft, ApiError>>,
    checks: &[usize],
    change: Change,
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let module = &*writing.module;
    let mut results: Vec<Result<Done, ApiError>> = Vec::with_capacity(drafts.len());
    let mut waiting: Vec<(usize, Draft)> = Vec::with_capacity(drafts.len());
    for (at, slot) in drafts.into_iter().enumerate() {
        match slot {
            Ok(draft) => {
                waiting.push((at, draft));
                results.push(Err(ApiError::new(Code::InvalidData)));
            }
            Err(error) => results.push(Err(error)),
        }
    }
    while !waiting.is_empty() {
        let drafts: Vec<&Draft> = waiting.iter().map(|(_, draft)| draft).collect();
        // One that is named and has no other beside it is known.
        let is_known = matches!(drafts[..], [draft] if draft.id.is_some());
        let asked = if is_known { &[] } else { checks };
        let holders = holders::find(tx, module, asked, &drafts, writing.limits.as_ref()).await?;
        let records = waiting.into_iter().map(|(at, draft)| Record::new(at, draft, module, checks, &holders));
        let (wave, rest) = waves::next(records.collect());
        waiting = rest.into_iter().map(|record| (record.at, record.draft)).collect();
        let (new, known): (Vec<_>, Vec<_>) = wave.into_iter().partition(Record::is_new);
        for (records, are_new) in [(new, true), (known, false)] {
            if records.is_empty() {
                continue;
            }
            let (mut places, mut drafts) = (Vec::new(), Vec::new());
            for (at, draft, upserted) in records.into_iter().map(|record| record.into_parts(module, checks)) {
                places.push((at, upserted));
                drafts.push(Ok(draft));
            }
            let written = if are_new {
                insert::write(tx, writing, drafts).await?
            } else {
                update::write(tx, writing, drafts, change).await?
            };
            for ((at, upserted), result) in places.into_iter().zip(written) {
                results[at] = result.map(|done| Done { upsert: Some(upserted), ..done });
            }
        }
    }
    Ok(results)
}
