//! `/Contacts/roles`: the parts that contacts can play in deals, one list for the whole org.
//!
//! Source: "Contact roles" of the published API. The list is kept in order: numbers run from 1 without gaps, and a
//! role that is put at a number moves those behind it.

use std::collections::HashMap;

use dealwright_store::{Batch, Cell, Column, Conn, Op, Row, Sql, Storage, Weight};
use dealwright_wire::{ApiError, Code, Id, Mint, letters};
use serde_json::{Map, Value, json};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::{CUSTOMIZE, invalid_id};
use crate::org::areas::Founding;
use crate::records::body::RECORDS;
use crate::records::linked::CONTACT_ROLES;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

/// Key of the roles in bodies and answers.
const ROOT: &str = "contact_roles";
/// Characters of a name at most, and what they may be.
const NAME_LENGTH: usize = 50;
const NAME_PATTERN: &str = "[A-Za-z0-9 ]+";

/// The roles of a new org, in order.
const STANDARD: [&str; 7] = [
    "Decision Maker",
    "Developer Evaluator",
    "Economic Decision Maker",
    "Engineering Lead",
    "Executive Sponsor",
    "Product Management",
    "Purchasing",
];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Role {
    id: Id,
    name: String,
    number: i64,
}

/// Gives a new org its roles.
pub(crate) async fn seed(tx: &mut Conn, founding: &Founding) -> Result<(), Error> {
    for (number, name) in (1..).zip(STANDARD) {
        insert(tx, &Role { id: founding.mint.next(), name: name.to_owned(), number }).await?;
    }
    Ok(())
}

/// All roles, in order: 200, 204 when there are none.
pub fn list<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move { Ok(answer(&read(cx).await?)) })
}

/// One role: 200, 204 when there is none with that id.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request)?;
        let mut roles = read(cx).await?;
        roles.retain(|role| role.id == id);
        Ok(answer(&roles))
    })
}

/// New roles. Each is answered in its place: 200 (not 201), 207 when some failed, 400 when all did.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { change(cx, Work::Create(entries(request)?)).await })
}

/// Changes the roles that the body names by id.
pub fn update_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let changes = entries(request)?.into_iter().map(|keys| (None, keys)).collect();
        change(cx, Work::Update(changes)).await
    })
}

/// Changes the role that the path names.
pub fn update_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request)?;
        let first = entries(request)?.into_iter().take(1);
        change(cx, Work::Update(first.map(|keys| (Some(id), keys)).collect())).await
    })
}

/// Deletes the roles in `ids`. One has to be left; contacts that had a deleted role in a deal have none then.
pub fn delete_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let Some(ids) = request.params.list("ids") else { return Err(ApiError::missing_param("ids").into()) };
        if ids.len() > RECORDS {
            return Err(ApiError::new(Code::LimitExceeded).detail("limit", RECORDS).param("ids").into());
        }
        let ids: Result<Vec<Id>, _> = ids.iter().map(|id| id.parse()).collect();
        let ids = ids.map_err(|_| ApiError::new(Code::UnableToParseDataType).param("ids"))?;
        change(cx, Work::Delete(ids)).await
    })
}

/// Deletes the role that the path names.
pub fn delete_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { change(cx, Work::Delete(vec![path_id(request)?])).await })
}

/// Names of all roles by id.
pub(crate) async fn names(tx: &mut Conn) -> Result<HashMap<Id, String>, Error> {
    Ok(load(tx).await?.into_iter().map(|role| (role.id, role.name)).collect())
}

fn path_id(request: &Request) -> Result<Id, ApiError> {
    request.segment(0).parse().map_err(|_| invalid_id(2))
}

fn entries(request: &Request) -> Result<Vec<Map<String, Value>>, ApiError> {
    entry::parse(request, ROOT, RECORDS)
}

fn answer(roles: &[Role]) -> Reply {
    if roles.is_empty() {
        return Reply::nothing();
    }
    let rows: Vec<Value> = roles
        .iter()
        .map(|role| json!({"id": role.id, "name": role.name, "sequence_number": role.number}))
        .collect();
    Reply::value(200, &json!({ ROOT: rows }))
}

async fn read(cx: &Cx) -> Result<Vec<Role>, Error> {
    cx.grant(cx.snapshot.module("Contacts")?, Action::View)?;
    cx.org.store.read(Weight::Point, |conn| Box::pin(async move { load(conn).await })).await
}

