//! The floors' table, column by column, and how its rows become JSON.

use std::fmt::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use bytes::Bytes;

pub(super) struct Column {
    pub name: &'static str,
    /// The name as JSON with its colon, so that a row is written without formatting.
    key: &'static str,
    pub kind: Kind,
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// 64 bits, a string of digits in JSON
    Id,
    Text,
    Decimal,
    /// 32 bits
    Integer,
    Flag,
    /// Seconds since 1970, ISO 8601 in JSON
    Time,
}

macro_rules! column {
    ($name:literal $kind:ident) => {
        Column { name: $name, key: concat!("\"", $name, "\":"), kind: Kind::$kind }
    };
}

pub(super) static COLUMNS: [Column; 26] = [
    column!("id" Id),
    column!("Deal_Name" Text),
    column!("Amount" Decimal),
    column!("Stage" Text),
    column!("Closing_Date" Text),
    column!("Account_Ref" Id),
    column!("Contact_Ref" Id),
    column!("Owner" Id),
    column!("Probability" Integer),
    column!("Expected_Revenue" Decimal),
    column!("Type" Text),
    column!("Lead_Source" Text),
    column!("Next_Step" Text),
    column!("Campaign_Ref" Id),
    column!("Description" Text),
    column!("Currency_Code" Text),
    column!("Rate" Decimal),
    column!("Email_Address" Text),
    column!("Phone_Number" Text),
    column!("Website_Address" Text),
    column!("Is_Won" Flag),
    column!("Score" Integer),
    column!("External_Key" Text),
    column!("Region" Text),
    column!("Created_Time" Time),
    column!("Modified_Time" Time),
];

/// The ten columns of a list, in the order of [`LIST_NAMES`].
pub(super) static LIST_COLUMNS: [Column; 10] = [
    column!("id" Id),
    column!("Deal_Name" Text),
    column!("Amount" Decimal),
    column!("Stage" Text),
    column!("Closing_Date" Text),
    column!("Owner" Id),
    column!("Probability" Integer),
    column!("Type" Text),
    column!("Lead_Source" Text),
    column!("Modified_Time" Time),
];

pub(super) const LIST_NAMES: &str =
    "id, Deal_Name, Amount, Stage, Closing_Date, Owner, Probability, Type, Lead_Source, Modified_Time";

/// The SQL that makes the table and its five indexes. The dialect shows in its type names, and in the columns that
/// an index needs for `ORDER BY Modified_Time DESC, id DESC`.
pub(super) fn create_table(type_name: impl Fn(Kind) -> &'static str, page_order: &str) -> String {
    let mut sql = String::from("CREATE TABLE deals (id ");
    sql.push_str(type_name(Kind::Id));
    sql.push_str(" PRIMARY KEY");
    for column in &COLUMNS[1..] {
        write!(sql, ", {} {}", column.name, type_name(column.kind)).expect("a String takes every byte");
    }
    write!(
        sql,
        "); CREATE INDEX deals_name ON deals (Deal_Name); CREATE INDEX deals_stage ON deals (Stage, Amount); \
         CREATE INDEX deals_owner ON deals (Owner); CREATE UNIQUE INDEX deals_key ON deals (External_Key); \
         CREATE INDEX deals_modified ON deals ({page_order});",
    )
    .expect("a String takes every byte");
    sql
}

/// One value of a row.
pub(super) enum Cell<'a> {
    Id(i64),
    Text(&'a str),
    Decimal(f64),
    Integer(i64),
    Flag(bool),
    Time(i64),
}

/// A row of either database. `position` counts from zero among the selected columns.
pub(super) trait Row {
    fn cell(&self, position: usize, kind: Kind) -> Result<Cell<'_>>;
}

