//! The record whose e-mails a path names.

use dealwright_schema::ModuleDef;
use dealwright_store::Weight;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::selection::Shape;
use crate::records::{external, find, page};
use crate::request::Request;

/// A record that the caller may view, in a module that has e-mails.
pub(super) struct Place {
    pub grant: Grant,
    pub record: Id,
}

impl Place {
    /// The record of `{module}/{id}`: it must be there.
    pub(super) async fn of(cx: &Cx, request: &Request) -> Result<Self, Error> {
        let grant = module(cx, request, Action::View)?;
        let record = external::path_id(cx, &grant, request).await?;
        if !exists(cx, &grant, record).await? {
            return Err(unknown_record().into());
        }
        Ok(Self { grant, record })
    }
}

/// The module of a path, if it has e-mails.
pub(super) fn module(cx: &Cx, request: &Request, action: Action) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, action)?;
    if !has_emails(module) {
        return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
    }
    Ok(grant)
}

/// Modules with the related list `Emails`, custom modules, and meetings, whose participants are written to.
fn has_emails(module: &ModuleDef) -> bool {
    let lists = module.described.get("related_lists").and_then(Value::as_array);
    let has_list = lists.is_some_and(|lists| lists.iter().any(|list| list["api_name"] == "Emails"));
    has_list || module.text("generated_type") == "custom" || module.api_name == "Events"
}

/// `INVALID_DATA` for the record in a path.
pub(super) fn unknown_record() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the related id given seems to be invalid")
        .detail("resource_path_index", 1)
}

/// True when the caller may view a record of that id.
pub(super) async fn exists(cx: &Cx, grant: &Grant, id: Id) -> Result<bool, Error> {
    Ok(existing(cx, grant, &[id]).await?.contains(&id))
}

/// Those of the ids whose records the caller may view.
pub(super) async fn existing(cx: &Cx, grant: &Grant, ids: &[Id]) -> Result<Vec<Id>, Error> {
    let (grant, numbers) = (grant.to_view(), ids.iter().map(|id| id.get()).collect());
    let found = cx
        .org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { find::by_ids(conn, &grant, numbers).await }))
        .await?;
    Ok(ids.iter().copied().filter(|id| found.contains(&id.get())).collect())
}

/// A record as its API shows it, for what is made of its values. Subforms are left out.
pub(super) async fn values(cx: &Cx, grant: &Grant, id: Id) -> Result<Option<Map<String, Value>>, Error> {
    let selection = page::selection(cx, grant, None, Shape::Full);
    let (sql, args) = selection.one(grant, id);
    let snapshot = std::sync::Arc::clone(&cx.snapshot);
    let text = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let mut out = Vec::new();
                conn.each(&sql, &args, &mut |row| selection.write(row, &snapshot, &mut out)).await?;
                Ok::<_, Error>(out)
            })
        })
        .await?;
    if text.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&text).map(Some).map_err(Error::internal("reading a record's own answer"))
}
