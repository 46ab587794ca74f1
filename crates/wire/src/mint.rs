//! Making ids: 19 digits, rising with time, unique across the nodes of one installation. The numbers of people are
//! shorter, so that programs which read them as JavaScript's numbers read them exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Id;
use crate::clock::Clock;

/// 2015-01-01T00:00:00Z in milliseconds; ids count from here.
const START_MS: i64 = 1_420_070_400_000;
/// Below the milliseconds: 8 bits of node, 14 bits of sequence.
const LONG: Parts = Parts { sequence: 14, end: i64::MAX };
/// The same for numbers of people, which have 53 bits: 41 of milliseconds, 8 of node, 4 of sequence.
const SHORT: Parts = Parts { sequence: 4, end: SHORT_END };
/// Bits of the node.
const NODE_BITS: u32 = 8;
/// The most ids that come in a row: those of one node in one millisecond.
const LARGEST_BLOCK: usize = 1 << LONG.sequence;
/// The first number that JavaScript cannot tell from its neighbours.
const SHORT_END: i64 = 1 << 53;
/// Ids of a seeded server start here, plus the seed times [`SEED_STEP`].
const SEED_START: i64 = 5_000_000_000_000_000_000;
const SEED_STEP: i64 = 1_000_000_000_000;
const SHORT_SEED_START: i64 = 5_000_000_000_000;
const SHORT_SEED_STEP: i64 = 1_000_000;

/// Makes ids. Cheap to clone; clones share one sequence.
#[derive(Debug, Clone)]
pub struct Mint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    last: AtomicI64,
    last_short: AtomicI64,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Clock { clock: Clock, node: u8 },
    Seed,
}

/// Where in a number its parts are.
struct Parts {
    /// Bits of the sequence, the lowest. Those of the node are above, then the milliseconds.
    sequence: u32,
    /// Numbers stay below.
    end: i64,
}

/// The lowest id that may be made now, and whose range it is in.
enum Start {
    /// No ranges: one sequence.
    Seed,
    Node {
        floor: i64,
        sequence: u32,
    },
}

impl Source {
    fn start(&self, parts: &Parts) -> Start {
        match self {
            Self::Seed => Start::Seed,
            Self::Clock { clock, node } => {
                let time = ((clock.now_ms() - START_MS).max(1) << (parts.sequence + NODE_BITS)) % parts.end;
                Start::Node { floor: time | (i64::from(*node) << parts.sequence), sequence: parts.sequence }
            }
        }
    }
}

impl Start {
    /// The first of `count` numbers above `last`, all in the range of the node.
    ///
    /// With a clock that stands still or was set back, numbers go on from the last one. What the node has in a
    /// millisecond is used up in the end, or the last one is of another node: then they go on in its next millisecond.
    fn after(&self, last: i64, count: i64) -> i64 {
        match self {
            Self::Seed => last + 1,
            Self::Node { floor, sequence } => {
                let next = (last + 1).max(*floor);
                let (step, size) = (1_i64 << (sequence + NODE_BITS), 1_i64 << sequence);
                let of_node = (next & !(step - 1)) | (floor & (step - 1));
                if next <= of_node {
                    of_node
                } else if next + count <= of_node + size {
                    next
                } else {
                    of_node + step
                }
            }
        }
    }
}

/// Moves `last` past `count` numbers and gives the first of them.
fn take(last: &AtomicI64, start: &Start, count: i64) -> Id {
    let advance = |last: i64| Some(start.after(last, count) + count - 1);
    let before = last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, advance).unwrap_or_else(|same| same);
    Id::new(start.after(before, count)).expect("ids start above zero and only rise")
}

impl Mint {
    /// Ids from the clock.
    pub fn new(clock: Clock, node: u8) -> Self {
        let (last, last_short) = (AtomicI64::new(0), AtomicI64::new(0));
        Self(Arc::new(Inner { last, last_short, source: Source::Clock { clock, node } }))
    }

