//! The other half of a search: records that were written and are not in a segment yet are judged by their text.

use crate::asked::Asked;
use crate::cut::{RecordText, Room, Term};
use crate::search::Hit;
use crate::tree::Node;

/// Judges records by their text.
#[derive(Debug, Clone)]
pub struct Matcher {
    terms: Vec<Term>,
    tiers: Vec<Node>,
    room: Room,
    has: Vec<bool>,
}

impl Matcher {
    /// One that knows groups as [`tiers`](crate::tiers) gives them, or a single condition.
    pub fn new(tiers: &[Asked]) -> Self {
        let mut terms = Vec::new();
        let tiers = tiers.iter().map(|tier| Node::new(tier, &mut terms)).collect();
        Self { has: vec![false; terms.len()], terms, tiers, room: Room::default() }
    }

    /// The first of the groups that a record with this text belongs to. A record without any term belongs to none.
    pub fn tier(&mut self, text: &RecordText) -> Option<usize> {
        let Self { terms, has, room, tiers } = self;
        has.fill(false);
        let mut is_empty = true;
        room.each(text, |kind, term| {
            is_empty = false;
            for (asked, has) in terms.iter().zip(&mut *has) {
                let Some((wanted, rest)) = asked.text.as_bytes().split_first() else {
                    *has |= asked.is_prefix;
                    continue;
                };
                *has |= *wanted == kind
                    && if asked.is_prefix {
                        term.as_bytes().starts_with(rest)
                    } else {
                        term.as_bytes() == rest
                    };
            }
        });
        if is_empty { None } else { tiers.iter().position(|tier| tier.holds(has)) }
    }
}

/// Records that were judged by their text. What segments say of them does not count.
#[derive(Debug, Clone, Default)]
pub struct Noted {
    pub(crate) ids: Vec<i64>,
    pub(crate) hits: Vec<Hit>,
}

impl Noted {
    /// Notes a record and the group it belongs to: `None` when it is not found, or is gone.
    pub fn add(&mut self, id: i64, tier: Option<usize>) {
        self.ids.push(id);
        self.hits.extend(tier.map(|tier| Hit { tier, id }));
    }

    /// Puts everything in the order of results.
    pub(crate) fn settle(&mut self) {
        self.ids.sort_unstable_by(|one, other| other.cmp(one));
        self.ids.dedup();
        self.hits.sort_unstable();
        self.hits.dedup();
    }
}
