//! Where weaknesses are reported (RFC 9116).

use dealwright_testkit::{Answer, TestServer, on_both};
use dealwright_wire::{Instant, Zone};
use reqwest::Method;

async fn get(server: &TestServer) -> Answer {
    server.api().without_token().send_to(Method::GET, "/.well-known/security.txt", Vec::new()).await
}

/// The values of a field, in their order.
fn values<'a>(answer: &'a Answer, field: &str) -> Vec<&'a str> {
    let lines = answer.text.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(name, _)| *name == field).map(|(_, value)| value).collect()
}

on_both! {
    async fn everybody_is_told_where_to_report_a_weakness(server: TestServer) {
        let answer = get(&server).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(answer.header("content-type"), Some("text/plain; charset=utf-8"));
        let contact = values(&answer, "Contact");
        assert!(contact.len() == 1 && contact[0].starts_with("https://"), "{}", answer.text);
        assert_eq!(values(&answer, "Preferred-Languages"), ["en"]);
        // Every line is a field or a comment; another would make the file invalid.
        let known = ["Contact", "Expires", "Preferred-Languages", "Canonical", "Policy"];
        for line in answer.text.lines().filter(|line| !line.starts_with('#')) {
            assert!(line.split_once(": ").is_some_and(|(name, _)| known.contains(&name)), "{line}");
        }
    }

    async fn it_expires_within_a_year_of_the_servers_clock(server: TestServer) {
        let year = std::time::Duration::from_hours(366 * 24);
        for _ in 0..2 {
            let answer = get(&server).await;
            let expires = values(&answer, "Expires");
            assert_eq!(expires.len(), 1, "{}", answer.text);
            let expires = Instant::parse(expires[0], &Zone::UTC).expect("a time");
            let now = server.clock.now();
            assert!(expires > now && expires.0 < now.0 + year.as_secs() as i64, "{}", answer.text);
            server.clock.advance(year);
        }
    }

    async fn it_names_its_own_address_where_that_has_tls(server: TestServer) {
        assert!(values(&get(&server).await, "Canonical").is_empty(), "an address without TLS is not allowed there");
        let server = server.restart(|config| "https://127.0.0.1/".clone_into(&mut config.public_url)).await;
        let answer = get(&server).await;
        assert_eq!(values(&answer, "Canonical"), ["https://127.0.0.1/.well-known/security.txt"], "{}", answer.text);
    }
}
