//! `/{module}/{id}/actions/share`: with whom a record is shared, and what they may do with it.
//!
//! A share names a user, a role, a group, or everybody (`public`). Whoever may do everything with a record can share
//! it. Source: "Share records" of the published API.

use std::collections::HashSet;

use dealwright_schema::{Cell, Storage};
use dealwright_store::{Batch, Column, Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Value, json};

use crate::access::principals::{self, GROUPS};
use crate::access::{Action, Grant, Level, scope};
use crate::cx::Cx;
use crate::documents::Keys;
use crate::error::Error;
use crate::records::outcome::{self, Outcome, Said};
use crate::records::selection::display_column;
use crate::records::stored;
use crate::records::writing::Writing;
use crate::records::{get, guard};
use crate::request::{Answer, Reply, Request};
use crate::settings::data_sharing::is_shareable;
use crate::settings::entry::{self, Entry};
use crate::snapshot::Snapshot;

/// Key of bodies and answers.
const KEY: &str = "share";
/// Entries of a body at most.
const MOST: usize = 20;
/// Shares of a record at most.
const PER_RECORD: usize = 10;
const PERMISSIONS: [&str; 3] = ["full_access", "read_only", "read_write"];

/// A share as it is stored.
#[derive(Debug, Clone)]
struct Share {
    /// `users`, `roles`, `groups` or `public`.
    kind: String,
    /// The user, role or group; the org stands for everybody.
    principal: Id,
    level: Level,
    related: bool,
    shared_by: Option<Id>,
    shared_time: i64,
}

/// The shares of a record: 200, or 204 when there are none. `view=manage` also tells with whom it can be shared.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = place(cx, request)?;
        let view = request.params.get("view").unwrap_or("summary");
        if !matches!(view, "summary" | "manage") {
            return Err(ApiError::new(Code::PatternNotMatched).param("view").into());
        }
        let only = request.params.get("sharedTo").map(str::parse::<Id>).transpose();
        let only = only.map_err(|_| ApiError::new(Code::InvalidData).param("sharedTo"))?;
        guard::level(cx, &grant, id).await?.ok_or_else(no_record)?;
        let (shares, name) = read(cx, &grant, id).await?;
        let shown = shares.iter().filter(|share| only.is_none_or(|only| share.principal == only));
        let rows: Vec<Value> = shown.map(|share| show(cx, &grant, id, name.as_deref(), share)).collect();
        let manages = view == "manage";
        if rows.is_empty() && !manages {
            return Ok(Reply::nothing());
        }
        let shareable: Vec<Value> = if manages { shareable(&cx.snapshot, &shares) } else { Vec::new() };
        Ok(Reply::value(200, &json!({KEY: rows, "shareable_user": shareable})))
    })
}

/// Shares a record with more: 201, in versions before `shared_with` 200.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { write(cx, request, if cx.profile.share_user { 200 } else { 201 }, false).await })
}

/// Replaces all shares of a record. Entries that are refused change nothing.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { write(cx, request, 200, true).await })
}

/// Takes all shares of a record back. Answers with an object, not a list.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = place(cx, request)?;
        require_full(cx, &grant, id).await?;
        let writing = Writing::new(cx, &grant);
        let revoked = cx.org.store.write(move |tx| {
            Box::pin(async move {
                let revoked = revoke(tx, id).await?;
                if revoked > 0 {
                    writing.record(tx, Vec::new(), "record.unshared", &[id]).await?;
                }
                Ok::<_, Error>(revoked)
            })
        });
        if revoked.await? == 0 {
            let message = "No sharing through this record is available to revoke";
            return Err(ApiError::new(Code::CannotProcess).message(message).into());
        }
        let done = json!({"code": "SUCCESS", "details": {"id": id}, "message": "Sharing Revoked", "status": "success"});
        Ok(Reply::value(200, &json!({KEY: done})))
    })
}

/// The module and the record of the path; the module must have records that can be shared.
fn place(cx: &Cx, request: &Request) -> Result<(Grant, Id), ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, Action::View)?;
    if !is_shareable(module) {
        let message = "Record Level Sharing is not supported for this module";
        return Err(ApiError::new(Code::NotAllowed).message(message).detail("resource_path_index", 0));
    }
    Ok((grant, get::parse_id(request.segment(1)).map_err(|_| no_record())?))
}

