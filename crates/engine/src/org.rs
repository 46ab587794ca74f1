//! An org that is open: its store, its metadata, its clock and ids. Changing the metadata is in `change`,
//! bringing an older org up to date in `upgrade`, what each has of settings in `stock`, what keeps full
//! text in step in `full_text`.

pub(crate) mod areas;
mod change;
mod full_text;
mod home;
pub(crate) mod stock;
mod upgrade;
mod uses;

use std::sync::Arc;

use arc_swap::ArcSwap;
use dealwright_schema::{ModuleDef, OrgSchema, catalog, diff};
use dealwright_store::blob::BlobStore;
use dealwright_store::{Cell, Conn, Database, Row, Sql, Store, StoreError, ddl, migrate};
use dealwright_wire::{Clock, Id, Instant, Mint};
use serde::de::DeserializeOwned;

use areas::Founding;
pub use areas::{Areas, Plug};
pub(crate) use change::{By, Change};
pub use home::Home;
pub(crate) use uses::Uses;

use crate::access::unasked::{self, Why};
use crate::documents::{Audit, Document, Documents, OrgDetails, Role, User, UserProfile};
use crate::error::Error;
use crate::full_text::FullTextIndex;
use crate::ports::bell::Bell;
use crate::ports::people::People;
use crate::ports::post::Post;
use crate::snapshot::Snapshot;
use crate::{migrations, tag_book};

/// An open org. Shared by all requests to it.
pub struct Org {
    pub id: Id,
    pub store: Store,
    pub blobs: BlobStore,
    pub clock: Clock,
    pub mint: Mint,
    /// Who may sign in.
    pub people: Arc<dyn People>,
    /// What stands above and plugs in.
    pub(crate) areas: &'static Areas,
    /// Key of this org's page tokens.
    pub(crate) token_key: Vec<u8>,
    /// What its mails are sent with.
    pub post: Post,
    /// Wakes whoever works for it beside the requests.
    pub bell: Arc<Bell>,
    /// What its records are found by.
    pub(crate) full_text: Arc<FullTextIndex>,
    /// Fields that queries ask for.
    pub(crate) uses: Uses,
    snapshot: ArcSwap<Snapshot>,
    /// One change of the metadata at a time.
    changing: tokio::sync::Mutex<()>,
}

/// What an org is opened with.
pub struct Surroundings {
    /// Where its files are.
    pub blobs: BlobStore,
    pub clock: Clock,
    pub mint: Mint,
    /// Who may sign in.
    pub people: Arc<dyn People>,
    /// What stands above it.
    pub areas: &'static Areas,
}

/// What a new org starts with.
#[derive(Debug, Clone)]
pub struct NewOrg {
    pub id: Id,
    pub zgid: Id,
    pub company_name: String,
    pub time_zone: String,
    pub home: Home,
    /// Identity, first name, last name, e-mail address of the first administrator.
    pub admin: (Id, String, String, String),
}

impl Org {
    /// Opens the org's store, creating tables and standard modules when `new` is given and it is empty.
    pub async fn open(
        database: &Database,
        id: Id,
        around: Surroundings,
        new: Option<NewOrg>,
    ) -> Result<Arc<Self>, Error> {
        let Surroundings { blobs, clock, mint, people, areas } = around;
        let store = database.store(&format!("org_{id}")).await?;
        migrate::migrate(&store, migrations::ORG).await?;
        ddl::complete(&store.patient(), Vec::new()).await?;
        if let Some(new) = new {
            create(&store, &clock, &mint, areas, new).await?;
        }
        let snapshot = load(&store, &mint).await?;
        let wanted = snapshot.schema.modules().iter().flat_map(|module| diff::wanted(module)).collect();
        for twice in ddl::complete(&store.patient(), wanted).await? {
            upgrade::tell(id, &snapshot, &twice);
        }
        let token_key = meta(&store, "token_key").await?.unwrap_or_default().into_bytes();
        let bell = Arc::<Bell>::default();
        let org = Self {
            id,
            store: store.clone(),
            blobs,
            clock,
            mint,
            people,
            areas,
            token_key,
            post: Post::new(Arc::clone(&bell)),
            bell,
            full_text: Arc::new(FullTextIndex::new(store.clone())),
            uses: Uses::default(),
            snapshot: ArcSwap::from_pointee(snapshot),
            changing: tokio::sync::Mutex::default(),
        };
        org.note_texts(&[&org.snapshot()]);
        org.upgrade().await?;
        org.give_stock().await?;
        org.settle_full_text().await?;
        org.settle_people().await?;
        Ok(Arc::new(org))
    }

