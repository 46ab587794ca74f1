//! Ordinals that were read so far: listed where they are few, otherwise a bit for each record of the segment.

/// A set of ordinals that grows.
#[derive(Debug, Clone)]
pub(crate) enum Found {
    /// In order, without repetition, once [`Found::settle`] was called.
    Listed {
        list: Vec<u32>,
        hint: usize,
    },
    Bits(Vec<u64>),
}

impl Found {
    pub(crate) fn listed() -> Self {
        Self::Listed { list: Vec::new(), hint: 0 }
    }

    pub(crate) fn bits(records: u32) -> Self {
        Self::Bits(vec![0; records.div_ceil(64) as usize])
    }

    /// Adds an ordinal, which is below the number of records.
    pub(crate) fn add(&mut self, ordinal: u32) {
        match self {
            Self::Listed { list, .. } => list.push(ordinal),
            Self::Bits(words) => {
                if let Some(word) = words.get_mut(ordinal as usize / 64) {
                    *word |= 1 << (ordinal % 64);
                }
            }
        }
    }

    /// Puts what was added in order.
    pub(crate) fn settle(&mut self) {
        if let Self::Listed { list, .. } = self {
            if !list.is_sorted() {
                list.sort_unstable();
            }
            list.dedup();
        }
    }

    /// The first ordinal that is not below `at`.
    pub(crate) fn from(&mut self, at: u32) -> Option<u32> {
        match self {
            Self::Listed { list, hint } => {
                // Searches go forward, mostly by a step.
                if hint.checked_sub(1).is_some_and(|before| list.get(before).is_none_or(|one| *one >= at)) {
                    *hint = 0;
                }
                let rest = list.get(*hint..).unwrap_or_default();
                if rest.first().is_some_and(|first| *first < at) {
                    let mut step = 1;
                    while rest.get(step).is_some_and(|one| *one < at) {
                        step *= 2;
                    }
                    let within = &rest[step / 2..rest.len().min(step + 1)];
                    *hint += step / 2 + within.partition_point(|one| *one < at);
                }
                list.get(*hint).copied()
            }
            Self::Bits(words) => {
                let mut index = at as usize / 64;
                let mut word = words.get(index)? & (u64::MAX << (at % 64));
                while word == 0 {
                    index += 1;
                    word = *words.get(index)?;
                }
                Some(index as u32 * 64 + word.trailing_zeros())
            }
        }
    }

    /// Whether an ordinal is in the set.
    pub(crate) fn has(&self, ordinal: u32) -> bool {
        match self {
            Self::Listed { list, .. } => list.binary_search(&ordinal).is_ok(),
            Self::Bits(words) => {
                words.get(ordinal as usize / 64).is_some_and(|word| word >> (ordinal % 64) & 1 == 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn both_kinds_find_what_was_added(
            added in proptest::collection::vec(0_u32..300, 0..60),
            asked in proptest::collection::vec(0_u32..310, 0..40),
        ) {
            let wanted: BTreeSet<u32> = added.iter().copied().collect();
            for mut found in [Found::listed(), Found::bits(300)] {
                for one in &added {
                    found.add(*one);
                }
                found.settle();
                for at in &asked {
                    prop_assert_eq!(found.from(*at), wanted.range(at..).next().copied());
                    prop_assert_eq!(found.has(*at), wanted.contains(at));
                }
            }
        }
    }
}
