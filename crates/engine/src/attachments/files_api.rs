//! `POST /files` and `GET /files`: files that are uploaded first and used later, in a record, a mail or a field.

use std::sync::Arc;

use dealwright_store::Weight;
use dealwright_wire::{ApiError, Code};

use super::of_record;
use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::StoredFile;
use crate::files::{Upload, download};
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};

/// Keeps the uploaded files for 24 hours, or until a record takes them: 200 with a handle for each, in their order.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        // Images for the text of mails are uploaded the same way; only what is known may be asked for.
        if request.params.get("type").is_some_and(|kind| kind != "inline") {
            return Err(ApiError::new(Code::InvalidData)
                .param("type")
                .detail("supported_values", vec!["inline"])
                .into());
        }
        if request.files.is_empty() {
            return Err(Code::FailureInAttachmentHandling.into());
        }
        let entered = request.files.clone();
        cx.org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    for file in &entered {
                        file.enter(tx, None).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        let said = |file: &Arc<Upload>| {
            // Sic. Clients compare it: up to v3 the words alone, later behind the name.
            const DONE: &str = "uploaded Succeessfully";
            let message = if cx.profile.file_named_in_message {
                format!("{} {DONE}", file.name)
            } else {
                DONE.to_owned()
            };
            Outcome::Said(Said::new(message).detail("name", file.name.as_str()).detail("id", file.handle()))
        };
        Ok(outcome::reply(cx, 200, request.files.iter().map(said).collect()))
    })
}

/// The file behind a handle. While nothing holds it, for whoever uploaded it; later, for whoever may see the record.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let handle = request.params.get("id").ok_or_else(|| ApiError::missing_param("id"))?.to_owned();
        let asked = handle.clone();
        let found = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move { StoredFile::by_handle(conn, &asked).await })
            })
            .await?;
        let unknown = || {
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .detail("id", handle.as_str())
        };
        let file = found.ok_or_else(unknown)?;
        let may_see = match file.holder {
            None => file.made_by == cx.user_id(),
            Some(holder) => of_record::may_see(cx, holder).await?,
        };
        if !may_see {
            return Err(unknown().into());
        }
        Ok(Reply::file(download(cx, file).await?))
    })
}
