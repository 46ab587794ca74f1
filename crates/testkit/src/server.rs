//! A server of its own for each test.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use dealwright_accounts::{Accounts, ClientKind, DevClient, bootstrap};
use dealwright_server::{Development, Served, ServerConfig, ServerState, Storage, serve};
use dealwright_wire::{Clock, Compat, Instant, ScopeSet};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::database::{Engine, Place};
use crate::{Api, Browser};

/// Where the clock of every test stands at first: 2027-01-15T08:00:00Z, midnight at the development org.
pub const START: Instant = Instant(1_800_000_000);

/// How long background work is waited for.
const PAUSE: Duration = Duration::from_millis(10);
const TRIES: usize = 1_000;

/// A development server on a free port of the loopback address.
pub struct TestServer {
    pub clock: Clock,
    pub state: Arc<ServerState>,
    pub development: Development,
    pub url: String,
    place: Place,
    api: Api,
    shutdown: oneshot::Sender<()>,
    serving: JoinHandle<Served>,
}

impl TestServer {
    /// Starts a server on the data that is there, with the clock at [`START`].
    pub async fn start(place: Place) -> Self {
        Self::start_with(place, Clock::manual(START), |_| {}).await
    }

    async fn start_with(place: Place, clock: Clock, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let listener =
            TcpListener::bind(("127.0.0.1", 0)).await.expect("the loopback address has a free port");
        let url = format!("http://{}", listener.local_addr().expect("a listener has an address"));
        let mut config = ServerConfig {
            storage: place.storage(),
            public_url: url.clone(),
            clock: clock.clone(),
            ..ServerConfig::development(place.folder.clone())
        };
        change(&mut config);
        let app = dealwright_server::build(config).await.expect("the server starts");
        let development = app.development.expect("a development server tells its credentials");
        let (shutdown, ended) = oneshot::channel::<()>();
        let serving = tokio::spawn(serve(listener, app.site, async move {
            let _ends_either_way = ended.await;
        }));
        let token = token(&app.state.accounts).await;
        let api = Api::new(&url, "v8", Some(token));
        Self { clock, state: app.state, development, url, place, api, shutdown, serving }
    }

    /// Stops the server after the requests in flight.
    pub async fn stop(self) {
        let Self { shutdown, serving, api, state, .. } = self;
        // Open connections would keep the server waiting.
        drop(api);
        let _receiver_may_be_gone = shutdown.send(());
        let served = tokio::time::timeout(Duration::from_secs(10), serving).await;
        assert_eq!(served.expect("the server stops").expect("serving does not panic"), Served::Drained);
        state.close().await;
    }

    /// Stops and starts again on the same data, with the same clock and some settings changed.
    #[must_use]
    pub async fn restart(self, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let (place, clock) = (self.place.clone(), self.clock.clone());
        self.stop().await;
        Self::start_with(place, clock, change).await
    }

    /// The same server, as strict as the reference service.
    #[must_use]
    pub async fn strict(self) -> Self {
        self.restart(|config| config.compat = Compat::Strict).await
    }

    pub fn engine(&self) -> Engine {
        self.place.engine
    }

    /// Calls of version 8 with a token that has every scope.
    pub fn api(&self) -> Api {
        self.api.clone()
    }

    /// Calls of another version with the same token.
    pub fn version(&self, version: &str) -> Api {
        self.api.version(version)
    }

    /// Calls with a new token of every scope, for after the first has expired.
    pub async fn fresh_api(&self) -> Api {
        self.api.with_token(&token(&self.state.accounts).await)
    }

    /// Calls with a token of these scopes only.
    pub async fn api_with_scopes(&self, scopes: &str) -> Api {
        let accounts = &self.state.accounts;
        let client = accounts.client(bootstrap::CLIENTS[0].client_id).await.expect("clients can be read");
        let client = client.expect("the development clients are there").id;
        let admin = accounts.identity_by_email(bootstrap::ADMIN_EMAIL).await.expect("identities can be read");
        let admin = admin.expect("the development administrator is there").id;
        let issued = accounts.issue(admin, self.development.org, client, &ScopeSet::parse(scopes)).await;
        let Ok(issued) = issued else { panic!("no token can be made") };
        self.api.with_token(&issued.access_token)
    }

    /// Calls as another user, by the number of the person behind them (`zuid`), with every scope.
    pub async fn api_of(&self, identity: &str) -> Api {
        let accounts = &self.state.accounts;
        let client = accounts.client(bootstrap::CLIENTS[0].client_id).await.expect("clients can be read");
        let client = client.expect("the development clients are there").id;
        let identity = identity.parse().expect("a zuid is an id");
        let scopes = ScopeSet::parse(dealwright_accounts::scopes::EVERYTHING);
        let issued = accounts.issue(identity, self.development.org, client, &scopes).await;
        let Ok(issued) = issued else { panic!("no token can be made") };
        self.api.with_token(&issued.access_token)
    }

    /// A person's browser, not signed in.
    pub fn browser(&self) -> Browser {
        Browser::new(&self.url)
    }

    /// The published client of that kind.
    pub fn client(&self, kind: ClientKind) -> &'static DevClient {
        let found = self.development.credentials.clients.iter().find(|client| client.kind == kind);
        found.expect("there is a development client of each kind")
    }

    /// Where the data is, for what works on it beside the server.
    pub fn storage(&self) -> Storage {
        self.place.storage()
    }

    /// Folder of the data.
    pub fn folder(&self) -> &Path {
        &self.place.folder
    }

    /// The files below the folder of blobs, by their path in it.
    pub fn blobs(&self) -> Vec<String> {
        let folder = self.place.folder.join("blobs");
        let mut found = Vec::new();
        below(&folder, &folder, &mut found);
        found.sort();
        found
    }

    /// Waits until there are that many blobs: some go in the background.
    pub async fn wait_for_blobs(&self, count: usize) {
        for _ in 0..TRIES {
            if self.blobs().len() == count {
                return;
            }
            tokio::time::sleep(PAUSE).await;
        }
        panic!("wanted {count} blobs, there are {:?}", self.blobs());
    }

    /// Moves the clock.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

fn below(root: &Path, folder: &Path, found: &mut Vec<String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.map(|entry| entry.expect("an entry of the folder").path()) {
        if path.is_dir() {
            below(root, &path, found);
        } else if path.file_name().is_none_or(|name| name != "_mark") {
            let path = path.strip_prefix(root).expect("it is below the folder");
            found.push(path.to_string_lossy().into_owned());
        }
    }
}

/// An access token for the published refresh token, as a client gets it.
async fn token(accounts: &Accounts) -> String {
    let mut params = dealwright_accounts::Params::default();
    let client = bootstrap::CLIENTS[0];
    for (name, value) in [
        ("grant_type", "refresh_token"),
        ("client_id", client.client_id),
        ("client_secret", client.client_secret),
        ("refresh_token", bootstrap::REFRESH_TOKEN),
    ] {
        params.push(name, value);
    }
    match accounts.token(&params).await {
        Ok(reply) => reply.access_token,
        Err(error) => panic!("the published refresh token is refused: {error}"),
    }
}
