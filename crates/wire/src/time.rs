//! Instants and dates as the API writes them: `2024-06-05T04:28:30-07:00`, `2024-06-05`.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};

/// Whole seconds since 1970-01-01T00:00:00Z. The API shows no smaller unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

impl Instant {
    /// Bounds of what the API can print: years 1 to 9999.
    const RANGE: std::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_207_200;

    pub fn from_timestamp(timestamp: jiff::Timestamp) -> Self {
        Self(timestamp.as_second())
    }

    /// Whether the API can print it.
    pub fn is_shown(self) -> bool {
        Self::RANGE.contains(&self.0)
    }

    /// Reads ISO 8601 with an offset, `Z`, a fraction (cut off), or no offset (then `zone`'s);
    /// also the RFC 1123 form some clients put into `If-Modified-Since`.
    pub fn parse(text: &str, zone: &Zone) -> Option<Self> {
        let text = text.trim();
        let seconds = if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            timestamp.as_second()
        } else if text.len() >= 16 && text.as_bytes().get(10).is_some_and(|b| matches!(b, b'T' | b' ')) {
            let civil: jiff::civil::DateTime = text.parse().ok()?;
            zone.zone.to_timestamp(civil).ok()?.as_second()
        } else {
            jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_second()
        };
        Some(Self(seconds)).filter(|instant| instant.is_shown())
    }

    /// Writes the quoted JSON form in `zone`, with the offset valid at that instant.
    pub fn write(self, out: &mut Vec<u8>, zone: &Zone) {
        let seconds = self.0.clamp(*Self::RANGE.start(), *Self::RANGE.end());
        let Ok(timestamp) = jiff::Timestamp::from_second(seconds) else {
            return out.extend_from_slice(b"null");
        };
        let offset = zone.offset(timestamp);
        let civil = offset.to_datetime(timestamp);
        out.push(b'"');
        write_date(out, civil.date());
        out.push(b'T');
        two(out, civil.hour());
        out.push(b':');
        two(out, civil.minute());
        out.push(b':');
        two(out, civil.second());
        let minutes = offset.seconds() / 60;
        out.push(if minutes < 0 { b'-' } else { b'+' });
        two(out, (minutes.abs() / 60) as i8);
        out.push(b':');
        two(out, (minutes.abs() % 60) as i8);
        out.push(b'"');
    }

    /// The quoted form without its quotes.
    pub fn text(self, zone: &Zone) -> String {
        let mut out = Vec::with_capacity(27);
        self.write(&mut out, zone);
        String::from_utf8(out).unwrap_or_default().trim_matches('"').to_owned()
    }
}

/// A time zone by its IANA name.
#[derive(Debug, Clone)]
pub struct Zone {
    zone: TimeZone,
    /// Offsets of the years that records are mostly of; `None` where there is only one.
    offsets: Option<Arc<OnceLock<Offsets>>>,
}

/// Offsets between two instants, each with the second from which it holds. Working them out from the rules of a zone
/// takes longer than writing the rest of an instant.
#[derive(Debug)]
struct Offsets {
    known: Range<i64>,
    from: Vec<(i64, Offset)>,
    /// For each stretch of [`Offsets::STRETCH`], which offset holds when it starts.
    starts: Vec<usize>,
}

impl Offsets {
    /// 1990 to 2060.
    const KNOWN: Range<i64> = 631_152_000..2_840_140_800;
    /// Seconds, as a power of two: 48 days, in which clocks seldom change twice.
    const STRETCH: u32 = 22;

    fn of(zone: &TimeZone) -> Self {
        let known = Self::KNOWN;
        let start = jiff::Timestamp::from_second(known.start).unwrap_or_default();
        let mut from = vec![(known.start, zone.to_offset(start))];
        let changes = zone.following(start).map(|change| (change.timestamp().as_second(), change.offset()));
        from.extend(changes.take_while(|(second, _)| *second < known.end));
        let stretches = (known.start..known.end).step_by(1 << Self::STRETCH);
        let starts =
            stretches.map(|start| from.partition_point(|(second, _)| *second <= start) - 1).collect();
        Self { known, from, starts }
    }

    fn at(&self, second: i64) -> Option<Offset> {
        let stretch = usize::try_from((second - self.known.start) >> Self::STRETCH).ok()?;
        let mut at = *self.starts.get(stretch)?;
        while self.from.get(at + 1).is_some_and(|(from, _)| *from <= second) {
            at += 1;
        }
        self.known.contains(&second).then(|| self.from[at].1)
    }
}

