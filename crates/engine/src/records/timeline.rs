//! `GET /{module}/{id}/__timeline`: what happened to a record, newest first, with the values before each change.
//!
//! Each record points to its newest entry and each entry to the one before, so a change costs no index
//! (`docs/adr/0004-history-chain.md`).

use std::sync::Arc;

use dealwright_store::{Row, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::list_query::PAGE;
use crate::records::{get, page};
use crate::request::{Reply, Request};

struct Event {
    id: Id,
    at: i64,
    user: i64,
    client: String,
    action: String,
    before: Option<String>,
}

/// Reads the history, also of a deleted record: 200, or 204 when there is no such record.
pub async fn timeline(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let id = get::parse_id(request.segment(1))?;
    let wanted = |name: &str, otherwise: usize| match request.params.get(name).map(str::parse::<usize>) {
        None => Ok(otherwise),
        Some(Ok(number)) if number >= 1 => Ok(number),
        Some(_) => Err(ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer")),
    };
    let per_page = wanted("per_page", PAGE as usize)?.min(PAGE as usize);
    let page = wanted("page", 1)?;
    let table = grant.module.table.clone().unwrap_or_default();
    let sql = Sql::from(format!(
        "WITH RECURSIVE chain AS (\
           SELECT h.* FROM {{_history}} h WHERE h.id = coalesce(\
             (SELECT t.hist FROM {{{table}}} t WHERE t.id = ?1), \
             (SELECT r.hist FROM {{_recycle_bin}} r WHERE r.id = ?1 AND r.module_id = ?2)) \
           UNION ALL SELECT h.* FROM {{_history}} h JOIN chain c ON h.id = c.prev) \
         SELECT id, at, user_id, client, action, before FROM chain ORDER BY id DESC"
    ));
    let module = grant.module.id;
    let events = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &[id.into(), module.into()], event).await?) })
        })
        .await?;
    if events.is_empty() {
        return Ok(Reply::nothing());
    }
    let more = events.len() > page.saturating_mul(per_page);
    let shown: Vec<Value> = events
        .iter()
        .skip((page - 1).saturating_mul(per_page))
        .take(per_page)
        .map(|event| show(cx, &grant.module, event))
        .collect();
    if shown.is_empty() {
        return Ok(Reply::nothing());
    }
    let info = json!({ "per_page": per_page, "count": shown.len(), "page": page, "more_records": more });
    Ok(Reply::value(200, &json!({ "__timeline": shown, "info": info })))
}

fn event(row: &Row<'_>) -> Result<Event, StoreError> {
    let text = |at| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    Ok(Event {
        id: Row::must(row.id(0)?, 0)?,
        at: Row::must(row.int(1)?, 1)?,
        user: Row::must(row.int(2)?, 2)?,
        client: text(3)?,
        action: text(4)?,
        before: row.text(5)?.map(str::to_owned),
    })
}

fn show(cx: &Cx, module: &Arc<dealwright_schema::ModuleDef>, event: &Event) -> Value {
    let user = Id::new(event.user).and_then(|id| cx.snapshot.user(id));
    let before: Map<String, Value> =
        event.before.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let changes: Vec<Value> = before
        .into_iter()
        .map(|(name, old)| {
            let field = module.field(&name);
            json!({
                "api_name": name,
                "field_label": field.map(|field| field.field_label.as_str()),
                "data_type": field.map(|field| field.data_type.name()),
                "_value": { "old": old },
            })
        })
        .collect();
    json!({
        "id": event.id,
        "audited_time": Instant(event.at.div_euclid(1000)).text(&cx.snapshot.zone),
        "action": match event.action.as_str() { "insert" => "added", "update" => "updated", "delete" => "deleted", other => other },
        "done_by": { "id": event.user.to_string(), "name": user.map(|user| user.full_name()) },
        "source": "crm_api",
        "client_id": event.client,
        "type": "record_audit",
        "field_history": changes,
    })
}
