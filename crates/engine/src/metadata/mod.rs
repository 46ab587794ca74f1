//! Reading the metadata: modules, fields, layouts, related lists, views, the org, its users, roles and profiles.
//!
//! - [`modules`], `module`: the operations, and one module in its wire form
//! - [`fields`], `field`, `lookup`, `pick_list`: the same for fields and what fields are made of
//! - [`layouts`], [`related_lists`], [`custom_views`]: what belongs to a module
//! - [`org`], [`users`], [`users_search`], `user`, `roles`, [`profiles`], `permissions`: the org and its people
//! - `shapes`: the few values whose JSON type older clients expect to be another
//!
//! Everything is answered from the snapshot; nothing here reads the store.

pub(crate) mod activities;
pub mod custom_views;
pub(crate) mod field;
pub mod fields;
pub mod layouts;
mod lookup;
pub(crate) mod module;
pub mod modules;
pub mod org;
pub(crate) mod permissions;
mod pick_list;
pub mod profiles;
pub mod related_lists;
pub(crate) mod roles;
mod shapes;
pub(crate) mod user;
pub mod users;
pub mod users_search;

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code, Id, Instant, Profile};
use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::request::Request;
use crate::snapshot::Snapshot;

/// Permission to change modules and fields, by its name in the API.
pub(crate) use crate::documents::CUSTOMIZE;

/// Who the metadata is written for: which state of it, in which version, and how much of it.
pub(crate) struct Reader<'a> {
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) profile: &'static Profile,
    /// The caller may change modules, so fields show their permissions per profile.
    pub(crate) is_admin: bool,
}

impl<'a> Reader<'a> {
    pub(crate) fn of(cx: &'a Cx) -> Self {
        let is_admin = cx.require_admin(CUSTOMIZE).is_ok();
        Self { snapshot: &cx.snapshot, profile: cx.profile, is_admin }
    }

    /// `{"name","id"}` of a user; null when nobody is named.
    pub(crate) fn user(&self, id: Option<Id>) -> Value {
        id.map_or(Value::Null, |id| self.snapshot.user_reference(id))
    }

    /// A stored time in seconds, in the zone of the org.
    pub(crate) fn time(&self, seconds: Option<i64>) -> Value {
        seconds.map_or(Value::Null, |at| Value::String(Instant(at).text(&self.snapshot.zone)))
    }

    /// `{"api_name","id"}`; the id is null when the org has no such module.
    pub(crate) fn module_reference(&self, api_name: &str) -> Value {
        let id = self.snapshot.schema.module(api_name).map(|module| module.id);
        json!({"api_name": api_name, "id": id})
    }
}

/// The module that the `module` parameter names.
pub(crate) fn module_param<'a>(
    snapshot: &'a Snapshot,
    request: &Request,
) -> Result<&'a Arc<ModuleDef>, ApiError> {
    let name = request.params.get("module").ok_or_else(|| ApiError::missing_param("module"))?;
    let found = snapshot.schema.module(name);
    found.ok_or_else(|| ApiError::new(Code::InvalidModule).param("module"))
}

/// The module whose metadata is read: [`module_param`], or in the versions that have it the module of all activities.
pub(crate) fn read_module(cx: &Cx, request: &Request) -> Result<Arc<ModuleDef>, ApiError> {
    if request.params.get("module").is_some_and(|name| activities::is_meant(cx, name))
        && let Some(module) = activities::find(&cx.snapshot, cx.profile)
    {
        return Ok(module);
    }
    module_param(&cx.snapshot, request).map(Arc::clone)
}

/// The id at a placeholder; `position` is its place in the path after the version.
pub(crate) fn path_id(request: &Request, placeholder: usize, position: u8) -> Result<Id, ApiError> {
    request.segment(placeholder).parse().map_err(|_| invalid_id(position))
}

/// `INVALID_DATA` for an id in the path that names nothing.
pub(crate) fn invalid_id(position: u8) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid")
        .detail("resource_path_index", position)
}

/// `INVALID_DATA` for a parameter that takes one of a few values.
pub(crate) fn unknown_value(param: &str, supported: &[&str]) -> ApiError {
    ApiError::new(Code::InvalidData).param(param).detail("supported_values", supported.to_vec())
}

/// Page number and rows per page: from 1, and at most 200.
pub(crate) fn paging(request: &Request) -> Result<(usize, usize), ApiError> {
    paging_to(request, 200)
}

/// [`paging`] of lists with another number of rows per page at most.
pub(crate) fn paging_to(request: &Request, most: usize) -> Result<(usize, usize), ApiError> {
    let number = |name: &str, otherwise: usize, most: usize| match request.params.get(name) {
        None => Ok(otherwise),
        Some(text) => {
            let found = text.parse().ok().filter(|number| (1..=most).contains(number));
            found.ok_or_else(|| {
                ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer")
            })
        }
    };
    Ok((number("page", 1, 1_000_000)?, number("per_page", most.min(200), most)?))
}

