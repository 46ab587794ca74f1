//! `settings/record_locking_configurations?module=`: how locks work in a module.

use dealwright_wire::{ApiError, Code};
use serde_json::{Value, json};

use super::resource::{Field, Kind, Resource, Step, Words, mandatory, optional};
use crate::access::locking::ACTIONS;
use crate::documents::{Keys, Setting, UserProfile};
use crate::error::Error;
use crate::metadata::{CUSTOMIZE, Reader, module_param};

/// Kind of its settings; each names its module by `api_name`.
pub(crate) use crate::documents::kind::LOCKING as KIND;

/// The configurations, at most one per module.
pub static CONFIGURATIONS: Resource<Setting> = Resource {
    most: 1,
    kind: Some(KIND),
    of_module: Some(|setting| setting.str("module")),
    show,
    fresh,
    check,
    ..Resource::new(
        KIND,
        CUSTOMIZE,
        FIELDS,
        Words {
            created: "record locking configuration created successfully",
            updated: "record locking configuration updated successfully",
            deleted: "record locking configuration deleted",
        },
    )
};

const FIELDS: &[Field] = &[
    mandatory("lock_type", Kind::OneOf(&["manual", "automatic", "both"])),
    mandatory("locked_for", Kind::OneOf(&["all_profiles", "all_profiles_except_excluded_profiles"])),
    optional("feature_type", Kind::OneOf(&["record_locking"])),
    optional("lock_excluded_profiles", Kind::List),
    optional("excluded_fields", Kind::List),
    optional("restricted_actions", Kind::List),
    optional("restricted_communications", Kind::List),
    optional("restricted_custom_buttons", Kind::List),
    optional("lock_for_portal_users", Kind::Flag),
    optional("locking_rules", Kind::List),
];

const COMMUNICATIONS: [&str; 3] = ["send_mail", "send_survey", "send_portal_invitation"];

fn fresh(step: &Step<'_>) -> Result<Keys, ApiError> {
    let module = module_param(&step.cx.snapshot, step.request)?;
    if module.field("Locked__s").is_none() {
        return Err(ApiError::new(Code::NotSupportedHere).param("module"));
    }
    let mut keys = Keys::new();
    keys.insert("module".to_owned(), json!(module.api_name));
    keys.insert("feature_type".to_owned(), json!("record_locking"));
    keys.insert("restricted_actions".to_owned(), json!(["update"]));
    Ok(keys)
}

fn check(step: &mut Step<'_>, before: Option<&Setting>, setting: &mut Setting) -> Result<(), Error> {
    let module = module_param(&step.cx.snapshot, step.request)?;
    if setting.str("module") != module.api_name {
        return Err(step.error(Code::InvalidData, "id").into());
    }
    let others = step.change.all::<Setting>().iter();
    let mut others = others.filter(|one| one.kind == KIND && one.id != setting.id);
    if before.is_none() && others.any(|one| one.str("module") == module.api_name) {
        let due_to = json!([{"api_name": KIND, "json_path": format!("$.{KIND}")}]);
        let error = ApiError::new(Code::LimitExceeded).detail("limit", 1).detail("limit_due_to", due_to);
        return Err(error.into());
    }
    // Rules lock records by themselves; nothing here does that.
    let locks_by_rules = setting.str("lock_type") != "manual";
    if locks_by_rules || step.entry.value("locking_rules").is_some() {
        let key = if locks_by_rules { "lock_type" } else { "locking_rules" };
        return Err(step.error(Code::NotSupported, key).into());
    }
    check_list(step, setting, "restricted_actions", &ACTIONS)?;
    check_list(step, setting, "restricted_communications", &COMMUNICATIONS)?;
    let restricts_update = setting.keys.get("restricted_actions").and_then(Value::as_array);
    if !restricts_update.is_some_and(|all| all.iter().any(|one| one == "update")) {
        return Err(step.error(Code::InvalidData, "restricted_actions").into());
    }
    check_profiles(step, setting)?;
    check_fields(step, setting)
}

