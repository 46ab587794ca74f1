//! `POST`, `PUT users`; `PUT`, `DELETE users/{id}`: who is in the org.
//!
//! A new user is invited: they are active at once, can own records and be shared with, and count as confirmed when
//! they come in for the first time. Deleted users stay for the records that name them.

use dealwright_schema::web_address;
use dealwright_wire::{ApiError, Code, Id, Zone};
use serde_json::json;

use super::entry::{self, Entry};
use super::resource::{self, Field, Kind, Resource, Step, Words, mandatory, optional};
use crate::cx::Cx;
use crate::documents::{Keys, Territory, User};
use crate::error::Error;
use crate::metadata::{invalid_id, path_id, user};
use crate::org::{By, Change};
use crate::ports::people::Person;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Request};

/// Permission to change users.
pub(crate) const MANAGE: &str = "Crm_Implied_Manage_Users";

const NAME: Kind = Kind::Name(50, "<>\"", "Special Characters Found");
const SEPARATORS: Kind = Kind::OneOf(&["Comma", "Period", "Space"]);

/// Users, of which one call may change ten.
static USERS: Resource<User> = Resource {
    most: 10,
    place: 1,
    per_page: Some(200),
    fresh,
    check,
    show: |reader, found| user::write(reader.snapshot, found, dealwright_wire::Instant(found.created_time)),
    ..Resource::new(
        "users",
        MANAGE,
        FIELDS,
        Words { created: "User added", updated: "User updated", deleted: "User deleted" },
    )
};

/// Languages that the web pages of the API's first home know. Here they are kept for clients that ask.
const LANGUAGES: [&str; 36] = [
    "ar_EG", "bg_BG", "ca_ES", "cs_CZ", "da_DK", "de_DE", "el_GR", "en_GB", "en_US", "es_ES", "fi_FI",
    "fr_FR", "hi_IN", "hr_HR", "hu_HU", "in_ID", "it_IT", "iw_IL", "ja_JP", "ko_KR", "ms_MY", "nb_NO",
    "nl_NL", "pl_PL", "pt_BR", "pt_PT", "ro_RO", "ru_RU", "sk_SK", "sv_SE", "th_TH", "tr_TR", "uk_UA",
    "vi_VN", "zh_CN", "zh_TW",
];

const FIELDS: &[Field] = &[
    mandatory("last_name", NAME),
    mandatory("email", Kind::Text(100)),
    mandatory("role", Kind::Role),
    mandatory("profile", Kind::Profile),
    optional("first_name", NAME),
    optional("alias", NAME),
    optional("phone", Kind::Text(30)),
    optional("mobile", Kind::Text(30)),
    optional("fax", Kind::Text(30)),
    optional("website", Kind::Text(250)),
    optional("dob", Kind::Text(30)),
    optional("street", Kind::Text(250)),
    optional("city", Kind::Text(100)),
    optional("state", Kind::Text(100)),
    optional("zip", Kind::Text(30)),
    optional("country", Kind::Text(100)),
    optional("signature", Kind::Text(10_000)),
    optional("language", Kind::OneOf(&LANGUAGES)),
    optional("locale", Kind::Text(10)),
    optional("country_locale", Kind::Text(10)),
    optional("time_zone", Kind::Text(50)),
    optional("time_format", Kind::OneOf(&["HH:mm", "hh:mm a"])),
    optional("date_format", Kind::Text(30)),
    optional("number_separator", SEPARATORS),
    optional("decimal_separator", SEPARATORS),
    optional("name_format__s", Kind::Text(100)),
    optional("sort_order_preference__s", Kind::Text(100)),
];

/// What only the user themself may set.
const OWN: [&str; 3] = ["time_zone", "name_format__s", "sort_order_preference__s"];

/// Adds exactly one user: 201.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(MANAGE)?;
        let entries = entry::parse(request, USERS.key, usize::MAX)?;
        let [keys] = &entries[..] else {
            let error = ApiError::new(Code::InvalidData).detail("maximum_length", 1);
            let failed = Outcome::Failed(error.field(USERS.key, "$.users".to_owned()));
            return Ok(outcome::reply_under(cx, USERS.key, 201, vec![failed]));
        };
        let made = match add(cx, request, keys.clone()).await {
            Ok(id) => Outcome::Said(Said::of(id, USERS.said.created)),
            Err(Error::Api(error)) => Outcome::Failed(error),
            Err(error) => return Err(error),
        };
        Ok(outcome::reply_under(cx, USERS.key, 201, vec![made]))
    })
}

async fn add(cx: &Cx, request: &Request, mut keys: Keys) -> Result<Id, Error> {
    let make = |change: &mut Change, keys: &Keys| {
        let entry = Entry::of_list(keys, USERS.key, 0);
        change
            .attempt(|change| resource::write(&mut Step { cx, request, change, entry: &entry }, &USERS, None))
    };
    // Nobody is invited for a user that is refused.
    keys.remove("identity");
    make(&mut Change::of(&cx.org, By::User(cx.user_id())), &keys)?;
    let text = |key: &str| keys.get(key).and_then(serde_json::Value::as_str).unwrap_or("").trim().to_owned();
    let person =
        Person { email: text("email"), first_name: text("first_name"), last_name: text("last_name") };
    let identity = cx.org.people.admit(cx.org.id, person).await?;
    keys.insert("identity".to_owned(), json!(identity));
    cx.change(|change| make(change, &keys)).await
}

