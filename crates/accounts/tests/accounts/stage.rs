//! A fresh set of accounts with the published development values, on a clock the test moves.

use std::time::Duration;

use dealwright_accounts::{
    Accounts, ClientKind, DevCredentials, DevOrg, OAuthError, Org, Params, Settings, TokenReply,
};
use dealwright_store::Database;
use dealwright_wire::{Clock, Id, Instant, Mint};

pub(crate) const ORG: i64 = 5_000_000_000_000_000_100;
pub(crate) const ADMIN: i64 = 5_000_000_000_000_000_200;
pub(crate) const CALLBACK: &str = "http://localhost:3000/callback";

pub(crate) struct Stage {
    pub(crate) accounts: Accounts,
    pub(crate) clock: Clock,
    pub(crate) dev: DevCredentials,
    _folder: tempfile::TempDir,
}

pub(crate) fn id(number: i64) -> Id {
    Id::new(number).unwrap()
}

pub(crate) fn org() -> DevOrg {
    DevOrg { org: Org { id: id(ORG), name: "Test".to_owned(), zgid: id(777) }, admin: id(ADMIN) }
}

impl Stage {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Database::sqlite(folder.path()).unwrap().store("control").await.unwrap();
        let clock = Clock::manual(Instant(1_800_000_000));
        let settings = Settings { development: true, public_url: "http://crm.test/".to_owned(), ..settings };
        let accounts = Accounts::open(store, clock.clone(), Mint::seeded(1), settings).await.unwrap();
        let dev = accounts.ensure_development(org()).await.unwrap();
        Self { accounts, clock, dev, _folder: folder }
    }

    pub(crate) fn wait(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Parameters with the id and secret of the development client of that type, and these.
    pub(crate) fn params(&self, kind: ClientKind, more: &[(&str, &str)]) -> Params {
        let client = self.dev.clients.iter().find(|client| client.kind == kind).unwrap();
        let mut params = Params::default();
        params.push("client_id", client.client_id);
        params.push("client_secret", client.client_secret);
        for &(name, value) in more {
            params.push(name, value);
        }
        params
    }

    pub(crate) async fn token(
        &self,
        kind: ClientKind,
        more: &[(&str, &str)],
    ) -> Result<TokenReply, OAuthError> {
        self.accounts.token(&self.params(kind, more)).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<TokenReply, OAuthError> {
        self.token(ClientKind::SelfClient, &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    }

    /// A code of the authorization page, for the server client unless `more` says otherwise.
    pub(crate) async fn code(&self, kind: ClientKind, more: &[(&str, &str)]) -> String {
        let redirect = self.authorize(kind, more, true).await;
        redirect.split_once("code=").unwrap().1.split('&').next().unwrap().to_owned()
    }

    pub(crate) async fn authorize(&self, kind: ClientKind, more: &[(&str, &str)], was_asked: bool) -> String {
        let mut params = self.params(kind, more);
        params.push("response_type", "code");
        params.push("redirect_uri", CALLBACK);
        params.push("scope", "ZohoCRM.modules.ALL,ZohoCRM.users.READ");
        let request = self.accounts.authorization(&params).await.unwrap();
        self.accounts.allow(&request, id(ADMIN), id(ORG), was_asked).await.unwrap()
    }

    pub(crate) async fn is_alive(&self, access_token: &str) -> bool {
        self.accounts.authenticate(access_token).await.unwrap().is_some()
    }
}

/// The word the client would read.
pub(crate) fn error(result: Result<TokenReply, OAuthError>) -> String {
    match result {
        Ok(_) => "no error".to_owned(),
        Err(error) => error.to_string(),
    }
}
