//! `POST /{module}/{id}/actions/clone`: a copy under a new id, with some values changed if asked.

use dealwright_schema::{Cell, Form, ModuleDef};
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::WriteBody;
use crate::records::draft::{self, Draft};
use crate::records::features::Features;
use crate::records::guard::{self, Doing};
use crate::records::outcome::{self, Done};
use crate::records::stored::{self, Stored};
use crate::records::writing::Writing;
use crate::records::{get, insert, subforms};
use crate::request::{Answer, Request};

/// Clones a record: 201 like an insert. The body may give values that the copy shall have instead.
pub fn clone<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        cx.grant(module, Action::View)?;
        let grant = cx.grant(module, Action::Create)?;
        let id = get::parse_id(request.segment(1))?;
        let mut features = Features::default();
        let overrides = if request.body.trim_ascii().is_empty() {
            Draft::empty(module, "$.data[0]".to_owned())
        } else {
            let body = WriteBody::parse(&request.body)?;
            features = body.features()?;
            let records = body.records()?;
            let first = draft::drafts(cx, module, records.get(..1).unwrap_or_default()).pop();
            first.unwrap_or_else(|| Err(ApiError::new(Code::InvalidData)))?
        };
        let writing = Writing::new(cx, &grant).setting_off(features);
        let result = cx
            .org
            .store
            .write(move |tx| Box::pin(async move { write(tx, &writing, id, overrides).await }))
            .await?;
        Ok(outcome::reply(cx, 201, vec![insert::into_outcome(result)]))
    })
}

async fn write(
    tx: &mut Conn,
    writing: &Writing,
    id: Id,
    draft: Draft,
) -> Result<Result<Done, ApiError>, Error> {
    let module = &writing.module;
    let mut original = stored::load(tx, module, &[id.get()], &stored::all_fields(module)).await?;
    // Who sees a record may copy it.
    guard::bar(tx, writing, Doing::Act, &mut original).await?;
    let Some(original) = original.get(&id.get()) else {
        return Ok(Err(ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 1)));
    };
    let mut copy = copy_of(module, original, draft);
    for (at, _) in module.fields().iter().enumerate() {
        let Some(rows) = subforms::rows_module(writing, at) else { continue };
        if copy.names(at) {
            continue;
        }
        let ids: Vec<i64> = subforms::ids(tx, &rows, id).await?.into_iter().map(Id::get).collect();
        let mut found = stored::load(tx, &rows, &ids, &stored::all_fields(&rows)).await?;
        let drafts = ids.iter().enumerate().filter_map(|(n, id)| {
            let path = format!("$.data[0].{}[{n}]", module.fields()[at].api_name);
            Some(copy_of(&rows, &found.remove(id)?, Draft::empty(&rows, path)))
        });
        let drafts = drafts.collect();
        copy.subforms.push((at, drafts));
    }
    let made = insert::write(tx, writing, vec![Ok(copy)]).await?;
    Ok(made.into_iter().next().unwrap_or_else(|| Err(ApiError::new(Code::InvalidData))))
}

/// The stored values under those of the draft, without what belongs to one record only.
fn copy_of(module: &ModuleDef, stored: &Stored, mut draft: Draft) -> Draft {
    const NOT_COPIED: [&str; 4] =
        ["Recurring_Activity", "Remind_At", "Data_Processing_Basis_Details", "Wizard"];
    for (at, cell) in stored.cells.iter().enumerate() {
        let field = &module.fields()[at];
        let own = draft::is_system(&field.api_name)
            || field.read_only
            || field.auto_number.is_some()
            || field.external.is_some()
            || field.data_type.is_record_image()
            || field.data_type.get().form == Form::Files
            || NOT_COPIED.contains(&field.api_name.as_str());
        if own || draft.names(at) {
            continue;
        }
        draft.cells[at].clone_from(cell);
        if let Some((_, Cell::Int(beside))) = stored.modules.iter().find(|(field, _)| *field == at) {
            draft.modules.extend(Id::new(*beside).map(|module| (at, module)));
        }
    }
    draft.id = None;
    draft
}
