//! What the state of a record forbids, and the caller's reach: a converted lead and a locked record stay as they are,
//! and a record somebody may only read is not changed by them.

use std::collections::{HashMap, HashSet};

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Grant, Level, permission};
use crate::cx::Cx;
use crate::documents::kind::LOCKING as KIND;
use crate::documents::{Setting, User};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::stored::{self, Stored};
use crate::records::writing::Writing;
use crate::snapshot::Snapshot;

/// What is going to be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Doing {
    Update,
    Delete,
    Convert,
    /// Anything else that changes it; the message does not say how.
    Act,
    /// Letting others have it.
    Give,
}

/// Fields whose state is asked, so that whoever changes records reads them along.
const ASKED: [&str; 2] = ["Locked__s", "Converted__s"];

/// Positions of the fields that [`refuse`] looks at.
pub(crate) fn fields(module: &ModuleDef) -> impl Iterator<Item = usize> {
    ASKED.iter().filter_map(|name| module.field_index(name))
}

/// [`refuse`] as the module's locking configuration has it: it can let some profiles, actions and fields through.
pub(crate) fn refuse_to(
    writing: &Writing,
    stored: &Stored,
    doing: Doing,
    draft: Option<&Draft>,
) -> Option<ApiError> {
    let module = &*writing.module;
    refuse(module, stored, doing)
        .filter(|error| error.code != Code::RecordLocked || lock_holds(writing, doing, draft))
}

/// How locks work in a module; `None` where nobody has configured it.
pub(crate) fn configuration<'a>(snapshot: &'a Snapshot, module: &ModuleDef) -> Option<&'a Setting> {
    snapshot.settings(KIND).find(|setting| setting.str("module") == module.api_name)
}

/// True for users whose profile the module's configuration excludes from locks.
pub(crate) fn passes_locks(snapshot: &Snapshot, user: &User, module: &ModuleDef) -> bool {
    let Some(configuration) = configuration(snapshot, module) else { return false };
    configuration.str("locked_for") == "all_profiles_except_excluded_profiles"
        && names(configuration, "lock_excluded_profiles", "id", &user.profile.to_string())
}

/// True when a list of objects has one with that value under `key`.
fn names(configuration: &Setting, list: &str, key: &str, value: &str) -> bool {
    let all = configuration.keys.get(list).and_then(serde_json::Value::as_array);
    all.is_some_and(|all| all.iter().any(|one| one.get(key).is_some_and(|found| found == value)))
}

fn lock_holds(writing: &Writing, doing: Doing, draft: Option<&Draft>) -> bool {
    let Some(configuration) = configuration(&writing.snapshot, &writing.module) else { return true };
    let user = writing.snapshot.user(writing.user);
    if user.is_some_and(|user| passes_locks(&writing.snapshot, user, &writing.module)) {
        return false;
    }
    let restricts = |action: &str| {
        let all = configuration.keys.get("restricted_actions").and_then(serde_json::Value::as_array);
        all.is_some_and(|all| all.iter().any(|one| one == action))
    };
    match (doing, draft) {
        (Doing::Update, Some(draft)) => {
            let fields = writing.module.fields().iter().enumerate();
            let mut touched = fields.filter(|(at, _)| draft.names(*at)).map(|(_, field)| field);
            touched.any(|field| match field.api_name.as_str() {
                "Tag" => restricts("tags"),
                "Owner" => restricts("change_owner"),
                name => !names(configuration, "excluded_fields", "api_name", name),
            })
        }
        (Doing::Delete, _) => restricts("delete"),
        (Doing::Convert, _) => restricts("convert"),
        (Doing::Update | Doing::Act | Doing::Give, _) => true,
    }
}

impl Doing {
    /// How far the caller has to get with the record.
    fn level(self) -> Level {
        if matches!(self, Self::Delete | Self::Give) { Level::Full } else { Level::Write }
    }
}

/// Takes out of `records` what the caller does not see, as if it were not there, and names those that they see but
/// may not do this with.
pub(crate) async fn bar(
    tx: &mut Conn,
    writing: &Writing,
    doing: Doing,
    records: &mut HashMap<i64, Stored>,
) -> Result<HashSet<i64>, Error> {
    let Some(grant) = writing.limits.clone() else { return Ok(HashSet::new()) };
    let ids: Vec<i64> = records.keys().copied().collect();
    let levels = levels(tx, &grant, &ids).await?;
    records.retain(|id, _| levels.contains_key(id));
    Ok(levels.into_iter().filter(|(_, level)| *level < doing.level()).map(|(id, _)| id).collect())
}

