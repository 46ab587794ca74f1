//! The tables of a run in Markdown, and the page that keeps those of many runs, the newest first.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use dealwright_wire::{Instant, Zone};

use crate::group::{Beside, Group, Line};
use crate::report::{Engine, Report};

/// Where the page says that its runs begin.
const RUNS: &str = "<!-- runs, the newest first -->\n";
/// Runs with fewer records, or less time for each point, are no measure.
const ENOUGH: Run = Run { records: 100_000, seconds: 5.0 };

/// How a run was made.
#[derive(Clone, Copy)]
pub(crate) struct Run {
    pub records: u64,
    pub seconds: f64,
}

impl Run {
    fn is_small(self) -> bool {
        self.records < ENOUGH.records || self.seconds < ENOUGH.seconds
    }
}

/// The run as a section of the page.
pub(crate) fn section(report: &Report, groups: &[Group], run: Run) -> String {
    let mut text = format!("## {}, {}\n\n", today(), commit());
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let small = if run.is_small() { " A small run: its ratios say little." } else { "" };
    let Run { records, seconds } = run;
    writeln!(text, "{records} records, {seconds} s for each point, {cores} cores.{small}")
        .expect("a String takes every byte");
    for group in groups.iter().filter(|group| group.server.is_some()) {
        text.push('\n');
        text += &table(&group.lines(report), group);
    }
    text
}

/// Puts a section above the older ones. An empty one changes nothing, and tells before a run whether the page takes one.
pub(crate) fn keep(path: &Path, section: &str) -> Result<()> {
    let page = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let longer = with_section(&page, section)
        .with_context(|| format!("{} has no line {}", path.display(), RUNS.trim_end()))?;
    if section.is_empty() {
        return Ok(());
    }
    std::fs::write(path, longer).with_context(|| format!("writing {}", path.display()))
}

/// `None` for a page that does not say where its runs begin.
fn with_section(page: &str, section: &str) -> Option<String> {
    let (head, older) = page.split_once(RUNS)?;
    let older = older.trim_start_matches('\n');
    let between = if older.is_empty() { "" } else { "\n" };
    Some(format!("{head}{RUNS}\n{section}{between}{older}"))
}

fn table(lines: &[Line], group: &Group) -> String {
    let engine = match group.engine {
        Some(Engine::Postgres) => "PostgreSQL",
        Some(Engine::Sqlite) => "SQLite",
        None => "no database",
    };
    let mut head = format!("| {engine} | connections | floor | server | p50 | p99 | ratio | target |");
    let mut rule = "|---|--:|--:|--:|--:|--:|--:|--:|".to_owned();
    for peer in &group.peers {
        write!(head, " {peer} | server / {peer} |").expect("a String takes every byte");
        rule += "--:|--:|";
    }
    let mut text = format!("{head}\n{rule}\n");
    for Line { point, floor, server, peers } in lines {
        let Some(Beside { figures, ratio, target, is_missed }) = server else { continue };
        let target = target.map_or_else(|| "-".to_owned(), |target| format!("≥ {target:.2}"));
        let missed = if *is_missed { " missed" } else { "" };
        write!(
            text,
            "| {} | {} | {:.0} | {:.0} | {} | {} | {ratio:.2} | {target}{missed} |",
            point.workload.name(),
            point.connections,
            floor.requests_per_second,
            figures.requests_per_second,
            figures.p50_us,
            figures.p99_us,
        )
        .expect("a String takes every byte");
        for (figures, ratio) in peers {
            write!(text, " {:.0} | {ratio:.1} |", figures.requests_per_second)
                .expect("a String takes every byte");
        }
        text.push('\n');
    }
    text
}

#[expect(clippy::disallowed_methods, reason = "a run of the benchmark has the date of the machine")]
fn today() -> String {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let text = Instant(since.as_secs().cast_signed()).text(&Zone::UTC);
    text.chars().take("2027-01-15".len()).collect()
}

/// The commit that is checked out here, and whether files differ from it.
fn commit() -> String {
    let described =
        Command::new("git").args(["describe", "--always", "--abbrev=9", "--dirty=, changed"]).output();
    match described {
        Ok(output) if output.status.success() => {
            format!("commit {}", String::from_utf8_lossy(&output.stdout).trim())
        }
        _ => "unknown commit".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_run_comes_first() {
        let empty = format!("# Performance\n\n{RUNS}");
        let one = with_section(&empty, "## one\n").expect("the page says where");
        assert_eq!(one, format!("{empty}\n## one\n"));
        let two = with_section(&one, "## two\n").expect("the page says where");
        assert_eq!(two, format!("{empty}\n## two\n\n## one\n"));
        assert_eq!(with_section("# Another page\n", "## one\n"), None);
    }
}