fn no_record() -> ApiError {
    ApiError::new(Code::InvalidData).message("ENTITY_ID_INVALID").detail("resource_path_index", 1)
}

async fn require_full(cx: &Cx, grant: &Grant, id: Id) -> Result<(), Error> {
    match guard::level(cx, grant, id).await? {
        None => Err(no_record().into()),
        Some(Level::Full) => Ok(()),
        Some(_) => Err(guard::forbidden(&grant.module, guard::Doing::Act, id).into()),
    }
}

async fn write(cx: &Cx, request: &Request, ok: u16, replaces: bool) -> Result<Reply, Error> {
    let (grant, id) = place(cx, request)?;
    require_full(cx, &grant, id).await?;
    let entries = entry::parse(request, KEY, MOST)?;
    let is_public = |keys: &Keys| keys.get("type").is_some_and(|kind| kind == "public");
    if entries.len() > 1 && entries.iter().any(is_public) {
        let message = "For public sharing more than one json object is given";
        let due_to = json!([{"api_name": KEY, "json_path": "$.share"}]);
        let error = ApiError::new(Code::AmbiguityDuringProcessing).message(message);
        return Err(error.detail("ambiguity_due_to", due_to).into());
    }
    let drafts: Vec<Result<Share, ApiError>> =
        entries.iter().enumerate().map(|(at, keys)| draft(cx, &Entry::of_list(keys, KEY, at))).collect();
    let writing = Writing::new(cx, &grant);
    let outcomes = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { store(tx, &writing, id, drafts, replaces).await }))
        .await?;
    Ok(outcome::reply_under(cx, KEY, ok, outcomes))
}

/// One entry of a body: `shared_with` with its type, or `user` as older versions have it.
fn draft(cx: &Cx, entry: &Entry<'_>) -> Result<Share, ApiError> {
    let permission = entry.text("permission", 20)?.ok_or_else(|| entry.missing("permission"))?;
    let level = match permission {
        "read_only" => Level::Read,
        "read_write" => Level::Write,
        "full_access" => Level::Full,
        _ => return Err(entry.unsupported("permission", PERMISSIONS.to_vec())),
    };
    let (kind, principal) = match entry.text("type", 20)?.unwrap_or("private") {
        "public" => ("public".to_owned(), cx.snapshot.details.id),
        "private" => target(cx, entry)?,
        _ => return Err(entry.unsupported("type", vec!["private", "public"])),
    };
    let related = entry.flag("share_related_records")?.unwrap_or(false);
    let (shared_by, shared_time) = (Some(cx.user_id()), cx.org.clock.now().0);
    Ok(Share { kind, principal, level, related, shared_by, shared_time })
}

fn target(cx: &Cx, entry: &Entry<'_>) -> Result<(String, Id), ApiError> {
    let (given, kind) = if let Some(given) = entry.entry("shared_with")? {
        let kind = given.text("type", 20)?.unwrap_or("users");
        (given, kind)
    } else {
        let key = if cx.profile.share_user { "user" } else { "shared_with" };
        (entry.entry("user")?.ok_or_else(|| entry.missing(key))?, "users")
    };
    let id = given.id("id")?.ok_or_else(|| given.missing("id"))?;
    let snapshot = &cx.snapshot;
    let (is_known, message) = match kind {
        "users" => (snapshot.user(id).is_some(), "invalid user Id"),
        "roles" => (snapshot.role(id).is_some(), "invalid role Id"),
        "groups" => (snapshot.settings(GROUPS).any(|group| group.id == id), "invalid group Id"),
        _ => return Err(given.unsupported("type", vec!["users", "roles", "groups"])),
    };
    if !is_known {
        return Err(given.error(Code::InvalidData, "id").message(message));
    }
    let is_out = snapshot.user(id).is_some_and(|user| !user.is_active);
    if is_out || id == cx.user_id() {
        return Err(given.error(Code::InvalidData, "id").message("cannot share to the user"));
    }
    Ok((kind.to_owned(), id))
}

