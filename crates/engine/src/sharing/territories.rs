//! `assign_territories` and `remove_territories`: the territories of records.
//!
//! Source: "Assign territories" and "Remove territories" of the published API.

use std::collections::{HashMap, HashSet};

use dealwright_schema::Cell;
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id, json};

use crate::access::principals::Member;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::RECORDS;
use crate::records::get;
use crate::records::guard::{self, Doing};
use crate::records::outcome::{self, Outcome, Said};
use crate::records::stored::Stored;
use crate::records::territories::Kept;
use crate::records::writing::Writing;
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};
use crate::sharing::stamp;

/// Territories of a record at most; deals are in one.
const MOST: usize = 20;

/// Puts records into territories: the record of the path, or those that the entries name.
pub fn assign<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { run(cx, request, true).await })
}

/// Takes records out of territories.
pub fn remove<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { run(cx, request, false).await })
}

async fn run(cx: &Cx, request: &Request, assigns: bool) -> Result<Reply, Error> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, Action::Edit)?;
    if !module.has_territories() {
        return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0).into());
    }
    if cx.snapshot.territories.is_empty() {
        return Err(Code::TerritoryNotEnabled.into());
    }
    let single = match request.segment(1) {
        "" => None,
        text => Some(get::parse_id(text)?),
    };
    let entries = entry::parse(request, "data", if single.is_some() { 1 } else { RECORDS })?;
    let changes: Vec<Result<Change, ApiError>> = entries
        .iter()
        .enumerate()
        .map(|(at, keys)| Change::read(cx, &grant, single, &Entry::of_list(keys, "data", at)))
        .collect();
    let (writing, lenient) = (Writing::new(cx, &grant), cx.is_lenient());
    let done = cx.org.store.write(move |tx| {
        Box::pin(async move {
            let mut outcomes = Vec::with_capacity(changes.len());
            for change in changes {
                let result = match change {
                    Ok(change) => apply(tx, &writing, change, assigns, lenient).await,
                    Err(error) => Err(error.into()),
                };
                outcomes.push(match result {
                    Ok(id) => Outcome::Said(Said::of(id, message(assigns))),
                    Err(Error::Api(error)) => Outcome::Failed(error),
                    Err(error) => return Err(error),
                });
            }
            Ok(outcomes)
        })
    });
    Ok(outcome::reply(cx, 200, done.await?))
}

fn message(assigns: bool) -> &'static str {
    if assigns {
        "the territories data updated successfully"
    } else {
        "the territories are removed successfully"
    }
}

/// What one entry asks for.
struct Change {
    record: Id,
    territories: Vec<Id>,
    /// The field that names them, and where it stands.
    field: &'static str,
    path: String,
}

impl Change {
    fn read(cx: &Cx, grant: &Grant, single: Option<Id>, entry: &Entry<'_>) -> Result<Self, ApiError> {
        let named = entry.id("id")?;
        let record = single.or(named).ok_or_else(|| entry.missing("id"))?;
        let is_deal = grant.module.api_name == "Deals";
        // Deals have one; clients write it in both ways.
        let one = if is_deal { entry.reference("Territory")? } else { None };
        let (key, given) = if let Some(one) = one {
            ("Territory", vec![one])
        } else {
            let mut ids = Vec::new();
            for one in entry.entries("Territories")? {
                ids.push(one.id("id")?.ok_or_else(|| one.missing("id"))?);
            }
            ("Territories", ids)
        };
        if given.is_empty() {
            return Err(entry.missing(key));
        }
        let mut seen = HashSet::new();
        if given.iter().any(|id| !seen.insert(*id)) {
            return Err(entry.error(Code::DuplicateData, key).message("duplicate territory id found"));
        }
        let member = Member::of(&cx.snapshot, &cx.actor.user);
        let is_admin = cx.snapshot.profile_of(&cx.actor.user).is_some_and(|profile| profile.is_admin);
        for &id in &given {
            if cx.snapshot.territory(id).is_none() {
                return Err(entry.error(Code::InvalidData, key).id(id));
            }
            if !is_admin && !member.territories.contains(&id) {
                let message = "User has no permission to assign this territory";
                return Err(entry.error(Code::NoPermission, key).message(message).id(id));
            }
        }
        let path = entry.error(Code::InvalidData, key).details.get("json_path").cloned();
        let path = path.and_then(|path| path.as_str().map(str::to_owned)).unwrap_or_default();
        Ok(Self { record, territories: given, field: key, path })
    }