/// A body under construction: `{"data":[…]}`.
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) fn with_capacity(size_bytes: usize) -> Self {
        let mut out = Vec::with_capacity(size_bytes);
        out.extend_from_slice(b"{\"data\":[");
        Self(out)
    }

    pub(super) fn push(&mut self, columns: &[Column], row: &impl Row) -> Result<()> {
        self.separate();
        for (position, column) in columns.iter().enumerate() {
            self.0.push(if position == 0 { b'{' } else { b',' });
            self.0.extend_from_slice(column.key.as_bytes());
            write_cell(&mut self.0, row.cell(position, column.kind)?);
        }
        self.0.push(b'}');
        Ok(())
    }

    /// Appends what the API says of a record it has stored.
    pub(super) fn push_stored(&mut self, id: i64, modified: i64, message: &str) {
        self.separate();
        self.0.extend_from_slice(b"{\"code\":\"SUCCESS\",\"details\":{\"Modified_Time\":");
        write_cell(&mut self.0, Cell::Time(modified));
        self.0.extend_from_slice(b",\"id\":");
        write_cell(&mut self.0, Cell::Id(id));
        self.0.extend_from_slice(b"},\"message\":\"");
        self.0.extend_from_slice(message.as_bytes());
        self.0.extend_from_slice(b"\",\"status\":\"success\"}");
    }

    pub(super) fn finish(mut self) -> Bytes {
        self.0.extend_from_slice(b"]}");
        self.0.into()
    }

    fn separate(&mut self) {
        if self.0.last() == Some(&b'}') {
            self.0.push(b',');
        }
    }
}

fn write_cell(out: &mut Vec<u8>, cell: Cell<'_>) {
    match cell {
        Cell::Id(id) => {
            out.push(b'"');
            write_integer(out, id);
            out.push(b'"');
        }
        Cell::Text(text) => serde_json::to_writer(out, text).expect("a Vec takes every byte"),
        Cell::Decimal(number) => out.extend_from_slice(ryu::Buffer::new().format(number).as_bytes()),
        Cell::Integer(number) => write_integer(out, number),
        Cell::Flag(flag) => out.extend_from_slice(if flag { b"true" } else { b"false" }),
        Cell::Time(seconds) => write_time(out, seconds),
    }
}

pub(crate) fn write_integer(out: &mut Vec<u8>, number: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Writes `"2026-02-28T23:59:59+00:00"`. Holds from 1972 to 2099, where every fourth year is a leap year.
pub(crate) fn write_time(out: &mut Vec<u8>, seconds: i64) {
    const DAYS_TO_1972: i64 = 730;
    const MONTH_STARTS: [i64; 12] = [0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335];
    let (days, time) = (seconds / 86_400 - DAYS_TO_1972, seconds % 86_400);
    let (cycle, day) = (days / 1461, days % 1461);
    // Count every year as a leap year, so that one table of months serves all four.
    let day = if day < 366 { day } else { 366 + (day - 366) / 365 * 366 + skip_leap_day((day - 366) % 365) };
    let (year, day) = (1972 + cycle * 4 + day / 366, day % 366);
    let month = MONTH_STARTS.partition_point(|&start| start <= day);
    let day = day - MONTH_STARTS[month - 1] + 1;

    let mut text = *b"\"0000-00-00T00:00:00+00:00\"";
    let mut put = |at: usize, pair: i64| {
        text[at] += (pair / 10) as u8;
        text[at + 1] += (pair % 10) as u8;
    };
    put(1, year / 100);
    put(3, year % 100);
    put(6, month as i64);
    put(9, day);
    put(12, time / 3600);
    put(15, time / 60 % 60);
    put(18, time % 60);
    out.extend_from_slice(&text);
}

fn skip_leap_day(day_of_common_year: i64) -> i64 {
    if day_of_common_year < 59 { day_of_common_year } else { day_of_common_year + 1 }
}

/// The current second, for `Created_Time` and `Modified_Time`.
#[expect(clippy::disallowed_methods, reason = "a floor stands alone and has no clock to be given")]
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_iso_8601() {
        for (seconds, expected) in [
            (68_169_600, "1972-02-29T00:00:00+00:00"),
            (1_709_164_800, "2024-02-29T00:00:00+00:00"),
            (1_709_251_199, "2024-02-29T23:59:59+00:00"),
            (1_735_689_599, "2024-12-31T23:59:59+00:00"),
            (1_740_787_200, "2025-03-01T00:00:00+00:00"),
            (1_795_475_045, "2026-11-23T23:04:05+00:00"),
            (1_830_297_599, "2027-12-31T23:59:59+00:00"),
        ] {
            let mut out = Vec::new();
            write_time(&mut out, seconds);
            assert_eq!(String::from_utf8_lossy(&out), format!("\"{expected}\""));
        }
    }
}
