//! Paths, methods and the headers of every answer.

use dealwright_testkit::on_both;
use reqwest::Method;

use crate::{assert_answer, outcome};

on_both! {
    async fn paths_that_are_none_answer_404(server: TestServer) {
        let api = server.api();
        assert_answer("routing__unknown_path", &api.send_to(Method::GET, "/nowhere", Vec::new()).await);
        for version in ["v1", "v9", "v2.0", "V8", "latest"] {
            let answer = server.version(version).get("Deals?fields=id").await;
            assert_eq!(outcome(&answer), "404 INVALID_URL_PATTERN", "{version}");
        }
        for path in ["settings/nonsense", "users/5/x/y/z", "bulk/x/y", "Deals/1/2/3/4/5", ""] {
            assert_eq!(outcome(&api.get(path).await), "404 INVALID_URL_PATTERN", "{path}");
        }
    }

    async fn unknown_paths_need_no_token(server: TestServer) {
        let answer = server.api().without_token().send_to(Method::GET, "/crm/v99/Deals", Vec::new()).await;
        assert_eq!(outcome(&answer), "404 INVALID_URL_PATTERN");
    }

    async fn methods_that_a_path_has_not_answer_400(server: TestServer) {
        let api = server.api();
        assert_answer("routing__method", &api.delete("org/").await);
        for (method, path) in [("POST", "Deals/1234567890123456789"), ("DELETE", "users"), ("PUT", "Deals/upsert"), ("TRACE", "Deals")] {
            let answer = api.send(method.parse().unwrap(), path, Vec::new()).await;
            assert_eq!(outcome(&answer), "400 INVALID_REQUEST_METHOD", "{method} {path}");
        }
    }

    async fn head_is_get_without_a_body(server: TestServer) {
        let answer = server.api().send(Method::HEAD, "org", Vec::new()).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }

    async fn every_answer_has_its_headers(server: TestServer) {
        let api = server.api();
        for answer in [api.get("org").await, api.get("Deals/abc").await, api.get("Deals?fields=id").await, api.without_token().get("org").await] {
            assert!(answer.header("x-request-id").is_some());
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
            assert_eq!(answer.header("cache-control"), Some("no-store, no-cache, must-revalidate, private"));
            let json = (!answer.text.is_empty()).then_some("application/json;charset=UTF-8");
            assert_eq!(answer.header("content-type"), json);
        }
        let first = api.get("org").await.header("x-request-id").map(str::to_owned);
        assert_ne!(first.as_deref(), api.get("org").await.header("x-request-id"));
    }

    async fn modules_are_named_to_the_letter(server: TestServer) {
        let api = server.api();
        let lower = api.get("deals?fields=id").await;
        assert!([204, 400].contains(&lower.status), "{}", lower.text);
        assert_eq!(outcome(&api.get("No%20Module?fields=id").await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get("%27;drop%20table?fields=id").await), "400 INVALID_MODULE");
    }

    async fn whoever_runs_the_server_can_ask_how_it_is(server: TestServer) {
        let nobody = server.api().without_token();
        for (path, expected) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
            let answer = nobody.send_to(Method::GET, path, Vec::new()).await;
            assert_eq!((answer.status, answer.text.as_str()), (200, expected));
        }
        server.api().get("org").await;
        let metrics = nobody.send_to(Method::GET, "/metrics", Vec::new()).await;
        assert!(metrics.text.contains("org.get"), "{}", metrics.text);
        let series: Vec<&str> = metrics.text.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(series.len() < 100, "a server that did little has {} series", series.len());
        let looked_up = [
            "dealwright_jobs{state=\"queued\"} 0", "dealwright_jobs{state=\"running\"} 0", "dealwright_open_orgs 1",
            "dealwright_mails{state=\"due\"} 0", "dealwright_outbox_events ", "dealwright_full_text_noted ", "process_resident_memory_bytes ", "process_open_fds ",
        ];
        for family in looked_up {
            assert!(series.iter().any(|line| line.starts_with(family)), "no {family} in {}", metrics.text);
        }
    }
}
