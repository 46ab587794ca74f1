//! An org that is open: its store, its metadata, its clock and ids.

use std::sync::Arc;

use arc_swap::ArcSwap;
use dealwright_schema::{ModuleDef, OrgSchema, catalog, diff};
use dealwright_store::blob::BlobStore;
use dealwright_store::{Cell, Conn, Database, Row, Sql, Store, StoreError, ddl, migrate};
use dealwright_wire::{Clock, Id, Mint};
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::migrations;
use crate::snapshot::{OrgDetails, Role, Snapshot, User, UserProfile};

/// An open org. Shared by all requests to it.
pub struct Org {
    pub id: Id,
    pub store: Store,
    pub blobs: BlobStore,
    pub clock: Clock,
    pub mint: Mint,
    /// Key of this org's page tokens.
    pub(crate) token_key: Vec<u8>,
    /// Rings when there is a new job.
    pub bell: Arc<tokio::sync::Notify>,
    snapshot: ArcSwap<Snapshot>,
    /// One change of the metadata at a time.
    changing: tokio::sync::Mutex<()>,
}

/// What a new org starts with.
#[derive(Debug, Clone)]
pub struct NewOrg {
    pub id: Id,
    pub zgid: Id,
    pub company_name: String,
    pub time_zone: String,
    /// Identity, first name, last name, e-mail address of the first administrator.
    pub admin: (Id, String, String, String),
}

impl Org {
    /// Opens the org's store, creating tables and standard modules when `new` is given and it is empty.
    pub async fn open(
        database: &Database,
        blobs: BlobStore,
        id: Id,
        clock: Clock,
        mint: Mint,
        new: Option<NewOrg>,
    ) -> Result<Arc<Self>, Error> {
        let store = database.store(&format!("org_{id}")).await?;
        migrate::migrate(&store, migrations::ORG).await?;
        if let Some(new) = new {
            create(&store, &clock, &mint, new).await?;
        }
        let snapshot = load(&store, &mint).await?;
        let token_key = meta(&store, "token_key").await?.unwrap_or_default().into_bytes();
        Ok(Arc::new(Self {
            id,
            store,
            blobs,
            clock,
            mint,
            token_key,
            bell: Arc::default(),
            snapshot: ArcSwap::from_pointee(snapshot),
            changing: tokio::sync::Mutex::default(),
        }))
    }

    /// The metadata as it is now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Removes events older than that from the outbox. Gives their number.
    pub async fn forget_events(&self, kept: std::time::Duration) -> Result<u64, Error> {
        let before = self.clock.now_ms() - kept.as_millis() as i64;
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    Ok(tx.exec(&Sql::from("DELETE FROM {_outbox} WHERE at < ?1"), &[before.into()]).await?)
                })
            })
            .await
    }

    /// Removes jobs that ended longer ago than that. Gives their number.
    pub async fn forget_jobs(&self, kept: std::time::Duration) -> Result<u64, Error> {
        let before = self.clock.now_ms() - kept.as_millis() as i64;
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "DELETE FROM {_jobs} WHERE state IN ('COMPLETED', 'FAILED') AND changed_at < ?1",
                    );
                    Ok(tx.exec(&sql, &[before.into()]).await?)
                })
            })
            .await
    }

    /// Changes one module: tables, stored metadata and snapshot together, or nothing.
    ///
    /// `change` gets the module as it is now and gives it back changed, with what the caller wants to keep.
    pub async fn change_module<T>(
        &self,
        module: Id,
        change: impl FnOnce(&mut ModuleDef) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _one_at_a_time = self.changing.lock().await;
        let before = self.snapshot();
        let old = before.schema.module_by_id(module).ok_or_else(dealwright_wire::ApiError::invalid_module)?;
        let mut new = ModuleDef::clone(old);
        let kept = change(&mut new)?;
        // Clients that ask whether anything changed since they last looked rely on this time.
        let now = self.clock.now().text(&before.zone);
        new.described.insert("modified_time".to_owned(), now.into());
        let steps = diff::diff(Some(old), &new);
        let doc = document(&new)?;
        let id = new.id;
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    ddl::apply(tx, &steps).await?;
                    let sql = Sql::from("UPDATE {_modules} SET doc = ?2 WHERE id = ?1");
                    tx.exec(&sql, &[id.into(), doc.into()]).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        let after = Snapshot::new(
            before.schema.with(new),
            before.details.clone(),
            before.users.iter().map(|user| User::clone(user)).collect(),
            before.roles.clone(),
            before.profiles.clone(),
        );
        self.snapshot.store(Arc::new(after));
        Ok(kept)
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
    let users: Vec<User> = parse_all(&docs[1])?;
    let highest = highest_record(store, &modules).await?;
    let known =
        catalog::highest_id(&modules).into_iter().chain(users.iter().map(|user| user.id)).chain(highest);
    if let Some(id) = known.max() {
        mint.skip_past(id);
    }
    let schema = OrgSchema::new(1, modules.into_iter().map(Arc::new).collect());
    Ok(Snapshot::new(schema, details, users, parse_all(&docs[2])?, parse_all(&docs[3])?))
}

