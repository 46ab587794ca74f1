//! The permissions of a profile, as it is shown.

use dealwright_wire::Id;
use serde_json::{Value, json};

use crate::access::permissions::{ACTIONS, id, modules};
use crate::access::{self, Action};
use crate::documents::{SETUP, UserProfile};
use crate::snapshot::Snapshot;

/// `permissions_details` of a profile.
pub(super) fn details(snapshot: &Snapshot, profile: &UserProfile) -> Vec<Value> {
    let mut out = Vec::new();
    for module in modules(snapshot) {
        let view = access::permission(module, Action::View);
        for (action, label) in ACTIONS {
            let name = access::permission(module, action);
            let parents = if name == view { Vec::new() } else { vec![view.clone()] };
            let enabled = profile.permits(&name);
            out.push(permission(&name, label, Some(&module.api_name), enabled, profile, parents));
        }
    }
    for (name, label) in SETUP {
        out.push(permission(name, label, None, profile.permits(name), profile, Vec::new()));
    }
    out
}

/// `sections` of a profile: the permissions by id, grouped by module.
pub(super) fn sections(snapshot: &Snapshot) -> Value {
    let modules: Vec<Value> = modules(snapshot)
        .map(|module| {
            let ids: Vec<Id> =
                ACTIONS.iter().map(|(action, _)| id(&access::permission(module, *action))).collect();
            json!({
                "name": module.permission_name(),
                "display_label": module.text("plural_label"),
                "module": module.api_name,
                "permissions_details": ids,
            })
        })
        .collect();
    let setup: Vec<Id> = SETUP.iter().map(|(name, _)| id(name)).collect();
    json!([
        {"name": "module", "categories": modules},
        {"name": "setup", "categories": [
            {"name": "setup", "display_label": "Setup", "module": null, "permissions_details": setup},
        ]},
    ])
}

fn permission(
    name: &str,
    label: &str,
    module: Option<&str>,
    enabled: bool,
    profile: &UserProfile,
    parents: Vec<String>,
) -> Value {
    json!({
        "id": id(name),
        "name": name,
        "display_label": label,
        "module": module,
        "enabled": enabled,
        "customizable": profile.custom || !profile.is_admin,
        "parent_permissions": parents,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::tests::snapshot;

    #[test]
    fn permissions_have_ids_of_their_own_and_setup_belongs_to_administrators() {
        let snapshot = snapshot();
        let [administrator, standard] = &snapshot.profiles[..] else { panic!("two profiles") };
        let details = super::details(&snapshot, administrator);
        let ids: HashSet<&str> = details.iter().filter_map(|permission| permission["id"].as_str()).collect();
        assert_eq!(ids.len(), details.len());
        assert!(details.iter().all(|permission| permission["enabled"] == true));
        let named = |name: &str| {
            super::details(&snapshot, standard)
                .into_iter()
                .find(|permission| permission["name"] == name)
                .unwrap()
        };
        assert_eq!(named("Crm_Implied_View_Potentials")["module"], "Deals");
        assert_eq!(named("Crm_Implied_Manage_Users")["enabled"], false);
    }
}
