//! Every operation × every place for an id × {out of reach, to be read only, not there}: what is out of reach is answered
//! byte for byte like what is not there, and neither it nor what can only be read is changed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::Pin;
use std::sync::Arc;

use dealwright_testkit::{Answer, Api, on_both};
use tokio::task::JoinSet;

use super::bodies::{self, Entry};
use super::operations::{self, Listed};
use super::places::{self, Case, Content};
use super::things::{normal, picture, without_numbers};
use super::trials::{AT_ONCE, Call, Trials};
use super::world::{Side, Slot, World};

/// How calls get to the server.
pub(super) trait Way: Send + Sync {
    fn call<'a>(
        &'a self,
        world: &'a World,
        call: &'a Call,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;
}

/// The caller's own calls, over HTTP.
pub(super) struct Straight;

impl Way for Straight {
    fn call<'a>(
        &'a self,
        world: &'a World,
        call: &'a Call,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        Box::pin(send(&world.actor.api, call))
    }
}

/// Sends a call with somebody's token.
pub(super) async fn send(api: &Api, call: &Call) -> Answer {
    let api = call.external.as_ref().map_or_else(|| api.clone(), |field| api.header("x-external", field));
    match &call.content {
        Content::Nothing => api.send(call.method.clone(), &call.path, Vec::new()).await,
        Content::Json(text) => api.send(call.method.clone(), &call.path, text.clone().into_bytes()).await,
        Content::File(name) => api.upload(&call.path, "file", name, b"\x89PNG\r\n\x1a\n taken").await,
    }
}

/// Sends calls with somebody's token, several at once.
pub(super) async fn send_all(api: &Api, calls: Vec<Call>) -> Vec<(Call, Answer)> {
    let mut running = JoinSet::new();
    let mut answers = Vec::new();
    for call in calls {
        if running.len() >= AT_ONCE {
            answers.extend(running.join_next().await.map(|one| one.expect("a call is answered")));
        }
        let api = api.clone();
        running.spawn(async move {
            let answer = send(&api, &call).await;
            (call, answer)
        });
    }
    while let Some(one) = running.join_next().await {
        answers.push(one.expect("a call is answered"));
    }
    answers
}

/// What the matrix found.
#[derive(Default)]
pub(super) struct Report {
    pub(super) operations: usize,
    pub(super) cases: usize,
    pub(super) calls: usize,
    /// Operations that never succeed, not even with what is the caller's own: their entries may be out of date.
    pub(super) idle: Vec<String>,
    /// By kind: what was called and what came of it.
    pub(super) findings: BTreeMap<&'static str, Vec<String>>,
}

impl Report {
    fn add(&mut self, kind: &'static str, text: String) {
        self.findings.entry(kind).or_default().push(text);
    }

    /// Everything that was found, for a failing test.
    pub(super) fn text(&self) -> String {
        let mut text =
            format!("{} operations, {} places, {} calls\n", self.operations, self.cases, self.calls);
        if !self.idle.is_empty() {
            text.push_str(&format!(
                "never successful with what is the caller's own: {}\n",
                self.idle.join(" ")
            ));
        }
        for (kind, found) in &self.findings {
            text.push_str(&format!("\n## {kind}: {}\n", found.len()));
            for one in found {
                text.push_str(&format!("- {one}\n"));
            }
        }
        text
    }
}

/// Whether a case is part of the short form. All are of the long one.
pub(super) fn is_short(case: &Case) -> bool {
    // The same cases each time, some of every operation.
    let sum =
        case.shown().bytes().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
    sum % 8 == 0
}

/// All cases are tried, not only some of each operation.
#[expect(clippy::disallowed_methods, reason = "a run by hand may be longer")]
pub(super) fn is_long() -> bool {
    std::env::var_os("DEALWRIGHT_TEST_ACCESS").is_some_and(|form| form == "long")
}

/// Operations whose cases show nothing, because they are refused whatever is named.
fn idle(cases: &[Case], trials: &Trials, answers: &HashMap<usize, Answer>) -> Vec<String> {
    let mut idle: BTreeSet<&str> = cases.iter().map(|case| case.operation.as_str()).collect();
    for (number, trial) in trials.trials.iter().enumerate() {
        let is_good = |answer: &Answer| answer.status < 300 && answer.status != 204;
        if trial.side == Side::Own && answers.get(&number).is_some_and(is_good) {
            idle.remove(cases[trial.case].operation.as_str());
        }
    }
    idle.into_iter().map(str::to_owned).collect()
}

