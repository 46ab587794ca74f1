//! One role in its wire form.

use serde_json::{Value, json};

use super::Reader;
use crate::documents::Role;

pub(crate) fn write(reader: &Reader<'_>, role: &Role) -> Value {
    let superior = role.reporting_to.and_then(|id| reader.snapshot.role(id));
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
        "created_by__s": reader.user(role.audit.created_by),
        "created_time__s": reader.time(role.audit.created_time),
        "modified_by__s": reader.user(role.audit.modified_by),
        "modified_time__s": reader.time(role.audit.modified_time),
    })
}
