//! Files with their checksums.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::path::Path;

use dealwright_store::blob::BlobReader;
use dealwright_store::{StoreError, private};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Size and checksum of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// In bytes.
    pub size: u64,
    /// In lower-case hexadecimal digits.
    pub sha256: String,
}

/// Bytes that are read at once.
const PIECE: usize = 256 << 10;

#[derive(Default)]
pub(super) struct Summing {
    size: u64,
    hash: Sha256,
}

impl Summing {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.size += bytes.len() as u64;
        self.hash.update(bytes);
    }

    pub(super) fn end(self) -> Sum {
        Sum { size: self.size, sha256: dealwright_wire::json::hex(&self.hash.finalize()) }
    }
}

pub(super) fn sum_of(bytes: &[u8]) -> Sum {
    let mut summing = Summing::default();
    summing.add(bytes);
    summing.end()
}

/// The sum of a file on the disk.
pub(super) fn sum_of_file(path: &Path) -> std::io::Result<Sum> {
    let (mut file, mut summing, mut piece) = (File::open(path)?, Summing::default(), vec![0; PIECE]);
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(summing.end()),
            count => summing.add(&piece[..count]),
        }
    }
}

/// Writes a blob into a new file, durably.
pub(super) async fn write_blob(mut blob: BlobReader, to: &Path) -> Result<Sum, StoreError> {
    let doing = || format!("writing {}", to.display());
    let mut file = private::new_file(to).map_err(failed(doing()))?;
    let mut summing = Summing::default();
    while let Some(piece) = blob.next().await? {
        summing.add(&piece);
        file.write_all(&piece).map_err(failed(doing()))?;
    }
    file.sync_all().map_err(failed(doing()))?;
    Ok(summing.end())
}

/// The sum of a blob.
pub(super) async fn sum_of_blob(mut blob: BlobReader) -> Result<Sum, StoreError> {
    let mut summing = Summing::default();
    while let Some(piece) = blob.next().await? {
        summing.add(&piece);
    }
    Ok(summing.end())
}

pub(super) fn failed(doing: String) -> impl FnOnce(std::io::Error) -> StoreError {
    StoreError::io(doing)
}