    /// The same ids in the same order for the same seed, whatever the time.
    pub fn seeded(seed: u32) -> Self {
        let seed = i64::from(seed) % 4_000_000;
        let last = AtomicI64::new(SEED_START + seed * SEED_STEP);
        let last_short = AtomicI64::new(SHORT_SEED_START + seed * SHORT_SEED_STEP);
        Self(Arc::new(Inner { last, last_short, source: Source::Seed }))
    }

    /// The next id: above every id made before.
    pub fn next(&self) -> Id {
        take(&self.0.last, &self.0.source.start(&LONG), 1)
    }

    /// `count` ids, each above those before it: in a row as far as a millisecond of the node reaches.
    pub fn ids(&self, count: usize) -> impl Iterator<Item = Id> {
        let start = self.0.source.start(&LONG);
        let blocks =
            (0..count).step_by(LARGEST_BLOCK).map(move |done| (count - done).min(LARGEST_BLOCK) as i64);
        let taken: Vec<(Id, i64)> = blocks.map(|size| (take(&self.0.last, &start, size), size)).collect();
        taken.into_iter().flat_map(|(first, size)| {
            (0..size).map(move |more| Id::new(first.get() + more).expect("above the first of its block"))
        })
    }

    /// The next number of a person: above every one made before, and below 2^53.
    pub fn next_short(&self) -> Id {
        take(&self.0.last_short, &self.0.source.start(&SHORT), 1)
    }

    /// Never again at or below `id`: called with the highest stored id when a server starts.
    pub fn skip_past(&self, id: Id) {
        let last = if id.get() < SHORT_END { &self.0.last_short } else { &self.0.last };
        last.fetch_max(id.get(), Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Instant;

    #[test]
    fn ids_rise_have_nineteen_digits_and_blocks_do_not_overlap() {
        let mint = Mint::new(Clock::manual(Instant(1_795_000_000)), 3);
        let block: Vec<Id> = mint.ids(100).collect();
        assert!(block.windows(2).all(|pair| pair[1].get() == pair[0].get() + 1));
        assert_eq!(mint.next().get(), block[0].get() + 100);
        assert_eq!(block[0].to_string().len(), 19);
    }

    #[test]
    fn numbers_of_people_rise_and_javascript_reads_them() {
        for mint in [Mint::new(Clock::manual(Instant(3_500_000_000)), 255), Mint::seeded(3_999_999)] {
            let first = mint.next_short();
            let second = mint.next_short();
            assert!(first < second && second.get() < 1 << 53, "{second}");
            mint.skip_past(Id::new(second.get() + 10).unwrap());
            assert!(mint.next_short().get() > second.get() + 10);
        }
    }

    #[test]
    fn ids_stay_in_the_range_of_their_node() {
        let node = |id: Id| (id.get() >> LONG.sequence) & 0xff;
        let clock = Clock::manual(Instant(1_795_000_000));
        let mint = Mint::new(clock.clone(), 3);
        // With a clock that stands still, far more than a millisecond has.
        let mut last = 0;
        for count in std::iter::repeat_n(100, 1_000).chain([40_000]) {
            for id in mint.ids(count) {
                assert!(node(id) == 3 && id.get() > last, "{id} behind {last}");
                last = id.get();
            }
        }
        // Behind ids of nodes below and above, from a clock that was ahead.
        for other in [0_u8, 2, 4, 255] {
            let ahead = Mint::new(Clock::manual(Instant(1_795_000_000 + i64::from(other))), other)
                .ids(50)
                .last()
                .unwrap();
            mint.skip_past(ahead);
            let next = mint.next();
            assert!(node(next) == 3 && next > ahead, "{next} behind {ahead}");
        }
        let short = |id: Id| (id.get() >> SHORT.sequence) & 0xff;
        for _ in 0..100 {
            assert_eq!(short(mint.next_short()), 3);
        }
    }

    #[test]
    fn a_seed_gives_the_same_ids_again() {
        assert_eq!(Mint::seeded(7).next(), Mint::seeded(7).next());
        let mint = Mint::seeded(7);
        let id = mint.next();
        let restarted = Mint::seeded(7);
        restarted.skip_past(id);
        assert!(restarted.next() > id);
    }
}
