//! An org on SQLite for tests, in a folder of its own.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use dealwright_store::blob::BlobStore;
use dealwright_store::{Cell, Database, Sql, StoreError};
use dealwright_wire::{Clock, Compat, Id, Instant, Mint};

use crate::metadata::tests::NEWEST;
use crate::ports::people::Nobody;
use crate::{AREAS, Actor, Cx, Home, NewOrg, Org, Surroundings};

/// A folder that goes when the test has ended.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("dealwright-{name}-{}", std::process::id())))
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An org with one administrator.
pub(crate) struct Fresh {
    pub(crate) org: Arc<Org>,
    folder: Folder,
}

impl Fresh {
    pub(crate) async fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        Self { org: open(&folder, 0, Some(new_org())).await, folder }
    }

    /// As after a restart.
    pub(crate) async fn reopen(&mut self) {
        self.org = open(&self.folder, 0, None).await;
    }

    pub(crate) fn cx(&self) -> Cx {
        let user = Arc::clone(&self.org.snapshot().users[0]);
        Cx::new(Arc::clone(&self.org), Actor { user, client_id: "test".into() }, &NEWEST, Compat::Strict)
    }

    /// Runs a statement. Gives the number of rows that it wrote.
    pub(crate) async fn exec(&self, sql: impl Into<Sql>, args: Vec<Cell<'static>>) -> u64 {
        let sql = sql.into();
        let done = self.org.store.write(move |tx| Box::pin(async move { tx.exec(&sql, &args).await }));
        let rows: Result<u64, StoreError> = done.await;
        rows.unwrap()
    }
}

pub(crate) fn id(number: i64) -> Id {
    Id::new(number).unwrap()
}

pub(crate) fn new_org() -> NewOrg {
    let admin = (id(8), "Ada".to_owned(), "Lovelace".to_owned(), "ada@example.com".to_owned());
    let (company_name, time_zone) = ("Engines".to_owned(), "UTC".to_owned());
    NewOrg { id: id(7), zgid: id(7), company_name, time_zone, home: Home::default(), admin }
}

/// Opens the org so many days after it was made first; `new` makes it.
pub(crate) async fn open(folder: &Path, day: i64, new: Option<NewOrg>) -> Arc<Org> {
    let database = Database::sqlite(folder).unwrap();
    let (clock, blobs) =
        (Clock::manual(Instant(1_790_000_000 + day * 86_400)), BlobStore::local(folder).unwrap());
    let around =
        Surroundings { blobs, clock, mint: Mint::seeded(1), people: Arc::new(Nobody), areas: &AREAS };
    Org::open(&database, id(7), around, new).await.unwrap()
}
