//! What is measured, what is hoped for, and how both are shown.

use std::fmt::Write as _;
use std::time::Duration;

use clap::ValueEnum;

use crate::group::{Beside, Group, Line};
use crate::load::Figures;
use crate::system::System;
use crate::workload::Workload;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A workload at a number of connections, and the least share of the floor's rate that the server should reach.
#[derive(Clone, Copy)]
pub(crate) struct Point {
    pub workload: Workload,
    pub connections: usize,
    sqlite: Option<f64>,
    postgres: Option<f64>,
}

impl Point {
    pub(crate) fn target(&self, engine: Engine) -> Option<f64> {
        match engine {
            Engine::Sqlite => self.sqlite,
            Engine::Postgres => self.postgres,
        }
    }
}

macro_rules! point {
    ($workload:ident c=$connections:literal) => {
        Point { workload: Workload::$workload, connections: $connections, sqlite: None, postgres: None }
    };
    ($workload:ident c=$connections:literal sqlite $sqlite:literal postgres $postgres:literal) => {
        Point {
            workload: Workload::$workload,
            connections: $connections,
            sqlite: Some($sqlite),
            postgres: Some($postgres),
        }
    };
}

/// In the order of measurement: records must be there to be read, and searches find the same until updates begin.
pub(crate) static POINTS: [Point; 8] = [
    point!(Insert c=4 sqlite 0.80 postgres 0.60),
    point!(Get c=1),
    point!(Get c=8),
    point!(Get c=32 sqlite 0.60 postgres 0.60),
    point!(List c=8 sqlite 0.70 postgres 0.60),
    point!(Search c=8 sqlite 0.70 postgres 0.60),
    point!(Prefix c=8),
    point!(Update c=8 sqlite 0.70 postgres 0.60),
];

/// The most private memory of an idle server.
const IDLE_LIMIT_BYTES: u64 = 60_000_000;

struct Measurement {
    system: String,
    workload: Workload,
    connections: usize,
    figures: Figures,
}

struct Footprint {
    system: String,
    ready_after: Duration,
    idle_bytes: Option<u64>,
    loaded_bytes: Option<u64>,
}

/// All figures of one run.
#[derive(Default)]
pub(crate) struct Report {
    measurements: Vec<Measurement>,
    footprints: Vec<Footprint>,
    misses: u32,
}

impl Report {
    pub(crate) fn record(&mut self, system: &System, point: &Point, figures: Figures) {
        let Point { workload, connections, .. } = *point;
        self.measurements.push(Measurement { system: system.name.clone(), workload, connections, figures });
    }

    /// Notes the memory and the start of a system that has been through every workload.
    pub(crate) fn record_footprint(&mut self, system: &System) {
        self.footprints.push(Footprint {
            system: system.name.clone(),
            ready_after: system.ready_after,
            idle_bytes: system.idle_bytes,
            loaded_bytes: system.anonymous_bytes(),
        });
    }

    /// Whether no target was missed in what has been shown so far.
    pub(crate) fn is_met(&self) -> bool {
        self.misses == 0
    }

    /// One table: a floor and, if they were measured, the server and peers beside it. Counts what was missed.
    pub(crate) fn table(&mut self, group: &Group) -> String {
        let mut text = format!("\n{}; times in µs\n", group.title());
        let columns = "req/s      p50      p99";
        let mut head =
            format!("{:<9}{:>3}  floor {columns}  server {columns}  ratio  target", "workload", "c");
        for peer in &group.peers {
            write!(head, "       {peer} {columns}  ratio").expect("a String takes every byte");
        }
        text += &head;
        text.push('\n');
        for Line { point, floor, server, peers } in group.lines(self) {
            let mut line =
                format!("{:<9}{:>3}  {}", point.workload.name(), point.connections, cells(&floor, 11));
            let mut errors = floor.errors;
            if let Some(Beside { figures, ratio, target, is_missed }) = server {
                let target = target.map_or_else(|| "     -".to_owned(), |target| format!("≥ {target:.2}"));
                let verdict = if is_missed { "MISS" } else { "ok" };
                write!(line, "  {}  {ratio:>5.2}  {target}  {verdict:<4}", cells(&figures, 12))
                    .expect("a String takes every byte");
                self.misses += u32::from(is_missed);
                errors += figures.errors;
            }
            for (figures, ratio) in peers {
                write!(line, " {}  {ratio:>5.2}", cells(&figures, 16)).expect("a String takes every byte");
                errors += figures.errors;
            }
            if errors > 0 {
                write!(line, "  {errors} errors").expect("a String takes every byte");
            }
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// Memory and start of every system.
    pub(crate) fn footprint_table(&mut self) -> String {
        let mut text = format!("\n{:<16} ready after  idle memory  after load\n", "system");
        let megabytes = |bytes: Option<u64>| {
            bytes.map_or("-".to_owned(), |bytes| format!("{:.1} MB", bytes as f64 / 1e6))
        };
        for footprint in &self.footprints {
            let Footprint { system, ready_after, idle_bytes, loaded_bytes } = footprint;
            let (idle, loaded) = (megabytes(*idle_bytes), megabytes(*loaded_bytes));
            write!(text, "{system:<16}{:>9} ms{idle:>13}{loaded:>12}", ready_after.as_millis())
                .expect("a String takes every byte");
            if let (true, Some(idle)) = (system.starts_with("server"), idle_bytes) {
                let is_missed = *idle > IDLE_LIMIT_BYTES;
                self.misses += u32::from(is_missed);
                let verdict = if is_missed { "MISS" } else { "ok" };
                write!(text, "  idle ≤ {} MB  {verdict}", IDLE_LIMIT_BYTES / 1_000_000)
                    .expect("a String takes every byte");
            }
            text.push('\n');
        }
        text
    }

    /// A line for each measurement, tabs between. Memory and start follow as comments.
    pub(crate) fn tsv(&self) -> String {
        let mut text =
            "system\tworkload\tconnections\trequests/s\tp50_us\tp99_us\tbytes/s\terrors\n".to_owned();
        for Measurement { system, workload, connections, figures } in &self.measurements {
            let Figures { requests_per_second, p50_us, p99_us, bytes_per_second, errors } = figures;
            let name = workload.name();
            writeln!(
                text,
                "{system}\t{name}\t{connections}\t{requests_per_second:.1}\t{p50_us}\t{p99_us}\t{bytes_per_second:.0}\t{errors}",
            )
            .expect("a String takes every byte");
        }
        for Footprint { system, ready_after, idle_bytes, loaded_bytes } in &self.footprints {
            let (idle, loaded) = (idle_bytes.unwrap_or_default(), loaded_bytes.unwrap_or_default());
            let ready = ready_after.as_millis();
            writeln!(text, "# {system}\tready_ms {ready}\tidle_bytes {idle}\tloaded_bytes {loaded}")
                .expect("a String takes every byte");
        }
        text
    }

    /// What was measured of a system.
    pub(crate) fn find(&self, system: &str, point: &Point) -> Option<Figures> {
        let is_wanted = |measurement: &&Measurement| {
            measurement.system == system
                && measurement.workload == point.workload
                && measurement.connections == point.connections
        };
        self.measurements.iter().find(is_wanted).map(|measurement| measurement.figures)
    }
}

fn cells(figures: &Figures, width: usize) -> String {
    let Figures { requests_per_second, p50_us, p99_us, .. } = figures;
    format!("{requests_per_second:>width$.0} {p50_us:>8} {p99_us:>8}")
}
