//! The env file of a development server: there as long as the server is, and readable by a shell.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use dealwright_testkit::database::TestDatabase;
use dealwright_testkit::process::{ServerProcess, binary};
use dealwright_testkit::{Api, Engine};

use crate::on_each;

const PAUSE: Duration = Duration::from_millis(10);

fn serve(database: &TestDatabase, file: &Path) -> ServerProcess {
    ServerProcess::spawn(
        &binary(),
        &database.place(),
        &["--dev", "--env-file", file.to_str().expect("a path is text")],
    )
}

async fn comes(server: &mut ServerProcess, file: &Path) -> String {
    for _ in 0..6_000 {
        assert_eq!(server.ended(), None, "{}", server.log());
        if let Ok(text) = std::fs::read_to_string(file) {
            return text;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("it does not come: {}", server.log());
}

async fn goes(file: &Path) {
    for _ in 0..6_000 {
        if !file.exists() {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("it does not go");
}

/// The value of a name, as a shell reads it after these words.
fn in_shell(words: &str, file: &Path, name: &str) -> String {
    let script = format!("{words} '{}'; printf %s \"${name}\"", file.display());
    let output = Command::new("sh").args(["-eu", "-c", &script]).output().expect("there is a shell");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("a value is text")
}

async fn there_while_it_serves(database: &TestDatabase) {
    let folder = tempfile::tempdir().expect("a folder");
    let file: PathBuf = folder.path().join("dealwright.env");
    std::fs::write(&file, "CRM_BASE_URL=http://127.0.0.1:1\n").expect("yesterday's file");
    let mut first = serve(database, &file);
    let mut text = String::new();
    for _ in 0..6_000 {
        text = comes(&mut first, &file).await;
        if !text.contains("127.0.0.1:1\n") {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    // In one piece, and ready: the first request is answered.
    assert_eq!(text.lines().count(), 10, "{text}");
    for words in [".", "set -a; ."] {
        assert_eq!(in_shell(words, &file, "CRM_BASE_URL"), first.url());
        let token = in_shell(words, &file, "CRM_ACCESS_TOKEN");
        assert_eq!(Api::new(first.url(), "v8", Some(token)).get("org").await.status, 200);
        let token = in_shell(words, &file, "CRM_EXPIRED_TOKEN");
        assert_eq!(Api::new(first.url(), "v8", Some(token)).get("org").await.code(), "INVALID_TOKEN");
    }
    // A second server that waits has none yet; the first leaves the second's alone.
    let mut second = serve(database, &file);
    goes(&file).await;
    tokio::time::sleep(20 * PAUSE).await;
    assert!(!file.exists(), "the second only waits");
    let (status, log) = first.terminate().await;
    assert!(status.success(), "{log}");
    let text = comes(&mut second, &file).await;
    assert!(text.contains(second.url()), "{text}");
    let (status, log) = second.terminate().await;
    assert!(status.success(), "{log}");
    assert!(!file.exists(), "it goes at a clean stop");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "no draft is left");
}

#[test]
fn the_env_file_is_there_while_the_server_is_on_sqlite() {
    on_each(Engine::Sqlite, there_while_it_serves);
}

#[test]
fn the_env_file_is_there_while_the_server_is_on_postgres() {
    on_each(Engine::Postgres, there_while_it_serves);
}
