//! What criteria mean, said as a test of one record. Written from the documentation, not from the server's code.

use dealwright_query::{Condition, Criteria, Operator};

use super::value::{Cell, Kind, fold, words};
use super::world::{CONTACT, RENAMED, Row, World};

/// Days that words stand for, the last one included, when today is 2027-01-15, a Friday.
pub(super) const DAYS: &[(&str, &str, &str)] = &[
    ("${TODAY}", "2027-01-15", "2027-01-15"),
    ("${YESTERDAY}", "2027-01-14", "2027-01-14"),
    ("${TOMORROW}", "2027-01-16", "2027-01-16"),
    ("${THISWEEK}", "2027-01-10", "2027-01-16"),
    ("${LASTMONTH}", "2026-12-01", "2026-12-31"),
    ("${THISQUARTER}", "2027-01-01", "2027-03-31"),
    ("${LASTYEAR}", "2026-01-01", "2026-12-31"),
    ("${LAST7DAYS}", "2027-01-08", "2027-01-14"),
    ("${NEXT7DAYS}", "2027-01-16", "2027-01-22"),
];

/// The form in which criteria are sent. In a search `equals` on text finds words, elsewhere the whole text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
}

/// True when the criteria hold for a contact.
pub(super) fn holds(world: &World, row: &Row, criteria: &Criteria, form: Form) -> bool {
    match criteria {
        Criteria::All(parts) => parts.iter().all(|part| holds(world, row, part, form)),
        Criteria::Any(parts) => parts.iter().any(|part| holds(world, row, part, form)),
        Criteria::Not(part) => !holds(world, row, part, form),
        Criteria::Test(condition) => test(world, row, condition, form),
    }
}

fn test(world: &World, row: &Row, condition: &Condition, form: Form) -> bool {
    let (kind, value) = world.at(CONTACT, row, &condition.field);
    let is_given = !value.is_null();
    if form == Form::Json
        && let Some(days) = condition.values.iter().map(|text| days(kind, text)).collect::<Option<Vec<_>>>()
        && let (Some(first), Some(last)) = (days.first(), days.last())
    {
        let Some(day) = day(&value) else { return condition.operator == Operator::NotEqual };
        return match condition.operator {
            Operator::In => days.iter().any(|run| day >= run.0 && day <= run.1),
            Operator::Equals | Operator::Between => day >= first.0 && day <= last.1,
            Operator::NotEqual => day < first.0 || day > last.1,
            Operator::GreaterThan => day > last.1,
            Operator::GreaterEqual => day >= first.0,
            Operator::LessThan => day < first.0,
            Operator::LessEqual => day <= last.1,
            other => panic!("{other:?} of days"),
        };
    }
    match (condition.operator, condition.tests_empty()) {
        (Operator::IsEmpty, _) | (_, Some(true)) => !is_given,
        (Operator::IsNotEmpty, _) | (_, Some(false)) => is_given,
        // What is empty is not equal.
        (Operator::NotEqual, _) => {
            !(is_given && fits(world, kind, &value, Operator::Equals, &condition.values[0], form))
        }
        (Operator::In, _) => {
            let mut values = condition.values.iter();
            is_given && values.any(|wanted| fits(world, kind, &value, Operator::Equals, wanted, form))
        }
        (Operator::Between, _) => {
            let (low, high) = (kind.read(&condition.values[0]), kind.read(&condition.values[1]));
            is_given && low.is_some_and(|low| value >= low) && high.is_some_and(|high| value <= high)
        }
        (operator, _) => is_given && fits(world, kind, &value, operator, &condition.values[0], form),
    }
}

/// One value against one text.
pub(super) fn fits(
    world: &World,
    kind: Kind,
    value: &Cell,
    operator: Operator,
    wanted: &str,
    form: Form,
) -> bool {
    match (kind, value) {
        (Kind::Text, Cell::Text(text)) if operator == Operator::Equals && form == Form::Text => {
            fold(text) == fold(wanted) || has_words(text, wanted)
        }
        // By either name, where a whole value is meant.
        (Kind::Picklist, Cell::Text(text)) if operator == Operator::Equals => {
            let other =
                RENAMED.iter().find(|option| option.0 == text).map_or(text.as_str(), |option| option.1);
            fold(text) == fold(wanted) || fold(other) == fold(wanted)
        }
        (Kind::Text | Kind::Picklist | Kind::Serial, Cell::Text(text)) => {
            compare(&fold(text), operator, &fold(wanted))
        }
        (Kind::Options, Cell::List(options)) => match operator {
            // The value as a whole begins with its first option.
            Operator::StartsWith => fold(&options[0]).starts_with(&fold(wanted)),
            _ => options.iter().any(|option| fold(option) == fold(wanted)),
        },
        (Kind::Tags, Cell::List(tags)) => tags.iter().any(|tag| compare(&fold(tag), operator, &fold(wanted))),
        (Kind::Account, Cell::Reference(id)) => {
            let name = world.account_of(value).map(|account| &account.values["Account_Name"]);
            let Some(Cell::Text(name)) = name else { return false };
            (operator == Operator::Equals && id == wanted) || compare(&fold(name), operator, &fold(wanted))
        }
        (Kind::User, Cell::Reference(id)) => {
            if wanted == "${CURRENTUSER}" {
                return *id == world.me;
            }
            let user = world.user_of(value).expect("the users are known");
            [id, &user.full_name(), &user.email].into_iter().any(|known| fold(known) == fold(wanted))
        }
        _ => {
            let wanted = kind.read(wanted).expect("a value of its kind");
            match operator {
                Operator::Equals => *value == wanted,
                Operator::GreaterThan => *value > wanted,
                Operator::GreaterEqual => *value >= wanted,
                Operator::LessThan => *value < wanted,
                Operator::LessEqual => *value <= wanted,
                other => panic!("{kind:?} {other:?}"),
            }
        }
    }
}

fn compare(text: &str, operator: Operator, wanted: &str) -> bool {
    match operator {
        Operator::Equals => text == wanted,
        Operator::StartsWith => text.starts_with(wanted),
        Operator::EndsWith => text.ends_with(wanted),
        Operator::Contains => text.contains(wanted),
        other => panic!("{other:?} of a text"),
    }
}

/// The wanted words stand in the text one after the other. No words stand nowhere.
fn has_words(text: &str, wanted: &str) -> bool {
    let wanted = words(wanted);
    !wanted.is_empty() && words(text).windows(wanted.len()).any(|run| run == wanted)
}

/// The first and the last of the days that a value of JSON stands for: a word, or a date alone.
fn days(kind: Kind, text: &str) -> Option<(String, String)> {
    if !matches!(kind, Kind::Date | Kind::Instant) {
        return None;
    }
    if text.len() == 10 && text.as_bytes()[4] == b'-' {
        return Some((text.to_owned(), text.to_owned()));
    }
    let (_, first, last) = DAYS.iter().find(|(word, ..)| word.eq_ignore_ascii_case(text))?;
    Some(((*first).to_owned(), (*last).to_owned()))
}

/// The day of a date, or of a time at the org.
fn day(value: &Cell) -> Option<String> {
    match value {
        Cell::Date(day) => Some(day.clone()),
        Cell::Instant(seconds) => {
            let time = jiff::Timestamp::from_second(*seconds).expect("a time of this era");
            let there = time.in_tz("America/Los_Angeles").expect("the zone of the development org");
            Some(there.date().to_string())
        }
        _ => None,
    }
}
