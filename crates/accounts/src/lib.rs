//! OAuth 2 clients, grants and tokens, and the people and organisations behind them. No HTTP.
//!
//! - [`clients`]: applications registered in the API console; [`scopes`]: what they may ask for
//! - [`authorization`], [`consents`], [`codes`]: a person lets a client in and the client gets a code
//! - [`grants`]: the token endpoint, one file per grant type; [`device`]: the flow for devices without a browser
//! - [`tokens`], [`session`]: minting, evicting and revoking tokens; from a token to who is calling
//! - `development_tokens`: access tokens of a development server that others take
//! - [`token_info`]: what a token says about itself and its owner
//! - [`identities`], [`passwords`], [`sign_ins`], [`orgs`]: people, how they sign in, where they belong
//! - [`links`], [`people`]: links to set a password by, and people as their administrators see them
//! - [`redirects`]: which addresses people are sent back to; `limits`, `marks`: counters against guessing, and browsers
//!   that they do not count against
//! - [`bootstrap`], [`installation`]: the published development accounts, and the mark that keeps them out of production
//! - [`params`], [`secret`], [`oauth_error`], [`error`]: request parameters, random secrets, and what can go wrong

pub mod authorization;
pub mod bootstrap;
pub mod clients;
pub mod codes;
pub mod consents;
mod development_tokens;
pub mod device;
pub mod error;
pub mod grants;
pub mod identities;
pub mod installation;
mod limits;
pub mod links;
mod marks;
pub mod oauth_error;
pub mod orgs;
pub mod params;
pub mod passwords;
pub mod people;
pub mod redirects;
pub mod scopes;
pub mod secret;
pub mod session;
pub mod settings;
pub mod sign_ins;
mod tables;
pub mod token_info;
pub mod tokens;

use std::sync::{Arc, PoisonError, RwLock};

use dealwright_store::Store;
use dealwright_wire::{Clock, Instant, Mint};

/// The steps of the accounts' tables, for tests of what earlier releases left behind.
#[doc(hidden)]
pub use tables::MIGRATIONS;

pub use authorization::{AuthorizationRequest, ResponseType};
pub use bootstrap::{DevClient, DevCredentials, DevOrg};
pub use clients::{Client, ClientDraft, ClientKind, NewClient, Policy};
pub use device::{DeviceReply, WaitingDevice};
pub use error::Error;
pub use identities::Identity;
pub use installation::InstallationKind;
pub use links::{Link, OpenLink, Way};
pub use oauth_error::OAuthError;
pub use orgs::Org;
pub use params::Params;
pub use people::{PersonEntry, Standing};
pub use secret::Secret;
pub use session::Session;
pub use settings::Settings;
pub use sign_ins::{Origin, SignIn, SignInEntry, SignInOutcome};
pub use tokens::{TokenEntry, TokenReply};

/// The accounts of one installation. Cheap to clone; clones share everything.
#[derive(Clone)]
pub struct Accounts(Arc<Inner>);

struct Inner {
    store: Store,
    clock: Clock,
    mint: Mint,
    settings: Settings,
    public_url: RwLock<Arc<str>>,
    sessions: session::Cache,
    development: development_tokens::Development,
    hashing: passwords::Hashing,
    limits: limits::Limits,
    marks: marks::Marks,
}

impl Accounts {
    /// Opens the accounts kept in the control store and brings its tables up to date.
    pub async fn open(store: Store, clock: Clock, mint: Mint, settings: Settings) -> Result<Self, Error> {
        dealwright_store::migrate::migrate(&store, tables::MIGRATIONS).await?;
        for newest in tables::newest_ids(&store).await? {
            mint.skip_past(newest);
        }
        let public_url = RwLock::new(without_slash(&settings.public_url));
        Ok(Self(Arc::new(Inner {
            store,
            clock,
            mint,
            settings,
            public_url,
            sessions: session::Cache::default(),
            development: development_tokens::Development::default(),
            hashing: passwords::Hashing::default(),
            limits: limits::Limits::default(),
            marks: marks::Marks::new()?,
        })))
    }

    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Base URL of this server without a trailing slash: issuer, `api_domain` and `accounts-server`.
    pub fn public_url(&self) -> Arc<str> {
        Arc::clone(&self.0.public_url.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Sets the base URL, for a server that learns its port only when it listens.
    pub fn set_public_url(&self, url: &str) {
        *self.0.public_url.write().unwrap_or_else(PoisonError::into_inner) = without_slash(url);
    }

    fn store(&self) -> &Store {
        &self.0.store
    }

    fn mint(&self) -> &Mint {
        &self.0.mint
    }

    fn clock(&self) -> &Clock {
        &self.0.clock
    }

    fn now(&self) -> Instant {
        self.0.clock.now()
    }
}

fn without_slash(url: &str) -> Arc<str> {
    url.trim().trim_end_matches('/').into()
}
