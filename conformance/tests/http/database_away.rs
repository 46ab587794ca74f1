//! PostgreSQL that is away, slow or held up: every call ends in time with an answer that says so.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dealwright_store::{Database, Sql, StoreError};
use dealwright_testkit::postgres::{AUTHORITY, STRANGER};
use dealwright_testkit::records::deal;
use dealwright_testkit::{Answer, Api, Engine, TestServer, run};
use reqwest::Method;
use tokio::sync::oneshot;

use super::bad_line::BadLine;
use crate::outcome;

/// Deadlines in the URL, and by when a call has ended with them: a connection, a statement and its end.
const SHORT: &str = "?statement_timeout=1&pool_timeout=1&connect_timeout=1";
const ENDED: Duration = Duration::from_secs(12);

/// How many calls the bad line gets; more for whoever asks for them.
#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn calls() -> usize {
    let asked = std::env::var("DEALWRIGHT_TEST_BAD_LINE").ok();
    asked.map_or(400, |number| number.parse().expect("DEALWRIGHT_TEST_BAD_LINE is a number of calls"))
}

/// The server with a line of ours between it and its database.
async fn behind_a_line(server: TestServer, options: &str) -> (TestServer, BadLine) {
    let url = server.storage().postgres.expect("the server is on PostgreSQL");
    let (start, rest) = url.split_once("//").expect("a URL");
    let (place, database) = rest.split_once('/').expect("a URL with a database");
    let (user, address) = place.rsplit_once('@').expect("a URL with a user");
    let line = BadLine::to(address.to_owned()).await;
    let url = format!("{start}//{user}@{}/{database}{options}", line.address);
    (server.restart(|config| config.storage.postgres = Some(url)).await, line)
}

fn is_documented(answer: &Answer) -> bool {
    match answer.status {
        200 | 201 | 204 => true,
        503 => answer.code() == "SERVICE_UNAVAILABLE" && answer.header("retry-after").is_some(),
        _ => false,
    }
}

/// One of several kinds of calls, by number. Gives the id of what was acknowledged.
async fn call(api: &Api, number: usize) -> (Answer, Option<String>) {
    let answer = match number % 5 {
        0 | 1 => api.post("Deals", &deal(&format!("deal {number}")).body()).await,
        2 => api.get("Deals?fields=Deal_Name").await,
        3 => {
            let query =
                serde_json::json!({ "select_query": "select Deal_Name from Deals where id is not null" });
            api.post("coql", &query).await
        }
        _ => api.get("org").await,
    };
    let id =
        (answer.status == 201).then(|| answer.json()["data"][0]["details"]["id"].as_str().map(str::to_owned));
    (answer, id.flatten())
}

#[test]
fn every_call_on_a_bad_line_ends_in_time_and_nothing_acknowledged_is_lost() {
    run(Engine::Postgres, |server| async move {
        let (server, line) = behind_a_line(server, SHORT).await;
        let (line, next) = (Arc::new(line), Arc::new(AtomicUsize::new(0)));
        let mut callers = Vec::new();
        for _ in 0..8 {
            let (api, next) = (server.api(), Arc::clone(&next));
            callers.push(tokio::spawn(async move {
                let (mut acknowledged, mut unavailable, mut slowest) = (Vec::new(), 0, Duration::ZERO);
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= calls() {
                        return (acknowledged, unavailable, slowest);
                    }
                    let begun = Instant::now();
                    let (answer, id) = call(&api, number).await;
                    slowest = slowest.max(begun.elapsed());
                    assert!(is_documented(&answer), "{} {}", answer.status, answer.text);
                    unavailable += usize::from(answer.status == 503);
                    acknowledged.extend(id);
                }
            }));
        }
        // Always the same troubles, in an order that has no pattern.
        let troubles = tokio::spawn({
            let (line, next) = (Arc::clone(&line), Arc::clone(&next));
            async move {
                let mut seed = 11_u64;
                while next.load(Ordering::Relaxed) < calls() {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    let (kind, wait) = ((seed >> 40) % 10, 20 + (seed >> 33) % 200);
                    match kind {
                        0..=2 => line.cut(),
                        3 | 4 => line.delay(Duration::from_millis(wait / 4)),
                        5 => line.stall(true),
                        _ => {}
                    }
                    let long = if kind == 5 { 15 } else { 1 };
                    tokio::time::sleep(Duration::from_millis(wait * long)).await;
                    line.stall(false);
                    line.delay(Duration::ZERO);
                }
            }
        });
        let (mut acknowledged, mut unavailable, mut slowest) = (Vec::new(), 0, Duration::ZERO);
        for caller in callers {
            let (ids, refused, slow) = caller.await.expect("it does not panic");
            acknowledged.extend(ids);
            (unavailable, slowest) = (unavailable + refused, slowest.max(slow));
        }
        troubles.await.expect("it does not panic");
        assert!(slowest < ENDED, "a call took {slowest:?}");
        assert!(unavailable > 0, "the line was good");
        let mut lost = 0;
        for ids in acknowledged.chunks(100) {
            let found = server.api().get(&format!("Deals?fields=id&ids={}", ids.join(","))).await;
            assert_eq!(found.status, 200, "{}", found.text);
            lost += ids.len() - found.rows().len();
        }
        assert_eq!(lost, 0, "of {} acknowledged records", acknowledged.len());
        println(&format!(
            "{} calls, {unavailable} unavailable, slowest {slowest:?}, {} acknowledged",
            calls(),
            acknowledged.len()
        ));
    });
}

