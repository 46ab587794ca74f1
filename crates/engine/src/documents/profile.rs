//! Profiles, and the permissions that stand for areas of the settings.

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};

use super::Audit;

/// Permission to shape modules, fields and most other settings.
pub(crate) const CUSTOMIZE: &str = "Crm_Implied_Customize_Zoho_CRM";

/// Areas of the settings and what they are called. Profiles of administrators have them.
pub(crate) const SETUP: [(&str, &str); 6] = [
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

/// A profile: what its users may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserProfile {
    pub id: Id,
    pub name: String,
    pub description: Option<String>,
    pub custom: bool,
    /// May change modules, fields and other settings.
    pub is_admin: bool,
    /// Permission names that are switched off; all others are on, but those of the settings only for
    /// administrators.
    #[serde(default)]
    pub denied: Vec<String>,
    /// Permissions of the settings that are switched on without being an administrator.
    #[serde(default)]
    pub granted: Vec<String>,
    #[serde(flatten)]
    pub audit: Audit,
}

impl UserProfile {
    /// True when its users have the permission.
    pub fn permits(&self, name: &str) -> bool {
        let has = |list: &[String]| list.iter().any(|one| one == name);
        if has(&self.denied) { false } else { !is_of_settings(name) || self.is_admin || has(&self.granted) }
    }

    /// Switches a permission on or off.
    pub(crate) fn permit(&mut self, name: &str, enabled: bool) {
        self.denied.retain(|one| one != name);
        self.granted.retain(|one| one != name);
        if !enabled {
            self.denied.push(name.to_owned());
        } else if is_of_settings(name) && !self.is_admin {
            self.granted.push(name.to_owned());
        }
    }
}
