//! Participants of events: the people that types and ids name are found, and stored with their names and addresses as
//! they are at that time.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::stored::Stored;
use crate::records::succession::Succession;
use crate::records::update;
use crate::records::writing::{Deed, Writing};

/// Types of participants that are records.
const RECORDS: [&str; 2] = ["contact", "lead"];

/// Completes the participants of all drafts, with one query per module. A draft that names nobody's id fails.
pub(crate) async fn settle(
    tx: &mut Conn,
    writing: &Writing,
    old: &HashMap<i64, Stored>,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let fields = writing.module.fields().iter();
    let Some(at) =
        fields.clone().position(|field| field.api_name == "Participants" && field.json_type == "jsonarray")
    else {
        return Ok(());
    };
    let sent = |draft: &Draft| -> Vec<Value> {
        let text = draft.cells[at].as_ref().and_then(Cell::as_text);
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    };
    let all: Vec<Value> = drafts.iter().flatten().flat_map(sent).collect();
    if all.is_empty() {
        return Ok(());
    }
    let mut people: HashMap<(&str, i64), Value> = HashMap::new();
    for kind in RECORDS {
        let ids: Vec<i64> =
            all.iter().filter(|one| one["type"] == kind).filter_map(id).map(Id::get).collect();
        for (id, name, email) in found(tx, writing, kind, ids).await? {
            people.insert((kind, id), json!({"name": name, "Email": email}));
        }
    }
    for user in writing.snapshot.users.iter().filter(|user| user.is_active) {
        people.insert(("user", user.id.get()), json!({"name": user.full_name(), "Email": user.email}));
    }
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        let list = sent(draft);
        if list.is_empty() {
            continue;
        }
        let path = draft.path_of(&writing.module.fields()[at]);
        // Who is invited already stays so, also where the caller does not see them.
        let before = draft.id.and_then(|id| old.get(&id.get())?.cells[at].as_ref()?.as_text());
        let before: Vec<Value> = before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let kept = |one: &Value| {
            before
                .iter()
                .find(|known| ["type", "participant"].iter().all(|key| known[*key] == one[*key]))
                .cloned()
        };
        let completed: Result<Vec<Value>, ApiError> = list
            .iter()
            .enumerate()
            .map(|(n, one)| {
                let person = complete(one, &people).or_else(|| kept(one));
                person.ok_or_else(|| unknown(one, format!("{path}[{n}]")))
            })
            .collect();
        match completed {
            Ok(completed) => draft.cells[at] = Some(Value::Array(completed).to_string().into()),
            Err(error) => *slot = Err(error),
        }
    }
    Ok(())
}

/// Invites the successor of a contact or lead in its place, to every event that the record was invited to. Who is
/// invited already is not invited twice. Name and address stay as they were when the event was written.
pub(crate) async fn succeed(
    tx: &mut Conn,
    writing: &Writing,
    succession: &Succession<'_>,
) -> Result<(), Error> {
    let kind = |module: &ModuleDef| module.participant_type();
    let Some((from, to)) = kind(succession.from_module).zip(kind(succession.to_module)) else {
        return Ok(());
    };
    let Some(events) = writing.snapshot.schema.events() else { return Ok(()) };
    let at = events.field_index("Participants");
    let column = at.and_then(|at| events.fields()[at].column.as_deref());
    let (Some(at), Some(column), Some(table)) = (at, column, unasked::table(events, Why::System)) else {
        return Ok(());
    };
    // As `related/invited.rs` finds them.
    let test = tx.dialect().contains(&format!("t.\"{column}\""), "?1");
    let sql = Sql::from(format!("SELECT t.id, t.\"{column}\" FROM {{{table}}} t WHERE {test} ORDER BY t.id"));
    let entry = format!("\"participant\":\"{}\"", succession.from);
    let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, row.text(1)?.unwrap_or_default().to_owned()));
    let found: Vec<(Id, String)> = tx.all(&sql, &[entry.into()], read).await?;
    let is = |one: &Value, kind: &str, who: Id| one["type"] == kind && id(one) == Some(who);
    let mut drafts = Vec::new();
    for (event, text) in found {
        let mut list: Vec<Value> = serde_json::from_str(&text).unwrap_or_default();
        if list.iter().any(|one| is(one, to, succession.to)) {
            list.retain(|one| !is(one, from, succession.from));
        } else if let Some(one) = list.iter_mut().find(|one| is(one, from, succession.from)) {
            one["type"] = json!(to);
            one["participant"] = json!(succession.to);
        } else {
            continue;
        }
        let mut draft = Draft::empty(events, String::new());
        draft.id = Some(event);
        draft.cells[at] = Some(Value::Array(list).to_string().into());
        drafts.push(draft);
    }
    update::set(tx, &writing.as_the_system(events), Deed::UPDATE, drafts).await
}

fn id(one: &Value) -> Option<Id> {
    one["participant"].as_str()?.parse().ok()
}

/// A participant as records show it.
fn complete(one: &Value, people: &HashMap<(&str, i64), Value>) -> Option<Value> {
    let (kind, who) = (one["type"].as_str()?, one["participant"].as_str()?);
    let (name, email) = if kind == "email" {
        (Value::Null, json!(who))
    } else {
        let person = people.get(&(kind, id(one)?.get()))?;
        (person["name"].clone(), person["Email"].clone())
    };
    Some(json!({
        "Email": email,
        "name": name,
        "invited": false,
        "type": kind,
        "participant": who,
        "status": "not_known",
    }))
}

fn unknown(one: &Value, path: String) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid")
        .detail("id", one["participant"].clone())
        .field("participant", format!("{path}.participant"))
}

async fn found(
    tx: &mut Conn,
    writing: &Writing,
    kind: &str,
    ids: Vec<i64>,
) -> Result<Vec<(i64, Option<String>, Option<String>)>, Error> {
    let module = writing.snapshot.schema.participants(kind).filter(|_| !ids.is_empty());
    let grant = module.and_then(|module| writing.caller.grant(module, Action::View).ok());
    let module = grant.as_ref().map(|grant| &grant.module);
    let column = |name: &str| module.and_then(|module| module.field(name)?.column.as_deref());
    let table = grant.as_ref().map(Grant::table);
    let (Some(table), Some(name), Some(email)) = (table, column("Full_Name"), column("Email")) else {
        return Ok(Vec::new());
    };
    let test = tx.dialect().in_ids("t.id", "?1");
    let mut args = vec![Cell::Ids(ids.into())];
    let scope = grant.as_ref().map(|grant| grant.and_rows("t", &mut args)).unwrap_or_default();
    let sql =
        Sql::from(format!("SELECT t.id, t.\"{name}\", t.\"{email}\" FROM {{{table}}} t WHERE {test}{scope}"));
    let read = |row: &Row<'_>| {
        let text = |at: usize| Ok::<_, dealwright_store::StoreError>(row.text(at)?.map(str::to_owned));
        Ok((Row::must(row.int(0)?, 0)?, text(1)?, text(2)?))
    };
    Ok(tx.all(&sql, &args, read).await?)
}
