//! The accounts server.

mod account;
mod authorize;
mod command_line;
mod console;
mod deactivated;
mod development;
mod device;
mod guesses;
mod hosts;
mod kinds_of_client;
mod nowhere;
mod people;
mod redirect_uris;
mod revoke;
mod rfc_9700;
mod rotation;
mod token;

use dealwright_accounts::{ClientKind, bootstrap};
use dealwright_testkit::api::with_params;
use dealwright_testkit::{Answer, Browser, TestServer};
use serde_json::Value;

/// Registered for every development client that redirects.
const CALLBACK: &str = "http://localhost/callback";
/// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const S256: &[(&str, &str)] = &[("code_challenge", CHALLENGE), ("code_challenge_method", "S256")];

/// A browser of the administrator, signed in.
async fn administrator(server: &TestServer) -> Browser {
    let mut browser = server.browser();
    let answer = browser.sign_in("/console", bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await;
    assert_eq!((answer.status, answer.location()), (303, "/console"), "{}", answer.text);
    browser
}

/// `base` with some values replaced, added, or taken out where they are empty.
fn changed<'a>(base: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = base.to_vec();
    for &(name, value) in changes {
        all.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    all
}

/// What the authorization endpoint makes of a request: a code, or the word on the page that refuses it.
async fn authorize(
    server: &TestServer,
    browser: &mut Browser,
    kind: ClientKind,
    changes: &[(&str, &str)],
) -> Result<String, String> {
    let base = [
        ("client_id", server.client(kind).client_id),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "ZohoCRM.modules.READ"),
        ("access_type", "offline"),
        ("prompt", "consent"),
    ];
    let asked = changed(&base, changes);
    let page = browser.get(&with_params("/oauth/v2/auth", &asked)).await;
    if page.status != 200 {
        assert_eq!(page.location(), "", "a refusal stays here");
        let word = page.text.split_once("<code>ERROR_").and_then(|(_, rest)| rest.split('<').next());
        return Err(format!("ERROR_{}", word.unwrap_or_default()));
    }
    let (form_token, org) = (page.field("form_token"), page.field("org"));
    let mut form = asked.clone();
    form.extend([("form_token", form_token.as_str()), ("org", &org), ("decision", "allow")]);
    let answer = browser.post("/oauth/v2/auth", &form).await;
    // Never 307, which would send the form on to the client (RFC 9700, section 4.12).
    assert_eq!(answer.status, 303, "{}", answer.text);
    let code = answer.location().split_once("code=").map(|(_, rest)| rest[..70].to_owned());
    Ok(code.unwrap_or_else(|| panic!("no code in {}", answer.location())))
}

/// True when somebody who has agreed before gets a code without being asked.
async fn authorize_silently(server: &TestServer, browser: &mut Browser) -> bool {
    let asked = [
        ("client_id", server.client(ClientKind::Server).client_id),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("scope", "ZohoCRM.modules.READ"),
        ("prompt", "none"),
    ];
    let answer = browser.get(&with_params("/oauth/v2/auth", &asked)).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    answer.location().contains("code=")
}

/// The token endpoint's answer to the client of a kind with its secret, and these parameters.
async fn token(server: &TestServer, kind: ClientKind, fields: &[(&str, &str)]) -> Answer {
    let client = server.client(kind);
    let base = [("client_id", client.client_id), ("client_secret", client.client_secret)];
    server.api().without_token().form("/oauth/v2/token", &changed(&base, fields)).await
}

/// `tokens`, or the error of an answer of the token endpoint.
fn outcome(answer: &Answer) -> String {
    let json = answer.json();
    match (&json["access_token"], &json["error"]) {
        (Value::String(_), Value::Null) => "tokens".to_owned(),
        (Value::Null, Value::String(error)) => {
            assert_eq!(json.as_object().map(serde_json::Map::len), Some(1), "nothing but the error: {json}");
            error.clone()
        }
        _ => panic!("neither tokens nor an error: {json}"),
    }
}

fn text(answer: &Answer, key: &str) -> String {
    answer.json()[key].as_str().unwrap_or_else(|| panic!("no {key} in {}", answer.text)).to_owned()
}

