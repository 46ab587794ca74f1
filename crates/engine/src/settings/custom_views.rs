//! `settings/custom_views?module=`: making, changing and removing views, and the order in which they list.
//!
//! Everybody may make views of the modules whose records they may see. A view belongs to its maker; administrators may
//! change and remove it where it is open to others. The views that come with a module stay as they are. Order and
//! favourites are kept for each user, because whoever sorts a list does not mean to sort it for everybody.
//! Source: "Custom views" of the published API; what it leaves open stands in `docs/compatibility.md`.

use std::sync::Arc;

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::entry::{self, Entry};
use super::resource::{self, Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use crate::access::Action;
use crate::access::principals::GROUPS;
use crate::cx::Cx;
use crate::documents::{Audit, Keys, Setting};
use crate::error::Error;
use crate::metadata::custom_views::unknown;
use crate::metadata::{CUSTOMIZE, module_param, path_id};
use crate::org::Change;
use crate::records::filter::Filter;
use crate::records::json_criteria::{self, Place};
use crate::records::list_query::SortBy;
use crate::records::outcome::{self, Outcome};
use crate::records::view::{self, Category, MADE, OWN, View};
use crate::request::{Answer, Reply, Request};

/// Views that one call may make, change or remove.
const MOST: usize = 100;
/// Columns of a view at most.
const COLUMNS: usize = 50;
/// Keys that only the view as such has, so that they cannot change where it came with the module.
const OF_THE_VIEW: [&str; 7] =
    ["name", "access_type", "shared_to", "fields", "criteria", "cross_filters", "locked"];

static VIEWS: Resource<Setting> = Resource {
    kind: Some(MADE),
    unique: &[Unique::of(&["name", "module", "created_by"])],
    fresh,
    check,
    ..Resource::new(
        MADE,
        CUSTOMIZE,
        FIELDS,
        Words {
            created: "custom view created",
            updated: "custom view updated",
            deleted: "deleted successfully",
        },
    )
};

const FIELDS: &[Field] = &[
    mandatory("name", Kind::Text(100)),
    optional("access_type", Kind::OneOf(&["public", "shared", "only_to_me"])),
    optional("shared_to", Kind::List),
    optional("wrap_text", Kind::Flag),
    optional("locked", Kind::Flag),
    optional("fields", Kind::List),
    optional("criteria", Kind::Object),
    optional("sort_order", Kind::OneOf(&["asc", "desc"])),
];

/// Makes views: 201, 207 when some failed, 400 when all did.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = module(cx, request)?;
        each(cx, request, 201, VIEWS.said.created, |step, _| {
            let id = resource::write(step, &VIEWS, None)?;
            keep_favorite(step, module, id)?;
            Ok(id)
        })
        .await
    })
}

/// Changes the view of the path, or those that the entries name by `id`. Keys that are not sent stay.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = module(cx, request)?;
        each(cx, request, 200, VIEWS.said.updated, |step, id| {
            let id = id.ok_or_else(|| step.entry.missing("id"))?;
            let view = View::find(cx, module, id).ok_or_else(|| unknown(id))?;
            let Some(made) = view.made else {
                if let Some(key) = OF_THE_VIEW.iter().find(|key| step.entry.value(key).is_some()) {
                    let message = "views that come with the module cannot be changed";
                    return Err(step.error(Code::NotAllowedHere, key).message(message).into());
                }
                keep_order(step, module, id)?;
                keep_favorite(step, module, id)?;
                return Ok(id);
            };
            may_change(cx, made, view.category)?;
            resource::write(step, &VIEWS, Some(id))?;
            if step.entry.names("sort_by") {
                // What the caller had sorted for themself would hide what they set now.
                prefer(step, module, id, &[("sort_by", Value::Null), ("sort_order", Value::Null)])?;
            }
            keep_favorite(step, module, id)?;
            Ok(id)
        })
        .await
    })
}

