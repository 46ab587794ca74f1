//! Requests with ids put in: who is named where, and the records and things that have to be there for it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use reqwest::Method;
use serde_json::Value;
use tokio::task::JoinSet;

use super::modules::digits;
use super::places::{Case, Content, Mark, split};
use super::things;
use super::world::{Side, Slot, World, unique};

/// How many calls are under way at once.
pub(super) const AT_ONCE: usize = 8;

/// A request as it goes out.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) operation: String,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) external: Option<String>,
    pub(super) content: Content,
}

impl Call {
    pub(super) fn shown(&self) -> String {
        let body = match &self.content {
            Content::Nothing => String::new(),
            Content::Json(text) => format!(" {text}"),
            Content::File(name) => format!(" (file {name})"),
        };
        let external =
            self.external.as_deref().map(|header| format!(" X-EXTERNAL: {header}")).unwrap_or_default();
        format!("{} {}{external}{body}", self.method, self.path)
    }
}

/// A case with one side for its place.
pub(super) struct Trial {
    pub(super) case: usize,
    pub(super) side: Side,
    /// For each mark that is a place, the number of its slot.
    slots: Vec<Option<usize>>,
    /// The slot that is tried.
    pub(super) target: usize,
}

/// Trials and the slots that they name.
pub(super) struct Trials {
    pub(super) trials: Vec<Trial>,
    pub(super) slots: Vec<Slot>,
    /// Members of records, by module.
    members: BTreeMap<String, Value>,
}

/// What a trial asks of its slots before it can be sent.
#[derive(Default)]
struct Plan {
    /// Module, side.
    slots: Vec<(String, Side)>,
    /// Slots of cases that only read are shared.
    shared: HashMap<(String, Side, bool), usize>,
    /// Slot, kind, detail.
    things: Vec<(usize, String, String)>,
}

impl Plan {
    fn slot(&mut self, module: &str, side: Side, is_shared: bool, is_deleted: bool) -> usize {
        let key = (module.to_owned(), side, is_deleted);
        if is_shared && let Some(at) = self.shared.get(&key) {
            return *at;
        }
        self.slots.push((module.to_owned(), side));
        let at = self.slots.len() - 1;
        if is_shared {
            self.shared.insert(key, at);
        }
        at
    }

    fn trial(&mut self, world: &World, number: usize, case: &Case, side: Side) -> Trial {
        let marks = case.marks();
        let is_read = case.is_read();
        let mut slots: Vec<Option<usize>> = Vec::new();
        // What hangs on a record hangs on the one that the request names first.
        let mut first = None;
        for (at, mark) in marks.iter().enumerate() {
            if !mark.is_place(world) {
                slots.push(None);
                continue;
            }
            let side = if at == case.place { side } else { Side::Own };
            let module =
                if mark.is_record(world) && mark.kind != "record" { &mark.kind } else { &case.module };
            let slot = match first {
                Some(first) if mark.is_thing() && at != case.place && mark.kind != "deleted" => first,
                _ => self.slot(module, side, is_read, mark.kind == "deleted"),
            };
            if mark.kind == "record" && first.is_none() {
                first = Some(slot);
            }
            if mark.is_thing() {
                let thing = (slot, mark.kind.clone(), mark.detail.clone());
                if !self.things.contains(&thing) {
                    self.things.push(thing);
                }
            }
            slots.push(Some(slot));
        }
        let target = slots[case.place].expect("a place has a slot");
        Trial { case: number, side, slots, target }
    }
}

impl Trials {
    /// Makes all that the cases name, each with each side.
    pub(super) async fn prepare(world: &Arc<World>, cases: &[Case], sides: &[Side]) -> Self {
        let mut plan = Plan::default();
        let mut trials = Vec::new();
        for (number, case) in cases.iter().enumerate() {
            for side in sides {
                trials.push(plan.trial(world, number, case, *side));
            }
        }
        let mut by_kind: BTreeMap<(String, Side), Vec<usize>> = BTreeMap::new();
        for (at, slot) in plan.slots.iter().enumerate() {
            by_kind.entry(slot.clone()).or_default().push(at);
        }
        let mut slots: Vec<Option<Slot>> = plan.slots.iter().map(|_| None).collect();
        for ((module, side), places) in by_kind {
            let made = world.make(&module, side, places.len(), false).await;
            for (at, slot) in places.into_iter().zip(made) {
                slots[at] = Some(slot);
            }
        }
        let mut slots: Vec<Slot> = slots.into_iter().map(|slot| slot.expect("it was made")).collect();
        let things = hang(world, &slots, plan.things).await;
        for (at, kind, id) in things {
            slots[at].things.insert(kind, id);
        }
        let mut members = BTreeMap::new();
        for module in world.creatable() {
            let needs = world.needs(&module.name, Side::Own).await;
            members.insert(module.name.clone(), Value::Object(module.draft("taken", false, &needs)));
        }
        Self { trials, slots, members }
    }

