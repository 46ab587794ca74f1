//! A deleted record in the bin: who may see it, and its form in answers.

use dealwright_schema::Cell;
use dealwright_store::{Row, StoreError};
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Value, json};

use crate::access::Action;
use crate::cx::Cx;
use crate::records::filter::Filter;

/// The columns that [`Item::read`] reads, of the bin as `t`.
pub(super) const COLUMNS: &str =
    "t.id, t.module_id, t.display_name, t.deleted_by, t.deleted_time, t.created_by, t.owner";

/// A deleted record, without its image.
#[derive(Debug)]
pub(super) struct Item {
    pub id: Id,
    module: Id,
    display_name: Option<String>,
    deleted_by: i64,
    deleted_time: i64,
    /// The record's owner, or else who made it or deleted it.
    owner: i64,
}

impl Item {
    pub(super) fn read(row: &Row<'_>) -> Result<Self, StoreError> {
        let deleted_by = Row::must(row.int(3)?, 3)?;
        Ok(Self {
            id: Row::must(row.id(0)?, 0)?,
            module: Row::must(row.id(1)?, 1)?,
            display_name: row.text(2)?.map(str::to_owned),
            deleted_by,
            deleted_time: Row::must(row.int(4)?, 4)?,
            owner: row.int(6)?.or(row.int(5)?).unwrap_or(deleted_by),
        })
    }

    pub(super) fn show(&self, cx: &Cx) -> Value {
        let user = |id: i64| {
            let user = Id::new(id).and_then(|id| cx.snapshot.user(id));
            json!({ "name": user.map_or_else(String::new, |user| user.full_name()), "id": id.to_string() })
        };
        let module = cx.snapshot.schema.module_by_id(self.module);
        json!({
            "display_name": self.display_name.as_deref().unwrap_or_default(),
            "deleted_time": Instant(self.deleted_time).text(&cx.snapshot.zone),
            "owner": user(self.owner),
            "module": { "api_name": module.map(|module| module.api_name.as_str()), "id": self.module },
            "deleted_by": user(self.deleted_by),
            "id": self.id,
        })
    }
}

/// Narrows `filter` (over the bin as `t`) to what the caller may act on: records of modules whose records they may
/// treat so, and of these, unless they administer the org, those they deleted themselves.
pub(super) fn visible(cx: &Cx, action: Action, filter: &mut Filter) {
    let modules = cx.snapshot.schema.modules().iter();
    let allowed: Vec<i64> = modules
        .filter(|module| module.has_records() && cx.grant(module, action).is_ok())
        .map(|module| module.id.get())
        .collect();
    let argument = filter.bind(Cell::Ids(allowed.into()));
    filter.and(&cx.org.store.dialect().in_ids("t.module_id", &argument));
    if !cx.is_admin() {
        let me = filter.bind(cx.user_id());
        filter.and(&format!("t.deleted_by = {me}"));
    }
}

/// `INVALID_DATA` for an id that is not in the bin, or not for this caller.
pub(super) fn unknown(id: impl ToString) -> ApiError {
    ApiError::new(Code::InvalidData).message("the id given seems to be invalid").detail("id", id.to_string())
}
