//! Addresses that are none, and methods that are none there: pages for people, JSON for programs.

use super::administrator;
use dealwright_testkit::{Answer, Api, on_both};
use reqwest::Method;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn ask(api: &Api, accept: &str, method: Method, path: &str) -> Answer {
    api.header("accept", accept).send_to(method, path, Vec::new()).await
}

fn assert_page(answer: &Answer, status: u16, title: &str, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    assert_eq!(answer.header("content-type"), Some("text/html;charset=UTF-8"), "{what}");
    assert!(answer.text.contains(&format!("<title>{title} · Dealwright</title>")), "{what}: {}", answer.text);
    assert!(
        answer.text.contains("<html lang=\"en\">") && answer.text.contains("href=\"/console\""),
        "{what}"
    );
    assert!(
        answer.header("x-request-id").is_some() && answer.header("content-security-policy").is_some(),
        "{what}"
    );
}

on_both! {
    async fn people_get_a_page_and_a_way_back(server: TestServer) {
        let nobody = server.api().without_token();
        for path in ["/nope", "/console/nope", "/favicon.ico", "/oauth", "/dev/nope", "/crmx", "/oauth/v2/auth/x"] {
            assert_page(&ask(&nobody, BROWSER, Method::GET, path).await, 404, "Not found", path);
        }
        for (method, path) in [
            (Method::GET, "/oauth/v2/introspect"),
            (Method::GET, "/oauth/v3/device/code"),
            (Method::DELETE, "/console"),
            (Method::PUT, "/oauth/signin"),
            (Method::POST, "/metrics"),
        ] {
            let answer = ask(&nobody, BROWSER, method.clone(), path).await;
            assert_page(&answer, 405, "Nothing to see here", path);
            assert!(answer.header("allow").is_some(), "{path}");
        }
    }

    async fn programs_get_json(server: TestServer) {
        let nobody = server.api().without_token();
        for accept in ["*/*", "application/json", "text/html;q=0, */*"] {
            let answer = ask(&nobody, accept, Method::GET, "/nope").await;
            assert_eq!((answer.status, answer.code().as_str()), (404, "INVALID_URL_PATTERN"), "{accept}");
            let answer = ask(&nobody, accept, Method::DELETE, "/console").await;
            assert_eq!((answer.status, answer.code().as_str()), (405, "INVALID_REQUEST_METHOD"), "{accept}");
            assert!(answer.header("allow").is_some() && answer.header("x-request-id").is_some(), "{accept}");
        }
        // The API answers programs only, whatever they accept.
        for (method, path, expected) in [
            (Method::GET, "/crm/v8/nope/x/y/z/a/b", (404, "INVALID_URL_PATTERN")),
            (Method::GET, "/crm", (404, "INVALID_URL_PATTERN")),
            (Method::DELETE, "/crm/v8/coql", (400, "INVALID_REQUEST_METHOD")),
        ] {
            let answer = ask(&server.api(), BROWSER, method, path).await;
            assert_eq!((answer.status, answer.code().as_str()), expected, "{path}");
        }
    }

    async fn addresses_of_forms_lead_to_their_pages(server: TestServer) {
        let mut browser = administrator(&server).await;
        let client = server.development.credentials.client_id;
        let home = format!("/console/clients/{client}");
        for (path, wanted) in [
            (format!("{home}/code"), home.as_str()),
            (format!("{home}/tokens/1/revoke"), home.as_str()),
            ("/console/account/sign-out-everywhere".to_owned(), "/console/account"),
            ("/console/people/1/2/link".to_owned(), "/console/people"),
        ] {
            let answer = browser.get(&path).await;
            assert_eq!((answer.status, answer.location()), (303, wanted), "{path}");
        }
        assert!(browser.get(&format!("{home}/secret")).await.text.contains("Make a new secret for"));
        assert!(browser.get("/oauth/signout").await.text.contains("<h1>Sign out?</h1>"));
    }

    async fn every_form_of_the_console_is_answered_by_a_redirect(server: TestServer) {
        let mut browser = administrator(&server).await;
        let home = format!("/console/clients/{}", server.development.credentials.client_id);
        let page = browser.get(&home).await;
        let (form_token, org) = (page.field("form_token"), page.field("org"));
        let form = |more: &[(&'static str, &'static str)]| {
            let mut form = vec![("form_token", form_token.as_str()), ("org", org.as_str())];
            form.extend(more.iter().copied());
            form
        };
        let org_id = server.development.org;
        for (path, more) in [
            (format!("{home}/code"), &[("scope", "ZohoCRM.org.READ"), ("minutes", "3")][..]),
            (format!("{home}/code"), &[("scope", "ZohoCRM.nope.READ"), ("minutes", "3")]),
            (format!("{home}/secret"), &[]),
            (home.clone(), &[("name", "Mine")]),
            (home.clone(), &[("name", "")]),
            (format!("{home}/tokens/1/revoke"), &[]),
            ("/console/new/device".to_owned(), &[("name", "Mine")]),
            ("/console/new/server".to_owned(), &[("name", "Mine"), ("redirect_uris", "nonsense")]),
            ("/console/account/password".to_owned(), &[("old_password", "wrong")]),
            ("/console/account/sign-ins/1/end".to_owned(), &[]),
            ("/console/account/sign-ins/end-others".to_owned(), &[]),
            (format!("/console/people/{org_id}/700000002/link"), &[]),
            ("/oauth/signout".to_owned(), &[]),
        ] {
            let answer = browser.post(&path, &form(more)).await;
            assert_eq!(answer.status, 303, "{path} {more:?}: {}", answer.text);
            assert!(!answer.location().contains('?'), "nothing is told in an address: {}", answer.location());
        }
    }

    async fn a_scope_that_is_wrong_is_named(server: TestServer) {
        let mut browser = administrator(&server).await;
        let home = format!("/console/clients/{}", server.development.credentials.client_id);
        let page = browser.get(&home).await;
        assert!(page.text.contains("<li><code>ZohoCRM.settings.fields.READ</code></li>"), "the list: {}", page.text);
        let (form_token, org) = (page.field("form_token"), page.field("org"));
        for (scope, expected) in [
            ("ZohoCRM.modules.ALL,ZohoCRM.nope.READ", "There is no scope ZohoCRM.nope.READ."),
            ("nope,<b>", "There are no scopes nope, &#60;b&#62;."),
            ("ZohoCRM.modules", "ZohoCRM.modules does not say what for"),
            ("", "Name at least one scope."),
        ] {
            let form = [("form_token", form_token.as_str()), ("org", &org), ("minutes", "3"), ("scope", scope)];
            let page = browser.submit(&format!("{home}/code"), &form).await;
            assert!(page.text.contains(expected), "{scope}: {}", page.text);
            assert!(!page.text.contains("Grant token</h2>"), "{scope}");
        }
        let form = [("form_token", form_token.as_str()), ("org", &org), ("minutes", "5"), ("scope", "ZohoCRM.org.READ")];
        let page = browser.submit(&format!("{home}/code"), &form).await;
        let url = format!("{}/oauth/v2/token", server.url);
        assert!(page.text.contains(&url) && page.text.contains("-d client_secret=CLIENT_SECRET"), "{}", page.text);
        assert!(page.text.contains("until 2027-01-15 08:05:00 UTC"), "{}", page.text);
    }
}
