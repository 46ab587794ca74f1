//! What a locked record still allows.

use dealwright_wire::Id;
use serde_json::Value;

use crate::documents::Setting;

/// Actions that a configuration can leave open.
pub(crate) const ACTIONS: [&str; 5] = ["update", "delete", "tags", "convert", "change_owner"];

/// What a configuration lets a profile do with locked records: actions by name, changes of fields behind a dot, `*`
/// for everything. Without a configuration it is nothing.
pub(crate) fn left_open(configuration: &Setting, profile: Id) -> Vec<String> {
    let list = |key: &str| configuration.keys.get(key).and_then(Value::as_array).into_iter().flatten();
    let is_excluded = configuration.str("locked_for") == "all_profiles_except_excluded_profiles"
        && list("lock_excluded_profiles").any(|one| one["id"] == profile.to_string());
    if is_excluded {
        return vec!["*".to_owned()];
    }
    let actions = ACTIONS.into_iter().filter(|action| !list("restricted_actions").any(|one| one == action));
    let fields = list("excluded_fields").filter_map(|field| field["api_name"].as_str());
    actions.map(str::to_owned).chain(fields.map(|field| format!(".{field}"))).collect()
}
