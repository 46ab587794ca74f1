//! Sums and averages of a group of rows, exact however large they become.

use dealwright_store::{Dialect, Row, StoreError};
use dealwright_wire::decimal;
use rust_decimal::{Decimal, RoundingStrategy};

use super::Columns;

/// Digits behind the point that averages are rounded to.
const AVERAGE_SCALE: u32 = 10;

/// A sum or an average. Numbers are the places of its columns.
#[derive(Debug)]
pub(crate) struct Total {
    sum: usize,
    /// How many values there are, for an average.
    count: Option<usize>,
    /// Digits behind the point of the values.
    scale: u8,
}

impl Total {
    /// The sum of an expression of whole numbers, each a value in units of `10^-scale`.
    pub(crate) fn sum(dialect: &dyn Dialect, expression: &str, scale: u8, columns: &mut Columns) -> Self {
        Self { sum: columns.add(dialect.sum(expression)), count: None, scale }
    }

    /// The average of the same, rounded half away from zero to ten digits behind the point.
    pub(crate) fn average(dialect: &dyn Dialect, expression: &str, scale: u8, columns: &mut Columns) -> Self {
        let sum = Self::sum(dialect, expression, scale, columns);
        Self { count: Some(columns.add(format!("count({expression})"))), ..sum }
    }

    /// Writes the number; `null` when the group has no value.
    pub(super) fn write(&self, row: &Row<'_>, out: &mut Vec<u8>) -> Result<(), StoreError> {
        let Some(units) = row.sum(self.sum)? else {
            out.extend_from_slice(b"null");
            return Ok(());
        };
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
