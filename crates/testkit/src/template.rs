//! Setting up an org writes some thousand rows. Each process does it once per database; its tests start from copies.

use std::sync::OnceLock;

use crate::database::{Engine, TestDatabase};
use crate::server::TestServer;

/// A database with the development org in it, as a server leaves it that was started once and stopped.
pub(crate) fn database(engine: Engine) -> Option<TestDatabase> {
    static SQLITE: OnceLock<Option<TestDatabase>> = OnceLock::new();
    static POSTGRES: OnceLock<Option<TestDatabase>> = OnceLock::new();
    let original = match engine {
        Engine::Sqlite => &SQLITE,
        Engine::Postgres => &POSTGRES,
    };
    let original = original.get_or_init(|| prepared(engine)).as_ref()?;
    TestDatabase::like(engine, Some(original))
}

fn prepared(engine: Engine) -> Option<TestDatabase> {
    let database = TestDatabase::empty(engine)?;
    let place = database.place();
    // In a thread of its own, for callers that are inside a runtime already.
    let started = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a test may start threads");
        runtime.block_on(async { TestServer::start(place).await.stop().await });
    });
    started.join().expect("the development org can be set up");
    Some(database)
}
