//! Whoever is deactivated or deleted is out everywhere at once, and nothing of it comes back to life.

use std::time::Duration;

use dealwright_accounts::ClientKind::{Device, SelfClient, Server};
use dealwright_accounts::{ClientDraft, Policy};
use dealwright_testkit::{Api, Browser, TestServer, on_both};
use dealwright_wire::{Id, ScopeSet};
use reqwest::Method;
use serde_json::json;

use super::{CALLBACK, add_user, administrator, is_alive, link_in, mails, outcome, set_password, token};

const PASSWORD: &str = "correct horse battery";
const EMAIL: &str = "grace@example.com";

/// Everything that somebody may hold.
struct Holding {
    id: String,
    identity: Id,
    browser: Browser,
    api: Api,
    access: String,
    refresh: String,
    /// A code of the authorization page, one of the console, and a device that was let in.
    code: String,
    self_code: String,
    self_client: (String, String),
    device_code: String,
    link: String,
}

async fn grace(server: &TestServer) -> Holding {
    let (id, zuid) = add_user(server, "Grace", "Administrator").await;
    let identity: Id = zuid.parse().unwrap();
    let accounts = &server.state.accounts;
    set_password(&mut server.browser(), &link_in(&mails(server, 1).await[0].1), PASSWORD).await;
    let mut browser = server.browser();
    browser.sign_in("/console", EMAIL, PASSWORD).await;

    let exchange = |code: String| async move {
        token(
            server,
            Server,
            &[("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)],
        )
        .await
    };
    let code = super::authorize(server, &mut browser, Server, &[]).await.expect("a code");
    let tokens = exchange(code).await;
    let code = super::authorize(server, &mut browser, Server, &[]).await.expect("a code");

    let draft = ClientDraft {
        kind: SelfClient,
        name: "Script".to_owned(),
        homepage: String::new(),
        redirect_uris: Vec::new(),
        js_domains: Vec::new(),
        policy: Policy::default(),
    };
    let made = accounts.create_client(identity, draft).await.expect("a self client");
    let scopes = ScopeSet::parse("ZohoCRM.modules.READ");
    let Ok(self_code) = accounts.self_client_code(&made.client, server.development.org, &scopes, 10).await
    else {
        panic!("no code")
    };

    let asked = [
        ("client_id", server.client(Device).client_id),
        ("scope", "ZohoCRM.modules.READ"),
        ("access_type", "offline"),
    ];
    let codes = server.api().without_token().form("/oauth/v3/device/code", &asked).await.json();
    let waiting =
        accounts.waiting_device(codes["user_code"].as_str().unwrap()).await.unwrap().expect("a device waits");
    assert!(accounts.decide_device(waiting.id, identity, server.development.org, true).await.unwrap());
    let link = accounts.make_link(identity, dealwright_accounts::Way::Hand).await.unwrap().expect("a link");

    let access = super::text(&tokens, "access_token");
    Holding {
        id,
        identity,
        browser,
        api: server.api().with_token(&access),
        access,
        refresh: super::text(&tokens, "refresh_token"),
        code,
        self_code: self_code.code.expose().to_owned(),
        self_client: (made.client.client_id, made.secret.expose().to_owned()),
        device_code: codes["device_code"].as_str().unwrap().to_owned(),
        link: link_in(link.url()),
    }
}

impl Holding {
    async fn is_let_in_anywhere(&mut self, server: &TestServer) -> Vec<&'static str> {
        let mut open = Vec::new();
        let mut note = |is_open: bool, what: &'static str| {
            if is_open {
                open.push(what);
            }
        };
        note(self.api.get("Leads?fields=id").await.status != 401, "the API");
        for (path, what) in [("/oauth/v2/userinfo", "userinfo"), ("/oauth/user/info", "user info")] {
            note(self.api.send_to(Method::GET, path, Vec::new()).await.status != 401, what);
        }
        let info = format!("/oauth/v2/token/info?token={}", self.access);
        note(
            self.api.send_to(Method::GET, &info, Vec::new()).await.json()["expires_in"].is_number(),
            "token/info",
        );
        for (value, what) in
            [(&self.access, "introspection"), (&self.refresh, "introspection of the refresh token")]
        {
            let client = server.client(Server);
            let fields =
                [("client_id", client.client_id), ("client_secret", client.client_secret), ("token", value)];
            note(self.api.form("/oauth/v2/introspect", &fields).await.json()["active"] == true, what);
        }
        for (kind, fields, what) in [
            (Server, vec![("grant_type", "refresh_token"), ("refresh_token", &*self.refresh)], "refresh"),
            (
                Server,
                vec![("grant_type", "authorization_code"), ("code", &*self.code), ("redirect_uri", CALLBACK)],
                "code",
            ),
            (Device, vec![("grant_type", "device_token"), ("code", &*self.device_code)], "device code"),
        ] {
            note(outcome(&token(server, kind, &fields).await) == "tokens", what);
        }
        let soid = format!("ZohoCRM.{}", server.development.zgid);
        let own = [("client_id", &*self.self_client.0), ("client_secret", &*self.self_client.1)];
        for (more, what) in [
            (vec![("grant_type", "authorization_code"), ("code", &*self.self_code)], "self client's code"),
            (
                vec![("grant_type", "client_credentials"), ("scope", "ZohoCRM.org.READ"), ("soid", &*soid)],
                "client credentials",
            ),
        ] {
            let mut fields = own.to_vec();
            fields.extend(more);
            let answer = server.api().without_token().form("/oauth/v2/token", &fields).await;
            note(outcome(&answer) == "tokens", what);
        }
        for path in ["/console", "/console/account", "/console/people", "/oauth/v3/device"] {
            note(self.browser.get(path).await.status != 303, "the console");
        }
        note(super::authorize_silently(server, &mut self.browser).await, "authorization");
        let signed_in = server.browser().sign_in("/console", EMAIL, PASSWORD).await;
        note(signed_in.status == 303, "signing in");
        let mut other = server.browser();
        other.get(&self.link).await;
        note(other.get("/oauth/password").await.status == 200, "a link");
        open
    }
}

