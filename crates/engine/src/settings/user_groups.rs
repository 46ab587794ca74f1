//! `settings/user_groups`: users by name, role and territory, under one name that shares and rules can use.
//!
//! Source: "User groups" of the published API.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::entry::Entry;
use super::resource::{self, Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use super::users;
use crate::access::principals::{self, GROUPS, RULES};
use crate::cx::Cx;
use crate::documents::{Role, Setting, Territory, User};
use crate::error::Error;
use crate::metadata::{Reader, invalid_id, page, paging, path_id, unknown_value};
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

/// The groups.
pub static USER_GROUPS: Resource<Setting> = Resource {
    per_page: Some(200),
    kind: Some(GROUPS),
    show,
    unique: &[Unique::of(&["name"])],
    only_single: &["sources"],
    check,
    remove,
    ..Resource::new(
        GROUPS,
        users::MANAGE,
        FIELDS,
        Words {
            created: "User Group Created successfully",
            updated: "User Group Updated successfully",
            deleted: "Group deleted",
        },
    )
};

const FIELDS: &[Field] = &[
    mandatory("name", Kind::Text(100)),
    optional("description", Kind::Text(500)),
    mandatory("sources", Kind::List),
];

const TYPES: [&str; 4] = ["users", "roles", "groups", "territories"];

fn check(step: &mut Step<'_>, before: Option<&Setting>, group: &mut Setting) -> Result<(), Error> {
    if !step.entry.names("sources") {
        return Ok(());
    }
    let mut sources: Vec<Value> = before.map(|old| sources_of(old).cloned().collect()).unwrap_or_default();
    for given in step.entry.entries("sources")? {
        let source = source(step, group.id, &given)?;
        sources.retain(|known| known["type"] != source["type"] || known["source"] != source["source"]);
        if given.flag("_delete")? != Some(true) {
            sources.push(source);
        }
    }
    if sources.is_empty() {
        return Err(step.entry.missing("sources").into());
    }
    group.keys.insert("sources".to_owned(), Value::Array(sources));
    Ok(())
}

fn source(step: &Step<'_>, own: Id, given: &Entry<'_>) -> Result<Value, ApiError> {
    let kind = given.text("type", 20)?.ok_or_else(|| given.missing("type"))?;
    let id = given.reference("source")?.ok_or_else(|| given.missing("source"))?;
    let documents = step.change.documents();
    let is_known = match kind {
        "users" => documents.users.iter().any(|user| user.id == id && !user.is_deleted()),
        "roles" => documents.roles.iter().any(|role| role.id == id),
        "territories" => documents.territories.iter().any(|one| one.id == id),
        "groups" => id != own && documents.settings.iter().any(|one| one.kind == GROUPS && one.id == id),
        _ => return Err(given.unsupported("type", TYPES.to_vec())),
    };
    if !is_known {
        return Err(given.error(Code::InvalidData, "source").id(id));
    }
    Ok(json!({
        "type": kind,
        "source": {"id": id},
        "subordinates": given.flag("subordinates")?.unwrap_or(false),
        "sub_territories": given.flag("sub_territories")?.unwrap_or(false),
    }))
}

#[expect(clippy::unnecessary_wraps, reason = "hooks share one signature")]
fn remove(step: &mut Step<'_>, group: &Setting) -> Result<(), Error> {
    step.change.exec("DELETE FROM {_shares} WHERE principal = ?1", vec![group.id.into()]);
    Ok(())
}

fn sources_of(group: &Setting) -> impl Iterator<Item = &Value> {
    group.keys.get("sources").and_then(Value::as_array).into_iter().flatten()
}

fn show(reader: &Reader<'_>, group: &Setting) -> Value {
    json!({
        "id": group.id,
        "name": group.str("name"),
        "description": group.keys.get("description"),
        "created_by": reader.user(group.audit.created_by),
        "created_time": reader.time(group.audit.created_time),
        "modified_by": reader.user(group.audit.modified_by),
        "modified_time": reader.time(group.audit.modified_time),
        "sources": sources_of(group).map(|source| show_source(reader.snapshot, source)).collect::<Vec<_>>(),
        "sources_count": counts(reader.snapshot, group),
    })
}

fn show_source(snapshot: &Snapshot, source: &Value) -> Value {
    let id = source["source"]["id"].as_str().and_then(|id| id.parse::<Id>().ok());
    let name = id.and_then(|id| match source["type"].as_str()? {
        "users" => snapshot.user(id).map(|user| User::full_name(user)),
        "roles" => snapshot.role(id).map(|role: &Role| role.name.clone()),
        "territories" => snapshot.territory(id).map(|one: &Territory| one.name.clone()),
        _ => snapshot.settings(GROUPS).find(|group| group.id == id).map(|group| group.str("name").to_owned()),
    });
    json!({
        "type": source["type"],
        "source": {"name": name, "id": id},
        "subordinates": source["subordinates"],
        "sub_territories": source["sub_territories"],
    })
}

/// The group of the path.
fn of_path<'a>(cx: &'a Cx, request: &Request) -> Result<&'a Setting, ApiError> {
    let id = path_id(request, 0, 2)?;
    cx.snapshot.settings(GROUPS).find(|group| group.id == id).ok_or_else(|| invalid_id(2))
}

