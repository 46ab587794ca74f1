//! An exclusive lock on the file `lock` of a data folder. It says who holds it, and ends with the process, however that
//! ends. The file stays: removing it would let two processes lock two files of one name.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::{Busy, Holder};
use crate::error::StoreError;
use crate::private;

/// Name of the file.
pub(crate) const NAME: &str = "lock";
/// Changes with every start of the machine, and is the same in all its containers.
const BOOT: &str = "/proc/sys/kernel/random/boot_id";

#[derive(Debug)]
pub(crate) struct Lock {
    /// Closing it frees the folder.
    _file: File,
    place: Option<String>,
}

impl Lock {
    /// Locks the folder, which is made when it is missing.
    pub(crate) fn try_take(folder: &Path, holder: &Holder) -> Result<Result<Self, Busy>, StoreError> {
        let path = folder.join(NAME);
        let doing = || format!("locking {}", path.display());
        private::make_folder(folder).map_err(StoreError::io(doing()))?;
        let mut file = private::open_file(&path).map_err(StoreError::io(doing()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let what = format!("the data folder {}", folder.display());
                return Ok(Err(Busy { what, by: read(&mut file) }));
            }
            Err(TryLockError::Error(error)) => return Err(StoreError::io(doing())(error)),
        }
        // On a full disk nobody learns who it is; the lock holds all the same.
        let _unsaid = write(&mut file, holder);
        let place = place(&file);
        Ok(Ok(Self { _file: file, place }))
    }

    /// Names the locked file among all files of this machine: who holds a lock on the same place is the same process.
    /// `None` where that cannot be told.
    pub(crate) fn place(&self) -> Option<&str> {
        self.place.as_deref()
    }
}

fn place(file: &File) -> Option<String> {
    let boot = std::fs::read_to_string(BOOT).ok()?;
    let about = file.metadata().ok()?;
    Some(format!("{}:{}:{}", boot.trim(), about.dev(), about.ino()))
}

fn write(file: &mut File, holder: &Holder) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}\n{}\n{}", holder.process, holder.host, holder.command)
}

fn read(file: &mut File) -> Option<Holder> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    let mut lines = text.lines();
    let (process, host) = (lines.next()?.parse().ok()?, lines.next()?.to_owned());
    Some(Holder { process, host, command: lines.next()?.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_of_the_first_and_comes_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let (first, second) = (Holder::this("the first"), Holder::this("the second, a longer one"));
        let held = Lock::try_take(&data, &first).unwrap().unwrap();
        let busy = Lock::try_take(&data, &second).unwrap().unwrap_err();
        assert_eq!(busy.by.as_ref(), Some(&first));
        let text = busy.to_string();
        assert!(text.contains("data is in use by process") && text.ends_with("(the first)"), "{text}");
        let place = held.place().map(str::to_owned);
        drop(held);
        let held = Lock::try_take(&data, &second).unwrap().unwrap();
        assert_eq!(held.place().map(str::to_owned), place);
        assert_eq!(Lock::try_take(&data, &first).unwrap().unwrap_err().by, Some(second));
    }
}