/// Changes one user, or up to ten by their ids.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let before = cx.org.snapshot();
        let reply = resource::update(cx, request, &USERS).await?;
        // Who was invited under a wrong address is invited under the right one.
        let moved: Vec<User> = cx
            .org
            .snapshot()
            .users
            .iter()
            .filter(|user| {
                before.user(user.id).is_some_and(|old| !old.email.eq_ignore_ascii_case(&user.email))
            })
            .map(|user| User::clone(user))
            .collect();
        for mut user in moved {
            let (first_name, last_name) =
                (user.first_name.clone().unwrap_or_default(), user.last_name.clone());
            let person = Person { email: user.email.clone(), first_name, last_name };
            let left = std::mem::replace(&mut user.identity, cx.org.people.admit(cx.org.id, person).await?);
            cx.org.change(By::Server, |change| change.put(user)).await?;
            cx.org.people.dismiss(cx.org.id, left).await?;
        }
        Ok(reply)
    })
}

/// Deletes a user: they cannot come in any more, leave their territories, and what was shared with them ends.
/// Their records stay theirs.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(MANAGE)?;
        let id = path_id(request, 0, 1)?;
        let identity = cx.change(|change| remove(cx, change, id)).await?;
        cx.org.people.dismiss(cx.org.id, identity).await?;
        let done = Outcome::Said(Said::of(id, USERS.said.deleted));
        Ok(outcome::reply_under(cx, USERS.key, 200, vec![done]))
    })
}

/// Marks a user as deleted and gives their identity.
pub(super) fn remove(cx: &Cx, change: &mut Change, id: Id) -> Result<Id, Error> {
    let user = change.find::<User>(id).ok_or_else(|| invalid_id(1))?;
    if user.is_deleted() {
        return Err(ApiError::new(Code::IdAlreadyDeleted).id(id).into());
    }
    refuse_special(cx, change, id, "Primary contact cannot be deleted")?;
    let mut user = User::clone(&user);
    user.is_active = false;
    user.more.insert("status".to_owned(), json!("deleted"));
    let identity = user.identity;
    change.put(user)?;
    let of_user = change.all::<Territory>().iter().filter(|one| one.has(id)).cloned().collect::<Vec<_>>();
    for territory in of_user {
        let mut territory = Territory::clone(&territory);
        territory.users.retain(|&user| user != id);
        territory.manager = territory.manager.filter(|&manager| manager != id);
        change.put(territory)?;
    }
    change.exec("DELETE FROM {_shares} WHERE principal = ?1", vec![id.into()]);
    Ok(identity)
}

/// The org's primary contact and the caller can be neither deleted nor deactivated.
fn refuse_special(cx: &Cx, change: &Change, id: Id, primary: &'static str) -> Result<(), ApiError> {
    let first = change.all::<User>().first().map(|user| user.id);
    if first == Some(id) {
        return Err(ApiError::new(Code::InvalidRequest).message(primary).id(id));
    }
    if cx.user_id() == id {
        let message = "You can't perform this action over logged in user";
        return Err(ApiError::new(Code::InvalidRequest).message(message).id(id));
    }
    Ok(())
}

fn fresh(step: &Step<'_>) -> Result<Keys, ApiError> {
    let identity = match step.entry.id("identity")? {
        Some(identity) => identity,
        // A trial, of which nothing is kept.
        None => step.cx.org.mint.next(),
    };
    let mut keys = Keys::new();
    keys.insert("identity".to_owned(), json!(identity));
    keys.insert("is_active".to_owned(), json!(true));
    keys.insert("confirm".to_owned(), json!(false));
    Ok(keys)
}

fn check(step: &mut Step<'_>, before: Option<&User>, user: &mut User) -> Result<(), Error> {
    if before.is_some_and(User::is_deleted) {
        return Err(step.error(Code::CannotUpdateDeletedUser, "id").id(user.id).into());
    }
    check_email(step, before, user)?;
    check_preferences(step, before, user)?;
    let site = user.more.get("website").and_then(serde_json::Value::as_str);
    if step.entry.names("website") && site.is_some_and(|site| !web_address::is_harmless(site)) {
        return Err(step.entry.wrong_type("website", "website").into());
    }
    let changes_by = |key: &str, now: Option<&str>| {
        let sent = step.entry.reference(key).ok().flatten();
        sent.is_some_and(|id| Some(id.to_string().as_str()) != now)
    };
    let known = |key: &str| before.and_then(|old| old.more.get(key)).and_then(serde_json::Value::as_str);
    for (key, stored) in [("created_by", "created_by"), ("Modified_By", "modified_by")] {
        if changes_by(key, known(stored)) {
            let message = "Created by & Modified by fields cannot be updated by api";
            return Err(step.error(Code::NotSupportedHere, key).message(message).into());
        }
    }
    if step.entry.text("type__s", 50)?.is_some_and(|kind| kind != "Regular User") {
        let message = "type__s is cannot be updated by api";
        return Err(step.error(Code::NotSupportedHere, "type__s").message(message).into());
    }
    if step.entry.value("Reporting_To").is_some() {
        let message = "ReportingTo Feature is not enabled";
        return Err(step.error(Code::FeatureNotEnabled, "Reporting_To").message(message).into());
    }
    check_status(step, before, user)?;
    check_administrators(step, before, user)
}

