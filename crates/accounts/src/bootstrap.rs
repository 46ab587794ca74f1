//! The published development accounts: the same on every development server, so that examples can be pasted.
//!
//! Every value here is public. They exist only where [`crate::Settings::development`] is set, and the data
//! they are written to is marked so that a production server refuses it.

use std::time::Duration;

use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::Id;

use crate::clients::{self, Client, ClientKind, Policy};
use crate::codes::{self, CodeDraft};
use crate::scopes::EVERYTHING;
use crate::secret::{Secret, hash};
use crate::tokens::{Life, Subject};
use crate::{Accounts, Error, Identity, InstallationKind, Org, development_tokens};

pub const ADMIN_EMAIL: &str = "admin@dealwright.test";
pub const ADMIN_PASSWORD: &str = "dealwright";
/// Bound to the self client, with every scope; never evicted.
pub const REFRESH_TOKEN: &str = "1000.dea1dea1dea1dea1dea1dea100000001.dea1dea1dea1dea1dea1dea100000002";
/// Bound to the self client, with every scope; good again after every start.
pub const ACCESS_TOKEN: &str = "1000.dea1dea1dea1dea1dea1dea100000005.dea1dea1dea1dea1dea1dea100000006";
/// Has ended long ago: no server knows it.
pub const EXPIRED_TOKEN: &str = "1000.dea1dea1dea1dea1dea1dea100000007.dea1dea1dea1dea1dea1dea100000008";
/// Bound to the self client; unused again after every start.
pub const GRANT_TOKEN: &str = "1000.dea1dea1dea1dea1dea1dea100000003.dea1dea1dea1dea1dea1dea100000004";
/// How long the grant token waits for its use.
const GRANT_TTL: Duration = Duration::from_hours(24 * 365 * 10);
/// When the access token ends: at the end of the year 9999, beyond what anybody sets a clock to.
const ACCESS_END: i64 = 253_402_300_799;

/// A published client.
#[derive(Debug, Clone, Copy)]
pub struct DevClient {
    pub kind: ClientKind,
    pub name: &'static str,
    pub client_id: &'static str,
    pub client_secret: &'static str,
    pub redirect_uris: &'static [&'static str],
    pub js_domains: &'static [&'static str],
}

const REDIRECTS: &[&str] = &[
    "http://localhost/callback",
    "http://127.0.0.1/callback",
    "http://localhost:3000/callback",
    "http://127.0.0.1:3000/callback",
    "http://localhost:8000/callback",
    "http://127.0.0.1:8000/callback",
    "https://example.com/callback",
];

/// The self client comes first: its id and secret are the ones told to whoever starts the server.
pub const CLIENTS: &[DevClient] = &[
    DevClient {
        kind: ClientKind::SelfClient,
        name: "Development self client",
        client_id: "1000.DEALWRIGHTDEVELOPMENT0SELF0001",
        client_secret: "dea1dea1dea1dea1dea1dea1dea1dea1dea1000001",
        redirect_uris: &[],
        js_domains: &[],
    },
    DevClient {
        kind: ClientKind::Server,
        name: "Development server client",
        client_id: "1000.DEALWRIGHTDEVELOPMENT0SERVER02",
        client_secret: "dea1dea1dea1dea1dea1dea1dea1dea1dea1000002",
        redirect_uris: REDIRECTS,
        js_domains: &[],
    },
    DevClient {
        kind: ClientKind::Web,
        name: "Development web client",
        client_id: "1000.DEALWRIGHTDEVELOPMENT0WEB00003",
        client_secret: "dea1dea1dea1dea1dea1dea1dea1dea1dea1000003",
        redirect_uris: REDIRECTS,
        js_domains: &[
            "http://localhost:3000",
            "http://127.0.0.1:3000",
            "http://localhost:5173",
            "http://127.0.0.1:5173",
        ],
    },
    DevClient {
        kind: ClientKind::Mobile,
        name: "Development mobile client",
        client_id: "1000.DEALWRIGHTDEVELOPMENT0MOBILE04",
        client_secret: "dea1dea1dea1dea1dea1dea1dea1dea1dea1000004",
        redirect_uris: &["dealwright://callback", "http://localhost/callback", "http://127.0.0.1/callback"],
        js_domains: &[],
    },
    DevClient {
        kind: ClientKind::Device,
        name: "Development device client",
        client_id: "1000.DEALWRIGHTDEVELOPMENT0DEVICE05",
        client_secret: "dea1dea1dea1dea1dea1dea1dea1dea1dea1000005",
        redirect_uris: &[],
        js_domains: &[],
    },
];

/// The org the development accounts belong to.
#[derive(Debug, Clone)]
pub struct DevOrg {
    pub org: Org,
    /// The administrator's identity, which is the `zuid` of the org's first user.
    pub admin: Id,
}

/// What a development server tells whoever starts it.
#[derive(Debug, Clone)]
pub struct DevCredentials {
    pub client_id: &'static str,
    pub client_secret: &'static str,
    pub refresh_token: &'static str,
    pub grant_token: &'static str,
    pub access_token: &'static str,
    /// Answered as any access token that has ended.
    pub expired_token: &'static str,
    pub admin_email: &'static str,
    pub admin_password: &'static str,
    pub clients: &'static [DevClient],
}

impl DevCredentials {
    /// The same on every development server.
    pub const PUBLISHED: Self = Self {
        client_id: CLIENTS[0].client_id,
        client_secret: CLIENTS[0].client_secret,
        refresh_token: REFRESH_TOKEN,
        grant_token: GRANT_TOKEN,
        access_token: ACCESS_TOKEN,
        expired_token: EXPIRED_TOKEN,
        admin_email: ADMIN_EMAIL,
        admin_password: ADMIN_PASSWORD,
        clients: CLIENTS,
    };
}

