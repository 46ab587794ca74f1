//! Formulas against a naive second evaluator, and what functions give.

use std::collections::HashMap;

use dealwright_query::formula::{
    BinaryOperator, Expression, Field, Function, Kind, Limits, Type, UnaryOperator, check, parse,
};
use dealwright_wire::{Instant, Zone};
use jiff::civil::date;
use proptest::prelude::*;
use rust_decimal::Decimal;

use super::compute::Computing;
use super::value::Value;

/// 2024-06-05T11:28:30Z, a Wednesday.
const NOW: Instant = Instant(1_717_586_910);

fn los_angeles() -> Zone {
    Zone::named("America/Los_Angeles").unwrap()
}

fn value_in(zone: &Zone, text: &str) -> Option<Value> {
    let expression = parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"));
    let type_of = |field: &Field| match field.name.as_str() {
        "nothing" => Some(Type::Number),
        "never" | "day" => Some(Type::Date),
        "unknown" => Some(Type::Boolean),
        _ => None,
    };
    check(&expression, &type_of).unwrap_or_else(|error| panic!("{text}: {error}"));
    let field = |field: &Field| (field.name == "day").then(|| Value::Date(date(2024, 2, 29)));
    Computing { zone, now: NOW, field: &field }.value(&expression)
}

/// The value as text; `-` for none.
fn shown(text: &str) -> String {
    let zone = los_angeles();
    match value_in(&zone, text) {
        None => "-".to_owned(),
        Some(Value::Number(number)) => number.normalize().to_string(),
        Some(Value::Text(text)) => text,
        Some(Value::Boolean(yes)) => yes.to_string(),
        Some(Value::Date(date)) => date.to_string(),
        Some(Value::DateTime(instant)) => instant.text(&zone),
    }
}

#[test]
fn numbers_are_exact_and_what_has_no_value_is_empty() {
    for (text, found) in [
        ("0.1 + 0.2", "0.3"),
        ("1 - 1.1", "-0.1"),
        ("7 % 3", "1"),
        ("-7 % 3", "-1"),
        ("2 ^ 10", "1024"),
        ("2 ^ -2", "0.25"),
        ("0 ^ 0", "1"),
        ("4 ^ 0.5", "2"),
        ("-2 ^ 2", "-4"),
        ("1.1 ^ 2", "1.21"),
        ("1 ^ 9999999999999", "1"),
        ("0.5 ^ 9999999999999", "0"),
        ("1 / 0", "-"),
        ("1 % 0", "-"),
        ("0 ^ -1", "-"),
        ("(0 - 8) ^ 0.5", "-"),
        ("10 ^ 29", "-"),
        ("9999999999999999999999999999 * 10", "-"),
        ("2 ^ 99999999999999999999", "-"),
        ("nothing + 1", "-"),
        ("Abs(-42)", "42"),
        ("Ceil(3.4)", "4"),
        ("Ceil(-3.4)", "-3"),
        ("Floor(3.8)", "3"),
        ("Floor(-3.4)", "-4"),
        ("Naturallog(1)", "0"),
        ("Base10log(10)", "1"),
        ("Base10log(0)", "-"),
        ("Naturallog(-1)", "-"),
        ("Max(3, 1, 5, 2)", "5"),
        ("Min(5, 0, .01, 0.5)", "0"),
        ("Max(1, nothing)", "-"),
        ("Sqrt(4)", "2"),
        ("Sqrt(0.01)", "0.1"),
        ("Sqrt(0)", "0"),
        ("Sqrt(-1)", "-"),
        ("Round(2.5)", "3"),
        ("Round(-2.5)", "-3"),
        ("Round(1.005, 2)", "1.01"),
        ("Round(1, -1)", "-"),
        ("Round(1.5, 999)", "1.5"),
    ] {
        assert_eq!(shown(text), found, "{text}");
    }
    let root = shown("Sqrt(2) ^ 2 - 2").parse::<Decimal>().unwrap().abs();
    assert!(root < Decimal::new(1, 25), "{root}");
}

