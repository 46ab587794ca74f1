//! Sequences of calls, and what they must not have done.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use dealwright_testkit::Answer;
use serde_json::json;

use super::CALLS;
use super::calls::{Call, Caller};
use super::kinds::KINDS;
use super::levels::{self, Face, Levels, Standing, Standings, name};
use super::world::World;
use crate::model::Random;

/// How long a job is waited for.
const PAUSE: Duration = Duration::from_millis(3);
const TRIES: usize = 2_000;

/// What one person does.
#[derive(Clone)]
pub(super) struct Sequence {
    pub(super) person: usize,
    pub(super) calls: Vec<Call>,
}

/// What there is before a sequence: how far its caller gets, and somebody else, and what stands in the records.
pub(super) struct Before {
    levels: Levels,
    /// Somebody to whom the caller might give more than they have.
    friend: Option<(usize, Levels)>,
    standings: Rc<Standings>,
    faces: BTreeMap<String, Face>,
}

impl Before {
    pub(super) async fn of(world: &World, person: usize, friend: Option<usize>) -> Self {
        let standings = Rc::new(levels::standings(&world.admin).await);
        Self::with(world, person, friend, standings).await
    }

    async fn with(world: &World, person: usize, friend: Option<usize>, standings: Rc<Standings>) -> Self {
        let levels = levels::levels(&world.people[person].api).await;
        let friend = match friend {
            Some(friend) => Some((friend, levels::levels(&world.people[friend].api).await)),
            None => None,
        };
        Self { levels, friend, standings, faces: levels::faces(world).await }
    }

    fn standing(&self, user: &str) -> Standing {
        self.standings.get(user).cloned().unwrap_or_default()
    }

    fn level(&self, module: &'static str, id: &str) -> u8 {
        self.levels.get(&(module, id.to_owned())).copied().unwrap_or(0)
    }

    /// What the caller knows, to choose calls by.
    pub(super) fn caller<'w>(&self, world: &'w World, person: usize) -> Caller<'w> {
        let mut by_level: [Vec<(&'static str, usize)>; 4] = Default::default();
        for kind in KINDS {
            for place in 0..world.count(kind.module) {
                let level = self.level(kind.module, &world.id(kind.module, place));
                by_level[usize::from(level)].push((kind.module, place));
            }
        }
        let standing = self.standing(&world.people[person].id);
        let settings = super::world::SETTINGS.iter().filter(|name| standing.permissions.contains(**name));
        Caller { world, person, by_level, settings: settings.map(|name| (*name).to_owned()).collect() }
    }
}

/// What a sequence has done, and what is there after it.
pub(super) struct Played {
    /// What it must not have done.
    pub(super) breach: Option<String>,
    pub(super) after: Before,
    /// True when something was deleted and came back for the next sequence.
    pub(super) restored: bool,
}

/// Makes a call and waits for the job that it starts.
pub(super) async fn perform(world: &mut World, person: usize, call: &Call) -> Answer {
    // Each call has its own time, so that an order can be seen in what they leave.
    world.server.advance(Duration::from_secs(1));
    let api = world.people[person].api.version(call.version);
    let path = world.resolve(&call.path);
    let body =
        if call.body.is_null() { Vec::new() } else { world.resolve(&call.body.to_string()).into_bytes() };
    let answer = api.send(call.method.clone(), &path, body).await;
    if answer.status >= 500 && world.fault.is_none() {
        world.fault = Some(format!("{} {} to {call}", answer.status, answer.text));
    }
    if call.method == reqwest::Method::POST && answer.status < 300 {
        world.learn(&path, &answer);
    }
    if let Some(job) = job(&answer) {
        wait(&api, &path, &job).await;
    }
    answer
}

fn job(answer: &Answer) -> Option<String> {
    let (_, rest) = answer.text.split_once("\"job_id\":\"")?;
    rest.split_once('"').map(|(job, _)| job.to_owned())
}

async fn wait(api: &dealwright_testkit::Api, path: &str, job: &str) {
    for _ in 0..TRIES {
        let answer = api.get(&format!("{path}?job_id={job}")).await;
        let runs =
            ["SCHEDULED", "QUEUED", "RUNNING"].iter().any(|state| answer.text.to_uppercase().contains(state));
        if answer.status != 200 || !runs {
            return;
        }
        tokio::time::sleep(PAUSE).await;
    }
    panic!("the job {job} of {path} does not end");
}

