//! Copies of a SQLite file while it is written to.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use rusqlite::OpenFlags;

use super::sqlite::{SqliteConn, failed};
use crate::conn::{Conn, Inner};
use crate::error::StoreError;
use crate::private;

/// Copies the last committed state into a new file, in one read transaction: writers go on, their commits are not in it.
/// `VACUUM INTO` reads every page and writes a file without gaps, so a copy that succeeds is a copy that was readable.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    let doing = || format!("copying {} to {}", from.display(), to.display());
    let file = private::new_file(to).map_err(StoreError::io(doing()))?;
    let connection = SqliteConn::open(from, false, &Arc::default())?.into_connection();
    let fail = |source| failed(doing(), source);
    // Of a connection that only reads, the pragma would keep it from writing the copy, too.
    connection.execute_batch("PRAGMA query_only=OFF").map_err(fail)?;
    let name = to.to_str().ok_or_else(|| StoreError::Refused(format!("{} is no UTF-8", to.display())))?;
    connection.execute("VACUUM INTO ?1", [name]).map_err(fail)?;
    file.sync_all().map_err(StoreError::io(doing()))
}

/// Puts a copy where a store is looked for. Before it is whole it has another name.
pub(crate) fn restore(copy: &Path, to: &Path) -> Result<(), StoreError> {
    let doing = || format!("restoring {}", to.display());
    if to.exists() {
        return Err(StoreError::Refused(format!("{} is there already", to.display())));
    }
    let half = to.with_extension("restoring");
    let run = || {
        let mut from = std::fs::File::open(copy)?;
        let mut file = private::new_file(&half)?;
        std::io::copy(&mut from, &mut file)?;
        file.flush()?;
        file.sync_all()?;
        std::fs::rename(&half, to)?;
        private::sync_folder(to.parent().unwrap_or(Path::new(".")))
    };
    run().map_err(StoreError::io(doing()))
}

/// Opens a copy to be read. Nothing is made beside it, so it stays as it is.
pub(crate) fn open(copy: &Path) -> Result<Conn, StoreError> {
    let doing = |source| failed(format!("opening {}", copy.display()), source);
    let mut uri = String::from("file:");
    for byte in copy.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'_' | b'-' => uri.push(char::from(*byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(*byte)),
            byte => {
                let _infallible = write!(uri, "%{byte:02x}");
            }
        }
    }
    uri.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = rusqlite::Connection::open_with_flags(uri, flags).map_err(doing)?;
    Ok(Conn(Inner::Sqlite(SqliteConn::of(connection).map_err(doing)?), None))
}