/// Stores the shares that can be, each answered in its place.
async fn store(
    tx: &mut Conn,
    writing: &Writing,
    id: Id,
    drafts: Vec<Result<Share, ApiError>>,
    replaces: bool,
) -> Result<Vec<Outcome>, Error> {
    // The record stays as it is until its shares are written.
    let owner = writing.module.field_index("Owner");
    let fields: Vec<usize> = owner.into_iter().collect();
    let records = stored::load(tx, &writing.module, &[id.get()], &fields).await?;
    let record = records.get(&id.get()).ok_or_else(no_record)?;
    let owner = owner.and_then(|at| record.cells[at].as_ref()).and_then(dealwright_schema::Cell::as_int);
    let sql = Sql::from("SELECT principal FROM {_shares} WHERE record_id = ?1");
    let known = tx.all(&sql, &[id.into()], |row| Row::must(row.id(0)?, 0)).await?;
    let mut taken: HashSet<Id> = if replaces { HashSet::new() } else { known.into_iter().collect() };
    let mut outcomes = Vec::with_capacity(drafts.len());
    let mut good = Vec::new();
    for draft in drafts {
        outcomes.push(match draft.and_then(|share| admit(share, owner, &mut taken)) {
            Ok(share) => {
                good.push(share);
                Outcome::Said(Said::of(id, "record will be shared successfully"))
            }
            Err(error) => Outcome::Failed(error),
        });
    }
    if good.is_empty() {
        return Ok(outcomes);
    }
    if replaces {
        revoke(tx, id).await?;
    }
    let reach = Along::of(writing);
    let sql = Sql::from(
        "INSERT INTO {_shares} (id, module_id, record_id, kind, principal, level, related, shared_by, shared_time) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    );
    for share in good {
        let share_id = writing.mint.next();
        let args = [
            share_id.into(),
            writing.module.id.into(),
            id.into(),
            share.kind.into(),
            share.principal.into(),
            (share.level as i64).into(),
            if share.related { reach.mark() } else { 0 }.into(),
            writing.user.into(),
            share.shared_time.into(),
        ];
        tx.exec(&sql, &args).await?;
        if share.related {
            reach.keep(tx, share_id).await?;
        }
    }
    writing.record(tx, Vec::new(), "record.shared", &[id]).await?;
    Ok(outcomes)
}

/// Takes all shares of a record back. Gives their number.
async fn revoke(tx: &mut Conn, record: Id) -> Result<u64, Error> {
    let owners = Sql::from(
        "DELETE FROM {_share_owners} WHERE share_id IN (SELECT s.id FROM {_shares} s WHERE s.record_id = ?1)",
    );
    tx.exec(&owners, &[record.into()]).await?;
    Ok(tx.exec(&Sql::from("DELETE FROM {_shares} WHERE record_id = ?1"), &[record.into()]).await?)
}

/// Whose records a share opens along with its own: what hangs on the shared record is somebody's, too, and nobody gives
/// more than they have. Worked out when the share is made.
enum Along {
    /// Whoever shares reaches everything.
    All,
    /// Of these owners.
    Owners(Vec<i64>),
}

impl Along {
    fn of(writing: &Writing) -> Self {
        let (snapshot, user) = (&writing.snapshot, &writing.caller.user);
        if snapshot.reaches_all(user) {
            return Self::All;
        }
        Self::Owners(principals::answers_for(snapshot, user).into_iter().collect())
    }

    /// What `related` of the share says.
    fn mark(&self) -> i64 {
        if matches!(self, Self::All) { scope::ALL } else { 1 }
    }

    async fn keep(&self, tx: &mut Conn, share: Id) -> Result<(), Error> {
        let Self::Owners(owners) = self else { return Ok(()) };
        let columns = ["share_id", "owner_id"].map(|name| Column::new(name, Storage::Int));
        let rows: Vec<Vec<Cell<'_>>> =
            owners.iter().map(|owner| vec![share.into(), (*owner).into()]).collect();
        Ok(tx.insert_many(&Batch { table: "_share_owners", columns: &columns, rows: &rows }).await?)
    }
}

fn admit(share: Share, owner: Option<i64>, taken: &mut HashSet<Id>) -> Result<Share, ApiError> {
    if owner == Some(share.principal.get()) {
        return Err(ApiError::new(Code::InvalidData)
            .message("record is already visible to the user.")
            .id(share.principal));
    }
    if taken.contains(&share.principal) {
        return Err(ApiError::new(Code::DuplicateData).id(share.principal));
    }
    if taken.len() >= PER_RECORD {
        return Err(ApiError::new(Code::ShareLimitExceeded).detail("limit", PER_RECORD));
    }
    taken.insert(share.principal);
    Ok(share)
}

/// The shares of a record, oldest first, and its name.
async fn read(cx: &Cx, grant: &Grant, id: Id) -> Result<(Vec<Share>, Option<String>), Error> {
    let table = grant.table();
    let name = display_column(&grant.module)
        .map(|column| Sql::from(format!("SELECT t.\"{column}\" FROM {{{table}}} t WHERE t.id = ?1")));
    let shares = Sql::from(
        "SELECT kind, principal, level, related, shared_by, shared_time FROM {_shares} \
         WHERE record_id = ?1 ORDER BY id",
    );
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let name = match name {
                    Some(sql) => {
                        conn.first(&sql, &[id.into()], |row| Ok(row.text(0)?.map(str::to_owned))).await?
                    }
                    None => None,
                };
                Ok((conn.all(&shares, &[id.into()], share).await?, name.flatten()))
            })
        })
        .await
}