/// Refuses drafts that give a record to somebody else by a caller who may change it and no more: who owns a record may
/// delete it and share it on, and nobody takes that for themself. What names the owner that is there passes.
pub(crate) async fn keep_owners(
    tx: &mut Conn,
    writing: &Writing,
    old: &HashMap<i64, Stored>,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let (Some(grant), Some(at)) = (&writing.limits, writing.module.field_index("Owner")) else {
        return Ok(());
    };
    let gives = |draft: &Draft| {
        let before = draft.id.and_then(|id| old.get(&id.get())?.cells[at].as_ref());
        draft.cells[at].as_ref().is_some_and(|owner| before.is_some_and(|before| before != owner))
    };
    let ids: Vec<i64> = drafts
        .iter()
        .flatten()
        .filter(|draft| gives(draft))
        .filter_map(|draft| draft.id)
        .map(Id::get)
        .collect();
    if ids.is_empty() {
        return Ok(());
    }
    let levels = levels(tx, grant, &ids).await?;
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        let Some(id) = draft.id.filter(|_| gives(draft)) else { continue };
        if levels.get(&id.get()) < Some(&Level::Full) {
            let field = &writing.module.fields()[at];
            let error = forbidden(&writing.module, Doing::Update, id);
            *slot = Err(error.field(&field.api_name, draft.path_of(field)));
        }
    }
    Ok(())
}

/// How far the caller of `grant`, which is to view, may go with each record that they see.
pub(crate) async fn levels(
    conn: &mut Conn,
    grant: &Grant,
    ids: &[i64],
) -> Result<HashMap<i64, Level>, Error> {
    let table = grant.table();
    let among = conn.dialect().in_ids("t.id", "?1");
    let mut args = vec![Cell::Ids(ids.to_vec().into())];
    let (level, scope) = (grant.level(&mut args), grant.and_rows("t", &mut args));
    let sql = Sql::from(format!("SELECT t.id, {level} FROM {{{table}}} t WHERE {among}{scope}"));
    let read = |row: &Row<'_>| Ok((Row::must(row.int(0)?, 0)?, Level::of(row.int(1)?.unwrap_or_default())));
    Ok(conn.all(&sql, &args, read).await?.into_iter().collect())
}

/// `NO_PERMISSION` for a record that the caller sees and may not change.
pub(crate) fn forbidden(module: &ModuleDef, doing: Doing, id: Id) -> ApiError {
    let action =
        if doing == Doing::Delete { crate::access::Action::Delete } else { crate::access::Action::Edit };
    ApiError::new(Code::NoPermission).detail("permissions", vec![permission(module, action)]).id(id)
}

/// `INVALID_DATA` for the record of the path, when there is none for the caller.
pub(crate) fn no_record() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the related id given seems to be invalid")
        .detail("resource_path_index", 1)
}

/// How far the caller may go with a record; `None` when they do not see it. `grant` is to view.
pub(crate) async fn level(cx: &Cx, grant: &Grant, id: Id) -> Result<Option<Level>, Error> {
    let grant = grant.clone();
    let read = cx
        .org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { levels(conn, &grant, &[id.get()]).await }));
    Ok(read.await?.get(&id.get()).copied())
}

/// Reads one record in a transaction for what the caller is going to do with it: there, in reach, as its state allows.
pub(crate) async fn open(
    tx: &mut Conn,
    writing: &Writing,
    id: Id,
    doing: Doing,
    also: &[usize],
) -> Result<Stored, Error> {
    let module = &writing.module;
    let mut wanted: Vec<usize> = fields(module).chain(also.iter().copied()).collect();
    wanted.sort_unstable();
    wanted.dedup();
    let mut records = stored::load(tx, module, &[id.get()], &wanted).await?;
    let barred = bar(tx, writing, doing, &mut records).await?;
    let stored = records.remove(&id.get()).ok_or_else(no_record)?;
    if barred.contains(&id.get()) {
        return Err(forbidden(module, doing, id).into());
    }
    match refuse_to(writing, &stored, doing, None) {
        Some(error) => Err(error.into()),
        None => Ok(stored),
    }
}

/// The reason why the record must stay as it is. `stored` has been read with [`fields`].
pub(crate) fn refuse(module: &ModuleDef, stored: &Stored, doing: Doing) -> Option<ApiError> {
    let is_set = |name: &str| {
        let cell = module.field_index(name).and_then(|at| stored.cells[at].as_ref());
        matches!(cell, Some(Cell::Bool(true)))
    };
    if is_set("Locked__s") {
        return Some(locked(stored.id, doing));
    }
    // A converted lead can still be deleted.
    if is_set("Converted__s") && doing != Doing::Delete {
        return Some(ApiError::new(Code::ConvertedRecord).id(stored.id));
    }
    None
}

fn locked(id: Id, doing: Doing) -> ApiError {
    let error = ApiError::new(Code::RecordLocked).detail("action", "record_locking").id(id);
    match doing {
        Doing::Update => error.detail("api_name", "id"),
        _ => error.message("You cannot perform this operation as the record is locked."),
    }
}
