//! Files in an archive that comes out the same, byte for byte, from the same files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};
use sha2::{Digest as _, Sha256};

/// Everything below one folder, in the order of its names, owned by nobody in particular and of one time.
pub(crate) struct Archive {
    folder: String,
    time: u64,
    files: BTreeMap<String, File>,
}

struct File {
    bytes: Vec<u8>,
    executable: bool,
}

impl Archive {
    pub(crate) fn new(folder: &str, time: u64) -> Self {
        Self { folder: folder.to_owned(), time, files: BTreeMap::new() }
    }

    pub(crate) fn add(&mut self, name: &str, bytes: Vec<u8>, executable: bool) {
        self.files.insert(name.to_owned(), File { bytes, executable });
    }

    /// Adds a file of the repository under the name it has there.
    pub(crate) fn add_file(&mut self, root: &Path, name: &str) -> Result<()> {
        let path = root.join(name);
        let read = || -> std::io::Result<(Vec<u8>, bool)> {
            let executable = fs::metadata(&path)?.permissions().mode() & 0o100 != 0;
            Ok((fs::read(&path)?, executable))
        };
        let (bytes, executable) = read().with_context(|| format!("reading {}", path.display()))?;
        self.add(name, bytes, executable);
        Ok(())
    }

    /// The bytes of a `.tar.gz`.
    pub(crate) fn pack(&self) -> Result<Vec<u8>> {
        let packed = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
        let mut tar = tar::Builder::new(packed);
        for (name, file) in &self.files {
            let mut header = tar::Header::new_ustar();
            header.set_size(file.bytes.len() as u64);
            header.set_mode(if file.executable { 0o755 } else { 0o644 });
            header.set_mtime(self.time);
            header.set_uid(0);
            header.set_gid(0);
            header.set_entry_type(tar::EntryType::Regular);
            tar.append_data(&mut header, format!("{}/{name}", self.folder), file.bytes.as_slice())?;
        }
        Ok(tar.into_inner()?.finish()?)
    }
}

/// What `sha256sum --check` reads.
pub(crate) fn sums(folder: &Path, names: &[String]) -> Result<String> {
    let mut sums = String::new();
    for name in names {
        let bytes = fs::read(folder.join(name)).with_context(|| format!("reading {name}"))?;
        for byte in Sha256::digest(&bytes) {
            write!(sums, "{byte:02x}")?;
        }
        writeln!(sums, "  {name}")?;
    }
    Ok(sums)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn packed(names: &[&str]) -> Vec<u8> {
        let mut archive = Archive::new("product-1", 1_800_000_000);
        for name in names {
            archive.add(name, format!("the text of {name}").into_bytes(), *name == "program");
        }
        archive.pack().expect("an archive")
    }

    #[test]
    fn it_is_the_same_in_whichever_order_files_came() {
        assert_eq!(
            packed(&["program", "docs/a.md", "NOTICES"]),
            packed(&["NOTICES", "program", "docs/a.md"])
        );
    }

    #[test]
    fn it_unpacks_into_one_folder_with_fixed_times_and_owners() {
        let bytes = packed(&["program", "docs/a.md"]);
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let mut seen = Vec::new();
        for entry in tar.entries().expect("entries") {
            let mut entry = entry.expect("an entry");
            let mut text = String::new();
            entry.read_to_string(&mut text).expect("a text");
            let header = entry.header();
            assert_eq!((header.mtime().ok(), header.uid().ok()), (Some(1_800_000_000), Some(0)));
            seen.push((
                entry.path().expect("a path").display().to_string(),
                header.mode().expect("a mode"),
                text,
            ));
        }
        let file = |name: &str, mode, text: &str| (format!("product-1/{name}"), mode, text.to_owned());
        assert_eq!(
            seen,
            [
                file("docs/a.md", 0o644, "the text of docs/a.md"),
                file("program", 0o755, "the text of program")
            ]
        );
    }

    #[test]
    fn sums_are_in_the_form_of_sha256sum() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::write(folder.path().join("empty"), "").expect("a file");
        let sums = sums(folder.path(), &["empty".to_owned()]).expect("sums");
        let expected = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n";
        assert_eq!(sums, expected);
    }
}
