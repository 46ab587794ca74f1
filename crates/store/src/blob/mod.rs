//! Files beside the database: attachments, uploaded files, photos.
//!
//! A blob has a name that we make ourselves, is written once and never changed. It comes into being when its last byte
//! is there: an upload that breaks off leaves nothing that can be read. Which blobs are in use is known by the
//! database, not here.
//!
//! - [`BlobStore`]: a local folder, or a bucket of a service that speaks the protocol of S3 ([`s3`])
//! - [`writer`]: the way in, part by part
//! - [`reader`]: the way out, in pieces

pub mod reader;
pub mod s3;
pub mod writer;

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;

use futures::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, ObjectStoreExt as _};

pub use reader::BlobReader;
pub use s3::{S3, Secret};
pub use writer::{BlobWriter, Written};

use crate::error::StoreError;
use crate::private;

/// Where blobs are. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BlobStore {
    objects: Arc<dyn ObjectStore>,
    /// The folder, when that is where they are.
    folder: Option<Arc<PathBuf>>,
    /// Goes before every name.
    space: Path,
}

impl BlobStore {
    /// Blobs in a folder, which is made if it is not there. What is written is on the disk before it is answered.
    pub fn local(folder: &FilePath) -> Result<Self, StoreError> {
        private::make_folder(folder)
            .map_err(StoreError::io(format!("making the folder {}", folder.display())))?;
        let objects = LocalFileSystem::new_with_prefix(folder)
            .map_err(StoreError::blob("opening the folder of blobs"))?;
        let folder = Some(Arc::new(folder.to_owned()));
        Ok(Self { objects: Arc::new(objects.with_fsync(true)), folder, space: Path::default() })
    }

    /// Blobs in a bucket. Nothing is asked of the service yet.
    pub fn s3(settings: &S3) -> Result<Self, StoreError> {
        let bucket = s3::open(settings)?;
        let objects = PrefixStore::new(bucket, Path::from(settings.prefix.as_str()));
        Ok(Self { objects: Arc::new(objects), folder: None, space: Path::default() })
    }

    /// The same blobs, below one more name: each org has its own.
    #[must_use]
    pub fn within(&self, space: &str) -> Self {
        Self { space: self.space.clone().join(space), ..self.clone() }
    }

    /// Begins a blob of that name.
    pub fn write(&self, name: &str) -> Result<BlobWriter, StoreError> {
        Ok(BlobWriter::new(Arc::clone(&self.objects), self.path(name)?))
    }

    /// A blob to be read; `None` when there is none of that name.
    pub async fn read(&self, name: &str) -> Result<Option<BlobReader>, StoreError> {
        match self.objects.get(&self.path(name)?).await {
            Ok(found) => Ok(Some(BlobReader::new(found))),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(StoreError::blob(format!("reading blob {name}"))(source)),
        }
    }

    /// Removes a blob. It is no error when there is none of that name.
    pub async fn delete(&self, name: &str) -> Result<(), StoreError> {
        match self.objects.delete(&self.path(name)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(StoreError::blob(format!("deleting blob {name}"))(source)),
        }
    }

    /// Whether there is no blob at all, in whatever space.
    pub async fn is_empty(&self) -> Result<bool, StoreError> {
        match self.objects.list(None).next().await {
            None => Ok(true),
            Some(Ok(_)) => Ok(false),
            Some(Err(source)) => Err(StoreError::blob("looking for blobs")(source)),
        }
    }

    /// Removes drafts of blobs that an earlier end of the process left in the folder. To be called while nothing is
    /// being written. A bucket keeps the parts of a broken upload where only its own rules remove them.
    pub async fn remove_drafts(&self) -> Result<(), StoreError> {
        let Some(folder) = self.folder.clone() else { return Ok(()) };
        let folder = self.space.parts().fold(folder.to_path_buf(), |folder, part| folder.join(part.as_ref()));
        let doing = format!("removing drafts of blobs in {}", folder.display());
        tokio::task::spawn_blocking(move || remove_drafts(&folder))
            .await
            .map_err(|_| StoreError::Panicked)?
            .map_err(StoreError::io(doing))
    }

    /// Names come from us; this keeps a mistake from reaching other files.
    fn path(&self, name: &str) -> Result<Path, StoreError> {
        let plain =
            !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if !plain {
            return Err(StoreError::Refused(format!("{name:?} is no name for a blob")));
        }
        Ok(self.space.clone().join(name))
    }
}

/// A draft has a `#` in its name, which no blob has.
fn remove_drafts(folder: &FilePath) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().contains('#') && entry.file_type()?.is_file() {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    async fn read(blobs: &BlobStore, name: &str) -> Option<Vec<u8>> {
        let mut reader = blobs.read(name).await.unwrap()?;
        let mut all = Vec::new();
        while let Some(piece) = reader.next().await.unwrap() {
            all.extend_from_slice(&piece);
        }
        assert_eq!(all.len() as u64, reader.size);
        Some(all)
    }

    #[tokio::test]
    async fn what_is_written_in_pieces_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::local(folder.path()).unwrap().within("org_1");
        // One that fits one part, one that needs several, one that ends where a part does.
        for size in [0, 10, writer::PART, 2 * writer::PART + 7] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let mut writer = blobs.write("7").unwrap();
            for piece in bytes.chunks(100_003) {
                writer.write(Bytes::copy_from_slice(piece)).await.unwrap();
            }
            let written = writer.finish().await.unwrap();
            assert_eq!(written.size, size as u64);
            assert_eq!(written.sha256.len(), 64);
            assert!(read(&blobs, "7").await.unwrap() == bytes);
        }
        blobs.delete("7").await.unwrap();
        blobs.delete("7").await.unwrap();
        assert_eq!(read(&blobs, "7").await, None);
    }

    #[tokio::test]
    async fn a_blob_that_was_not_finished_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::local(folder.path()).unwrap();
        let mut writer = blobs.write("7").unwrap();
        writer.write(Bytes::from(vec![1; writer::PART + 1])).await.unwrap();
        drop(writer);
        assert_eq!(read(&blobs, "7").await, None);
        // As after a crash: the draft stays behind.
        std::fs::write(folder.path().join("8#1"), "half").unwrap();
        blobs.remove_drafts().await.unwrap();
        assert!(!folder.path().join("8#1").exists());
    }

    #[tokio::test]
    async fn names_lead_nowhere_else() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobStore::local(folder.path()).unwrap();
        for name in ["", ".", "..", "../x", "a/b", "a#1", "a\0b", "ä"] {
            assert!(blobs.write(name).is_err(), "{name:?}");
            assert!(blobs.read(name).await.is_err(), "{name:?}");
        }
    }
}
