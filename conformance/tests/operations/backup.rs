//! Backups of a server at work, restored elsewhere: nothing that was acknowledged before the backup may be missing.
//!
//! `DEALWRIGHT_TEST_BACKUP_ROUNDS` says how often, per database; twice when it says nothing.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use dealwright_testkit::database::{Place, TestDatabase};
use dealwright_testkit::process::{ServerProcess, binary, command};
use dealwright_testkit::records::{deal, lead};
use dealwright_testkit::rounds::stored_in;
use dealwright_testkit::{Api, Engine};
use serde_json::json;

use crate::{number, on_each, said};

const ROUNDS: &str = "DEALWRIGHT_TEST_BACKUP_ROUNDS";
const WRITERS: usize = 6;
/// Records of one batch.
const BATCH: usize = 10;
/// How long the server works before the backup begins, and between its end and the kill.
const BEFORE: Duration = Duration::from_millis(600);
const AFTER: Duration = Duration::from_millis(150);

/// What was acknowledged, in the order in which it was.
#[derive(Default)]
struct Acknowledged {
    /// Marker of each deal, by id.
    deals: HashMap<String, String>,
    /// The lead and the content of each attachment that nobody deletes, by id.
    files: HashMap<String, (String, Vec<u8>)>,
}

type Shared = Arc<Mutex<Acknowledged>>;

#[derive(Default)]
struct Tally {
    deals: usize,
    files: usize,
    lost: usize,
    torn: usize,
    /// Files that a row of the restored data names and that cannot be read.
    unreadable: usize,
    /// What was acknowledged while the backup ran, and is or is not in it.
    during: usize,
    took: Duration,
}

#[test]
fn a_backup_under_load_has_everything_that_was_acknowledged_before_it_on_sqlite() {
    prove(Engine::Sqlite);
}

#[test]
fn a_backup_under_load_has_everything_that_was_acknowledged_before_it_on_postgres() {
    prove(Engine::Postgres);
}

#[expect(clippy::print_stdout, reason = "the numbers are the proof")]
fn prove(engine: Engine) {
    let rounds = number(ROUNDS, 2);
    let mut tally = Tally::default();
    on_each(engine, async |database| {
        for round in 0..rounds {
            one_round(engine, database, round, &mut tally).await;
        }
        let Tally { deals, files, lost, torn, unreadable, during, took } = &tally;
        println!(
            "{engine:?}: {rounds} backups under load, {deals} records and {files} files acknowledged before them, \
             {lost} lost, {torn} batches torn, {unreadable} files unreadable; {during} records acknowledged meanwhile; \
             {took:?} in backups"
        );
        assert!(*deals > 0 && *files > 0 && *during > 0, "nothing was written");
        assert_eq!((*lost, *torn, *unreadable), (0, 0, 0));
    });
}