#[test]
fn texts_are_counted_in_characters_from_one() {
    for (text, found) in [
        ("Len(' abc ')", "5"),
        ("Len('äöü')", "3"),
        ("Find('greenery', 'n', 1)", "5"),
        ("Find('greenery', 'e', 3)", "6"),
        ("Find('ääb', 'b', 1)", "3"),
        ("Find('greenery', 'x', 1)", "0"),
        ("Find('greenery', 'e', 0)", "0"),
        ("Find('greenery', '', 1)", "0"),
        ("Concat('First', ' ', 'Last')", "First Last"),
        ("Contains('abcdef', 'cd')", "true"),
        ("Startswith('abcdef', 'cd')", "false"),
        ("Endswith('abcdef', 'ef')", "true"),
        ("Lower('APPLES')", "apples"),
        ("Upper('Straße')", "STRASSE"),
        ("Trim(' abcd ')", "abcd"),
        ("Substring('abcdefghi', 4, 7)", "defg"),
        ("Substring('abc', 0, 99)", "abc"),
        ("Substring('abc', 3, 2)", ""),
        ("Substring('abc', -5, -2)", ""),
        ("Replace('abcabc', 'abc', 'x')", "xx"),
        ("Replace('abc', '', 'x')", "abc"),
        ("Tostring(3.40)", "3.4"),
        ("Tostring(nothing)", ""),
        ("Tostring(1 == 1)", "true"),
        ("Tostring(day)", "2024-02-29"),
        ("'a' < 'b'", "true"),
        ("'a' == 'A'", "false"),
        ("Tostring(nothing) == ''", "true"),
    ] {
        assert_eq!(shown(text), found, "{text}");
    }
}

#[test]
fn a_short_formula_makes_no_endless_text() {
    let mut text = "'aaaaaaaaaa'".to_owned();
    for _ in 0..8 {
        text = format!("Replace({text}, 'a', 'aaaaaaaaaa')");
    }
    assert_eq!(shown(&text), "-");
    let ten = "Replace('aaaaaaaaaa', 'a', 'aaaaaaaaaa')";
    assert_eq!(shown(&format!("Len(Concat({ten}, {ten}))")), "200");
}

#[test]
fn dates_are_those_of_the_zone() {
    for (text, found) in [
        ("Newdate(2007, 12, 21, 06, 30, 'AM')", "2007-12-21T06:30:00-08:00"),
        ("Newdate(2007, 12, 21, 12, 30, 'am')", "2007-12-21T00:30:00-08:00"),
        ("Newdate(2007, 12, 21, 12, 30, 'PM')", "2007-12-21T12:30:00-08:00"),
        ("Newdate(2007, 12, 21, 18, 30)", "2007-12-21T18:30:00-08:00"),
        ("Newdate(2007, 2, 30, 6, 30, 'AM')", "-"),
        ("Newdate(2007, 2, 3, 13, 30, 'AM')", "-"),
        ("Newdate(99999, 2, 3, 13, 30)", "-"),
        ("Datepart(Newdate(2007, 12, 21, 06, 30, 'AM'))", "2007-12-21"),
        ("Timepart(Newdate(2007, 12, 21, 06, 30, 'PM'))", "06:30 PM"),
        ("Adddate(Newdate(2007, 12, 21, 06, 30, 'AM'), 2, 'YEAR')", "2009-12-21T06:30:00-08:00"),
        ("Subdate(Newdate(2007, 12, 21, 06, 30, 'AM'), 2, 'YEAR')", "2005-12-21T06:30:00-08:00"),
        ("Adddate(day, 1, 'YEAR')", "2025-02-28"),
        ("Adddate(day, 1, 'month')", "2024-03-29"),
        ("Adddate(day, 25, 'HOUR')", "2024-03-01"),
        ("Adddate(day, 1, 'CENTURY')", "-"),
        ("Adddate(day, 99999999999999999999, 'DAY')", "-"),
        ("Adddate(day, 8000, 'YEAR')", "-"),
        ("Subdate(day, 3000, 'YEAR')", "-"),
        ("Adddate(Now(), 9223372036854775807, 'HOUR')", "-"),
        ("Adddate(Newdate(2024, 3, 9, 12, 0), 1, 'DAY')", "2024-03-10T12:00:00-07:00"),
        ("Adddate(Newdate(2024, 3, 9, 12, 0), 24, 'HOUR')", "2024-03-10T13:00:00-07:00"),
        ("Now()", "2024-06-05T04:28:30-07:00"),
        ("Datecomp(Newdate(2009, 05, 19, 11, 30, 'AM'), Newdate(2009, 05, 19, 12, 30, 'AM'))", "660"),
        ("Dayofmonth(Newdate(2009, 05, 19, 11, 30, 'AM'))", "19"),
        ("Hour(Now())", "4"),
        ("Minute(Now())", "28"),
        ("Second(Now())", "30"),
        ("Month(day)", "2"),
        ("Year(day)", "2024"),
        ("Weekday(Newdate(2009, 05, 19, 11, 30, 'AM'))", "3"),
        ("Hour(day)", "0"),
        ("day == Newdate(2024, 2, 29, 0, 0)", "true"),
        ("Max(day, Now())", "2024-06-05T04:28:30-07:00"),
        ("Year(never)", "-"),
        ("Datecomp(day, never)", "-"),
    ] {
        assert_eq!(shown(text), found, "{text}");
    }
}

