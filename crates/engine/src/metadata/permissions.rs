//! The permissions that a profile switches on and off.

use dealwright_schema::ModuleDef;
use dealwright_wire::Id;
use serde_json::{Value, json};

use super::CUSTOMIZE;
use crate::access::{self, Action};
use crate::snapshot::{Snapshot, UserProfile};

const ACTIONS: [(Action, &str); 4] =
    [(Action::View, "View"), (Action::Create, "Create"), (Action::Edit, "Edit"), (Action::Delete, "Delete")];

/// Areas of the settings and what they are called. Profiles of administrators have them.
const SETUP: [(&str, &str); 6] = [
    (CUSTOMIZE, "Module Customization"),
    ("Crm_Implied_Role_Prefix_Customize_Zoho_CRM", "Manage Roles"),
    ("Crm_Implied_Manage_Territories", "Manage Territories"),
    ("Crm_Implied_Manage_Users", "Manage Users"),
    ("Crm_Implied_Manage_Profiles", "Manage Profiles"),
    ("Crm_Implied_Manage_Data_Sharing", "Manage Data Sharing"),
];

/// True for a permission to change settings.
pub(crate) fn is_of_settings(name: &str) -> bool {
    SETUP.iter().any(|(known, _)| *known == name)
}

/// The permission of that id.
pub(crate) fn name_of(snapshot: &Snapshot, wanted: Id) -> Option<String> {
    names(snapshot).find(|name| id(name) == wanted)
}

/// Every permission that a profile switches on and off.
pub(crate) fn names(snapshot: &Snapshot) -> impl Iterator<Item = String> {
    let of_modules =
        modules(snapshot).flat_map(|module| ACTIONS.map(|(action, _)| access::permission(module, action)));
    of_modules.chain(SETUP.iter().map(|(name, _)| (*name).to_owned()))
}

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

/// Modules whose records can be permitted: those with records that are not rows of another module's.
fn modules(snapshot: &Snapshot) -> impl Iterator<Item = &ModuleDef> {
    let modules = snapshot.schema.modules().iter().map(std::convert::AsRef::as_ref);
    modules.filter(|module: &&ModuleDef| module.has_records() && module.parent.is_none())
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

/// Id of a permission: made from its name (FNV-1a, brought to 19 digits), so that it is the same in every
/// profile and stays the same without being stored.
pub(crate) fn id(name: &str) -> Id {
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let number = 1_000_000_000_000_000_000 + (hash % 1_000_000_000_000_000_000) as i64;
    Id::new(number).expect("the number lies between 10^18 and 2·10^18")
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
