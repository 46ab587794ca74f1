//! Finding what lookups point to: by id it must exist; by name it is found, or for accounts created.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dealwright_schema::{ModuleDef, rows};
use dealwright_store::{Conn, Sql};
use dealwright_wire::{ApiError, Code, Id, letters};

use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant, Level};
use crate::error::Error;
use crate::records::draft::{Draft, Pending, PendingBy};
use crate::records::guard::{self, Doing};
use crate::records::stored::Stored;
use crate::records::writing::Writing;
use crate::records::{external, find, insert, links, participants};

/// Settles the references of all drafts and of their subforms' rows. A draft that fails gets its error. `old` are the
/// records that the drafts change: a lookup may keep what it holds, also where the caller does not reach that.
pub(crate) async fn resolve(
    tx: &mut Conn,
    writing: &Writing,
    old: &HashMap<i64, Stored>,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let mut found = Found::default();
    found.look_up(tx, writing, drafts).await?;
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        let record = draft.id;
        if let Err(error) = settle(tx, writing, &writing.module, record, draft, &mut found).await? {
            *slot = Err(error);
        }
    }
    participants::settle(tx, writing, old, drafts).await?;
    links::check(tx, writing, drafts).await
}

/// What the caller may name, found once for all drafts.
#[derive(Default)]
struct Found {
    /// Leave to see the records of each module that is named, or why there is none.
    grants: HashMap<Id, Result<Grant, ApiError>>,
    /// Ids that exist within reach, per module.
    ids: HashMap<Id, HashSet<i64>>,
    /// Records by external fields: per module and field, by value.
    externals: HashMap<(Id, String), HashMap<String, Vec<Id>>>,
    /// Records by name, found or made in this unit, per module.
    names: HashMap<(Id, String), Id>,
}

impl Found {
    /// Leave to see the records of a module. A profile that must not see them finds none; a token without the scope is
    /// told so, which says nothing about any record.
    fn grant(&mut self, writing: &Writing, target: Id) -> Result<Option<Grant>, ApiError> {
        let grant = self.grants.entry(target).or_insert_with(|| {
            let module = writing.snapshot.schema.module_by_id(target).ok_or_else(ApiError::invalid_module)?;
            writing.caller.grant(module, Action::View)
        });
        match grant {
            Ok(grant) => Ok(Some(grant.clone())),
            Err(error) if error.code == Code::OauthScopeMismatch => Err(error.clone()),
            Err(_) => Ok(None),
        }
    }

    /// Looks all ids and external values up, with one query per module or field.
    async fn look_up(
        &mut self,
        tx: &mut Conn,
        writing: &Writing,
        drafts: &[Result<Draft, ApiError>],
    ) -> Result<(), Error> {
        let mut ids: HashMap<Id, HashSet<i64>> = HashMap::new();
        let mut values: HashMap<(Id, String), Vec<String>> = HashMap::new();
        for pending in drafts.iter().flatten().flat_map(references) {
            match &pending.by {
                PendingBy::Id(id) => {
                    ids.entry(pending.target).or_default().insert(id.get());
                }
                PendingBy::External { field, value } => {
                    values.entry((pending.target, field.clone())).or_default().push(value.clone());
                }
                PendingBy::Name(_) => {}
            }
        }
        for (target, ids) in ids {
            if let Ok(Some(grant)) = self.grant(writing, target) {
                self.ids.insert(target, find::by_ids(tx, &grant, ids.into_iter().collect()).await?);
            }
        }
        for ((target, field), values) in values {
            if let Ok(Some(grant)) = self.grant(writing, target) {
                let found = find::by_values(tx, &grant, &field, &values).await?;
                self.externals.insert((target, field), found);
            }
        }
        Ok(())
    }
}

/// All references of a draft and of the rows of its subforms.
pub(crate) fn references(draft: &Draft) -> impl Iterator<Item = &Pending> {
    let rows = draft.subforms.iter().flat_map(|(_, rows)| rows);
    draft.references.iter().chain(rows.flat_map(|row| &row.references))
}

async fn settle(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    record: Option<Id>,
    draft: &mut Draft,
    found: &mut Found,
) -> Result<Result<(), ApiError>, Error> {
    for pending in std::mem::take(&mut draft.references) {
        match target(tx, writing, module, record, draft, &pending, found).await? {
            Ok(id) => {
                draft.cells[pending.field] = Some(id.into());
                if module.fields()[pending.field].has_module() {
                    draft.modules.push((pending.field, pending.target));
                }
            }
            Err(error) => return Ok(Err(error)),
        }
    }
    for (field, mut rows) in std::mem::take(&mut draft.subforms) {
        let child =
            module.fields()[field].subform.as_deref().and_then(|name| writing.snapshot.schema.module(name));
        let Some(child) = child.cloned() else { continue };
        for row in &mut rows {
            if let Err(error) = Box::pin(settle(tx, writing, &child, record, row, found)).await? {
                return Ok(Err(error));
            }
        }
        draft.subforms.push((field, rows));
    }
    Ok(Ok(()))
}

/// What a lookup names: it is there within the caller's reach, and where the record comes to hang on it, they may change
/// it. Rows of subforms are written with their record and hang on nothing else.
async fn target(
    tx: &mut Conn,
    writing: &Writing,
    module: &ModuleDef,
    record: Option<Id>,
    draft: &Draft,
    pending: &Pending,
    found: &mut Found,
) -> Result<Result<Id, ApiError>, Error> {
    let named = named(tx, writing, module, record, draft, pending, found).await?;
    let field = &module.fields()[pending.field];
    let hangs_on = module.parent_field().is_some_and(|parent| parent.id == field.id);
    let stands_alone = module.parent.is_none() || module.is_tracker();
    let grant = found.grant(writing, pending.target).ok().flatten();
    match (named, grant.filter(|_| hangs_on && stands_alone)) {
        (Ok(id), Some(parent)) => Ok(may_hang_on(tx, writing, &parent, id).await?.map(|()| id)),
        (named, _) => Ok(named),
    }
}