/// The access token and refresh token of a new authorization.
async fn authorized(server: &TestServer, kind: ClientKind) -> (String, String) {
    let mut browser = administrator(server).await;
    let code = authorize(server, &mut browser, kind, &[]).await.expect("a code");
    let fields = [("grant_type", "authorization_code"), ("code", &*code), ("redirect_uri", CALLBACK)];
    let tokens = token(server, kind, &fields).await;
    (text(&tokens, "access_token"), text(&tokens, "refresh_token"))
}

/// True when the API takes the token.
async fn is_alive(server: &TestServer, access_token: &str) -> bool {
    let answer = server.api().with_token(access_token).get("Deals?fields=id").await;
    assert!([204, 401].contains(&answer.status), "{}", answer.text);
    answer.status == 204
}

/// Saves the form of the published server client with some fields changed.
async fn set_client(server: &TestServer, kind: ClientKind, changes: &[(&str, &str)]) -> Answer {
    let mut browser = administrator(server).await;
    let client = server.client(kind);
    let path = format!("/console/clients/{}", client.client_id);
    let form_token = browser.get(&path).await.field("form_token");
    let redirects = client.redirect_uris.join("\n");
    let domains = client.js_domains.join("\n");
    let base = [
        ("form_token", form_token.as_str()),
        ("name", client.name),
        ("redirect_uris", &redirects),
        ("js_domains", &domains),
        ("pkce", "optional"),
    ];
    browser.submit(&path, &changed(&base, changes)).await
}

/// Mails in the mailbox of the server, newest first, with their texts; waits until there are so many.
async fn mails(server: &TestServer, count: usize) -> Vec<(String, String)> {
    let api = server.api().without_token();
    for _ in 0..500 {
        let list = api.send_to(reqwest::Method::GET, "/dev/mailbox", Vec::new()).await.json();
        let list = list["messages"].as_array().expect("a list of messages").clone();
        if list.len() >= count {
            let mut mails = Vec::new();
            for mail in list {
                let path = format!("/dev/mailbox/{}", mail["id"].as_str().expect("an id"));
                let whole = api.send_to(reqwest::Method::GET, &path, Vec::new()).await.json();
                let to = mail["to"][0].as_str().unwrap_or_default().to_owned();
                mails.push((
                    to,
                    whole["text"].as_str().unwrap_or_default().replace("=\r\n", "").replace("=3D", "="),
                ));
            }
            return mails;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("there are not {count} mails");
}

/// The path of the link to set a password in a mail or on a page.
fn link_in(text: &str) -> String {
    let (_, rest) = text.split_once("/oauth/link?token=").unwrap_or_else(|| panic!("no link in {text}"));
    format!("/oauth/link?token={}", &rest[..64])
}

/// Opens a link in a browser and sets a password by it; gives the answer to the form.
async fn set_password(browser: &mut Browser, link: &str, password: &str) -> Answer {
    let door = browser.get(link).await;
    assert_eq!((door.status, door.location()), (303, "/oauth/password"));
    let page = browser.get("/oauth/password").await;
    assert_eq!(page.status, 200, "{}", page.text);
    let form_token = page.field("form_token");
    let fields = [("form_token", form_token.as_str()), ("password", password), ("password_again", password)];
    browser.post("/oauth/password", &fields).await
}

/// Adds a user and gives their id and the number of the person behind them.
async fn add_user(server: &TestServer, name: &str, profile: &str) -> (String, String) {
    let api = server.api();
    let role = crate::people::named(&api, "roles", "Manager").await;
    let profile = crate::people::named(&api, "profiles", profile).await;
    let user = serde_json::json!({"last_name": name, "email": format!("{}@example.com", name.to_lowercase()),
        "role": role, "profile": profile});
    let added = api.post("users", &serde_json::json!({ "users": [user] })).await;
    assert_eq!(added.status, 201, "{}", added.text);
    let id = added.json()["users"][0]["details"]["id"].as_str().expect("an id").to_owned();
    let read = api.get(&format!("users/{id}")).await.json();
    (id, read["users"][0]["zuid"].as_str().expect("a zuid").to_owned())
}
