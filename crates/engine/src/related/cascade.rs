//! What goes with a record into the recycle bin, and comes back with it: its notes and its links.
//!
//! Notes lie in the bin as records of their own; the parent's image names them under `$notes`. Links have no life of
//! their own: they lie in the image under `$links`.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Op, Row, Sql};
use dealwright_wire::{Id, json};
use serde_json::Value;

use crate::error::Error;
use crate::records::delete;
use crate::records::writing::Writing;
use crate::related::{links, notes};

/// Removes notes and links of records that are being deleted. Gives for each record further entries of its image,
/// beginning with a comma.
pub(crate) async fn take(
    tx: &mut Conn,
    writing: &Writing,
    gone: &[i64],
) -> Result<HashMap<Id, Vec<u8>>, Error> {
    let mut images: HashMap<Id, Vec<u8>> = HashMap::new();
    take_notes(tx, writing, gone, &mut images).await?;
    if links::takes_part(&writing.module) {
        take_links(tx, gone, &mut images).await?;
    }
    Ok(images)
}

async fn take_notes(
    tx: &mut Conn,
    writing: &Writing,
    gone: &[i64],
    images: &mut HashMap<Id, Vec<u8>>,
) -> Result<(), Error> {
    let module = writing.snapshot.schema.module(notes::MODULE).cloned();
    let Some((module, table)) = module.and_then(|module| module.table.clone().map(|table| (module, table)))
    else {
        return Ok(());
    };
    // Notes have no notes, and rows of a subform are no records of their own.
    if writing.module.id == module.id || writing.module.parent.is_some() {
        return Ok(());
    }
    let test = tx.dialect().in_ids("t.parent_id", "?1");
    let sql = Sql::from(format!("SELECT t.parent_id, t.id FROM {{{table}}} t WHERE {test} ORDER BY t.id"));
    let read = |row: &Row<'_>| Ok((Row::must(row.id(0)?, 0)?, Row::must(row.id(1)?, 1)?));
    let found = tx.all(&sql, &[Cell::Ids(gone.into())], read).await?;
    if found.is_empty() {
        return Ok(());
    }
    let ids: Vec<Id> = found.iter().map(|(_, note)| *note).collect();
    Box::pin(delete::write(tx, &writing.on(&module), &ids)).await?;
    let mut by_parent: HashMap<Id, Vec<Id>> = HashMap::new();
    for (parent, note) in found {
        by_parent.entry(parent).or_default().push(note);
    }
    for (parent, notes) in by_parent {
        let image = images.entry(parent).or_default();
        image.extend_from_slice(b",\"$notes\":");
        json::value(image, &notes);
    }
    Ok(())
}

async fn take_links(tx: &mut Conn, gone: &[i64], images: &mut HashMap<Id, Vec<u8>>) -> Result<(), Error> {
    let (one, other) = (tx.dialect().in_ids("l.one", "?1"), tx.dialect().in_ids("l.other", "?1"));
    let sql = Sql::from(format!(
        "SELECT l.kind, l.one, l.other, l.number, l.text FROM {{_links}} l WHERE {one} \
         UNION SELECT l.kind, l.one, l.other, l.number, l.text FROM {{_links}} l WHERE {other}"
    ));
    let read = |row: &Row<'_>| {
        let (kind, one, other) = (row.int(0)?, Row::must(row.id(1)?, 1)?, Row::must(row.id(2)?, 2)?);
        let entry = serde_json::json!({
            "kind": kind, "one": one, "other": other, "number": row.int(3)?, "text": row.text(4)?,
        });
        Ok((one, other, entry))
    };
    let found = tx.all(&sql, &[Cell::Ids(gone.into())], read).await?;
    if found.is_empty() {
        return Ok(());
    }
    let mut by_record: HashMap<Id, Vec<Value>> = HashMap::new();
    for (one, other, entry) in found {
        // A link between two records that go together is remembered by both.
        for end in [one, other].into_iter().filter(|end| gone.contains(&end.get())) {
            by_record.entry(end).or_default().push(entry.clone());
        }
    }
    for (record, entries) in by_record {
        let image = images.entry(record).or_default();
        image.extend_from_slice(b",\"$links\":");
        json::value(image, &entries);
    }
    for column in ["one", "other"] {
        let test = tx.dialect().in_ids(column, "?1");
        tx.exec(&Sql::from(format!("DELETE FROM {{_links}} WHERE {test}")), &[Cell::Ids(gone.into())])
            .await?;
    }
    Ok(())
}

/// Notes that went with the record; to be restored, or deleted for good, together with it.
pub(crate) fn notes_of(image: &Value) -> Vec<Id> {
    let notes = image.get("$notes").and_then(Value::as_array);
    let ids = notes.into_iter().flatten();
    ids.filter_map(|id| id.as_str()?.parse().ok()).collect()
}

/// Brings back the links of a restored record whose other ends are there. Ends that are still deleted remember the
/// link themselves only if they went together, so those links are lost.
#[expect(dead_code, reason = "bringing records back from the recycle bin is to call it")]
pub(crate) async fn restore_links(
    tx: &mut Conn,
    modules: &[Arc<ModuleDef>],
    image: &Value,
) -> Result<(), Error> {
    let entries = image.get("$links").and_then(Value::as_array);
    let entries: Vec<&Value> =
        entries.into_iter().flatten().filter(|entry| links::ends(entry).is_some()).collect();
    if entries.is_empty() {
        return Ok(());
    }
    let ends: Vec<i64> = entries
        .iter()
        .filter_map(|entry| links::ends(entry))
        .flat_map(|ends| [ends.one.get(), ends.other.get()])
        .collect();
    let tables = modules.iter().filter(|module| links::takes_part(module)).filter_map(|m| m.table.as_deref());
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
        .filter_map(|entry| Some((links::ends(entry)?, *entry)))
        .filter(|(ends, _)| there.contains(&ends.one.get()) && there.contains(&ends.other.get()))
        .map(|(ends, entry)| {
            let (number, text) = (entry["number"].as_i64(), entry["text"].as_str().map(str::to_owned));
            let args = vec![ends.kind.into(), ends.one.into(), ends.other.into(), number.into(), text.into()];
            Op::Exec(insert.clone(), args)
        })
        .collect();
    Ok(tx.together(&work).await?)
}