fn check_list(
    step: &Step<'_>,
    setting: &Setting,
    key: &str,
    supported: &[&'static str],
) -> Result<(), ApiError> {
    let all = setting.keys.get(key).and_then(Value::as_array).into_iter().flatten();
    let is_known = |value: &Value| value.as_str().is_some_and(|text| supported.contains(&text));
    if all.into_iter().all(is_known) { Ok(()) } else { Err(step.entry.unsupported(key, supported.to_vec())) }
}

/// Excluded profiles must exist, and be named exactly when there are some.
fn check_profiles(step: &Step<'_>, setting: &mut Setting) -> Result<(), ApiError> {
    let key = "lock_excluded_profiles";
    let mut ids = Vec::new();
    for given in step.entry.entries(key)? {
        let id = given.id("id")?.ok_or_else(|| given.missing("id"))?;
        let known = step.change.all::<UserProfile>().iter().any(|profile| profile.id == id);
        ids.push(if known { id } else { return Err(given.error(Code::InvalidData, "id")) });
    }
    if step.entry.names(key) {
        let stored: Vec<Value> = ids.iter().map(|id| json!({"id": id})).collect();
        setting.keys.insert(key.to_owned(), Value::Array(stored));
    }
    let has_some = setting.keys.get(key).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if (setting.str("locked_for") == "all_profiles_except_excluded_profiles") != has_some {
        let dependee = step.error(Code::DependentFieldMissing, "locked_for").details;
        return Err(step.error(Code::DependentFieldMissing, key).detail("dependee", dependee));
    }
    Ok(())
}

fn check_fields(step: &Step<'_>, setting: &mut Setting) -> Result<(), Error> {
    let key = "excluded_fields";
    let module = module_param(&step.cx.snapshot, step.request)?;
    let mut fields = Vec::new();
    for given in step.entry.entries(key)? {
        let by_name = given.text("api_name", 100)?.and_then(|name| module.field(name));
        let field = match by_name {
            Some(field) => Some(field),
            None => given.id("id")?.and_then(|id| module.field_by_id(id)),
        };
        let field = field.ok_or_else(|| given.error(Code::InvalidData, "api_name"))?;
        fields.push(json!({"api_name": field.api_name, "id": field.id}));
    }
    if step.entry.names(key) {
        setting.keys.insert(key.to_owned(), Value::Array(fields));
    }
    Ok(())
}

fn show(reader: &Reader<'_>, setting: &Setting) -> Value {
    let list =
        |key: &str| setting.keys.get(key).cloned().filter(Value::is_array).unwrap_or_else(|| json!([]));
    let profiles = list("lock_excluded_profiles");
    let profiles = profiles.as_array().into_iter().flatten().filter_map(|one| {
        let profile = reader.snapshot.profile(one["id"].as_str()?.parse().ok()?)?;
        Some(json!({"name": profile.name, "id": profile.id}))
    });
    json!({
        "id": setting.id,
        "lock_type": setting.str("lock_type"),
        "feature_type": setting.str("feature_type"),
        "system_defined": false,
        "locked_for": setting.str("locked_for"),
        "lock_excluded_profiles": profiles.collect::<Vec<_>>(),
        "excluded_fields": list("excluded_fields"),
        "restricted_actions": list("restricted_actions"),
        "restricted_communications": list("restricted_communications"),
        "restricted_custom_buttons": list("restricted_custom_buttons"),
        "lock_for_portal_users": setting.keys.get("lock_for_portal_users").and_then(Value::as_bool).unwrap_or(false),
        "locking_rules": [],
        "created_by": reader.user(setting.audit.created_by),
        "created_time": reader.time(setting.audit.created_time),
        "modified_by": reader.user(setting.audit.modified_by),
        "modified_time": reader.time(setting.audit.modified_time),
    })
}