#[test]
fn conditions_look_only_as_far_as_they_must() {
    for (text, found) in [
        ("If(1 < 2, 'yes', 'no')", "yes"),
        ("If(true, 1, 1 / 0)", "1"),
        ("If(unknown, 1, 2)", "-"),
        ("false && unknown", "false"),
        ("unknown && false", "false"),
        ("true && unknown", "-"),
        ("true || unknown", "true"),
        ("Or(unknown, true)", "true"),
        ("Or(unknown, false)", "-"),
        ("And(true, 1 == 1)", "true"),
        ("Not(unknown)", "-"),
        ("!(1 > 2)", "true"),
        ("nothing == 1", "-"),
        ("1 = 1.0", "true"),
        ("1 <> 2 && 2 >= 2 && 1 <= 1", "true"),
    ] {
        assert_eq!(shown(text), found, "{text}");
    }
}

/// A number as a fraction. It has no limits short of overflow, and no decimals to round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fraction(i128, i128);

impl Fraction {
    fn new(over: i128, under: i128) -> Self {
        let (mut a, mut b) = (over.abs(), under.abs());
        while b > 0 {
            (a, b) = (b, a % b);
        }
        let sign = under.signum();
        Self(over / a * sign, under / a * sign)
    }

    fn floor(self) -> i128 {
        self.0.div_euclid(self.1)
    }

    fn is_less(self, other: Self) -> bool {
        self.0 * other.1 < other.0 * self.1
    }
}

/// What the naive evaluator gives.
#[derive(Debug, Clone, PartialEq)]
enum Naive {
    Number(Fraction),
    Text(Vec<char>),
    Boolean(bool),
}

