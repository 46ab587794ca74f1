//! `RRULE` and `ALARM`: when an activity repeats, and when it reminds.
//!
//! Both are text of `KEY=value` parts in an object: `{"RRULE":"FREQ=DAILY;INTERVAL=10;UNTIL=2022-08-14;DTSTART=2022-07-03"}`,
//! `{"ALARM":"FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:2021-01-18T12:45:00+05:30"}`. Dates inside stand as the API
//! writes dates, not as in RFC 5545.

use dealwright_wire::{ApiError, Code, Instant, Zone, time};
use serde_json::{Map, Value as Json};

use super::document::{object, stored, text};
use super::read::expected;
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

const FREQUENCIES: [&str; 5] = ["NONE", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const ACTIONS: [&str; 3] = ["EMAIL", "POPUP", "EMAILANDPOPUP"];
const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];

pub(super) static RRULE: FieldType = FieldType {
    key: "RRULE",
    name: "RRULE",
    json_type: "jsonobject",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 209,
    custom_length: None,
    parse: parse_rule,
};

pub(super) static ALARM: FieldType = FieldType {
    key: "ALARM",
    name: "ALARM",
    json_type: "jsonobject",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 209,
    custom_length: None,
    parse: parse_alarm,
};

fn parse_rule<'a>(_: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let keys = object(raw)?;
    let rule = required(&keys, "RRULE")?;
    let mut kept = Map::new();
    check(rule, cx.zone, &["FREQ"], rule_part).map_err(|error| error.inside("RRULE".to_owned()))?;
    kept.insert("RRULE".to_owned(), rule.into());
    if let Some(exceptions) = text(&keys, "EXDATE")? {
        if !exceptions.split(',').all(is_date) {
            return Err(expected("date").inside("EXDATE".to_owned()));
        }
        kept.insert("EXDATE".to_owned(), exceptions.into());
    }
    stored(&Json::Object(kept))
}

fn parse_alarm<'a>(_: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let keys = object(raw)?;
    let alarm = required(&keys, "ALARM")?;
    check(alarm, cx.zone, &["ACTION", "TRIGGER"], alarm_part)
        .map_err(|error| error.inside("ALARM".to_owned()))?;
    stored(&serde_json::json!({ "ALARM": alarm }))
}

fn required<'k>(keys: &'k Map<String, Json>, key: &str) -> Result<&'k str, ValueError> {
    let found = text(keys, key)?.map(str::trim).filter(|text| !text.is_empty());
    found.ok_or_else(|| ValueError::from(ApiError::new(Code::MandatoryNotFound)).inside(key.to_owned()))
}

/// Every part has a known key and a fitting value, and the needed ones are there.
fn check(
    rule: &str,
    zone: &Zone,
    needed: &[&str],
    fits: fn(&str, &str, &Zone) -> bool,
) -> Result<(), ValueError> {
    let mut seen = Vec::new();
    for part in rule.split(';').map(str::trim).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').ok_or_else(|| unfit(part))?;
        if seen.contains(&key) || !fits(key, value, zone) {
            return Err(unfit(key));
        }
        seen.push(key);
    }
    match needed.iter().find(|key| !seen.contains(key)) {
        Some(missing) => Err(unfit(missing)),
        None => Ok(()),
    }
}

/// `INVALID_DATA` that names the part at fault.
fn unfit(part: &str) -> ValueError {
    ApiError::new(Code::InvalidData).message(format!("invalid data in {part}")).into()
}

fn rule_part(key: &str, value: &str, _: &Zone) -> bool {
    let number = |from: i64, to: i64| value.parse().is_ok_and(|number: i64| (from..=to).contains(&number));
    let numbers = |from: i64, to: i64| {
        value
            .split(',')
            .all(|one| one.parse().is_ok_and(|number: i64| number != 0 && (from..=to).contains(&number)))
    };
    match key {
        "FREQ" => FREQUENCIES.contains(&value),
        "INTERVAL" | "COUNT" => number(1, 999),
        "UNTIL" | "DTSTART" => is_date(value),
        "BYMONTH" => numbers(1, 12),
        "BYMONTHDAY" => numbers(-31, 31),
        "BYSETPOS" => numbers(-366, 366),
        "BYDAY" => value.split(',').all(is_day),
        "WKST" => DAYS.contains(&value),
        _ => false,
    }
}

fn alarm_part(key: &str, value: &str, zone: &Zone) -> bool {
    match key {
        "FREQ" => FREQUENCIES.contains(&value),
        "ACTION" => ACTIONS.contains(&value),
        "TRIGGER" => match value.split_once(':') {
            Some(("DATE-TIME", at)) => Instant::parse(at, zone).is_some(),
            Some(("DATE", day)) => is_date(day),
            _ => false,
        },
        _ => false,
    }
}

fn is_date(text: &str) -> bool {
    time::parse_date(text.trim()).is_some()
}

/// `MO`, `2TU`, `-1FR`.
fn is_day(text: &str) -> bool {
    let day = text.trim_start_matches(['+', '-']).trim_start_matches(|c: char| c.is_ascii_digit());
    let nth = text.strip_suffix(day).unwrap_or_default();
    DAYS.contains(&day) && (nth.is_empty() || nth.parse().is_ok_and(|nth: i64| nth != 0 && nth.abs() <= 53))
}

#[cfg(test)]
mod tests {
    use dealwright_wire::Zone;

    use super::{alarm_part, check, rule_part};

    #[test]
    fn rules_are_checked_part_by_part() {
        let rule = |text: &str| check(text, &Zone::UTC, &["FREQ"], rule_part).is_ok();
        for good in [
            "FREQ=DAILY;INTERVAL=10;UNTIL=2022-08-14;DTSTART=2022-07-03",
            "FREQ=WEEKLY;BYDAY=MO,-1FR,2TU;COUNT=3",
            "FREQ=MONTHLY;BYMONTHDAY=-1",
        ] {
            assert!(rule(good), "{good}");
        }
        for bad in [
            "",
            "FREQ=SOMETIMES",
            "INTERVAL=1",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;UNTIL=20220814",
            "FREQ=DAILY;BYDAY=XX",
            "FREQ=DAILY;X=1",
        ] {
            assert!(!rule(bad), "{bad}");
        }
    }

    #[test]
    fn alarms_are_checked_part_by_part() {
        let alarm = |text: &str| check(text, &Zone::UTC, &["ACTION", "TRIGGER"], alarm_part).is_ok();
        assert!(alarm("FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:2021-01-18T12:45:00+05:30"));
        assert!(!alarm("FREQ=NONE;ACTION=SHOUT;TRIGGER=DATE-TIME:2021-01-18T12:45:00+05:30"));
        assert!(!alarm("FREQ=NONE;ACTION=EMAIL;TRIGGER=DATE-TIME:soon"));
        assert!(!alarm("FREQ=NONE;ACTION=EMAIL"));
    }
}
