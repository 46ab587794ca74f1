//! `/{module}/{id}/photo`: the picture of a record.

use dealwright_store::{Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::guard::{self, Doing};
use crate::records::writing::Writing;
use crate::records::{get, page};
use crate::request::{Reply, Request, Upload};

/// Bytes of a photo at most.
const LARGEST: usize = 10 * 1024 * 1024;

/// Picture formats by their first bytes. The content type a client states is not believed.
const FORMATS: [(&[u8], &str, &str); 5] = [
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
    (b"GIF8", "image/gif", "gif"),
    (b"BM", "image/bmp", "bmp"),
    (b"RIFF", "image/webp", "webp"),
];

/// The picture as it was uploaded: 200, 204 when there is none.
pub async fn photo_get(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let id = get::parse_id(request.segment(1))?;
    let Some(Some(name)) = stored_name(cx, &grant, id).await? else { return Ok(Reply::nothing()) };
    let Some(bytes) = cx.org.blobs.get(&space(cx), &name).await? else { return Ok(Reply::nothing()) };
    let (content_type, extension) = format(&bytes)
        .map_or(("application/octet-stream", "bin"), |(_, content_type, ext)| (*content_type, *ext));
    Ok(Reply::file(Upload {
        name: format!("photo_{id}.{extension}"),
        content_type: content_type.to_owned(),
        bytes: bytes.into(),
    }))
}

/// Stores the picture of the multipart part `file`, replacing the one before.
pub async fn photo_put(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let (grant, id) = writable(cx, request)?;
    let file = request.file.as_ref().ok_or_else(|| {
        ApiError::new(Code::InvalidData)
            .message("the multipart part file is missing")
            .detail("api_name", "file")
    })?;
    if file.bytes.len() > LARGEST {
        return Err(ApiError::new(Code::FileSizeMoreThanAllowedSize)
            .detail("maximum_length", LARGEST)
            .into());
    }
    if format(&file.bytes).is_none() {
        return Err(ApiError::new(Code::InvalidData)
            .message("the file is no picture; supported are png, jpeg, gif, bmp and webp")
            .detail("api_name", "file")
            .into());
    }
    let before = stored_name(cx, &grant, id).await?.ok_or_else(no_record)?;
    let name = cx.org.mint.next().to_string();
    cx.org.blobs.put(&space(cx), &name, file.bytes.to_vec()).await?;
    if let Err(refused) = point_to(cx, &grant, id, Some(name.clone())).await {
        forget(cx, Some(name)).await?;
        return Err(refused);
    }
    forget(cx, before).await?;
    Ok(success("photo uploaded successfully"))
}

/// Removes the picture.
pub async fn photo_delete(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let (grant, id) = writable(cx, request)?;
    let Some(before) = stored_name(cx, &grant, id).await?.ok_or_else(no_record)? else {
        return Ok(Reply::nothing());
    };
    point_to(cx, &grant, id, None).await?;
    forget(cx, Some(before)).await?;
    Ok(success("Photo deleted"))
}

fn writable(cx: &Cx, request: &Request) -> Result<(Grant, Id), ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, Action::Edit)?;
    column(&grant)?;
    Ok((grant, get::parse_id(request.segment(1))?))
}

fn no_record() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the related id given seems to be invalid")
        .detail("resource_path_index", 1)
}

fn space(cx: &Cx) -> String {
    format!("org_{}_photos", cx.org.id)
}

fn format(bytes: &[u8]) -> Option<&'static (&'static [u8], &'static str, &'static str)> {
    FORMATS.iter().find(|(start, ..)| bytes.starts_with(start))
}

fn column(grant: &Grant) -> Result<String, ApiError> {
    let field = grant.module.fields().iter().find(|field| field.data_type.name() == "profileimage");
    field.and_then(|field| field.column.clone()).ok_or_else(|| {
        ApiError::new(Code::NotSupportedHere)
            .message("the given module has no record image")
            .detail("resource_path_index", 0)
    })
}

/// The blob of a record's picture: `None` when there is no such record.
async fn stored_name(cx: &Cx, grant: &Grant, id: Id) -> Result<Option<Option<String>>, Error> {
    let (table, column) = (grant.module.table.as_deref().unwrap_or_default(), column(grant)?);
    let scope = grant.rows().map(|scope| format!(" AND {scope}")).unwrap_or_default();
    let sql = format!("SELECT t.\"{column}\" FROM {{{table}}} t WHERE t.id = ?1{scope}");
    let mut args = vec![id.into()];
    let sql = Sql::from(grant.settle(sql, &mut args).into_owned());
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(
                async move { Ok(conn.first(&sql, &args, |row| Ok(row.text(0)?.map(str::to_owned))).await?) },
            )
        })
        .await
}

async fn point_to(cx: &Cx, grant: &Grant, id: Id, name: Option<String>) -> Result<(), Error> {
    let column = column(grant)?;
    let writing = Writing::new(cx, grant);
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                guard::open(tx, &writing, id, Doing::Act, &[]).await?;
                let sql = Sql::from(format!(
                    "UPDATE {{{}}} SET \"{column}\" = ?2, modified_time = ?3, modified_by = ?4 WHERE id = ?1",
                    writing.table()
                ));
                tx.exec(&sql, &[id.into(), name.into(), writing.now.into(), writing.user.into()]).await?;
                writing.record(tx, Vec::new(), "record.updated", &[id]).await
            })
        })
        .await
}

/// Removes a blob nothing points to any more.
pub(crate) async fn forget(cx: &Cx, name: Option<String>) -> Result<(), Error> {
    if let Some(name) = name {
        cx.org.blobs.delete(&space(cx), &name).await?;
    }
    Ok(())
}

fn success(message: &str) -> Reply {
    Reply::value(
        200,
        &serde_json::json!({ "code": "SUCCESS", "details": {}, "message": message, "status": "success" }),
    )
}