fn check_email(step: &Step<'_>, before: Option<&User>, user: &User) -> Result<(), ApiError> {
    let moves = before.is_none_or(|old| !old.email.eq_ignore_ascii_case(&user.email));
    if !moves {
        return Ok(());
    }
    if !is_address(&user.email) {
        let message = "Invalid Email Id. Please choose a different email id";
        return Err(step.error(Code::InvalidData, "email").message(message));
    }
    if before.is_some_and(User::is_confirmed) {
        return Err(step.error(Code::EmailUpdateNotAllowed, "email"));
    }
    let is_taken = |other: &std::sync::Arc<User>| {
        other.id != user.id && !other.is_deleted() && other.email.eq_ignore_ascii_case(&user.email)
    };
    if step.change.all::<User>().iter().any(is_taken) {
        let message = "Failed to add user since same email id is already present";
        return Err(step.error(Code::DuplicateData, "email").message(message));
    }
    Ok(())
}

/// One `@` with something plain on both sides: what the accounts take too.
fn is_address(email: &str) -> bool {
    let plain =
        |part: &str| !part.is_empty() && !part.contains(|c: char| c.is_whitespace() || c.is_control());
    email.split_once('@').is_some_and(|(name, host)| plain(name) && plain(host) && !host.contains('@'))
}

fn check_preferences(step: &Step<'_>, before: Option<&User>, user: &User) -> Result<(), ApiError> {
    let now = |key: &str| user.more.get(key).and_then(serde_json::Value::as_str);
    let old = |key: &str| before.and_then(|old| old.more.get(key)).and_then(serde_json::Value::as_str);
    if now("time_zone").is_some_and(|name| Zone::named(name).is_none()) {
        let message = "Give a proper time zone value";
        return Err(step.error(Code::InvalidData, "time_zone").message(message));
    }
    let is_own = step.cx.user_id() == user.id;
    if let Some(key) = OWN.into_iter().find(|key| before.is_some() && !is_own && now(key) != old(key)) {
        let message = format!("Cannot update the {key} of another User");
        return Err(step.error(Code::NotAllowedHere, key).message(message));
    }
    let decimal = now("decimal_separator").unwrap_or("Period");
    if now("number_separator") == Some(decimal) {
        let path = step.error(Code::MappingMismatch, "decimal_separator").details;
        return Err(step
            .error(Code::MappingMismatch, "number_separator")
            .message("the number separator and decimal separator values should not be same")
            .detail("mapped_field", path));
    }
    Ok(())
}

fn check_status(step: &Step<'_>, before: Option<&User>, user: &mut User) -> Result<(), ApiError> {
    let Some(before) = before else { return Ok(()) };
    let Some(status) = step.entry.text("status", 20)? else { return Ok(()) };
    match (status, before.is_active) {
        ("active", true) if only_names_status(step) => {
            Err(step.error(Code::IdAlreadyActive, "status").id(user.id))
        }
        ("inactive", false) if only_names_status(step) => {
            Err(step.error(Code::IdAlreadyDeactivated, "status").id(user.id))
        }
        ("active", _) => {
            user.is_active = true;
            Ok(())
        }
        ("inactive", was_active) => {
            if was_active {
                refuse_special(step.cx, step.change, user.id, "Primary Contact cannot be deactivated")?;
            }
            user.is_active = false;
            Ok(())
        }
        _ => Err(step.entry.unsupported("status", vec!["active", "inactive"])),
    }
}

/// Clients that send back a whole user send its status along and do not mean it.
fn only_names_status(step: &Step<'_>) -> bool {
    !FIELDS.iter().any(|field| step.entry.names(field.name))
}

/// Somebody has to be left who can change users.
fn check_administrators(step: &Step<'_>, before: Option<&User>, user: &User) -> Result<(), Error> {
    let Some(before) = before else { return Ok(()) };
    if before.profile == user.profile && before.is_active == user.is_active {
        return Ok(());
    }
    let documents = step.change.documents();
    let administers = |user: &User| {
        let profile = documents.profiles.iter().find(|profile| profile.id == user.profile);
        user.is_active && profile.is_some_and(|profile| profile.is_admin)
    };
    let others = documents.users.iter().filter(|other| other.id != user.id);
    if administers(user) || others.map(AsRef::as_ref).any(administers) {
        return Ok(());
    }
    let message = "at least one active user has to be an administrator";
    Err(step.error(Code::NotAllowedHere, "profile").message(message).into())
}
