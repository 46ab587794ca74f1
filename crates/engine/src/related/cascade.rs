//! What goes with a record into the recycle bin, and comes back with it: its notes and its links.
//!
//! Notes lie in the bin as records of their own; the parent's image names them under `$notes`. Links have no life of
//! their own: they lie in the image under `$links`.

use std::collections::HashMap;

use dealwright_schema::Cell;
use dealwright_store::{Conn, Op, Row, Sql};
use dealwright_wire::Id;
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::records::delete;
use crate::records::linked as links;
use crate::records::parts::{GivingUp, Part};
use crate::records::writing::Writing;
use crate::recycle_bin;
use crate::related::notes;

/// Notes of a record.
pub(crate) static NOTES: Part =
    Part { key: "$notes", take: take_notes, restore: restore_notes, give_up: give_up_notes };
/// Links of a record with others.
pub(crate) static LINKS: Part = Part {
    key: "$links",
    take: take_links,
    restore: restore_links,
    give_up: |_, _, _| Box::pin(async { Ok(()) }),
};

/// Moves the notes into the recycle bin, each as a record of its own. Keeps their ids.
fn take_notes<'a>(
    tx: &'a mut Conn,
    writing: &'a Writing,
    gone: &'a [Id],
) -> BoxFuture<'a, Result<HashMap<Id, String>, Error>> {
    Box::pin(async move {
        let module = writing.snapshot.schema.module(notes::MODULE).cloned();
        let Some((module, table)) = module.and_then(|module| {
            let table = unasked::table(&module, Why::Part)?.to_owned();
            Some((module, table))
        }) else {
            return Ok(HashMap::new());
        };
        // Notes have no notes, and rows of a subform are no records of their own.
        if writing.module.id == module.id || writing.module.parent.is_some() {
            return Ok(HashMap::new());
        }
        let test = tx.dialect().in_ids("t.parent_id", "?1");
        let sql =
            Sql::from(format!("SELECT t.parent_id, t.id FROM {{{table}}} t WHERE {test} ORDER BY t.id"));
        let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?));
        let found = tx.all(&sql, &[numbers(gone)], read).await?;
        if found.is_empty() {
            return Ok(HashMap::new());
        }
        let ids: Vec<Id> = found.iter().map(|(_, note)| *note).collect();
        delete::write(tx, &writing.as_the_system(&module), &ids).await?;
        let mut by_parent: HashMap<Id, Vec<Id>> = HashMap::new();
        for (parent, note) in found {
            by_parent.entry(parent).or_default().push(note);
        }
        Ok(by_parent.into_iter().map(|(parent, notes)| (parent, json!(notes).to_string())).collect())
    })
}

/// Brings the notes back from the recycle bin. One that cannot come back stays there.
fn restore_notes<'a>(
    tx: &'a mut Conn,
    writing: &'a Writing,
    kept: &'a [(Id, &'a RawValue)],
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let Some(module) = writing.snapshot.schema.module(notes::MODULE) else { return Ok(()) };
        recycle_bin::bring_back(tx, &writing.as_the_system(module), &kept_notes(kept)).await
    })
}

/// Deletes the notes for good as well.
fn give_up_notes<'a>(
    tx: &'a mut Conn,
    giving_up: &'a GivingUp,
    kept: &'a [(Id, &'a RawValue)],
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move { recycle_bin::give_up(tx, giving_up, &kept_notes(kept)).await })
}

fn kept_notes(kept: &[(Id, &RawValue)]) -> Vec<Id> {
    kept.iter().flat_map(|(_, raw)| serde_json::from_str::<Vec<Id>>(raw.get()).unwrap_or_default()).collect()
}

