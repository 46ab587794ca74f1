//! What calls cost, in figures that no machine's mood can change: statements, round trips, rows, and bytes of the
//! write-ahead log, each against its limit in `limits.txt`.
//!
//! - [`calls`]: the table of calls, and what of the registry is not in it
//! - [`world`]: the org they are made in; [`deals`]: its records
//! - [`measure`]: a call made often enough to be sure; [`log`]: how much the write-ahead log grew
//! - [`limits`]: the file of limits
//!
//! A process of its own: on PostgreSQL the log is one for the whole cluster, and other tests write too.

mod calls;
mod deals;
mod limits;
mod log;
mod measure;
mod world;

use std::collections::BTreeSet;

use dealwright_server::ops::operations;
use dealwright_testkit::Engine;

use calls::{CALLS, NOT_MEASURED};
use limits::Limits;
use world::World;

#[test]
fn a_call_costs_no_more_than_its_limit_on_sqlite() {
    hold(Engine::Sqlite);
}

#[test]
fn a_call_costs_no_more_than_its_limit_on_postgres() {
    hold(Engine::Postgres);
}

/// Each call has a world of its own: how full pages and how long lists of changes are depends on what was called before.
fn hold(engine: Engine) {
    let mut limits = Limits::read(engine);
    for call in CALLS {
        let limits = &mut limits;
        dealwright_testkit::run(engine, |server| async move {
            let mut world = World::new(server).await;
            let figures = measure::figures(&mut world, call).await;
            limits.compare(call.name, &figures, world.log.is_comparable());
            if measure::is_shown(call.name) {
                measure::show(&mut world, call).await;
            }
        });
    }
    limits.finish();
}

#[test]
fn every_operation_on_records_is_measured_or_says_why_not() {
    let is_on_records = |id: &str| ["records.", "convert.", "coql."].iter().any(|area| id.starts_with(area));
    let served = operations().filter(|operation| operation.is_served() && is_on_records(operation.id));
    let served: BTreeSet<&str> = served.map(|operation| operation.id).collect();
    let measured: BTreeSet<&str> = CALLS.iter().map(|call| call.operation).collect();
    let excused: BTreeSet<&str> = NOT_MEASURED.iter().map(|(operation, _)| *operation).collect();
    let known: BTreeSet<&str> = measured.union(&excused).copied().collect();
    assert_eq!(known, served, "costs/calls.rs on the left, the registry on the right");
    assert!(measured.is_disjoint(&excused), "measured, and said not to be");
}
