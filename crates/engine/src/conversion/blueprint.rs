//! `/{module}/{id}/actions/blueprint`: the process that a record is in, and its next transition.
//!
//! Processes are designed elsewhere; the published API has no operation for it, and this server keeps none yet. So no
//! record is in a process, and that is what is answered for every record that is there.

use dealwright_store::{Row, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::get;
use crate::request::{Reply, Request};
use crate::settings::entry::{self, Entry};

/// The process of a record: 400 `RECORD_NOT_IN_PROCESS` for a record that is in none.
pub async fn blueprint(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = grant(cx, request, Action::View)?;
    not_in_process(cx, &grant, get::parse_id(request.segment(1))?).await
}

/// Carries out a transition: 400 `RECORD_NOT_IN_PROCESS` for a record that is in no process. The body is checked
/// before.
pub async fn blueprint_update(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = grant(cx, request, Action::Edit)?;
    let id = get::parse_id(request.segment(1))?;
    let list = entry::parse(request, "blueprint", 1)?;
    let first = list.first().cloned().unwrap_or_default();
    let wanted = Entry::of_list(&first, "blueprint", 0);
    wanted
        .id("transition_id")?
        .ok_or_else(|| wanted.missing("transition_id").message("mandatory param missing"))?;
    wanted.entry("data")?;
    not_in_process(cx, &grant, id).await
}

fn grant(cx: &Cx, request: &Request, action: Action) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, action)?;
    if !module.flag("isBlueprintSupported") {
        return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
    }
    Ok(grant)
}

async fn not_in_process(cx: &Cx, grant: &Grant, id: Id) -> Result<Reply, Error> {
    let (sql, args) = grant.one("t.id", id);
    let found = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                Ok::<_, Error>(conn.first(&sql, &args, |row: &Row<'_>| row.id(0)).await?.is_some())
            })
        })
        .await?;
    let error = if found {
        ApiError::new(Code::RecordNotInProcess)
    } else {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 1)
    };
    Err(error.into())
}
