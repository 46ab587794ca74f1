//! Administration that is delegated gives nobody more than whoever has it: whatever the operation.
//!
//! For each permission of the settings alone somebody who has just that one calls every operation that changes settings,
//! with bodies that would raise them, on every document of a small world. Operations come from the registry and
//! permissions from a profile, so that what is built later is in this by itself.

use std::collections::BTreeSet;

use dealwright_server::ops::{Method, Operation, operations};
use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, TestServer, on_both};
use serde_json::{Value, json};

use crate::people::{Colleague, create, named};
use crate::sharing::{lock, make};

/// Documents of one world, by the noun of the paths that name them.
struct World {
    giver: Colleague,
    /// Users whose reach must not exceed the giver's: one below, one beside.
    others: Vec<Colleague>,
    documents: Vec<(&'static str, String)>,
    /// Leads of everybody.
    leads: Vec<String>,
    /// A locked lead of the giver's own.
    locked: String,
    roles: Roles,
    /// The giver's own profile, and one of administrators.
    profile: String,
    administrator: String,
    territories: Vec<String>,
    /// Territories and groups that were there at first. What is made later holds nothing yet.
    places: BTreeSet<String>,
}

struct Roles {
    top: String,
    own: String,
    below: String,
    beside: String,
}

const VIEW: &str = "Crm_Implied_View_Leads";
const EDIT: &str = "Crm_Implied_Edit_Leads";
const CREATE: &str = "Crm_Implied_Create_Leads";

/// The permissions of a profile: name and id, and the module that they are about.
async fn permissions(api: &Api) -> Vec<(String, String, bool)> {
    let standard = named(api, "profiles", "Standard").await;
    let shown = api.get(&format!("settings/profiles/{standard}")).await.json();
    let all = shown["profiles"][0]["permissions_details"].as_array().cloned().unwrap_or_default();
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    all.iter().map(|one| (text(one, "name"), text(one, "id"), one["module"].is_null())).collect()
}

/// A profile with these permissions and no others.
pub(super) async fn profile(api: &Api, name: &str, has: &[&str]) -> String {
    let standard = named(api, "profiles", "Standard").await;
    let wanted: Vec<Value> = permissions(api)
        .await
        .iter()
        .map(|(name, id, _)| json!({"id": id, "enabled": has.contains(&name.as_str())}))
        .collect();
    let clone = format!("settings/profiles/{standard}/actions/clone");
    let id = create(api, &clone, "profiles", json!({"name": name})).await;
    let body = json!({"profiles": [{"permissions_details": wanted}]});
    let answer = api.put(&format!("settings/profiles/{id}"), &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    id
}

pub(super) async fn user(server: &TestServer, name: &str, role: &str, profile: &str) -> Colleague {
    let api = server.api();
    let email = format!("{}@example.com", name.to_lowercase().replace(' ', "."));
    let body = json!({"last_name": name, "email": email, "role": role, "profile": profile});
    let id = create(&api, "users", "users", body).await;
    let zuid =
        api.get(&format!("users/{id}")).await.json()["users"][0]["zuid"].as_str().expect("a zuid").to_owned();
    Colleague { id, api: server.api_of(&zuid).await }
}

/// Somebody between a role below and one beside theirs, in an org where Leads are private and everything that can open
/// them is there and does not hold for them.
async fn world(server: &TestServer, name: &str, permission: &str) -> World {
    let api = server.api();
    let called = |what: &str| format!("{name} {what}");
    for module in ["Leads", "Contacts", "Deals"] {
        make(&api, module, "private").await;
    }
    let top = named(&api, "roles", "CEO").await;
    let role = async |what: &str, above: &str| {
        create(&api, "settings/roles", "roles", json!({"name": called(what), "reporting_to": above})).await
    };
    let (own, beside) = (role("own", &top).await, role("beside", &top).await);
    let below = role("below", &own).await;
    let empty = role("empty", &beside).await;
    let few = profile(&api, &called("few"), &[VIEW, CREATE, EDIT, permission]).await;
    let other = profile(&api, &called("other"), &[VIEW, CREATE, EDIT]).await;
    let (standard, administrator) =
        (named(&api, "profiles", "Standard").await, named(&api, "profiles", "Administrator").await);
    let giver = user(server, &called("giver"), &own, &few).await;
    let sub = user(server, &called("sub"), &below, &other).await;
    let boss = user(server, &called("boss"), &beside, &standard).await;
    let second = user(server, &called("second"), &beside, &administrator).await;

    let mine = giver.api.insert(lead("mine")).await;
    let locked = giver.api.insert(lead("locked")).await;
    lock(&api, "Leads", &locked).await;
    let theirs = boss.api.insert(lead("theirs")).await;
    let lent = boss.api.insert(lead("lent")).await;
    let of_top = api.insert(lead("of the top")).await;
    let there = api.insert(lead("in a territory")).await;
    let leads = vec![mine, locked.clone(), sub.api.insert(lead("below")).await, theirs, lent, of_top, there];

    let territory = async |what: &str, more: Value| {
        let mut body = json!({"name": called(what), "permission_type": "read_write_delete"});
        body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        create(&api, "settings/territories", "territories", body).await
    };
    let (north, south) =
        (territory("north", json!({"manager": boss.id})).await, territory("south", json!({})).await);
    let own_territory = territory("mine", json!({"manager": giver.id, "permission_type": "read_only"})).await;
    for (record, territory) in [(5, &north), (6, &south)] {
        let body = json!({"data": [{"Territories": [{"id": territory}]}]});
        let answer = api.post(&format!("Leads/{}/actions/assign_territories", leads[record]), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let source = |id: &str| json!([{"type": "users", "source": {"id": id}}]);
    let club = json!({"name": called("club"), "sources": source(&boss.id)});
    let club = create(&api, "settings/user_groups", "user_groups", club).await;
    let own_group = json!({"name": called("own group"), "sources": source(&giver.id)});
    let own_group = create(&api, "settings/user_groups", "user_groups", own_group).await;
    for (kind, id) in [("groups", &club), ("roles", &empty)] {
        let share =
            json!({"share": [{"shared_with": {"id": id, "type": kind}, "permission": "full_access"}]});
        let answer = api.post(&format!("Leads/{}/actions/share", leads[4]), &share).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let side = |kind: &str, id: &str| json!({"type": kind, "resource": {"id": id}, "subordinates": true});
    let rules = "settings/data_sharing/rules?module=Leads";
    let rule = async |what: &str, from: &str, kind: &str, to: &str| {
        let rule = json!({
            "name": called(what), "type": "Record_Owner_Based", "permission_type": "read",
            "shared_from": side("roles", from), "shared_to": side(kind, to),
        });
        create(&api, rules, "sharing_rules", rule).await
    };
    let to_club = rule("to club", &top, "groups", &club).await;
    let to_empty = rule("to empty", &top, "roles", &empty).await;
    let idle = rule("idle", &top, "roles", &own).await;
    let off = api.delete(&format!("settings/data_sharing/rules/{idle}/actions/activate?module=Leads")).await;
    assert_eq!(off.status, 200, "{}", off.text);

    let mut documents = vec![("data_sharing", to_club), ("data_sharing", to_empty), ("data_sharing", idle)];
    documents.extend([&giver, &sub, &boss, &second].map(|user| ("users", user.id.clone())));
    documents.extend([&own, &below, &beside, &empty, &top].map(|id| ("roles", id.clone())));
    documents.extend([&few, &other, &standard, &administrator].map(|id| ("profiles", id.clone())));
    documents.extend([&north, &south, &own_territory].map(|id| ("territories", id.clone())));
    documents.extend([&club, &own_group].map(|id| ("user_groups", id.clone())));
    documents.extend(configurations(&api).await.into_iter().map(|id| ("record_locking_configurations", id)));
    let mut places = BTreeSet::new();
    for list in ["territories", "user_groups"] {
        let all = api.get(&format!("settings/{list}")).await.json();
        let all = all[list].as_array().cloned().unwrap_or_default();
        places.extend(all.iter().map(|one| one["id"].as_str().expect("an id").to_owned()));
    }
    let roles = Roles { top, own, below, beside };
    let territories = vec![north, south, own_territory];
    World {
        giver,
        others: vec![sub, boss],
        documents,
        leads,
        locked,
        roles,
        profile: few,
        administrator,
        territories,
        places,
    }
}

/// The configuration of Leads, which is made when there is none.
async fn configurations(api: &Api) -> Vec<String> {
    let path = "settings/record_locking_configurations?module=Leads";
    let key = "record_locking_configurations";
    let body = json!({"lock_type": "manual", "locked_for": "all_profiles", "restricted_actions": ["update", "delete", "tags", "convert", "change_owner"]});
    let found = api.get(path).await.json();
    match found[key][0]["id"].as_str() {
        Some(id) => {
            let mut body = body;
            body["lock_excluded_profiles"] = json!([]);
            body["excluded_fields"] = json!([]);
            let answer = api.put(&format!("settings/{key}/{id}?module=Leads"), &json!({key: [body]})).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            vec![id.to_owned()]
        }
        None => vec![create(api, path, key, body).await],
    }
}

/// Everything that somebody has, as the API shows it: one line for each thing, so that two states can be compared.
async fn standing(admin: &Api, user: &Colleague, world: &World) -> BTreeSet<String> {
    let mut has = BTreeSet::new();
    let shown = admin.get(&format!("users/{}", user.id)).await.json()["users"][0].clone();
    let profile = shown["profile"]["id"].as_str().unwrap_or_default();
    has.insert(format!("role {}", shown["role"]["id"]));
    has.insert(format!("profile {}", shown["profile"]["id"]));
    let is_old = |one: &&Value| one["id"].as_str().is_some_and(|id| world.places.contains(id));
    for territory in shown["territories"].as_array().into_iter().flatten().filter(is_old) {
        has.insert(format!("territory {}", territory["id"]));
    }
    let profile = admin.get(&format!("settings/profiles/{profile}")).await.json()["profiles"][0].clone();
    for permission in profile["permissions_details"].as_array().into_iter().flatten() {
        if permission["enabled"] == true {
            has.insert(format!("permission {}", permission["name"]));
        }
    }
    let groups = admin.get(&format!("users/{}/actions/associated_groups", user.id)).await.json();
    for group in groups["user_groups"].as_array().into_iter().flatten().filter(is_old) {
        has.insert(format!("group {}", group["id"]));
    }
    for lead in &world.leads {
        let answer = user.api.get(&format!("Leads/{lead}")).await;
        let row = answer.rows().first().cloned().unwrap_or_default();
        let level = match row["$sharing_permission"].as_str() {
            _ if answer.status != 200 => 0,
            Some("read_only") => 1,
            Some("read_write") => 2,
            _ => 3,
        };
        has.extend((1..=level).map(|level| format!("level {level} with {lead}")));
        if *lead == world.locked && answer.status == 200 && row["$locked_for_me"] == false {
            has.insert("what is locked".to_owned());
        }
    }
    let modules = admin.get("settings/data_sharing").await.json();
    for module in modules["data_sharing"].as_array().into_iter().flatten() {
        let types = ["private", "public_read_only", "public_read_write", "public"];
        let level = types.iter().position(|name| module["share_type"] == *name).unwrap_or_default();
        has.extend(
            (1..=level).map(|level| format!("level {level} with all {}", module["module"]["api_name"])),
        );
    }
    has
}

/// Changes of settings, those that take things away last.
fn changes() -> Vec<&'static Operation> {
    let is_change = |operation: &&Operation| {
        let of_settings =
            ["settings", "users", "org"].iter().any(|area| operation.path.split('/').next() == Some(area));
        operation.is_served() && of_settings && operation.method != Method::Get
    };
    let mut all: Vec<&Operation> = operations().filter(is_change).collect();
    all.sort_by_key(|operation| (operation.method == Method::Delete, operation.path.contains("delete")));
    all
}

/// Noun of an operation's path: what its ids name.
fn noun(operation: &Operation) -> &'static str {
    let mut parts = operation.path.split('/');
    match parts.next() {
        Some("settings") => parts.next().unwrap_or_default(),
        Some(area) => area,
        None => "",
    }
}

/// Keys under which a body's entries may stand.
fn roots(operation: &Operation) -> BTreeSet<&'static str> {
    let named = operation
        .path
        .split('/')
        .filter(|part| !part.starts_with('{') && !matches!(*part, "settings" | "actions"));
    let mut roots: BTreeSet<&str> = named.collect();
    if operation.path.contains("rules") {
        roots.insert("sharing_rules");
    }
    roots
}

/// Bodies that would raise the giver, or somebody through them. Keys that an operation does not know are passed over,
/// so that one body serves all.
fn entries(
    world: &World,
    permissions: &[(String, String, bool)],
    id: Option<&str>,
    count: usize,
) -> Vec<Value> {
    let me = &world.giver.id;
    let all: Vec<Value> = permissions.iter().map(|(_, id, _)| json!({"id": id, "enabled": true})).collect();
    let (roles, administrator) = (&world.roles, &world.administrator);
    let side = |kind: &str, id: &str| json!({"type": kind, "resource": {"id": id}, "subordinates": true});
    let mut variants = Vec::new();
    for (at, (role, profile, above, manager)) in [
        (&roles.top, administrator, &roles.own, me),
        (&roles.beside, administrator, &world.territories[2], me),
        (&roles.own, &world.profile, &roles.beside, me),
        (&roles.below, &world.profile, &world.territories[1], &world.others[0].id),
    ]
    .into_iter()
    .enumerate()
    {
        let sides = [
            (side("roles", &roles.top), side("roles", &roles.own)),
            (json!({"type": "all_users"}), json!({"type": "all_users"})),
            (side("roles", &roles.beside), side("roles", &roles.below)),
            (side("roles", &roles.own), side("roles", &roles.top)),
        ];
        let (from, to) = sides[at].clone();
        let mut entry = json!({
            "name": format!("raised {count} {at}"), "last_name": "Raised", "email": format!("raised{count}.{at}@example.com"),
            "role": role, "profile": profile, "status": (if at % 2 == 0 { "active" } else { "inactive" }),
            "reporting_to": above, "share_with_peers": true, "permissions_details": all, "manager": manager,
            "sources": [{"type": "users", "source": {"id": me}}, {"type": "roles", "source": {"id": roles.own}, "subordinates": true}],
            "shared_from": from, "shared_to": to, "superiors_allowed": true, "type": "Record_Owner_Based",
            "permission_type": "read_write_delete", "share_type": "public", "module": {"api_name": "Leads"},
            "lock_type": "manual", "locked_for": "all_profiles_except_excluded_profiles",
            "lock_excluded_profiles": [{"id": world.profile}], "restricted_actions": ["update"],
            "excluded_fields": [{"api_name": "City"}], "transfer_to_id": world.territories[2],
            "user": me, "from": "2027-01-20T08:00:00+00:00", "to": "2027-01-21T08:00:00+00:00",
            "field_label": format!("Raised {count} {at}"), "data_type": "text", "access_type": "public", "active": false,
        });
        if let Some(id) = id {
            entry["id"] = json!(id);
        }
        variants.push(entry.clone());
        // Each alone: an entry is refused as a whole.
        for keys in [
            &["profile"][..],
            &["role"],
            &["status"],
            &["email"],
            &["reporting_to"],
            &["share_with_peers"],
            &["permission_type"],
            &["manager"],
            &["restricted_actions"],
            &["shared_to"],
        ] {
            let mut part = json!({});
            for key in keys {
                part[*key] = entry[*key].clone();
            }
            if let Some(id) = id {
                part["id"] = json!(id);
            }
            if at < 2 || keys[0] == "profile" {
                variants.push(part);
            }
        }
    }
    // To be put into something.
    variants.push(json!({"id": me}));
    variants.extend(world.territories.iter().map(|id| json!({"id": id})));
    variants
}

/// Ids that an operation can be about: documents of the world, or some that the org lists under the noun.
async fn ids(admin: &Api, operation: &Operation, world: &World) -> Vec<String> {
    let of_noun = world.documents.iter().filter(|(kind, _)| *kind == noun(operation));
    let mut ids: Vec<String> = of_noun.map(|(_, id)| id.clone()).collect();
    if ids.is_empty() {
        let listed = admin.get(&format!("settings/{}?module=Leads", noun(operation))).await;
        let listed = if listed.status == 200 { listed.json() } else { Value::Null };
        let lists = listed.as_object().into_iter().flat_map(|keys| keys.values()).filter_map(Value::as_array);
        ids.extend(lists.flatten().filter_map(|one| one["id"].as_str().map(str::to_owned)).take(3));
    }
    if ids.is_empty() {
        ids.push(world.giver.id.clone());
    }
    ids
}

/// The paths of an operation with every document that it can be about.
fn paths(operation: &Operation, world: &World, ids: &[String]) -> Vec<(String, Option<String>)> {
    let base = operation.path.to_owned();
    let module = "module=Leads";
    let heir = match noun(operation) {
        "roles" => format!("&transfer_to_id={}", world.roles.own),
        "profiles" => format!("&transfer_to={}", world.administrator),
        _ => String::new(),
    };
    let mut paths = Vec::new();
    for id in ids {
        let path = base.replace("{id}", id);
        let places: Vec<String> = match (path.contains("{user_id}"), path.contains("{territory_id}")) {
            (true, _) => vec![
                path.replace("{user_id}", &world.giver.id),
                path.replace("{user_id}", &world.others[0].id),
            ],
            (_, true) => {
                world.territories.iter().map(|territory| path.replace("{territory_id}", territory)).collect()
            }
            _ => vec![path],
        };
        for path in places {
            let ids = if base.contains("{id}") { String::new() } else { format!("&ids={id}") };
            paths.push((format!("{path}?{module}{heir}{ids}"), (!base.contains("{id}")).then(|| id.clone())));
        }
    }
    paths
}

/// Calls everything and gives how many calls were taken.
async fn try_everything(server: &TestServer, world: &World, permission: &str) -> (usize, usize) {
    let admin = server.api();
    let permissions = permissions(&admin).await;
    let own = standing(&admin, &world.giver, world).await;
    let mut others = Vec::new();
    for other in &world.others {
        others.push(standing(&admin, other, world).await);
    }
    let (mut calls, mut taken) = (0, 0);
    for operation in changes() {
        let method = operation.method.text();
        let is_known = world.documents.iter().any(|(kind, _)| *kind == noun(operation));
        let ids = ids(&admin, operation, world).await;
        'operation: for (path, id) in paths(operation, world, &ids) {
            let bodies = if operation.method == Method::Delete {
                vec![Value::Null]
            } else {
                let mut entries = entries(world, &permissions, id.as_deref(), calls);
                if !is_known {
                    // Whole bodies say enough where nothing is told of a resource.
                    entries.retain(|entry| entry.get("name").is_some());
                }
                let mut bodies = Vec::new();
                for root in roots(operation) {
                    bodies.extend(entries.iter().map(|entry| json!({root: [entry]})));
                }
                bodies
            };
            let mut done = Vec::new();
            for body in bodies {
                calls += 1;
                let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
                let answer = world.giver.api.send(method.parse().expect("a method"), &path, bytes).await;
                assert!(answer.status < 500, "{permission}: {method} {path} {body}: {}", answer.text);
                if answer.status == 403 && answer.json()["details"]["permissions"].is_array() {
                    // Not theirs at all, whatever the body.
                    break 'operation;
                }
                if answer.status < 300 {
                    done.push(format!("{:.400} -> {}", body.to_string(), answer.text));
                }
            }
            if done.is_empty() {
                continue;
            }
            taken += done.len();
            let call = format!("{permission}: {method} {path}");
            let now = standing(&admin, &world.giver, world).await;
            let gained: Vec<_> = now.difference(&own).collect();
            assert!(gained.is_empty(), "{call}: the giver got {gained:?} by one of {done:#?}");
            for (other, had) in world.others.iter().zip(&others) {
                let now = standing(&admin, other, world).await;
                let is_beyond = |one: &&String| {
                    !own.contains(*one) && !one.starts_with("role") && !one.starts_with("profile")
                };
                let gained: Vec<_> = now.difference(had).filter(is_beyond).collect();
                assert!(gained.is_empty(), "{call}: {} got {gained:?} by one of {done:#?}", other.id);
            }
        }
    }
    (calls, taken)
}

on_both! {
    async fn no_permission_of_the_settings_alone_makes_more_of_anybody(server: TestServer) {
        let all = permissions(&server.api()).await;
        let of_settings: Vec<_> = all.iter().filter(|(_, _, is_of_settings)| *is_of_settings).collect();
        assert!(of_settings.len() >= 6, "{of_settings:?}");
        let (mut calls, mut taken) = (0, 0);
        for (at, (permission, _, _)) in of_settings.into_iter().enumerate() {
            let world = world(&server, &format!("W{at}"), permission).await;
            let (more, done) = try_everything(&server, &world, permission).await;
            assert!(done > 0, "{permission} lets nobody do anything");
            calls += more;
            taken += done;
        }
        assert!(calls > 1_500 && taken > 100, "{calls} calls, {taken} of them taken");
    }
}
