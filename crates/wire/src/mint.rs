//! Making ids: 19 digits, rising with time, unique across the nodes of one installation.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::Id;
use crate::clock::Clock;

/// 2015-01-01T00:00:00Z in milliseconds; ids count from here.
const START_MS: i64 = 1_420_070_400_000;
/// Below the milliseconds: 8 bits of node, 14 bits of sequence.
const NODE_SHIFT: u32 = 14;
const TIME_SHIFT: u32 = 22;
/// Ids of a seeded server start here, plus the seed times [`SEED_STEP`].
const SEED_START: i64 = 5_000_000_000_000_000_000;
const SEED_STEP: i64 = 1_000_000_000_000;

/// Makes ids. Cheap to clone; clones share one sequence.
#[derive(Debug, Clone)]
pub struct Mint(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    last: AtomicI64,
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
        Self(Arc::new(Inner { last: AtomicI64::new(0), source: Source::Clock { clock, node } }))
    }

    /// The same ids in the same order for the same seed, whatever the time.
    pub fn seeded(seed: u32) -> Self {
        let last = SEED_START + i64::from(seed) % 4_000_000 * SEED_STEP;
        Self(Arc::new(Inner { last: AtomicI64::new(last), source: Source::Seed }))
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

    /// Never again at or below `id`: called with the highest stored id when a server starts.
    pub fn skip_past(&self, id: Id) {
        self.0.last.fetch_max(id.get(), Ordering::SeqCst);
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
    fn a_seed_gives_the_same_ids_again() {
        assert_eq!(Mint::seeded(7).next(), Mint::seeded(7).next());
        let mint = Mint::seeded(7);
        let id = mint.next();
        let restarted = Mint::seeded(7);
        restarted.skip_past(id);
        assert!(restarted.next() > id);
    }
}
