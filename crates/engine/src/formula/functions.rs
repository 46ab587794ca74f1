//! What the functions of formulas give. Their arguments have the right types and number: the formula was checked.

use dealwright_query::formula::{Expression, Function};
use dealwright_wire::Instant;
use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};
use rust_decimal::prelude::ToPrimitive as _;
use rust_decimal::{Decimal, RoundingStrategy};

use super::compute::{Computing, approximately};
use super::value::Value;

/// Characters of the longest text that a formula makes on its way.
const LONGEST: usize = 32_000;

/// The value of a call; `None` when it is empty.
pub(super) fn call(cx: &Computing<'_>, function: Function, arguments: &[Expression]) -> Option<Value> {
    match function {
        Function::If => {
            let chosen = if cx.boolean(arguments.first()?)? { 1 } else { 2 };
            cx.value(arguments.get(chosen)?)
        }
        Function::And => cx.all(arguments, false),
        Function::Or => cx.all(arguments, true),
        Function::Not => cx.boolean(arguments.first()?).map(|yes| Value::Boolean(!yes)),
        Function::Max | Function::Min => extreme(cx, function, arguments),
        Function::Now => Some(Value::DateTime(cx.now)),
        Function::Tostring => Some(Value::Text(text_of(cx, arguments.first()?))),
        Function::Concat => {
            let mut text = String::new();
            for argument in arguments {
                text.push_str(&cx.text(argument)?);
                within(&text)?;
            }
            Some(Value::Text(text))
        }
        Function::Newdate => new_date(cx, arguments).map(Value::DateTime),
        Function::Adddate | Function::Subdate => {
            let count = whole(cx.number(arguments.get(1)?)?)?;
            let count = if function == Function::Subdate { count.checked_neg()? } else { count };
            moved(cx, &cx.value(arguments.first()?)?, count, &cx.text(arguments.get(2)?)?)
        }
        Function::Datecomp => {
            let instant = |at: usize| cx.value(arguments.get(at)?)?.instant(cx.zone);
            let seconds = instant(1)?.0.checked_sub(instant(0)?.0)?;
            Decimal::from(seconds.checked_abs()?).checked_div(Decimal::from(60)).map(Value::Number)
        }
        Function::Abs
        | Function::Ceil
        | Function::Floor
        | Function::Naturallog
        | Function::Base10log
        | Function::Sqrt
        | Function::Round => numeric(cx, function, arguments).map(Value::Number),
        Function::Datepart
        | Function::Timepart
        | Function::Dayofmonth
        | Function::Hour
        | Function::Minute
        | Function::Second
        | Function::Month
        | Function::Year
        | Function::Weekday => {
            let moment = cx.value(arguments.first()?)?.civil(cx.zone)?;
            part(function, moment)
        }
        _ => textual(cx, function, arguments),
    }
}

fn numeric(cx: &Computing<'_>, function: Function, arguments: &[Expression]) -> Option<Decimal> {
    let number = cx.number(arguments.first()?)?;
    match function {
        Function::Abs => Some(number.abs()),
        Function::Ceil => Some(number.ceil()),
        Function::Floor => Some(number.floor()),
        Function::Naturallog => approximately(number, f64::ln),
        Function::Base10log => approximately(number, f64::log10),
        Function::Sqrt => square_root(number),
        _ => {
            let decimals = match arguments.get(1) {
                Some(decimals) => u32::try_from(whole(cx.number(decimals)?)?).ok()?.min(28),
                None => 0,
            };
            Some(number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero))
        }
    }
}

/// A guess of 15 digits, made better once: Newton's step doubles them.
fn square_root(number: Decimal) -> Option<Decimal> {
    let guess = approximately(number, f64::sqrt)?;
    if guess.is_zero() {
        return Some(guess);
    }
    guess.checked_add(number.checked_div(guess)?)?.checked_div(Decimal::TWO)
}

/// The whole part; `None` when it is larger than any count.
fn whole(number: Decimal) -> Option<i64> {
    number.trunc().to_i64()
}

fn extreme(cx: &Computing<'_>, function: Function, arguments: &[Expression]) -> Option<Value> {
    let mut best = cx.value(arguments.first()?)?;
    for argument in &arguments[1..] {
        let value = cx.value(argument)?;
        let order = cx.compare(&value, &best)?;
        if if function == Function::Max { order.is_gt() } else { order.is_lt() } {
            best = value;
        }
    }
    Some(best)
}

fn textual(cx: &Computing<'_>, function: Function, arguments: &[Expression]) -> Option<Value> {
    let text = cx.text(arguments.first()?)?;
    let second = || cx.text(arguments.get(1)?);
    let count = |at: usize| whole(cx.number(arguments.get(at)?)?);
    let number = |count: usize| Some(Value::Number(Decimal::from(count)));
    match function {
        Function::Len => number(text.chars().count()),
        Function::Find => number(find(&text, &second()?, count(2)?)),
        Function::Contains => Some(Value::Boolean(text.contains(&second()?))),
        Function::Startswith => Some(Value::Boolean(text.starts_with(&second()?))),
        Function::Endswith => Some(Value::Boolean(text.ends_with(&second()?))),
        Function::Lower => Some(Value::Text(text.to_lowercase())),
        Function::Upper => Some(Value::Text(text.to_uppercase())),
        Function::Trim => Some(Value::Text(text.trim().to_owned())),
        Function::Substring => Some(Value::Text(substring(&text, count(1)?, count(2)?))),
        Function::Replace => replace(&text, &second()?, &cx.text(arguments.get(2)?)?).map(Value::Text),
        _ => None,
    }
}

