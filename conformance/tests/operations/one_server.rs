//! Two servers on one place: the second waits, says for whom, and goes on after the first.

use std::time::{Duration, Instant};

use dealwright_testkit::database::{Place, TestDatabase};
use dealwright_testkit::process::{ServerProcess, binary, command};
use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, Engine};
use serde_json::json;

use crate::{on_each, said};

/// How long a lease counts, with what it takes to notice its end.
const TAKEN_OVER: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(50);

/// Waits until a server says what it waits for.
async fn waits(server: &ServerProcess) -> String {
    for _ in 0..200 {
        match server.readiness().await {
            Some((503, text)) if text.contains("in use by") => return text,
            _ => tokio::time::sleep(PAUSE).await,
        }
    }
    panic!("it does not wait: {}", server.log());
}

async fn health(server: &ServerProcess) -> u16 {
    Api::new(server.url(), "v8", None).send_to(reqwest::Method::GET, "/healthz", Vec::new()).await.status
}

/// A place for the same database in another folder, as on another machine.
fn elsewhere(place: &Place, folder: &tempfile::TempDir) -> Place {
    Place { folder: folder.path().to_owned(), ..place.clone() }
}

async fn second_waits_and_takes_over(database: &TestDatabase) {
    let (binary, place) = (binary(), database.place());
    let first = ServerProcess::start(&binary, &place).await;
    let api = first.api().await;
    api.insert(lead("Before")).await;
    let mut second = ServerProcess::spawn(&binary, &place, &["--dev"]);
    let text = waits(&second).await;
    assert!(
        text.contains(&format!("process {}", first.id())) && text.contains("(dealwright serve)"),
        "{text}"
    );
    assert_eq!(health(&second).await, 200);
    let refused = Api::new(second.url(), "v8", None).get("Leads").await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "SERVICE_UNAVAILABLE"));
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(second.log().matches("waiting: ").count(), 1, "{}", second.log());
    // The first goes on as if nothing were.
    api.insert(lead("Meanwhile")).await;
    // Commands that would change what it keeps in memory are refused, others are not.
    for (arguments, works) in [
        (&["admin", "user", "list"][..], true),
        (&["admin", "verify"], true),
        (&["admin", "index", "list"], false),
        (&["admin", "index", "add", "--module", "Leads", "--field", "City"], false),
        (&["admin", "create", "--email", "a@example.com"], false),
    ] {
        let (succeeded, text) = said(&command(&binary, &place, arguments));
        assert_eq!(succeeded, works, "{arguments:?}: {text}");
        assert_eq!(
            text.contains(&format!("in use by process {}", first.id())),
            !works,
            "{arguments:?}: {text}"
        );
    }
    let killed = Instant::now();
    first.kill();
    second.wait().await;
    // Whoever has the folder knows that the other is gone; no lease has to run out.
    assert!(killed.elapsed() < Duration::from_secs(5), "{:?}", killed.elapsed());
    assert_eq!(second.api().await.count("Leads").await, 2);

    // A rolling restart is a pause.
    let mut third = ServerProcess::spawn(&binary, &place, &["--dev"]);
    waits(&third).await;
    let (status, log) = second.terminate().await;
    assert!(status.success(), "{log}");
    third.wait().await;
    let api = third.api().await;
    let field = json!({"fields": [{"field_label": "Scale", "data_type": "text", "length": 50}]});
    let made = api.post("settings/fields?module=Leads", &field).await;
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(api.count("Leads").await, 2);
}

#[test]
fn a_second_server_waits_and_takes_over_on_sqlite() {
    on_each(Engine::Sqlite, second_waits_and_takes_over);
}

#[test]
fn a_second_server_waits_and_takes_over_on_postgres() {
    on_each(Engine::Postgres, second_waits_and_takes_over);
}

/// In another folder nothing tells that the first was killed, but its lease ends.
#[test]
fn a_server_elsewhere_takes_the_database_over_when_the_lease_ends() {
    on_each(Engine::Postgres, async |database| {
        let (binary, place) = (binary(), database.place());
        let folder = tempfile::tempdir().expect("another folder");
        let other = elsewhere(&place, &folder);
        let first = ServerProcess::start(&binary, &place).await;
        first.api().await.insert(lead("Before")).await;
        let mut second = ServerProcess::spawn(&binary, &other, &["--dev"]);
        assert!(waits(&second).await.contains("the database is in use by process"), "{}", second.log());
        let killed = Instant::now();
        first.kill();
        second.wait().await;
        assert!(killed.elapsed() < TAKEN_OVER, "{:?}", killed.elapsed());
        assert_eq!(second.api().await.count("Leads").await, 1);
        // Given back in an orderly way, it is free at once.
        let mut third = ServerProcess::spawn(&binary, &place, &["--dev"]);
        waits(&third).await;
        let stopped = Instant::now();
        assert!(second.terminate().await.0.success());
        third.wait().await;
        assert!(stopped.elapsed() < Duration::from_secs(5), "{:?}", stopped.elapsed());
    });
}

