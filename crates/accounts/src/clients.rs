//! Applications that may ask for tokens, as the API console registers them.

use dealwright_store::{Cell, Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{Id, Instant, ScopeSet};

use crate::secret::{Digest, characters, hash, same};
use crate::{Accounts, Error, OAuthError, Params, Secret, redirects, scopes};

/// Types of client, in the console's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientKind {
    /// Runs on a server and keeps its secret.
    Server,
    /// JavaScript in a browser: implicit grant, no refresh token.
    Web,
    /// An app on a phone or desktop: the secret proves nothing, PKCE does.
    Mobile,
    /// No browser: device flow.
    Device,
    /// The owner's own script. One per account; its codes come from the console.
    SelfClient,
}

impl ClientKind {
    pub const ALL: [Self; 5] = [Self::Server, Self::Web, Self::Mobile, Self::Device, Self::SelfClient];

    /// The stored form, also used in forms and URLs.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Web => "web",
            Self::Mobile => "mobile",
            Self::Device => "device",
            Self::SelfClient => "self",
        }
    }

    pub const fn title(self) -> &'static str {
        match self {
            Self::Server => "Server-based application",
            Self::Web => "Client-based application",
            Self::Mobile => "Mobile-based application",
            Self::Device => "Non-browser application",
            Self::SelfClient => "Self client",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.text() == text)
    }

    pub const fn has_redirect(self) -> bool {
        matches!(self, Self::Server | Self::Web | Self::Mobile)
    }
}

/// A registered client. Its secret is known only as a hash.
#[derive(Clone)]
pub struct Client {
    pub id: Id,
    pub client_id: String,
    pub kind: ClientKind,
    pub name: String,
    pub homepage: String,
    pub redirect_uris: Vec<String>,
    /// Origins a web client calls from.
    pub js_domains: Vec<String>,
    pub policy: Policy,
    pub owner: Id,
    pub created: Instant,
    pub(crate) secret_hash: String,
}

/// What its owner chose about a client's tokens. Everything is off in [`Policy::default`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What a server-based client may ask for by `client_credentials`, as text; nothing when empty.
    pub credential_scopes: String,
    /// Every authorization request needs a challenge (PKCE). A client-based application always needs one for a code.
    pub requires_pkce: bool,
    /// Each use of a refresh token gives another in its place; one that comes a second time ends them all.
    pub rotates: bool,
    /// Days after which an unused refresh token ends; 0 for never.
    pub refresh_idle_days: u16,
}

impl Client {
    /// What the client may ask for by `client_credentials`; `None` for no bounds but the owner's.
    ///
    /// A self client is its owner's own script. Any other client got its secret to prove itself when people let it
    /// in, so without its owner's word the secret alone opens nothing.
    pub fn credential_scopes(&self) -> Result<Option<ScopeSet>, OAuthError> {
        match self.kind {
            ClientKind::SelfClient => Ok(None),
            ClientKind::Server if !self.policy.credential_scopes.is_empty() => {
                Ok(Some(ScopeSet::parse(&self.policy.credential_scopes)))
            }
            _ => Err(OAuthError::AccessDenied),
        }
    }

    /// When a refresh token of the client ends that was last used then.
    pub(crate) fn idle_end(&self, last_used: i64) -> Option<i64> {
        let seconds = self.policy.idle_seconds();
        (seconds > 0).then_some(last_used + seconds)
    }

    pub(crate) fn check_secret(&self, secret: &str) -> Result<(), OAuthError> {
        if same(&hash(secret), &self.secret_hash) { Ok(()) } else { Err(OAuthError::InvalidClientSecret) }
    }
}

impl Policy {
    fn idle_seconds(&self) -> i64 {
        i64::from(self.refresh_idle_days) * DAY
    }

    fn check(&self, kind: ClientKind) -> Result<(), Error> {
        if self.credential_scopes.is_empty() {
            return Ok(());
        }
        if kind != ClientKind::Server {
            return Err(Error::refused("only a server-based application can be given scopes of its own"));
        }
        match scopes::fault(&self.credential_scopes) {
            None => Ok(()),
            Some(fault) => Err(Error::refused(format!("Scopes for client_credentials: {fault}"))),
        }
    }
}

/// What the console's form says about a client.
#[derive(Debug, Clone)]
pub struct ClientDraft {
    pub kind: ClientKind,
    pub name: String,
    pub homepage: String,
    pub redirect_uris: Vec<String>,
    pub js_domains: Vec<String>,
    pub policy: Policy,
}

/// A client just made, with the secret that is shown this once.
pub struct NewClient {
    pub client: Client,
    pub secret: Secret,
}

const COLUMNS: &str = "c.id, c.client_id, c.kind, c.name, c.homepage, c.redirect_uris, c.js_domains, c.owner, c.created, \
     c.secret, c.credential_scopes, c.requires_pkce, c.rotates, c.refresh_idle";
