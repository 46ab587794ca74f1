//! Which records of an upsert are written together. Records are written as if one after the other; those that can tell
//! nothing of each other are a wave, and the rest waits for the next one.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::Id;

use crate::records::draft::{Draft, PendingBy};
use crate::records::holders::{Holders, compared};
use crate::records::outcome::Upserted;
use crate::records::resolve;

/// A record of the request, and what it has to do with stored ones before its wave is written.
pub(super) struct Record {
    /// Its place in the request.
    pub at: usize,
    pub draft: Draft,
    /// What it says in the fields that are checked.
    values: Vec<Said>,
    /// The stored record that it changes.
    found: Option<Found>,
    /// Stored records that have one of its values, by which it may be found or refused, and the one it names.
    known: Vec<Id>,
    /// Other records of the module that it points to.
    points_to: Vec<Id>,
    /// What it means may depend on any record before it, and that of any record behind it on this one.
    is_alone: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Said {
    Nothing,
    Empty,
    Value(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    id: Id,
    /// Place of the field, among those that are checked, by which it was found; `None` where the request names the record.
    by: Option<usize>,
}

impl Record {
    pub(super) fn new(
        at: usize,
        draft: Draft,
        module: &ModuleDef,
        checks: &[usize],
        holders: &Holders,
    ) -> Self {
        let values: Vec<Said> = checks
            .iter()
            .map(|&at| match &draft.cells[at] {
                None => Said::Nothing,
                Some(Cell::Null) => Said::Empty,
                Some(cell) => Said::Value(compared(&module.fields()[at], cell)),
            })
            .collect();
        let mut found = draft.id.map(|id| Found { id, by: None });
        let mut known: Vec<Id> = draft.id.into_iter().collect();
        for (place, (&field, said)) in checks.iter().zip(&values).enumerate() {
            let Said::Value(value) = said else { continue };
            let Some(ends) = holders.of(field, value) else { continue };
            known.extend([ends.oldest, ends.newest]);
            found = found.or(Some(Found { id: ends.oldest, by: Some(place) }));
        }
        let of_module = || resolve::references(&draft).filter(|pending| pending.target == module.id);
        let points_to = of_module().filter_map(|pending| match pending.by {
            PendingBy::Id(id) => Some(id),
            _ => None,
        });
        let points_to: Vec<Id> = points_to.collect();
        // A name may be that of a record before it, or make one that a later record is found to be. A default is what
        // records before it may have been given.
        let is_alone = of_module().count() > points_to.len()
            || checks.iter().zip(&values).any(|(&at, said)| is_default(module, at, said));
        Self { at, draft, values, found, known, points_to, is_alone }
    }

    /// True for a record that becomes a new one.
    pub(super) fn is_new(&self) -> bool {
        self.found.is_none()
    }

    /// The draft, with the id of the record that it changes, its place in the request, and what the answer says of it.
    pub(super) fn into_parts(mut self, module: &ModuleDef, checks: &[usize]) -> (usize, Draft, Upserted) {
        let action = if self.is_new() { "insert" } else { "update" };
        let by = self.found.and_then(|found| found.by).and_then(|place| checks.get(place));
        let duplicate_field = by.map(|&at| module.fields()[at].api_name.clone());
        self.draft.id = self.found.map(|found| found.id);
        (self.at, self.draft, Upserted { action, duplicate_field })
    }

    /// True when one of them may change what becomes of the other.
    fn meets(&self, other: &Self) -> bool {
        let is_shared = |(one, other): (&Said, &Said)| matches!(one, Said::Value(_)) && one == other;
        self.is_alone
            || other.is_alone
            || self.values.iter().zip(&other.values).any(is_shared)
            || self.known.iter().any(|id| other.known.contains(id) || other.points_to.contains(id))
            || self.points_to.iter().any(|id| other.known.contains(id))
    }

    /// True when both change the same record, and the later one is found by the same field whatever this one does: an
    /// update of many writes what is named twice one after the other.
    fn leaves_found(&self, later: &Self) -> bool {
        let (Some(own), Some(found)) = (self.found, later.found) else { return false };
        if own.id != found.id || self.is_alone || later.is_alone {
            return false;
        }
        let Some(by) = found.by else { return true };
        let mut earlier_checks = self.values[..by].iter().zip(&later.values);
        !earlier_checks.any(|(own, later)| matches!(own, Said::Value(_)) && own == later)
            && (self.values[by] == Said::Nothing || self.values[by] == later.values[by])
    }
}

/// True for the value that new records get which say none.
fn is_default(module: &ModuleDef, at: usize, said: &Said) -> bool {
    let field = &module.fields()[at];
    let default = field.default_value.as_ref().and_then(serde_json::Value::as_str);
    default.is_some_and(|text| *said == Said::Value(compared(field, &Cell::from(text.to_owned()))))
}

/// The next wave, which is never empty, and what waits for those behind it. Both keep their order.
pub(super) fn next(records: Vec<Record>) -> (Vec<Record>, Vec<Record>) {
    let (mut wave, mut rest): (Vec<Record>, Vec<Record>) = (Vec::new(), Vec::new());
    for record in records {
        // Before those that wait only new records are written, which no stored record has to do with: one that waits
        // may be found to be any other than it seems now.
        let may_pass = rest.is_empty() || (record.is_new() && record.known.is_empty());
        let goes_on = may_pass
            && wave
                .iter()
                .chain(&rest)
                .all(|earlier| !earlier.meets(&record) || (rest.is_empty() && earlier.leaves_found(&record)));
        if goes_on { wave.push(record) } else { rest.push(record) }
    }
    (wave, rest)
}