/// Evaluates on fractions and lists of characters, the plainest way there is.
fn naive(expression: &Expression, fields: &HashMap<String, Naive>) -> Option<Naive> {
    use BinaryOperator as B;
    use Naive::{Boolean, Number, Text};
    let of = |part: &Expression| naive(part, fields);
    let number = |part: &Expression| match naive(part, fields)? {
        Number(number) => Some(number),
        _ => None,
    };
    let text = |part: &Expression| match naive(part, fields)? {
        Text(text) => Some(text),
        _ => None,
    };
    Some(match &expression.kind {
        Kind::Number(n) => Number(Fraction::new(n.mantissa(), 10_i128.pow(n.scale()))),
        Kind::Text(t) => Text(t.chars().collect()),
        Kind::Boolean(yes) => Boolean(*yes),
        Kind::Field(field) => return fields.get(&field.name).cloned(),
        Kind::Unary(UnaryOperator::Minus, part) => number(part).map(|n| Number(Fraction::new(-n.0, n.1)))?,
        Kind::Unary(UnaryOperator::Not, part) => match of(part)? {
            Boolean(yes) => Boolean(!yes),
            _ => return None,
        },
        Kind::Binary(operator @ (B::And | B::Or), left, right) => {
            let settles = Boolean(*operator == B::Or);
            let both = [of(left), of(right)];
            if both.contains(&Some(settles.clone())) {
                settles
            } else {
                both.into_iter().collect::<Option<Vec<_>>>()?;
                Boolean(*operator == B::And)
            }
        }
        Kind::Binary(operator, left, right) if operator.compares() => {
            let (less, equal) = match (of(left)?, of(right)?) {
                (Number(a), Number(b)) => (a.is_less(b), a == b),
                (Text(a), Text(b)) => (a < b, a == b),
                (Boolean(a), Boolean(b)) => (!a && b, a == b),
                _ => return None,
            };
            Boolean(match operator {
                B::Equal => equal,
                B::NotEqual => !equal,
                B::Less => less,
                B::LessEqual => less || equal,
                B::Greater => !less && !equal,
                _ => !less,
            })
        }
        Kind::Binary(operator, left, right) => {
            let (a, b) = (number(left)?, number(right)?);
            Number(match operator {
                B::Add => Fraction::new(a.0 * b.1 + b.0 * a.1, a.1 * b.1),
                B::Subtract => Fraction::new(a.0 * b.1 - b.0 * a.1, a.1 * b.1),
                B::Multiply => Fraction::new(a.0 * b.0, a.1 * b.1),
                B::Divide if b.0 != 0 => Fraction::new(a.0 * b.1, a.1 * b.0),
                B::Remainder if b.0 != 0 => Fraction::new((a.0 * b.1) % (b.0 * a.1), a.1 * b.1),
                _ => return None,
            })
        }
        Kind::Call(function, parts) => match function {
            Function::Abs => number(&parts[0]).map(|n| Number(Fraction::new(n.0.abs(), n.1)))?,
            Function::Floor => Number(Fraction::new(number(&parts[0])?.floor(), 1)),
            Function::Ceil => {
                let n = number(&parts[0])?;
                Number(Fraction::new(-Fraction::new(-n.0, n.1).floor(), 1))
            }
            Function::Max | Function::Min => {
                let all = parts.iter().map(number).collect::<Option<Vec<_>>>()?;
                let mut best = all[0];
                for n in all {
                    let better = if *function == Function::Max { best.is_less(n) } else { n.is_less(best) };
                    best = if better { n } else { best };
                }
                Number(best)
            }
            Function::Len => Number(Fraction::new(text(&parts[0])?.len() as i128, 1)),
            Function::Concat => {
                Text(parts.iter().map(text).collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
            }
            Function::Contains => {
                let (whole, part) = (text(&parts[0])?, text(&parts[1])?);
                Boolean((0..=whole.len()).any(|at| whole[at..].starts_with(&part)))
            }
            Function::Startswith => Boolean(text(&parts[0])?.starts_with(&text(&parts[1])?)),
            Function::Endswith => Boolean(text(&parts[0])?.ends_with(&text(&parts[1])?)),
            Function::Substring => {
                let (whole, from, to) = (text(&parts[0])?, number(&parts[1])?, number(&parts[2])?);
                let cut = |n: Fraction| n.0 / n.1;
                let chosen = whole.iter().zip(1..).filter(|(_, at)| (cut(from)..=cut(to)).contains(at));
                Text(chosen.map(|(c, _)| *c).collect())
            }
            Function::If => match of(&parts[0])? {
                Boolean(true) => return of(&parts[1]),
                Boolean(false) => return of(&parts[2]),
                _ => return None,
            },
            Function::Not => match of(&parts[0])? {
                Boolean(yes) => Boolean(!yes),
                _ => return None,
            },
            _ => return None,
        },
    })
}

fn call(function: Function, parts: Vec<Expression>) -> Expression {
    Expression::new(Kind::Call(function, parts), 0)
}

fn binary(operator: BinaryOperator, left: Expression, right: Expression) -> Expression {
    Expression::new(Kind::Binary(operator, Box::new(left), Box::new(right)), 0)
}

fn unary(operator: UnaryOperator, part: Expression) -> Expression {
    Expression::new(Kind::Unary(operator, Box::new(part)), 0)
}

fn leaf(kind: Kind) -> Expression {
    Expression::new(kind, 0)
}

fn field(name: &str) -> Expression {
    leaf(Kind::Field(Field { module: None, name: name.to_owned() }))
}

/// Well-typed formulas over the fields `n`, `nothing`, `t`, `b`, `unknown`. Divisors are such that every number has an
/// end, and numbers so small that none has more than 28 digits: decimals and fractions agree to the last digit.
fn formulas(wanted: Type, depth: u32) -> BoxedStrategy<Expression> {
    use BinaryOperator as B;
    let leaves = match wanted {
        Type::Number => prop_oneof![
            4 => (0..100_i64, 0..2_u32).prop_map(|(n, scale)| leaf(Kind::Number(Decimal::new(n, scale)))),
            2 => Just(field("n")),
            1 => Just(field("nothing")),
        ]
        .boxed(),
        Type::Text => prop_oneof!["[abä]{0,4}".prop_map(|t| leaf(Kind::Text(t))), Just(field("t"))].boxed(),
        _ => prop_oneof![
            any::<bool>().prop_map(|yes| leaf(Kind::Boolean(yes))),
            Just(field("b")),
            Just(field("unknown")),
        ]
        .boxed(),
    };
    if depth == 0 {
        return leaves;
    }
    let number = || formulas(Type::Number, depth - 1);
    let text = || formulas(Type::Text, depth - 1);
    let condition = || formulas(Type::Boolean, depth - 1);
    let chosen = (condition(), formulas(wanted, depth - 1), formulas(wanted, depth - 1))
        .prop_map(|(a, b, c)| call(Function::If, vec![a, b, c]));
    match wanted {
        Type::Number => prop_oneof![
            2 => leaves,
            4 => (prop::sample::select(vec![B::Add, B::Subtract, B::Multiply]), number(), number())
                .prop_map(|(operator, a, b)| binary(operator, a, b)),
            1 => (prop::sample::select(vec![B::Divide, B::Remainder]), number(), prop::sample::select(vec![0, 2, 4, 5, 10]))
                .prop_map(|(operator, a, b)| binary(operator, a, leaf(Kind::Number(Decimal::from(b))))),
            1 => number().prop_map(|a| unary(UnaryOperator::Minus, a)),
            1 => (prop::sample::select(vec![Function::Abs, Function::Ceil, Function::Floor]), number())
                .prop_map(|(function, a)| call(function, vec![a])),
            1 => (prop::sample::select(vec![Function::Max, Function::Min]), prop::collection::vec(number(), 1..4))
                .prop_map(|(function, parts)| call(function, parts)),
            1 => text().prop_map(|a| call(Function::Len, vec![a])),
            1 => chosen,
        ]
        .boxed(),
        Type::Text => prop_oneof![
            1 => leaves,
            1 => prop::collection::vec(text(), 1..4).prop_map(|parts| call(Function::Concat, parts)),
            1 => (text(), number(), number()).prop_map(|(a, b, c)| call(Function::Substring, vec![a, b, c])),
            1 => chosen,
        ]
        .boxed(),
        _ => {
            let comparisons =
                vec![B::Equal, B::NotEqual, B::Less, B::LessEqual, B::Greater, B::GreaterEqual];
            let tests = vec![Function::Contains, Function::Startswith, Function::Endswith];
            prop_oneof![
                1 => leaves,
                2 => (prop::sample::select(comparisons.clone()), number(), number())
                    .prop_map(|(operator, a, b)| binary(operator, a, b)),
                1 => (prop::sample::select(comparisons), text(), text())
                    .prop_map(|(operator, a, b)| binary(operator, a, b)),
                1 => (prop::sample::select(vec![B::And, B::Or]), condition(), condition())
                    .prop_map(|(operator, a, b)| binary(operator, a, b)),
                1 => (prop::sample::select(tests), text(), text())
                    .prop_map(|(function, a, b)| call(function, vec![a, b])),
                1 => condition().prop_map(|a| unary(UnaryOperator::Not, a)),
                1 => condition().prop_map(|a| call(Function::Not, vec![a])),
                1 => chosen,
            ]
            .boxed()
        }
    }
}

fn any_formula() -> impl Strategy<Value = Expression> {
    prop_oneof![formulas(Type::Number, 3), formulas(Type::Text, 3), formulas(Type::Boolean, 3)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_naive_evaluator_finds_the_same(formula in any_formula(), n in -100..100_i64, t in "[abä]{0,5}", b: bool) {
        let fields = HashMap::from([
            ("n".to_owned(), Naive::Number(Fraction::new(n.into(), 10))),
            ("t".to_owned(), Naive::Text(t.chars().collect())),
            ("b".to_owned(), Naive::Boolean(b)),
        ]);
        let field = |field: &Field| match field.name.as_str() {
            "n" => Some(Value::Number(Decimal::new(n, 1))),
            "t" => Some(Value::Text(t.clone())),
            "b" => Some(Value::Boolean(b)),
            _ => None,
        };
        let found = Computing { zone: &Zone::UTC, now: NOW, field: &field }.value(&formula);
        let found = found.map(|value| match value {
            Value::Number(n) => Naive::Number(Fraction::new(n.mantissa(), 10_i128.pow(n.scale()))),
            Value::Text(text) => Naive::Text(text.chars().collect()),
            Value::Boolean(yes) => Naive::Boolean(yes),
            other => panic!("{other:?}"),
        });
        prop_assert_eq!(found, naive(&formula, &fields), "{}", formula);
    }

    #[test]
    fn no_formula_of_its_own_accord_fails(text in "((Adddate|Newdate|Round|Sqrt|Substring|Find|Max|Naturallog|Tostring|Datecomp|Hour)\\(|Now\\(\\)|'YEAR'|'ab'|[0-9]{1,28}|[-+*/%^,().]|day){1,12}") {
        let zone = los_angeles();
        let type_of = |field: &Field| (field.name == "day").then_some(Type::Date);
        if let Ok(expression) = parse(&text, &Limits::default()) && check(&expression, &type_of).is_ok() {
            let field = |_: &Field| Some(Value::Date(date(2024, 2, 29)));
            let _ = Computing { zone: &zone, now: NOW, field: &field }.value(&expression);
        }
    }
}