/// Seconds of a day.
const DAY: i64 = 24 * 3600;

fn read(row: &Row<'_>) -> Result<Client, StoreError> {
    let text = |column| Ok::<_, StoreError>(Row::must(row.text(column)?, column)?.to_owned());
    let lines = |column| Ok::<_, StoreError>(text(column)?.lines().map(str::to_owned).collect());
    let kind = text(2)?;
    Ok(Client {
        id: Row::must(row.id(0)?, 0)?,
        client_id: text(1)?,
        kind: ClientKind::parse(&kind)
            .ok_or(StoreError::Shape { column: 2, found: format!("client type {kind:?}") })?,
        name: text(3)?,
        homepage: text(4)?,
        redirect_uris: lines(5)?,
        js_domains: lines(6)?,
        policy: Policy {
            credential_scopes: text(10)?,
            requires_pkce: Row::must(row.bool(11)?, 11)?,
            rotates: Row::must(row.bool(12)?, 12)?,
            refresh_idle_days: u16::try_from(Row::must(row.int(13)?, 13)? / DAY).unwrap_or(u16::MAX),
        },
        owner: Row::must(row.id(7)?, 7)?,
        created: Instant(Row::must(row.int(8)?, 8)?),
        secret_hash: text(9)?,
    })
}

impl Accounts {
    /// Registers a client of a person.
    pub async fn create_client(&self, owner: Id, draft: ClientDraft) -> Result<NewClient, Error> {
        const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        check(&draft)?;
        let secret = Secret::client()?;
        let client = Client {
            id: self.mint().next(),
            client_id: format!("1000.{}", characters(ALPHABET, 30)?),
            kind: draft.kind,
            name: draft.name.trim().to_owned(),
            homepage: draft.homepage.trim().to_owned(),
            redirect_uris: draft.redirect_uris,
            js_domains: draft.js_domains,
            policy: draft.policy,
            owner,
            created: self.now(),
            secret_hash: secret.hash(),
        };
        let row = client.clone();
        let result = self.store().write(move |tx| Box::pin(async move { insert(tx, &row).await }));
        match result.await {
            Err(StoreError::Unique { .. }) if client.kind == ClientKind::SelfClient => {
                Err(Error::refused("an account has one self client, and yours exists already"))
            }
            other => {
                other?;
                Ok(NewClient { client, secret })
            }
        }
    }

    /// The clients a person registered, oldest first.
    pub async fn clients_of(&self, owner: Id) -> Result<Vec<Client>, Error> {
        self.store()
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let sql = Sql::from(format!(
                        "SELECT {COLUMNS} FROM {{clients}} c WHERE c.owner = ?1 ORDER BY c.id"
                    ));
                    Ok(conn.all(&sql, &[owner.into()], read).await?)
                })
            })
            .await
    }

    /// A client by its public `client_id`.
    pub async fn client(&self, client_id: &str) -> Result<Option<Client>, Error> {
        let client_id = client_id.to_owned();
        self.store()
            .read(Weight::Point, move |conn| {
                Box::pin(async move { Ok(find(conn, "client_id", client_id.into()).await?) })
            })
            .await
    }

    /// A client by its own id.
    pub async fn client_by_id(&self, id: Id) -> Result<Option<Client>, Error> {
        self.store()
            .read(Weight::Point, move |conn| Box::pin(async move { Ok(find(conn, "id", id.into()).await?) }))
            .await
    }

    /// Replaces what the form says; id, type and secret stay.
    pub async fn update_client(&self, client: &Client, draft: ClientDraft) -> Result<(), Error> {
        check(&draft)?;
        if draft.kind != client.kind {
            return Err(Error::refused("a client keeps its type"));
        }
        let (id, owner) = (client.id, client.owner);
        // What may not be asked for any more is not kept either.
        let narrows = draft.policy.credential_scopes != client.policy.credential_scopes;
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "UPDATE {clients} SET name = ?2, homepage = ?3, redirect_uris = ?4, js_domains = ?5, \
                         credential_scopes = ?6, requires_pkce = ?7, rotates = ?8, refresh_idle = ?9 WHERE id = ?1",
                    );
                    let args = [
                        id.into(),
                        draft.name.trim().into(),
                        draft.homepage.trim().into(),
                        draft.redirect_uris.join("\n").into(),
                        draft.js_domains.join("\n").into(),
                        draft.policy.credential_scopes.as_str().into(),
                        draft.policy.requires_pkce.into(),
                        draft.policy.rotates.into(),
                        draft.policy.idle_seconds().into(),
                    ];
                    tx.exec(&sql, &args).await?;
                    if narrows {
                        crate::tokens::delete_of_owner(tx, id, owner).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        self.0.sessions.forget_all();
        Ok(())
    }

    /// A new secret; the old one stops working, tokens stay.
    pub async fn regenerate_secret(&self, client: Id) -> Result<Secret, Error> {
        let secret = Secret::client()?;
        let hash = secret.hash();
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("UPDATE {clients} SET secret = ?2 WHERE id = ?1");
                    tx.exec(&sql, &[client.into(), hash.into()]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        Ok(secret)
    }

    /// Removes a client with its codes, tokens and consents.
    pub async fn delete_client(&self, client: Id) -> Result<(), Error> {
        let gone = self
            .store()
            .write(move |tx| Box::pin(async move { Ok::<_, Error>(delete(tx, client).await?) }))
            .await?;
        self.forget_tokens(&gone);
        Ok(())
    }

    /// The client the parameters name.
    pub(crate) async fn named_client(&self, params: &Params) -> Result<Client, OAuthError> {
        let client_id = params.get("client_id").ok_or(OAuthError::InvalidClient)?;
        self.client(client_id).await?.ok_or(OAuthError::InvalidClient)
    }

    /// The client the parameters name, proven by its secret.
    pub(crate) async fn proven_client(&self, params: &Params) -> Result<Client, OAuthError> {
        let client = self.named_client(params).await?;
        client.check_secret(params.get("client_secret").unwrap_or_default())?;
        Ok(client)
    }
}

