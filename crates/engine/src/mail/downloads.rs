//! `GET /{module}/{id}/Emails/actions/download_attachments` and `…/download_inline_images`: the files in a mail.

use dealwright_wire::{ApiError, Code, Id};

use super::emails;
use super::files::MailFile;
use super::place::Place;
use crate::cx::Cx;
use crate::error::Error;
use crate::files::Download;
use crate::files::stored_file::blob_name;
use crate::request::{Answer, Reply, Request};

/// An attachment by its id.
pub fn download_attachments<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let file = find(cx, request, false).await?;
        if request.params.get("name").is_some_and(|name| name != file.name) {
            return Err(ApiError::new(Code::InvalidData).param("name").into());
        }
        open(cx, file).await
    })
}

/// An inline image by its id, which is what the content names it by.
pub fn download_inline_images<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let file = find(cx, request, true).await?;
        open(cx, file).await
    })
}

/// The file that `message_id` and `id` name. `user_id` is the owner of the mail.
async fn find(cx: &Cx, request: &Request, is_inline: bool) -> Result<MailFile, Error> {
    let place = Place::of(cx, request).await?;
    let required = |name: &str| request.params.get(name).ok_or_else(|| ApiError::missing_param(name));
    let (message_id, id) = (required("message_id")?, required("id")?);
    let wrong = |name: &str| Error::from(ApiError::new(Code::InvalidData).param(name));
    let (mail, _, found) = emails::find(cx, &place, message_id).await?.ok_or_else(|| wrong("message_id"))?;
    if let Some(user) = request.params.get("user_id")
        && user.parse::<Id>().ok() != Some(mail.owner)
    {
        return Err(wrong("user_id"));
    }
    let meant = |file: &MailFile| file.is_inline == is_inline && file.handle == id;
    found.into_iter().find(meant).ok_or_else(|| wrong("id"))
}

async fn open(cx: &Cx, file: MailFile) -> Result<Reply, Error> {
    let content = cx.org.blobs.read(&blob_name(file.id)).await?;
    let content =
        content.ok_or_else(|| Error::internal("opening a file of a mail")("its blob is missing"))?;
    Ok(Reply::file(Download { name: file.name, content }))
}
