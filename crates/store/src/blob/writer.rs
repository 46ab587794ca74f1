//! A blob on its way in.

use std::sync::Arc;

use bytes::Bytes;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use crate::error::StoreError;

/// Bytes of a part: what is held in memory of one upload. S3 takes no smaller ones, and some services want all of them
/// but the last to be equal.
pub const PART: usize = 5 << 20;

/// Takes the bytes of one blob. Dropped before [`BlobWriter::finish`], it leaves none.
#[derive(Debug)]
pub struct BlobWriter {
    objects: Arc<dyn ObjectStore>,
    path: Path,
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    /// The parts that were sent; none as long as everything fits one.
    parts: Option<Box<dyn MultipartUpload>>,
    size: u64,
    hash: Sha256,
}

/// What a blob turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// In bytes.
    pub size: u64,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
}

impl BlobWriter {
    pub(super) fn new(objects: Arc<dyn ObjectStore>, path: Path) -> Self {
        Self {
            objects,
            path,
            waiting: Vec::new(),
            waiting_bytes: 0,
            parts: None,
            size: 0,
            hash: Sha256::new(),
        }
    }

    /// Bytes taken so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next bytes. Waits for the store whenever a part is full.
    pub async fn write(&mut self, mut bytes: Bytes) -> Result<(), StoreError> {
        self.size += bytes.len() as u64;
        self.hash.update(&bytes);
        while self.waiting_bytes + bytes.len() > PART {
            let part = bytes.split_to(PART - self.waiting_bytes);
            self.wait(part);
            self.send_part().await?;
        }
        self.wait(bytes);
        Ok(())
    }

    /// Makes the blob, durably.
    pub async fn finish(mut self) -> Result<Written, StoreError> {
        if self.parts.is_some() {
            self.send_part().await?;
        }
        let failed = StoreError::blob(format!("writing blob {}", self.path));
        if let Some(parts) = self.parts.as_mut() {
            parts.complete().await.map(drop).map_err(failed)?;
        } else {
            let payload: PutPayload = self.waiting.drain(..).collect();
            self.objects.put(&self.path, payload).await.map(drop).map_err(failed)?;
        }
        self.parts = None;
        let hash = std::mem::take(&mut self.hash).finalize();
        Ok(Written { size: self.size, sha256: dealwright_wire::json::hex(&hash) })
    }

    fn wait(&mut self, bytes: Bytes) {
        self.waiting_bytes += bytes.len();
        self.waiting.push(bytes);
    }

    async fn send_part(&mut self) -> Result<(), StoreError> {
        let failed = |path: &Path| StoreError::blob(format!("writing blob {path}"));
        let parts = match &mut self.parts {
            Some(parts) => parts,
            empty => {
                let started = self.objects.put_multipart(&self.path).await.map_err(failed(&self.path))?;
                empty.insert(started)
            }
        };
        self.waiting_bytes = 0;
        let payload: PutPayload = self.waiting.drain(..).collect();
        parts.put_part(payload).await.map_err(failed(&self.path))
    }
}

impl Drop for BlobWriter {
    /// Parts that a service has been given stay there until somebody says that nothing will come of them.
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                if let Err(error) = parts.abort().await {
                    tracing::debug!(%error, "giving up a blob failed; what is left of it is swept later");
                }
            });
        }
    }
}
