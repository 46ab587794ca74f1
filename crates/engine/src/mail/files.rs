//! What travels in a mail beside its headers: its content, attachments and inline images.
//!
//! The content is a file that we make; the others were uploaded to `POST /files` by whoever sends the mail. All of them
//! are held by the mail's record. A file may be in several mails and drafts of its record: `_mail_files` says in which.

use bytes::Bytes;
use dealwright_schema::{Cell, Storage};
use dealwright_store::{Batch, Column, Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::{Holder, StoredFile, blob_name};
use crate::files::{Receiving, Upload};
use crate::org::Org;
use crate::settings::entry::Entry;

/// Files of one mail. Source: "Send mail".
pub(super) const MOST: usize = 10;
/// Bytes of the files of one mail together: what most mail servers let through.
const LARGEST: i64 = 25 << 20;
/// Digits of an uploaded file's id.
const HANDLE: usize = 64;

/// A file in a mail.
#[derive(Debug, Clone)]
pub(super) struct MailFile {
    pub id: Id,
    /// Its id at `POST /files`; what `cid:` in the content names an inline image by.
    pub handle: String,
    pub name: String,
    pub content_type: String,
    /// In bytes.
    pub size: i64,
    pub is_inline: bool,
}

impl MailFile {
    /// As `attachments` of one mail show it. Sizes are text there.
    pub(super) fn show(&self) -> Value {
        json!({ "id": self.handle, "name": self.name, "size": self.size.to_string() })
    }

    /// As `attachments` of a draft show it.
    pub(super) fn show_in_draft(&self) -> Value {
        let size = self.size.to_string();
        json!({ "id": self.handle, "file_name": self.name, "file_size": size, "service_name": "crm" })
    }
}

/// Makes a file of a mail's content. It goes again unless the mail is stored.
pub(super) async fn put_content(cx: &Cx, content: &str, is_html: bool) -> Result<Upload, Error> {
    let name = if is_html { "mail.html" } else { "mail.txt" };
    let mut receiving = Receiving::start(cx, name).await?;
    receiving.write(Bytes::copy_from_slice(content.as_bytes())).await?;
    receiving.finish().await
}

/// A mail's content; empty when it is gone.
pub(super) async fn content(org: &Org, file: Id) -> Result<String, Error> {
    let bytes = bytes(org, file).await?.unwrap_or_default();
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Bytes of a file. `None` when its blob is gone.
pub(super) async fn bytes(org: &Org, file: Id) -> Result<Option<Vec<u8>>, Error> {
    let Some(mut reader) = org.blobs.read(&blob_name(file)).await? else { return Ok(None) };
    let mut all = Vec::with_capacity(reader.size as usize);
    while let Some(piece) = reader.next().await? {
        all.extend_from_slice(&piece);
    }
    Ok(Some(all))
}

const COLUMNS: &str = "f.id, f.handle, f.name, f.content_type, f.size";

/// The files of a mail or a draft, in the order of their ids.
pub(super) async fn of_mail(conn: &mut Conn, mail: Id) -> Result<Vec<MailFile>, StoreError> {
    let sql = Sql::from(format!(
        "SELECT {COLUMNS}, m.is_inline FROM {{_mail_files}} m JOIN {{_files}} f ON f.id = m.file_id \
         WHERE m.mail_id = ?1 AND f.state = 'kept' ORDER BY f.id"
    ));
    conn.all(&sql, &[mail.into()], read).await
}

fn read(row: &Row<'_>) -> Result<MailFile, StoreError> {
    let text = |at: usize| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    Ok(MailFile {
        id: Row::must(row.id(0)?, 0)?,
        handle: text(1)?,
        name: text(2)?,
        content_type: text(3)?,
        size: row.int(4)?.unwrap_or_default(),
        is_inline: row.int(5)?.unwrap_or_default() != 0,
    })
}

/// The files that `attachments` of an entry names, at most [`MOST`], and the uploaded images that HTML names by `cid:`.
/// Each must be the caller's upload that nothing holds, or be in another mail or draft of the record.
pub(super) async fn attached(
    cx: &Cx,
    entry: &Entry<'_>,
    record: Id,
    html: Option<&str>,
) -> Result<Vec<MailFile>, Error> {
    let entries = entry.entries("attachments")?;
    if entries.len() > MOST {
        return Err(entry.error(Code::InvalidData, "attachments").detail("maximum_length", MOST).into());
    }
    let mut named = Vec::with_capacity(entries.len());
    for one in &entries {
        named.push(one.text("id", 250)?.ok_or_else(|| one.missing("id"))?.to_owned());
    }
    let inline: Vec<String> = html.map(content_ids).unwrap_or_default();
    let all: Vec<String> = named.iter().chain(&inline).cloned().collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let user = cx.user_id();
    let mut found = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { Ok::<_, Error>(usable(conn, all, user, record).await?) })
        })
        .await?;
    for (one, id) in entries.iter().zip(&named) {
        if !found.iter().any(|file| file.handle == *id) {
            return Err(one.error(Code::InvalidData, "id").into());
        }
    }
    for file in &mut found {
        file.is_inline = inline.contains(&file.handle);
    }
    let size: i64 = found.iter().map(|file| file.size).sum();
    if size > LARGEST {
        let error = entry.error(Code::FileSizeExceeds, "attachments");
        return Err(error.detail("maximum_length", LARGEST).into());
    }
    Ok(found)
}

