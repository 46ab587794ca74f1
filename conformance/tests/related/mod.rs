//! `/{module}/{id}/{related_list}`, notes, contact roles.

mod activities;
mod contact_roles;
mod count;
mod deal_contact_roles;
mod deleted;
mod filters;
mod links;
mod lookups;
mod notes;
mod pages;
mod permissions;
mod record_notes;
mod stage_history;

use dealwright_testkit::{Answer, Api};
use serde_json::Value;

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("related_records.list", "related/lookups.rs"),
    ("related_records.get", "related/lookups.rs"),
    ("related_records.update_many", "related/links.rs"),
    ("related_records.update_one", "related/links.rs"),
    ("related_records.delete_many", "related/links.rs"),
    ("related_records.delete_one", "related/links.rs"),
    ("related_records_of_deleted.list", "related/deleted.rs"),
    ("related_records_count.run", "related/count.rs"),
    ("notes.list", "related/notes.rs"),
    ("notes.create", "related/notes.rs"),
    ("notes.update_many", "related/notes.rs"),
    ("notes.delete_many", "related/notes.rs"),
    ("notes.get", "related/notes.rs"),
    ("notes.deleted", "mass/restore.rs"),
    ("notes.update_one", "related/notes.rs"),
    ("notes.delete_one", "related/notes.rs"),
    ("record_notes.list", "related/record_notes.rs"),
    ("record_notes.create", "related/record_notes.rs"),
    ("record_notes.update_many", "related/record_notes.rs"),
    ("record_notes.delete_many", "related/record_notes.rs"),
    ("record_notes.get", "related/record_notes.rs"),
    ("record_notes.update_one", "related/record_notes.rs"),
    ("record_notes.delete_one", "related/record_notes.rs"),
    ("contact_roles.list", "related/contact_roles.rs"),
    ("contact_roles.create", "related/contact_roles.rs"),
    ("contact_roles.update_many", "related/contact_roles.rs"),
    ("contact_roles.delete_many", "related/contact_roles.rs"),
    ("contact_roles.get", "related/contact_roles.rs"),
    ("contact_roles.update_one", "related/contact_roles.rs"),
    ("contact_roles.delete_one", "related/contact_roles.rs"),
    ("contact_roles_lower_case.list", "related/contact_roles.rs"),
    ("contact_roles_lower_case.create", "related/contact_roles.rs"),
    ("contact_roles_lower_case.update_many", "related/contact_roles.rs"),
    ("contact_roles_lower_case.delete_many", "related/contact_roles.rs"),
    ("contact_roles_lower_case.get", "related/contact_roles.rs"),
    ("contact_roles_lower_case.update_one", "related/contact_roles.rs"),
    ("contact_roles_lower_case.delete_one", "related/contact_roles.rs"),
];

/// An id that no record has.
const UNKNOWN: &str = "1234567890123456789";

/// Ids of the rows of an answer, in their order.
fn ids(answer: &Answer) -> Vec<String> {
    answer.rows().iter().map(|row| row["id"].as_str().expect("rows have ids").to_owned()).collect()
}

/// Ids of a related list, sorted; empty for 204.
async fn related(api: &Api, path: &str) -> Vec<String> {
    let answer = api.get(&format!("{path}?fields=id")).await;
    assert!([200, 204].contains(&answer.status), "{path}: {}", answer.text);
    let mut found = ids(&answer);
    found.sort();
    found
}

fn sorted<const N: usize>(ids: [&String; N]) -> Vec<String> {
    let mut ids: Vec<String> = ids.into_iter().cloned().collect();
    ids.sort();
    ids
}

/// A lookup's value.
fn to(id: &str) -> Value {
    serde_json::json!({ "id": id })
}
