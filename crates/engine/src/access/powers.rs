//! What everybody has in one state of the metadata, so that two states can be compared: whose records they answer
//! for or are let into, who they are to shares, their territories, and what locks leave open to them.
//!
//! Nothing here depends on how public a module is today: who is let into what is compared as it was set up, so that it
//! holds as well for modules that are made private later.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use dealwright_wire::Id;
use serde_json::Value;

use super::locking;
use super::principals::{self, DEPTH, Member, RULES, stand_in};
use super::scope::Level;
use crate::documents::kind;
use crate::documents::{Role, Setting, User};
use crate::snapshot::Snapshot;

/// Everybody of two states, each at the same place in both: the users, and for each role somebody who may come to
/// have it. Roles without users count because they will not stay empty.
pub(super) struct Crowd {
    ids: Vec<Id>,
    places: HashMap<Id, usize>,
}

impl Crowd {
    pub(super) fn of(states: [&Snapshot; 2]) -> Self {
        let mut crowd = Self { ids: Vec::new(), places: HashMap::new() };
        for snapshot in states {
            let users = snapshot.users.iter().map(|user| user.id);
            let roles = snapshot.roles.iter().map(|role| role.id);
            for id in users.chain(roles).chain([anybody(snapshot)]) {
                crowd.places.entry(id).or_insert_with(|| {
                    crowd.ids.push(id);
                    crowd.ids.len() - 1
                });
            }
        }
        crowd
    }

    pub(super) fn place(&self, id: Id) -> Option<usize> {
        self.places.get(&id).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }
}

/// Stands for whoever may come in a role that is not there yet.
fn anybody(snapshot: &Snapshot) -> Id {
    snapshot.details.id
}

/// Some of a crowd, by their places.
#[derive(Debug, Clone, Default)]
pub(super) struct Places(Vec<u64>);

impl Places {
    pub(super) fn add(&mut self, place: usize) {
        let word = place / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (place % 64);
    }

    pub(super) fn has(&self, place: usize) -> bool {
        self.0.get(place / 64).is_some_and(|word| word & (1 << (place % 64)) != 0)
    }

    fn add_all(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, more) in self.0.iter_mut().zip(&other.0) {
            *word |= more;
        }
    }

    /// True when somebody of `among` is here and neither in `before` nor in `covered`.
    pub(super) fn exceeds(&self, before: &Self, covered: &Self, among: &Self) -> bool {
        let word = |set: &Self, at: usize| set.0.get(at).copied().unwrap_or_default();
        let gained =
            |(at, now): (usize, &u64)| now & !word(before, at) & !word(covered, at) & word(among, at);
        self.0.iter().enumerate().map(gained).any(|left| left != 0)
    }
}

/// A sharing rule in force.
struct Rule<'s> {
    module: &'s str,
    level: Level,
    from: Places,
    to: Places,
}

/// One state of the metadata, seen from everybody.
pub(super) struct Powers<'s> {
    pub(super) snapshot: &'s Snapshot,
    /// By place; `None` for who is not there, or not any more.
    people: Vec<Option<Arc<User>>>,
    /// Users who are there, deleted ones among them: their records stay theirs.
    owners: Places,
    /// Whose records those in a role answer for.
    under: HashMap<Id, Places>,
    rules: Vec<Rule<'s>>,
}

impl<'s> Powers<'s> {
    pub(super) fn of(snapshot: &'s Snapshot, crowd: &Crowd) -> Self {
        let users = snapshot.users.iter().cloned();
        let roles = snapshot.roles.iter().map(|role| Arc::new(stand_in(role.id)));
        let mut people = vec![None; crowd.len()];
        let mut owners = Places::default();
        let mut in_role: HashMap<Id, Places> = HashMap::new();
        for user in users.chain(roles).chain([Arc::new(stand_in(anybody(snapshot)))]) {
            let Some(place) = crowd.place(user.id) else { continue };
            owners.add(place);
            in_role.entry(user.role).or_default().add(place);
            people[place] = Some(user);
        }
        let under = snapshot.roles.iter().map(|role| (role.id, under(snapshot, role, &in_role))).collect();
        let mut powers = Self { snapshot, people, owners, under, rules: Vec::new() };
        let active = snapshot.settings(RULES).filter(|rule| rule.str("status") == "active");
        powers.rules = active.filter_map(|rule| powers.rule(rule)).collect();
        powers
    }