/// Removes the links of the records. Keeps what they held; a link between two records that go together is kept by
/// both.
fn take_links<'a>(
    tx: &'a mut Conn,
    writing: &'a Writing,
    gone: &'a [Id],
) -> BoxFuture<'a, Result<HashMap<Id, String>, Error>> {
    Box::pin(async move {
        if !links::takes_part(&writing.module) {
            return Ok(HashMap::new());
        }
        let (one, other) = (tx.dialect().in_ids("l.one", "?1"), tx.dialect().in_ids("l.other", "?1"));
        let sql = Sql::from(format!(
            "SELECT l.kind, l.one, l.other, l.number, l.text FROM {{_links}} l WHERE {one} \
             UNION SELECT l.kind, l.one, l.other, l.number, l.text FROM {{_links}} l WHERE {other}"
        ));
        let read = |row: &Row<'_>| {
            let (kind, one, other) = (row.int(0)?, Row::must(row.id(1)?, 1)?, Row::must(row.id(2)?, 2)?);
            let entry = json!({
                "kind": kind, "one": one, "other": other, "number": row.int(3)?, "text": row.text(4)?,
            });
            Ok((one, other, entry))
        };
        let found = tx.all(&sql, &[numbers(gone)], read).await?;
        if found.is_empty() {
            return Ok(HashMap::new());
        }
        let mut by_record: HashMap<Id, Vec<Value>> = HashMap::new();
        for (one, other, entry) in found {
            for end in [one, other].into_iter().filter(|end| gone.contains(end)) {
                by_record.entry(end).or_default().push(entry.clone());
            }
        }
        for column in ["one", "other"] {
            let test = tx.dialect().in_ids(column, "?1");
            tx.exec(&Sql::from(format!("DELETE FROM {{_links}} WHERE {test}")), &[numbers(gone)]).await?;
        }
        Ok(by_record.into_iter().map(|(record, entries)| (record, json!(entries).to_string())).collect())
    })
}

fn numbers(ids: &[Id]) -> Cell<'static> {
    Cell::Ids(ids.iter().map(|id| id.get()).collect::<Vec<_>>().into())
}

/// Notes that went with the record; to be restored, or deleted for good, together with it.
pub(crate) fn notes_of(image: &Value) -> Vec<Id> {
    let notes = image.get("$notes").and_then(Value::as_array);
    let ids = notes.into_iter().flatten();
    ids.filter_map(|id| id.as_str()?.parse().ok()).collect()
}

/// Brings back the links of restored records whose other ends are there. Ends that are still deleted remember the link
/// themselves only if they went together, so those links are lost.
fn restore_links<'a>(
    tx: &'a mut Conn,
    writing: &'a Writing,
    kept: &'a [(Id, &'a RawValue)],
) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let entries: Vec<Value> = kept
            .iter()
            .flat_map(|(_, raw)| serde_json::from_str::<Vec<Value>>(raw.get()).unwrap_or_default())
            .collect();
        let ends: Vec<i64> = entries
            .iter()
            .filter_map(links::ends)
            .flat_map(|ends| [ends.one.get(), ends.other.get()])
            .collect();
        if ends.is_empty() {
            return Ok(());
        }
        let modules = writing.snapshot.schema.modules().iter();
        let tables = modules
            .filter(|module| links::takes_part(module))
            .filter_map(|module| unasked::table(module, Why::System));
        let test = tx.dialect().in_ids("t.id", "?1");
        let selects: Vec<String> =
            tables.map(|table| format!("SELECT t.id FROM {{{table}}} t WHERE {test}")).collect();
        let sql = Sql::from(selects.join(" UNION ALL "));
        let there = tx.all(&sql, &[Cell::Ids(ends.into())], |row| Row::must(row.int(0)?, 0)).await?;
        let insert = Sql::from(
            "INSERT INTO {_links} (kind, one, other, number, text) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (one, kind, other) DO NOTHING",
        );
        let work: Vec<Op<'static>> = entries
            .iter()
            .filter_map(|entry| Some((links::ends(entry)?, entry)))
            .filter(|(ends, _)| there.contains(&ends.one.get()) && there.contains(&ends.other.get()))
            .map(|(ends, entry)| {
                let (number, text) = (entry["number"].as_i64(), entry["text"].as_str().map(str::to_owned));
                let args =
                    vec![ends.kind.into(), ends.one.into(), ends.other.into(), number.into(), text.into()];
                Op::Exec(insert.clone(), args)
            })
            .collect();
        Ok(tx.together(&work).await?)
    })
}
