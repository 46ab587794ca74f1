//! The figures of one database, at two sizes, and what is hoped for.

use std::fmt::Write as _;

use crate::load::Figures;
use crate::report::Engine;

/// The questions whose times are compared with each other.
pub(super) const FIRST: &str = "first page";
pub(super) const DEEP: &str = "page at row 90,000, by token";

/// The most that an answer of a page may cost, beside the same statement by hand.
const MOST: f64 = 1.3;
/// The most that a deep page may cost, beside the first one.
const MOST_DEEP: f64 = 1.5;
/// Rows that an answer needs for the first of them to hold.
const ROWS: usize = 200;

/// What one question showed.
pub(super) struct Line {
    pub name: &'static str,
    pub has_target: bool,
    /// Of the longest answer that was looked at
    pub rows: usize,
    pub served: Figures,
    pub by_hand: Option<Beside>,
}

/// The same statements by hand.
pub(super) struct Beside {
    /// Inside the measuring program, which no request ever reaches
    pub within: Figures,
    /// Behind a bare HTTP server
    pub over_http: Figures,
}

impl Line {
    fn ratio(&self) -> Option<f64> {
        self.by_hand.as_ref().map(|hand| self.beside(&hand.within))
    }

    /// The median beside that of others.
    fn beside(&self, others: &Figures) -> f64 {
        f64::from(self.served.p50_us) / f64::from(others.p50_us.max(1))
    }

    fn text(&self) -> String {
        let Figures { p50_us, p99_us, .. } = self.served;
        let mut out = format!("{:<30}{:>6}{p50_us:>9}{p99_us:>9}", self.name, self.rows);
        let Some(hand) = &self.by_hand else { return out };
        for (figures, with_p99) in [(&hand.within, true), (&hand.over_http, false)] {
            let p99 = if with_p99 { format!("{:>10}", figures.p99_us) } else { String::new() };
            let _infallible = write!(out, "{:>10}{p99}{:>7.2}", figures.p50_us, self.beside(figures));
        }
        if self.has_target && self.rows >= ROWS {
            let verdict = if self.is_missed() { "MISS" } else { "ok" };
            let _infallible = write!(out, "  ≤ {MOST:.1} by hand  {verdict}");
        }
        out
    }

    fn is_missed(&self) -> bool {
        self.has_target && self.rows >= ROWS && self.ratio().is_some_and(|ratio| ratio > MOST)
    }
}

/// One database.
pub(super) struct Table {
    engine: Engine,
    sizes: Vec<(u64, Vec<Line>)>,
}

impl Table {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, sizes: Vec::new() }
    }

    /// The figures at one size.
    pub(super) fn add(&mut self, records: u64, lines: Vec<Line>) {
        self.sizes.push((records, lines));
    }

    /// Whether no target was missed at any size.
    pub(super) fn is_met(&self) -> bool {
        self.sizes.iter().all(|(_, lines)| {
            lines.iter().all(|line| !line.is_missed()) && depth(lines).is_none_or(|ratio| ratio < MOST_DEEP)
        })
    }

    /// A table for each size, and one of how times grow.
    pub(super) fn text(&self) -> String {
        let mut out = String::new();
        for (records, lines) in &self.sizes {
            let _infallible = writeln!(
                out,
                "\n{}, {records} deals, one connection; times in µs\n{:<30}{:>6}{:>9}{:>9}{:>10}{:>10}{:>7}{:>10}{:>7}",
                self.engine.name(),
                "",
                "rows",
                "p50",
                "p99",
                "hand p50",
                "hand p99",
                "ratio",
                "over HTTP",
                "ratio"
            );
            for line in lines {
                let _infallible = writeln!(out, "{}", line.text());
            }
            if let Some(ratio) = depth(lines) {
                let verdict = if ratio < MOST_DEEP { "ok" } else { "MISS" };
                let _infallible =
                    writeln!(out, "the deep page beside the first: {ratio:.2}  < {MOST_DEEP:.1}  {verdict}");
            }
        }
        out.push_str(&self.growth());
        out
    }

    /// How the medians grow with the table.
    fn growth(&self) -> String {
        let [(few, small), (many, large)] = self.sizes.as_slice() else { return String::new() };
        let mut out = format!(
            "\n{}, from {few} to {many} deals\n{:<30}{:>10}{:>10}{:>9}{:>9}\n",
            self.engine.name(),
            "p50 in µs",
            "before",
            "after",
            "growth",
            "by hand"
        );
        for line in large {
            let Some(before) = small.iter().find(|one| one.name == line.name) else { continue };
            let grown =
                |before: u32, after: u32| format!("{:.1}x", f64::from(after) / f64::from(before.max(1)));
            let hand = before.by_hand.as_ref().zip(line.by_hand.as_ref());
            let hand = hand
                .map_or("-".to_owned(), |(before, after)| grown(before.within.p50_us, after.within.p50_us));
            let (one, other) = (before.served.p50_us, line.served.p50_us);
            let growth = grown(one, other);
            let _infallible = writeln!(out, "{:<30}{one:>10}{other:>10}{growth:>9}{hand:>9}", line.name);
        }
        out
    }

    pub(super) fn tsv_head() -> String {
        "engine\tdeals\tquestion\trows\tp50_us\tp99_us\thand_p50_us\thand_p99_us\thttp_p50_us\thttp_p99_us\n"
            .to_owned()
    }

    /// A line for each figure, tabs between.
    pub(super) fn tsv(&self) -> String {
        let mut out = String::new();
        for (records, lines) in &self.sizes {
            for Line { name, rows, served, by_hand, .. } in lines {
                let figures = |figures: Option<&Figures>| {
                    figures.map_or("\t".to_owned(), |f| format!("{}\t{}", f.p50_us, f.p99_us))
                };
                let within = figures(by_hand.as_ref().map(|hand| &hand.within));
                let over_http = figures(by_hand.as_ref().map(|hand| &hand.over_http));
                let _infallible = writeln!(
                    out,
                    "{}\t{records}\t{name}\t{rows}\t{}\t{within}\t{over_http}",
                    self.engine.name(),
                    figures(Some(served)),
                );
            }
        }
        out
    }
}

/// The deep page's median beside that of the first one.
fn depth(lines: &[Line]) -> Option<f64> {
    let of = |name: &str| lines.iter().find(|line| line.name == name).map(|line| line.served.p50_us);
    Some(f64::from(of(DEEP)?) / f64::from(of(FIRST)?.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &'static str, rows: usize, served: u32, hand: u32) -> Line {
        let figures = |p50_us| Figures {
            requests_per_second: 1.0,
            p50_us,
            p99_us: p50_us,
            bytes_per_second: 1.0,
            errors: 0,
        };
        let by_hand = Beside { within: figures(hand), over_http: figures(hand) };
        Line { name, has_target: true, rows, served: figures(served), by_hand: Some(by_hand) }
    }

    #[test]
    fn targets_hold_for_whole_pages_and_for_deep_ones() {
        let table = |lines: Vec<Line>| {
            let mut table = Table::new(Engine::Sqlite);
            table.add(10, lines);
            table
        };
        assert!(table(vec![line("list", 200, 130, 100)]).is_met());
        assert!(!table(vec![line("list", 200, 131, 100)]).is_met());
        assert!(table(vec![line("list", 199, 900, 100)]).is_met());
        let deep = table(vec![line(FIRST, 200, 100, 100), line(DEEP, 200, 150, 150)]);
        assert!(!deep.is_met() && deep.text().contains("1.50  < 1.5  MISS"));
    }
}
