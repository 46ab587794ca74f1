//! Mechanisms below the API: the queue with its leases, events with their consumers, chores. On both databases, with kinds of
//! jobs and consumers of the tests' own, which stand on the page of the product.

mod chores;
mod consumers;
mod jobs;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use dealwright_engine::jobs::{Hands, Worker};
use dealwright_engine::org::Areas;
use dealwright_engine::ports::people::Nobody;
use dealwright_engine::{Error, Home, MIGRATIONS, NewOrg, Org, Surroundings};
use dealwright_server::versions::ApiVersion;
use dealwright_store::blob::BlobStore;
use dealwright_store::migrate::migrate;
use dealwright_store::{Cell, Database, Row, Sql, Store, Weight};
use dealwright_testkit::Engine;
use dealwright_testkit::database::{Place, TestDatabase};
use dealwright_wire::{Clock, Compat, Id, Instant, Mint};

/// Makes the tests `name::sqlite` and `name::postgres` of each story, told in a fresh org.
macro_rules! on_both {
    ($areas:expr; $(async fn $name:ident($stage:ident: Stage) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "what a story needs stands around it")]
            use super::*;

            async fn story($stage: $crate::Stage) $body

            #[test]
            fn sqlite() {
                $crate::run(dealwright_testkit::Engine::Sqlite, $areas, story);
            }

            #[test]
            fn postgres() {
                $crate::run(dealwright_testkit::Engine::Postgres, $areas, story);
            }
        }
    )+};
}
pub(crate) use on_both;

/// An org of the tests, and what it is opened with.
pub(crate) struct Stage {
    pub org: Arc<Org>,
    pub clock: Clock,
    pub engine: Engine,
    areas: &'static Areas,
    place: Place,
}

const ORG: i64 = 7;

pub(crate) fn id(number: i64) -> Id {
    Id::new(number).expect("tests number from 1")
}

#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub(crate) fn run<F: Future<Output = ()>>(
    engine: Engine,
    areas: &'static Areas,
    story: impl FnOnce(Stage) -> F,
) {
    let Some(database) = TestDatabase::empty(engine) else {
        println!("skipped: no PostgreSQL here");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a test may start threads");
    runtime.block_on(async {
        let clock = Clock::manual(Instant(1_800_000_000));
        let place = database.place();
        let admin = (id(8), "Ada".to_owned(), "Lovelace".to_owned(), "ada@example.com".to_owned());
        let new = NewOrg {
            id: id(ORG),
            zgid: id(ORG),
            company_name: "Engines".to_owned(),
            time_zone: "UTC".to_owned(),
            home: Home::default(),
            admin,
        };
        let org = open(&place, areas, &clock, 1, Some(new)).await;
        story(Stage { org, clock, engine, areas, place }).await;
    });
}

async fn database(place: &Place) -> Database {
    let database = match &place.postgres {
        Some(url) => Database::postgres(url).await,
        None => Database::sqlite(Path::new(&place.folder)),
    };
    database.expect("the database opens")
}

async fn open(
    place: &Place,
    areas: &'static Areas,
    clock: &Clock,
    seed: u32,
    new: Option<NewOrg>,
) -> Arc<Org> {
    let blobs = BlobStore::local(&place.folder).expect("a folder for files");
    let around = Surroundings {
        blobs,
        clock: clock.clone(),
        mint: Mint::seeded(seed),
        people: Arc::new(Nobody),
        areas,
    };
    let org = Org::open(&database(place).await, id(ORG), around, new).await;
    let org = org.expect("the org opens");
    dealwright_engine::events::begin(&org).await.expect("consumers begin");
    org
}

impl Stage {
    /// The org as another process has it open; on SQLite after this one let go of it.
    pub(crate) async fn another(&self) -> Arc<Org> {
        if self.engine == Engine::Sqlite {
            return Arc::clone(&self.org);
        }
        open(&self.place, self.areas, &self.clock, 9, None).await
    }

    /// Another store of the same database, as a release before made it: so many steps of its fixed tables.
    pub(crate) async fn earlier(&self, steps: usize) -> Store {
        let store = database(&self.place).await.store("org_9").await.expect("a store");
        migrate(&store, &MIGRATIONS[..steps]).await.expect("the steps of an earlier release");
        store
    }

    /// The process ends and the next one opens the org.
    pub(crate) async fn reopen(self) -> Self {
        let Self { org, clock, engine, areas, place } = self;
        org.store.close().await;
        drop(org);
        let org = open(&place, areas, &clock, 2, None).await;
        Self { org, clock, engine, areas, place }
    }

    pub(crate) async fn exec(&self, sql: &str, args: Vec<Cell<'static>>) -> u64 {
        exec(&self.org.store, sql, args).await
    }

    /// The texts of the first column.
    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        texts(&self.org.store, sql).await
    }
}

pub(crate) async fn texts(store: &Store, sql: &str) -> Vec<String> {
    let sql = Sql::from(sql.to_owned());
    let read = |row: &Row<'_>| Ok(row.text(0)?.unwrap_or_default().to_owned());
    let found = store.read(Weight::Point, move |conn| {
        Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &[], read).await?) })
    });
    found.await.expect("the statement runs")
}

pub(crate) async fn exec(store: &Store, sql: &str, args: Vec<Cell<'static>>) -> u64 {
    let sql = Sql::from(sql.to_owned());
    let done = store.write(move |tx| Box::pin(async move { Ok::<_, Error>(tx.exec(&sql, &args).await?) }));
    done.await.expect("the statement runs")
}

/// A process that works: a life of its own of that node.
pub(crate) fn hands(node: u8) -> Hands {
    Hands {
        worker: Worker::new(node).expect("there are random numbers"),
        profile: ApiVersion::V8.profile(),
        compat: Compat::Strict,
        ending: Arc::new(AtomicBool::new(false)),
    }
}
