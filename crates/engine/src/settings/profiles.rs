//! `POST settings/profiles/{id}/actions/clone`; `PUT`, `PATCH`, `DELETE settings/profiles/{id}`.

use dealwright_wire::{ApiError, Code, Id};

use super::entry::{self, Entry};
use super::resource::{self, Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use crate::access::permissions;
use crate::cx::Cx;
use crate::documents::{Document as _, User, UserProfile};
use crate::error::Error;
use crate::metadata::path_id;
use crate::org::Change;
use crate::records::outcome::{self, Said};
use crate::request::{Answer, Request};

const MANAGE: &str = "Crm_Implied_Manage_Profiles";

/// Profiles are made by cloning; what can be changed stands here.
static PROFILES: Resource<UserProfile> = Resource {
    most: 1,
    unique: &[Unique { tells_id: true, ..Unique::of(&["name"]) }],
    fresh: |_| Err(ApiError::new(Code::InvalidRequestMethod)),
    check,
    ..Resource::new(
        "profiles",
        MANAGE,
        FIELDS,
        Words {
            created: "profile created successfully",
            updated: "profile updated successfully",
            deleted: "Profile deleted",
        },
    )
};

const FIELDS: &[Field] = &[
    mandatory(
        "name",
        Kind::Name(
            50,
            "#%&()*^",
            "Profile name should not contain the following special character(s) : #, %, &, (, ), *, ^",
        ),
    ),
    optional("description", Kind::Text(250)),
];

/// A new profile that permits what the one of the path does: 201.
pub fn clone<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(MANAGE)?;
        let id = path_id(request, 0, 2)?;
        let entries = entry::parse(request, PROFILES.key, PROFILES.most)?;
        let keys = entries.first().cloned().unwrap_or_default();
        let made = cx.change(|change| {
            let original = change.find::<UserProfile>(id).ok_or_else(unknown)?;
            let entry = Entry::of_list(&keys, PROFILES.key, 0);
            let made =
                change.attempt(|change| copy(&mut Step { cx, request, change, entry: &entry }, &original));
            resource::outcome(made, PROFILES.said.created)
        });
        Ok(outcome::reply_under(cx, PROFILES.key, 201, vec![made.await?]))
    })
}

/// What the original permits, under the name that the entry gives.
fn copy(step: &mut Step<'_>, original: &UserProfile) -> Result<Id, Error> {
    let mut keys = original.keys()?;
    keys.retain(|key, _| !FIELDS.iter().any(|field| field.name == key));
    keys.insert("custom".to_owned(), true.into());
    resource::make(step, &PROFILES, keys)
}

/// Renames a profile, and switches permissions on and off by their ids.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { resource::update(cx, request, &PROFILES).await })
}

/// Deletes a profile that people made. Its users go to the profile that `transfer_to` names.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(MANAGE)?;
        let id = path_id(request, 0, 2)?;
        cx.change(|change| remove(change, request, id)).await?;
        Ok(Said::of(id, PROFILES.said.deleted).reply(200))
    })
}

fn remove(change: &mut Change, request: &Request, id: Id) -> Result<(), Error> {
    let profile = change.find::<UserProfile>(id).ok_or_else(unknown)?;
    if !profile.custom {
        let message = "System profile cannot be deleted";
        return Err(ApiError::new(Code::NotAllowedHere).message(message).id(id).into());
    }
    let users: Vec<_> = change.all::<User>().iter().filter(|user| user.profile == id).cloned().collect();
    let heir = match request.params.get("transfer_to") {
        None if users.is_empty() => None,
        None => {
            let message = "Users in the profile need to be transferred. transfer_to param is mandatory.";
            let error = ApiError::new(Code::MandatoryNotFound).message(message);
            return Err(error.param("transfer_to").detail("param", "transfer_to").into());
        }
        Some(text) => {
            let heir = text.parse().ok().filter(|&heir| heir != id);
            let heir = heir.and_then(|heir| change.find::<UserProfile>(heir));
            Some(heir.ok_or_else(|| unknown().param("transfer_to"))?)
        }
    };
    if let Some(heir) = heir {
        for user in users {
            change.put(User { profile: heir.id, ..User::clone(&user) })?;
        }
        let profiles = &change.documents().profiles;
        let is_admin = |user: &User| {
            user.is_active && profiles.iter().any(|profile| profile.id == user.profile && profile.is_admin)
        };
        if !change.documents().users.iter().any(|user| is_admin(user)) {
            let message = "at least one active user has to be an administrator";
            return Err(ApiError::new(Code::NotAllowedHere).message(message).param("transfer_to").into());
        }
    }
    change.remove::<UserProfile>(id);
    Ok(())
}

fn unknown() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid or already deleted")
        .detail("resource_path_index", 2)
}

fn check(step: &mut Step<'_>, before: Option<&UserProfile>, profile: &mut UserProfile) -> Result<(), Error> {
    if let Some(before) = before
        && !before.custom
        && before.name != profile.name
    {
        return Err(step.error(Code::NotAllowedHere, "name").into());
    }
    for given in step.entry.entries("permissions_details")? {
        let id = given.id("id")?.ok_or_else(|| given.missing("id"))?;
        let enabled = given.flag("enabled")?.ok_or_else(|| given.missing("enabled"))?;
        let name = permissions::name_of(&step.cx.snapshot, id);
        let name = name.ok_or_else(|| given.error(Code::InvalidData, "id"))?;
        if profile.permits(&name) == enabled {
            continue;
        }
        if profile.is_admin && !profile.custom {
            // Somebody must always be able to undo what was switched off.
            return Err(given.error(Code::NotAllowedHere, "enabled").into());
        }
        profile.permit(&name, enabled);
    }
    Ok(())
}