async fn set_status(server: &TestServer, id: &str, status: &str) {
    let answer = server.api().put(&format!("users/{id}"), &json!({"users": [{"status": status}]})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// What a password alone, or a client's own secret, opens again once its person is back.
const ANEW: [&str; 2] = ["client credentials", "signing in"];

on_both! {
    async fn everything_is_open_before(server: TestServer) {
        let mut grace = grace(&server).await;
        server.advance(Duration::from_secs(6));
        assert_eq!(grace.is_let_in_anywhere(&server).await.len(), 18);
    }

    async fn a_deactivated_user_is_out_everywhere_and_comes_back_without_what_was(server: TestServer) {
        let mut grace = grace(&server).await;
        server.advance(Duration::from_secs(6));
        set_status(&server, &grace.id, "inactive").await;
        assert_eq!(grace.is_let_in_anywhere(&server).await, [""; 0]);
        set_status(&server, &grace.id, "active").await;
        server.advance(Duration::from_secs(6));
        assert_eq!(grace.is_let_in_anywhere(&server).await, ANEW);
    }

    async fn a_deleted_user_is_out_everywhere(server: TestServer) {
        let mut grace = grace(&server).await;
        server.advance(Duration::from_secs(6));
        assert_eq!(server.api().delete(&format!("users/{}", grace.id)).await.status, 200);
        assert_eq!(grace.is_let_in_anywhere(&server).await, [""; 0]);
        // Added again under the same address, they are invited again; their old password and self client are gone.
        add_user(&server, "Grace", "Standard").await;
        server.advance(Duration::from_secs(6));
        assert_eq!(grace.is_let_in_anywhere(&server).await, [""; 0]);
        assert!(mails(&server, 2).await[0].1.contains("You have been added"));
    }

    async fn who_is_kept_out_of_the_installation_is_out_everywhere(server: TestServer) {
        let mut grace = grace(&server).await;
        server.advance(Duration::from_secs(6));
        server.state.accounts.set_identity_active(grace.identity, false).await.unwrap();
        assert_eq!(grace.is_let_in_anywhere(&server).await, [""; 0]);
        server.state.accounts.set_identity_active(grace.identity, true).await.unwrap();
        server.advance(Duration::from_secs(6));
        assert_eq!(grace.is_let_in_anywhere(&server).await, ANEW);
    }

    async fn what_the_org_says_is_settled_when_it_is_opened(server: TestServer) {
        let grace = grace(&server).await;
        set_status(&server, &grace.id, "inactive").await;
        // As an earlier release, or a crash between the two, leaves it.
        server.state.accounts.set_member_active(grace.identity, server.development.org, true).await.unwrap();
        let server = server.restart(|_| {}).await;
        assert_eq!(server.browser().sign_in("/console", EMAIL, PASSWORD).await.status, 401);
    }

    async fn giving_out_and_keeping_out_do_not_pass_each_other(server: TestServer) {
        let grace = grace(&server).await;
        let (nobody, client) = (server.api().without_token(), server.client(Server));
        let mut callers = tokio::task::JoinSet::new();
        for number in 0..8 {
            let (api, refresh) = (nobody.clone(), grace.refresh.clone());
            let mut browser = server.browser();
            callers.spawn(async move {
                let mut given = Vec::new();
                for _ in 0..15 {
                    let fields = [
                        ("grant_type", "refresh_token"),
                        ("client_id", client.client_id),
                        ("client_secret", client.client_secret),
                        ("refresh_token", &*refresh),
                    ];
                    let answer = api.form("/oauth/v2/token", &fields).await;
                    assert_eq!(answer.status, 200, "{}", answer.text);
                    given.extend(answer.json()["access_token"].as_str().map(str::to_owned));
                }
                if number % 4 == 0 {
                    browser.sign_in("/console", EMAIL, PASSWORD).await;
                }
                (given, browser)
            });
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
        set_status(&server, &grace.id, "inactive").await;
        let held = callers.join_all().await;
        set_status(&server, &grace.id, "active").await;
        for (given, mut browser) in held {
            for access in given {
                assert!(!is_alive(&server, &access).await, "a token came back to life");
            }
            assert_eq!(browser.get("/console").await.status, 303);
        }
    }

    async fn others_stay_in(server: TestServer) {
        let grace = grace(&server).await;
        let mut browser = administrator(&server).await;
        set_status(&server, &grace.id, "inactive").await;
        assert_eq!(browser.get("/console").await.status, 200);
        assert_eq!(server.api().get("org").await.status, 200);
    }
}
