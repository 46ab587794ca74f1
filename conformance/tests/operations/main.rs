//! An operator's days: two servers on one place, backups, full and missing disks, and the commands of the documents.
//!
//! - [`one_server`]: who holds folder and database, who waits, and who takes over
//! - [`catalog`]: every table has a primary key, every message holds one statement; [`wire`]: how that is heard
//! - [`backup`]: backups under load, restored elsewhere and compared
//! - [`env_file`]: the file that says that a development server is ready
//! - [`files`]: modes of files, and what a clean stop leaves behind
//! - [`places`]: folders and files that are missing or belong to somebody else; [`full`]: a disk without room
//! - [`logs`]: log lines tell no secrets, metrics stay few, and nothing is sent anywhere
//! - [`pages`]: the commands of `docs/operations.md`, run as they stand there
//!
//! Most of it is about processes, so it runs the binary itself.

mod backup;
mod catalog;
mod env_file;
mod files;
mod full;
mod logs;
mod one_server;
mod pages;
mod places;
mod wire;

use dealwright_testkit::Engine;
use dealwright_testkit::database::TestDatabase;

/// Tells a story on a fresh place of each database.
fn on_each(engine: Engine, story: impl AsyncFnOnce(&TestDatabase)) {
    let Some(database) = TestDatabase::empty(engine) else { return };
    tokio::runtime::Runtime::new().expect("a test may start threads").block_on(story(&database));
}

/// What a command said on both channels, and whether it succeeded.
fn said(output: &std::process::Output) -> (bool, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.success(), text(&output.stdout) + &text(&output.stderr))
}

/// A number from the environment, for the long form of a test.
#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}