/// The keys of a JSON object that was written as one.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(keys) => keys,
        _ => Map::new(),
    }
}

/// The `info` of an answer with one thing, where the published description has one: a list of one.
pub(crate) fn single_info() -> Value {
    json!({"per_page": 1, "count": 1, "page": 1, "more_records": false})
}

/// One page of a list and its `info`.
pub(crate) fn page<T: Clone>(all: &[T], page: usize, per_page: usize) -> (Vec<T>, Value) {
    let rows: Vec<T> = all.iter().skip((page - 1) * per_page).take(per_page).cloned().collect();
    let more_records = page * per_page < all.len();
    let info = json!({"per_page": per_page, "count": rows.len(), "page": page, "more_records": more_records});
    (rows, info)
}

#[cfg(test)]
pub(crate) mod tests {
    use dealwright_schema::{OrgSchema, catalog};
    use dealwright_wire::{Id, Mint, Profile};

    use super::Reader;
    use crate::documents::Documents;
    use crate::documents::{Audit, OrgDetails, Role, User, UserProfile};
    use crate::snapshot::Snapshot;

    pub(crate) static NEWEST: Profile = version("v8", 80);
    pub(crate) static OLDEST: Profile = version("v2", 20);

    const fn version(name: &'static str, order: u8) -> Profile {
        Profile {
            name,
            order,
            list_needs_fields: order > 20,
            sort_by_any_field: order == 20,
            page_ceiling: None,
            page_tokens: order > 20,
            info_sort: order > 20,
            json_path: order > 20,
            accepts_failures: false,
            flat_line_items: order == 20,
            subforms_replace: false,
            tag_color: order > 20,
            bigint_numbers: false,
            approval_state: order > 20,
            bad_ids_are_invalid_data: order > 20,
            suffixed_file_keys: order > 20,
            bare_conversion: order == 20,
            attachments_need_fields: true,
            file_named_in_message: true,
            tags_in_query: order == 20,
            reminder_units_are_text: order == 20,
            tax_names: order == 20,
            taxes_in_list: order == 20,
            notes_se_module: order == 20,
            notes_need_content: order == 20,
            related_page_tokens: order > 20,
            activity_lists: order == 20,
            contact_role_names: order == 20,
            share_user: order == 20,
            emails_root: order > 20,
            older_variable_types: order == 20,
            guide: false,
        }
    }

    /// A new org with one user, two roles and two profiles.
    pub(crate) fn snapshot() -> Snapshot {
        let mint = Mint::seeded(1);
        let modules = catalog::standard_modules(&mint).into_iter().map(std::sync::Arc::new).collect();
        let role = |id, name: &str, reporting_to| Role {
            id,
            name: name.to_owned(),
            reporting_to,
            share_with_peers: true,
            description: None,
            audit: Audit::default(),
        };
        let profile = |name: &str, is_admin| UserProfile {
            id: mint.next(),
            name: name.to_owned(),
            description: None,
            custom: false,
            is_admin,
            denied: Vec::new(),
            granted: Vec::new(),
            audit: Audit::default(),
        };
        let (ceo, manager): (Id, Id) = (mint.next(), mint.next());
        let profiles = vec![profile("Administrator", true), profile("Standard", false)];
        let user = User {
            id: mint.next(),
            identity: mint.next(),
            first_name: Some("Ada".to_owned()),
            last_name: "Lovelace".to_owned(),
            email: "ada@example.com".to_owned(),
            role: ceo,
            profile: profiles[0].id,
            is_active: true,
            created_time: 1_790_000_000,
            more: serde_json::Map::new(),
        };
        let details = OrgDetails {
            id: mint.next(),
            zgid: mint.next(),
            company_name: "Engines".to_owned(),
            time_zone: "America/Los_Angeles".to_owned(),
            currency_name: "US Dollar".to_owned(),
            currency_symbol: "$".to_owned(),
            currency_code: "USD".to_owned(),
            created_time: 1_790_000_000,
            more: serde_json::Map::new(),
        };
        let roles = [role(ceo, "CEO", None), role(manager, "Manager", Some(ceo))];
        let documents = Documents {
            users: vec![user.into()],
            roles: roles.map(Into::into).into(),
            profiles: profiles.into_iter().map(Into::into).collect(),
            ..Documents::default()
        };
        Snapshot::new(OrgSchema::new(1, modules), details, documents, std::sync::Arc::default())
    }

    pub(crate) fn reader<'a>(snapshot: &'a Snapshot, profile: &'static Profile) -> Reader<'a> {
        Reader { snapshot, profile, is_admin: true }
    }
}
