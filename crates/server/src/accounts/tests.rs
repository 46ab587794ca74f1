//! The accounts server as browsers and clients meet it, on a fresh store.

use std::fmt::Write as _;

use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use base64::Engine as _;
use dealwright_accounts::{Accounts, DevCredentials, DevOrg, Org, Settings};
use dealwright_store::Database;
use dealwright_wire::{Clock, Id, Instant, Mint};
use tower::ServiceExt as _;

const CALLBACK: &str = "http%3A%2F%2Flocalhost%3A3000%2Fcallback";

struct Browser {
    app: Router,
    dev: DevCredentials,
    cookies: Vec<(String, String)>,
    _folder: tempfile::TempDir,
}

struct Page {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Page {
    fn location(&self) -> &str {
        self.headers.get(LOCATION).map_or("", |value| value.to_str().unwrap())
    }

    fn json(&self) -> serde_json::Value {
        assert_eq!(self.headers[CONTENT_TYPE], "application/json;charset=UTF-8");
        serde_json::from_str(&self.body).unwrap()
    }

    /// Value of the form field of that name.
    fn field(&self, name: &str) -> &str {
        let from = self.body.split_once(&format!("name=\"{name}\" value=\"")).map(|(_, rest)| rest);
        from.unwrap_or_else(|| panic!("no field {name} in {}", self.body)).split('"').next().unwrap()
    }

    /// The text inside the first `class="copy"` after a heading.
    fn copied(&self, after: &str) -> String {
        let (_, rest) = self.body.split_once(after).unwrap_or_else(|| panic!("no {after} in {}", self.body));
        let (_, rest) = rest.split_once("tabindex=\"0\">").unwrap();
        rest.split('<').next().unwrap().to_owned()
    }
}

impl Browser {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::sqlite(folder.path()).unwrap().store("control").await.unwrap();
        let settings =
            Settings { development: true, public_url: "http://crm.test".to_owned(), ..Settings::default() };
        let clock = Clock::manual(Instant(1_800_000_000));
        let accounts = Accounts::open(store, clock, Mint::seeded(1), settings).await.unwrap();
        let id = |number| Id::new(number).unwrap();
        let org = Org { id: id(100), name: "Test & Co".to_owned(), zgid: id(777) };
        let dev = accounts.ensure_development(DevOrg { org, admin: id(200) }).await.unwrap();
        Self {
            app: super::router(accounts, super::Desk::default()),
            dev,
            cookies: Vec::new(),
            _folder: folder,
        }
    }

    async fn send(&mut self, method: &str, uri: &str, headers: &[(&str, &str)], body: String) -> Page {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header(COOKIE, cookies.join("; ")).body(Body::from(body)).unwrap();
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        for cookie in parts.headers.get_all(SET_COOKIE) {
            let (name, rest) = cookie.to_str().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), rest.split(';').next().unwrap().to_owned()));
        }
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Page { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    async fn get(&mut self, uri: &str) -> Page {
        self.send("GET", uri, &[], String::new()).await
    }

    async fn post(&mut self, uri: &str, form: &[(&str, &str)]) -> Page {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.send("POST", uri, &[("content-type", "application/x-www-form-urlencoded")], body).await
    }

    /// Sends a form and goes on to the page that tells what became of it.
    async fn submit(&mut self, uri: &str, form: &[(&str, &str)]) -> Page {
        let page = self.post(uri, form).await;
        assert_eq!(page.status, StatusCode::SEE_OTHER, "{}", page.body);
        let to = page.location().to_owned();
        self.get(&to).await
    }

    async fn sign_in(&mut self, next: &str) -> Page {
        let query = form_urlencoded::Serializer::new(String::new()).append_pair("next", next).finish();
        let page = self.get(&format!("/oauth/signin?{query}")).await;
        let form = [
            ("form_token", page.field("form_token")),
            ("next", &page.field("next").replace("&#38;", "&")),
            ("email", self.dev.admin_email),
            ("password", self.dev.admin_password),
        ];
        self.post("/oauth/signin", &form).await
    }

    fn authorization(&self, more: &str) -> String {
        let client_id = self.dev.clients[1].client_id;
        format!(
            "/oauth/v2/auth?client_id={client_id}&response_type=code&redirect_uri={CALLBACK}&scope=ZohoCRM.modules.ALL{more}"
        )
    }
}

