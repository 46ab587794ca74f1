//! Where the data of a test is: a folder, and on PostgreSQL a database beside it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use dealwright_server::Storage;
use tempfile::TempDir;

use crate::postgres::{self, Cluster};

const PAUSE: Duration = Duration::from_millis(10);
const TRIES: u32 = 1_000;

/// The databases that the server runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A place for one test's data. Dropping it removes the data.
pub struct TestDatabase {
    engine: Engine,
    folder: TempDir,
    /// Name of the PostgreSQL database, and its cluster.
    named: Option<(&'static Cluster, String)>,
}

/// The place without the duty to remove it.
#[derive(Debug, Clone)]
pub struct Place {
    pub engine: Engine,
    pub folder: PathBuf,
    /// URL of the PostgreSQL database.
    pub postgres: Option<String>,
}

/// The data of a database at rest, to make copies of.
pub(crate) struct Image {
    /// Files of the folder, by their path in it.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The PostgreSQL database, which stays.
    named: Option<String>,
}

impl TestDatabase {
    /// An empty place. `None` on PostgreSQL where that may be skipped and is missing.
    pub fn empty(engine: Engine) -> Option<Self> {
        Self::new(engine, None)
    }

    /// A place that starts with a copy of an image.
    pub(crate) fn copy(engine: Engine, image: &Image) -> Option<Self> {
        let copy = Self::new(engine, image.named.as_deref())?;
        for (path, bytes) in &image.files {
            let path = copy.folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a file lies in a folder"))
                .expect("a folder of the copy");
            std::fs::write(path, bytes).expect("a file of the copy");
        }
        Some(copy)
    }

    fn new(engine: Engine, template: Option<&str>) -> Option<Self> {
        let cluster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::cluster()?),
        };
        let folder = tempfile::Builder::new()
            .prefix("dealwright-test-")
            .tempdir()
            .expect("a folder for a test's data");
        let named = cluster.map(|cluster| (cluster, cluster.create_database(template)));
        Some(Self { engine, folder, named })
    }

    /// Waits until the server that had the database open has let go of it, and takes an image.
    pub(crate) fn into_image(mut self) -> Image {
        self.wait_until_closed();
        let mut files = Vec::new();
        read_files(self.folder.path(), Path::new(""), &mut files);
        Image { files, named: self.named.take().map(|(_, name)| name) }
    }

    /// SQLite removes the write-ahead log with the last connection.
    fn wait_until_closed(&self) {
        let is_log = |name: &std::ffi::OsStr| name.to_string_lossy().ends_with("-wal");
        for _ in 0..TRIES {
            let mut entries = std::fs::read_dir(self.folder.path()).expect("the folder is there");
            if !entries.any(|entry| entry.is_ok_and(|entry| is_log(&entry.file_name()))) {
                return;
            }
            std::thread::sleep(PAUSE);
        }
        panic!("the server has stopped, but its databases stay open");
    }

    pub fn place(&self) -> Place {
        let postgres = self.named.as_ref().map(|(cluster, name)| cluster.url(name));
        Place { engine: self.engine, folder: self.folder.path().to_owned(), postgres }
    }
}

impl Place {
    pub fn storage(&self) -> Storage {
        Storage { folder: self.folder.clone(), postgres: self.postgres.clone(), bucket: None }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match self.named.take() {
            // The cluster goes with the process, so nobody has to wait for this.
            Some((cluster, name)) if cluster.ends_with_process() => {
                std::thread::spawn(move || cluster.drop_database(&name));
            }
            Some((cluster, name)) => cluster.drop_database(&name),
            None => {}
        }
    }
}

fn read_files(folder: &Path, below: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder.join(below)).expect("the folder is there") {
        let entry = entry.expect("an entry of the folder");
        let path = below.join(entry.file_name());
        if entry.path().is_dir() {
            read_files(folder, &path, files);
        } else {
            let bytes = std::fs::read(entry.path()).expect("a file of the folder");
            files.push((path, bytes));
        }
    }
}
