//! The segments of a module as one search sees them: newer ones hide what older ones know of the same records.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::found::Found;
use crate::head::Head;

/// The segments of a module, the newest first, with what is hidden in each. It never changes; it is kept as long as the
/// list of segments in the database is the same.
#[derive(Debug, Clone, Default)]
pub struct Stack {
    segments: Vec<Opened>,
}

#[derive(Debug, Clone)]
struct Opened {
    number: i64,
    head: Arc<Head>,
    /// Records that a newer segment knows, and those without terms. `None` where there are none.
    hidden: Option<Arc<Found>>,
}

impl Stack {
    /// Puts segments on each other: their numbers, which are never used again, and heads, the newest rank first.
    pub fn new(segments: impl IntoIterator<Item = (i64, Arc<Head>)>) -> Self {
        Self::default().followed_by(segments)
    }

    /// The stack of another list of segments. What is known of segments that are in both is used again, so after a
    /// filling this takes as long as the new segment is large.
    #[must_use]
    pub fn followed_by(&self, segments: impl IntoIterator<Item = (i64, Arc<Head>)>) -> Self {
        let mut next: Vec<Opened> = Vec::new();
        for (number, head) in segments {
            let old = self.segments.iter().position(|old| old.number == number && old.head == head);
            let mut hidden = Hidden::new(&head, old.and_then(|old| self.segments[old].hidden.clone()));
            if old.is_none() {
                for ordinal in &head.empty {
                    hidden.add(*ordinal);
                }
            }
            let before = old.map_or(&[][..], |old| &self.segments[..old]);
            for newer in next.iter().filter(|newer| !before.iter().any(|old| old.number == newer.number)) {
                each_shared(&newer.head.ids, &head.ids, |ordinal| hidden.add(ordinal));
            }
            let hidden = hidden.found;
            next.push(Opened { number, head, hidden });
        }
        Self { segments: next }
    }

    /// How many segments there are.
    pub fn len(&self) -> usize {
        self.segments.len()
    }

    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The number of a segment.
    pub fn number(&self, segment: usize) -> Option<i64> {
        self.segments.get(segment).map(|opened| opened.number)
    }

    /// The head of a segment, for whoever joins it.
    pub fn shared_head(&self, segment: usize) -> Option<Arc<Head>> {
        self.segments.get(segment).map(|opened| Arc::clone(&opened.head))
    }

    pub(crate) fn heads(&self) -> impl Iterator<Item = &Head> {
        self.segments.iter().map(|opened| &*opened.head)
    }

    pub(crate) fn head(&self, segment: usize) -> Option<&Head> {
        self.segments.get(segment).map(|opened| &*opened.head)
    }

    pub(crate) fn is_hidden(&self, segment: usize, ordinal: u32) -> bool {
        let hidden = self.segments.get(segment).and_then(|opened| opened.hidden.as_ref());
        hidden.is_some_and(|hidden| hidden.has(ordinal))
    }
}

/// The bits of what is hidden, made when there is something.
struct Hidden {
    records: u32,
    found: Option<Arc<Found>>,
}

impl Hidden {
    fn new(head: &Head, found: Option<Arc<Found>>) -> Self {
        Self { records: head.ids.len() as u32, found }
    }

    fn add(&mut self, ordinal: u32) {
        let records = self.records;
        Arc::make_mut(self.found.get_or_insert_with(|| Arc::new(Found::bits(records)))).add(ordinal);
    }
}

/// Ordinals within `older` of the ids that both have. Both go from the highest id down.
fn each_shared(newer: &[i64], older: &[i64], mut each: impl FnMut(u32)) {
    let (mut new, mut old) = (0, 0);
    while let (Some(one), Some(other)) = (newer.get(new), older.get(old)) {
        match one.cmp(other) {
            Ordering::Greater => new = leap(newer, new, *other),
            Ordering::Less => old = leap(older, old, *one),
            Ordering::Equal => {
                each(old as u32);
                new += 1;
                old += 1;
            }
        }
    }
}

/// The first place from `from` on whose id is not above `id`; long ways cost little more than short ones.
pub(crate) fn leap(ids: &[i64], from: usize, id: i64) -> usize {
    let rest = ids.get(from..).unwrap_or_default();
    let mut step = 1;
    while rest.get(step).is_some_and(|one| *one > id) {
        step *= 2;
    }
    let within = &rest[(step / 2).min(rest.len())..rest.len().min(step + 1)];
    from + step / 2 + within.partition_point(|one| *one > id)
}