/// What a group is made of, of one `type` or all.
pub fn sources<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let group = of_path(cx, request)?;
        let kind = request.params.get("type");
        if kind.is_some_and(|kind| !TYPES.contains(&kind)) {
            return Err(unknown_value("type", &TYPES).into());
        }
        let wanted = sources_of(group).filter(|source| kind.is_none_or(|kind| source["type"] == kind));
        let all: Vec<Value> = wanted.map(|source| show_source(&cx.snapshot, source)).collect();
        let (number, per_page) = paging(request)?;
        let (rows, info) = page(&all, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(Reply::value(200, &json!({"sources": rows, "info": info})))
    })
}

/// How many sources of each type there are, users by their status: the official clients read no plain number.
fn counts(snapshot: &Snapshot, group: &Setting) -> Value {
    let count = |kind: &str| sources_of(group).filter(|source| source["type"] == kind).count();
    let users: Vec<&str> = sources_of(group)
        .filter(|source| source["type"] == "users")
        .filter_map(|source| source["source"]["id"].as_str()?.parse().ok())
        .filter_map(|id| snapshot.user(id))
        .map(|user| user.status())
        .collect();
    let of_status = |wanted: &str| users.iter().filter(|status| **status == wanted).count();
    json!({
        "territories": count("territories"),
        "roles": count("roles"),
        "groups": count("groups"),
        "users": {"active": of_status("active"), "inactive": of_status("inactive"), "deleted": of_status("deleted")},
    })
}

/// How many sources of each type a group has.
pub fn sources_count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let group = of_path(cx, request)?;
        let counts = counts(&cx.snapshot, group);
        Ok(Reply::value(200, &json!({"sources_count": [counts]})))
    })
}

/// Which settings use a group: the sharing rules that name it.
pub fn associations<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = json!(of_path(cx, request)?.id);
        let names = |rule: &&Setting| {
            ["shared_from", "shared_to"]
                .iter()
                .any(|side| rule.keys.get(*side).is_some_and(|side| side["resource"]["id"] == id))
        };
        let reader = Reader::of(cx);
        let rows: Vec<Value> = cx
            .snapshot
            .settings(RULES)
            .filter(names)
            .map(|rule| {
                json!({
                    "type": "data_sharing",
                    "resource": {"name": rule.str("name"), "id": rule.id},
                    "details": {"module": reader.module_reference(rule.str("module"))},
                })
            })
            .collect();
        Ok(if rows.is_empty() { Reply::nothing() } else { Reply::value(200, &json!({"associations": rows})) })
    })
}

/// How many users each group holds, through all its sources.
pub fn users_count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let groups: Vec<&Setting> = cx.snapshot.settings(GROUPS).collect();
        let (number, per_page) = paging(request)?;
        let (rows, info) = page(&groups, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        let count = |group: &Setting| {
            let users = cx.snapshot.users.iter().filter(|user| user.is_active);
            users.filter(|user| principals::group_has(&cx.snapshot, group, user, principals::DEPTH)).count()
        };
        let counts: Vec<Value> = rows
        .iter()
        .map(
            |group| json!({"user_group": {"name": group.str("name"), "id": group.id}, "count": count(group)}),
        )
        .collect();
        Ok(Reply::value(200, &json!({"associated_users_count": counts, "info": info})))
    })
}

/// The groups that hold the user of the path.
pub fn of_user<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let user = cx.snapshot.user(path_id(request, 0, 1)?).ok_or_else(|| invalid_id(1))?;
        let has = |group: &&std::sync::Arc<Setting>| {
            group.kind == GROUPS && principals::group_has(&cx.snapshot, group, user, principals::DEPTH)
        };
        let found: Vec<_> = cx.snapshot.settings.iter().filter(has).cloned().collect();
        resource::answer(cx, request, &USER_GROUPS, &found)
    })
}