/// A server that was frozen for longer than its lease writes nothing when it wakes, and ends.
#[test]
fn a_server_that_lost_its_lease_writes_nothing_and_ends() {
    on_each(Engine::Postgres, async |database| {
        let (binary, place) = (binary(), database.place());
        let folder = tempfile::tempdir().expect("another folder");
        let mut first = ServerProcess::start(&binary, &place).await;
        let api = first.api().await;
        api.insert(lead("Before")).await;
        first.signal(rustix::process::Signal::STOP);
        let mut second = ServerProcess::spawn(&binary, &elsewhere(&place, &folder), &["--dev"]);
        second.wait().await;
        let body = lead("After").body().to_string().into_bytes();
        let asked = tokio::spawn({
            let api = api.clone();
            async move { api.try_send(reqwest::Method::POST, "Leads", body).await }
        });
        tokio::time::sleep(PAUSE).await;
        first.signal(rustix::process::Signal::CONT);
        // No answer at all is as good as a refusal.
        if let Some(answer) = asked.await.expect("the call does not panic") {
            assert_eq!(
                (answer.status, answer.code().as_str()),
                (503, "SERVICE_UNAVAILABLE"),
                "{}",
                answer.text
            );
        }
        for _ in 0..400 {
            if first.ended().is_some() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let status = first.ended().expect("it ends by itself");
        assert_eq!(status.code(), Some(1), "{}", first.log());
        assert!(first.log().contains(&format!("now served by process {}", second.id())), "{}", first.log());
        assert_eq!(second.api().await.count("Leads").await, 1);
    });
}

/// Started at once on nothing, one makes everything and the others wait for it.
#[test]
fn servers_that_start_at_once_on_an_empty_place_do_not_race() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database| {
            let (binary, place) = (binary(), database.place());
            let folders: Vec<_> = (0..4).map(|_| tempfile::tempdir().expect("a folder")).collect();
            let mut servers: Vec<ServerProcess> = folders
                .iter()
                .map(|folder| {
                    // On SQLite the folder is the place; on PostgreSQL each has a folder of its own.
                    let own =
                        if engine == Engine::Postgres { elsewhere(&place, folder) } else { place.clone() };
                    ServerProcess::spawn(&binary, &own, &["--dev"])
                })
                .collect();
            while !servers.is_empty() {
                let mut serving = Vec::new();
                for _ in 0..600 {
                    serving.clear();
                    for (at, server) in servers.iter_mut().enumerate() {
                        assert_eq!(server.ended(), None, "{}", server.log());
                        if server.readiness().await.is_some_and(|(status, _)| status == 200) {
                            serving.push(at);
                        }
                    }
                    if !serving.is_empty() {
                        break;
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                assert_eq!(serving.len(), 1, "one serves, the others wait");
                let server = servers.remove(serving[0]);
                server.api().await.insert(lead("One more")).await;
                assert!(server.terminate().await.0.success());
            }
        });
    }
}

/// Both may be started by the same boot, the database later.
#[test]
fn a_server_waits_for_its_database_at_the_start() {
    let port = dealwright_testkit::postgres::free_port();
    let folder = tempfile::tempdir().expect("a folder");
    let postgres = Some(format!("postgres://nobody@127.0.0.1:{port}/nothing"));
    let place = Place { engine: Engine::Postgres, folder: folder.path().join("data"), postgres };
    tokio::runtime::Runtime::new().expect("a test may start threads").block_on(async {
        let mut server = ServerProcess::spawn(&binary(), &place, &["--dev"]);
        for _ in 0..100 {
            if server.readiness().await.is_some_and(|(_, text)| text.contains("the database is not up yet")) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let (status, text) = server.readiness().await.expect("it listens");
        assert_eq!(status, 503);
        assert!(text.contains("the database is not up yet"), "{text}");
        assert_eq!(server.ended(), None);
        assert!(!server.log().contains("listening on"), "{}", server.log());
    });
}
