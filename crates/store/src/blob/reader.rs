//! A blob on its way out.

use std::io::Read as _;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::BoxStream;
use object_store::{GetResult, GetResultPayload};

use crate::error::StoreError;

/// Bytes that are read from a file at a time.
const PIECE: usize = 256 << 10;

/// Gives the bytes of one blob piece by piece.
pub struct BlobReader {
    /// In bytes.
    pub size: u64,
    pieces: Pieces,
}

enum Pieces {
    File(std::fs::File),
    Stream(BoxStream<'static, object_store::Result<Bytes>>),
    End,
}

impl BlobReader {
    pub(super) fn new(found: GetResult) -> Self {
        let size = found.meta.size;
        let pieces = match found.payload {
            GetResultPayload::File(file, _) => Pieces::File(file),
            GetResultPayload::Stream(stream) => Pieces::Stream(stream),
        };
        Self { size, pieces }
    }

    /// Reads what was made in memory, for answers that are files without being stored.
    pub fn of(bytes: Vec<u8>) -> Self {
        let size = bytes.len() as u64;
        let pieces = Pieces::Stream(futures::stream::iter([Ok(Bytes::from(bytes))]).boxed());
        Self { size, pieces }
    }

    /// The next bytes; `None` at the end.
    pub async fn next(&mut self) -> Result<Option<Bytes>, StoreError> {
        match std::mem::replace(&mut self.pieces, Pieces::End) {
            Pieces::End => Ok(None),
            Pieces::File(file) => {
                let (file, piece) = read_piece(file).await?;
                if piece.is_empty() {
                    return Ok(None);
                }
                self.pieces = Pieces::File(file);
                Ok(Some(piece))
            }
            Pieces::Stream(mut stream) => match stream.next().await {
                None => Ok(None),
                Some(piece) => {
                    self.pieces = Pieces::Stream(stream);
                    piece.map(Some).map_err(StoreError::blob("reading a blob"))
                }
            },
        }
    }
}

async fn read_piece(mut file: std::fs::File) -> Result<(std::fs::File, Bytes), StoreError> {
    let read = move || {
        let mut piece = Vec::with_capacity(PIECE);
        (&mut file).take(PIECE as u64).read_to_end(&mut piece)?;
        Ok((file, piece.into()))
    };
    tokio::task::spawn_blocking(read)
        .await
        .map_err(|_| StoreError::Panicked)?
        .map_err(StoreError::io("reading a blob"))
}

impl std::fmt::Debug for BlobReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobReader").field("size", &self.size).finish_non_exhaustive()
    }
}
