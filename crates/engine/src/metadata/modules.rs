//! `GET settings/modules`, `settings/modules/{api_name or id}`.

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Instant};
use serde_json::{Value, json};

use super::activities;
use super::{Reader, module, unknown_value};
use crate::cx::Cx;
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

const STATUSES: [&str; 4] = ["visible", "user_hidden", "system_hidden", "scheduled_for_deletion"];

/// The modules the caller's profile may see, of every status or of those that `status` names.
///
/// `Users` is left out: it has fields but no records, and is read through `users`.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let statuses = statuses(request)?;
        if request.if_modified_since.is_some_and(|since| is_unchanged(&cx.snapshot, since)) {
            return Ok(Reply::not_modified());
        }
        let reader = Reader::of(cx);
        let activities = activities::find(&cx.snapshot, cx.profile);
        let listed: Vec<Value> = cx
            .snapshot
            .schema
            .modules()
            .iter()
            .chain(&activities)
            .filter(|module| module.api_name != "Users" && is_shown(cx, module))
            .filter(|module| statuses.as_ref().is_none_or(|wanted| wanted.contains(&module.text("status"))))
            .map(|module| Value::Object(module::listed(&reader, module)))
            .collect();
        if listed.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(Reply::value(200, &json!({"modules": listed})))
    })
}

/// One module with its details, by `api_name` in any case or by id. 204 when the org does not have it.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let key = request.segment(0);
        let schema = &cx.snapshot.schema;
        let by_id = || key.parse().ok().and_then(|id| schema.module_by_id(id));
        let activities = activities::find(&cx.snapshot, cx.profile);
        let is_meant = |module: &&Arc<ModuleDef>| {
            module.api_name.eq_ignore_ascii_case(key) || module.id.to_string() == key
        };
        let found = activities.as_ref().filter(is_meant);
        let found = found.or_else(|| schema.module(key)).or_else(by_id).filter(|module| is_shown(cx, module));
        let Some(found) = found else { return Ok(Reply::nothing()) };
        let written = module::details(&Reader::of(cx), found);
        Ok(Reply::value(200, &json!({"modules": [written]})))
    })
}

fn statuses(request: &Request) -> Result<Option<Vec<&str>>, ApiError> {
    let wanted = request.params.list("status");
    match &wanted {
        Some(given) if given.iter().any(|status| !STATUSES.contains(status)) => {
            Err(unknown_value("status", &STATUSES))
        }
        _ => Ok(wanted),
    }
}

fn is_shown(cx: &Cx, module: &Arc<ModuleDef>) -> bool {
    let profile = cx.snapshot.profile_of(&cx.actor.user);
    profile.is_some_and(|profile| activities::is_seen_by(&cx.snapshot, profile, module))
}

/// True when it is certain that no module changed at or after `since`. Times are whole seconds, so a change in
/// the same second counts as later.
fn is_unchanged(snapshot: &Snapshot, since: Instant) -> bool {
    let changed = |module: &Arc<ModuleDef>| match module.described.get("modified_time") {
        None | Some(Value::Null) => Some(snapshot.details.created_time),
        Some(time) => Instant::parse(time.as_str()?, &snapshot.zone).map(|instant| instant.0),
    };
    let latest = snapshot
        .schema
        .modules()
        .iter()
        .map(changed)
        .try_fold(snapshot.details.created_time, |latest, at| at.map(|at| latest.max(at)));
    latest.is_some_and(|latest| latest < since.0)
}

#[cfg(test)]
mod tests {
    use dealwright_wire::Instant;
    use serde_json::Value;

    use super::super::tests::{NEWEST, OLDEST, reader, snapshot};
    use super::module;

    #[test]
    fn every_module_has_what_clients_read() {
        let snapshot = snapshot();
        for profile in [&NEWEST, &OLDEST] {
            let reader = reader(&snapshot, profile);
            for found in snapshot.schema.modules() {
                for out in [module::listed(&reader, found), module::details(&reader, found)] {
                    let text = |key: &str| out[key].as_str().is_some_and(|text| !text.is_empty());
                    assert!(
                        ["api_name", "module_name", "generated_type", "id"].into_iter().all(text),
                        "{}",
                        found.api_name
                    );
                    assert!(
                        ["singular_label", "plural_label", "status"].into_iter().all(text),
                        "{}",
                        found.api_name
                    );
                    assert!(out["api_supported"].is_boolean() && out["visibility"].is_number());
                    assert!(out["id"].as_str().unwrap().parse::<dealwright_wire::Id>().is_ok());
                    assert!(out["parent_module"].is_object() && out["profiles"].is_array());
                    for key in ["creatable", "editable", "deletable", "viewable", "quick_create", "visible"] {
                        assert!(out[key].is_boolean(), "{}.{key}", found.api_name);
                    }
                }
            }
        }
    }

    #[test]
    fn details_show_the_default_view_and_lookup_fields() {
        let snapshot = snapshot();
        let deals = snapshot.schema.module("deals").unwrap();
        let out = module::details(&reader(&snapshot, &NEWEST), deals);
        assert_eq!(out["custom_view"]["name"], "All Deals");
        assert_eq!(out["layout_associations"][0]["id"], deals.layout_id.to_string());
        assert_eq!(out["display_field"]["api_name"], "Deal_Name");
        assert_eq!(module::details(&reader(&snapshot, &OLDEST), deals)["display_field"], "Deal_Name");
        assert!(
            matches!(&out["lookup_field_properties"]["fields"], Value::Array(fields) if fields.len() == 7)
        );
    }

    #[test]
    fn not_modified_needs_a_time_after_every_change() {
        let snapshot = snapshot();
        assert!(super::is_unchanged(&snapshot, Instant(snapshot.details.created_time + 1)));
        assert!(!super::is_unchanged(&snapshot, Instant(snapshot.details.created_time)));
    }
}
