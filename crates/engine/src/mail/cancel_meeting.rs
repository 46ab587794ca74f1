//! `POST /Events/{id}/actions/cancel`: calls a meeting off. It stays as a record, with `$event_cancelled`.

use std::collections::HashMap;

use dealwright_schema::{Cell, FieldDef};
use dealwright_store::{Conn, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value};

use super::address::Address;
use super::from_addresses;
use super::letter::{self, Letter};
use super::place;
use super::stored::People;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::files::Upload;
use crate::records::guard::{self, Doing};
use crate::records::outcome::{self, Outcome, Said};
use crate::records::writing::{Entry as Mark, Writing};
use crate::records::{external, stored};
use crate::request::{Answer, Request};
use crate::settings::entry::{self, Entry};

/// Calls a meeting off, and tells its participants when `send_cancelling_mail` says so.
pub fn cancel_meeting<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        const FLAG: &str = "send_cancelling_mail";
        let grant = place::module(cx, request, Action::Edit)?;
        if grant.module.api_name != "Events" {
            return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0).into());
        }
        let entries = entry::parse(request, "data", 1)?;
        let keys = entries.into_iter().next().unwrap_or_default();
        let entry = Entry::of_list(&keys, "data", 0);
        let tell = entry.flag(FLAG).and_then(|flag| flag.ok_or_else(|| entry.missing(FLAG)));
        let tell = match tell {
            Ok(tell) => tell,
            Err(error) => return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(error)])),
        };
        if tell {
            cx.org.post.required()?;
        }
        let id = external::path_id(cx, &grant, request).await?;
        let outcome = match place::values(cx, &grant, id).await? {
            None => Outcome::Failed(unknown(id)),
            Some(meeting) => {
                let letters = if tell { letters(cx, &meeting).await? } else { Vec::new() };
                match cancel(cx, &grant, id, letters).await? {
                    Ok(()) => Outcome::Said(Said::of(id, "Meeting cancelled successfully")),
                    Err(error) => Outcome::Failed(error),
                }
            }
        };
        Ok(outcome::reply(cx, 200, vec![outcome]))
    })
}

fn unknown(id: Id) -> ApiError {
    ApiError::new(Code::InvalidData).message("the id given seems to be invalid").id(id)
}

/// Marks the meeting and queues the mails together.
async fn cancel(cx: &Cx, grant: &Grant, id: Id, letters: Vec<Letter>) -> Result<Result<(), ApiError>, Error> {
    let contents = letter::contents(cx, &letters).await?;
    let writing = Writing::new(cx, grant);
    let marked = cx
        .org
        .store
        .write(move |tx| Box::pin(async move { mark(tx, &writing, id, &letters, &contents).await }))
        .await?;
    cx.org.post.bell.notify_one();
    Ok(marked)
}

