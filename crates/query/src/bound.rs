//! What every part of an `or` implies.
//!
//! Programs that page by a key ask for `F < v or (F = v and id < x)`. No index serves an `or`, but one serves `F <= v`,
//! which holds wherever the whole does.

/// Which values a comparison lets pass, seen from the value it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Above,
    /// The value itself and no other.
    At,
}

/// A test of the first part whose field and value some test of every other part has too, all on the same side of it, and
/// that side. `parts` are the tests that have to hold for each part; `read` gives field and value of one, and its side.
pub(crate) fn agreed<'t, T, K: PartialEq>(
    parts: &[Vec<&'t T>],
    read: impl Fn(&'t T) -> Option<(K, Side)>,
) -> Option<(&'t T, Side)> {
    let (first, others) = parts.split_first()?;
    for test in first {
        let Some((key, own)) = read(test) else { continue };
        for side in [Side::Below, Side::Above] {
            let passes = |found: Side| found == side || found == Side::At;
            let mut is_side = own == side;
            let agrees = |tests: &Vec<&'t T>| {
                let same = tests.iter().filter_map(|test| read(test)).filter(|(other, _)| *other == key);
                let mut same = same.map(|(_, found)| found).filter(|found| passes(*found));
                same.next().inspect(|found| is_side |= *found == side).is_some()
            };
            if passes(own) && others.iter().all(agrees) && is_side {
                return Some((test, side));
            }
        }
    }
    None
}