async fn one_round(engine: Engine, database: &TestDatabase, round: u64, tally: &mut Tally) {
    let (binary, place) = (binary(), database.place());
    let server = ServerProcess::start(&binary, &place).await;
    let api = server.api().await;
    let (acknowledged, stopped) = (Shared::default(), Arc::new(AtomicBool::new(false)));
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = Vec::new();
    for _ in 0..WRITERS {
        let (api, acknowledged) = (api.clone(), Arc::clone(&acknowledged));
        let (stopped, next) = (Arc::clone(&stopped), Arc::clone(&next));
        tasks.push(tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                let marker = format!("round {round} batch {}", next.fetch_add(1, Ordering::Relaxed));
                if write_deals(&api, &marker, &acknowledged).await.is_none() {
                    return;
                }
            }
        }));
    }
    let holder = api.insert(lead("Files")).await;
    let (files, stop) = (Arc::clone(&acknowledged), Arc::clone(&stopped));
    let (uploads, lead) = (api.clone(), holder.clone());
    tasks.push(tokio::spawn(async move {
        let mut number = 0;
        while !stop.load(Ordering::Relaxed) && write_files(&uploads, &lead, number, &files).await.is_some() {
            number += 1;
        }
    }));
    tokio::time::sleep(BEFORE).await;

    let before = {
        let acknowledged = acknowledged.lock().expect("nobody panics with it");
        (acknowledged.deals.clone(), acknowledged.files.clone())
    };
    let target = tempfile::tempdir().expect("a folder");
    let copy = target.path().join("backup").to_string_lossy().into_owned();
    let began = Instant::now();
    let made = in_background(&binary, &place, &["admin", "backup", &copy]).await;
    tally.took += began.elapsed();
    let (succeeded, text) = made;
    assert!(succeeded, "{text}");
    tally.during += acknowledged.lock().expect("nobody panics with it").deals.len() - before.0.len();
    tokio::time::sleep(AFTER).await;
    server.kill();
    stopped.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.expect("a writer does not panic");
    }

    let (succeeded, text) = said(&command(&binary, &place, &["admin", "verify", &copy]));
    assert!(succeeded, "{text}");
    // Over the old data it is refused, and changes nothing.
    let (succeeded, text) = said(&command(&binary, &place, &["admin", "restore", &copy]));
    assert!(!succeeded && (text.contains("is not empty") || text.contains("is there already")), "{text}");
    let Some(fresh) = TestDatabase::empty(engine) else { return };
    let (succeeded, text) = said(&command(&binary, &fresh.place(), &["admin", "restore", &copy]));
    assert!(succeeded, "{text}");
    let (succeeded, text) = said(&command(&binary, &fresh.place(), &["admin", "verify"]));
    assert!(succeeded, "{text}");
    let restored = ServerProcess::start(&binary, &fresh.place()).await;
    let api = restored.api().await;
    check(&api, round, &holder, &before.0, &before.1, tally).await;
    // It goes on from there: new records get new ids.
    let id = api.insert(deal("After round")).await;
    assert!(!before.0.contains_key(&id));
    // And a search knows what was restored, in segments or not yet, beside what is new.
    for (word, criteria) in
        [("batch", "(Deal_Name:starts_with:round)"), ("after", "(Deal_Name:equals:After round)")]
    {
        let count = async |param: &str, value: &str| {
            let answer = api.get_with("Deals/actions/count", &[(param, value)]).await;
            answer.json()["count"].as_u64().unwrap_or_else(|| panic!("no count: {}", answer.text))
        };
        let (found, there) = (count("word", word).await, count("criteria", criteria).await);
        assert!(found == there && there > 0, "{found} deals are found by {word:?} of {there}");
    }
    let (status, log) = restored.terminate().await;
    assert!(status.success(), "{log}");
}

async fn in_background(binary: &std::path::Path, place: &Place, arguments: &[&str]) -> (bool, String) {
    let (binary, place) = (binary.to_owned(), place.clone());
    let arguments: Vec<String> = arguments.iter().map(|one| (*one).to_owned()).collect();
    let run = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        said(&command(&binary, &place, &arguments))
    });
    run.await.expect("it runs")
}

async fn write_deals(api: &Api, marker: &str, acknowledged: &Shared) -> Option<()> {
    let record = deal(marker).with("Next_Step", marker).value();
    let body = json!({ "data": vec![record; BATCH] }).to_string().into_bytes();
    let answer = api.try_send(reqwest::Method::POST, "Deals", body).await?;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let mut acknowledged = acknowledged.lock().expect("nobody panics with it");
    acknowledged.deals.extend(answer.ids().into_iter().map(|id| (id, marker.to_owned())));
    Some(())
}

