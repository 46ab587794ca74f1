//! `GET settings/roles`, `settings/roles/{id}`.

use serde_json::{Value, json};

use super::{invalid_id, path_id};
use crate::cx::Cx;
use crate::error::Error;
use crate::request::{Reply, Request};
use crate::snapshot::{Role, Snapshot};

#[expect(clippy::unused_async, reason = "operations share one signature")]
pub async fn list(cx: &Cx, _: &Request) -> Result<Reply, Error> {
    let roles: Vec<Value> = cx.snapshot.roles.iter().map(|role| write(&cx.snapshot, role)).collect();
    if roles.is_empty() {
        return Ok(Reply::nothing());
    }
    Ok(Reply::value(200, &json!({"roles": roles})))
}

#[expect(clippy::unused_async, reason = "operations share one signature")]
pub async fn get(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let found = cx.snapshot.role(path_id(request, 0, 2)?).ok_or_else(|| invalid_id(2))?;
    Ok(Reply::value(200, &json!({"roles": [write(&cx.snapshot, found)]})))
}

fn write(snapshot: &Snapshot, role: &Role) -> Value {
    let superior = role.reporting_to.and_then(|id| snapshot.role(id));
    json!({
        "id": role.id,
        "name": role.name,
        "display_label": role.name,
        "description": role.description,
        "share_with_peers": role.share_with_peers,
        "reporting_to": superior.map(|role| json!({"name": role.name, "id": role.id})),
        "forecast_manager": null,
        // The top of the hierarchy sees everything.
        "admin_user": role.reporting_to.is_none(),
        "created_by__s": null,
        "created_time__s": null,
        "modified_by__s": null,
        "modified_time__s": null,
    })
}
