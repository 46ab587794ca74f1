//! How often queries ask for the values of a field, counted in memory.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use dealwright_schema::ModuleDef;
use dealwright_wire::{Id, Instant};

/// Uses within [`DAY`] that are worth an index. A person who tries a few searches stays below it; a program that asks
/// every few minutes, or some people who work with a list, do not.
const OFTEN: u32 = 200;
/// Seconds in which uses are counted together.
const DAY: i64 = 24 * 3600;

/// The counts of an open org, by module and field. They start anew with the server, which costs no more than a day.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<HashMap<(Id, Id), Count>>);

#[derive(Debug)]
struct Count {
    since: Instant,
    uses: u32,
}

impl Uses {
    /// Counts a test of a field that an index on it can serve. Whether it has one is asked later, once and not with each
    /// query.
    pub(crate) fn note(&self, module: Id, field: Id, now: Instant) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((module, field)).or_insert(Count { since: now, uses: 0 });
        // What was asked for often once stays so until somebody has looked.
        if count.uses < OFTEN && now.0 - count.since.0 > DAY {
            *count = Count { since: now, uses: 0 };
        }
        count.uses = count.uses.saturating_add(1);
    }

    /// Counts a list in the order of a column.
    pub(crate) fn note_order(&self, module: &ModuleDef, column: &str, now: Instant) {
        if let Some(field) = module.fields().iter().find(|field| field.column.as_deref() == Some(column)) {
            self.note(module.id, field.id, now);
        }
    }

    /// The fields that were asked for often, whose counts start anew; most often first.
    pub(crate) fn take_often(&self) -> Vec<(Id, Id)> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let often = counts.extract_if(|_, count| count.uses >= OFTEN);
        let mut often: Vec<_> = often.map(|(key, count)| (count.uses, key)).collect();
        often.sort_unstable_by_key(|(uses, key)| (std::cmp::Reverse(*uses), *key));
        often.into_iter().map(|(_, key)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_800_000_000;

    fn id(number: i64) -> Id {
        Id::new(number).unwrap()
    }

    #[test]
    fn only_what_is_asked_for_often_within_a_day_is_worth_it() {
        let uses = Uses::default();
        for at in 0..OFTEN {
            uses.note(id(1), id(2), Instant(START + i64::from(at)));
            // As many, but over more than a day.
            uses.note(id(1), id(3), Instant(START + i64::from(at) * (DAY / 100)));
        }
        assert_eq!(uses.take_often(), [(id(1), id(2))]);
        assert!(uses.take_often().is_empty(), "counting starts anew");
    }

    #[test]
    fn what_was_asked_for_often_is_kept_until_it_is_taken_and_the_most_asked_for_comes_first() {
        let uses = Uses::default();
        for _ in 0..OFTEN {
            uses.note(id(1), id(2), Instant(START));
            uses.note(id(1), id(3), Instant(START));
        }
        uses.note(id(1), id(3), Instant(START + 3 * DAY));
        assert_eq!(uses.take_often(), [(id(1), id(3)), (id(1), id(2))]);
    }
}