/// The cases of the form that runs: all of them, or some of each operation.
pub(super) fn chosen(cases: Vec<Case>) -> Vec<Case> {
    if is_long() {
        return cases;
    }
    let mut seen = BTreeSet::new();
    cases.into_iter().filter(|case| seen.insert(case.operation.clone()) || is_short(case)).collect()
}

/// Makes all calls and compares.
pub(super) async fn run(
    world: &Arc<World>,
    way: Arc<dyn Way>,
    listed: &[Listed],
    bodies: &[&Entry],
    keep: impl Fn(&Case) -> bool,
) -> Report {
    let (cases, missing) = places::cases(world, listed, bodies);
    let mut report = Report::default();
    for message in missing {
        report.add("nothing written down for it", message);
    }
    let cases: Vec<Case> = chosen(cases).into_iter().filter(|case| keep(case)).collect();
    report.operations = cases.iter().map(|case| case.operation.as_str()).collect::<BTreeSet<_>>().len();
    report.cases = cases.len();
    let mut sides = vec![Side::Far, Side::Absent, Side::Seen];
    if is_long() {
        sides.push(Side::Own);
    }
    let trials = Trials::prepare(world, &cases, &sides).await;
    let mut answers: HashMap<usize, Answer> = HashMap::new();
    for reads in [true, false] {
        let mut calls = Vec::new();
        for (number, trial) in trials.trials.iter().enumerate() {
            if cases[trial.case].is_read() == reads
                && let Some(call) = trials.call(world, &cases, trial)
            {
                calls.push((number, call));
            }
        }
        report.calls += calls.len();
        answers.extend(make(world, &way, calls).await);
    }
    if is_long() {
        report.idle = idle(&cases, &trials, &answers);
    }
    compare(world, &cases, &trials, &answers, &mut report);
    unchanged(world, &cases, &trials, &answers, &mut report).await;
    report
}

async fn make(world: &Arc<World>, way: &Arc<dyn Way>, calls: Vec<(usize, Call)>) -> Vec<(usize, Answer)> {
    let mut running = JoinSet::new();
    let mut answers = Vec::new();
    for (number, call) in calls {
        if running.len() >= AT_ONCE {
            answers.extend(running.join_next().await.map(|one| one.expect("a call is answered")));
        }
        let (world, way) = (Arc::clone(world), Arc::clone(way));
        running.spawn(async move { (number, way.call(&world, &call).await) });
    }
    while let Some(one) = running.join_next().await {
        answers.push(one.expect("a call is answered"));
    }
    answers
}

/// Answers for what is out of reach against those for what is not there.
fn compare(
    world: &World,
    cases: &[Case],
    trials: &Trials,
    answers: &HashMap<usize, Answer>,
    report: &mut Report,
) {
    let mut by_case: BTreeMap<usize, BTreeMap<Side, usize>> = BTreeMap::new();
    for (number, trial) in trials.trials.iter().enumerate() {
        by_case.entry(trial.case).or_default().insert(trial.side, number);
    }
    for (case, sides) in by_case {
        let case = &cases[case];
        for number in sides.values() {
            if let Some(answer) = answers.get(number)
                && answer.status >= 500
                && answer.status != 501
            {
                let side = trials.trials[*number].side;
                report.add(
                    "fault of ours",
                    format!("{side:?} {}: {} {}", case.shown(), answer.status, answer.text),
                );
            }
        }
        let (Some(far), Some(absent)) = (answers.get(&sides[&Side::Far]), answers.get(&sides[&Side::Absent]))
        else {
            continue;
        };
        let slot = |side: Side| &trials.slots[trials.trials[sides[&side]].target];
        if case.marks()[case.place].is_value() && is_unique(world, case) {
            let slot = slot(Side::Far);
            if far.text.contains(&slot.id)
                || far.text.contains(&world.beside.id)
                || far.text.contains("SUCCESS")
            {
                report.add(
                    "a value out of reach is told about",
                    format!("{}\n  {} {}", case.shown(), far.status, far.text),
                );
            }
            continue;
        }
        let (one, other) = (told(world, slot(Side::Far), far), told(world, slot(Side::Absent), absent));
        if one != other {
            let call = trials
                .call(world, cases, &trials.trials[sides[&Side::Far]])
                .map(|call| call.shown())
                .unwrap_or_default();
            let text = format!(
                "{}\n  call: {call}\n  far:    {}\n  absent: {}",
                case.shown(),
                short(&one),
                short(&other)
            );
            report.add("told apart from what is not there", text);
        }
    }
}

