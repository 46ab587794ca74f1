//! Writing records: inserts, changes, owners, deletions, and what comes back.

use serde_json::{Value, json};

use super::{Call, Caller, Recipe};
use crate::model::Random;
use crate::reach::kinds::{self, KINDS, kind};
use crate::reach::world::{Fields, RECORDS};

pub(super) const ALL: &[Recipe] = &[
    insert,
    insert,
    change_one,
    change_one,
    change_many,
    upsert,
    own,
    own_many,
    own_by_view,
    change_by_ids,
    change_by_view,
    clone,
    delete,
    delete_many,
    restore,
    restore_many,
    empty,
];

/// Some keys of a record of that module.
fn keys(caller: &Caller<'_>, module: &str, random: &mut Random) -> Fields {
    let mut keys = Fields::new();
    let kind = kind(module);
    for _ in 0..=random.below(2) {
        match random.below(8) {
            0 => _ = keys.insert("Description".to_owned(), json!("changed")),
            1 => _ = keys.insert("Owner".to_owned(), json!({"id": caller.user(random)})),
            2 => _ = keys.insert("Tag".to_owned(), json!([{"name": "taken"}])),
            3 => _ = keys.insert(kind.name.to_owned(), json!(kinds::label(module, random.below(RECORDS)))),
            4 if kind.items.is_some() => {
                let mut row = json!({"Product_Name": caller.pointer("Products", random), "Quantity": 2});
                if random.once_in(2) {
                    // A row that may be of another record.
                    row["id"] = json!(caller.setting(kind.items.unwrap_or_default(), random));
                    if random.once_in(2) {
                        row["_delete"] = Value::Null;
                    }
                }
                let rows = json!([row]);
                keys.insert(kind.items.unwrap_or_default().to_owned(), rows);
            }
            4 if module == "Events" => {
                let other = *random.pick(&[("contact", "Contacts"), ("lead", "Leads"), ("user", "user")]);
                let participant =
                    if other.1 == "user" { caller.user(random) } else { caller.place(other.1, random) };
                keys.insert(
                    "Participants".to_owned(),
                    json!([{"type": other.0, "participant": participant}]),
                );
            }
            _ => {
                if let Some((field, target)) = kind.lookup(random) {
                    let value = caller.pointer(target, random);
                    kind.point(&mut keys, field, target, value);
                }
            }
        }
    }
    keys
}

/// A whole record with some keys more.
fn fresh(caller: &Caller<'_>, module: &str, random: &mut Random) -> Fields {
    let kind = kind(module);
    let mut record = kind.record(random.below(2 * RECORDS));
    if let Some(items) = kind.items {
        let product = caller.pointer("Products", random);
        record.insert(items.to_owned(), json!([{"Product_Name": product, "Quantity": 1}]));
    }
    record.extend(keys(caller, module, random));
    record
}

fn insert(caller: &Caller<'_>, random: &mut Random) -> Call {
    let module = random.pick(KINDS).module;
    Call::post(module.to_owned(), json!({"data": [fresh(caller, module, random)]}))
}

fn change_one(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    Call::put(format!("{module}/{place}"), json!({"data": [keys(caller, module, random)]}))
}

fn change_many(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let one = |place: String, random: &mut Random| {
        let mut keys = keys(caller, module, random);
        keys.insert("id".to_owned(), json!(place));
        keys
    };
    let other = caller.place(module, random);
    let data = [one(place, random), one(other, random)];
    Call::put(module.to_owned(), json!({"data": data}))
}

fn upsert(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let kind = kind(module);
    let mut record = fresh(caller, module, random);
    if random.once_in(2) {
        record.insert("id".to_owned(), json!(place));
    }
    let checked = if record.contains_key("Email") && random.once_in(2) { "Email" } else { kind.name };
    Call::post(format!("{module}/upsert"), json!({"data": [record], "duplicate_check_fields": [checked]}))
}

fn own(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let mut body = json!({"owner": {"id": caller.user(random)}});
    if random.once_in(2) {
        let related = *random.pick(&["Tasks", "Events", "Calls", "Contacts", "Deals"]);
        body["related_modules"] = json!([{"api_name": related}]);
    }
    Call::post(format!("{module}/{place}/actions/change_owner"), body)
}

fn own_many(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let body = json!({"owner": {"id": caller.user(random)}, "ids": [place, caller.place(module, random)]});
    Call::post(format!("{module}/actions/change_owner"), body)
}

fn own_by_view(caller: &Caller<'_>, random: &mut Random) -> Call {
    let module = random.pick(KINDS).module;
    let body = json!({"cvid": format!("<view.{module}>"), "owner": {"id": caller.me()}});
    Call::post(format!("{module}/actions/mass_change_owner"), body)
}

/// One key of a record, as mass updates take it.
fn one_key(caller: &Caller<'_>, module: &str, random: &mut Random) -> Value {
    let mut keys = keys(caller, module, random);
    let first = keys.keys().next().cloned();
    keys.retain(|key, _| Some(key) == first.as_ref());
    json!(keys)
}

fn change_by_ids(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let ids = [place, caller.place(module, random)];
    let body = json!({"data": [one_key(caller, module, random)], "ids": ids, "over_write": true});
    Call::post(format!("{module}/actions/mass_update"), body)
}

fn change_by_view(caller: &Caller<'_>, random: &mut Random) -> Call {
    let module = random.pick(KINDS).module;
    let view = format!("<view.{module}>");
    let body = json!({"data": [one_key(caller, module, random)], "cvid": view, "over_write": true});
    Call::post(format!("{module}/actions/mass_update"), body)
}

fn clone(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let body = json!({"data": [keys(caller, module, random)]});
    Call::post(format!("{module}/{place}/actions/clone"), body)
}

fn delete(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    Call::delete(format!("{module}/{place}"))
}

fn delete_many(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (module, place) = caller.record(random);
    let other = caller.place(module, random);
    match random.below(3) {
        0 => Call::delete(format!("{module}?ids={place},{other}")),
        1 => Call::post(format!("{module}/actions/mass_delete"), json!({"ids": [place, other]})),
        _ => Call::post(format!("{module}/actions/mass_delete"), json!({"cvid": format!("<view.{module}>")})),
    }
}

/// A record that may be in the recycle bin: one that was deleted before, or by the caller.
fn deleted(caller: &Caller<'_>, random: &mut Random) -> String {
    if random.once_in(2) { format!("<bin.{}>", random.below(3)) } else { caller.record(random).1 }
}

fn restore(caller: &Caller<'_>, random: &mut Random) -> Call {
    let id = deleted(caller, random);
    Call::post(format!("settings/recycle_bin/{id}/actions/restore"), json!({}))
}

fn restore_many(caller: &Caller<'_>, random: &mut Random) -> Call {
    let ids = [deleted(caller, random), deleted(caller, random)];
    Call::post("settings/recycle_bin/actions/restore".to_owned(), json!({"ids": ids}))
}

fn empty(caller: &Caller<'_>, random: &mut Random) -> Call {
    let id = deleted(caller, random);
    if random.once_in(2) {
        Call::delete(format!("settings/recycle_bin/{id}"))
    } else {
        Call::delete(format!("settings/recycle_bin?ids={id}"))
    }
}