/// Compares what is there now with what was there before a person's calls.
pub(super) async fn compare(
    world: &mut World,
    person: usize,
    before: &Before,
    settings_changed: bool,
) -> Played {
    let friend = before.friend.as_ref().map(|(friend, _)| *friend);
    let after = if settings_changed {
        Before::of(world, person, friend).await
    } else {
        Before::with(world, person, friend, Rc::clone(&before.standings)).await
    };
    let mut breaches = grown(world, person, before, &after);
    if settings_changed {
        breaches.extend(promoted(world, person, before, &after));
        // Who gets how far with what was deleted may be another now.
        world.bin.clear();
    } else {
        breaches.extend(given(world, person, before, &after));
    }
    breaches.extend(touched(world, person, before, &after));
    breaches.extend(world.fault.clone());
    let gone: Vec<&String> = before.faces.keys().filter(|id| !after.faces.contains_key(*id)).collect();
    let restored = !gone.is_empty();
    if restored {
        // Merged records do not come back.
        world.admin.post("settings/recycle_bin/actions/restore", &json!({"ids": gone})).await;
    }
    let breach = (!breaches.is_empty()).then(|| {
        let more = breaches.len().saturating_sub(4);
        let shown = breaches[..breaches.len().min(4)].join("; ");
        if more > 0 { format!("{shown}; and {more} more") } else { shown }
    });
    Played { breach, after, restored }
}

/// Records that were there before, of which the person has more now.
fn grown(world: &World, person: usize, before: &Before, after: &Before) -> Vec<String> {
    let mut found = Vec::new();
    for ((module, id), level) in &after.levels {
        let was = match world.bin.get(id) {
            Some(levels) => levels.get(&person).copied().unwrap_or(0),
            None if before.faces.contains_key(id) => before.level(module, id),
            // Made by the sequence.
            None => continue,
        };
        if *level > was {
            found.push(format!("{} was {} and is {}", place(world, module, id), name(was), name(*level)));
        }
    }
    found
}

/// Permissions that somebody has now, and that the caller did not have to give.
fn promoted(world: &World, person: usize, before: &Before, after: &Before) -> Vec<String> {
    let mut found = Vec::new();
    let had = before.standing(&world.people[person].id);
    for (user, now) in after.standings.iter() {
        let was = before.standing(user);
        let own = *user == world.people[person].id;
        let may_have =
            |name: &&String| was.permissions.contains(*name) || (!own && had.permissions.contains(*name));
        let more: Vec<&String> = now.permissions.iter().filter(|name| !may_have(name)).collect();
        let who =
            world.place_of("user", user).map_or_else(|| "a new user".to_owned(), |at| format!("<user.{at}>"));
        if !more.is_empty() {
            found.push(format!("the profile of {who} now permits {more:?}"));
        }
        if now.is_admin && !was.is_admin && !had.is_admin {
            found.push(format!("{who} is an administrator now"));
        }
    }
    found
}

/// Records of which somebody else has more now than they and the caller had before.
fn given(world: &World, person: usize, before: &Before, after: &Before) -> Vec<String> {
    let (Some((friend, had)), Some((_, has))) = (&before.friend, &after.friend) else { return Vec::new() };
    let permissions = before.standing(&world.people[person].id).permissions;
    let views = |face: &Face| permissions.contains(&permission("View", face.module));
    let mut found = Vec::new();
    for ((module, id), level) in has {
        let was = had.get(&(*module, id.clone())).copied().unwrap_or(0);
        let own = before.level(module, id);
        let face = before.faces.get(id);
        // Lists say nothing of modules that one may not view, and of what hangs on their records.
        let parent = face.and_then(|face| before.faces.get(face.parent.as_ref()?));
        let known = face.is_some_and(views) && parent.is_none_or(views);
        if known && *level > was.max(own) {
            found.push(format!(
                "{} was {} for <user.{friend}> and is {}; the caller had {}",
                place(world, module, id),
                name(was),
                name(*level),
                name(own)
            ));
        }
    }
    found
}