    /// The user, or somebody of the role, at a place. Deleted users have nothing.
    pub(super) fn person(&self, place: usize) -> Option<&Arc<User>> {
        self.people.get(place)?.as_ref().filter(|user| !user.is_deleted())
    }

    /// Everybody who can own records.
    pub(super) fn owners(&self) -> &Places {
        &self.owners
    }

    /// Modules that rules are about.
    pub(super) fn modules(&self) -> BTreeSet<&'s str> {
        self.rules.iter().map(|rule| rule.module).collect()
    }

    /// Whose records somebody reaches at that level: their own, those they answer for, and in a module those that rules
    /// let them into.
    pub(super) fn reach(&self, place: usize, module: Option<&str>, level: Level) -> Places {
        let mut reached = Places::default();
        let Some(user) = self.person(place) else { return reached };
        reached.add(place);
        if let Some(under) = self.under.get(&user.role) {
            reached.add_all(under);
        }
        let fit = |rule: &&Rule<'_>| Some(rule.module) == module && rule.level >= level;
        for rule in self.rules.iter().filter(fit).filter(|rule| rule.to.has(place)) {
            reached.add_all(&rule.from);
        }
        reached
    }

    /// Who somebody is to shares, and their territories.
    pub(super) fn member(&self, place: usize) -> Option<Member> {
        self.person(place).map(|user| Member::of(self.snapshot, user))
    }

    fn rule(&self, rule: &'s Setting) -> Option<Rule<'s>> {
        let (from, to) = (rule.keys.get("shared_from")?, rule.keys.get("shared_to")?);
        let has = |side: &Value| {
            let mut found = Places::default();
            for (place, user) in self.people.iter().enumerate() {
                let user = user.as_ref();
                if user.is_some_and(|user| principals::side_has(self.snapshot, side, "resource", user, DEPTH))
                {
                    found.add(place);
                }
            }
            found
        };
        let (from, mut to) = (has(from), has(to));
        if rule.keys.get("superiors_allowed").and_then(Value::as_bool).unwrap_or(false) {
            to.add_all(&self.superiors(&to));
        }
        let level = if rule.str("permission_type") == "read" { Level::Read } else { Level::Full };
        Some(Rule { module: rule.str("module"), level, from, to })
    }

    /// Those in roles above some people's.
    fn superiors(&self, some: &Places) -> Places {
        let people = || self.people.iter().enumerate().filter_map(|(at, user)| Some((at, user.as_ref()?)));
        let mut above: BTreeSet<Id> = BTreeSet::new();
        let roles: BTreeSet<Id> =
            people().filter(|(at, _)| some.has(*at)).map(|(_, user)| user.role).collect();
        for role in roles {
            let superior = |role: &Id| self.snapshot.role(*role).and_then(|role| role.reporting_to);
            above.extend(std::iter::successors(superior(&role), superior).take(self.snapshot.roles.len()));
        }
        let mut found = Places::default();
        people().filter(|(_, user)| above.contains(&user.role)).for_each(|(at, _)| found.add(at));
        found
    }
}

/// Whose records those in a role answer for besides their own.
fn under(snapshot: &Snapshot, role: &Role, in_role: &HashMap<Id, Places>) -> Places {
    let mut found = Places::default();
    for (other, people) in in_role {
        if snapshot.is_below(*other, role.id) || (*other == role.id && role.share_with_peers) {
            found.add_all(people);
        }
    }
    found
}

/// What locks leave open to a profile, by module; `*` for everything.
pub(super) fn unlocked(snapshot: &Snapshot, profile: Id) -> BTreeSet<(String, String)> {
    let open = |configuration: &Setting| {
        let module = configuration.str("module").to_owned();
        locking::left_open(configuration, profile).into_iter().map(move |what| (module.clone(), what))
    };
    snapshot.settings(kind::LOCKING).flat_map(open).collect()
}
