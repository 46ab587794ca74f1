//! Deleted notes, and the notes of a record that lies in the recycle bin: they lie there too, and are shown from their
//! images.

use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{Id, Instant};
use serde_json::{Map, Value, json};

use super::{MODULE, PARENT};
use crate::cx::Cx;
use crate::error::Error;
use crate::records;
use crate::records::list_query::{Kind, ListQuery};
use crate::related::cascade;
use crate::request::{Answer, Reply, Request};

/// `GET /Notes/deleted`: as for the records of any module.
pub fn deleted<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let request = Request { path: vec![MODULE.to_owned()], ..request.clone() };
        records::deleted(cx, &request).await
    })
}

/// One page of the notes that went with a record, oldest first: 200, or 204 when there are none.
pub(crate) async fn of_deleted(
    cx: &Cx,
    request: &Request,
    module: &Arc<ModuleDef>,
    parent: &Value,
) -> Result<Reply, Error> {
    let query = ListQuery::parse(cx, module, &request.params, Kind::List)?;
    let mut ids: Vec<i64> = cascade::notes_of(parent).into_iter().map(Id::get).collect();
    if let Some(asked) = &query.ids {
        ids.retain(|id| asked.contains(id));
    }
    ids.sort_unstable();
    let test = cx.org.store.dialect().in_ids("r.id", "?1");
    let sql = Sql::from(format!(
        "SELECT r.image FROM {{_recycle_bin}} r WHERE {test} AND r.module_id = ?2 ORDER BY r.id LIMIT ?3 OFFSET ?4"
    ));
    let args: [Cell<'static>; 4] = [
        Cell::Ids(ids.into()),
        module.id.into(),
        (i64::from(query.per_page) + 1).into(),
        i64::from(query.offset()).into(),
    ];
    let mut images: Vec<String> = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                let read = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
                Ok::<_, Error>(conn.all(&sql, &args, read).await?)
            })
        })
        .await?;
    if images.is_empty() {
        return Ok(Reply::nothing());
    }
    let more = images.len() > query.per_page as usize;
    images.truncate(query.per_page as usize);
    let rows: Vec<Value> =
        images.iter().filter_map(|image| row(cx, module, image, query.fields.as_deref())).collect();
    let mut info = json!({
        "per_page": query.per_page, "count": rows.len(), "page": query.page, "more_records": more,
    });
    if cx.profile.related_page_tokens {
        // A record has never so many notes that page numbers do not reach them.
        for key in ["next_page_token", "previous_page_token", "page_token_expiry"] {
            info[key] = Value::Null;
        }
    }
    Ok(Reply::value(200, &json!({"data": rows, "info": info})))
}

/// The row of a note as lists show it.
fn row(cx: &Cx, module: &ModuleDef, image: &str, fields: Option<&str>) -> Option<Value> {
    let image: Map<String, Value> = serde_json::from_str(image).ok()?;
    let asked = |name: &str| fields.is_none_or(|fields| fields.split(',').any(|field| field == name));
    let mut out = Map::new();
    for field in module.fields().iter().filter(|field| field.api_name != "id" && asked(&field.api_name)) {
        out.insert(field.api_name.clone(), shown(cx, field, &image));
    }
    out.insert("id".to_owned(), image.get("id")?.clone());
    Some(Value::Object(out))
}

/// A stored value in its wire form.
fn shown(cx: &Cx, field: &FieldDef, image: &Map<String, Value>) -> Value {
    let Some(value) = image.get(&field.api_name) else { return Value::Null };
    let id = || value.as_str().and_then(|text| text.parse::<Id>().ok());
    match field.data_type.get().form {
        Form::User => id().map_or(Value::Null, |id| {
            let user = cx.snapshot.user(id);
            let (name, email) = (user.map(|user| user.full_name()), user.map(|user| user.email.as_str()));
            json!({"name": name, "id": id, "email": email})
        }),
        Form::Instant => {
            let instant = value.as_str().and_then(|text| Instant::parse(text, &cx.snapshot.zone));
            instant.map_or(Value::Null, |instant| json!(instant.text(&cx.snapshot.zone)))
        }
        _ if field.api_name == PARENT => {
            let module = image.get(&format!("{PARENT}$module")).and_then(Value::as_str);
            let module = module.and_then(|id| cx.snapshot.schema.module_by_id(id.parse().ok()?));
            let module = module.map(|module| json!({"api_name": module.api_name, "id": module.id}));
            json!({"module": module, "id": value})
        }
        _ => value.clone(),
    }
}