async fn highest_record(store: &Store, modules: &[ModuleDef]) -> Result<Option<Id>, Error> {
    let tables: Vec<String> = modules
        .iter()
        .filter_map(|module| module.table.clone())
        .chain(["_history", "_outbox", "_recycle_bin", "_tags", "_jobs"].map(str::to_owned))
        .map(|table| format!("SELECT max(id) AS id FROM {{{table}}}"))
        .collect();
    let sql = Sql::from(format!("SELECT max(id) FROM ({}) AS highest", tables.join(" UNION ALL ")));
    store
        .read(dealwright_store::Weight::Point, move |conn| {
            Box::pin(async move { Ok(conn.first(&sql, &[], |row| row.id(0)).await?.flatten()) })
        })
        .await
}

fn parse<T: DeserializeOwned>(doc: &str) -> Result<T, Error> {
    serde_json::from_str(doc).map_err(Error::internal("reading stored metadata"))
}

fn parse_all<T: DeserializeOwned>(docs: &[String]) -> Result<Vec<T>, Error> {
    docs.iter().map(|doc| parse(doc)).collect()
}

fn document<T: serde::Serialize>(value: &T) -> Result<String, Error> {
    serde_json::to_string(value).map_err(Error::internal("writing metadata"))
}

/// Fills an empty store: org, administrator, roles, profiles, standard modules and their tables.
async fn create(store: &Store, clock: &Clock, mint: &Mint, new: NewOrg) -> Result<(), Error> {
    if meta(store, "org").await?.is_some() {
        return Ok(());
    }
    let now = clock.now().0;
    let details = OrgDetails {
        id: new.id,
        zgid: new.zgid,
        company_name: new.company_name,
        time_zone: new.time_zone,
        currency_name: "US Dollar".to_owned(),
        currency_symbol: "$".to_owned(),
        currency_code: "USD".to_owned(),
        created_time: now,
        more: serde_json::Map::new(),
    };
    let (ceo, manager) = (mint.next(), mint.next());
    let role = |id, name: &str, reporting_to| Role {
        id,
        name: name.to_owned(),
        reporting_to,
        share_with_peers: true,
        description: None,
    };
    let roles = [role(ceo, "CEO", None), role(manager, "Manager", Some(ceo))];
    let profile = |name: &str, description: &str, is_admin| UserProfile {
        id: mint.next(),
        name: name.to_owned(),
        description: Some(description.to_owned()),
        custom: false,
        is_admin,
        denied: Vec::new(),
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
        more: serde_json::Map::new(),
    };
    let modules = catalog::standard_modules(mint);
    let mut secret = [0_u8; 32];
    getrandom::fill(&mut secret).map_err(|e| StoreError::Refused(format!("no random numbers: {e}")))?;
    let token_key = dealwright_wire::json::hex(&secret);
    let mut rows: Vec<(&'static str, Id, Option<i64>, String)> = Vec::new();
    for (at, module) in modules.iter().enumerate() {
        rows.push(("_modules", module.id, Some(at as i64), document(module)?));
    }
    rows.push(("_users", admin.id, None, document(&admin)?));
    for role in &roles {
        rows.push(("_roles", role.id, None, document(role)?));
    }
    for profile in &profiles {
        rows.push(("_profiles", profile.id, None, document(profile)?));
    }
    let steps: Vec<_> = modules.iter().flat_map(|module| diff::diff(None, module)).collect();
    let org = document(&details)?;
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
