//! `settings/users_unavailability`: when somebody is away.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::resource::{Field, Kind, Resource, Step, Words, mandatory, optional};
use super::users;
use crate::access::principals::{self, GROUPS};
use crate::cx::Cx;
use crate::documents::Setting;
use crate::error::Error;
use crate::metadata::Reader;
use crate::request::Request;

const KIND: &str = "users_unavailability";

/// The absences of all users.
pub static UNAVAILABILITY: Resource<Setting> = Resource {
    per_page: Some(200),
    kind: Some(KIND),
    select,
    show,
    check,
    ..Resource::new(
        KIND,
        users::MANAGE,
        FIELDS,
        Words {
            created: "Unavailability created successfully.",
            updated: "Unavailability updated successfully.",
            deleted: "Unavailability deleted Successfully",
        },
    )
};

const FIELDS: &[Field] = &[
    optional("comments", Kind::Text(1_000)),
    mandatory("from", Kind::DateTime),
    mandatory("to", Kind::DateTime),
    mandatory("user", Kind::User),
    optional("all_day", Kind::Flag),
    optional("title", Kind::Text(250)),
];

fn time(absence: &Setting, key: &str) -> Option<i64> {
    absence.keys.get(key).and_then(Value::as_i64)
}

fn check(step: &mut Step<'_>, _: Option<&Setting>, absence: &mut Setting) -> Result<(), Error> {
    if time(absence, "from") >= time(absence, "to") {
        return Err(step.error(Code::InvalidData, "to").into());
    }
    Ok(())
}

/// `role_ids`, `territory_ids` and `group_ids` ask for the absences of those people only.
fn select(cx: &Cx, request: &Request, absence: &Setting) -> Result<bool, ApiError> {
    let Some(user) = absence.id_of("user").and_then(|id| cx.snapshot.user(id)) else { return Ok(false) };
    let among = |name: &str, has: &dyn Fn(Id) -> bool| -> Result<bool, ApiError> {
        let Some(given) = request.params.list(name) else { return Ok(true) };
        let ids: Result<Vec<Id>, _> = given.iter().map(|id| id.parse()).collect();
        let ids = ids.map_err(|_| ApiError::new(Code::InvalidData).param(name))?;
        Ok(ids.into_iter().any(has))
    };
    let in_group = |id: Id| {
        let group = cx.snapshot.settings(GROUPS).find(|group| group.id == id);
        group.is_some_and(|group| principals::group_has(&cx.snapshot, group, user, principals::DEPTH))
    };
    let in_territory = |id: Id| cx.snapshot.territory(id).is_some_and(|one| one.has(user.id));
    Ok(among("role_ids", &|id| user.role == id)?
        && among("territory_ids", &in_territory)?
        && among("group_ids", &in_group)?)
}

fn show(reader: &Reader<'_>, absence: &Setting) -> Value {
    let user = absence.id_of("user").and_then(|id| reader.snapshot.user(id));
    json!({
        "id": absence.id,
        "comments": absence.keys.get("comments"),
        "from": reader.time(time(absence, "from")),
        "to": reader.time(time(absence, "to")),
        "user": user.map(|user| json!({"name": user.full_name(), "id": user.id, "zuid": user.identity})),
        "all_day": absence.keys.get("all_day").and_then(Value::as_bool).unwrap_or(false),
        "title": absence.keys.get("title"),
        "service": null,
        "tp_calendar_id": null,
        "tp_event_id": null,
    })
}
