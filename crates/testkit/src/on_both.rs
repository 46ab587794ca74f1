//! One story, told on both databases.

use std::time::Duration;

use crate::{Engine, TestServer};

/// Makes the tests `name::sqlite` and `name::postgres` of each story.
///
/// ```ignore
/// on_both! {
///     async fn a_deal_that_was_inserted_is_read_back(server: TestServer) {
///         let id = server.api().insert(deal("Boat")).await;
///         assert_eq!(server.api().record("Deals", &id).await["Deal_Name"], "Boat");
///     }
/// }
/// ```
#[macro_export]
macro_rules! on_both {
    ($($(#[$meta:meta])* async fn $name:ident($($server:ident)+: TestServer) $body:block)+) => {$(
        mod $name {
            #[allow(unused_imports, reason = "what a story needs stands around it")]
            use super::*;

            async fn story($($server)+: $crate::TestServer) $body

            #[test]
            $(#[$meta])*
            fn sqlite() {
                $crate::run($crate::Engine::Sqlite, story);
            }

            #[test]
            $(#[$meta])*
            fn postgres() {
                $crate::run($crate::Engine::Postgres, story);
            }
        }
    )+};
}

/// Runs a story on a fresh server. The database goes when the story ends, well or badly.
#[expect(clippy::print_stdout, reason = "a test that is skipped says so")]
pub fn run<F: Future<Output = ()>>(engine: Engine, story: impl FnOnce(TestServer) -> F) {
    let Some(database) = crate::template::database(engine) else {
        println!("skipped: no PostgreSQL here");
        return;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a test may start threads");
    runtime.block_on(async {
        let server = TestServer::start(database.place()).await;
        let state = std::sync::Arc::downgrade(&server.state);
        story(server).await;
        // Whatever a story writes, in whatever way, full text has been told of it. A server that has ended by then is passed
        // over, and not held back from that.
        let orgs = state.upgrade().map(|state| state.orgs.all()).unwrap_or_default();
        for org in orgs {
            let wrong = org.verify_full_text().await.unwrap_or_default();
            assert!(wrong.is_empty(), "full text was not told of what the story wrote: {wrong:#?}");
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(5));
}