    /// The metadata as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }
}

async fn meta(store: &Store, key: &'static str) -> Result<Option<String>, Error> {
    store
        .read(dealwright_store::Weight::Point, move |conn| {
            Box::pin(async move {
                let sql = Sql::from("SELECT value FROM {_meta} WHERE key = ?1");
                Ok(conn
                    .first(&sql, &[key.into()], |row| Row::must(row.text(0)?.map(str::to_owned), 0))
                    .await?)
            })
        })
        .await
}

/// Reads all metadata and moves the mint above every id in use.
async fn load(store: &Store, mint: &Mint) -> Result<Snapshot, Error> {
    let details: OrgDetails =
        parse(&meta(store, "org").await?.ok_or_else(|| {
            StoreError::Refused("the org's store is empty; it was never set up".to_owned())
        })?)?;
    let docs = store
        .read(dealwright_store::Weight::Point, |conn| {
            Box::pin(async move {
                let mut docs = Vec::new();
                for sql in [
                    "SELECT doc FROM {_modules} ORDER BY position, id",
                    "SELECT doc FROM {_users} ORDER BY id",
                    "SELECT doc FROM {_roles} ORDER BY id",
                    "SELECT doc FROM {_profiles} ORDER BY id",
                    "SELECT doc FROM {_territories} ORDER BY id",
                    "SELECT doc FROM {_settings} ORDER BY id",
                ] {
                    let sql = Sql::from(sql);
                    docs.push(
                        conn.all(&sql, &[], |row| Row::must(row.text(0)?.map(str::to_owned), 0)).await?,
                    );
                }
                Ok::<_, Error>(docs)
            })
        })
        .await?;
    let modules: Vec<ModuleDef> = parse_all(&docs[0])?;
    let documents = Documents {
        users: shared(&docs[1])?,
        roles: shared(&docs[2])?,
        profiles: shared(&docs[3])?,
        territories: shared(&docs[4])?,
        settings: shared(&docs[5])?,
    };
    let highest = highest_record(store, &modules).await?;
    if let Some(id) = catalog::highest_id(&modules).into_iter().chain(highest).max() {
        mint.skip_past(id);
    }
    let schema = OrgSchema::new(1, modules.into_iter().map(Arc::new).collect());
    let tags = store
        .read(dealwright_store::Weight::Point, |conn| {
            Box::pin(async move { Ok::<_, Error>(tag_book::stored::all(conn).await?) })
        })
        .await?;
    let tags = Arc::new(tag_book::TagBook::new(tags));
    Ok(Snapshot::new(schema, details, documents, tags))
}

/// How many tables one statement asks: SQLite takes 500 parts in a union, and an org may have thousands of modules.
const TABLES_AT_ONCE: usize = 100;

async fn highest_record(store: &Store, modules: &[ModuleDef]) -> Result<Option<Id>, Error> {
    let tables: Vec<String> = modules
        .iter()
        .filter_map(|module| unasked::table(module, Why::Metadata).map(str::to_owned))
        .chain(migrations::ORG.iter().flat_map(|step| step.with_ids).map(|table| (*table).to_owned()))
        .map(|table| format!("SELECT max(id) AS id FROM {{{table}}}"))
        .collect();
    let statements: Vec<Sql> = tables
        .chunks(TABLES_AT_ONCE)
        .map(|tables| Sql::from(format!("SELECT max(id) FROM ({}) AS highest", tables.join(" UNION ALL "))))
        .collect();
    store
        .read(dealwright_store::Weight::Point, move |conn| {
            Box::pin(async move {
                let mut highest = None;
                for sql in &statements {
                    highest = highest.max(conn.first(sql, &[], |row| row.id(0)).await?.flatten());
                }
                Ok(highest)
            })
        })
        .await
}

fn parse<T: DeserializeOwned>(doc: &str) -> Result<T, Error> {
    serde_json::from_str(doc).map_err(Error::internal("reading stored metadata"))
}

fn parse_all<T: DeserializeOwned>(docs: &[String]) -> Result<Vec<T>, Error> {
    docs.iter().map(|doc| parse(doc)).collect()
}

fn shared<T: DeserializeOwned>(docs: &[String]) -> Result<Vec<Arc<T>>, Error> {
    docs.iter().map(|doc| parse(doc).map(Arc::new)).collect()
}

fn document<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::internal("writing metadata"))
}

