//! A production server: set up by its administrator, and without any of the powers of a development server.

use dealwright_accounts::{ClientDraft, ClientKind, Policy, bootstrap};
use dealwright_server::installation::{self, NewAdmin};
use dealwright_server::mail::Mail;
use dealwright_server::{Mode, ServerConfig, StartError};
use dealwright_testkit::database::{Place, TestDatabase};
use dealwright_testkit::records::lead;
use dealwright_testkit::server::START;
use dealwright_testkit::{Api, Browser, Engine, TestServer};
use dealwright_wire::{Clock, ScopeSet};
use serde_json::json;
use tokio::net::TcpListener;

const EMAIL: &str = "owner@company.example";
const PASSWORD: &str = "correct horse battery";

fn config(place: &Place, mode: Mode) -> ServerConfig {
    let storage = place.storage();
    let clock = Clock::manual(START);
    ServerConfig { storage, mode, clock, mail: Mail::Off, ..ServerConfig::development(place.folder.clone()) }
}

async fn refusal(config: ServerConfig) -> String {
    match dealwright_server::build(config).await {
        Err(StartError::Refused(reason)) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the server starts"),
    }
}

/// An access token that any development server takes.
async fn made_in_development(engine: Engine) -> String {
    let database = TestDatabase::empty(engine).expect("there is one already");
    let server = TestServer::start(database.place()).await;
    let token = server.api().token().to_owned();
    server.stop().await;
    token
}

async fn story(place: Place) {
    // Without an administrator there is nothing to serve, and the answer says how to get one.
    let reason = refusal(config(&place, Mode::Production)).await;
    assert!(reason.contains("admin create"), "{reason}");
    let admin = NewAdmin {
        email: EMAIL.to_owned(),
        password: PASSWORD.to_owned(),
        first_name: "Grace".to_owned(),
        last_name: "Owner".to_owned(),
        company: "Company".to_owned(),
        time_zone: "Europe/Berlin".to_owned(),
        currency: "eur".to_owned(),
        country: Some("de".to_owned()),
        locale: Some("de_DE".to_owned()),
    };
    for wrong in [
        NewAdmin { currency: "TALER".to_owned(), ..admin.clone() },
        NewAdmin { country: Some("Atlantis".to_owned()), ..admin.clone() },
        NewAdmin { locale: Some("german".to_owned()), ..admin.clone() },
        NewAdmin { time_zone: "Mars/Olympus".to_owned(), ..admin.clone() },
    ] {
        let refused = installation::create_admin(&place.storage(), Clock::manual(START), 0, wrong).await;
        assert!(matches!(refused, Err(StartError::Refused(_))));
    }
    let made = installation::create_admin(&place.storage(), Clock::manual(START), 0, admin.clone()).await;
    made.expect("an empty store becomes an installation");
    let again = installation::create_admin(&place.storage(), Clock::manual(START), 0, admin).await;
    assert!(matches!(again, Err(StartError::Refused(_))));
    // Its data never meets published credentials, nor a mailbox that everybody may read.
    assert!(refusal(config(&place, Mode::Development)).await.contains("production"));
    let with_mailbox = ServerConfig { mail: Mail::Mailbox, ..config(&place, Mode::Production) };
    assert!(refusal(with_mailbox).await.contains("mailbox"));

    let app = dealwright_server::build(config(&place, Mode::Production)).await.expect("the server starts");
    assert!(app.development.is_none());
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    app.state.accounts.set_public_url(&url);
    tokio::spawn(dealwright_server::serve(listener, app.site, std::future::pending()));

    let accounts = &app.state.accounts;
    let owner = accounts.identity_by_email(EMAIL).await.expect("identities").expect("the owner").id;
    let org = accounts.orgs_of(owner).await.expect("orgs").remove(0).id;
    let draft = ClientDraft {
        kind: ClientKind::SelfClient,
        name: "Nightly export".to_owned(),
        homepage: String::new(),
        redirect_uris: Vec::new(),
        js_domains: Vec::new(),
        policy: Policy::default(),
    };
    let client = accounts.create_client(owner, draft).await.expect("a client").client.id;
    let scopes = ScopeSet::parse(dealwright_accounts::scopes::EVERYTHING);
    let Ok(issued) = accounts.issue(owner, org, client, &scopes).await else { panic!("no token") };
    let api = Api::new(&url, "v8", Some(issued.access_token));

    // It serves.
    api.insert(lead("Customer")).await;
    // Nothing published opens it.
    let form = [
        ("grant_type", "refresh_token"),
        ("client_id", bootstrap::CLIENTS[0].client_id),
        ("client_secret", bootstrap::CLIENTS[0].client_secret),
        ("refresh_token", bootstrap::REFRESH_TOKEN),
    ];
    let answer = api.form("/oauth/v2/token", &form).await;
    assert_eq!(answer.json()["access_token"], serde_json::Value::Null, "{}", answer.text);
    for token in
        [bootstrap::ACCESS_TOKEN, bootstrap::EXPIRED_TOKEN, made_in_development(place.engine).await.as_str()]
    {
        let answer = api.with_token(token).get("org").await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "INVALID_TOKEN"), "{token}");
    }
    let answer = Browser::new(&url).sign_in("/console", bootstrap::ADMIN_EMAIL, "dealwright").await;
    assert_ne!(answer.status, 303, "{}", answer.text);
    let answer = Browser::new(&url).sign_in("/console", EMAIL, PASSWORD).await;
    assert_eq!((answer.status, answer.location()), (303, "/console"), "{}", answer.text);
    // Statements are nobody's business, and mail is not shown.
    let asked = api.header("x-dealwright-explain", "1");
    let list = asked.get("Leads?fields=Last_Name").await;
    assert_eq!(list.rows()[0]["Last_Name"], "Customer");
    let query = json!({"select_query": "select Last_Name from Leads where id is not null"});
    let query = asked.post("coql", &query).await;
    assert_eq!(query.rows()[0]["Last_Name"], "Customer");
    assert!(!query.text.contains("explain") && !list.text.contains("explain"));
    let mailbox = api.send_to(reqwest::Method::GET, "/dev/mailbox", Vec::new()).await;
    assert_eq!(mailbox.status, 404, "{}", mailbox.text);
}

fn run(engine: Engine) {
    let Some(database) = TestDatabase::empty(engine) else { return };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a test may start threads");
    runtime.block_on(story(database.place()));
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
}

mod it_is_set_up_once_and_has_no_development_powers {
    #[test]
    fn sqlite() {
        super::run(dealwright_testkit::Engine::Sqlite);
    }

    #[test]
    fn postgres() {
        super::run(dealwright_testkit::Engine::Postgres);
    }
}