async fn load(conn: &mut Conn) -> Result<Vec<Role>, Error> {
    let sql =
        Sql::from("SELECT id, name, sequence_number FROM {_contact_roles} ORDER BY sequence_number, id");
    let role = |row: &Row<'_>| {
        Ok(Role {
            id: Row::must(row.id(0)?, 0)?,
            name: Row::must(row.text(1)?, 1)?.to_owned(),
            number: Row::must(row.int(2)?, 2)?,
        })
    };
    Ok(conn.all(&sql, &[], role).await?)
}

async fn insert(tx: &mut Conn, role: &Role) -> Result<(), Error> {
    let sql =
        Sql::from("INSERT INTO {_contact_roles} (id, name, folded, sequence_number) VALUES (?1, ?2, ?3, ?4)");
    let folded = letters::fold(&role.name).into_owned();
    tx.exec(&sql, &[role.id.into(), role.name.as_str().into(), folded.into(), role.number.into()]).await?;
    Ok(())
}

/// What is done to the list, one entry after the other.
enum Work {
    Create(Vec<Map<String, Value>>),
    /// With the id where the path names it.
    Update(Vec<(Option<Id>, Map<String, Value>)>),
    Delete(Vec<Id>),
}

async fn change(cx: &Cx, work: Work) -> Result<Reply, Error> {
    cx.grant(cx.snapshot.module("Contacts")?, Action::View)?;
    cx.require_admin(CUSTOMIZE)?;
    let mint = cx.org.mint.clone();
    let outcomes = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { List::open(tx).await?.change(tx, &mint, work).await }))
        .await?;
    Ok(outcome::reply_under(cx, ROOT, 200, outcomes))
}

/// The list while it is changed, in order.
struct List {
    roles: Vec<Role>,
    /// As it was, to see which numbers moved.
    before: Vec<Role>,
}

impl List {
    /// Reads the list and keeps others from changing it until the transaction ends.
    async fn open(tx: &mut Conn) -> Result<Self, Error> {
        let lock = format!("SELECT value FROM {{_meta}} WHERE key = 'org'{}", tx.dialect().for_update());
        tx.each(&Sql::from(lock), &[], &mut |_| Ok(())).await?;
        let roles = load(tx).await?;
        Ok(Self { before: roles.clone(), roles })
    }

    async fn change(mut self, tx: &mut Conn, mint: &Mint, work: Work) -> Result<Vec<Outcome>, Error> {
        let mut outcomes = Vec::new();
        match work {
            Work::Create(all) => {
                for (at, keys) in all.iter().enumerate() {
                    let made = self.create(tx, mint, &Entry::of_list(keys, ROOT, at)).await?;
                    outcomes.push(said(made, "contact role added"));
                }
            }
            Work::Update(all) => {
                for (at, (id, keys)) in all.iter().enumerate() {
                    let changed = self.update(tx, *id, &Entry::of_list(keys, ROOT, at)).await?;
                    outcomes.push(said(changed, "contact role updated"));
                }
            }
            Work::Delete(ids) => {
                for id in ids {
                    let deleted = self.delete(tx, id).await?;
                    outcomes.push(said(deleted, "contact role deleted"));
                }
            }
        }
        self.close(tx).await?;
        Ok(outcomes)
    }

