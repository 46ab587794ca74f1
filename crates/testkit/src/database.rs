//! Where the data of a test is: a folder, and on PostgreSQL a database beside it.

use std::path::{Path, PathBuf};

use dealwright_server::Storage;
use tempfile::TempDir;

use crate::postgres::{self, Cluster};

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

impl TestDatabase {
    /// An empty place. `None` on PostgreSQL where that may be skipped and is missing.
    pub fn empty(engine: Engine) -> Option<Self> {
        Self::like(engine, None)
    }

    /// A place that starts with a copy of another's data.
    pub(crate) fn like(engine: Engine, original: Option<&Self>) -> Option<Self> {
        let cluster = match engine {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::cluster()?),
        };
        let folder = tempfile::Builder::new()
            .prefix("dealwright-test-")
            .tempdir()
            .expect("a folder for a test's data");
        if let Some(original) = original {
            copy_files(original.folder.path(), folder.path());
        }
        let named = cluster.map(|cluster| {
            let template = original.and_then(|original| Some(original.named.as_ref()?.1.as_str()));
            (cluster, cluster.create_database(template))
        });
        Some(Self { engine, folder, named })
    }

    pub fn place(&self) -> Place {
        let postgres = self.named.as_ref().map(|(cluster, name)| cluster.url(name));
        Place { engine: self.engine, folder: self.folder.path().to_owned(), postgres }
    }
}

impl Place {
    pub fn storage(&self) -> Storage {
        Storage { folder: self.folder.clone(), postgres: self.postgres.clone() }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((cluster, name)) = &self.named {
            cluster.drop_database(name);
        }
    }
}

fn copy_files(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("the folder of the original") {
        let entry = entry.expect("an entry of the original");
        if entry.path().is_dir() {
            let folder = to.join(entry.file_name());
            std::fs::create_dir(&folder).expect("a folder of the copy");
            copy_files(&entry.path(), &folder);
        } else {
            std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a file of the copy");
        }
    }
}
