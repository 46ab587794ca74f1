//! `settings/data_sharing/rules?module=`: records of some people's opened to others.
//!
//! Rules go by the owners of records. Source: "Sharing rules" of the published API.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::data_sharing::{MANAGE, is_shareable};
use super::resource::{self, Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use crate::access::principals::{GROUPS, RULES};
use crate::cx::Cx;
use crate::documents::{Keys, Setting};
use crate::error::Error;
use crate::metadata::{Reader, invalid_id, module_param, path_id};
use crate::records::outcome;
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

/// The rules of one module.
pub static SHARING_RULES: Resource<Setting> = Resource {
    most: 1,
    place: 3,
    per_page: Some(200),
    kind: Some(RULES),
    of_module: Some(|rule| rule.str("module")),
    unique: &[Unique::of(&["name", "module"])],
    show,
    fresh,
    check,
    remove: |step, rule| Ok(same_module(step, rule)?),
    ..Resource::new(
        RULES,
        MANAGE,
        FIELDS,
        Words {
            created: "sharing rule is created successfully",
            updated: "sharing rule is updated successfully",
            deleted: "Sharing Rule deleted",
        },
    )
};

const FIELDS: &[Field] = &[
    mandatory("name", Kind::Text(100)),
    mandatory("type", Kind::OneOf(&["Record_Owner_Based", "Criteria_Based"])),
    mandatory("permission_type", Kind::OneOf(&["read", "read_write_delete"])),
    optional("superiors_allowed", Kind::Flag),
    optional("shared_from", Kind::Object),
    mandatory("shared_to", Kind::Object),
];

fn fresh(step: &Step<'_>) -> Result<Keys, ApiError> {
    let module = module_param(&step.cx.snapshot, step.request)?;
    if !is_shareable(module) {
        return Err(ApiError::new(Code::NotSupportedHere).param("module"));
    }
    let mut keys = Keys::new();
    keys.insert("module".to_owned(), json!(module.api_name));
    keys.insert("status".to_owned(), json!("active"));
    Ok(keys)
}

fn same_module(step: &Step<'_>, rule: &Setting) -> Result<(), ApiError> {
    let module = module_param(&step.cx.snapshot, step.request)?;
    if rule.str("module") == module.api_name { Ok(()) } else { Err(invalid_id(3).id(rule.id)) }
}

fn check(step: &mut Step<'_>, _: Option<&Setting>, rule: &mut Setting) -> Result<(), Error> {
    same_module(step, rule)?;
    let sent = step.entry.text("status", 20)?;
    if sent.is_some_and(|status| status != rule.str("status")) {
        let message = "status is not allowed in this api";
        return Err(step.error(Code::NotAllowedHere, "status").message(message).into());
    }
    // Rules by criteria would have to be worked out for each record.
    if rule.str("type") == "Criteria_Based" || step.entry.value("criteria").is_some() {
        return Err(step.error(Code::NotSupported, "type").into());
    }
    for (key, kinds) in
        [("shared_from", ["roles", "groups", "all_users"]), ("shared_to", ["roles", "groups", "all_users"])]
    {
        if let Some(side) = side(step, key, &kinds)? {
            rule.keys.insert(key.to_owned(), side);
        }
    }
    if rule.keys.get("shared_from").is_none_or(Value::is_null) {
        let dependee = step.error(Code::DependentFieldMissing, "type").details;
        return Err(step
            .error(Code::DependentFieldMissing, "shared_from")
            .detail("dependee", dependee)
            .into());
    }
    Ok(())
}

/// One side of a rule as the entry gives it.
fn side(step: &Step<'_>, key: &str, kinds: &[&'static str]) -> Result<Option<Value>, ApiError> {
    let Some(given) = step.entry.entry(key)? else { return Ok(None) };
    let kind = given.text("type", 20)?.ok_or_else(|| given.missing("type"))?;
    if !kinds.contains(&kind) {
        return Err(given.unsupported("type", kinds.to_vec()));
    }
    if kind == "all_users" {
        return Ok(Some(json!({"type": kind})));
    }
    let id = given.reference("resource")?.ok_or_else(|| given.missing("resource"))?;
    let documents = step.change.documents();
    let is_known = match kind {
        "roles" => documents.roles.iter().any(|role| role.id == id),
        _ => documents.settings.iter().any(|one| one.kind == GROUPS && one.id == id),
    };
    if !is_known {
        return Err(given.error(Code::InvalidData, "resource").message("the value given is invalid").id(id));
    }
    let subordinates = given.flag("subordinates")?.unwrap_or(false);
    Ok(Some(json!({"type": kind, "resource": {"id": id}, "subordinates": subordinates})))
}

