//! Reading a resource: all of it, or one.

use std::sync::Arc;

use dealwright_wire::ApiError;
use serde_json::{Value, json};

use super::Resource;
use crate::cx::Cx;
use crate::documents::Document;
use crate::error::Error;
use crate::metadata::{Reader, invalid_id, page, paging_to, single_info};
use crate::request::{Reply, Request};

/// The documents that the call asks for: 200, or 204 when there are none.
pub async fn list<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    let documents = cx.snapshot.documents();
    let ids = request.params.list("ids");
    let is_asked = resource.asked(cx, request)?;
    let mut found = Vec::new();
    for document in resource.all(D::all(&documents)) {
        let named = ids.as_ref().is_none_or(|ids| ids.contains(&document.id().to_string().as_str()));
        if named && is_asked(document)? {
            found.push(document.clone());
        }
    }
    answer(cx, request, resource, &found)
}

/// Documents as a list answers with them.
pub(crate) fn answer<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
    found: &[Arc<D>],
) -> Result<Reply, Error> {
    let reader = Reader::of(cx);
    let shown = |rows: &[Arc<D>]| -> Vec<Value> {
        rows.iter().map(|document| listed(resource, (resource.show)(&reader, document))).collect()
    };
    let Some(most) = resource.per_page else {
        let rows = shown(found);
        return Ok(if rows.is_empty() {
            Reply::nothing()
        } else {
            Reply::value(200, &json!({resource.key: rows}))
        });
    };
    let (number, per_page) = paging_to(request, most)?;
    let (rows, info) = page(found, number, per_page);
    if rows.is_empty() {
        return Ok(Reply::nothing());
    }
    Ok(Reply::value(200, &json!({resource.key: shown(&rows), "info": info})))
}

/// A document as lists show it.
fn listed<D>(resource: &Resource<D>, mut shown: Value) -> Value {
    if let Some(keys) = shown.as_object_mut() {
        keys.retain(|key, _| !resource.only_single.contains(&key.as_str()));
    }
    shown
}

/// The document of the path.
pub async fn get<D: Document>(
    cx: &Cx,
    request: &Request,
    resource: &'static Resource<D>,
) -> Result<Reply, Error> {
    let is_asked = resource.asked(cx, request)?;
    if let Some(under) = &resource.under
        && request.params.get(under.param).is_none()
    {
        return Err(ApiError::missing_param(under.param).into());
    }
    let documents = cx.snapshot.documents();
    let found = resource.of_path(request, D::all(&documents))?;
    if !is_asked(found)? {
        return Err(invalid_id(resource.place).into());
    }
    let row = (resource.show)(&Reader::of(cx), found);
    let mut body = json!({resource.key: [row]});
    if resource.per_page.is_some() {
        body["info"] = single_info();
    }
    Ok(Reply::value(200, &body))
}
