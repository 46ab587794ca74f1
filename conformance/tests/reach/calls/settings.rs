//! Calls that change the settings: who is what, and what is open to whom.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Call, Caller, Recipe};
use crate::model::Random;
use crate::reach::kinds::KINDS;
use crate::reach::play::permission;
use crate::reach::world::SETTINGS;

pub(super) const ALL: &[Recipe] = &[
    change_user,
    change_user,
    add_user,
    remove_user,
    add_role,
    change_role,
    remove_role,
    permit,
    permit,
    clone_profile,
    remove_profile,
    add_group,
    change_group,
    remove_group,
    add_rule,
    change_rule,
    switch_rule,
    open_module,
    add_territory,
    change_territory,
    remove_territory,
    enter_territory,
    leave_territory,
];

fn change_user(caller: &Caller<'_>, random: &mut Random) -> Call {
    let user = caller.user(random);
    let mut keys = json!({});
    match random.below(4) {
        0 => keys["role"] = json!(caller.setting("role", random)),
        1 => keys["profile"] = json!(caller.setting("profile", random)),
        2 => {
            keys["role"] = json!(caller.setting("role", random));
            keys["profile"] = json!(caller.setting("profile", random));
        }
        _ => keys["status"] = json!(random.pick(&["active", "inactive"])),
    }
    if random.once_in(2) {
        keys["id"] = json!(user);
        return Call::put("users".to_owned(), json!({"users": [keys]}));
    }
    Call::put(format!("users/{user}"), json!({"users": [keys]}))
}

fn add_user(caller: &Caller<'_>, random: &mut Random) -> Call {
    let user = json!({
        "last_name": "New", "email": format!("new.{}@example.com", random.below(1_000_000)),
        "role": caller.setting("role", random), "profile": caller.setting("profile", random),
    });
    Call::post("users".to_owned(), json!({"users": [user]}))
}

fn remove_user(caller: &Caller<'_>, random: &mut Random) -> Call {
    Call::delete(format!("users/{}", caller.user(random)))
}

fn add_role(caller: &Caller<'_>, random: &mut Random) -> Call {
    let role = json!({
        "name": format!("New {}", random.below(1_000_000)), "reporting_to": caller.setting("role", random),
        "share_with_peers": random.once_in(2),
    });
    Call::post("settings/roles".to_owned(), json!({"roles": [role]}))
}

fn change_role(caller: &Caller<'_>, random: &mut Random) -> Call {
    let role = caller.setting("role", random);
    let keys = if random.once_in(3) {
        json!({"share_with_peers": true})
    } else {
        json!({"reporting_to": caller.setting("role", random)})
    };
    Call::put(format!("settings/roles/{role}"), json!({"roles": [keys]}))
}

fn remove_role(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (role, heir) = (caller.setting("role", random), caller.setting("role", random));
    Call::delete(format!("settings/roles/{role}?transfer_to_id={heir}"))
}

fn permit(caller: &Caller<'_>, random: &mut Random) -> Call {
    let details: Vec<Value> = (0..=random.below(3))
        .map(|_| {
            let name = if random.once_in(2) {
                (*random.pick(&SETTINGS)).to_owned()
            } else {
                let verb = random.pick(&["View", "Create", "Edit", "Delete"]);
                permission(verb, random.pick(KINDS).module)
            };
            json!({"id": format!("<permission.{name}>"), "enabled": !random.once_in(4)})
        })
        .collect();
    let profile = caller.setting("profile", random);
    let method = if random.once_in(2) { Method::PATCH } else { Method::PUT };
    let body = json!({"profiles": [{"permissions_details": details}]});
    Call::new(method, format!("settings/profiles/{profile}"), body)
}

fn clone_profile(caller: &Caller<'_>, random: &mut Random) -> Call {
    let profile = caller.setting("profile", random);
    let body = json!({"profiles": [{"name": format!("New {}", random.below(1_000_000))}]});
    Call::post(format!("settings/profiles/{profile}/actions/clone"), body)
}

fn remove_profile(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (profile, heir) = (caller.setting("profile", random), caller.setting("profile", random));
    Call::delete(format!("settings/profiles/{profile}?transfer_to={heir}"))
}

fn source(caller: &Caller<'_>, random: &mut Random) -> Value {
    let (kind, id) = match random.below(4) {
        0 => ("roles", caller.setting("role", random)),
        1 => ("groups", caller.setting("group", random)),
        2 => ("territories", caller.setting("territory", random)),
        _ => ("users", caller.me()),
    };
    json!({"type": kind, "source": {"id": id}, "subordinates": true, "sub_territories": true})
}

