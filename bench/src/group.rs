//! Systems that were measured in turns, one beside the other.

use crate::load::Figures;
use crate::report::{Engine, POINTS, Point, Report};

/// Systems that were measured in turns, by their names.
#[derive(Default)]
pub(crate) struct Group {
    /// `None` without a database
    pub engine: Option<Engine>,
    pub floor: String,
    pub server: Option<String>,
    pub peers: Vec<String>,
}

impl Group {
    pub(crate) fn title(&self) -> &'static str {
        self.engine.map_or("no database", Engine::name)
    }

    /// What was measured of a group, in the order of measurement.
    pub(crate) fn lines(&self, report: &Report) -> Vec<Line> {
        let line = |point: &'static Point| {
            let floor = report.find(&self.floor, point)?;
            let server = self.server.as_deref().and_then(|server| report.find(server, point));
            let beside = |figures: Figures| {
                let ratio = figures.requests_per_second / floor.requests_per_second;
                let target = self.engine.and_then(|engine| point.target(engine));
                let is_missed =
                    target.is_some_and(|target| ratio < target) || figures.errors + floor.errors > 0;
                Beside { figures, ratio, target, is_missed }
            };
            let of_peer = |peer: &String| {
                let figures = report.find(peer, point)?;
                Some((figures, server?.requests_per_second / figures.requests_per_second))
            };
            let peers = self.peers.iter().filter_map(of_peer).collect();
            Some(Line { point, floor, server: server.map(beside), peers })
        };
        POINTS.iter().filter_map(line).collect()
    }
}

/// A point, as the systems of a group went through it.
pub(crate) struct Line {
    pub point: &'static Point,
    pub floor: Figures,
    pub server: Option<Beside>,
    /// With the server's rate as a multiple of the peer's
    pub peers: Vec<(Figures, f64)>,
}

/// The server beside the floor.
pub(crate) struct Beside {
    pub figures: Figures,
    /// Its share of the floor's rate
    pub ratio: f64,
    pub target: Option<f64>,
    pub is_missed: bool,
}
