//! Profiles that lack one permission each, in an org where everybody reaches every record: whatever their users call, no
//! record of that module is made, changed, deleted or shown, but for its name and id in lookups.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::bodies;
use super::matrix::{chosen, is_long, send, send_all};
use super::operations;
use super::places::{self, Case};
use super::scopes::{changed, oracles, shown, state};
use super::sweep::{self, Secrets};
use super::trials::Trials;
use super::world::{Side, World};
use crate::people::{colleague, named};
use crate::sharing::make;

/// What the short form takes away. The long form takes each permission of each module.
const SHORT: [(&str, &str); 4] =
    [("Accounts", "Create"), ("Contacts", "Edit"), ("Deals", "View"), ("Products", "Delete")];

fn lacking(world: &World) -> Vec<(String, &'static str)> {
    if !is_long() {
        return SHORT.map(|(module, action)| (module.to_owned(), action)).to_vec();
    }
    let of = |module: &str| ["View", "Create", "Edit", "Delete"].map(|action| (module.to_owned(), action));
    world.creatable().flat_map(|module| of(&module.name)).collect()
}

/// A user whose profile has all that Standard has but that; `None` where there is no such permission.
async fn without(world: &World, module: &str, action: &str) -> Option<Api> {
    let admin = &world.admin;
    let name = format!("No {action} {module}");
    let standard = named(admin, "profiles", "Standard").await;
    let shown = admin.get(&format!("settings/profiles/{standard}")).await.json()["profiles"][0].clone();
    // Deals are still called Potentials there.
    let called = if module == "Deals" { "Potentials" } else { module };
    let wanted = format!("Crm_Implied_{action}_{called}");
    let permission =
        shown["permissions_details"].as_array()?.iter().find(|one| one["name"] == wanted)?["id"].clone();
    let body = json!({"profiles": [{"name": name}]});
    let cloned = admin.post(&format!("settings/profiles/{standard}/actions/clone"), &body).await;
    assert!(cloned.status < 300, "{}", cloned.text);
    let profile = named(admin, "profiles", &name).await;
    let body = json!({"profiles": [{"permissions_details": [{"id": permission, "enabled": false}]}]});
    let off = admin.put(&format!("settings/profiles/{profile}"), &body).await;
    assert_eq!(off.status, 200, "{}", off.text);
    Some(
        colleague(&world.server, &format!("No{action}{}", module.replace('_', "")), "South", &name).await.api,
    )
}

/// The case is about records of the module: in its path, or in the place that is tried.
fn is_about(case: &Case, module: &str) -> bool {
    case.module == module || case.marks()[case.place].kind == module
}

async fn tried(
    world: &Arc<World>,
    secrets: &Secrets,
    (module, action): &(String, &'static str),
    found: &mut BTreeSet<String>,
) -> usize {
    let Some(api) = without(world, module, action).await else { return 0 };
    let mut count = 0;
    if *action == "View" {
        let calls = sweep::questions(world, secrets, &operations::served());
        let ids: Vec<&str> = secrets.slots[module].iter().map(|slot| slot.id.as_str()).collect();
        let targets = |of: &str| world.module(of).related.iter().any(|(_, target)| target == module);
        let calls: Vec<_> = calls
            .into_iter()
            .filter(|call| {
                let of = call.path.split(['/', '?']).next().unwrap_or_default();
                of == module
                    || ids.iter().any(|id| call.path.contains(id))
                    || call.shown().contains(module.as_str())
                    || (world.modules.iter().any(|one| one.name == of) && targets(of))
            })
            .collect();
        count += calls.len();
        for (call, answer) in send_all(&api, calls).await {
            let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
            if let Some(what) = shown(secrets, &|of| of != module, world, &body) {
                let what: String = what.chars().take(300).collect();
                found.insert(format!(
                    "no {action} of {module}: {} {} → shows {what}",
                    call.operation,
                    call.shown()
                ));
            }
        }
        for of in world.creatable() {
            for (yes, no) in oracles(world, secrets, &of.name, &|about| about == module) {
                count += 2;
                let (one, other) = (send(&api, &yes).await, send(&api, &no).await);
                if (one.status, &one.text) != (other.status, &other.text) {
                    found.insert(format!(
                        "no {action} of {module}: told by asking {} → {} {}",
                        yes.shown(),
                        one.status,
                        one.text
                    ));
                }
            }
        }
        return count;
    }
    let bodies: Vec<_> = bodies::all().iter().collect();
    let (cases, _) = places::cases(world, &operations::served(), &bodies);
    let cases: Vec<Case> =
        cases.into_iter().filter(|case| !case.is_read() && is_about(case, module)).collect();
    let cases = chosen(cases);
    let trials = Trials::prepare(world, &cases, &[Side::Far, Side::Absent]).await;
    let lacks = match *action {
        "Create" => "CREATE",
        "Edit" => "UPDATE",
        _ => "DELETE",
    };
    let may = |of: &str, what: &str| of != module || what != lacks;
    let mut before = state(world, &world.admin, &|of| of == module).await;
    for trial in &trials.trials {
        let Some(call) = trials.call(world, &cases, trial) else { continue };
        count += 1;
        let answer = send(&api, &call).await;
        if answer.status >= 400 {
            continue;
        }
        let after = state(world, &world.admin, &|of| of == module).await;
        if let Some(what) = changed(&may, &before, &after) {
            let what: String = what.chars().take(300).collect();
            found.insert(format!("no {action} of {module}: {} {} → {what}", call.operation, call.shown()));
        }
        before = after;
        world.server.advance(Duration::from_secs(1));
    }
    count
}

on_both! {
    async fn what_a_profile_does_not_permit_no_operation_does(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let secrets = sweep::plant(&world).await;
        let all = world.admin.get("settings/data_sharing").await.json()["data_sharing"].clone();
        for row in all.as_array().expect("modules that are shared") {
            make(&world.admin, row["module"]["api_name"].as_str().expect("a name"), "public").await;
        }
        let mut found = BTreeSet::new();
        let mut calls = 0;
        for one in lacking(&world) {
            let made = tried(&world, &secrets, &one, &mut found).await;
            assert!(made > 0 || !SHORT.contains(&(one.0.as_str(), one.1)), "{one:?} is no permission");
            calls += made;
        }
        let text = found.iter().map(|one| format!("- {one}\n")).collect::<String>();
        println!("{calls} calls, {} findings\n{text}", found.len());
        assert!(found.is_empty(), "{calls} calls, {} findings\n{text}", found.len());
    }
}