fn add_group(caller: &Caller<'_>, random: &mut Random) -> Call {
    let name = format!("New {}", random.below(1_000_000));
    let body = json!({"user_groups": [{"name": name, "sources": [source(caller, random)]}]});
    Call::post("settings/user_groups".to_owned(), body)
}

fn change_group(caller: &Caller<'_>, random: &mut Random) -> Call {
    let group = caller.setting("group", random);
    let body = json!({"user_groups": [{"sources": [source(caller, random)]}]});
    Call::put(format!("settings/user_groups/{group}"), body)
}

fn remove_group(caller: &Caller<'_>, random: &mut Random) -> Call {
    Call::delete(format!("settings/user_groups/{}", caller.setting("group", random)))
}

fn side(caller: &Caller<'_>, random: &mut Random) -> Value {
    match random.below(3) {
        0 => json!({"type": "all_users"}),
        1 => json!({"type": "groups", "resource": {"id": caller.setting("group", random)}}),
        _ => {
            json!({"type": "roles", "resource": {"id": caller.setting("role", random)}, "subordinates": true})
        }
    }
}

fn add_rule(caller: &Caller<'_>, random: &mut Random) -> Call {
    let rule = json!({
        "name": format!("New {}", random.below(1_000_000)), "type": "Record_Owner_Based",
        "permission_type": "read_write_delete", "superiors_allowed": true,
        "shared_from": side(caller, random), "shared_to": side(caller, random),
    });
    let module = random.pick(KINDS).module;
    Call::post(format!("settings/data_sharing/rules?module={module}"), json!({"sharing_rules": [rule]}))
}

fn change_rule(caller: &Caller<'_>, random: &mut Random) -> Call {
    let place = random.below(caller.world.rules.len());
    let module = caller.world.rules[place];
    let keys = match random.below(4) {
        0 => json!({"permission_type": "read_write_delete"}),
        1 => json!({"shared_to": side(caller, random)}),
        2 => json!({"shared_from": side(caller, random)}),
        _ => json!({"superiors_allowed": true}),
    };
    let body = json!({"sharing_rules": [keys]});
    Call::put(format!("settings/data_sharing/rules/<rule.{place}>?module={module}"), body)
}

fn switch_rule(caller: &Caller<'_>, random: &mut Random) -> Call {
    let place = random.below(caller.world.rules.len());
    let module = caller.world.rules[place];
    let path = format!("settings/data_sharing/rules/<rule.{place}>/actions/activate?module={module}");
    if random.once_in(2) { Call::put(path, json!({})) } else { Call::delete(path) }
}

fn open_module(_: &Caller<'_>, random: &mut Random) -> Call {
    let share_type = *random.pick(&["private", "public_read_only", "public_read_write", "public", "public"]);
    let module = random.pick(KINDS).module;
    let body = json!({"data_sharing": [{"share_type": share_type, "module": {"api_name": module}}]});
    Call::put("settings/data_sharing".to_owned(), body)
}

fn add_territory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let mut territory =
        json!({"name": format!("New {}", random.below(1_000_000)), "permission_type": "read_write_delete"});
    if random.once_in(2) {
        territory["reporting_to"] = json!(caller.setting("territory", random));
    }
    if random.once_in(2) {
        territory["manager"] = json!(caller.me());
    }
    Call::post("settings/territories".to_owned(), json!({"territories": [territory]}))
}

fn change_territory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let territory = caller.setting("territory", random);
    let keys = match random.below(3) {
        0 => json!({"permission_type": "read_write_delete"}),
        1 => json!({"manager": caller.me()}),
        _ => json!({"reporting_to": caller.setting("territory", random)}),
    };
    Call::put(format!("settings/territories/{territory}"), json!({"territories": [keys]}))
}

fn remove_territory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let territory = caller.setting("territory", random);
    if random.once_in(2) {
        return Call::delete(format!("settings/territories/{territory}"));
    }
    let body = json!({"territories": [{"transfer_to_id": caller.setting("territory", random)}]});
    Call::post(format!("settings/territories/{territory}/actions/transfer_and_delete"), body)
}

fn enter_territory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (territory, user) = (caller.setting("territory", random), caller.user(random));
    if random.once_in(2) {
        return Call::put(format!("users/{user}/territories"), json!({"territories": [{"id": territory}]}));
    }
    Call::put(format!("settings/territories/{territory}/users/{user}"), json!({}))
}

fn leave_territory(caller: &Caller<'_>, random: &mut Random) -> Call {
    let (territory, user) = (caller.setting("territory", random), caller.user(random));
    Call::delete(format!("settings/territories/{territory}/users/{user}"))
}