    async fn create(
        &mut self,
        tx: &mut Conn,
        mint: &Mint,
        entry: &Entry<'_>,
    ) -> Result<Result<Id, ApiError>, Error> {
        let read = || {
            let name = self.name(entry, None)?.ok_or_else(|| entry.missing("name"))?;
            Ok::<_, ApiError>((name, number(entry)?))
        };
        let (name, number) = match read() {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        let role = Role { id: mint.next(), name, number: self.roles.len() as i64 + 1 };
        insert(tx, &role).await?;
        let id = role.id;
        self.before.push(role.clone());
        self.roles.push(role);
        self.put(id, number);
        Ok(Ok(id))
    }

    async fn update(
        &mut self,
        tx: &mut Conn,
        id: Option<Id>,
        entry: &Entry<'_>,
    ) -> Result<Result<Id, ApiError>, Error> {
        let read = || {
            let id = match id {
                Some(id) => id,
                None => entry.id("id")?.ok_or_else(|| entry.missing("id"))?,
            };
            if !self.roles.iter().any(|role| role.id == id) {
                return Err(ApiError::new(Code::InvalidData).id(id));
            }
            if entry.is_null("name") {
                return Err(entry.missing("name"));
            }
            Ok((id, self.name(entry, Some(id))?, number(entry)?))
        };
        let (id, name, number) = match read() {
            Ok(read) => read,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(name) = name {
            let sql = Sql::from("UPDATE {_contact_roles} SET name = ?2, folded = ?3 WHERE id = ?1");
            let folded = letters::fold(&name).into_owned();
            tx.exec(&sql, &[id.into(), name.as_str().into(), folded.into()]).await?;
            for role in self.roles.iter_mut().filter(|role| role.id == id) {
                role.name.clone_from(&name);
            }
        }
        self.put(id, number);
        Ok(Ok(id))
    }

    async fn delete(&mut self, tx: &mut Conn, id: Id) -> Result<Result<Id, ApiError>, Error> {
        let Some(at) = self.roles.iter().position(|role| role.id == id) else {
            return Ok(Err(ApiError::new(Code::InvalidData).id(id)));
        };
        if self.roles.len() == 1 {
            return Ok(Err(ApiError::new(Code::LowerLimitReached).detail("limit", 1).id(id)));
        }
        self.roles.remove(at);
        let role = Sql::from("DELETE FROM {_contact_roles} WHERE id = ?1");
        let links = Sql::from("UPDATE {_links} SET number = NULL WHERE kind = ?1 AND number = ?2");
        let work = [Op::Exec(role, vec![id.into()]), Op::Exec(links, vec![CONTACT_ROLES.into(), id.into()])];
        tx.together(&work).await?;
        Ok(Ok(id))
    }

    /// The name that an entry gives: of the right form, and not the name of another role.
    fn name(&self, entry: &Entry<'_>, own: Option<Id>) -> Result<Option<String>, ApiError> {
        let Some(name) = entry.text("name", NAME_LENGTH)? else { return Ok(None) };
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b' ') {
            return Err(entry.error(Code::InvalidData, "name").detail("regex", NAME_PATTERN));
        }
        let mut others = self.roles.iter().filter(|role| Some(role.id) != own);
        match others.find(|role| letters::same(&role.name, name)) {
            Some(other) => Err(entry.error(Code::DuplicateData, "name").id(other.id)),
            None => Ok(Some(name.to_owned())),
        }
    }

    /// Moves a role to a place in the list; beyond the end is the end.
    fn put(&mut self, id: Id, number: Option<i64>) {
        let (Some(number), Some(at)) = (number, self.roles.iter().position(|role| role.id == id)) else {
            return;
        };
        let role = self.roles.remove(at);
        let to = usize::try_from(number - 1).unwrap_or(usize::MAX).min(self.roles.len());
        self.roles.insert(to, role);
    }

    /// Writes the numbers that moved.
    async fn close(mut self, tx: &mut Conn) -> Result<(), Error> {
        for (role, number) in self.roles.iter_mut().zip(1..) {
            role.number = number;
        }
        let moved = self.roles.iter().filter(|role| {
            let before = self.before.iter().find(|before| before.id == role.id);
            before.is_none_or(|before| before.number != role.number)
        });
        let rows: Vec<Vec<Cell<'static>>> =
            moved.map(|role| vec![role.id.into(), role.number.into()]).collect();
        if rows.is_empty() {
            return Ok(());
        }
        let columns = [Column::new("id", Storage::Int), Column::new("sequence_number", Storage::Int)];
        Ok(tx.update_many(&Batch { table: "_contact_roles", columns: &columns, rows: &rows }).await?)
    }
}

/// The place that an entry asks for, from 1.
fn number(entry: &Entry<'_>) -> Result<Option<i64>, ApiError> {
    match entry.whole("sequence_number")? {
        Some(number) if number < 1 => {
            Err(entry.error(Code::InvalidData, "sequence_number").detail("minimum_value", 1))
        }
        number => Ok(number),
    }
}

fn said(result: Result<Id, ApiError>, message: &'static str) -> Outcome {
    match result {
        Ok(id) => Outcome::Said(Said::of(id, message)),
        Err(error) => Outcome::Failed(error),
    }
}
