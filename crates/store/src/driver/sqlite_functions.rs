//! The comparison of text, and functions that PostgreSQL has built in or gets.

use dealwright_wire::letters;
use rusqlite::Connection;
use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::types::ValueRef;

use crate::dialect::{Dialect, SQLITE};

/// Makes them known to a connection; see [`Dialect::fold`], [`Dialect::contains`], [`Dialect::contains_words`],
/// [`Dialect::digits`] and [`Dialect::sum`].
pub(super) fn add(connection: &Connection) -> rusqlite::Result<()> {
    debug_assert_eq!(SQLITE.name(), "sqlite");
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
    connection.create_scalar_function("dw_words", 1, flags, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(crate::dialect::words))
    })?;
    connection.create_collation("dw_letters", letters::compare)?;
    connection.create_scalar_function("dw_fold", 1, flags, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(|text| letters::fold(text).into_owned()))
    })?;
    connection.create_scalar_function("dw_contains", 2, flags, |context| {
        let (Some(text), Some(part)) =
            (context.get_raw(0).as_str_or_null()?, context.get_raw(1).as_str_or_null()?)
        else {
            return Ok(None);
        };
        Ok(Some(letters::fold(text).contains(part)))
    })?;
    connection.create_scalar_function("dw_digits", 1, flags, |context| {
        Ok(context.get_raw(0).as_str_or_null()?.map(crate::dialect::digits))
    })?;
    connection.create_aggregate_function("dw_sum", 1, flags, Sum)
}

/// The exact sum of whole numbers: SQLite's own fails where the result is no 64-bit integer.
struct Sum;

impl Aggregate<Option<i128>, Option<String>> for Sum {
    fn init(&self, _: &mut Context<'_>) -> rusqlite::Result<Option<i128>> {
        Ok(None)
    }

    fn step(&self, context: &mut Context<'_>, sum: &mut Option<i128>) -> rusqlite::Result<()> {
        // No table has the rows that would pass the bounds of this.
        if let ValueRef::Integer(number) = context.get_raw(0) {
            *sum = Some(sum.unwrap_or(0).saturating_add(number.into()));
        }
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, sum: Option<Option<i128>>) -> rusqlite::Result<Option<String>> {
        Ok(sum.flatten().map(|sum| sum.to_string()))
    }
}
