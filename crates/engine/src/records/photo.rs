//! `/{module}/{id}/photo`: the picture of a record.

use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, Storage};
use dealwright_store::{Batch, Column, Conn, Weight};
use dealwright_wire::{ApiError, Code, Id, json};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::{Holder, StoredFile};
use crate::files::{Upload, content_type, download, sweep};
use crate::records::guard::{self, Doing};
use crate::records::outcome::Said;
use crate::records::writing::{Entry, Writing};
use crate::records::{get, page};
use crate::request::{Answer, Reply, Request};

/// The picture as it was uploaded: 200, 204 when there is none.
pub fn photo_get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let id = get::parse_id(request.segment(1))?;
        let (_, column) = field(&grant)?;
        let (sql, args) = grant.one(&format!("t.\"{column}\""), id);
        let found = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let handle = conn.first(&sql, &args, |row| Ok(row.text(0)?.map(str::to_owned))).await?;
                    match handle.flatten() {
                        Some(handle) => StoredFile::by_handle(conn, &handle).await,
                        None => Ok(None),
                    }
                })
            })
            .await?;
        let Some(mut file) = found else { return Ok(Reply::nothing()) };
        file.name = format!("photo_{id}.{}", content_type::extension(&file.content_type));
        Ok(Reply::file(download::download(cx, file).await?))
    })
}

/// Stores the picture of the multipart part `file`, replacing the one before.
pub fn photo_put<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = writable(cx, request)?;
        let file = request.files.first().ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .message("the multipart part file is missing")
                .detail("api_name", "file")
        })?;
        if !content_type::is_image(file.content_type) {
            return Err(ApiError::new(Code::InvalidData)
                .message("the file is no picture; supported are png, jpeg, gif, bmp and webp")
                .detail("api_name", "file")
                .into());
        }
        replace(cx, &grant, id, Some(Arc::clone(file))).await?;
        Ok(Said::new("photo uploaded successfully").reply(200))
    })
}

/// Removes the picture.
pub fn photo_delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = writable(cx, request)?;
        if replace(cx, &grant, id, None).await? {
            return Ok(Said::new("Photo deleted").reply(200));
        }
        Ok(Reply::nothing())
    })
}

fn writable(cx: &Cx, request: &Request) -> Result<(Grant, Id), ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, Action::Edit)?;
    field(&grant)?;
    Ok((grant, get::parse_id(request.segment(1))?))
}

/// The module's field for the picture, and its column.
fn field(grant: &Grant) -> Result<(&FieldDef, &str), ApiError> {
    let field = grant.module.fields().iter().find(|field| field.data_type.is_record_image());
    field.and_then(|field| Some((field, field.column.as_deref()?))).ok_or_else(|| {
        ApiError::new(Code::NotSupportedHere)
            .message("the given module has no record image")
            .detail("resource_path_index", 0)
    })
}

/// Gives the record another picture or none, in one transaction with its history. `false`: there was none, and
/// none was given.
async fn replace(cx: &Cx, grant: &Grant, id: Id, file: Option<Arc<Upload>>) -> Result<bool, Error> {
    let (writing, grant) = (Writing::new(cx, grant), grant.clone());
    let changed = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { write(tx, &writing, &grant, id, file).await }))
        .await?;
    sweep::soon(&cx.org);
    Ok(changed)
}

async fn write(
    tx: &mut Conn,
    writing: &Writing,
    grant: &Grant,
    id: Id,
    file: Option<Arc<Upload>>,
) -> Result<bool, Error> {
    let module = &writing.module;
    let (field, column) = field(grant)?;
    let at = module.field_index(&field.api_name);
    let asked: Vec<usize> = at.into_iter().collect();
    let stored = guard::open(tx, writing, id, Doing::Act, &asked).await?;
    let before = at.and_then(|at| stored.cells[at].as_ref()).and_then(Cell::as_text);
    if before.is_none() && file.is_none() {
        return Ok(false);
    }
    if let Some(handle) = before
        && let Some(old) = StoredFile::by_handle(tx, handle).await?
    {
        StoredFile::doom(tx, &[old.id]).await?;
    }
    if let Some(file) = &file {
        let holder = Holder { module: module.id, record: id, field: Some(field.id) };
        file.enter(tx, Some(holder)).await?;
    }
    let mut old_values = b"{".to_vec();
    json::string(&mut old_values, &field.api_name);
    old_values.push(b':');
    json::value(&mut old_values, &before);
    old_values.push(b'}');
    let entry = Entry {
        id: writing.mint.next(),
        prev: stored.hist,
        record: Some(id),
        action: "update",
        before: String::from_utf8(old_values).ok(),
    };
    let columns = [
        ("id", Storage::Int),
        ("hist", Storage::Int),
        (column, Storage::Text),
        ("modified_time", Storage::Instant),
        ("modified_by", Storage::Int),
    ]
    .map(|(name, storage)| Column::new(name, storage));
    let handle = file.as_ref().map(|file| file.handle().to_owned());
    let row = vec![id.into(), entry.id.into(), handle.into(), writing.now.into(), writing.user.into()];
    tx.update_many(&Batch { table: writing.table(), columns: &columns, rows: &[row] }).await?;
    writing.record(tx, vec![entry], "record.updated", &[id]).await?;
    Ok(true)
}