#[tokio::test]
async fn a_person_signs_in_consents_and_the_client_gets_tokens() {
    let mut browser = Browser::new().await;
    let asked = browser.authorization("&access_type=offline&state=a%20b%26c");
    let page = browser.get(&asked).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.location().starts_with("/oauth/signin?next=%2Foauth%2Fv2%2Fauth%3F"), "{}", page.location());
    let next = form_urlencoded::parse(page.location().split_once('?').unwrap().1.as_bytes())
        .next()
        .unwrap()
        .1
        .into_owned();
    let page = browser.sign_in(&next).await;
    assert_eq!((page.status, page.location()), (StatusCode::SEE_OTHER, next.as_str()));

    let page = browser.get(&next).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
    assert!(
        page.body.contains("See and change records") && page.body.contains("Test &#38; Co"),
        "{}",
        page.body
    );
    let form = [
        ("form_token", page.field("form_token")),
        ("client_id", page.field("client_id")),
        ("response_type", "code"),
        ("redirect_uri", page.field("redirect_uri")),
        ("scope", page.field("scope")),
        ("access_type", page.field("access_type")),
        ("state", &page.field("state").replace("&#38;", "&")),
        ("org", page.field("org")),
        ("decision", "allow"),
    ];
    let mut forged = form;
    forged[0].1 = "0";
    assert_eq!(browser.post("/oauth/v2/auth", &forged).await.status, StatusCode::FORBIDDEN);
    let mut refused = form;
    refused[8].1 = "refuse";
    let page = browser.post("/oauth/v2/auth", &refused).await;
    assert_eq!(page.location(), "http://localhost:3000/callback?error=access_denied&state=a%20b%26c");
    let page = browser.post("/oauth/v2/auth", &form).await;
    let code = page.location().strip_prefix("http://localhost:3000/callback?code=").unwrap()[..70].to_owned();
    assert!(page.location().ends_with("&location=us&accounts-server=http%3A%2F%2Fcrm.test&state=a%20b%26c"));

    // Parameters from the query with an empty body, as the published samples do.
    let server = browser.dev.clients[1];
    let exchange = format!(
        "/oauth/v2/token?grant_type=authorization_code&client_id={}&client_secret={}&code={code}&redirect_uri={CALLBACK}",
        server.client_id, server.client_secret
    );
    let tokens = browser.send("POST", &exchange, &[], String::new()).await.json();
    assert!(tokens["refresh_token"].is_string() && tokens["expires_in"] == 3600, "{tokens}");
    assert_eq!(browser.send("POST", &exchange, &[], String::new()).await.json()["error"], "invalid_code");

    // Agreed already: no page, and prompt=consent asks again.
    assert!(browser.get(&asked).await.location().contains("callback?code="));
    let again = browser.authorization("&prompt=consent");
    assert_eq!(browser.get(&again).await.status, StatusCode::OK);
}

#[tokio::test]
async fn bad_authorization_requests_end_on_an_error_page() {
    let mut browser = Browser::new().await;
    let good = browser.authorization("");
    for (from, to, title, code) in [
        ("client_id=", "client_id=x", "Unknown application", "ERROR_invalid_client"),
        (CALLBACK, "http%3A%2F%2Fevil.test", "Unknown redirect address", "ERROR_invalid_redirect_uri"),
        ("ZohoCRM.modules.ALL", "ZohoCRM.nope.ALL", "Unknown scope", "ERROR_invalid_scope"),
        ("response_type=code", "response_type=x", "Wrong kind of request", "ERROR_invalid_response_type"),
    ] {
        let page = browser.get(&good.replace(from, to)).await;
        assert_eq!((page.status, page.location()), (StatusCode::BAD_REQUEST, ""));
        assert!(page.body.contains(&format!("<title>{title} · Dealwright</title>")), "{}", page.body);
        assert!(page.body.contains(code), "{}", page.body);
    }
    let page = browser.get(&good.replace("ZohoCRM.modules.ALL", "ZohoCRM.nope.ALL")).await;
    assert!(page.body.contains("There is no scope ZohoCRM.nope.ALL."), "{}", page.body);
    let silent = browser.authorization("&prompt=none");
    assert!(browser.get(&silent).await.location().ends_with("callback?error=login_required"));
}

