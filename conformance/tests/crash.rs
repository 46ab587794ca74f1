//! Power cuts: the server is killed while 16 writers are at work, started again, and asked for what it had
//! acknowledged. No acknowledged record may be missing, and no batch may be there in part. Every record is found by its word,
//! though the full text that writers do not wait for was cut off as well, and none is found that is not there.
//!
//! `DEALWRIGHT_CRASH_ROUNDS` says how often, per database; three times when it says nothing.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use dealwright_testkit::database::TestDatabase;
use dealwright_testkit::process::{ServerProcess, binary};
use dealwright_testkit::records::deal;
use dealwright_testkit::rounds::stored_in;
use dealwright_testkit::{Api, Engine};
use serde_json::json;

const WRITERS: usize = 16;
/// Records of one batch.
const BATCH: usize = 10;
const ROUNDS: u64 = 3;
/// When the server is killed: some time within this many milliseconds, but not before so many.
const FIRST_MILLISECONDS: u64 = 150;
const SPREAD_MILLISECONDS: u64 = 1_200;

/// A batch as its writer knows it.
struct Written {
    marker: String,
    /// Ids of its records; `None` when no answer came.
    ids: Option<Vec<String>>,
}

/// What the rounds came to.
#[derive(Default)]
struct Tally {
    acknowledged: usize,
    unanswered: usize,
    lost: usize,
    torn: usize,
    /// Batches of which a search finds more or fewer records than there are.
    sought_wrongly: usize,
    /// Records that were there after the rounds so far.
    stored: usize,
}

#[test]
fn sqlite_loses_nothing_and_tears_nothing() {
    prove(Engine::Sqlite);
}

#[test]
fn postgres_loses_nothing_and_tears_nothing() {
    prove(Engine::Postgres);
}

#[expect(clippy::print_stdout, reason = "the numbers are the proof")]
fn prove(engine: Engine) {
    let rounds = rounds();
    let Some(database) = TestDatabase::empty(engine) else {
        println!("skipped: no PostgreSQL here");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a test may start threads");
    let mut tally = Tally::default();
    runtime.block_on(async {
        let binary = built().await;
        for round in 0..rounds {
            let server = ServerProcess::start(&binary, &database.place()).await;
            let written = write_until_killed(server, round).await;
            let server = ServerProcess::start(&binary, &database.place()).await;
            check(&server.api().await, round, &written, &mut tally).await;
        }
    });
    let Tally { acknowledged, unanswered, lost, torn, sought_wrongly, .. } = tally;
    println!(
        "{engine:?}: {rounds} rounds, {acknowledged} records acknowledged, {unanswered} batches unanswered, \
         {lost} lost, {torn} batches torn, {sought_wrongly} found wrongly"
    );
    assert!(acknowledged > 0, "nothing was written");
    assert_eq!((lost, torn, sought_wrongly), (0, 0, 0));
}

#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn rounds() -> u64 {
    std::env::var("DEALWRIGHT_CRASH_ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(ROUNDS)
}

/// Only one of the two tests builds the binary when it is missing.
async fn built() -> PathBuf {
    static BINARY: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    let path = tokio::task::spawn_blocking(|| BINARY.get_or_init(binary).clone()).await;
    path.expect("the message of the panic is above")
}

async fn write_until_killed(server: ServerProcess, round: u64) -> Vec<Written> {
    let stopped = Arc::new(AtomicBool::new(false));
    let next = Arc::new(AtomicU64::new(0));
    let api = server.api().await;
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        let (api, stopped, next) = (api.clone(), Arc::clone(&stopped), Arc::clone(&next));
        writers.push(tokio::spawn(async move {
            let mut written = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                let marker = format!("round {round} batch {}", next.fetch_add(1, Ordering::Relaxed));
                let ids = write(&api, &marker).await;
                let answered = ids.is_some();
                written.push(Written { marker, ids });
                if !answered {
                    break;
                }
            }
            written
        }));
    }
    tokio::time::sleep(Duration::from_millis(moment(round))).await;
    server.kill();
    stopped.store(true, Ordering::Relaxed);
    let mut all = Vec::new();
    for writer in writers {
        all.extend(writer.await.expect("a writer does not panic"));
    }
    all
}

/// A moment that differs from round to round and from run to run.
fn moment(round: u64) -> u64 {
    use std::hash::{BuildHasher as _, RandomState};
    FIRST_MILLISECONDS + RandomState::new().hash_one(round) % SPREAD_MILLISECONDS
}

/// A word that only records of the batch have, and that no other begins with.
fn word(marker: &str) -> String {
    format!("{}x", marker.replace(' ', ""))
}

/// How many deals a search for the word finds.
async fn found(api: &Api, word: &str) -> usize {
    let answer = api.get(&format!("Deals/actions/count?word={word}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["count"].as_u64().and_then(|count| count.try_into().ok()).unwrap_or_default()
}

async fn write(api: &Api, marker: &str) -> Option<Vec<String>> {
    let record = deal(&word(marker)).with("Next_Step", marker).value();
    let body = json!({ "data": vec![record; BATCH] }).to_string().into_bytes();
    let answer = api.try_send(reqwest::Method::POST, "Deals", body).await?;
    assert_eq!(answer.status, 201, "{}", answer.text);
    Some(answer.ids())
}

/// Compares what the server has with what it acknowledged.
async fn check(api: &Api, round: u64, written: &[Written], tally: &mut Tally) {
    let stored = stored_in(api, round).await;
    tally.stored += stored.len();
    assert_eq!(api.count("Deals").await, tally.stored as u64, "records of earlier rounds are missing");
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for marker in stored.values() {
        *sizes.entry(marker).or_default() += 1;
    }
    for batch in written {
        let size = sizes.get(batch.marker.as_str()).copied().unwrap_or(0);
        tally.sought_wrongly += usize::from(found(api, &word(&batch.marker)).await != size);
        if size != 0 && size != BATCH {
            tally.torn += 1;
        }
        match &batch.ids {
            Some(ids) => {
                tally.acknowledged += ids.len();
                tally.lost += ids.iter().filter(|id| stored.get(*id) != Some(&batch.marker)).count();
            }
            None => tally.unanswered += 1,
        }
    }
}
