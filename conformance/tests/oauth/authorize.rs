//! `/oauth/v2/auth`: a person lets a client in

use dealwright_accounts::{ClientKind, bootstrap};
use dealwright_testkit::api::with_params;
use dealwright_testkit::{Answer, TestServer, on_both};

const CALLBACK: &str = "http://localhost:3000/callback";

fn request(server: &TestServer, more: &[(&str, &str)]) -> String {
    let mut params = vec![
        ("client_id", server.client(ClientKind::Server).client_id),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "ZohoCRM.modules.READ"),
    ];
    for (name, value) in more {
        params.retain(|(known, _)| known != name);
        params.push((name, value));
    }
    with_params("/oauth/v2/auth", &params)
}

/// The consent form, filled in.
fn fields(page: &Answer, decision: &'static str) -> Vec<(&'static str, String)> {
    let names = ["form_token", "client_id", "redirect_uri", "scope", "org"];
    let mut fields: Vec<(&str, String)> = names.map(|name| (name, page.field(name))).into();
    fields.push(("response_type", "code".to_owned()));
    fields.push(("access_type", "offline".to_owned()));
    fields.push(("decision", decision.to_owned()));
    fields
}

on_both! {
    async fn a_person_agrees_and_the_client_gets_tokens(server: TestServer) {
        let mut browser = server.browser();
        let asked = request(&server, &[("access_type", "offline")]);
        assert!(browser.get(&asked).await.location().starts_with("/oauth/signin?next="));
        let back = browser.sign_in(&asked, bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await;
        assert_eq!((back.status, back.location()), (303, asked.as_str()));
        let page = browser.get(&asked).await;
        assert!(page.text.contains("See records"), "{}", page.text);

        let form = fields(&page, "allow");
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = browser.post("/oauth/v2/auth", &form).await;
        let code = answer.location().strip_prefix(&format!("{CALLBACK}?code=")).map(|rest| rest[..70].to_owned());
        let code = code.unwrap_or_else(|| panic!("no code in {}", answer.location()));
        let client = server.client(ClientKind::Server);
        let exchange = [
            ("grant_type", "authorization_code"),
            ("client_id", client.client_id),
            ("client_secret", client.client_secret),
            ("redirect_uri", CALLBACK),
            ("code", code.as_str()),
        ];
        let tokens = server.api().without_token().form("/oauth/v2/token", &exchange).await.json();
        let api = server.api().with_token(tokens["access_token"].as_str().unwrap());
        assert_eq!(api.get("Deals?fields=id").await.status, 204);
        assert!(tokens["refresh_token"].is_string());
    }

    async fn a_person_refuses(server: TestServer) {
        let mut browser = server.browser();
        let asked = request(&server, &[]);
        browser.sign_in(&asked, bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await;
        let form = fields(&browser.get(&asked).await, "refuse");
        let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let answer = browser.post("/oauth/v2/auth", &form).await;
        assert!(answer.location().starts_with(&format!("{CALLBACK}?error=access_denied")), "{}", answer.location());
    }

    async fn bad_requests_stay_here(server: TestServer) {
        let mut browser = server.browser();
        for (changed, title) in [
            (("client_id", "nobody"), "ERROR_invalid_client"),
            (("redirect_uri", "http://evil.test"), "ERROR_invalid_redirect_uri"),
            (("scope", "nonsense"), "ERROR_invalid_scope"),
            (("response_type", "thought"), "ERROR_invalid_response_type"),
        ] {
            let page = browser.get(&request(&server, &[changed])).await;
            assert_eq!((page.status, page.location()), (400, ""), "{title}");
            assert!(page.text.contains(title), "{}", page.text);
        }
    }
}
