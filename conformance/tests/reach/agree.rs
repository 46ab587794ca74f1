//! The model against the server: every way of asking gives the level that the model says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::levels::{self, name};
use super::model::Bounds;
use super::state::{Record, State, User};
use super::world::World;
use crate::model::Random;
use crate::outcome;

/// Records that each user asks for one by one.
const SAMPLE: usize = 12;

/// Where server and model differ, as lines to read.
pub(super) async fn differences(world: &World, random: &mut Random) -> Vec<String> {
    let state = State::read(world).await;
    let mut found = Vec::new();
    for person in &world.people {
        // Who was deleted by others asks for nothing any more.
        let Some(user) = state.users.iter().find(|user| user.id == person.id) else { continue };
        let seen = levels::levels(&person.api).await;
        for record in state.records.values() {
            let bounds = state.bounds(user, record);
            let level = seen.get(&(record.module, record.id.clone())).copied().unwrap_or(0);
            let fits = if record.parent.is_some() {
                // What hangs on others does not say how far one gets with it.
                (bounds.least == 0 || level > 0) && (bounds.most > 0 || level == 0)
            } else {
                (bounds.least..=bounds.most).contains(&level)
            };
            if !fits {
                found.push(differs(&state, user, record, bounds, "the list", name(level)));
            }
        }
        by_query(world, &state, user, person, &seen.keys().cloned().collect(), &mut found).await;
        one_by_one(&state, user, person, random, &mut found).await;
    }
    found
}

fn differs(state: &State, user: &User, record: &Record, bounds: Bounds, how: &str, said: &str) -> String {
    let place = state.users.iter().position(|one| one.id == user.id).unwrap_or_default();
    let range = if bounds.least == bounds.most {
        name(bounds.least).to_owned()
    } else {
        format!("{} to {}", name(bounds.least), name(bounds.most))
    };
    format!("{how} gives user {place} {said} with {} {}, the model {range}", record.module, record.id)
}

/// What the query language selects is what the lists show.
async fn by_query(
    world: &World,
    state: &State,
    user: &User,
    person: &super::world::Person,
    listed: &BTreeSet<(&'static str, String)>,
    found: &mut Vec<String>,
) {
    let converted = |id: &str| state.records.get(id).is_some_and(|record| record.is_converted);
    for module in levels::modules() {
        let Some(ids) = levels::queried(&person.api, module).await else {
            if state.permits(user, module, "View") {
                found.push(format!("{world:?}: a query of {module} is refused"));
            }
            continue;
        };
        let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
        let expected: BTreeSet<&str> = listed
            .iter()
            .filter(|(name, id)| *name == module && !converted(id))
            .map(|(_, id)| id.as_str())
            .collect();
        if ids != expected {
            found.push(format!("{world:?}: a query of {module} gives {ids:?}, the list {expected:?}"));
        }
        if !state.permits(user, module, "View") {
            found.push(format!("{world:?}: a query of {module} is answered without permission"));
        }
    }
}

/// Reading, changing and sharing single records.
async fn one_by_one(
    state: &State,
    user: &User,
    person: &super::world::Person,
    random: &mut Random,
    found: &mut Vec<String>,
) {
    let all: Vec<&Record> = state.records.values().filter(|record| record.module != "Attachments").collect();
    for _ in 0..SAMPLE {
        let record = *random.pick(&all);
        let bounds = state.bounds(user, record);
        if bounds.least != bounds.most {
            continue;
        }
        let level = bounds.least;
        let path = format!("{}/{}", record.module, record.id);
        let views = state.permits(user, record.module, "View");
        let read = person.api.get(&path).await;
        let expected = match (views, level) {
            (false, _) => 403,
            (true, 0) => 204,
            _ => 200,
        };
        if read.status != expected {
            found.push(differs(state, user, record, bounds, "reading", &outcome(&read)));
        }
        let said = read.rows().first().map_or(0, |row| levels::number(&row["$sharing_permission"]));
        if expected == 200 && said != level {
            found.push(differs(state, user, record, bounds, "reading", name(said)));
        }
        let edits = state.permits(user, record.module, "Edit");
        if views && edits && !record.is_converted && !record.is_locked {
            let field = if record.parent.is_some() { "Note_Content" } else { "Description" };
            let change = json!({"data": [{field: "as before"}]});
            let written = outcome(&person.api.put(&path, &change).await);
            let expected =
                ["400 INVALID_DATA", "403 NO_PERMISSION", "200 SUCCESS", "200 SUCCESS"][usize::from(level)];
            if written != expected {
                found.push(differs(state, user, record, bounds, "changing", &written));
            }
        }
        if views && record.parent.is_none() {
            // Nobody has this id, so nothing is shared, but only those who may share hear of it.
            let nobody = json!({"id": "1234567890123456789", "type": "users"});
            let share = json!({"share": [{"shared_with": nobody, "permission": "read_only"}]});
            let shared = person.api.post(&format!("{path}/actions/share"), &share).await;
            let message = first_message(&shared.json());
            let expected = match level {
                0 => "ENTITY_ID_INVALID",
                3 => "invalid user Id",
                _ => "permission denied",
            };
            if message != expected {
                found.push(differs(
                    state,
                    user,
                    record,
                    bounds,
                    "sharing",
                    &format!("{}: {message}", outcome(&shared)),
                ));
            }
        }
    }
}

fn first_message(body: &Value) -> String {
    let top = body["message"].as_str();
    top.or_else(|| body["share"][0]["message"].as_str()).unwrap_or_default().to_owned()
}