fn within(text: &str) -> Option<()> {
    (text.len() <= LONGEST || text.chars().count() <= LONGEST).then_some(())
}

/// Where the n-th occurrence begins, in characters from 1; 0 when there is none.
fn find(text: &str, wanted: &str, n: i64) -> usize {
    let Some(skipped) = usize::try_from(n).ok().and_then(|n| n.checked_sub(1)) else { return 0 };
    if wanted.is_empty() {
        return 0;
    }
    text.match_indices(wanted).nth(skipped).map_or(0, |(at, _)| text[..at].chars().count() + 1)
}

/// From one position to another, both included, as far as the text goes.
fn substring(text: &str, from: i64, to: i64) -> String {
    let from = usize::try_from(from.max(1)).unwrap_or(usize::MAX) - 1;
    let to = usize::try_from(to).unwrap_or(0);
    text.chars().skip(from).take(to.saturating_sub(from)).collect()
}

fn replace(text: &str, wanted: &str, by: &str) -> Option<String> {
    if wanted.is_empty() {
        return Some(text.to_owned());
    }
    // Counted before it is built: a short formula can ask for a very long text.
    let found = text.matches(wanted).count();
    (text.len() + found.saturating_mul(by.len()) <= LONGEST * 4)
        .then(|| text.replace(wanted, by))
        .filter(|text| within(text).is_some())
}

/// What `Tostring` gives. Of nothing, the text of no letters.
fn text_of(cx: &Computing<'_>, argument: &Expression) -> String {
    match cx.value(argument) {
        None => String::new(),
        Some(Value::Number(number)) => number.normalize().to_string(),
        Some(Value::Text(text)) => text,
        Some(Value::Boolean(yes)) => yes.to_string(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::DateTime(instant)) => instant.text(cx.zone),
    }
}

fn part(function: Function, moment: DateTime) -> Option<Value> {
    let number = |part: i16| Some(Value::Number(Decimal::from(part)));
    match function {
        Function::Datepart => Some(Value::Date(moment.date())),
        Function::Timepart => Some(Value::Text(moment.strftime("%I:%M %p").to_string())),
        Function::Dayofmonth => number(moment.day().into()),
        Function::Hour => number(moment.hour().into()),
        Function::Minute => number(moment.minute().into()),
        Function::Second => number(moment.second().into()),
        Function::Month => number(moment.month().into()),
        Function::Year => number(moment.year()),
        Function::Weekday => number(moment.weekday().to_sunday_one_offset().into()),
        _ => None,
    }
}

fn new_date(cx: &Computing<'_>, arguments: &[Expression]) -> Option<Instant> {
    let number = |at: usize| whole(cx.number(arguments.get(at)?)?);
    let hour = number(3)?;
    let hour = match arguments.get(5) {
        None => hour,
        Some(half) => {
            let half = cx.text(half)?;
            let afternoon = if half.eq_ignore_ascii_case("PM") { 12 } else { 0 };
            let known = afternoon > 0 || half.eq_ignore_ascii_case("AM");
            (known && (1..=12).contains(&hour)).then_some(hour % 12 + afternoon)?
        }
    };
    let small = |number: i64| i8::try_from(number).ok();
    let date = Date::new(i16::try_from(number(0)?).ok()?, small(number(1)?)?, small(number(2)?)?).ok()?;
    let time = jiff::civil::Time::new(small(hour)?, small(number(4)?)?, 0, 0).ok()?;
    cx.zone.instant(date.to_datetime(time))
}

/// A moment that many units later, of the type it had. Years, months and days keep the time on the clock; the 31st
/// becomes the last day of a shorter month.
fn moved(cx: &Computing<'_>, moment: &Value, count: i64, unit: &str) -> Option<Value> {
    let span = match unit.to_ascii_uppercase().as_str() {
        "YEAR" => Span::new().try_years(count).ok()?,
        "MONTH" => Span::new().try_months(count).ok()?,
        "DAY" => Span::new().try_days(count).ok()?,
        "HOUR" => return later(cx, moment, count.checked_mul(3600)?),
        "MINUTE" => return later(cx, moment, count.checked_mul(60)?),
        _ => return None,
    };
    let civil = moment.civil(cx.zone)?.checked_add(span).ok()?;
    match moment {
        Value::Date(_) => shown(civil.date()),
        _ => cx.zone.instant(civil).map(Value::DateTime),
    }
}

fn later(cx: &Computing<'_>, moment: &Value, seconds: i64) -> Option<Value> {
    if let Value::Date(_) = moment {
        let seconds = 0.seconds().try_seconds(seconds).ok()?;
        return shown(moment.civil(cx.zone)?.checked_add(seconds).ok()?.date());
    }
    let instant = Instant(moment.instant(cx.zone)?.0.checked_add(seconds)?);
    instant.is_shown().then_some(Value::DateTime(instant))
}

/// A date that the API can write.
fn shown(date: Date) -> Option<Value> {
    (1..=9999).contains(&date.year()).then_some(Value::Date(date))
}
