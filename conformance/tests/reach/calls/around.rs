//! Calls about what is around a record: shares, territories, links, notes, attachments, tags, locks, its process and its
//! history.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Call, Caller, Recipe};
use crate::model::Random;
use crate::reach::kinds::{KINDS, WITH_TERRITORIES};
use crate::reach::world::{LINKS, RECORDS};

pub(super) const ALL: &[Recipe] = &[
    share,
    share,
    share,
    unshare,
    territory,
    territory,
    link,
    link,
    unlink,
    note,
    change_note,
    move_note,
    delete_note,
    attach,
    detach,
    tag,
    lock,
    unlock,
    transition,
    go_back,
];

fn share(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let permission = *random.pick(&["read_only", "read_write", "full_access", "full_access"]);
    let mut share = json!({"permission": permission, "share_related_records": !random.once_in(3)});
    match random.below(5) {
        0 => share["type"] = json!("public"),
        1 => share["shared_with"] = json!({"type": "users", "id": caller.user(random)}),
        2 => share["shared_with"] = json!({"type": "groups", "id": caller.setting("group", random)}),
        _ => share["shared_with"] = json!({"type": "roles", "id": caller.setting("role", random)}),
    }
    let method = if random.once_in(3) { Method::PUT } else { Method::POST };
    Call::new(method, format!("{module}/{place}/actions/share"), json!({"share": [share]}))
}

fn unshare(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    Call::delete(format!("{module}/{place}/actions/share"))
}

fn territory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, field) = *random.pick(WITH_TERRITORIES);
    let (place, territory) =
        (caller.place(module, random), json!({"id": caller.setting("territory", random)}));
    let value = if field == "Territory" { territory } else { json!([territory]) };
    let action = if random.once_in(4) { "remove_territories" } else { "assign_territories" };
    if random.once_in(3) {
        let body = json!({"data": [{"id": place, field: value}]});
        return Call::post(format!("{module}/actions/{action}"), body);
    }
    Call::post(format!("{module}/{place}/actions/{action}"), json!({"data": [{field: value}]}))
}

fn link(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, list, other) = *random.pick(LINKS);
    let (place, other) = (caller.place(module, random), caller.place(other, random));
    let role = json!("Purchasing");
    if random.once_in(3) {
        return Call::put(
            format!("{module}/{place}/{list}"),
            json!({"data": [{"id": other, "Contact_Role": role}]}),
        );
    }
    Call::put(format!("{module}/{place}/{list}/{other}"), json!({"data": [{"Contact_Role": role}]}))
}

/// A record is put below another one, or taken from there, by the path of the related list.
fn unlink(caller: &Caller<'_>, random: &mut Random) -> Call {
    let lists: &[(&str, &str, &str)] = &[
        ("Accounts", "Contacts", "Contacts"),
        ("Accounts", "Deals", "Deals"),
        ("Contacts", "Deals", "Deals"),
        ("Accounts", "Tasks", "Tasks"),
        ("Deals", "Tasks", "Tasks"),
        ("Deals", "Quotes", "Quotes"),
    ];
    let (module, list, other) = if random.once_in(2) { *random.pick(LINKS) } else { *random.pick(lists) };
    let (place, other) = (caller.place(module, random), caller.place(other, random));
    match random.below(4) {
        0 => Call::delete(format!("{module}/{place}/{list}?ids={other}")),
        1 => Call::put(format!("{module}/{place}/{list}/{other}"), json!({"data": [{}]})),
        _ => Call::delete(format!("{module}/{place}/{list}/{other}")),
    }
}

fn some_note(random: &mut Random) -> String {
    if random.once_in(4) { "<Notes.new.0>".to_owned() } else { format!("<Notes.{}>", random.below(RECORDS)) }
}

fn parent(caller: &Caller<'_>, random: &mut Random) -> Value {
    let (module, place) = caller.record(random);
    json!({"id": place, "module": {"api_name": module}})
}

fn note(caller: &Caller<'_>, random: &mut Random) -> Call {
    let content = json!("added");
    if random.once_in(2) {
        let (module, place) = caller.record(random);
        return Call::post(format!("{module}/{place}/Notes"), json!({"data": [{"Note_Content": content}]}));
    }
    Call::post(
        "Notes".to_owned(),
        json!({"data": [{"Note_Content": content, "Parent_Id": parent(caller, random)}]}),
    )
}

fn change_note(caller: &Caller<'_>, random: &mut Random) -> Call {
    let mut keys = json!({"Note_Content": "changed"});
    if random.once_in(3) {
        keys["Owner"] = json!({"id": caller.user(random)});
    }
    let note = some_note(random);
    match random.below(3) {
        0 => {
            keys["id"] = json!(note);
            Call::put("Notes".to_owned(), json!({"data": [keys]}))
        }
        1 => {
            let (module, place) = caller.record(random);
            Call::put(format!("{module}/{place}/Notes/{note}"), json!({"data": [keys]}))
        }
        _ => Call::put(format!("Notes/{note}"), json!({"data": [keys]})),
    }
}

fn move_note(caller: &Caller<'_>, random: &mut Random) -> Call {
    let note = some_note(random);
    Call::put(format!("Notes/{note}"), json!({"data": [{"Parent_Id": parent(caller, random)}]}))
}

fn delete_note(caller: &Caller<'_>, random: &mut Random) -> Call {
    let note = some_note(random);
    match random.below(3) {
        0 => Call::delete(format!("Notes?ids={note}")),
        1 => {
            let (module, place) = caller.record(random);
            Call::delete(format!("{module}/{place}/Notes/{note}"))
        }
        _ => Call::delete(format!("Notes/{note}")),
    }
}

fn attach(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let link = "attachmentUrl=https%3A%2F%2Fexample.com%2Fb&title=b";
    Call::new(Method::POST, format!("{module}/{place}/Attachments?{link}"), Value::Null)
}

fn detach(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    Call::delete(format!("{module}/{place}/Attachments/<Attachments.{}>", random.below(RECORDS)))
}

fn tag(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let action = if random.once_in(3) { "remove_tags" } else { "add_tags" };
    let tags = json!([{"name": "taken"}]);
    if random.once_in(2) {
        return Call::post(format!("{module}/{place}/actions/{action}"), json!({"tags": tags}));
    }
    let ids = [place, caller.place(module, random)];
    Call::post(format!("{module}/actions/{action}"), json!({"tags": tags, "ids": ids}))
}

fn lock(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let body = json!({"data": [{"Locked_Reason__s": "mine"}]});
    Call::post(format!("{module}/{place}/Locking_Information__s"), body)
}

fn unlock(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    Call::delete(format!("{module}/{place}/Locking_Information__s/<Locking_Information__s.new.0>"))
}

fn transition(caller: &Caller<'_>, random: &mut Random) -> Call {
    let place = caller.place("Leads", random);
    let transition = json!({"transition_id": "<transition.0>", "data": {"Description": "moved on"}});
    Call::put(format!("Leads/{place}/actions/blueprint"), json!({"blueprint": [transition]}))
}

/// The oldest state of a record, which had another owner then.
fn go_back(_: &Caller<'_>, random: &mut Random) -> Call {
    let module = random.pick(KINDS).module;
    Call::post(format!("{module}/<{module}.0>/__history/<first.{module}>/actions/restore"), json!({}))
}
