//! A call, made often enough to be sure of what it costs.

use std::fmt::Write as _;

use dealwright_store::costs::{Ran, Spent};
use dealwright_testkit::Engine;

use crate::calls::Call;
use crate::world::World;

/// Calls before the measured ones: every connection of the pool, and each of those that reads share, prepares the
/// statements once.
const WARM_UP: u64 = 12;
/// Calls that are measured. The log is that of all of them, so that pages of indexes that are split now and then have their
/// share; of all else the median is taken, which a job beside the requests does not move.
const ROUNDS: usize = 9;
/// Calls whose statements are shown: the name, or a part of it, or `all`.
const SHOW: &str = "DEALWRIGHT_TEST_STATEMENTS";

/// What one call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Figures {
    pub statements: u64,
    /// Only on PostgreSQL.
    pub round_trips: Option<u64>,
    /// Rows that the database gave.
    pub rows: u64,
    /// Bytes in the write-ahead log for each record that is written.
    pub log_bytes: Option<u64>,
}

pub(crate) async fn figures(world: &mut World, call: &Call) -> Figures {
    for _ in 0..WARM_UP {
        once(world, call).await;
    }
    let org = world.server.state.orgs.all().remove(0);
    world.log.catch_up(&org).await;
    let mut spent = Vec::with_capacity(ROUNDS);
    let mut log_bytes: i64 = 0;
    for _ in 0..ROUNDS {
        let (one, bytes) = once(world, call).await;
        spent.push(one);
        log_bytes += bytes;
    }
    let median = |figure: fn(&Spent) -> u64| {
        let mut all: Vec<u64> = spent.iter().map(figure).collect();
        all.sort_unstable();
        all[ROUNDS / 2]
    };
    assert_eq!(median(|one| one.prepared), 0, "{}: the text of its statements varies", call.name);
    log_bytes += world.log.catch_up(&org).await;
    Figures {
        statements: median(|one| one.statements),
        round_trips: (world.server.engine() == Engine::Postgres).then(|| median(|one| one.round_trips)),
        rows: median(|one| one.rows),
        log_bytes: call.is_write.then(|| log_bytes.cast_unsigned().div_ceil(call.records * ROUNDS as u64)),
    }
}

/// Makes the call once, and gives what was counted meanwhile, and the bytes that the log grew.
async fn once(world: &mut World, call: &Call) -> (Spent, i64) {
    world.round += 1;
    let request = (call.request)(world).await;
    let org = world.server.state.orgs.all().remove(0);
    let begin = world.log.begin().await;
    let earlier = org.store.costs().spent();
    let body = request.body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    let answer = world.api.send(request.method, &request.path, body).await;
    let spent = org.store.costs().spent().since(earlier);
    let end = world.log.end().await;
    assert!(matches!(answer.status, 200 | 201), "{}: {} {}", call.name, answer.status, answer.text);
    let count = answer.rows().len() as u64;
    assert!(count == call.records || !call.is_write, "{}: {count} records, {}", call.name, answer.text);
    (spent, end - begin)
}

#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
pub(crate) fn is_shown(name: &str) -> bool {
    std::env::var(SHOW).is_ok_and(|wanted| wanted == "all" || (!wanted.is_empty() && name.contains(&wanted)))
}

/// Prints the statements of one more call.
#[expect(clippy::print_stdout, reason = "statements for whoever asks for them")]
pub(crate) async fn show(world: &mut World, call: &Call) {
    let org = world.server.state.orgs.all().remove(0);
    world.round += 1;
    let request = (call.request)(world).await;
    org.store.costs().list();
    let body = request.body.map(|body| body.to_string().into_bytes()).unwrap_or_default();
    world.api.send(request.method, &request.path, body).await;
    let mut text = format!("\n{} on {:?}\n  times   rows  changed\n", call.name, world.server.engine());
    for Ran { text: statement, times, rows, changed } in together(org.store.costs().listed()) {
        let statement = statement.split_whitespace().collect::<Vec<_>>().join(" ");
        let _infallible = writeln!(text, "{times:>7}{rows:>7}{changed:>9}  {statement}");
    }
    println!("{text}");
}

/// Statements that follow themselves, as one.
fn together(list: Vec<Ran>) -> Vec<Ran> {
    let mut all: Vec<Ran> = Vec::new();
    for ran in list {
        match all.last_mut() {
            Some(last) if last.text == ran.text => {
                last.times += ran.times;
                last.rows += ran.rows;
                last.changed += ran.changed;
            }
            _ => all.push(ran),
        }
    }
    all
}