async fn mark(
    tx: &mut Conn,
    writing: &Writing,
    id: Id,
    letters: &[Letter],
    contents: &[Upload],
) -> Result<Result<(), ApiError>, Error> {
    let asked: Vec<usize> = guard::fields(&writing.module).collect();
    let found = stored::load(tx, &writing.module, &[id.get()], &asked).await?;
    let Some(meeting) = found.get(&id.get()) else { return Ok(Err(unknown(id))) };
    if let Some(error) = guard::refuse(&writing.module, meeting, Doing::Act) {
        return Ok(Err(error));
    }
    let sql = Sql::from("SELECT id FROM {_cancelled_events} WHERE id = ?1");
    if tx.first(&sql, &[id.into()], |row| row.id(0)).await?.is_some() {
        let error = ApiError::new(Code::InvalidData).message("the meeting is cancelled already");
        return Ok(Err(error.id(id).detail("reason", "event_cancelled")));
    }
    let sql = Sql::from("INSERT INTO {_cancelled_events} (id, at, user_id) VALUES (?1, ?2, ?3)");
    tx.exec(&sql, &[id.into(), writing.now.0.into(), writing.user.into()]).await?;
    let entry = writing.mint.next();
    let sql = Sql::from(format!(
        "UPDATE {{{}}} SET modified_time = ?2, modified_by = ?3, hist = ?4 WHERE id = ?1",
        writing.table()
    ));
    tx.exec(&sql, &[id.into(), writing.now.into(), writing.user.into(), entry.into()]).await?;
    let before = Some(r#"{"$event_cancelled":false}"#.to_owned());
    let mark = Mark { id: entry, prev: meeting.hist, record: Some(id), action: "update", before };
    writing.record(tx, vec![mark], "record.updated", &[id]).await?;
    if !letters.is_empty() {
        letter::write(tx, writing, id, letters, contents).await?;
    }
    Ok(Ok(()))
}

/// Mails that tell the participants: as many as their number takes.
async fn letters(cx: &Cx, meeting: &Map<String, Value>) -> Result<Vec<Letter>, Error> {
    let participants = participants(cx, meeting).await?;
    let Some(sender) = from_addresses::senders(cx, &cx.actor.user).into_iter().next() else {
        return Ok(Vec::new());
    };
    let text = |name: &str| meeting.get(name).map(super::merge::text_of).unwrap_or_default();
    let title: String = text("Event_Title").chars().filter(|c| !c.is_control()).collect();
    let start = text("Start_DateTime");
    let venue = text("Venue");
    let place = if venue.is_empty() { String::new() } else { format!("\nIt was to be at: {venue}\n") };
    let name = cx.actor.user.full_name();
    let content = format!("The meeting \"{title}\" of {start} has been cancelled.\n{place}\n{name}\n");
    participants
        .chunks(super::address::MOST)
        .map(|to| {
            let people = People {
                from: sender.address.clone(),
                to: to.to_vec(),
                cc: Vec::new(),
                bcc: Vec::new(),
                reply_to: None,
            };
            Letter::to_send(cx, people, format!("Cancelled: {title}"), content.clone(), false)
        })
        .collect()
}

/// The participants that have an address. Leads and contacts are looked up where the meeting names them by id.
async fn participants(cx: &Cx, meeting: &Map<String, Value>) -> Result<Vec<Address>, Error> {
    let list = meeting.get("Participants").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut found: Vec<Address> = Vec::new();
    let mut people: HashMap<&str, Vec<i64>> = HashMap::new();
    for one in &list {
        let text = |key: &str| one.get(key).and_then(Value::as_str);
        let named = text("participant").unwrap_or_default();
        let id = named.parse::<Id>().ok();
        let address = match (text("Email"), text("type")) {
            (Some(email), _) => Address::new(text("name"), email),
            (None, Some("user")) => {
                let user = id.and_then(|id| cx.snapshot.user(id));
                user.and_then(|user| Address::new(Some(&user.full_name()), &user.email))
            }
            (None, Some(kind @ ("lead" | "contact"))) => {
                let module = if kind == "lead" { "Leads" } else { "Contacts" };
                people.entry(module).or_default().extend(id.map(Id::get));
                None
            }
            _ => Address::new(text("name"), named),
        };
        found.extend(address);
    }
    for (module, ids) in people {
        found.extend(addresses(cx, module, ids).await?);
    }
    let mut seen = std::collections::HashSet::new();
    found.retain(|address| seen.insert(address.folded()));
    Ok(found)
}

/// Names and addresses of people by their ids, if the caller may view them.
async fn addresses(cx: &Cx, module: &str, ids: Vec<i64>) -> Result<Vec<Address>, Error> {
    let Ok(grant) = cx.grant(cx.snapshot.module(module)?, Action::View) else { return Ok(Vec::new()) };
    let column = |name: &str| grant.module.field(name).and_then(|field: &FieldDef| field.column.as_deref());
    let (Some(table), Some(name), Some(email)) = (Some(grant.table()), column("Full_Name"), column("Email"))
    else {
        return Ok(Vec::new());
    };
    let among = cx.org.store.dialect().in_ids("t.id", "?1");
    let mut args = vec![Cell::Ids(ids.into())];
    let scope = grant.and_rows("t", &mut args);
    let sql = Sql::from(format!(
        "SELECT t.\"{name}\", t.\"{email}\" FROM {{{table}}} t WHERE {among}{scope} ORDER BY t.id"
    ));
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let read = |row: &dealwright_store::Row<'_>| {
                    Ok(row
                        .text(1)?
                        .zip(Some(row.text(0)?))
                        .and_then(|(email, name)| Address::new(name, email)))
                };
                let found = conn.all(&sql, &args, read).await?;
                Ok(found.into_iter().flatten().collect())
            })
        })
        .await
}
