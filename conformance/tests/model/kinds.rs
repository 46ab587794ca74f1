//! The data types of the written values: how a field of the type is made, what is sent for it, and what a read of the
//! record must show then. Written from the documentation, not from the server's code.

use serde_json::{Value, json};

use super::Random;

/// What a read must show.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shown {
    Exact(Value),
    /// A number, equal within rounding of binary fractions.
    Number(f64),
    /// A point in time in seconds; its offset is the org's own business.
    Instant(i64),
    /// A record or a user by its id, with a name beside it.
    Reference(String),
}

/// A value as it is sent and as it comes back.
pub(super) struct Sample {
    pub sent: Value,
    pub shown: Shown,
}

/// Records and users that values can point to.
pub(super) struct World {
    pub accounts: Vec<String>,
    pub users: Vec<String>,
}

/// A data type in use.
pub(super) struct Kind {
    /// Name of the field, made from its label.
    pub api_name: &'static str,
    /// The field as `POST settings/fields` wants it.
    pub field: fn() -> Value,
    pub sample: fn(&mut Random, &World) -> Sample,
    /// Values that must be refused with `INVALID_DATA`.
    pub wrong: &'static [&'static str],
    /// What a read shows after null was sent.
    pub cleared: Value,
}

pub(super) static KINDS: &[Kind] = &[
    Kind {
        api_name: "M_Text",
        field: || json!({"field_label": "M Text", "data_type": "text", "length": 80}),
        sample: |random, _| exact(words(random, 5).into()),
        wrong: &[r#"{"a": 1}"#, "[1]", TOO_LONG],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Area",
        field: || json!({"field_label": "M Area", "data_type": "textarea", "textarea": {"type": "large"}}),
        sample: |random, _| exact(format!("{}\n{}", words(random, 20), words(random, 3)).into()),
        wrong: &["[]", "{}"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Rich",
        field: || json!({"field_label": "M Rich", "data_type": "textarea", "textarea": {"type": "rich_text"}}),
        sample: |random, _| {
            let text = format!("<p>{}</p>", words(random, 60));
            // Rich text is cut to 500 characters where it is not asked for in full.
            let shown: String = text.chars().take(500).collect();
            Sample { sent: text.into(), shown: Shown::Exact(shown.into()) }
        },
        wrong: &["[]"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Email",
        field: || json!({"field_label": "M Email", "data_type": "email"}),
        sample: |random, _| exact(format!("user{}@example.com", random.below(1000)).into()),
        wrong: &["\"nobody\"", "\"a@\"", "7"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Phone",
        field: || json!({"field_label": "M Phone", "data_type": "phone"}),
        sample: |random, _| exact(format!("+1 (555) {:04}", random.below(10_000)).into()),
        wrong: &["[]"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Site",
        field: || json!({"field_label": "M Site", "data_type": "website"}),
        sample: |random, _| exact(format!("www.example{}.com/a?b=c&d", random.below(100)).into()),
        wrong: &["{}"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Pick",
        field: || json!({"field_label": "M Pick", "data_type": "picklist", "pick_list_values": options()}),
        sample: |random, _| exact((*random.pick(OPTIONS)).into()),
        wrong: &["[1]", "{}"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Picks",
        field: || json!({"field_label": "M Picks", "data_type": "multiselectpicklist", "pick_list_values": options()}),
        sample: |random, _| {
            let first = random.below(OPTIONS.len());
            let last = first + random.below(OPTIONS.len() - first);
            exact(json!(OPTIONS[first..=last].to_vec()))
        },
        wrong: &["{}", "[{}]"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Flag",
        field: || json!({"field_label": "M Flag", "data_type": "boolean"}),
        sample: |random, _| {
            let yes = random.once_in(2);
            let sent = if random.once_in(3) { json!(yes.to_string()) } else { json!(yes) };
            Sample { sent, shown: Shown::Exact(json!(yes)) }
        },
        wrong: &["\"perhaps\"", "[]"],
        cleared: Value::Bool(false),
    },
    Kind {
        api_name: "M_Whole",
        field: || json!({"field_label": "M Whole", "data_type": "integer"}),
        sample: |random, _| {
            let number = random.below(2_000_000) as i64 - 1_000_000;
            let sent = if random.once_in(4) { json!(number.to_string()) } else { json!(number) };
            Sample { sent, shown: Shown::Exact(json!(number)) }
        },
        wrong: &["\"seven\"", "7.5", "true", "99999999999"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Big",
        field: || json!({"field_label": "M Big", "data_type": "bigint"}),
        sample: |random, _| {
            let number = (random.next() >> 8) as i64;
            let sent = if random.once_in(2) { json!(number.to_string()) } else { json!(number) };
            Sample { sent, shown: Shown::Exact(number.to_string().into()) }
        },
        wrong: &["\"seven\"", "0.5", "{}"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Double",
        field: || json!({"field_label": "M Double", "data_type": "double", "length": 14, "decimal_place": 3}),
        sample: |random, _| number(random, 1_000_000, 1000.0),
        wrong: &["\"seven\"", "{}"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Money",
        field: || json!({"field_label": "M Money", "data_type": "currency", "length": 16, "decimal_place": 2}),
        sample: |random, _| number(random, 100_000_000, 100.0),
        wrong: &["\"$5\"", "[]"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Share",
        field: || json!({"field_label": "M Share", "data_type": "percent"}),
        sample: |random, _| {
            let percent = random.below(101);
            Sample { sent: json!(percent), shown: Shown::Number(percent as f64) }
        },
        wrong: &["\"5%\"", "{}"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Date",
        field: || json!({"field_label": "M Date", "data_type": "date"}),
        sample: |random, _| {
            let (year, month, day) = (1950 + random.below(120), 1 + random.below(12), 1 + random.below(28));
            exact(format!("{year}-{month:02}-{day:02}").into())
        },
        wrong: &["\"2024-02-30\"", "\"30.01.2024\"", "\"2024-01-01T00:00:00Z\"", "5"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Time",
        field: || json!({"field_label": "M Time", "data_type": "datetime"}),
        sample: |random, _| {
            // Some hour of some day since 1970, said in some offset.
            let seconds = (random.below(1_000_000) * 3_600 + random.below(3_600)) as i64;
            let offset = random.below(27) as i64 - 13;
            Sample { sent: at(seconds, offset).into(), shown: Shown::Instant(seconds) }
        },
        wrong: &["\"yesterday\"", "\"2024-13-01T00:00:00Z\"", "5"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_Account",
        field: || {
            json!({"field_label": "M Account", "data_type": "lookup",
                   "lookup": {"module": {"api_name": "Accounts"}, "display_label": "M Vendors"}})
        },
        sample: |random, world| reference(random, &world.accounts),
        wrong: &["\"1234567890123456789\"", "\"x\"", "[]"],
        cleared: Value::Null,
    },
    Kind {
        api_name: "M_User",
        field: || json!({"field_label": "M User", "data_type": "userlookup"}),
        sample: |random, world| reference(random, &world.users),
        wrong: &["\"1234567890123456789\"", "[]"],
        cleared: Value::Null,
    },
];

const OPTIONS: &[&str] = &["Red", "Green", "Blue & White", "Ünter", "O'Hara; \"quoted\""];

/// More than the 80 characters of the text field.
const TOO_LONG: &str =
    "\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"";

const WORDS: &[&str] = &[
    "alpha",
    "Beta",
    "γάμμα",
    "delta-4",
    "Épsilon",
    "100%",
    "under_score",
    "it's",
    "x",
    "漢字",
    "🚢",
    "\\n",
    "\"q\"",
];

pub(super) fn words(random: &mut Random, most: usize) -> String {
    let count = 1 + random.below(most);
    let words: Vec<&str> = (0..count).map(|_| *random.pick(WORDS)).collect();
    words.join(" ")
}

fn exact(value: Value) -> Sample {
    Sample { shown: Shown::Exact(value.clone()), sent: value }
}

fn number(random: &mut Random, bound: usize, units: f64) -> Sample {
    let number = (random.below(bound) as f64 - (bound / 2) as f64) / units;
    let sent = if random.once_in(4) { json!(number.to_string()) } else { json!(number) };
    Sample { sent, shown: Shown::Number(number) }
}

fn reference(random: &mut Random, ids: &[String]) -> Sample {
    let id = random.pick(ids).clone();
    let sent = match random.below(3) {
        0 => json!(id),
        1 => json!(id.parse::<i64>().expect("ids are numerals")),
        _ => json!({"id": id, "name": "passed over"}),
    };
    Sample { sent, shown: Shown::Reference(id) }
}

fn options() -> Value {
    OPTIONS.iter().map(|text| json!({"display_value": text, "actual_value": text})).collect()
}

/// Seconds since 1970 as civil time in an offset of whole hours.
pub(super) fn at(seconds: i64, offset: i64) -> String {
    let local = seconds + offset * 3_600;
    let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    let sign = if offset < 0 { '-' } else { '+' };
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{sign}{:02}:00", offset.abs())
}

/// Days since 1970 as a date of the Gregorian calendar (Hinnant's algorithm).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, year) = if month < 10 {
        (month + 3, year_of_era + era * 400)
    } else {
        (month - 9, year_of_era + era * 400 + 1)
    };
    (year, month, day)
}

/// The seconds of `2024-06-05T04:28:30-07:00`; `None` for any other form.
pub(super) fn seconds(text: &str) -> Option<i64> {
    let part = |from: usize, to: usize| text.get(from..to)?.parse::<i64>().ok();
    let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
    let (hour, minute, second) = (part(11, 13)?, part(14, 16)?, part(17, 19)?);
    let sign = match text.get(19..20)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let offset = sign * (part(20, 22)? * 3_600 + part(23, 25)? * 60);
    if text.len() != 25 {
        return None;
    }
    let years = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (years.div_euclid(400), years.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days =
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468;
    Some(days * 86_400 + hour * 3_600 + minute * 60 + second - offset)
}

impl Shown {
    /// True when that is what a read showed.
    pub(super) fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Exact(expected) => value == expected,
            Self::Number(number) => value.as_f64().is_some_and(|shown| (shown - number).abs() < 1e-6),
            Self::Instant(expected) => value.as_str().and_then(seconds) == Some(*expected),
            Self::Reference(id) => value["id"] == id.as_str() && value["name"].is_string(),
        }
    }
}

#[test]
fn times_are_said_and_read_alike() {
    for (seconds_since, offset) in [(0, 0), (951_782_400, -7), (1_717_586_910, 5), (4_102_444_800, -12)] {
        assert_eq!(seconds(&at(seconds_since, offset)), Some(seconds_since));
    }
    assert_eq!(seconds("2024-06-05T04:28:30Z"), None);
}