fn share(row: &Row<'_>) -> Result<Share, dealwright_store::StoreError> {
    Ok(Share {
        kind: row.text(0)?.unwrap_or_default().to_owned(),
        principal: Row::must(row.id(1)?, 1)?,
        level: Level::of(row.int(2)?.unwrap_or_default()),
        related: row.int(3)?.is_some_and(|related| related > 0),
        shared_by: row.id(4)?,
        shared_time: row.int(5)?.unwrap_or_default(),
    })
}

fn show(cx: &Cx, grant: &Grant, id: Id, name: Option<&str>, share: &Share) -> Value {
    let snapshot = &cx.snapshot;
    let module = &grant.module;
    let by = share.shared_by.and_then(|id| snapshot.user(id));
    let mut row = json!({
        "share_related_records": share.related,
        "shared_through": {
            "module": {"name": module.api_name, "api_name": module.api_name, "id": module.id},
            "id": id,
            "entity_name": name,
            "name": name,
        },
        "shared_time": Instant(share.shared_time).text(&snapshot.zone),
        "permission": share.level.name(),
        "shared_by": by.map(|user| json!({"name": user.full_name(), "id": user.id, "zuid": user.identity})),
        "type": if share.kind == "public" { "public" } else { "private" },
        "user": if share.kind == "users" { user(snapshot, share.principal) } else { Value::Null },
    });
    if !cx.profile.share_user {
        row["shared_with"] = match share.kind.as_str() {
            "public" => Value::Null,
            kind => {
                json!({"name": principal_name(snapshot, kind, share.principal), "id": share.principal, "type": kind})
            }
        };
    }
    row
}

fn user(snapshot: &Snapshot, id: Id) -> Value {
    snapshot.user(id).map_or(Value::Null, |user| {
        json!({
            "id": user.id,
            "full_name": user.full_name(),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "email": user.email,
            "zuid": user.identity,
        })
    })
}

fn principal_name(snapshot: &Snapshot, kind: &str, id: Id) -> Option<String> {
    match kind {
        "users" => snapshot.user(id).map(|user| user.full_name()),
        "roles" => snapshot.role(id).map(|role| role.name.clone()),
        _ => snapshot.settings(GROUPS).find(|group| group.id == id).map(|group| group.str("name").to_owned()),
    }
}

/// Active users with whom the record is not shared yet.
fn shareable(snapshot: &Snapshot, shares: &[Share]) -> Vec<Value> {
    let is_open = |id: Id| !shares.iter().any(|share| share.principal == id);
    let users = snapshot.users.iter().filter(|one| one.is_active && is_open(one.id));
    users.map(|one| user(snapshot, one.id)).collect()
}
