//! The entries of one record's history, newest first.

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::Id;
use serde_json::{Map, Value};

use crate::access::Grant;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::{image, stored};

/// One entry: who did what, when, through which client, and what was before.
#[derive(Debug)]
pub(super) struct Entry {
    pub id: Id,
    /// Milliseconds since 1970.
    pub at: i64,
    pub user: i64,
    pub client: String,
    pub action: String,
    pub source: String,
    /// Values before the change of what changed; null where there was none.
    pub before: Map<String, Value>,
    /// The same fields after the change.
    pub after: Map<String, Value>,
}

/// A record with its history.
#[derive(Debug)]
pub(super) struct Chain {
    /// Newest first; never empty.
    pub entries: Vec<Entry>,
    /// All values as they are now, or were when the record was deleted: an image.
    pub now: Map<String, Value>,
    pub is_deleted: bool,
}

impl Chain {
    /// Reads the history, also of a deleted record. `None` when there is no such record for the caller.
    pub(super) async fn read(cx: &Cx, grant: &Grant, id: Id) -> Result<Option<Self>, Error> {
        let table = grant.table().to_owned();
        let mut live_args = vec![id.into()];
        let scope = grant.and_rows("t", &mut live_args);
        let live = Sql::from(format!("SELECT t.hist FROM {{{table}}} t WHERE t.id = ?1{scope}"));
        let mut gone_args = vec![id.into(), grant.module.id.into()];
        let scope = grant.and_deleted_rows("b", &mut gone_args);
        let gone = Sql::from(format!(
            "SELECT b.hist, b.image FROM {{_recycle_bin}} b WHERE b.id = ?1 AND b.module_id = ?2{scope}"
        ));
        let (module, snapshot) = (Arc::clone(&grant.module), Arc::clone(&cx.snapshot));
        cx.org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let mut is_deleted = false;
                    let found = conn.first(&live, &live_args, |row| row.int(0)).await?;
                    let (newest, now) = if let Some(newest) = found {
                        (newest, current(conn, &snapshot, &module, id).await?)
                    } else {
                        is_deleted = true;
                        let read = |row: &Row<'_>| Ok((row.int(0)?, row.text(1)?.map(str::to_owned)));
                        match conn.first(&gone, &gone_args, read).await? {
                            Some((newest, image)) => (newest, object(image.as_deref())),
                            None => return Ok(None),
                        }
                    };
                    let sql = Sql::from(
                        "WITH RECURSIVE chain AS (\
                           SELECT h.* FROM {_history} h WHERE h.id = ?1 \
                           UNION ALL SELECT h.* FROM {_history} h JOIN chain c ON h.id = c.prev) \
                         SELECT id, at, user_id, client, action, before, source FROM chain ORDER BY id DESC",
                    );
                    let entries = conn.all(&sql, &[newest.into()], entry).await?;
                    if entries.is_empty() {
                        return Ok(None);
                    }
                    Ok::<_, Error>(Some(Self::link(entries, now, is_deleted)))
                })
            })
            .await
    }

    /// Gives each entry the values after it: those now, with all later changes taken back.
    fn link(mut entries: Vec<Entry>, now: Map<String, Value>, is_deleted: bool) -> Self {
        let mut state = now.clone();
        for entry in &mut entries {
            entry.after = entry
                .before
                .keys()
                .map(|name| (name.clone(), state.get(name).cloned().unwrap_or(Value::Null)))
                .collect();
            state.extend(entry.before.clone());
        }
        Self { entries, now, is_deleted }
    }

    /// The record as it was right after that entry. `None` when the entry is not one of the record's.
    pub(super) fn state_after(&self, entry: Id) -> Option<Map<String, Value>> {
        let at = self.entries.iter().position(|one| one.id == entry)?;
        let mut state = self.now.clone();
        for later in &self.entries[..at] {
            state.extend(later.before.clone());
        }
        state.retain(|_, value| !value.is_null());
        Some(state)
    }
}

/// All values of a record and the rows of its subforms.
async fn current(
    conn: &mut Conn,
    snapshot: &crate::snapshot::Snapshot,
    module: &ModuleDef,
    id: Id,
) -> Result<Map<String, Value>, Error> {
    let stored = stored::look_at(conn, module, &[id.get()], &stored::all_fields(module)).await?;
    let mut text = Vec::with_capacity(2048);
    if let Some(stored) = stored.get(&id.get()) {
        image::write(module, stored, &[], &mut text);
    }
    let mut now = object(std::str::from_utf8(&text).ok());
    for field in module.fields() {
        let rows = field.subform.as_deref().and_then(|name| snapshot.schema.module(name));
        if let Some(rows) = rows.filter(|rows| rows.has_records()) {
            let (images, _) = image::rows(conn, rows, id).await?;
            now.insert(field.api_name.clone(), serde_json::from_slice(&images).unwrap_or_default());
        }
    }
    Ok(now)
}

fn object(text: Option<&str>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

fn entry(row: &Row<'_>) -> Result<Entry, StoreError> {
    let text = |at| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    Ok(Entry {
        id: Row::must(row.id(0)?, 0)?,
        at: Row::must(row.int(1)?, 1)?,
        user: Row::must(row.int(2)?, 2)?,
        client: text(3)?,
        action: text(4)?,
        before: object(row.text(5)?),
        after: Map::new(),
        source: row.text(6)?.unwrap_or("crm_api").to_owned(),
    })
}