fn place(world: &World, module: &str, id: &str) -> String {
    world.place_of(module, id).map_or_else(|| format!("{module} {id}"), |place| format!("<{module}.{place}>"))
}

/// Records that are changed or gone although the person could not do that.
fn touched(world: &World, person: usize, before: &Before, after: &Before) -> Vec<String> {
    let mut found = Vec::new();
    let permissions = before.standing(&world.people[person].id).permissions;
    let level = |id: &str, face: &Face| before.level(face.module, id);
    let views = |face: &Face| permissions.contains(&permission("View", face.module));
    for (id, face) in &before.faces {
        let parent = face.parent.as_ref().and_then(|id| Some((id, before.faces.get(id)?)));
        // Lists say nothing of modules that one may not view.
        if !views(face) || parent.is_some_and(|(_, face)| !views(face)) {
            continue;
        }
        // What hangs on a record is written by whoever may write that.
        let had = match parent {
            Some((id, face))
                if level(id, face) >= 2 && permissions.contains(&permission("Edit", face.module)) =>
            {
                3
            }
            Some((id, face)) => level(id, face).min(1),
            None => level(id, face),
        };
        match after.faces.get(id) {
            None if had < 3 => {
                // And it goes with that.
                let gone = parent.filter(|(id, _)| !after.faces.contains_key(*id));
                if gone.is_none_or(|(id, face)| level(id, face) < 3) {
                    let gone = place(world, face.module, id);
                    found.push(format!("{gone} is gone, with which the caller had {}", name(had)));
                }
            }
            Some(now) if had < 2 => {
                for (field, value) in &face.shown {
                    // Whoever manages territories may take records out of them.
                    let manages = field.starts_with("Territor")
                        && permissions.contains("Crm_Implied_Manage_Territories");
                    if now.shown.get(field) != Some(value) && !manages {
                        let now = now.shown.get(field).cloned().unwrap_or_default();
                        found.push(format!(
                            "{field} of {}, with which the caller had {}, was {value} and is {now}",
                            place(world, face.module, id),
                            name(had)
                        ));
                    }
                }
            }
            _ => {}
        }
    }
    found
}

/// The permission to do that in a module.
pub(super) fn permission(verb: &str, module: &str) -> String {
    // Deals were called so once.
    format!("Crm_Implied_{verb}_{}", if module == "Deals" { "Potentials" } else { module })
}

/// A sequence of calls without those that are left out, made one after another, each chosen when it is its turn.
pub(super) async fn improvise(
    world: &mut World,
    person: usize,
    before: &Before,
    without: &[String],
    random: &mut Random,
    accepted: &mut BTreeMap<String, (usize, usize)>,
) -> (Sequence, bool) {
    world.begin();
    let mut calls = Vec::with_capacity(CALLS);
    let mut settings_changed = false;
    while calls.len() < CALLS {
        let call = before.caller(world, person).call(random);
        let told = format!("{call} {}", shape(&call));
        if without.iter().any(|word| told.contains(word)) {
            continue;
        }
        let done = succeeded(&perform(world, person, &call).await);
        settings_changed |= done && call.is_of_settings();
        let entry = accepted.entry(shape(&call)).or_default();
        entry.0 += usize::from(done);
        entry.1 += 1;
        calls.push(call);
    }
    (Sequence { person, calls }, settings_changed)
}

/// A call's method and path without the names of modules and places.
pub(super) fn shape(call: &Call) -> String {
    let path = call.path.split('?').next().unwrap_or_default();
    let parts = path.split('/').map(|part| {
        if part.contains('<') {
            "{id}"
        } else if levels::modules().any(|module| module == part) {
            "{module}"
        } else {
            part
        }
    });
    format!("{} {}", call.method, parts.collect::<Vec<_>>().join("/"))
}

fn succeeded(answer: &Answer) -> bool {
    answer.status < 300 && answer.text.contains("SUCCESS")
}

/// Plays a sequence that was improvised before. True when it has changed settings.
pub(super) async fn replay(world: &mut World, sequence: &Sequence) -> bool {
    world.begin();
    let mut settings_changed = false;
    for call in &sequence.calls {
        let done = succeeded(&perform(world, sequence.person, call).await);
        settings_changed |= done && call.is_of_settings();
    }
    settings_changed
}