/// What `cid:` names in HTML, if it can be an uploaded file.
fn content_ids(html: &str) -> Vec<String> {
    let after = html.split("cid:").skip(1);
    let ids = after.map(|rest| rest.bytes().take_while(u8::is_ascii_hexdigit).count());
    let ids = html.split("cid:").skip(1).zip(ids).filter(|(_, digits)| *digits == HANDLE);
    ids.map(|(rest, digits)| rest[..digits].to_owned()).take(MOST).collect()
}

/// Those of the named files that a mail of the record may have.
async fn usable(
    conn: &mut Conn,
    handles: Vec<String>,
    user: Id,
    record: Id,
) -> Result<Vec<MailFile>, StoreError> {
    let among = conn.dialect().in_texts("f.handle", "?1");
    let sql = Sql::from(format!(
        "SELECT {COLUMNS}, CAST(0 AS BIGINT) FROM {{_files}} f WHERE {among} AND \
         ((f.state = 'loose' AND f.made_by = ?2) OR (f.state = 'kept' AND f.record_id = ?3 \
         AND EXISTS (SELECT 1 FROM {{_mail_files}} m WHERE m.file_id = f.id))) ORDER BY f.id"
    ));
    conn.all(&sql, &[Cell::Texts(handles.into()), user.into(), record.into()], read).await
}

/// Puts files into a mail or a draft and gives them to its record, in the running transaction. Fails when one of them
/// went since it was looked up.
pub(super) async fn hold(
    tx: &mut Conn,
    files: &[MailFile],
    mail: Id,
    user: Id,
    holder: Holder,
) -> Result<(), Error> {
    if files.is_empty() {
        return Ok(());
    }
    let handles: Vec<String> = files.iter().map(|file| file.handle.clone()).collect();
    let loose = StoredFile::loose(tx, &handles, user).await?;
    if usable(tx, handles, user, holder.record).await?.len() < files.len() {
        let error = ApiError::new(Code::InvalidData).message("an attachment is not there any more");
        return Err(error.detail("api_name", "attachments").into());
    }
    let taken: Vec<(Id, Holder)> = loose.iter().map(|file| (file.id, holder)).collect();
    StoredFile::keep(tx, &taken).await?;
    let columns = [("mail_id", Storage::Int), ("file_id", Storage::Int), ("is_inline", Storage::Int)]
        .map(|(name, storage)| Column::new(name, storage));
    let rows: Vec<Vec<Cell<'static>>> = files
        .iter()
        .map(|file| vec![mail.into(), file.id.into(), i64::from(file.is_inline).into()])
        .collect();
    Ok(tx.insert_many(&Batch { table: "_mail_files", columns: &columns, rows: &rows }).await?)
}

/// Makes these the files of a draft, in the running transaction. Those that leave it and are in nothing else are removed
/// after it ([`crate::files::sweep::soon`]).
pub(super) async fn replace(
    tx: &mut Conn,
    files: &[MailFile],
    draft: Id,
    user: Id,
    holder: Holder,
) -> Result<(), Error> {
    let before = of_mail(tx, draft).await?;
    let is_in = |list: &[MailFile], file: &MailFile| list.iter().any(|other| other.id == file.id);
    let added: Vec<MailFile> = files.iter().filter(|file| !is_in(&before, file)).cloned().collect();
    hold(tx, &added, draft, user, holder).await?;
    let left: Vec<i64> = before.iter().filter(|file| !is_in(files, file)).map(|file| file.id.get()).collect();
    if left.is_empty() {
        return Ok(());
    }
    let among = tx.dialect().in_ids("file_id", "?2");
    let sql = Sql::from(format!("DELETE FROM {{_mail_files}} WHERE mail_id = ?1 AND {among}"));
    tx.exec(&sql, &[draft.into(), Cell::Ids(left.clone().into())]).await?;
    let among = tx.dialect().in_ids("file_id", "?1");
    let sql = Sql::from(format!("SELECT file_id FROM {{_mail_files}} WHERE {among}"));
    let held = tx.all(&sql, &[Cell::Ids(left.clone().into())], |row| row.int(0)).await?;
    let gone =
        left.into_iter().filter(|id| !held.contains(&Some(*id))).filter_map(Id::new).collect::<Vec<_>>();
    StoredFile::doom(tx, &gone).await
}

#[cfg(test)]
mod tests {
    use super::content_ids;

    #[test]
    fn only_what_can_be_an_upload_is_taken_for_an_inline_image() {
        let id = "0123456789abcdef".repeat(4);
        let html = format!("<img src=\"cid:{id}\"> cid:short cid: <img src='cid:{id}0'> é cid:é");
        assert_eq!(content_ids(&html), [id]);
    }
}