/// One file that stays and one that is deleted at once, so that blobs go while the backup runs.
async fn write_files(api: &Api, lead: &str, number: u32, acknowledged: &Shared) -> Option<()> {
    let path = format!("Leads/{lead}/Attachments");
    let content = format!("file {number} of {lead} ").repeat(1 + number as usize % 50).into_bytes();
    let kept = api.try_upload(&path, "file", "kept.txt", &content).await?;
    assert_eq!(kept.status, 200, "{}", kept.text);
    let gone = api.try_upload(&path, "file", "gone.txt", &content).await?;
    let gone = gone.ids().remove(0);
    api.try_send(reqwest::Method::DELETE, &format!("{path}/{gone}"), Vec::new()).await?;
    acknowledged
        .lock()
        .expect("nobody panics with it")
        .files
        .insert(kept.ids().remove(0), (lead.to_owned(), content));
    Some(())
}

async fn check(
    api: &Api,
    round: u64,
    holder: &str,
    deals: &HashMap<String, String>,
    files: &HashMap<String, (String, Vec<u8>)>,
    tally: &mut Tally,
) {
    let stored = stored_in(api, round).await;
    tally.deals += deals.len();
    tally.lost += deals.iter().filter(|(id, marker)| stored.get(*id) != Some(*marker)).count();
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for marker in stored.values() {
        *sizes.entry(marker).or_default() += 1;
    }
    tally.torn += sizes.values().filter(|size| **size != BATCH).count();
    tally.files += files.len();
    for (id, (lead, content)) in files {
        let answer = api.get(&format!("Leads/{lead}/Attachments/{id}")).await;
        if answer.status != 200 || answer.bytes != *content {
            tally.lost += 1;
        }
    }
    // Whatever else the restored data names is there as well.
    let mut page = 1;
    loop {
        let list = api.get(&format!("Leads/{holder}/Attachments?fields=id&page={page}")).await;
        for row in list.rows() {
            let id = row["id"].as_str().expect("an id");
            if api.get(&format!("Leads/{holder}/Attachments/{id}")).await.status != 200 {
                tally.unreadable += 1;
            }
        }
        if list.status != 200 || list.json()["info"]["more_records"] != true {
            break;
        }
        page += 1;
    }
}

/// Every damage is found, before anything is restored of it.
#[test]
fn a_damaged_backup_is_noticed_and_not_restored() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database| {
            let (binary, place) = (binary(), database.place());
            let server = ServerProcess::start(&binary, &place).await;
            let api = server.api().await;
            let id = api.insert(lead("Files")).await;
            let path = format!("Leads/{id}/Attachments");
            assert_eq!(api.upload(&path, "file", "a.txt", b"twelve bytes").await.status, 200);
            assert!(server.terminate().await.0.success());
            let target = tempfile::tempdir().expect("a folder");
            let folder = target.path().join("backup");
            let copy = folder.to_string_lossy().into_owned();
            let (succeeded, text) = said(&command(&binary, &place, &["admin", "backup", &copy]));
            assert!(succeeded && text.contains("1 organisations and 1 uploaded files"), "{text}");
            let (succeeded, text) = said(&command(&binary, &place, &["admin", "backup", &copy]));
            assert!(!succeeded && text.contains("is not empty"), "{text}");

            let mut files = Vec::new();
            below(&folder, &mut files);
            let blob = files.iter().find(|path| path.components().any(|part| part.as_os_str() == "blobs"));
            let blob = blob.expect("an uploaded file").clone();
            for file in files.iter().filter(|file| !file.ends_with("manifest.sha256")) {
                let whole = std::fs::read(file).expect("a file of the backup");
                let mut flipped = whole.clone();
                let middle = flipped.len() / 2;
                flipped[middle] ^= 1;
                for damaged in [Some(flipped), Some(whole[..middle].to_vec()), None] {
                    match damaged {
                        Some(bytes) => std::fs::write(file, bytes).expect("damage"),
                        None => std::fs::remove_file(file).expect("damage"),
                    }
                    let (succeeded, text) = said(&command(&binary, &place, &["admin", "verify", &copy]));
                    assert!(!succeeded, "{}: {text}", file.display());
                    let Some(fresh) = TestDatabase::empty(engine) else { return };
                    let (succeeded, text) =
                        said(&command(&binary, &fresh.place(), &["admin", "restore", &copy]));
                    assert!(!succeeded, "{}: {text}", file.display());
                    let left = std::fs::read_dir(&fresh.place().folder).expect("a folder").count();
                    assert_eq!(left, 0, "{}", file.display());
                }
                std::fs::write(file, whole).expect("the file as it was");
            }
            std::fs::write(folder.join("else"), "not of it").expect("a file");
            let (succeeded, text) = said(&command(&binary, &place, &["admin", "verify", &copy]));
            assert!(!succeeded && text.contains("else: does not belong to the backup"), "{text}");

            // Live data that lost a file says so, and a backup of it as well, which is made all the same.
            let live = place.folder.join(blob.strip_prefix(&folder).expect("it is below"));
            std::fs::remove_file(&live).expect("an uploaded file");
            let (succeeded, text) = said(&command(&binary, &place, &["admin", "verify"]));
            assert!(!succeeded && text.contains("is missing"), "{text}");
            let second = target.path().join("second").to_string_lossy().into_owned();
            let (succeeded, text) = said(&command(&binary, &place, &["admin", "backup", &second]));
            assert!(!succeeded && text.contains("missing: blobs/"), "{text}");
            assert!(target.path().join("second/manifest.json").is_file());
        });
    }
}