/// Fills an empty store: org, administrator, roles, profiles, standard modules and their tables.
async fn create(
    store: &Store,
    clock: &Clock,
    mint: &Mint,
    areas: &'static Areas,
    new: NewOrg,
) -> Result<(), Error> {
    if meta(store, "org").await?.is_some() {
        return Ok(());
    }
    let now = clock.now().0;
    let mut of_country = serde_json::Map::new();
    if let Some((code, name)) = new.home.country {
        of_country.insert("country_code".to_owned(), code.into());
        of_country.insert("country".to_owned(), name.into());
    }
    let locale = new.home.locale.into_iter();
    let of_locale = locale
        .flat_map(|locale| ["locale", "country_locale"].map(|key| (key.to_owned(), locale.clone().into())));
    let details = OrgDetails {
        id: new.id,
        zgid: new.zgid,
        company_name: new.company_name,
        time_zone: new.time_zone,
        currency_name: new.home.currency_name,
        currency_symbol: new.home.currency_symbol,
        currency_code: new.home.currency_code,
        created_time: now,
        more: of_country,
    };
    let (ceo, manager) = (mint.next(), mint.next());
    let role = |id, name: &str, reporting_to| Role {
        id,
        name: name.to_owned(),
        reporting_to,
        share_with_peers: true,
        description: None,
        audit: Audit::default(),
    };
    let roles = [role(ceo, "CEO", None), role(manager, "Manager", Some(ceo))];
    let profile = |name: &str, description: &str, is_admin| UserProfile {
        id: mint.next(),
        name: name.to_owned(),
        description: Some(description.to_owned()),
        custom: false,
        is_admin,
        denied: Vec::new(),
        granted: Vec::new(),
        audit: Audit::default(),
    };
    let profiles = [
        profile("Administrator", "This profile will have all the permissions.", true),
        profile(
            "Standard",
            "This profile will have all the permissions except administrative privileges.",
            false,
        ),
    ];
    let (identity, first_name, last_name, email) = new.admin;
    let admin = User {
        id: mint.next(),
        identity,
        first_name: (!first_name.is_empty()).then_some(first_name),
        last_name,
        email,
        role: ceo,
        profile: profiles[0].id,
        is_active: true,
        created_time: now,
        more: of_locale.collect(),
    };
    let modules = catalog::standard_modules(mint);
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(|e| StoreError::Refused(format!("no random numbers: {e}")))?;
    let token_key = dealwright_wire::json::hex(&secret);
    let mut rows: Vec<(&'static str, Id, Option<i64>, String)> = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        rows.push(("_modules", module.id, Some(at as i64), document(module)?));
    }
    rows.push((User::TABLE, admin.id, None, document(&admin)?));
    for role in &roles {
        rows.push((Role::TABLE, role.id, None, document(role)?));
    }
    for profile in &profiles {
        rows.push((UserProfile::TABLE, profile.id, None, document(profile)?));
    }
    let steps: Vec<_> = modules.iter().flat_map(|module| diff::diff(None, module)).collect();
    let org = document(&details)?;
    let founding = Founding { mint: mint.clone(), now: Instant(now), modules, admin: admin.id };
    store
        .write(move |tx| {
            Box::pin(async move {
                ddl::apply(tx, &steps).await?;
                for (table, id, position, doc) in &rows {
                    insert_document(tx, table, *id, *position, doc).await?;
                }
                let sql = Sql::from("INSERT INTO {_meta} (key, value) VALUES (?1, ?2)");
                tx.exec(&sql, &["token_key".into(), token_key.into()]).await?;
                tx.exec(&sql, &["org".into(), org.into()]).await?;
                tx.exec(&sql, &[upgrade::CATALOG.into(), catalog::fingerprint().into()]).await?;
                for seed in areas.seeds {
                    seed(tx, &founding).await?;
                }
                Ok(())
            })
        })
        .await
}

async fn insert_document(
    tx: &mut Conn,
    table: &str,
    id: Id,
    position: Option<i64>,
    doc: &str,
) -> Result<(), Error> {
    let mut args: Vec<Cell<'_>> = vec![id.into(), doc.into()];
    let sql = match position {
        Some(position) => {
            args.push(position.into());
            format!("INSERT INTO {{{table}}} (id, doc, position) VALUES (?1, ?2, ?3)")
        }
        None => format!("INSERT INTO {{{table}}} (id, doc) VALUES (?1, ?2)"),
    };
    tx.exec(&Sql::from(sql), &args).await?;
    Ok(())
}
