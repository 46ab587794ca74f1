//! Modes of files, and what a clean stop leaves behind.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use dealwright_testkit::Engine;
use dealwright_testkit::process::{ServerProcess, binary, command};
use dealwright_testkit::records::deal;
use serde_json::json;

use crate::{on_each, said};

/// Everything below a folder with its mode, the folder too.
fn modes(path: &Path, found: &mut Vec<(String, u32)>) {
    let about = std::fs::metadata(path).expect("it is there");
    found.push((path.display().to_string(), about.permissions().mode() & 0o777));
    if about.is_dir() {
        for entry in std::fs::read_dir(path).expect("a folder") {
            modes(&entry.expect("an entry").path(), found);
        }
    }
}

fn are_private(folder: &Path) -> usize {
    let mut found = Vec::new();
    modes(folder, &mut found);
    for (path, mode) in &found {
        let wanted = if Path::new(path).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, wanted, "{path} has {mode:o}");
    }
    found.len()
}

#[test]
fn nobody_else_reads_what_the_server_writes() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database| {
            let binary = binary();
            let mut place = database.place();
            // A folder that the server makes itself.
            place.folder = place.folder.join("data");
            let server = ServerProcess::start(&binary, &place).await;
            let api = server.api().await;
            let id = api.insert(deal("Boat")).await;
            let large: Vec<u8> = (0..=250).cycle().take(6 << 20).collect();
            for bytes in [&b"small"[..], &large] {
                let answer = api.upload(&format!("Deals/{id}/Attachments"), "file", "a.bin", bytes).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
            }
            // While it runs, with the logs of the databases.
            assert!(are_private(&place.folder) > 5);
            let target = tempfile::tempdir().expect("a folder");
            let copy = target.path().join("backup");
            let (succeeded, text) =
                said(&command(&binary, &place, &["admin", "backup", &copy.to_string_lossy()]));
            assert!(succeeded, "{text}");
            assert!(are_private(&copy) > 5);
            let (_, log) = server.terminate().await;
            assert!(!log.contains("other users of this machine"), "{log}");
            are_private(&place.folder);

            std::fs::set_permissions(&place.folder, PermissionsExt::from_mode(0o755)).expect("a mode");
            let server = ServerProcess::start(&binary, &place).await;
            let (_, log) = server.terminate().await;
            assert!(log.contains("other users of this machine") && log.contains("chmod 700"), "{log}");
        });
    }
}

#[test]
fn a_clean_stop_leaves_whole_files_and_no_log() {
    on_each(Engine::Sqlite, async |database| {
        let (binary, place) = (binary(), database.place());
        for round in 1..=3 {
            let server = ServerProcess::start(&binary, &place).await;
            let api = server.api().await;
            for _ in 0..5 {
                let body = json!({ "data": vec![deal("Boat").value(); 100] });
                assert_eq!(api.post("Deals", &body).await.status, 201);
            }
            // Straight after work, while connections are open and the log is full.
            let (status, log) = server.terminate().await;
            assert!(status.success(), "{log}");
            let names: Vec<String> = std::fs::read_dir(&place.folder)
                .expect("a folder")
                .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
                .collect();
            assert!(!names.iter().any(|name| name.ends_with("-wal") || name.ends_with("-shm")), "{names:?}");
            // Files alone, copied elsewhere, are everything.
            let copy = tempfile::tempdir().expect("a folder");
            for name in names.iter().filter(|name| Path::new(name).extension().is_some_and(|end| end == "db"))
            {
                std::fs::copy(place.folder.join(name), copy.path().join(name)).expect("a copy");
            }
            let other =
                dealwright_testkit::database::Place { folder: copy.path().to_owned(), ..place.clone() };
            let server = ServerProcess::start(&binary, &other).await;
            assert_eq!(server.api().await.count("Deals").await, 500 * round);
        }
    });
}
