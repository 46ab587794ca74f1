//! Files beside the database: record photos now, attachments later.
//!
//! A blob is written under a temporary name and renamed when complete, so a broken upload leaves nothing behind.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::StoreError;

/// A folder of blobs, addressed by names we make ourselves.
#[derive(Debug, Clone)]
pub struct BlobStore {
    folder: Arc<PathBuf>,
}

impl BlobStore {
    pub fn local(folder: &Path) -> Self {
        Self { folder: Arc::new(folder.to_owned()) }
    }

    /// Stores the bytes under `space/name`, replacing what was there.
    pub async fn put(&self, space: &str, name: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        let path = self.path(space, name)?;
        let doing = format!("writing blob {space}/{name}");
        tokio::task::spawn_blocking(move || {
            let folder = path.parent().unwrap_or(&path);
            std::fs::create_dir_all(folder)?;
            let draft = path.with_extension("part");
            let mut file = std::fs::File::create(&draft)?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.sync_all()?;
            std::fs::rename(&draft, &path)?;
            std::fs::File::open(folder)?.sync_all()
        })
        .await
        .map_err(|_| StoreError::Panicked)?
        .map_err(StoreError::io(doing))
    }

    /// The bytes, or `None` when there is no such blob.
    pub async fn get(&self, space: &str, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match tokio::fs::read(self.path(space, name)?).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { doing: format!("reading blob {space}/{name}"), source }),
        }
    }

    /// Removes a blob. `false` when there was none.
    pub async fn delete(&self, space: &str, name: &str) -> Result<bool, StoreError> {
        match tokio::fs::remove_file(self.path(space, name)?).await {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(StoreError::Io { doing: format!("deleting blob {space}/{name}"), source }),
        }
    }

    fn path(&self, space: &str, name: &str) -> Result<PathBuf, StoreError> {
        let plain = |part: &str| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if !plain(space) || !plain(name) {
            return Err(StoreError::Refused(format!("{space:?}/{name:?} is no name for a blob")));
        }
        Ok(self.folder.join(space).join(name))
    }
}