/// The place is a value that only one record may hold.
fn is_unique(world: &World, case: &Case) -> bool {
    let mark = &case.marks()[case.place];
    let module = if mark.kind == "record" { &case.module } else { &mark.kind };
    mark.is_alone && world.module(module).unique_fields().contains(&mark.detail)
}

/// Status, headers and text of an answer as they are compared.
fn told(world: &World, slot: &Slot, answer: &Answer) -> String {
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id", "content-length"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()))
        .collect();
    headers.sort();
    normal(world, &format!("{} {}\n{}", answer.status, answer.text, headers.join("\n")), slot)
}

fn short(text: &str) -> String {
    text.chars().take(400).collect::<String>().replace('\n', " | ")
}

/// What was tried looks like what was not.
async fn unchanged(
    world: &Arc<World>,
    cases: &[Case],
    trials: &Trials,
    answers: &HashMap<usize, Answer>,
    report: &mut Report,
) {
    let mut references: HashMap<String, String> = HashMap::new();
    let mut running = JoinSet::new();
    let mut seen = Vec::new();
    for (number, trial) in trials.trials.iter().enumerate() {
        let is_there = matches!(trial.side, Side::Far | Side::Seen);
        if !is_there || cases[trial.case].is_read() || !answers.contains_key(&number) {
            continue;
        }
        let slot = trials.slots[trial.target].clone();
        let kind = format!("{} {:?} {:?}", slot.module, slot.side, slot.things.keys().collect::<Vec<_>>());
        if !references.contains_key(&kind) {
            references.insert(kind.clone(), reference(world, &slot).await);
        }
        if running.len() >= AT_ONCE {
            seen.extend(running.join_next().await.map(|one| one.expect("records can be read")));
        }
        let world = Arc::clone(world);
        running.spawn(async move { (number, kind, told_picture(&world, &slot).await) });
    }
    while let Some(one) = running.join_next().await {
        seen.push(one.expect("records can be read"));
    }
    seen.sort_by_key(|(number, ..)| *number);
    for (number, kind, picture) in seen {
        let before = &references[&kind];
        if *before != picture {
            let trial = &trials.trials[number];
            let answer = &answers[&number];
            let call = trials.call(world, cases, trial).map(|call| call.shown()).unwrap_or_default();
            let text = format!(
                "{:?} {}\n  call: {call}\n  answer: {} {}\n  {}",
                trial.side,
                cases[trial.case].shown(),
                answer.status,
                short(&answer.text),
                difference(before, &picture)
            );
            let kind = if trial.side == Side::Far {
                "out of reach and changed"
            } else {
                "to be read only and changed"
            };
            report.add(kind, text);
        }
    }
}

/// The picture of a record like this one that nobody has tried.
async fn reference(world: &Arc<World>, slot: &Slot) -> String {
    let mut other = world.make(&slot.module, slot.side, 1, false).await.remove(0);
    for kind in slot.things.keys() {
        let (name, detail) = kind.split_once('.').expect("kinds have a dot");
        let id = super::things::make(world, &other, name, detail).await.expect("it was made before");
        other.things.insert(kind.clone(), id);
    }
    told_picture(world, &other).await
}

async fn told_picture(world: &World, slot: &Slot) -> String {
    without_numbers(&normal(world, &picture(world, slot).await, slot))
}

/// Where two texts part.
fn difference(before: &str, after: &str) -> String {
    for (one, other) in before.lines().zip(after.lines()) {
        if one != other {
            let at = one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count().saturating_sub(60);
            let cut = |line: &str| line.chars().skip(at).take(240).collect::<String>();
            let what: String = one.chars().take(60).collect();
            return format!("in {what}\n    was {}\n    is  {}", cut(one), cut(other));
        }
    }
    "something is missing".to_owned()
}

on_both! {
    async fn what_is_out_of_reach_is_as_if_it_were_not_there(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let report = run(&world, Arc::new(Straight), &operations::served(), &bodies::all().iter().collect::<Vec<_>>(), |_| true).await;
        println!("{}", report.text());
        assert!(report.findings.is_empty(), "{}", report.text());
    }
}
