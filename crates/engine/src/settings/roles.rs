//! `settings/roles`: who reports to whom.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::json;

use super::resource::{Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use crate::documents::{Keys, Role, User};
use crate::error::Error;
use crate::metadata::roles;

/// The hierarchy. It has one top, which stays.
pub static ROLES: Resource<Role> = Resource {
    show: |reader, role| roles::write(reader, role),
    unique: &[Unique {
        message: Some("Failed to add role since role with same name is already exist"),
        ..Unique::of(&["name"])
    }],
    fresh,
    check,
    remove,
    ..Resource::new(
        "roles",
        "Crm_Implied_Role_Prefix_Customize_Zoho_CRM",
        FIELDS,
        Words { created: "Role added", updated: "Role updated", deleted: "Role Deleted" },
    )
};

const FIELDS: &[Field] = &[
    mandatory(
        "name",
        Kind::Name(200, "#", "Role name should not contain the following special character(s):#"),
    ),
    optional("description", Kind::Text(250)),
    optional("reporting_to", Kind::Role),
    optional("share_with_peers", Kind::Flag),
];

/// A role that does not say whom it reports to reports to the top.
#[expect(clippy::unnecessary_wraps, reason = "hooks share one signature")]
fn fresh(step: &Step<'_>) -> Result<Keys, ApiError> {
    let mut keys = Keys::new();
    keys.insert("reporting_to".to_owned(), json!(top(step)));
    keys.insert("share_with_peers".to_owned(), json!(false));
    Ok(keys)
}

fn top(step: &Step<'_>) -> Option<Id> {
    let roles = &step.change.documents().roles;
    roles.iter().find(|role| role.reporting_to.is_none()).map(|role| role.id)
}

fn check(step: &mut Step<'_>, before: Option<&Role>, role: &mut Role) -> Result<(), Error> {
    if role.reporting_to.is_none() && before.is_none() {
        role.reporting_to = top(step);
    }
    let was_top = before.is_some_and(|old| old.reporting_to.is_none());
    let is_cycle = role.reporting_to.is_some_and(|superior| reaches(step, superior, role.id));
    if was_top != role.reporting_to.is_none() && before.is_some() || is_cycle {
        return Err(step.error(Code::InvalidData, "reporting_to").into());
    }
    Ok(())
}

/// True when `role` is `top` or stands below it.
fn reaches(step: &Step<'_>, role: Id, top: Id) -> bool {
    let roles = step.change.all::<Role>();
    let superior = |id: &Id| roles.iter().find(|role| role.id == *id).and_then(|role| role.reporting_to);
    std::iter::successors(Some(role), superior).take(roles.len() + 1).any(|above| above == top)
}

/// Users and the roles below go to the role that `transfer_to_id` names.
fn remove(step: &mut Step<'_>, role: &Role) -> Result<(), Error> {
    let given = step.request.params.get("transfer_to_id");
    let given = given.ok_or_else(|| ApiError::missing_param("transfer_to_id"))?;
    let heir = given.parse().ok().filter(|&id| id != role.id).and_then(|id| step.change.find::<Role>(id));
    let invalid = || ApiError::new(Code::InvalidData).message("invalid transferToId").param("transfer_to_id");
    let heir = heir.ok_or_else(invalid)?;
    let mut heir = Role::clone(&heir);
    let Some(superior) = role.reporting_to else {
        return Err(ApiError::new(Code::NotAllowedHere).detail("resource_path_index", 2).into());
    };
    if reaches(step, heir.id, role.id) {
        // It takes the place of the one that goes.
        heir.reporting_to = Some(superior);
        step.change.put(heir.clone())?;
    }
    let below: Vec<_> =
        step.change.all::<Role>().iter().filter(|one| one.reporting_to == Some(role.id)).cloned().collect();
    for child in below {
        step.change.put(Role { reporting_to: Some(heir.id), ..Role::clone(&child) })?;
    }
    let users: Vec<_> =
        step.change.all::<User>().iter().filter(|user| user.role == role.id).cloned().collect();
    for user in users {
        step.change.put(User { role: heir.id, ..User::clone(&user) })?;
    }
    step.change.exec("DELETE FROM {_shares} WHERE principal = ?1", vec![role.id.into()]);
    Ok(())
}
