//! A disk that is not mounted, an empty file, a folder of somebody else: refused in one line, and nothing is made there.

use std::path::{Path, PathBuf};

use dealwright_testkit::Engine;
use dealwright_testkit::database::{Place, TestDatabase};
use dealwright_testkit::process::{ServerProcess, binary, command};
use dealwright_testkit::records::lead;

use crate::{on_each, said};

/// The line with which a server ends at once.
async fn refusal(place: &Place, options: &[&str]) -> String {
    let mut server = ServerProcess::spawn(&binary(), place, options);
    for _ in 0..400 {
        if let Some(status) = server.ended() {
            let log = server.log();
            assert_eq!(status.code(), Some(2), "{log}");
            assert_eq!(log.lines().filter(|line| line.starts_with("dealwright: ")).count(), 1, "{log}");
            return log;
        }
        assert!(
            server.readiness().await.is_none_or(|(status, _)| status != 200),
            "it serves: {}",
            server.log()
        );
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it does not end: {}", server.log());
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn org_file(folder: &Path) -> PathBuf {
    let name = names(folder)
        .into_iter()
        .find(|name| name.starts_with("org_") && Path::new(name).extension().is_some_and(|end| end == "db"));
    folder.join(name.expect("the file of an org"))
}

/// An installation with an org and a file in it, stopped.
async fn installation(place: &Place) {
    let server = ServerProcess::start(&binary(), place).await;
    let api = server.api().await;
    let id = api.insert(lead("Files")).await;
    assert_eq!(api.upload(&format!("Leads/{id}/Attachments"), "file", "a.txt", b"a").await.status, 200);
    assert!(server.terminate().await.0.success());
}

#[test]
fn a_missing_or_empty_database_is_no_new_one() {
    on_each(Engine::Sqlite, async |database| {
        let place = database.place();
        installation(&place).await;
        let (org, control) = (org_file(&place.folder), place.folder.join("control.db"));
        let before = names(&place.folder);
        for file in [&org, &control] {
            let whole = std::fs::read(file).expect("a database");
            let name = file.file_name().expect("a name").to_string_lossy().into_owned();
            std::fs::remove_file(file).expect("it goes");
            let line = refusal(&place, &["--dev"]).await;
            assert!(line.contains(&name) && line.contains("missing or empty"), "{line}");
            assert!(!file.exists(), "nothing is made in its place");
            let (succeeded, text) =
                said(&command(&binary(), &place, &["admin", "create", "--email", "a@example.com"]));
            assert!(!succeeded, "{text}");
            assert!(!file.exists() || *file == org, "nothing is made in its place");
            std::fs::write(file, b"").expect("an empty file");
            let line = refusal(&place, &["--dev"]).await;
            assert!(line.contains(&name) && line.contains("missing or empty"), "{line}");
            assert_eq!(std::fs::metadata(file).expect("it is there").len(), 0);
            std::fs::write(file, whole).expect("as it was");
        }
        assert_eq!(names(&place.folder), before);
        let server = ServerProcess::start(&binary(), &place).await;
        assert_eq!(server.api().await.count("Leads").await, 1);
    });
}

#[test]
fn missing_files_and_files_of_others_are_noticed() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database| {
            let place = database.place();
            installation(&place).await;
            let blobs = place.folder.join("blobs");
            let aside = place.folder.join("aside");
            std::fs::rename(&blobs, &aside).expect("it goes aside");
            let line = refusal(&place, &["--dev"]).await;
            assert!(line.contains("blobs") && line.contains("does not hold the uploaded files"), "{line}");
            assert!(!blobs.exists(), "nothing is made in its place");
            // As an empty mount point has it.
            std::fs::create_dir(&blobs).expect("a folder");
            let line = refusal(&place, &["--dev"]).await;
            assert!(line.contains("does not hold the uploaded files"), "{line}");
            assert_eq!(names(&blobs), Vec::<String>::new());

            // The same folder of another installation.
            let Some(other) = TestDatabase::empty(engine) else { return };
            installation(&other.place()).await;
            std::fs::remove_dir(&blobs).expect("an empty folder");
            std::fs::rename(other.place().folder.join("blobs"), &blobs).expect("it comes over");
            let line = refusal(&place, &["--dev"]).await;
            assert!(line.contains("files of another installation"), "{line}");
            std::fs::remove_dir_all(&blobs).expect("it goes");

            std::fs::rename(&aside, &blobs).expect("it comes back");
            if engine == Engine::Sqlite {
                let (mine, whole) =
                    (org_file(&place.folder), std::fs::read(org_file(&place.folder)).expect("a file"));
                std::fs::copy(org_file(&other.place().folder), &mine).expect("another's");
                let line = refusal(&place, &["--dev"]).await;
                assert!(line.contains("belongs to another installation"), "{line}");
                std::fs::write(mine, whole).expect("as it was");
            }
            let server = ServerProcess::start(&binary(), &place).await;
            assert_eq!(server.api().await.count("Leads").await, 1);
        });
    }
}

/// A mistyped option of a production server leaves nothing behind.
#[test]
fn a_production_server_makes_nothing_where_nothing_is() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database| {
            let mut place = database.place();
            place.folder = place.folder.join("mistyped");
            let line = refusal(&place, &[]).await;
            assert!(line.contains("admin create"), "{line}");
            assert!(!place.folder.exists());
            for arguments in [&["admin", "user", "list"][..], &["admin", "backup", "/nowhere/at/all"]] {
                let (succeeded, text) = said(&command(&binary(), &place, arguments));
                assert!(!succeeded, "{text}");
            }
            assert!(!place.folder.exists());
        });
    }
}