#[tokio::test]
async fn the_token_endpoint_reads_forms_multipart_and_basic() {
    let mut browser = Browser::new().await;
    let dev = browser.dev.clone();
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", dev.client_id),
        ("client_secret", dev.client_secret),
        ("refresh_token", dev.refresh_token),
    ];
    let page = browser.post("/oauth/v2/token", &form).await;
    assert_eq!(page.headers["cache-control"], "no-store");
    assert!(page.json().get("refresh_token").is_none());

    let mut multipart = String::new();
    for (name, value) in form {
        let _ =
            write!(multipart, "--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
    }
    multipart += "--b--\r\n";
    let kind = [("content-type", "multipart/form-data; boundary=b")];
    let page = browser.send("POST", "/oauth/v2/token", &kind, multipart).await;
    assert!(page.json()["access_token"].is_string(), "{}", page.body);
    let basic =
        base64::engine::general_purpose::STANDARD.encode(format!("{}:{}", dev.client_id, dev.client_secret));
    let basic = format!("Basic {basic}");
    let uri = format!("/oauth/v2/token?grant_type=refresh_token&refresh_token={}", dev.refresh_token);
    let page = browser.send("POST", &uri, &[(AUTHORIZATION.as_str(), &basic)], String::new()).await;
    let token = page.json()["access_token"].as_str().unwrap().to_owned();

    let page = browser.send("POST", &uri, &[], String::new()).await;
    assert_eq!((page.status, page.body.as_str()), (StatusCode::OK, "{\"error\":\"invalid_client\"}"));
    let page = browser.get(&uri).await;
    assert_eq!(
        (page.status, page.json()["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("general_error"))
    );

    let introspect = format!("/oauth/v2/introspect?token={token}");
    let page = browser.send("POST", &introspect, &[(AUTHORIZATION.as_str(), &basic)], String::new()).await;
    assert_eq!(page.json()["active"], true);
    assert_eq!(browser.send("POST", &introspect, &[], String::new()).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get(&format!("/oauth/v2/token/info?token={token}")).await.json()["expires_in"], 3600);

    for scheme in ["Zoho-oauthtoken", "bearer"] {
        let header = format!("{scheme} {token}");
        let page = browser
            .send("GET", "/oauth/user/info", &[(AUTHORIZATION.as_str(), &header)], String::new())
            .await;
        assert_eq!(page.json()["ZUID"], 200);
        let page = browser
            .send("GET", "/oauth/v2/userinfo", &[(AUTHORIZATION.as_str(), &header)], String::new())
            .await;
        assert_eq!(page.json()["email"], "admin@dealwright.test");
    }
    assert_eq!(browser.get("/oauth/v2/userinfo").await.status, StatusCode::UNAUTHORIZED);

    assert_eq!(
        browser.post("/oauth/v2/token/revoke", &[("token", &token)]).await.body,
        "{\"status\":\"success\"}"
    );
    let page = browser.post("/oauth/v2/token/revoke", &[("token", &token)]).await;
    assert_eq!(page.json(), serde_json::json!({"error": "invalid_token"}));

    let web = browser.dev.clients[2];
    let uri = format!("/oauth/v2/token?client_id={}", web.client_id);
    let page = browser.send("POST", &uri, &[(ORIGIN.as_str(), web.js_domains[0])], String::new()).await;
    assert_eq!(page.headers["access-control-allow-origin"], web.js_domains[0]);
    let page = browser.send("POST", &uri, &[(ORIGIN.as_str(), "http://evil.test")], String::new()).await;
    assert!(!page.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn discovery_tells_what_is_there() {
    let mut browser = Browser::new().await;
    let page = browser.get("/.well-known/openid-configuration").await.json();
    assert_eq!(page["issuer"], "http://crm.test");
    assert_eq!(page["device_authorization_endpoint"], "http://crm.test/oauth/v3/device/code");
    assert_eq!(browser.get("/oauth/v2/keys").await.body, "{\"keys\":[]}");
    assert_eq!(browser.get("/oauth/serverinfo").await.json()["locations"]["us"], "http://crm.test");
    assert!(browser.get("/oauth/style.css").await.body.contains("prefers-color-scheme: dark"));
    assert_eq!(browser.get("/.well-known/oauth-authorization-server").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn signing_in_refuses_wrong_passwords_forged_forms_and_foreign_targets() {
    let mut browser = Browser::new().await;
    let page = browser.get("/oauth/signin?next=%2F%2Fevil.test").await;
    assert_eq!(page.field("next"), "/console");
    let token = page.field("form_token").to_owned();
    let mut form =
        [("form_token", token.as_str()), ("email", "admin@dealwright.test"), ("password", "wrong")];
    assert_eq!(browser.post("/oauth/signin", &form).await.status, StatusCode::UNAUTHORIZED);
    form[2].1 = "dealwright";
    form[0].1 = "forged";
    let page = browser.post("/oauth/signin", &form).await;
    assert!(
        page.body.contains("open for too long") && page.body.contains("<title>Error: Sign in"),
        "{}",
        page.body
    );
    form[0].1 = &token;
    let page = browser.post("/oauth/signin", &form).await;
    let cookie = page.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.contains("; HttpOnly; SameSite=Lax") && !cookie.contains("Secure"), "{cookie}");
    let page = browser.get("/console").await;
    assert_eq!(browser.post("/oauth/signout", &[]).await.status, StatusCode::FORBIDDEN);
    let form_token = page.field("form_token").to_owned();
    assert!(browser.get("/oauth/signout").await.body.contains("<h1>Sign out?</h1>"));
    browser.post("/oauth/signout", &[("form_token", &form_token)]).await;
    assert_eq!(browser.get("/oauth/signout").await.location(), "/oauth/signin");
    assert!(browser.get("/console").await.location().starts_with("/oauth/signin"));
}

#[tokio::test]
async fn the_console_makes_changes_and_deletes_clients() {
    let mut browser = Browser::new().await;
    browser.sign_in("/console").await;
    let page = browser.get("/console").await;
    assert!(page.body.contains("Development self client"));
    let form_token = page.field("form_token").to_owned();
    assert!(browser.get("/console/new").await.body.contains("/console/new/mobile"));
    assert!(browser.get("/console/new/web").await.body.contains("js_domains"));

    let mut form = [("form_token", &*form_token), ("name", "<b>Mine</b>"), ("redirect_uris", "javascript:x")];
    let page = browser.submit("/console/new/server", &form).await;
    assert!(
        page.body.contains("cannot be a redirect URI") && page.body.contains("&#60;b&#62;Mine"),
        "{}",
        page.body
    );
    form[2].1 = "https://a.test/cb\r\nhttps://b.test/cb";
    let page = browser.submit("/console/new/server", &form).await;
    let secret = page.copied("Client secret</h2>");
    let client_id = page.copied("Client ID</dt>");
    assert_eq!((secret.len(), client_id.len()), (42, 35));
    assert!(!page.body.contains("<b>Mine"));
    let home = format!("/console/clients/{client_id}");
    assert!(!browser.get(&home).await.body.contains(&secret), "shown once");

    form[1].1 = "Renamed";
    assert!(browser.submit(&home, &form).await.body.contains("<h1>Renamed</h1>"));
    let page = browser.get(&format!("{home}/secret")).await;
    assert!(page.status == StatusCode::OK && page.body.contains("stops working at once"), "{}", page.body);
    let page = browser.submit(&format!("{home}/secret"), &[("form_token", &form_token)]).await;
    assert_ne!(page.copied("Client secret</h2>"), secret);
    assert_eq!(browser.post(&format!("{home}/secret"), &[]).await.status, StatusCode::FORBIDDEN);

    let own = format!("/console/clients/{}", browser.dev.client_id);
    let org = browser.get(&own).await.field("org").to_owned();
    let wish = [("form_token", &*form_token), ("scope", "ZohoCRM.org.READ"), ("minutes", "5"), ("org", &org)];
    let page = browser.submit(&format!("{own}/code"), &wish).await;
    let code = page.copied("Grant token</h2>");
    let command = format!(
        "-d client_id={} \\\n  -d client_secret=CLIENT_SECRET \\\n  -d code={code}",
        browser.dev.client_id
    );
    assert!(
        page.body.contains("curl &#39;http://crm.test/oauth/v2/token&#39; \\\n")
            || page.body.contains("curl 'http://crm.test/oauth/v2/token' \\\n"),
        "{}",
        page.body
    );
    assert!(page.body.contains(&command), "{}", page.body);
    assert!(page.body.contains("until 2027-01-15 08:05:00 UTC"), "{}", page.body);
    let looked_at = browser.get(&format!("{own}/code")).await;
    assert_eq!((looked_at.status, looked_at.location()), (StatusCode::SEE_OTHER, own.as_str()));
    let mut wrong = wish;
    wrong[1].1 = "ZohoCRM.org.READ,ZohoCRM.nope.READ";
    let page = browser.submit(&format!("{own}/code"), &wrong).await;
    assert!(
        page.body.contains("There is no scope ZohoCRM.nope.READ.") && page.body.contains(wrong[1].1),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("<title>Error: ")
            && page.body.contains("<li><code>ZohoCRM.settings.fields.READ</code>"),
        "{}",
        page.body
    );
    let dev = browser.dev.clone();
    let exchange = [
        ("grant_type", "authorization_code"),
        ("client_id", dev.client_id),
        ("client_secret", dev.client_secret),
        ("code", &code),
    ];
    assert!(browser.post("/oauth/v2/token", &exchange).await.json()["refresh_token"].is_string());
    let page = browser.get(&own).await;
    let revoke = page
        .body
        .split("action=\"")
        .find(|part| part.contains("/revoke\""))
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let revoke = revoke.to_owned();
    let page = browser.submit(&revoke, &[("form_token", &form_token)]).await;
    assert!(page.body.contains("are revoked"));

    assert!(browser.get(&format!("{home}/delete")).await.body.contains("cannot be undone"));
    browser.post(&format!("{home}/delete"), &[("form_token", &form_token)]).await;
    assert_eq!(browser.get(&home).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_device_is_connected_by_its_code() {
    let mut browser = Browser::new().await;
    let device = browser.dev.clients[4];
    let form = [
        ("grant_type", "device_request"),
        ("client_id", device.client_id),
        ("scope", "ZohoCRM.modules.READ"),
        ("access_type", "offline"),
    ];
    let codes = browser.post("/oauth/v3/device/code", &form).await.json();
    let user_code = codes["user_code"].as_str().unwrap();
    let poll = [
        ("grant_type", "device_token"),
        ("client_id", device.client_id),
        ("client_secret", device.client_secret),
        ("code", codes["device_code"].as_str().unwrap()),
    ];
    let page = format!("/oauth/v3/device?user_code={user_code}");
    assert!(browser.get(&page).await.location().starts_with("/oauth/signin"));
    browser.sign_in(&page).await;
    assert!(browser.get("/oauth/v3/device?user_code=ABCD-EFGH").await.body.contains("No device waits"));
    let asked = browser.get(&page).await;
    assert!(asked.body.contains("Development device client") && asked.body.contains("See records"));
    let decision = [
        ("form_token", asked.field("form_token")),
        ("user_code", user_code),
        ("org", asked.field("org")),
        ("decision", "allow"),
    ];
    assert!(browser.submit("/oauth/v3/device", &decision).await.body.contains("is connected"));
    let tokens = browser.post("/oauth/v3/device/token", &poll).await.json();
    assert!(tokens["refresh_token"].is_string(), "{tokens}");
}