async fn named(
    tx: &mut Conn,
    writing: &Writing,
    module: &ModuleDef,
    record: Option<Id>,
    draft: &Draft,
    pending: &Pending,
    found: &mut Found,
) -> Result<Result<Id, ApiError>, Error> {
    let field = &module.fields()[pending.field];
    let here = |error: ApiError| error.field(&field.api_name, draft.path_of(field));
    let invalid = || here(ApiError::new(Code::InvalidData).message("the id given seems to be invalid"));
    let grant = match found.grant(writing, pending.target) {
        Ok(grant) => grant,
        Err(error) => return Ok(Err(here(error))),
    };
    match &pending.by {
        PendingBy::Id(id) => {
            let exists = found.ids.get(&pending.target).is_some_and(|ids| ids.contains(&id.get()));
            if !exists && !holds(tx, module, record, draft, pending, *id).await? {
                return Ok(Err(invalid().id(*id)));
            }
            Ok(Ok(*id))
        }
        PendingBy::External { field: name, value } => {
            let records = found.externals.get(&(pending.target, name.clone()));
            let found = records.map_or(Ok(None), |records| external::one(records, value));
            let found = found.and_then(|id| id.ok_or_else(|| external::nothing(name)));
            Ok(found.map_err(|error| error.field(name, format!("{}.{name}", draft.path_of(field)))))
        }
        PendingBy::Name(name) => {
            let key = (pending.target, letters::fold(name).into_owned());
            if let Some(id) = found.names.get(&key) {
                return Ok(Ok(*id));
            }
            let existing = match &grant {
                Some(grant) => find::by_name(tx, grant, &key.1).await?,
                None => None,
            };
            let unknown = || Ok(Err(invalid().detail("name", name.as_str())));
            let id = match existing {
                Some(id) => id,
                None => match may_create(writing, pending.target) {
                    Some(Err(error)) if error.code == Code::OauthScopeMismatch => {
                        return Ok(Err(here(error)));
                    }
                    None | Some(Err(_)) => return unknown(),
                    Some(Ok(grant)) => match create_named(tx, &writing.on(&grant), name).await? {
                        Ok(id) => id,
                        Err(error) => return Ok(Err(here(error))),
                    },
                },
            };
            found.names.insert(key, id);
            Ok(Ok(id))
        }
    }
}

/// True when the lookup of the stored record, or of its row, holds that record already: clients send back what they read.
async fn holds(
    tx: &mut Conn,
    module: &ModuleDef,
    record: Option<Id>,
    draft: &Draft,
    pending: &Pending,
    target: Id,
) -> Result<bool, Error> {
    let field = &module.fields()[pending.field];
    let (Some(record), Some(id), Some(column)) = (record, draft.id, field.column.as_deref()) else {
        return Ok(false);
    };
    let table = unasked::table(module, Why::Part).unwrap_or_default();
    let own = if id == record { "t.id".to_owned() } else { format!("t.\"{}\"", rows::PARENT_COLUMN) };
    let mut args = vec![id.into(), target.into(), record.into()];
    let kind = field.module_column().map(|kind| {
        args.push(pending.target.into());
        format!(" AND t.\"{kind}\" = ?4")
    });
    let sql = Sql::from(format!(
        "SELECT 1 FROM {{{table}}} t WHERE t.id = ?1 AND t.\"{column}\" = ?2 AND {own} = ?3{}",
        kind.unwrap_or_default()
    ));
    Ok(tx.first(&sql, &args, |_| Ok(())).await?.is_some())
}

/// Whether the caller may put something on a record that they see: it takes what changing the record takes.
async fn may_hang_on(
    tx: &mut Conn,
    writing: &Writing,
    parent: &Grant,
    id: Id,
) -> Result<Result<(), ApiError>, Error> {
    let module = &parent.module;
    let is_allowed = writing.caller.has_permission(module, Action::Edit)
        && (!parent.is_scoped()
            || guard::levels(tx, parent, &[id.get()]).await?.get(&id.get()) >= Some(&Level::Write));
    Ok(if is_allowed { Ok(()) } else { Err(guard::forbidden(module, Doing::Act, id)) })
}

/// Leave to make a record that a lookup names; `None` in modules where none come into being so.
fn may_create(writing: &Writing, target: Id) -> Option<Result<Grant, ApiError>> {
    let module = writing.snapshot.schema.module_by_id(target)?;
    let creates = module.is_made_by_name();
    creates.then(|| writing.caller.grant(module, Action::Create))
}

async fn create_named(tx: &mut Conn, writing: &Writing, name: &str) -> Result<Result<Id, ApiError>, Error> {
    let module = Arc::clone(&writing.module);
    let shown = module.display_field.as_deref().and_then(|field| module.field_index(field));
    let Some(shown) = shown else { return Ok(Err(ApiError::new(Code::InvalidData))) };
    let longest = module.fields()[shown].length.unwrap_or(255);
    if name.chars().count() > longest as usize {
        return Ok(Err(ApiError::new(Code::InvalidData).detail("maximum_length", longest)));
    }
    let mut draft = Draft::empty(&module, "$.data[0]".to_owned());
    draft.cells[shown] = Some(name.to_owned().into());
    let made = Box::pin(insert::write(tx, writing, vec![Ok(draft)])).await?;
    Ok(match made.into_iter().next() {
        Some(Ok(done)) => Ok(done.id),
        Some(Err(error)) => Err(error),
        None => Err(ApiError::new(Code::InvalidData)),
    })
}
