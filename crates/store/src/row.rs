//! Reading the columns of one row where it is, without copying it first.

use dealwright_schema::{Cell, Storage};
use dealwright_wire::{Id, Instant, time};
use jiff::civil::Date;

use crate::driver::postgres::{PgDate, PgInstant};
use crate::error::StoreError;

/// A row of a result, valid inside the callback that gets it.
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

fn shape(column: usize, found: impl std::fmt::Display) -> StoreError {
    StoreError::Shape { column, found: found.to_string() }
}

impl Row<'_> {
    pub fn int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column).map_err(|e| shape(column, e))? {
                rusqlite::types::ValueRef::Integer(number) => Ok(Some(number)),
                rusqlite::types::ValueRef::Null => Ok(None),
                other => Err(shape(column, format!("{} instead of an integer", other.data_type()))),
            },
            Self::Postgres(row) => row.try_get(column).map_err(|e| shape(column, e)),
        }
    }

    pub fn text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column).map_err(|e| shape(column, e))? {
                rusqlite::types::ValueRef::Text(bytes) => {
                    std::str::from_utf8(bytes).map(Some).map_err(|e| shape(column, e))
                }
                rusqlite::types::ValueRef::Null => Ok(None),
                other => Err(shape(column, format!("{} instead of text", other.data_type()))),
            },
            Self::Postgres(row) => row.try_get(column).map_err(|e| shape(column, e)),
        }
    }

    pub fn bytes(&self, column: usize) -> Result<Option<&[u8]>, StoreError> {
        match self {
            Self::Sqlite(row) => match row.get_ref(column).map_err(|e| shape(column, e))? {
                rusqlite::types::ValueRef::Blob(bytes) => Ok(Some(bytes)),
                rusqlite::types::ValueRef::Null => Ok(None),
                other => Err(shape(column, format!("{} instead of bytes", other.data_type()))),
            },
            Self::Postgres(row) => row.try_get(column).map_err(|e| shape(column, e)),
        }
    }

    pub fn bool(&self, column: usize) -> Result<Option<bool>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(self.int(column)?.map(|number| number != 0)),
            Self::Postgres(row) => row.try_get(column).map_err(|e| shape(column, e)),
        }
    }

    pub fn date(&self, column: usize) -> Result<Option<Date>, StoreError> {
        match self {
            Self::Sqlite(_) => match self.text(column)? {
                None => Ok(None),
                Some(text) => time::parse_date(text).map(Some).ok_or_else(|| shape(column, "no date")),
            },
            Self::Postgres(row) => {
                row.try_get::<_, Option<PgDate>>(column).map(|d| d.map(|d| d.0)).map_err(|e| shape(column, e))
            }
        }
    }

    pub fn instant(&self, column: usize) -> Result<Option<Instant>, StoreError> {
        match self {
            Self::Sqlite(_) => Ok(self.int(column)?.map(Instant)),
            Self::Postgres(row) => row
                .try_get::<_, Option<PgInstant>>(column)
                .map(|i| i.map(|i| i.0))
                .map_err(|e| shape(column, e)),
        }
    }

    pub fn id(&self, column: usize) -> Result<Option<Id>, StoreError> {
        Ok(self.int(column)?.and_then(Id::new))
    }

    /// What [`Dialect::sum`](crate::Dialect::sum) gives: exact, however large; nothing where there were no numbers.
    pub fn sum(&self, column: usize) -> Result<Option<i128>, StoreError> {
        let text = self.text(column)?;
        text.map(str::parse).transpose().map_err(|_| shape(column, "text instead of a whole number"))
    }

    /// Writes a date column as quoted JSON text, or `null`.
    pub fn write_date(&self, column: usize, out: &mut Vec<u8>) -> Result<(), StoreError> {
        if let Self::Sqlite(_) = self {
            match self.text(column)? {
                None => out.extend_from_slice(b"null"),
                Some(text) => dealwright_wire::json::string(out, text),
            }
            return Ok(());
        }
        match self.date(column)? {
            None => out.extend_from_slice(b"null"),
            Some(date) => {
                out.push(b'"');
                time::write_date(out, date);
                out.push(b'"');
            }
        }
        Ok(())
    }

    /// The value as a cell that outlives the row.
    pub fn cell(&self, column: usize, storage: Storage) -> Result<Cell<'static>, StoreError> {
        Ok(match storage {
            Storage::Bool => self.bool(column)?.into(),
            Storage::Int => self.int(column)?.into(),
            Storage::Text => self.text(column)?.map(str::to_owned).into(),
            Storage::Date => self.date(column)?.map_or(Cell::Null, Cell::Date),
            Storage::Instant => self.instant(column)?.into(),
        })
    }

    /// A column that is never null by the table's definition.
    pub fn must<T>(value: Option<T>, column: usize) -> Result<T, StoreError> {
        value.ok_or_else(|| shape(column, "null where a value is required"))
    }
}
