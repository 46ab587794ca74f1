//! Records of territories: how a record keeps them, and finding those of one.

use dealwright_schema::Cell;
use dealwright_wire::{ApiError, Code, Id, Instant, json};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::principals::with_children;
use crate::cx::Cx;
use crate::records::filter::Filter;
use crate::snapshot::Snapshot;

/// What a record keeps of one territory it is in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub id: Id,
    pub by: Id,
    pub at: i64,
}

/// Writes what a record keeps as clients read it, with the names as they are now.
pub(crate) fn write(text: &str, snapshot: &Snapshot, out: &mut Vec<u8>) {
    let kept: Vec<Kept> = serde_json::from_str(text).unwrap_or_default();
    let shown = kept.iter().filter_map(|kept| {
        let territory = snapshot.territory(kept.id)?;
        Some(json!({
            "Name": territory.name,
            "id": territory.id,
            "$assigned_by": snapshot.user_reference(kept.by),
            "$assigned_time": Instant(kept.at).text(&snapshot.zone),
            "$assigned": "manually",
        }))
    });
    json::value(out, &shown.collect::<Vec<_>>());
}

/// Leaves only records in that territory, or with `include_child` also those in the ones below it.
pub(crate) fn within(
    cx: &Cx,
    territory: Id,
    include_child: bool,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    if cx.snapshot.territory(territory).is_none() {
        return Err(ApiError::new(Code::InvalidData));
    }
    let wanted = if include_child { with_children(&cx.snapshot, territory) } else { vec![territory] };
    let ids: Vec<i64> = wanted.into_iter().map(Id::get).collect();
    let argument = filter.bind(Cell::Ids(ids.into()));
    let among = cx.org.store.dialect().in_ids("m.territory_id", &argument);
    filter.and(&format!("t.id IN (SELECT m.record_id FROM {{_record_territories}} m WHERE {among})"));
    Ok(())
}
