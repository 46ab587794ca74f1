//! A file on its way out.

use dealwright_store::blob::BlobReader;

use super::stored_file::{StoredFile, blob_name};
use crate::cx::Cx;
use crate::error::Error;

/// A file as an answer: always to be saved, never to be shown in place.
#[derive(Debug)]
pub struct Download {
    pub name: String,
    /// The bytes, and how many there are.
    pub content: BlobReader,
}

/// Opens the blob of a file that the caller may see. A blob that is missing is our fault.
pub(crate) async fn download(cx: &Cx, file: StoredFile) -> Result<Download, Error> {
    let content = cx.org.blobs.read(&blob_name(file.id)).await?;
    let content =
        content.ok_or_else(|| Error::internal(format!("opening file {}", file.id))("its blob is missing"))?;
    Ok(Download { name: file.name, content })
}
