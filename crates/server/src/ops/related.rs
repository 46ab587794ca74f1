//! Related lists, notes and contact roles. Source: "Related records", "Notes", "Contact roles", "Deal contact roles" and
//! "Related records count" of the published API.

use dealwright_engine::related::{self, contact_roles, notes};

use super::operation::Method::{Delete, Get, Post, Put};
use super::operation::{Method, Operation, Target, run};
use super::scope::ScopeRule::{Fixed, Module};
use crate::versions::ApiVersion::{V2, V8};

const LIST: &str = "{module}/{id}/{related_list}";
const ONE: &str = "{module}/{id}/{related_list}/{related_id}";
const OF_DELETED: &str = "{module}/deleted/{id}/{related_list}";
const COUNT: &str = "{module}/{id}/actions/get_related_records_count";

const NOTES: &str = "Notes";
const NOTE: &str = "Notes/{id}";
const RECORD_NOTES: &str = "{module}/{id}/Notes";
const RECORD_NOTE: &str = "{module}/{id}/Notes/{related_id}";
const NOTES_SCOPE: &str = "zohocrm.modules.notes";

const ROLES: &str = "Contacts/roles";
const ROLE: &str = "Contacts/roles/{id}";
// The published description writes this one path in lower case.
const ROLES_LOWER: &str = "contacts/roles";
const ROLE_LOWER: &str = "contacts/roles/{id}";
const ROLES_SCOPE: &str = "zohocrm.modules.contacts";

pub(super) static OPERATIONS: &[Operation] = &[
    related("related_records.list", Get, LIST, run!(related::list)),
    related("related_records.update_many", Put, LIST, run!(related::link_many)),
    related("related_records.delete_many", Delete, LIST, run!(related::delink_many)),
    related("related_records.get", Get, ONE, run!(related::get)),
    related("related_records.update_one", Put, ONE, run!(related::link_one)),
    related("related_records.delete_one", Delete, ONE, run!(related::delink_one)),
    Operation::new(
        "related_records_of_deleted.list",
        Get,
        OF_DELETED,
        Module("READ"),
        V8,
        run!(related::of_deleted),
    ),
    // It only reads, though it is a POST.
    Operation::new("related_records_count.run", Post, COUNT, Module("READ"), V8, run!(related::count)),
    note("notes.list", Get, NOTES, run!(notes::list)),
    note("notes.create", Post, NOTES, run!(notes::create)),
    note("notes.update_many", Put, NOTES, run!(notes::update_many)),
    note("notes.delete_many", Delete, NOTES, run!(notes::delete_many)),
    note("notes.get", Get, NOTE, run!(notes::get)),
    // The path of one note would take this word for an id.
    note("notes.deleted", Get, "Notes/deleted", run!(notes::deleted)),
    note("notes.update_one", Put, NOTE, run!(notes::update_one)),
    note("notes.delete_one", Delete, NOTE, run!(notes::delete_one)),
    note("record_notes.list", Get, RECORD_NOTES, run!(notes::list_of)),
    note("record_notes.create", Post, RECORD_NOTES, run!(notes::create_of)),
    note("record_notes.update_many", Put, RECORD_NOTES, run!(notes::update_many_of)),
    note("record_notes.delete_many", Delete, RECORD_NOTES, run!(notes::delete_many_of)),
    note("record_notes.get", Get, RECORD_NOTE, run!(notes::get_of)),
    note("record_notes.update_one", Put, RECORD_NOTE, run!(notes::update_one_of)),
    note("record_notes.delete_one", Delete, RECORD_NOTE, run!(notes::delete_one_of)),
    role("contact_roles.list", Get, ROLES, run!(contact_roles::list)),
    role("contact_roles.create", Post, ROLES, run!(contact_roles::create)),
    role("contact_roles.update_many", Put, ROLES, run!(contact_roles::update_many)),
    role("contact_roles.delete_many", Delete, ROLES, run!(contact_roles::delete_many)),
    role("contact_roles.get", Get, ROLE, run!(contact_roles::get)),
    role("contact_roles.update_one", Put, ROLE, run!(contact_roles::update_one)),
    role("contact_roles.delete_one", Delete, ROLE, run!(contact_roles::delete_one)),
    role("contact_roles_lower_case.list", Get, ROLES_LOWER, run!(contact_roles::list)),
    role("contact_roles_lower_case.create", Post, ROLES_LOWER, run!(contact_roles::create)),
    role("contact_roles_lower_case.update_many", Put, ROLES_LOWER, run!(contact_roles::update_many)),
    role("contact_roles_lower_case.delete_many", Delete, ROLES_LOWER, run!(contact_roles::delete_many)),
    role("contact_roles_lower_case.get", Get, ROLE_LOWER, run!(contact_roles::get)),
    role("contact_roles_lower_case.update_one", Put, ROLE_LOWER, run!(contact_roles::update_one)),
    role("contact_roles_lower_case.delete_one", Delete, ROLE_LOWER, run!(contact_roles::delete_one)),
];

const fn related(id: &'static str, method: Method, path: &'static str, target: Target) -> Operation {
    Operation::new(id, method, path, Module(method.scope_operation()), V2, target)
}

const fn note(id: &'static str, method: Method, path: &'static str, target: Target) -> Operation {
    Operation::new(id, method, path, Fixed(NOTES_SCOPE, method.scope_operation()), V2, target)
}

const fn role(id: &'static str, method: Method, path: &'static str, target: Target) -> Operation {
    Operation::new(id, method, path, Fixed(ROLES_SCOPE, method.scope_operation()), V2, target)
}