    /// The request of a trial; `None` where the module does not have what the case is about.
    pub(super) fn call(&self, world: &World, cases: &[Case], trial: &Trial) -> Option<Call> {
        let case = &cases[trial.case];
        let mut at = 0;
        let path = self.fill(world, trial, &case.path, &mut at, true)?;
        let content = match &case.content {
            Content::Json(text) => {
                let text = self.fill(world, trial, text, &mut at, false)?;
                // What is said twice counts as it is said last.
                let body: Value =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
                Content::Json(body.to_string())
            }
            other => other.clone(),
        };
        Some(Call {
            operation: case.operation.clone(),
            method: case.method.clone(),
            path,
            external: case.external.clone(),
            content,
        })
    }

    fn fill(
        &self,
        world: &World,
        trial: &Trial,
        text: &str,
        at: &mut usize,
        is_path: bool,
    ) -> Option<String> {
        let (between, marks) = split(text);
        let mut filled = between[0].clone();
        for (mark, after) in marks.iter().zip(&between[1..]) {
            let value = match trial.slots[*at] {
                Some(slot) => value(world, mark, &self.slots[slot])?,
                None => self.known(world, mark)?,
            };
            filled.push_str(&if is_path { encoded(&value) } else { value });
            filled.push_str(after);
            *at += 1;
        }
        Some(if is_path {
            filled.replace(' ', "%20").replace('"', "%22").replace('{', "%7B").replace('}', "%7D")
        } else {
            filled
        })
    }

    fn known(&self, world: &World, mark: &Mark) -> Option<String> {
        if let Some(module) = mark.kind.strip_prefix("members:") {
            // Some names are held once.
            let members =
                self.members.get(module)?.to_string().replace("taken", &format!("taken {}", world.serial()));
            return Some(members[1..members.len() - 1].to_owned());
        }
        let whole =
            if mark.detail.is_empty() { mark.kind.clone() } else { format!("{}.{}", mark.kind, mark.detail) };
        Some(match whole.as_str() {
            "new" => world.serial(),
            "absent" => world.absent(),
            "me.email" => "actor@example.com".to_owned(),
            "role.own" => world.known.get("north")?.clone(),
            "tag" | "field" => world.known.iter().find(|(name, _)| name.starts_with(&whole))?.1.clone(),
            "unavailability" => world.absent(),
            _ => match world.known.get(&whole) {
                Some(value) => value.clone(),
                None => panic!("tests/access/trials.rs does not know what <{whole}> stands for"),
            },
        })
    }
}

/// What a mark says of a slot.
fn value(world: &World, mark: &Mark, slot: &Slot) -> Option<String> {
    if mark.is_thing() {
        return slot.things.get(&format!("{}.{}", mark.kind, mark.detail)).cloned();
    }
    Some(match mark.detail.as_str() {
        "" => slot.id.clone(),
        "name" => slot.mark(),
        "serial" => slot.serial.clone(),
        "Phone" => digits(&slot.mark()),
        field if field == world.module(&slot.module).name_field() => slot.mark(),
        _ => unique(&slot.serial),
    })
}

fn encoded(value: &str) -> String {
    dealwright_testkit::api::with_params("", &[("", value)])[2..].replace('+', "%20")
}

/// Hangs things on slots, several at once.
async fn hang(
    world: &Arc<World>,
    slots: &[Slot],
    things: Vec<(usize, String, String)>,
) -> Vec<(usize, String, String)> {
    let mut made = Vec::new();
    let mut running = JoinSet::new();
    // What is made for the sides that are there tells what ids of the kind look like.
    for (at, kind, detail) in things {
        if slots[at].side == Side::Absent {
            let id = if kind == "deleted" { slots[at].id.clone() } else { world.absent_thing(&kind) };
            made.push((at, format!("{kind}.{detail}"), id));
            continue;
        }
        if running.len() >= AT_ONCE {
            made.extend(running.join_next().await.and_then(|one| one.expect("a thing is made or not")));
        }
        let (world, slot) = (Arc::clone(world), slots[at].clone());
        running.spawn(async move {
            let id = things::make(&world, &slot, &kind, &detail).await?;
            Some((at, format!("{kind}.{detail}"), id))
        });
    }
    while let Some(one) = running.join_next().await {
        made.extend(one.expect("a thing is made or not"));
    }
    made
}