/// Sets by what and in which direction views list, for the caller. They may be any that the caller can use.
pub fn change_sort<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = module(cx, request)?;
        each(cx, request, 200, VIEWS.said.updated, |step, id| {
            let id = id.ok_or_else(|| step.entry.missing("id"))?;
            View::find(cx, module, id).ok_or_else(|| unknown(id))?;
            if !step.entry.names("sort_by") && !step.entry.names("sort_order") {
                return Err(step.entry.missing("sort_by").into());
            }
            keep_order(step, module, id)?;
            Ok(id)
        })
        .await
    })
}

/// Removes the view of the path, or those that `ids` names.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = module(cx, request)?;
        let ids = match request.segment(0) {
            "" => resource::ids_param(request, MOST)?,
            _ => vec![path_id(request, 0, 2)?],
        };
        let outcomes = cx.change(|change| {
            let remove = |id: &Id| {
                resource::outcome(remove(cx, module, change, *id).map(|()| *id), VIEWS.said.deleted)
            };
            ids.iter().map(remove).collect::<Result<Vec<Outcome>, Error>>()
        });
        Ok(outcome::reply_under(cx, MADE, 200, outcomes.await?))
    })
}

fn remove(cx: &Cx, module: &ModuleDef, change: &mut Change, id: Id) -> Result<(), Error> {
    let view = View::find(cx, module, id).ok_or_else(|| unknown(id))?;
    // It may have gone in the same call.
    if view.made.is_some() && change.find::<Setting>(id).is_none() {
        return Err(unknown(id).into());
    }
    let Some(made) = view.made else {
        let message = "views that come with the module cannot be deleted";
        return Err(ApiError::new(Code::CannotDelete).message(message).id(id).into());
    };
    may_change(cx, made, view.category)?;
    let own = change.all::<Setting>().iter().filter(|one| one.kind == OWN && one.id_of("view") == Some(id));
    let own: Vec<Id> = own.map(|one| one.id).collect();
    for id in own.into_iter().chain([id]) {
        change.remove::<Setting>(id);
    }
    Ok(())
}

/// The module of the call; views are for those who may see its records.
fn module<'c>(cx: &'c Cx, request: &Request) -> Result<&'c Arc<ModuleDef>, ApiError> {
    let module = module_param(&cx.snapshot, request)?;
    cx.grant(module, Action::View)?;
    Ok(module)
}

/// Does something to each entry of the body, and answers for each by itself.
async fn each(
    cx: &Cx,
    request: &Request,
    status: u16,
    said: &'static str,
    mut run: impl FnMut(&mut Step<'_>, Option<Id>) -> Result<Id, Error>,
) -> Result<Reply, Error> {
    let single = match request.segment(0) {
        "" => None,
        _ => Some(path_id(request, 0, 2)?),
    };
    let entries = entry::parse(request, MADE, if single.is_some() { 1 } else { MOST })?;
    let outcomes = cx.change(|change| {
        let mut outcomes = Vec::with_capacity(entries.len());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, MADE, at);
            let id = match (single, entry.names("id")) {
                (None, false) => Ok(None),
                _ => resource::named(&entry, single).map(Some),
            };
            let done = match id {
                Ok(id) => run(&mut Step { cx, request, change, entry: &entry }, id),
                Err(error) => Err(error.into()),
            };
            outcomes.push(resource::outcome(done, said)?);
        }
        Ok(outcomes)
    });
    Ok(outcome::reply_under(cx, MADE, status, outcomes.await?))
}

fn may_change(cx: &Cx, made: &Setting, category: Category) -> Result<(), ApiError> {
    if category == Category::CreatedByMe {
        return Ok(());
    }
    cx.require_admin(CUSTOMIZE).map_err(|error| error.id(made.id))
}