async fn delete(tx: &mut Conn, client: Id) -> Result<Vec<Digest>, StoreError> {
    let gone = crate::tokens::delete_of_client(tx, client).await?;
    for table in ["codes", "device_codes", "consents"] {
        let sql = Sql::from(format!("DELETE FROM {{{table}}} WHERE client = ?1"));
        tx.exec(&sql, &[client.into()]).await?;
    }
    tx.exec(&Sql::from("DELETE FROM {clients} WHERE id = ?1"), &[client.into()]).await?;
    Ok(gone)
}

/// Removes the self client of a person, which opens to its secret alone what they may do.
pub(crate) async fn delete_self_client(tx: &mut Conn, owner: Id) -> Result<(), StoreError> {
    let sql = Sql::from("SELECT id FROM {clients} WHERE owner = ?1 AND kind = ?2");
    let args = [owner.into(), ClientKind::SelfClient.text().into()];
    for client in tx.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await? {
        delete(tx, client).await?;
    }
    Ok(())
}

async fn find(conn: &mut Conn, column: &str, key: Cell<'_>) -> Result<Option<Client>, StoreError> {
    let sql = Sql::from(format!("SELECT {COLUMNS} FROM {{clients}} c WHERE c.{column} = ?1"));
    conn.first(&sql, &[key], read).await
}

pub(crate) async fn insert(tx: &mut Conn, client: &Client) -> Result<(), StoreError> {
    let sql = Sql::from(
        "INSERT INTO {clients} (id, client_id, secret, kind, name, homepage, redirect_uris, js_domains, owner, created, \
         credential_scopes, requires_pkce, rotates, refresh_idle) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    );
    let args = [
        client.id.into(),
        client.client_id.as_str().into(),
        client.secret_hash.as_str().into(),
        client.kind.text().into(),
        client.name.as_str().into(),
        client.homepage.as_str().into(),
        client.redirect_uris.join("\n").into(),
        client.js_domains.join("\n").into(),
        client.owner.into(),
        client.created.0.into(),
        client.policy.credential_scopes.as_str().into(),
        client.policy.requires_pkce.into(),
        client.policy.rotates.into(),
        client.policy.idle_seconds().into(),
    ];
    tx.exec(&sql, &args).await.map(drop)
}

fn check(draft: &ClientDraft) -> Result<(), Error> {
    let name = draft.name.trim();
    if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(Error::refused("a client needs a name of at most 100 characters"));
    }
    let homepage = draft.homepage.trim();
    if !homepage.is_empty() && !is_web_address(homepage) {
        return Err(Error::refused("the homepage must begin with https:// or http://"));
    }
    if draft.kind.has_redirect() && draft.redirect_uris.is_empty() {
        return Err(Error::refused("a client of this type needs at least one redirect URI"));
    }
    for uri in &draft.redirect_uris {
        redirects::check(uri, draft.kind)
            .map_err(|reason| Error::refused(format!("{uri:?} cannot be a redirect URI: {reason}")))?;
    }
    if draft.kind == ClientKind::Web && draft.js_domains.is_empty() {
        return Err(Error::refused("a client-based application needs at least one JavaScript domain"));
    }
    if let Some(bad) = draft.js_domains.iter().find(|domain| !is_origin(domain)) {
        return Err(Error::refused(format!(
            "{bad:?} is no JavaScript domain: write it as https://host or https://host:port"
        )));
    }
    draft.policy.check(draft.kind)
}

fn is_web_address(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '['))
        && text.len() <= 2000
}

fn is_origin(text: &str) -> bool {
    is_web_address(text)
        && text.split_once("://").is_some_and(|(_, host)| {
            host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
        })
}
