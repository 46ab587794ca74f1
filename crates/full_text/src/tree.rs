//! What is asked, with each distinct term once, and how it is answered for the records of a segment.

use crate::asked::Asked;
use crate::cut::Term;
use crate::list::{List, Next};

/// A condition on terms that are known by number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Has(usize),
    All(Vec<Self>),
    Any(Vec<Self>),
    But(Box<Self>, Box<Self>),
}

impl Node {
    /// Takes the terms out of what is asked. Those that are not among `terms` yet are added.
    pub(crate) fn new(asked: &Asked, terms: &mut Vec<Term>) -> Self {
        let mut all = |parts: &[Asked]| parts.iter().map(|part| Self::new(part, terms)).collect();
        match asked {
            Asked::All(parts) => Self::All(all(parts)),
            Asked::Any(parts) => Self::Any(all(parts)),
            Asked::But(one, other) => {
                Self::But(Box::new(Self::new(one, terms)), Box::new(Self::new(other, terms)))
            }
            Asked::Has(term) => {
                let place = terms.iter().position(|known| known == term);
                Self::Has(place.unwrap_or_else(|| {
                    terms.push(term.clone());
                    terms.len() - 1
                }))
            }
        }
    }

    /// Whether it holds for a record of which is known which terms it has.
    pub(crate) fn holds(&self, has: &[bool]) -> bool {
        match self {
            Self::Has(term) => has.get(*term).copied().unwrap_or_default(),
            Self::All(parts) => parts.iter().all(|part| part.holds(has)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(has)),
            Self::But(one, other) => one.holds(has) && !other.holds(has),
        }
    }

    /// The terms it speaks of, by number.
    pub(crate) fn terms(&self, found: &mut Vec<usize>) {
        match self {
            Self::Has(term) => found.push(*term),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.terms(found)),
            Self::But(one, other) => {
                one.terms(found);
                other.terms(found);
            }
        }
    }

    /// Puts what leaves the fewest records first, for one segment.
    pub(crate) fn arrange(&mut self, lists: &[List]) -> usize {
        match self {
            Self::Has(term) => lists.get(*term).map_or(0, List::size),
            Self::All(parts) => {
                let mut sized: Vec<(usize, Self)> =
                    parts.drain(..).map(|mut part| (part.arrange(lists), part)).collect();
                sized.sort_by_key(|(size, _)| *size);
                let least = sized.first().map_or(usize::MAX, |(size, _)| *size);
                parts.extend(sized.into_iter().map(|(_, part)| part));
                least
            }
            Self::Any(parts) => {
                parts.iter_mut().fold(0, |size, part| size.saturating_add(part.arrange(lists)))
            }
            Self::But(one, other) => {
                other.arrange(lists);
                one.arrange(lists)
            }
        }
    }

    /// The first ordinal from `at` on for which it holds, among `records`. What has to be read for that is noted in
    /// `unread`, each a term and an ordinal.
    pub(crate) fn next(
        &self,
        lists: &mut [List],
        mut at: u32,
        records: u32,
        unread: &mut Vec<(usize, u32)>,
    ) -> Next {
        match self {
            _ if at >= records => Next::End,
            Self::Has(term) => {
                let next = lists.get_mut(*term).map_or(Next::End, |list| list.next(at));
                if next == Next::Unread {
                    unread.push((*term, at));
                }
                next
            }
            Self::All(parts) => {
                // All stand at the same record once none has moved.
                let mut agreed = 0;
                for part in parts.iter().cycle() {
                    if agreed == parts.len() {
                        break;
                    }
                    match part.next(lists, at, records, unread) {
                        Next::At(next) if next == at => agreed += 1,
                        Next::At(next) => (at, agreed) = (next, 1),
                        other => return other,
                    }
                }
                Next::At(at)
            }
            Self::Any(parts) => {
                let mut least = Next::End;
                let mut is_unread = false;
                for part in parts {
                    match (part.next(lists, at, records, unread), least) {
                        (Next::Unread, _) => is_unread = true,
                        (Next::At(next), Next::At(before)) if next >= before => {}
                        (Next::At(next), _) => least = Next::At(next),
                        (Next::End, _) => {}
                    }
                    if least == Next::At(at) {
                        return least;
                    }
                }
                if is_unread { Next::Unread } else { least }
            }
            Self::But(one, other) => loop {
                let next = match one.next(lists, at, records, unread) {
                    Next::At(next) => next,
                    other => return other,
                };
                match other.next(lists, next, records, unread) {
                    Next::At(hidden) if hidden == next => at = next + 1,
                    Next::Unread => return Next::Unread,
                    _ => return Next::At(next),
                }
            },
        }
    }
}