fn fresh(step: &Step<'_>) -> Result<Keys, ApiError> {
    let module = module_param(&step.cx.snapshot, step.request)?;
    let mut keys = Keys::new();
    keys.insert("module".to_owned(), json!(module.api_name));
    keys.insert("access_type".to_owned(), json!("only_to_me"));
    Ok(keys)
}

fn check(step: &mut Step<'_>, _: Option<&Setting>, view: &mut Setting) -> Result<(), Error> {
    let cx = step.cx;
    let module = module_param(&cx.snapshot, step.request)?;
    if step
        .entry
        .value("cross_filters")
        .is_some_and(|given| given.as_array().is_none_or(|all| !all.is_empty()))
    {
        return Err(step.error(Code::NotSupported, "cross_filters").into());
    }
    if view.keys.get("access_type").is_none_or(Value::is_null) {
        view.keys.insert("access_type".to_owned(), json!("only_to_me"));
    }
    check_sharing(step, view)?;
    check_columns(step, module, view)?;
    if let Some(criteria) = step.entry.value("criteria") {
        let root = format!("{}.criteria", step.entry.path());
        let place = Place { root: &root, param: None };
        json_criteria::add(cx, module, criteria, place, &mut Filter::default())?;
        view.keys.insert("criteria".to_owned(), view::with_names_and_ids(module, criteria));
    }
    if step.entry.names("sort_by") {
        let field = sort_field(step.entry, module)?;
        view.keys.insert("sort_by".to_owned(), json!(field.map(|field| field.id)));
    }
    Ok(())
}

/// With whom the view is shared: exactly when it is shared.
fn check_sharing(step: &Step<'_>, view: &mut Setting) -> Result<(), ApiError> {
    let key = "shared_to";
    if view.str("access_type") != "shared" {
        view.keys.insert(key.to_owned(), Value::Null);
        return Ok(());
    }
    if step.entry.names(key) {
        let sides = step.entry.entries(key)?;
        let sides = sides.iter().map(|given| side(step, given)).collect::<Result<Vec<_>, _>>()?;
        view.keys.insert(key.to_owned(), Value::Array(sides));
    }
    let has_some = view.keys.get(key).and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    if has_some { Ok(()) } else { Err(step.entry.missing(key)) }
}

fn side(step: &Step<'_>, given: &Entry<'_>) -> Result<Value, ApiError> {
    let kind = given.text("type", 20)?.ok_or_else(|| given.missing("type"))?;
    let id = given.id("id")?.ok_or_else(|| given.missing("id"))?;
    let documents = step.change.documents();
    let is_known = match kind {
        "users" => documents.users.iter().any(|user| user.id == id && !user.is_deleted()),
        "roles" => documents.roles.iter().any(|role| role.id == id),
        "territories" => documents.territories.iter().any(|territory| territory.id == id),
        "groups" => documents.settings.iter().any(|one| one.kind == GROUPS && one.id == id),
        _ => return Err(given.unsupported("type", vec!["users", "roles", "groups", "territories"])),
    };
    if !is_known {
        return Err(given.error(Code::InvalidData, "id").message("the id given seems to be invalid").id(id));
    }
    let below = given.flag("subordinates")?.unwrap_or(false);
    Ok(json!({"type": kind, "resource": {"id": id}, "subordinates": below, "sub_territories": below}))
}

fn check_columns(step: &Step<'_>, module: &ModuleDef, view: &mut Setting) -> Result<(), ApiError> {
    if !step.entry.names("fields") {
        return Ok(());
    }
    let given = step.entry.entries("fields")?;
    if given.len() > COLUMNS {
        return Err(step.error(Code::LimitExceeded, "fields").detail("limit", COLUMNS));
    }
    let mut columns = Vec::with_capacity(given.len());
    for one in &given {
        let field = field(one, module)?;
        columns.push(json!({"id": field.id, "_pin": one.flag("_pin")?.unwrap_or(false)}));
    }
    view.keys.insert("fields".to_owned(), Value::Array(columns));
    Ok(())
}

