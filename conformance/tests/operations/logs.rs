//! At every level the log tells no secret and nothing of what records hold; and no connection leaves the machine.

use std::path::Path;

use dealwright_accounts::bootstrap;
use dealwright_testkit::Engine;
use dealwright_testkit::database::TestDatabase;
use dealwright_testkit::process::{ServerProcess, binary};
use dealwright_testkit::records::{contact, deal};
use serde_json::json;

use crate::on_each;

/// Stands in everything that is written or asked for.
const MARK: &str = "Zq7Secret";

/// Calls of many kinds, each with the mark in it; gives the tokens that must not be seen either.
async fn talk(server: &ServerProcess, round: usize) -> Vec<String> {
    let api = server.api().await;
    let id = api.insert(deal(&format!("Deal {MARK}")).with("Description", json!(MARK))).await;
    api.insert(contact(MARK).with("Email", json!(format!("{MARK}{round}@example.com")))).await;
    api.put(&format!("Deals/{id}"), &json!({"data": [{"Next_Step": MARK}]})).await;
    for path in [
        format!("Deals/search?criteria=(Deal_Name:starts_with:Deal {MARK})"),
        format!("Deals/search?word={MARK}"),
        format!("Deals?fields=Deal_Name&page_token={MARK}"),
        format!("Nothing{MARK}/{MARK}?x={MARK}"),
    ] {
        api.get(&path).await;
    }
    let query = format!("select Deal_Name from Deals where Deal_Name like '%{MARK}%'");
    api.post("coql", &json!({ "select_query": query })).await;
    api.post("Deals", &json!({"data": [{"Deal_Name": MARK, "Amount": MARK}]})).await;
    api.with_token(&format!("1000.{MARK}.{MARK}")).get("Deals").await;
    let client = bootstrap::CLIENTS[0];
    let wrong = [
        ("grant_type", "authorization_code"),
        ("client_id", client.client_id),
        ("client_secret", MARK),
        ("code", MARK),
    ];
    api.without_token().form("/oauth/v2/token", &wrong).await;
    let sign_in = [("email", "zq7secret@example.com"), ("password", MARK)];
    api.without_token().form(&format!("/oauth/signin?next=/console%3F{MARK}"), &sign_in).await;
    vec![
        MARK.to_owned(),
        MARK.to_lowercase(),
        api.token().to_owned(),
        client.client_secret.to_owned(),
        bootstrap::REFRESH_TOKEN.to_owned(),
    ]
}

/// What the server says to whoever starts it in development is no log line.
fn lines(log: &str) -> impl Iterator<Item = &str> {
    log.lines().filter(|line| line.starts_with('{'))
}

async fn tells_nothing(database: &TestDatabase) {
    for (round, level) in ["info", "debug", "trace"].into_iter().enumerate() {
        let options = ["--dev", "--log-level", level, "--log-format", "json"];
        let mut server = ServerProcess::spawn(&binary(), &database.place(), &options);
        server.wait().await;
        let secrets = talk(&server, round).await;
        let (status, log) = server.terminate().await;
        assert!(status.success(), "{log}");
        assert!(lines(&log).count() > 1, "{level}: {log}");
        for secret in secrets {
            let told = lines(&log).find(|line| line.contains(&secret));
            assert_eq!(told, None, "{level}: a line holds {secret}");
        }
        assert!(!log.contains("\"log.file\""), "{level}: lines name files of whoever built it");
    }
}

#[test]
fn no_log_line_tells_a_secret_sqlite() {
    on_each(Engine::Sqlite, tells_nothing);
}

#[test]
fn no_log_line_tells_a_secret_postgres() {
    on_each(Engine::Postgres, tells_nothing);
}

/// Addresses, other than those of this machine, that a process has a socket to.
fn far_peers(process: u32) -> Vec<String> {
    let sockets =
        |path: &str| std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join(path));
    let own: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .map(|entries| {
            let links = entries.flatten().filter_map(|entry| std::fs::read_link(entry.path()).ok());
            links
                .filter_map(|link| {
                    Some(link.to_str()?.strip_prefix("socket:[")?.trim_end_matches(']').to_owned())
                })
                .collect()
        })
        .unwrap_or_default();
    let is_here = |address: &str| {
        let address = address.split(':').next().unwrap_or_default();
        let loopback_6 = "00000000000000000000000001000000";
        address.ends_with("7F")
            || address.bytes().all(|byte| byte == b'0')
            || address == loopback_6
            || address.ends_with("FFFF00000100007F")
    };
    let mut far = Vec::new();
    for table in ["net/tcp", "net/tcp6", "net/udp", "net/udp6"] {
        for line in sockets(table).unwrap_or_default().lines().skip(1) {
            let columns: Vec<&str> = line.split_whitespace().collect();
            if let [_, _, peer, ..] = columns[..]
                && columns.get(9).is_some_and(|inode| own.iter().any(|socket| socket == inode))
                && !is_here(peer)
            {
                far.push(format!("{table} {peer}"));
            }
        }
    }
    far
}

#[test]
fn nothing_is_sent_anywhere() {
    on_each(Engine::Sqlite, async |database| {
        let server = ServerProcess::start(&binary(), &database.place()).await;
        for _ in 0..40 {
            assert_eq!(far_peers(server.id()), Vec::<String>::new());
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        talk(&server, 0).await;
        assert_eq!(far_peers(server.id()), Vec::<String>::new());
        server.kill();
    });
}