impl Zone {
    pub const UTC: Self = Self { zone: TimeZone::UTC, offsets: None };

    /// `None` when the name is unknown.
    pub fn named(name: &str) -> Option<Self> {
        let zone = jiff::tz::db().get(name).ok()?;
        Some(Self { zone, offsets: Some(Arc::default()) })
    }

    fn offset(&self, timestamp: jiff::Timestamp) -> Offset {
        let offsets = self.offsets.as_ref().map(|offsets| offsets.get_or_init(|| Offsets::of(&self.zone)));
        offsets
            .and_then(|offsets| offsets.at(timestamp.as_second()))
            .unwrap_or_else(|| self.zone.to_offset(timestamp))
    }

    /// The calendar day at an instant in this zone.
    pub fn date(&self, instant: Instant) -> Date {
        self.civil(instant).date()
    }

    /// What clocks of this zone show at an instant.
    pub fn civil(&self, instant: Instant) -> DateTime {
        let timestamp = jiff::Timestamp::from_second(instant.0).unwrap_or_default();
        self.offset(timestamp).to_datetime(timestamp)
    }

    /// The instant at which clocks of this zone show that: the first of two, and where clocks are put forward over it,
    /// as much later. `None` outside of the years 1 to 9999.
    pub fn instant(&self, civil: DateTime) -> Option<Instant> {
        let seconds = self.zone.to_timestamp(civil).ok()?.as_second();
        Some(Instant(seconds)).filter(|instant| instant.is_shown())
    }
}

/// `yyyy-MM-dd` and nothing else.
pub fn parse_date(text: &str) -> Option<Date> {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let number = |range: std::ops::Range<usize>| {
        bytes[range]
            .iter()
            .try_fold(0_i16, |sum, b| b.is_ascii_digit().then(|| sum * 10 + i16::from(b - b'0')))
    };
    Date::new(number(0..4)?, number(5..7)? as i8, number(8..10)? as i8).ok()
}

/// Writes `yyyy-MM-dd` without quotes.
pub fn write_date(out: &mut Vec<u8>, date: Date) {
    let year = date.year().max(0);
    two(out, (year / 100) as i8);
    two(out, (year % 100) as i8);
    out.push(b'-');
    two(out, date.month());
    out.push(b'-');
    two(out, date.day());
}

fn two(out: &mut Vec<u8>, number: i8) {
    let number = number.unsigned_abs();
    out.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_offsets_are_those_of_the_zone() {
        for name in ["America/Los_Angeles", "Europe/Berlin", "Asia/Kolkata", "Africa/Casablanca", "UTC"] {
            let zone = Zone::named(name).unwrap();
            // Before, in and after the years that are kept; the step is no whole number of days.
            for second in (-100_000_000..4_000_000_000_i64).step_by(1_000_003) {
                let timestamp = jiff::Timestamp::from_second(second).unwrap();
                assert_eq!(zone.offset(timestamp), zone.zone.to_offset(timestamp), "{name} {second}");
            }
            for (change, _) in &Offsets::of(&zone.zone).from {
                for second in [change - 1, *change, change + 1] {
                    let timestamp = jiff::Timestamp::from_second(second).unwrap();
                    assert_eq!(zone.offset(timestamp), zone.zone.to_offset(timestamp), "{name} {second}");
                }
            }
        }
    }

    #[test]
    fn instants_keep_their_moment_and_lose_their_fraction() {
        let zone = Zone::named("America/Los_Angeles").unwrap();
        for text in [
            "2024-06-05T04:28:30-07:00",
            "2024-06-05T11:28:30Z",
            "2024-06-05T11:28:30.999+00:00",
            "2024-06-05T04:28:30",
        ] {
            let instant = Instant::parse(text, &zone).unwrap();
            assert_eq!(instant.text(&zone), "2024-06-05T04:28:30-07:00", "{text}");
        }
        assert_eq!(
            Instant::parse("Wed, 05 Jun 2024 11:28:30 GMT", &zone).unwrap().text(&Zone::UTC),
            "2024-06-05T11:28:30+00:00"
        );
    }

    #[test]
    fn other_forms_are_refused() {
        for bad in ["", "2024-06-05", "2024-13-05T00:00:00Z", "yesterday", "2024-06-05T25:00:00Z"] {
            assert!(Instant::parse(bad, &Zone::UTC).is_none(), "{bad}");
        }
        for bad in ["2024-6-5", "2024-02-30", "24-06-05", "2024-06-05T00:00:00Z", "２０２４-06"] {
            assert!(parse_date(bad).is_none(), "{bad}");
        }
    }
}
