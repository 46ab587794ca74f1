//! Calls that somebody makes who wants more than they have.
//!
//! - [`Call`]: one call, with places of the world where ids will stand
//! - [`Caller`]: who makes them, and what they know
//! - [`records`], [`conversion`], [`around`], [`settings`]: the calls; [`registry`]: those that have no recipe here

mod around;
mod conversion;
mod records;
mod registry;
mod settings;

use reqwest::Method;
use serde_json::{Value, json};

use super::kinds::KINDS;
use super::world::{PEOPLE, RECORDS, World};
use crate::model::Random;

/// A call, with places of the world where ids will stand.
#[derive(Clone)]
pub(super) struct Call {
    pub(super) version: &'static str,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Value,
}

impl Call {
    fn new(method: Method, path: String, body: Value) -> Self {
        Self { version: "v8", method, path, body }
    }

    fn post(path: String, body: Value) -> Self {
        Self::new(Method::POST, path, body)
    }

    fn put(path: String, body: Value) -> Self {
        Self::new(Method::PUT, path, body)
    }

    fn delete(path: String) -> Self {
        Self::new(Method::DELETE, path, Value::Null)
    }

    /// True for calls that can change what people are.
    pub(super) fn is_of_settings(&self) -> bool {
        self.path.starts_with("settings/") || self.path.starts_with("users")
    }
}

impl std::fmt::Display for Call {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} /crm/{}/{}", self.method, self.version, self.path)?;
        if self.body.is_null() { Ok(()) } else { write!(f, " {}", self.body) }
    }
}

/// Who makes calls, and what they know.
pub(super) struct Caller<'w> {
    pub(super) world: &'w World,
    /// Their place among the people.
    pub(super) person: usize,
    /// The world's records by how far the caller gets with them: nothing, read, write, everything.
    pub(super) by_level: [Vec<(&'static str, usize)>; 4],
    /// Permissions of the settings that the caller has.
    pub(super) settings: Vec<String>,
}

type Recipe = fn(&Caller<'_>, &mut Random) -> Call;

/// How often each kind of call is made.
const RECIPES: &[(usize, &[Recipe])] =
    &[(8, records::ALL), (3, conversion::ALL), (8, around::ALL), (2, &[registry::any])];

impl Caller<'_> {
    /// The next call.
    pub(super) fn call(&self, random: &mut Random) -> Call {
        let of_settings = if self.settings.is_empty() { 20 } else { 3 };
        let recipes: &[Recipe] = if random.once_in(of_settings) {
            settings::ALL
        } else {
            let total: usize = RECIPES.iter().map(|(weight, _)| weight).sum();
            let mut at = random.below(total);
            let found = RECIPES.iter().find(|(weight, _)| {
                let is_it = at < *weight;
                at = at.saturating_sub(*weight);
                is_it
            });
            found.map_or(records::ALL, |(_, recipes)| *recipes)
        };
        let mut call = random.pick(recipes)(self, random);
        if random.once_in(8) {
            call.version = *random.pick(&["v2", "v3", "v4", "v6", "v7"]);
        }
        call
    }

    /// A module, and the place of one of its records: any, one within some reach, or one that the caller has just made.
    fn record(&self, random: &mut Random) -> (&'static str, String) {
        let known = &self.by_level[match random.below(10) {
            0..=3 => 3,
            4..=5 => 2,
            6 => 1,
            _ => 0,
        }];
        if known.is_empty() {
            let module = random.pick(KINDS).module;
            return (module, self.place(module, random));
        }
        let (module, place) = *random.pick(known);
        (module, format!("<{module}.{place}>"))
    }

    /// The place of some record of that module.
    fn place(&self, module: &str, random: &mut Random) -> String {
        let number = random.below(RECORDS);
        if random.once_in(5) {
            return format!("<{module}.new.{number}>");
        }
        let own: Vec<usize> = if random.once_in(2) {
            self.by_level[3].iter().filter(|(name, _)| *name == module).map(|(_, place)| *place).collect()
        } else {
            Vec::new()
        };
        let place = if own.is_empty() { number } else { *random.pick(&own) };
        format!("<{module}.{place}>")
    }

    /// A user: often the caller.
    fn user(&self, random: &mut Random) -> String {
        if random.once_in(2) { self.me() } else { format!("<user.{}>", random.below(PEOPLE + 1)) }
    }

    fn me(&self) -> String {
        format!("<user.{}>", self.person)
    }

    /// Some setting of that kind.
    fn setting(&self, kind: &str, random: &mut Random) -> String {
        format!("<{kind}.{}>", random.below(self.world.count(kind).max(1)))
    }

    /// A value that points to a record, by id or by name.
    fn pointer(&self, target: &str, random: &mut Random) -> Value {
        if random.once_in(4) {
            return json!({"name": super::kinds::label(target, random.below(RECORDS))});
        }
        let place = self.place(target, random);
        if random.once_in(4) { json!(place) } else { json!({"id": place}) }
    }
}
