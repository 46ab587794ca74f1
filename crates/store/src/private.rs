//! What nobody but the server's own user may read: folders of mode 0700, files of mode 0600.
//!
//! The modes are given when something is made, so there is no moment in which it is open. What other crates make for us
//! (blobs, the write-ahead log) follows the mode of its folder, of its database, or the mask of the process.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

const FOLDER: u32 = 0o700;
const FILE: u32 = 0o600;
/// Rights of the group and of everybody else.
const OTHERS: u32 = 0o077;

/// Makes a folder, with those above it that are missing. One that is there stays as it is.
pub fn make_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(FOLDER).create(path)
}

/// Makes a file that is not there yet.
pub fn new_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE).open(path)
}

/// Opens a file to read and write, and makes it when it is missing.
pub fn open_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(FILE).open(path)
}

/// Whether other users of the machine get into a folder.
pub fn is_open_to_others(folder: &Path) -> io::Result<bool> {
    Ok(std::fs::metadata(folder)?.mode() & OTHERS != 0)
}

/// Makes what was written into a folder durable: its entries are on the disk, too.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
