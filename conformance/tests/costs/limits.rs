//! The file of limits: what each call may cost on each database.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use dealwright_testkit::Engine;

use crate::calls::CALLS;
use crate::measure::Figures;

/// `lower` writes the figures that fell, `record` also those that rose.
const RECORD: &str = "DEALWRIGHT_TEST_LIMITS";
/// What is added to the bytes that were measured, and how far below their limit they may be, in parts of a hundred: pages of
/// indexes are split a little earlier or later.
const MARGIN: u64 = 2;
const SLACK: u64 = 6;

const HEAD: &str = "\
# What a call may cost, at most. Held by `cargo test --workspace --test costs`; how to read and change it stands in
# docs/CONTRIBUTING.md. A limit rises only in a commit that says why.
#
# statements  run for one call; a batch is one on PostgreSQL, and one for each row on SQLite
# trips       round trips to PostgreSQL that are waited for, one after the other
# rows        that the database gives to the server
# log         bytes in the write-ahead log for each record that is written (PostgreSQL 15)
#
# call                  database   statements   trips    rows     log
";

/// Both databases are measured at once and keep their limits in one file.
static FILE: Mutex<()> = Mutex::new(());

type Row = [Option<u64>; 4];
const NAMES: [&str; 4] = ["statements", "round trips", "rows", "bytes of the log per record"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Check,
    Lower,
    Record,
}

pub(crate) struct Limits {
    database: &'static str,
    mode: Mode,
    stored: BTreeMap<(String, String), Row>,
    changed: BTreeMap<(String, String), Row>,
    complaints: Vec<String>,
}

impl Limits {
    pub(crate) fn read(engine: Engine) -> Self {
        let database = match engine {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        };
        let _guard = FILE.lock().unwrap_or_else(PoisonError::into_inner);
        Self { database, mode: mode(), stored: stored(), changed: BTreeMap::new(), complaints: Vec::new() }
    }

    /// Holds figures against their limits. Where the log `is_comparable` with nothing, its limit stays as it is.
    pub(crate) fn compare(&mut self, call: &str, figures: &Figures, is_comparable: bool) {
        let key = (call.to_owned(), self.database.to_owned());
        let old = self.stored.get(&key).copied().unwrap_or_default();
        let mut new = old;
        let figures = [Some(figures.statements), figures.round_trips, Some(figures.rows), figures.log_bytes];
        for (at, name) in NAMES.into_iter().enumerate() {
            let is_log = at == 3;
            let Some(figure) = figures[at].filter(|_| !is_log || is_comparable) else { continue };
            let (least, wanted) = match old[at] {
                Some(limit) if is_log => (limit * (100 - SLACK) / 100, figure * (100 + MARGIN) / 100),
                Some(limit) => (limit, figure),
                None => (0, if is_log { figure * (100 + MARGIN) / 100 } else { figure }),
            };
            let is_above = old[at].is_none_or(|limit| figure > limit);
            let is_below = figure < least;
            if is_below && self.mode != Mode::Check || is_above && self.mode == Mode::Record {
                new[at] = Some(wanted);
            } else if is_above || is_below {
                let limit = old[at].map_or_else(|| "none".to_owned(), |limit| limit.to_string());
                let way = if is_above { "above" } else { "clearly below" };
                self.complaints
                    .push(format!("{call}, {}: {figure} {name}, {way} the limit of {limit}", self.database));
            }
        }
        if new != old {
            self.changed.insert(key, new);
        }
    }

    /// Writes what is to be written, and fails if a figure was not as it should be.
    pub(crate) fn finish(self) {
        if !self.changed.is_empty() {
            let _guard = FILE.lock().unwrap_or_else(PoisonError::into_inner);
            // Read again: the other database may have written meanwhile.
            let mut all = stored();
            all.extend(self.changed);
            std::fs::write(file(), shown(&all)).expect("the file of limits can be written");
        }
        assert!(
            self.complaints.is_empty(),
            "{}\n\nWhat fell is kept with {RECORD}=lower. What rose costs every user something: {RECORD}=record keeps it, and \
             the commit says why it must be.",
            self.complaints.join("\n")
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn mode() -> Mode {
    match std::env::var(RECORD).as_deref() {
        Err(_) | Ok("") => Mode::Check,
        Ok("lower") => Mode::Lower,
        Ok("record") => Mode::Record,
        Ok(other) => panic!("{RECORD} is {other}, and may be lower or record"),
    }
}

fn file() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/costs/limits.txt"))
}

fn stored() -> BTreeMap<(String, String), Row> {
    let text = std::fs::read_to_string(file()).unwrap_or_default();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(cells.len(), 6, "{line:?} is no line of limits");
            let cell = |at: usize| match cells[at + 2] {
                "-" => None,
                number => Some(number.parse().unwrap_or_else(|_| panic!("{line:?} has no number there"))),
            };
            ((cells[0].to_owned(), cells[1].to_owned()), std::array::from_fn(cell))
        })
        .collect()
}

/// The file, in the order of the calls. Calls that are no more are left out.
fn shown(all: &BTreeMap<(String, String), Row>) -> String {
    let mut text = HEAD.to_owned();
    let cell = |number: Option<u64>| number.map_or_else(|| "-".to_owned(), |number| number.to_string());
    for call in CALLS {
        for database in ["sqlite", "postgres"] {
            let Some(row) = all.get(&(call.name.to_owned(), database.to_owned())) else { continue };
            let [statements, trips, rows, log] = row.map(cell);
            let name = call.name;
            let _infallible =
                writeln!(text, "{name:<24}{database:<11}{statements:>10}{trips:>8}{rows:>8}{log:>8}");
        }
    }
    text
}
