//! Operations of the registry with a body of everything that bodies hold, so that those which have no recipe are tried as
//! well.

use dealwright_server::ops::{Method, Operation, operations};
use serde_json::{Value, json};

use super::{Call, Caller};
use crate::model::Random;

/// Keys under which bodies hold their entries.
const ROOTS: &[&str] =
    &["data", "share", "merge", "tags", "owner", "users", "roles", "profiles", "blueprint"];

/// An operation that changes something, with places of the world in its path and body.
pub(super) fn any(caller: &Caller<'_>, random: &mut Random) -> Call {
    let writes = |operation: &&Operation| operation.method != Method::Get && operation.is_served();
    let all: Vec<&Operation> = operations().filter(writes).collect();
    let operation = *random.pick(&all);
    let (module, place) = caller.record(random);
    let other = caller.record(random).1;
    let lists = ["Notes", "Attachments", "Contacts", "Deals", "Products", "Tasks", "Emails", "Contact_Roles"];
    let path = operation
        .path
        .replace("{module}", module)
        .replace("{related_id}", &other)
        .replace("{related_list}", random.pick::<&str>(&lists))
        .replace("{id}", &place);
    let method = match operation.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let body = if operation.method == Method::Delete { Value::Null } else { body(caller, random) };
    Call::new(method, path, body)
}

fn body(caller: &Caller<'_>, random: &mut Random) -> Value {
    let (module, place) = caller.record(random);
    let other = caller.record(random).1;
    let entry = json!({
        "id": place, "Owner": {"id": caller.me()}, "Parent_Id": {"id": other, "module": {"api_name": module}},
        "Description": "changed", "name": "taken", "Note_Content": "changed",
        "data": [{"id": other}], "Contact_Role": "Purchasing", "conflict_id": place,
        "shared_with": {"type": "users", "id": caller.me()}, "permission": "full_access",
        "share_related_records": true, "role": {"id": caller.setting("role", random)},
        "profile": {"id": caller.setting("profile", random)},
    });
    let mut body = json!({"ids": [place, other], "cvid": format!("<view.{module}>")});
    for root in ROOTS {
        body[*root] = json!([entry]);
    }
    if random.once_in(2) {
        body["owner"] = json!({"id": caller.me()});
    }
    body
}