fn show(reader: &Reader<'_>, rule: &Setting) -> Value {
    let mut module = reader.module_reference(rule.str("module"));
    module["name"] = json!(rule.str("module"));
    let side = |key: &str| rule.keys.get(key).map_or(Value::Null, |side| show_side(reader.snapshot, side));
    json!({
        "id": rule.id,
        "name": rule.str("name"),
        "type": rule.str("type"),
        "permission_type": rule.str("permission_type"),
        "superiors_allowed": rule.keys.get("superiors_allowed").and_then(Value::as_bool).unwrap_or(false),
        "status": rule.str("status"),
        "module": module,
        "shared_from": side("shared_from"),
        "shared_to": side("shared_to"),
        "criteria": null,
        "match_limit_exceeded": false,
    })
}

fn show_side(snapshot: &Snapshot, side: &Value) -> Value {
    let id = side["resource"]["id"].as_str().and_then(|id| id.parse::<Id>().ok());
    let name = id.and_then(|id| match side["type"].as_str()? {
        "roles" => snapshot.role(id).map(|role| role.name.clone()),
        _ => snapshot.settings(GROUPS).find(|group| group.id == id).map(|group| group.str("name").to_owned()),
    });
    let resource = id.map(|id| json!({"id": id, "name": name}));
    let subordinates = side.get("subordinates").and_then(Value::as_bool).unwrap_or(false);
    json!({"type": side["type"], "resource": resource, "subordinates": subordinates})
}

/// Switches a rule on.
pub fn activate<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let said = "sharing rule is activated successfully";
        let refused = "data sharing rule is already activated.";
        set(cx, request, "active", said, ApiError::new(Code::IdAlreadyActive).message(refused)).await
    })
}

/// Switches a rule off.
pub fn deactivate<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let said = "sharing rule is deactivated successfully";
        let refused = "data sharing rule is already deactivated.";
        set(cx, request, "inactive", said, ApiError::new(Code::IdAlreadyDeactivated).message(refused)).await
    })
}

async fn set(
    cx: &Cx,
    request: &Request,
    status: &'static str,
    message: &'static str,
    refused: ApiError,
) -> Result<Reply, Error> {
    cx.require_admin(MANAGE)?;
    let id = path_id(request, 0, 3)?;
    let module = module_param(&cx.snapshot, request)?;
    let changed = cx.change(|change| {
        let rule = change.find::<Setting>(id).filter(|rule| rule.kind == RULES);
        let rule = rule.filter(|rule| rule.str("module") == module.api_name).ok_or_else(|| invalid_id(3))?;
        if rule.str("status") == status {
            return Ok(resource::outcome(Err(refused.id(id).into()), message));
        }
        let mut rule = Setting::clone(&rule);
        rule.keys.insert("status".to_owned(), json!(status));
        let put = change.attempt(|change| change.put(rule));
        Ok(resource::outcome(put.map(|()| id), message))
    });
    Ok(outcome::reply_under(cx, RULES, 200, vec![changed.await??]))
}

/// How many rules each module has.
pub fn summary<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let modules = cx.snapshot.schema.modules().iter().filter(|module| is_shareable(module));
        let rows: Vec<Value> = modules
            .map(|module| {
                let count =
                    cx.snapshot.settings(RULES).filter(|rule| rule.str("module") == module.api_name).count();
                json!({
                    "module": {"api_name": module.api_name, "id": module.id},
                    "rule_computation_status": false,
                    "rule_count": count,
                })
            })
            .collect();
        Ok(Reply::value(200, &json!({"sharing_rules_summary": rows})))
    })
}