impl Accounts {
    /// Brings the published accounts into being, or back to their published state. Safe to call at every start.
    ///
    /// Refused unless the settings say development, and on production data.
    pub async fn ensure_development(&self, dev: DevOrg) -> Result<DevCredentials, Error> {
        if !self.settings().development {
            return Err(Error::refused("the published accounts are for development only"));
        }
        self.set_installation_kind(InstallationKind::Development).await?;
        let org = dev.org.id;
        self.ensure_org(dev.org).await?;
        let admin = self.ensure_dev_admin(dev.admin, org).await?;
        let accounts = self.clone();
        let number = self
            .store()
            .write(move |tx| {
                Box::pin(async move {
                    for client in CLIENTS {
                        accounts.ensure_dev_client(tx, client, admin).await?;
                    }
                    accounts.rearm_tokens(tx, admin, org).await?;
                    development_tokens::number(tx).await
                })
            })
            .await?;
        self.set_development_number(number);
        Ok(DevCredentials::PUBLISHED)
    }

    async fn ensure_dev_admin(&self, id: Id, org: Id) -> Result<Id, Error> {
        if let Some(known) = self.identity_by_email(ADMIN_EMAIL).await? {
            self.add_member(known.id, org).await?;
            return Ok(known.id);
        }
        let password = self.0.hashing.hash(ADMIN_PASSWORD).await?;
        let identity = Identity {
            id,
            email: ADMIN_EMAIL.to_owned(),
            first_name: "Dev".to_owned(),
            last_name: "Admin".to_owned(),
            is_email_verified: false,
        };
        self.insert_identity(identity, password, Some(org)).await?;
        Ok(id)
    }

    async fn ensure_dev_client(&self, tx: &mut Conn, dev: &DevClient, owner: Id) -> Result<(), Error> {
        let owned = |list: &[&str]| list.iter().map(|&one| one.to_owned()).collect();
        let client = Client {
            id: self.mint().next(),
            client_id: dev.client_id.to_owned(),
            kind: dev.kind,
            name: dev.name.to_owned(),
            homepage: String::new(),
            redirect_uris: owned(dev.redirect_uris),
            js_domains: owned(dev.js_domains),
            owner,
            policy: Policy::default(),
            created: self.now(),
            secret_hash: hash(dev.client_secret),
        };
        let sql = Sql::from(
            "UPDATE {clients} SET secret = ?2, redirect_uris = ?3, js_domains = ?4 WHERE client_id = ?1",
        );
        let args = [
            dev.client_id.into(),
            client.secret_hash.as_str().into(),
            client.redirect_uris.join("\n").into(),
            client.js_domains.join("\n").into(),
        ];
        if tx.exec(&sql, &args).await? == 0 {
            clients::insert(tx, &client).await?;
        }
        Ok(())
    }

    /// Makes the fixed refresh and access tokens valid and the fixed code unused.
    async fn rearm_tokens(&self, tx: &mut Conn, identity: Id, org: Id) -> Result<(), Error> {
        let sql = Sql::from("SELECT id FROM {clients} WHERE client_id = ?1");
        let client = tx
            .first(&sql, &[CLIENTS[0].client_id.into()], |row| Row::must(row.id(0)?, 0))
            .await?
            .ok_or_else(|| Error::Shape("no development self client".to_owned()))?;
        let scopes = dealwright_wire::ScopeSet::parse(EVERYTHING).to_string();
        let subject = Subject { client, identity, org, scopes };
        let now = self.now().0;

        let sql = Sql::from(
            "UPDATE {refresh_tokens} SET client = ?2, identity = ?3, org = ?4, scopes = ?5 WHERE hash = ?1",
        );
        let args = [
            hash(REFRESH_TOKEN).into(),
            client.into(),
            identity.into(),
            org.into(),
            subject.scopes.as_str().into(),
        ];
        if tx.exec(&sql, &args).await? == 0 {
            let token = Secret::new(REFRESH_TOKEN);
            crate::tokens::insert_refresh_row(tx, self.mint().next(), &subject, None, &token, true, now)
                .await?;
        }

        // It hangs on no refresh token: among the live ones of that it would be the oldest, and the first to go.
        tx.exec(&Sql::from("DELETE FROM {access_tokens} WHERE hash = ?1"), &[hash(ACCESS_TOKEN).into()])
            .await?;
        let (token, life) = (Secret::new(ACCESS_TOKEN), Life { created: now, expires: ACCESS_END });
        crate::tokens::insert_access_row(tx, self.mint().next(), &subject, None, None, &token, life).await?;

        tx.exec(&Sql::from("DELETE FROM {codes} WHERE hash = ?1"), &[hash(GRANT_TOKEN).into()]).await?;
        let draft =
            CodeDraft { subject, redirect_uri: None, challenge: None, is_offline: true, ttl: GRANT_TTL };
        codes::insert(tx, self.mint().next(), &Secret::new(GRANT_TOKEN), &draft, now).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values_have_the_documented_forms() {
        for token in [REFRESH_TOKEN, GRANT_TOKEN, ACCESS_TOKEN, EXPIRED_TOKEN] {
            assert!(crate::secret::is_token(token), "{token}");
        }
        for client in CLIENTS {
            let id = client.client_id.strip_prefix("1000.").unwrap();
            assert_eq!(id.len(), 30, "{id}");
            assert!(id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit()), "{id}");
            assert_eq!(client.client_secret.len(), 42, "{}", client.client_secret);
            assert!(client.client_secret.bytes().all(|b| b.is_ascii_hexdigit() && !b.is_ascii_uppercase()));
        }
        for kind in ClientKind::ALL {
            assert_eq!(CLIENTS.iter().filter(|client| client.kind == kind).count(), 1);
        }
    }
}
