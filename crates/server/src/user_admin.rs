//! People from the command line: what `dealwright admin user` does, beside a running server or without one.
//!
//! It changes the accounts alone. A running server reads sign-ins, links and refresh tokens anew with each request; an
//! access token that it has seen lately is good for up to 30 seconds more.

use dealwright_accounts::{Accounts, Identity, Link, PersonEntry, Settings, Way};
use dealwright_wire::{Clock, Mint};

use crate::config::Storage;
use crate::opening;
use crate::start_error::StartError;

/// The accounts of an installation.
pub struct People(Accounts);

impl People {
    /// Opens the accounts. `public_url` is what links begin with.
    pub async fn open(storage: &Storage, clock: Clock, public_url: String) -> Result<Self, StartError> {
        let (_, control) = opening::beside(storage).await?;
        let mint = Mint::new(clock.clone(), 0);
        let settings = Settings { public_url, ..Settings::default() };
        let accounts = Accounts::open(control, clock, mint, settings).await?;
        if accounts.installation_kind().await?.is_none() {
            return Err(StartError::Refused("there is no installation in this data yet".to_owned()));
        }
        Ok(Self(accounts))
    }

    /// Everybody, by email address.
    pub async fn list(&self) -> Result<Vec<PersonEntry>, StartError> {
        Ok(self.0.people(None).await?)
    }

    /// A link for somebody who has no password yet.
    pub async fn invite(&self, email: &str) -> Result<Link, StartError> {
        let identity = self.find(email).await?;
        if self.0.has_password(identity.id).await? {
            let text =
                format!("{email} has a password already; a new one is set with: dealwright admin user reset");
            return Err(StartError::Refused(text));
        }
        self.link(&identity).await
    }

    /// A link to set another password, or the first.
    pub async fn reset(&self, email: &str) -> Result<Link, StartError> {
        let identity = self.find(email).await?;
        self.link(&identity).await
    }

    /// Keeps somebody out of the whole installation: sign-ins, links, tokens and codes end for good.
    pub async fn deactivate(&self, email: &str) -> Result<(), StartError> {
        Ok(self.0.set_identity_active(self.find(email).await?.id, false).await?)
    }

    /// Lets somebody in again whom [`People::deactivate`] kept out.
    pub async fn activate(&self, email: &str) -> Result<(), StartError> {
        Ok(self.0.set_identity_active(self.find(email).await?.id, true).await?)
    }

    /// Ends somebody's sign-ins, and with `tokens` what applications hold for them.
    pub async fn sign_out(&self, email: &str, tokens: bool) -> Result<(), StartError> {
        Ok(self.0.sign_out_everywhere(self.find(email).await?.id, tokens, None).await?)
    }

    async fn find(&self, email: &str) -> Result<Identity, StartError> {
        let found = self.0.identity_by_email(email).await?;
        found.ok_or_else(|| {
            let text = format!(
                "nobody here has the address {email}; users are added through the API (POST /crm/v8/users)"
            );
            StartError::Refused(text)
        })
    }

    async fn link(&self, identity: &Identity) -> Result<Link, StartError> {
        let link = self.0.make_link(identity.id, Way::Hand).await?;
        link.ok_or_else(|| {
            let text = format!(
                "{} is deactivated; let them in first, in the CRM or with: dealwright admin user activate",
                identity.email
            );
            StartError::Refused(text)
        })
    }
}
