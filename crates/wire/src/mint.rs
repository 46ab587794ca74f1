//! Making ids: 19 digits, rising with time, unique across the nodes of one installation. The numbers of people are
//! shorter, so that programs which read them as JavaScript's numbers read them exactly.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Id;
use crate::clock::Clock;

/// 2015-01-01T00:00:00Z in milliseconds; ids count from here.
const START_MS: i64 = 1_420_070_400_000;
/// Below the milliseconds: 8 bits of node, 14 bits of sequence.
const NODE_SHIFT: u32 = 14;
const TIME_SHIFT: u32 = 22;
/// The same for numbers of people, which have 53 bits: 41 of milliseconds, 8 of node, 4 of sequence.
const SHORT_NODE_SHIFT: u32 = 4;
const SHORT_TIME_SHIFT: u32 = 12;
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
        self.block(1)
    }

    /// The first of `count` ids in a row; the others follow by one each.
    pub fn block(&self, count: u16) -> Id {
        let count = i64::from(count.max(1));
        let floor = match &self.0.source {
            Source::Seed => 0,
            Source::Clock { clock, node } => {
                ((clock.now_ms() - START_MS).max(1) << TIME_SHIFT) | (i64::from(*node) << NODE_SHIFT)
            }
        };
        let last = self
            .0
            .last
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some((last + 1).max(floor) + count - 1));
        let last = last.unwrap_or_else(|same| same);
        Id::new((last + 1).max(floor)).expect("ids start above zero and only rise")
    }

    /// The next number of a person: above every one made before, and below 2^53.
    pub fn next_short(&self) -> Id {
        let floor = match &self.0.source {
            Source::Seed => 0,
            Source::Clock { clock, node } => {
                let time = ((clock.now_ms() - START_MS).max(1) << SHORT_TIME_SHIFT) % SHORT_END;
                time | (i64::from(*node) << SHORT_NODE_SHIFT)
            }
        };
        let next = |last: i64| Some((last + 1).max(floor));
        let last = self.0.last_short.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        let last = last.unwrap_or_else(|same| same);
        Id::new((last + 1).max(floor)).expect("numbers of people start above zero and only rise")
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
        let first = mint.block(100);
        let second = mint.next();
        assert_eq!(second.get(), first.get() + 100);
        assert_eq!(first.to_string().len(), 19);
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
    fn a_seed_gives_the_same_ids_again() {
        assert_eq!(Mint::seeded(7).next(), Mint::seeded(7).next());
        let mint = Mint::seeded(7);
        let id = mint.next();
        let restarted = Mint::seeded(7);
        restarted.skip_past(id);
        assert!(restarted.next() > id);
    }
}
