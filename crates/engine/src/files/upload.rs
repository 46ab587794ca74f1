//! A file on its way in.
//!
//! [`Receiving`] takes the bytes while they come; [`Upload`] is the whole file, which an operation keeps or does not.
//! Whatever is dropped on the way, because the client broke off or the operation refused, goes again by itself.

use std::sync::Arc;

use bytes::Bytes;
use dealwright_store::blob::BlobWriter;
use dealwright_store::error::chain;
use dealwright_store::{Conn, Sql};
use dealwright_wire::{Id, json};

use super::stored_file::{Holder, State, blob_name};
use super::{content_type, file_name};
use crate::cx::Cx;
use crate::error::Error;
use crate::org::Org;

/// Random bytes of a handle: enough that nobody guesses one.
const HANDLE_BYTES: usize = 32;

/// A file whose bytes are still coming.
pub struct Receiving {
    stage: Stage,
    writer: BlobWriter,
    name: String,
    head: Vec<u8>,
}

impl Receiving {
    /// Begins a file under the name that the client gave it.
    pub async fn start(cx: &Cx, given_name: &str) -> Result<Self, Error> {
        let (id, name) = (cx.org.mint.next(), file_name::clean(given_name));
        let mut random = [0_u8; HANDLE_BYTES];
        getrandom::fill(&mut random).map_err(Error::internal("making a handle for a file"))?;
        let handle = json::hex(&random);
        let args = [
            id.into(),
            handle.clone().into(),
            name.clone().into(),
            State::Staged.text().into(),
            cx.user_id().into(),
            cx.org.clock.now_ms().into(),
        ];
        let writer = cx.org.blobs.write(&blob_name(id))?;
        cx.org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "INSERT INTO {_files} (id, handle, name, content_type, size, state, made_by, made_at) \
                         VALUES (?1, ?2, ?3, '', 0, ?4, ?5, ?6)",
                    );
                    tx.exec(&sql, &args).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        let stage = Stage { org: Arc::clone(&cx.org), id, handle, is_finishing: false };
        Ok(Self { stage, writer, name, head: Vec::with_capacity(content_type::HEAD) })
    }

    /// Takes the next bytes. Whoever calls keeps the limit, by [`Receiving::size`].
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), Error> {
        let missing = content_type::HEAD - self.head.len();
        self.head.extend_from_slice(&bytes[..missing.min(bytes.len())]);
        Ok(self.writer.write(bytes).await?)
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.writer.size()
    }

    /// The whole file.
    pub async fn finish(mut self) -> Result<Upload, Error> {
        self.stage.is_finishing = true;
        let written = self.writer.finish().await?;
        self.stage.is_finishing = false;
        Ok(Upload {
            content_type: content_type::of(&self.head, &self.name),
            name: self.name,
            size: written.size,
            sha256: written.sha256,
            stage: self.stage,
        })
    }
}

/// A file that came with a request. Goes with the request unless `Upload::enter` was committed.
#[derive(Debug)]
pub struct Upload {
    /// The file's name, without a path.
    pub name: String,
    /// By its first bytes, or else by its name.
    pub content_type: &'static str,
    /// In bytes.
    pub size: u64,
    sha256: String,
    stage: Stage,
}

impl Upload {
    pub(crate) fn id(&self) -> Id {
        self.stage.id
    }

    /// What stands for the file towards clients.
    pub(crate) fn handle(&self) -> &str {
        &self.stage.handle
    }

    /// Makes the file stay, held by a record or loose, if the transaction is committed.
    pub(crate) async fn enter(&self, tx: &mut Conn, holder: Option<Holder>) -> Result<(), Error> {
        let state = if holder.is_some() { State::Kept } else { State::Loose };
        let sql = Sql::from(
            "UPDATE {_files} SET state = ?2, content_type = ?3, size = ?4, sha256 = ?5, module_id = ?6, \
             record_id = ?7, field_id = ?8 WHERE id = ?1 AND state = 'staged'",
        );
        let args = [
            self.id().into(),
            state.text().into(),
            self.content_type.into(),
            (self.size as i64).into(),
            self.sha256.clone().into(),
            holder.map(|holder| holder.module).into(),
            holder.map(|holder| holder.record).into(),
            holder.and_then(|holder| holder.field).into(),
        ];
        if tx.exec(&sql, &args).await? == 0 {
            return Err(Error::internal("keeping an uploaded file")("it is not staged any more"));
        }
        Ok(())
    }
}

/// The row and the blob of a file that nobody has kept yet.
struct Stage {
    org: Arc<Org>,
    id: Id,
    handle: String,
    /// The blob may still come into being after this is dropped.
    is_finishing: bool,
}

impl std::fmt::Debug for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stage").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Without a runtime the process is ending; the sweep at the next start does it.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else { return };
        let (org, id, is_finishing) = (Arc::clone(&self.org), self.id, self.is_finishing);
        runtime.spawn(async move {
            if let Err(error) = discard(&org, id, is_finishing).await {
                tracing::warn!(org.id = %org.id, error = chain(&error), "removing an upload that was not kept failed; the next sweep tries again");
            }
        });
    }
}

/// Removes a staged file. One that was kept meanwhile stays: the database decides who was first.
async fn discard(org: &Org, id: Id, is_finishing: bool) -> Result<(), Error> {
    if is_finishing {
        // The row stays staged, so that a sweep looks for the blob once more.
        return Ok(org.blobs.delete(&blob_name(id)).await?);
    }
    let was_staged = org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let sql = Sql::from("UPDATE {_files} SET state = ?2 WHERE id = ?1 AND state = 'staged'");
                Ok::<_, Error>(tx.exec(&sql, &[id.into(), State::Doomed.text().into()]).await? == 1)
            })
        })
        .await?;
    if !was_staged {
        return Ok(());
    }
    org.blobs.delete(&blob_name(id)).await?;
    super::sweep::forget_rows(org, vec![id]).await
}