#[expect(clippy::print_stdout, reason = "figures for whoever asks for them")]
fn println(text: &str) {
    println!("{text}");
}

#[test]
fn a_frozen_database_is_told_of_and_served_again_when_it_thaws() {
    run(Engine::Postgres, |server| async move {
        let (server, line) = behind_a_line(server, SHORT).await;
        assert_eq!(server.api().get("org").await.status, 200);
        line.stall(true);
        let begun = Instant::now();
        let asked = [
            server.api().get("Deals?fields=id").await,
            server.api().post("Deals", &deal("x").body()).await,
            server.api().get("Contacts?fields=id").await,
        ];
        for answer in &asked {
            assert!(is_documented(answer) && answer.status == 503, "{} {}", answer.status, answer.text);
        }
        assert!(begun.elapsed() < 3 * ENDED);
        let ready = reqwest::get(format!("{}/readyz", server.url)).await.expect("an answer");
        assert_eq!(ready.status(), 503);
        line.stall(false);
        line.cut();
        // Whatever was half done has ended; the connections that are left are good or replaced.
        let mut last = server.api().get("Deals?fields=id").await;
        for _ in 0..20 {
            if last.status == 204 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            last = server.api().get("Deals?fields=id").await;
        }
        assert_eq!(last.status, 204, "{}", last.text);
    });
}

#[test]
fn reads_after_the_connections_broke_are_answered_as_if_nothing_had_happened() {
    run(Engine::Postgres, |server| async move {
        let (server, line) = behind_a_line(server, "").await;
        let id = server.api().insert(deal("x")).await;
        for round in 0..20 {
            line.cut();
            for path in ["Deals?fields=Deal_Name", &format!("Deals/{id}"), "org"] {
                let answer = server.api().get(path).await;
                assert_eq!(answer.status, 200, "round {round}, {path}: {}", answer.text);
            }
            line.cut();
            let answer = server.api().post("Deals", &deal("y").body()).await;
            assert_eq!(outcome(&answer), "201 SUCCESS", "round {round}: {}", answer.text);
        }
    });
}

#[test]
fn reads_whose_callers_have_gone_keep_no_connection() {
    run(Engine::Postgres, |server| async move {
        let url = server.storage().postgres.expect("the server is on PostgreSQL");
        let database = Database::postgres(&url).await.expect("the database answers");
        let org = database.store(&format!("org_{}", server.development.org)).await.expect("the org is there");
        let (locked, is_locked) = oneshot::channel();
        let (unlock, wait) = oneshot::channel::<()>();
        let lock = tokio::spawn(async move {
            org.write(move |tx| {
                Box::pin(async move {
                    tx.script(&Sql::from("LOCK TABLE {deals} IN ACCESS EXCLUSIVE MODE")).await?;
                    let _ = locked.send(());
                    let _ = wait.await;
                    Ok::<_, StoreError>(())
                })
            })
            .await
        });
        is_locked.await.expect("the table is locked");
        let mut gone = Vec::new();
        for _ in 0..40 {
            let api = server.api();
            gone.push(tokio::spawn(async move {
                let call = api.try_send(Method::GET, "Deals?fields=Deal_Name", Vec::new());
                let answered = tokio::time::timeout(Duration::from_millis(500), call).await.ok();
                answered.map(|answer| answer.map(|answer| format!("{} {}", answer.status, answer.text)))
            }));
        }
        for call in gone {
            assert_eq!(call.await.expect("it does not panic"), None, "the table was not locked");
        }
        let begun = Instant::now();
        let answer = server.api().get("Contacts?fields=Email").await;
        assert_eq!(answer.status, 204, "{}", answer.text);
        assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
        let _ = unlock.send(());
        lock.await.expect("it does not panic").expect("the lock is given back");
    });
}

#[test]
fn connections_to_the_database_are_encrypted_and_its_certificate_is_checked() {
    run(Engine::Postgres, |server| async move {
        let url = server.storage().postgres.expect("the server is on PostgreSQL");
        let encrypted = format!("{url}?sslmode=require&sslrootcert={AUTHORITY}");
        let server = server.restart(|config| config.storage.postgres = Some(encrypted.clone())).await;
        assert_eq!(server.api().get("org").await.status, 200);
        let database = Database::postgres(&encrypted).await.expect("the database answers");
        let control = database.store("control").await.expect("the store is there");
        let sql = "SELECT count(*) FROM pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid \
                   WHERE a.application_name = 'dealwright' AND NOT s.ssl AND a.datname = current_database()";
        let plain = control
            .read(dealwright_store::Weight::Point, move |conn| {
                Box::pin(async move { conn.first(&Sql::from(sql), &[], |row| row.int(0)).await })
            })
            .await;
        assert_eq!(plain.expect("the database answers"), Some(Some(0)));
        for options in [format!("sslmode=require&sslrootcert={STRANGER}"), "sslmode=require".to_owned()] {
            let refused = Database::postgres(&format!("{url}?{options}")).await;
            assert!(refused.is_err(), "{options}: a certificate of anybody is taken");
        }
    });
}
