//! Values that are worked out: formulas, roll-ups, taxes, totals.

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[];