/// The field that `{"api_name","id"}` names, by either.
fn field<'m>(given: &Entry<'_>, module: &'m ModuleDef) -> Result<&'m FieldDef, ApiError> {
    let name = given.text("api_name", 100)?;
    let id = given.id("id")?;
    if name.is_none() && id.is_none() {
        return Err(given.missing("api_name"));
    }
    let by_id = id.and_then(|id| module.field_by_id(id));
    let found = if let Some(name) = name { module.field(name) } else { by_id };
    let fits = |field: &&FieldDef| id.is_none_or(|id| field.id == id);
    let key = if name.is_some() { "api_name" } else { "id" };
    found.filter(fits).ok_or_else(|| given.error(Code::InvalidData, key))
}

/// The field that `sort_by` names: a name, or an object. `None` when it is empty.
fn sort_field<'m>(entry: &Entry<'_>, module: &'m ModuleDef) -> Result<Option<&'m FieldDef>, ApiError> {
    let key = "sort_by";
    let field = match entry.value(key) {
        None => return Ok(None),
        Some(Value::String(name)) => module.field(name),
        Some(_) => match entry.entry(key)? {
            Some(given) => Some(field(&given, module)?),
            None => None,
        },
    };
    let is_sortable = |field: &&FieldDef| SortBy::field(module, &field.api_name).is_some();
    field.filter(is_sortable).map(Some).ok_or_else(|| entry.error(Code::InvalidData, key))
}

/// Keeps the order that the entry gives, for the caller.
fn keep_order(step: &mut Step<'_>, module: &ModuleDef, view: Id) -> Result<(), Error> {
    let mut keys = Vec::new();
    if step.entry.names("sort_by") {
        keys.push(("sort_by", json!(sort_field(step.entry, module)?.map(|field| field.id))));
    } else if step.entry.names("sort_order")
        && let Some((field, _)) = View::find(step.cx, module, view).and_then(|view| view.sorted_by(module))
    {
        // A direction alone turns the order round that is there.
        keys.push(("sort_by", json!(field.id)));
    }
    if step.entry.names("sort_order") {
        let text = step.entry.text("sort_order", 10)?;
        if text.is_some_and(|text| !matches!(text, "asc" | "desc")) {
            return Err(step.entry.unsupported("sort_order", vec!["asc", "desc"]).into());
        }
        keys.push(("sort_order", json!(text)));
    }
    prefer(step, module, view, &keys)
}

/// Keeps the place among the caller's favourites that the entry gives.
fn keep_favorite(step: &mut Step<'_>, module: &ModuleDef, view: Id) -> Result<(), Error> {
    if !step.entry.names("favorite") {
        return Ok(());
    }
    let place = step.entry.whole("favorite")?;
    prefer(step, module, view, &[("favorite", json!(place))])
}

/// Keeps keys of a view for the caller alone.
fn prefer(step: &mut Step<'_>, module: &ModuleDef, view: Id, keys: &[(&str, Value)]) -> Result<(), Error> {
    if keys.is_empty() {
        return Ok(());
    }
    let user = step.cx.user_id();
    let is_own = |one: &&Arc<Setting>| {
        one.kind == OWN && one.id_of("view") == Some(view) && one.id_of("user") == Some(user)
    };
    let found = step.change.all::<Setting>().iter().find(is_own);
    let mut setting = match found {
        Some(found) => Setting::clone(found),
        None if keys.iter().all(|(_, value)| value.is_null()) => return Ok(()),
        None => Setting {
            id: step.cx.org.mint.next(),
            kind: OWN.to_owned(),
            audit: Audit::default(),
            keys: match json!({"view": view, "user": user, "module": module.api_name}) {
                Value::Object(keys) => keys,
                _ => Keys::new(),
            },
        },
    };
    for (key, value) in keys {
        setting.keys.insert((*key).to_owned(), value.clone());
    }
    step.change.put(setting)
}
