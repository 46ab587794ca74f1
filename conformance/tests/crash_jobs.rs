//! Power cuts during a job: the server is killed in the middle of a mass update of some thousand records and started
//! again. The job must go on by itself, and in the end each record must have been changed by it exactly once.
//!
//! `DEALWRIGHT_CRASH_RECORDS` says how many records; 2,000 when it says nothing.

use std::time::Duration;

use dealwright_testkit::database::TestDatabase;
use dealwright_testkit::process::{ServerProcess, binary};
use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, Engine};
use serde_json::{Value, json};

const RECORDS: usize = 2_000;
/// Jobs that may be over before they could be interrupted.
const TRIES: usize = 5;
/// Kills per job.
const KILLS: usize = 2;
const PATH: &str = "Leads/actions/mass_update";

#[test]
fn sqlite_changes_each_record_once() {
    prove(Engine::Sqlite);
}

#[test]
fn postgres_changes_each_record_once() {
    prove(Engine::Postgres);
}

#[expect(clippy::print_stdout, reason = "the numbers are the proof")]
fn prove(engine: Engine) {
    let Some(database) = TestDatabase::empty(engine) else {
        println!("skipped: no PostgreSQL here");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a test may start threads");
    runtime.block_on(async {
        let binary = tokio::task::spawn_blocking(binary).await.expect("the message of the panic is above");
        let records = records();
        let server = ServerProcess::start(&binary, &database.place()).await;
        let api = server.api().await;
        let leads: Vec<Value> = (0..records).map(|n| lead(&format!("{n}")).value()).collect();
        let ids = api.insert_all("Leads", &leads).await;
        let view = view(&api).await;
        let mut running = Some((server, api));
        let (mut jobs, mut kills) = (0, 0);
        while kills == 0 && jobs < TRIES {
            jobs += 1;
            let (mut server, mut api) = running.take().expect("each round leaves a server behind");
            let body = json!({"data": [{"City": format!("job {jobs}")}], "cvid": view, "over_write": true});
            let answer = api.post(PATH, &body).await;
            let job = answer.json()["data"][0]["details"]["job_id"].as_str().map(str::to_owned);
            let job = job.unwrap_or_else(|| panic!("no job: {}", answer.text));
            for _ in 0..KILLS {
                if !is_on_its_way(&api, &job).await {
                    break;
                }
                server.kill();
                kills += 1;
                server = ServerProcess::start(&binary, &database.place()).await;
                api = server.api().await;
            }
            let status = ended(&api, &job).await;
            let all = json!({"Status": "COMPLETED", "Failed_Count": 0, "Updated_Count": records, "Not_Updated_Count": 0, "Total_Count": records});
            assert_eq!(status, all);
            running = Some((server, api));
        }
        let (_server, api) = running.expect("each round leaves a server behind");
        println!("{engine:?}: {records} records, {jobs} jobs, killed {kills} times on the way");
        assert!(kills > 0, "every job was over before the server could be killed");
        let wrong = changed_otherwise(&api, ids, jobs).await;
        assert!(wrong.is_empty(), "changed more or less often than {jobs} times: {wrong:?}");
    });
}

#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn records() -> usize {
    std::env::var("DEALWRIGHT_CRASH_RECORDS").ok().and_then(|text| text.parse().ok()).unwrap_or(RECORDS)
}

async fn view(api: &Api) -> String {
    let answer = api.get("settings/custom_views?module=Leads").await.json();
    answer["custom_views"][0]["id"].as_str().expect("leads have views").to_owned()
}

async fn status(api: &Api, job: &str) -> Value {
    let answer = api.get(&format!("{PATH}?job_id={job}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.rows()[0].clone()
}

/// Waits until a further part of the job is done. False when it is over by then.
async fn is_on_its_way(api: &Api, job: &str) -> bool {
    let before = status(api, job).await["Updated_Count"].clone();
    loop {
        let now = status(api, job).await;
        if now["Status"] == "COMPLETED" || now["Status"] == "FAILED" {
            return false;
        }
        if now["Updated_Count"] != before {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn ended(api: &Api, job: &str) -> Value {
    for _ in 0..3_000 {
        let now = status(api, job).await;
        if now["Status"] == "COMPLETED" || now["Status"] == "FAILED" {
            return now;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the job does not end");
}

/// Records whose history does not have exactly one change per job, with the number it has.
async fn changed_otherwise(api: &Api, ids: Vec<String>, jobs: usize) -> Vec<(String, usize)> {
    let mut readers = Vec::new();
    for some in ids.chunks(ids.len().div_ceil(8).max(1)) {
        let (api, some) = (api.clone(), some.to_vec());
        readers.push(tokio::spawn(async move {
            let mut wrong = Vec::new();
            for id in some {
                let answer = api.get(&format!("Leads/{id}/__timeline")).await.json();
                let entries = answer["__timeline"].as_array().cloned().unwrap_or_default();
                let changes = entries.iter().filter(|entry| entry["action"] == "updated").count();
                if changes != jobs {
                    wrong.push((id, changes));
                }
            }
            wrong
        }));
    }
    let mut wrong = Vec::new();
    for reader in readers {
        wrong.extend(reader.await.expect("a reader does not panic"));
    }
    wrong
}