fn below(folder: &std::path::Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}

/// A copy of PostgreSQL does not go into a folder, nor one of SQLite into PostgreSQL.
#[test]
fn a_backup_goes_back_to_its_own_kind_of_database() {
    for (from, to) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
        on_each(from, async |database| {
            let (binary, place) = (binary(), database.place());
            let server = ServerProcess::start(&binary, &place).await;
            assert!(server.terminate().await.0.success());
            let target = tempfile::tempdir().expect("a folder");
            let copy = target.path().join("backup").to_string_lossy().into_owned();
            let (succeeded, text) = said(&command(&binary, &place, &["admin", "backup", &copy]));
            assert!(succeeded, "{text}");
            let Some(other) = TestDatabase::empty(to) else { return };
            let (succeeded, text) = said(&command(&binary, &other.place(), &["admin", "restore", &copy]));
            assert!(!succeeded && text.contains("this is a backup of"), "{text}");
        });
    }
}

/// In an emergency, `psql` reads a copy of PostgreSQL as well.
#[test]
fn psql_reads_a_copy_of_postgres() {
    on_each(Engine::Postgres, async |database| {
        let (binary, place) = (binary(), database.place());
        let server = ServerProcess::start(&binary, &place).await;
        // What COPY has to write in another way.
        let name = "Tab\tnewline\nbackslash \\. \\N ü 'quote\"";
        let id = server.api().await.insert(lead(name)).await;
        assert!(server.terminate().await.0.success());
        let target = tempfile::tempdir().expect("a folder");
        let copy = target.path().join("backup").to_string_lossy().into_owned();
        let (succeeded, text) = said(&command(&binary, &place, &["admin", "backup", &copy]));
        assert!(succeeded, "{text}");
        let Some(fresh) = TestDatabase::empty(Engine::Postgres) else { return };
        let url = fresh.place().postgres.expect("a URL");
        let mut scripts = Vec::new();
        below(std::path::Path::new(&copy), &mut scripts);
        for script in scripts.iter().filter(|path| path.extension().is_some_and(|end| end == "sql")) {
            let mut psql = std::process::Command::new("psql");
            psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"]).arg(script).arg(&url);
            let Ok(output) = psql.output() else { return };
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let server = ServerProcess::start(&binary, &fresh.place()).await;
        assert_eq!(server.api().await.record("Leads", &id).await["Last_Name"], name);
        assert!(server.terminate().await.0.success());
    });
}
