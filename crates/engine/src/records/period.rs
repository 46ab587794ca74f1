//! Days and periods of days that criteria name instead of a date: `${TODAY}`, `${THISWEEK}`.

use dealwright_wire::{Instant, Zone, time};
use jiff::Span;
use jiff::civil::{Date, Weekday};

/// A run of whole days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Period {
    pub first: Date,
    /// The day after the last.
    pub after: Date,
}

/// What a word stands for: which unit, and how many of it away from the one that today is in.
/// Financial years begin in January: no operation that is built moves them.
const WORDS: [(&str, Unit, i32); 25] = [
    ("TODAY", Unit::Day, 0),
    ("YESTERDAY", Unit::Day, -1),
    ("TOMORROW", Unit::Day, 1),
    ("THISWEEK", Unit::Week, 0),
    ("LASTWEEK", Unit::Week, -1),
    ("NEXTWEEK", Unit::Week, 1),
    ("THISMONTH", Unit::Month, 0),
    ("LASTMONTH", Unit::Month, -1),
    ("NEXTMONTH", Unit::Month, 1),
    ("THISQUARTER", Unit::Quarter, 0),
    ("LASTQUARTER", Unit::Quarter, -1),
    ("NEXTQUARTER", Unit::Quarter, 1),
    ("THISYEAR", Unit::Year, 0),
    ("LASTYEAR", Unit::Year, -1),
    ("NEXTYEAR", Unit::Year, 1),
    ("THISFQ", Unit::Quarter, 0),
    ("PREVFQ", Unit::Quarter, -1),
    ("LASTFQ", Unit::Quarter, -1),
    ("NEXTFQ", Unit::Quarter, 1),
    ("THISFY", Unit::Year, 0),
    ("PREVFY", Unit::Year, -1),
    ("LASTFY", Unit::Year, -1),
    ("NEXTFY", Unit::Year, 1),
    ("LAST7DAYS", Unit::SevenDays, -1),
    ("NEXT7DAYS", Unit::SevenDays, 1),
];

#[derive(Debug, Clone, Copy)]
enum Unit {
    Day,
    /// From Sunday on.
    Week,
    Month,
    Quarter,
    Year,
    /// The seven days before today, or after it.
    SevenDays,
}

impl Period {
    /// The period that a text stands for: a word in `${…}`, or a date alone. `None` for anything else.
    pub(crate) fn named(text: &str, today: Date) -> Option<Self> {
        if let Some(date) = time::parse_date(text) {
            return Self::of_days(date, 1);
        }
        let word = text.strip_prefix("${")?.strip_suffix('}')?;
        let &(_, unit, away) = WORDS.iter().find(|(name, ..)| word.eq_ignore_ascii_case(name))?;
        let months = |first: Date, count: i32| {
            let first = first.checked_add(Span::new().try_months(away * count).ok()?).ok()?;
            let after = first.checked_add(Span::new().try_months(count).ok()?).ok()?;
            Some(Self { first, after })
        };
        let quarter = (today.month() - 1) / 3 * 3 + 1;
        match unit {
            Unit::Day => Self::of_days(days_from(today, away)?, 1),
            Unit::Week => {
                let back = i32::from(today.weekday().since(Weekday::Sunday));
                Self::of_days(days_from(today, 7 * away - back)?, 7)
            }
            Unit::Month => months(today.first_of_month(), 1),
            Unit::Quarter => months(Date::new(today.year(), quarter, 1).ok()?, 3),
            Unit::Year => months(today.first_of_year(), 12),
            Unit::SevenDays => Self::of_days(days_from(today, if away < 0 { -7 } else { 1 })?, 7),
        }
    }

    fn of_days(first: Date, count: i32) -> Option<Self> {
        Some(Self { first, after: days_from(first, count)? })
    }
}

fn days_from(date: Date, days: i32) -> Option<Date> {
    date.checked_add(Span::new().try_days(days).ok()?).ok()
}

/// The instant at which a day begins in a zone.
pub(crate) fn midnight(date: Date, zone: &Zone) -> Option<Instant> {
    Instant::parse(&format!("{date}T00:00:00"), zone)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::Period;

    #[test]
    fn words_are_days_of_the_calendar() {
        // A Friday.
        let today = date(2027, 1, 15);
        for (word, first, after) in [
            ("${TODAY}", date(2027, 1, 15), date(2027, 1, 16)),
            ("${YESTERDAY}", date(2027, 1, 14), date(2027, 1, 15)),
            ("${THISWEEK}", date(2027, 1, 10), date(2027, 1, 17)),
            ("${LASTWEEK}", date(2027, 1, 3), date(2027, 1, 10)),
            ("${thismonth}", date(2027, 1, 1), date(2027, 2, 1)),
            ("${LASTMONTH}", date(2026, 12, 1), date(2027, 1, 1)),
            ("${NEXTQUARTER}", date(2027, 4, 1), date(2027, 7, 1)),
            ("${THISFQ}", date(2027, 1, 1), date(2027, 4, 1)),
            ("${PREVFQ}", date(2026, 10, 1), date(2027, 1, 1)),
            ("${NEXTFY}", date(2028, 1, 1), date(2029, 1, 1)),
            ("${LASTYEAR}", date(2026, 1, 1), date(2027, 1, 1)),
            ("${NEXT7DAYS}", date(2027, 1, 16), date(2027, 1, 23)),
            ("${LAST7DAYS}", date(2027, 1, 8), date(2027, 1, 15)),
            ("2027-02-28", date(2027, 2, 28), date(2027, 3, 1)),
        ] {
            assert_eq!(Period::named(word, today), Some(Period { first, after }), "{word}");
        }
        for word in ["TODAY", "${SOMEDAY}", "${TODAY", "2027-02-30", ""] {
            assert_eq!(Period::named(word, today), None, "{word}");
        }
        // A Sunday begins its week; the end of the calendar has no tomorrow.
        let week = Period::named("${THISWEEK}", date(2027, 1, 17));
        assert_eq!(week.map(|week| week.first), Some(date(2027, 1, 17)));
        assert_eq!(Period::named("${TOMORROW}", date(9999, 12, 31)), None);
    }
}
