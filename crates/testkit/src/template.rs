//! Setting up an org writes some thousand rows. Each process does it once per database; its tests start from copies.

use std::sync::OnceLock;

use crate::database::{Engine, Image, TestDatabase};
use crate::postgres;
use crate::server::TestServer;

/// A database with the development org in it, as a server leaves it that was started once and stopped.
pub(crate) fn database(engine: Engine) -> Option<TestDatabase> {
    static SQLITE: OnceLock<Option<Image>> = OnceLock::new();
    static POSTGRES: OnceLock<Option<Image>> = OnceLock::new();
    let image = match engine {
        Engine::Sqlite => &SQLITE,
        // In a cluster that outlives the process the original would stay behind.
        Engine::Postgres if !postgres::cluster()?.ends_with_process() => return TestDatabase::empty(engine),
        Engine::Postgres => &POSTGRES,
    };
    TestDatabase::copy(engine, image.get_or_init(|| prepared(engine)).as_ref()?)
}

fn prepared(engine: Engine) -> Option<Image> {
    let database = TestDatabase::empty(engine)?;
    let place = database.place();
    // In a thread of its own, for callers that are inside a runtime already.
    let started = std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().expect("a test may start threads");
        runtime.block_on(async { TestServer::start(place).await.stop().await });
    });
    started.join().expect("the development org can be set up");
    Some(database.into_image())
}