    fn error(&self, code: Code) -> ApiError {
        ApiError::new(code).field(self.field, self.path.clone())
    }
}

async fn apply(
    tx: &mut Conn,
    writing: &Writing,
    change: Change,
    assigns: bool,
    lenient: bool,
) -> Result<Id, Error> {
    let module = &writing.module;
    let field = module.fields().iter().position(|field| field.data_type.is_territories());
    let also: Vec<usize> = field.into_iter().collect();
    // Members of a territory may do everything with its records: nobody gives more than they have.
    let doing = if assigns { Doing::Give } else { Doing::Act };
    let stored =
        guard::open(tx, writing, change.record, doing, &also).await.map_err(|error| match error {
            Error::Api(error) if error.code == Code::InvalidData => Error::Api(
                ApiError::new(Code::InvalidData)
                    .message("the id given seems to be invalid")
                    .id(change.record),
            ),
            other => other,
        })?;
    let mut kept = read(tx, change.record).await?;
    let has = |id: &Id| kept.contains_key(id);
    if assigns {
        let new: Vec<Id> = change.territories.iter().filter(|id| !has(id)).copied().collect();
        if new.len() < change.territories.len() && !lenient {
            return Err(change.error(Code::AlreadyUsed).into());
        }
        let most = if module.api_name == "Deals" { 1 } else { MOST };
        if kept.len() + new.len() > most {
            let message = "Maximum limit of territories for that record exceeds";
            return Err(change.error(Code::LimitExceeded).message(message).detail("limit", most).into());
        }
        for id in new {
            kept.insert(id, Kept { id, by: writing.user, at: writing.now.0 });
        }
    } else {
        if !change.territories.iter().all(has) {
            return Err(change.error(Code::InvalidData).into());
        }
        kept.retain(|id, _| !change.territories.contains(id));
    }
    write_all(tx, writing, &stored, field, kept).await?;
    Ok(change.record)
}

async fn read(tx: &mut Conn, record: Id) -> Result<HashMap<Id, Kept>, Error> {
    let sql = Sql::from(
        "SELECT territory_id, assigned_by, assigned_time FROM {_record_territories} WHERE record_id = ?1",
    );
    let kept = |row: &Row<'_>| {
        let (id, by) = (Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?);
        Ok(Kept { id, by, at: row.int(2)?.unwrap_or_default() })
    };
    let all = tx.all(&sql, &[record.into()], kept).await?;
    Ok(all.into_iter().map(|kept| (kept.id, kept)).collect())
}

async fn write_all(
    tx: &mut Conn,
    writing: &Writing,
    stored: &Stored,
    field: Option<usize>,
    kept: HashMap<Id, Kept>,
) -> Result<(), Error> {
    let record = stored.id;
    tx.exec(&Sql::from("DELETE FROM {_record_territories} WHERE record_id = ?1"), &[record.into()]).await?;
    let sql = Sql::from(
        "INSERT INTO {_record_territories} (record_id, territory_id, module_id, assigned_by, assigned_time) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
    );
    let mut all: Vec<Kept> = kept.into_values().collect();
    all.sort_unstable_by_key(|kept| (kept.at, kept.id));
    for kept in &all {
        let args = [record.into(), kept.id.into(), writing.module.id.into(), kept.by.into(), kept.at.into()];
        tx.exec(&sql, &args).await?;
    }
    let mut text = Vec::new();
    json::value(&mut text, &all);
    let text = String::from_utf8(text).unwrap_or_default();
    let value = if all.is_empty() { Cell::Null } else { text.into() };
    stamp(tx, writing, stored, field, value).await
}
