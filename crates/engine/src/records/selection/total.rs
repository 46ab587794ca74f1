//! Sums and averages of a group of rows, exact however large they become.

use dealwright_store::{Row, StoreError};
use dealwright_wire::decimal;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Columns;

/// A sum is read in two parts, because whole it can be larger than the databases' integers.
const PART: i64 = 1_000_000_000;
/// Digits behind the point that averages are rounded to.
const AVERAGE_SCALE: u32 = 10;

/// A sum or an average. Numbers are the places of its columns.
#[derive(Debug)]
pub(crate) struct Total {
    high: usize,
    low: usize,
    /// How many values there are, for an average.
    count: Option<usize>,
    /// Digits behind the point of the values.
    scale: u8,
}

impl Total {
    /// The sum of an expression of whole numbers, each a value in units of `10^-scale`.
    pub(crate) fn sum(expression: &str, scale: u8, columns: &mut Columns) -> Self {
        let mut part = |sign: char| columns.add(format!("CAST(sum({expression} {sign} {PART}) AS BIGINT)"));
        Self { high: part('/'), low: part('%'), count: None, scale }
    }

    /// The average of the same, rounded half away from zero to ten digits behind the point.
    pub(crate) fn average(expression: &str, scale: u8, columns: &mut Columns) -> Self {
        let sum = Self::sum(expression, scale, columns);
        Self { count: Some(columns.add(format!("count({expression})"))), ..sum }
    }

    /// Writes the number; `null` when the group has no value.
    pub(super) fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), StoreError> {
        let (Some(high), Some(low)) = (row.int(self.high)?, row.int(self.low)?) else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
        let units = i128::from(high) * i128::from(PART) + i128::from(low);
        let count = self.count.map(|at| row.int(at)).transpose()?.flatten();
        match (count, i64::try_from(units)) {
            (None, Ok(units)) => decimal::write(out, units, self.scale),
            _ => match Decimal::try_from_i128_with_scale(units, u32::from(self.scale)) {
                Ok(sum) => {
                    let value = sum.checked_div(Decimal::from(count.unwrap_or(1))).unwrap_or(sum);
                    let text = value
                        .round_dp_with_strategy(AVERAGE_SCALE, RoundingStrategy::MidpointAwayFromZero)
                        .normalize()
                        .to_string();
                    out.extend_from_slice(text.as_bytes());
                }
                // Thousands of millions of the largest values; no table has as many rows.
                Err(_) => out.extend_from_slice(b"null"),
            },
        }
        Ok(())
    }
}
