//! A development server answers to its own names only, so that a web page cannot reach it by DNS rebinding.

use dealwright_server::ops::operations;
use dealwright_testkit::{Answer, Api, TestServer, on_both};
use reqwest::Method;

async fn get(server: &TestServer, host: &str, path: &str) -> Answer {
    server.api().header("host", host).send_to(Method::GET, path, Vec::new()).await
}

/// An answer that sends nobody on and says what to set.
fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 421, "{what}: {}", answer.text);
    assert!(answer.text.contains("--public-url"), "{what}: {}", answer.text);
    assert!(
        answer.header("access-control-allow-origin").is_none() && answer.header("set-cookie").is_none(),
        "{what}"
    );
}

on_both! {
    async fn its_own_names_are_answered(server: TestServer) {
        let port = server.url.rsplit(':').next().unwrap().to_owned();
        for host in [
            "localhost", "LOCALHOST", "localhost.", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "[::ffff:127.0.0.1]",
        ] {
            for host in [host.to_owned(), format!("{host}:{port}"), format!("{host}:1")] {
                let answer = get(&server, &host, "/crm/v8/org").await;
                assert_eq!(answer.status, 200, "{host}: {}", answer.text);
            }
        }
    }

    async fn foreign_names_are_refused(server: TestServer) {
        let port = server.url.rsplit(':').next().unwrap().to_owned();
        for host in [
            "evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "evil-localhost", "crm.test", "192.168.1.10", "10.0.0.1",
            "0.0.0.0", "[::]", "[2001:db8::1]", "127.0.0.1@evil.test", "user@localhost", "2130706433",
        ] {
            for host in [host.to_owned(), format!("{host}:{port}")] {
                assert_refused(&get(&server, &host, "/crm/v8/org").await, &host);
            }
        }
    }

    async fn it_is_so_on_every_path_and_for_every_method(server: TestServer) {
        let evil: Api = server.api().header("host", "rebound.evil.test");
        let mut paths: Vec<String> = ["/", "/healthz", "/readyz", "/metrics", "/dev/mailbox", "/dev/mailbox/1", "/dev/mailbox/1/raw",
            "/console", "/console/new", "/console/account", "/console/people", "/oauth/signin", "/oauth/link?token=x", "/oauth/password",
            "/oauth/forgot", "/oauth/v2/auth", "/oauth/v2/token", "/oauth/v2/token/info", "/oauth/v2/userinfo", "/oauth/user/info",
            "/oauth/v3/device", "/oauth/style.css", "/.well-known/openid-configuration", "/no/such/path"].map(str::to_owned).into();
        paths.extend(operations().map(|operation| {
            operation.route().replace("{version}", "v8").replace("{module}", "Leads").replace(['{', '}'], "")
        }));
        assert!(paths.len() > 100, "the registry is among them");
        paths.sort();
        paths.dedup();
        for path in paths {
            for method in [Method::GET, Method::POST, Method::OPTIONS, Method::DELETE] {
                let answer = evil.send_to(method.clone(), &path, Vec::new()).await;
                assert_refused(&answer, &format!("{method} {path}"));
            }
        }
    }

    async fn the_host_of_the_public_url_is_its_own(server: TestServer) {
        let server = server.restart(|config| "http://crm.test:8080/".clone_into(&mut config.public_url)).await;
        for host in ["crm.test", "CRM.test:8080", "crm.test.", "localhost"] {
            assert_eq!(get(&server, host, "/crm/v8/org").await.status, 200, "{host}");
        }
        for host in ["evil.test", "xcrm.test", "crm.test.evil.test", "test"] {
            assert_refused(&get(&server, host, "/crm/v8/org").await, host);
        }
    }
}
