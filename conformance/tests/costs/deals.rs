//! The deals of the world: those of the benchmark, an id and 25 typed fields, each a function of its number.

use serde_json::{Value, json};

const STAGES: [&str; 6] = [
    "Qualification",
    "Needs Analysis",
    "Value Proposition",
    "Identify Decision Makers",
    "Closed Won",
    "Closed Lost",
];
const GOODS: [&str; 8] =
    ["awnings", "cables", "engines", "filters", "lanterns", "pumps", "sensors", "valves"];
const OCCASIONS: [&str; 5] = ["tender", "reorder", "trial", "lease", "refit"];
/// Eighteen digits, the most a `bigint` field takes.
const FIRST_REFERENCE: u64 = 100_000_000_000_000_000;

/// A number that looks random, below `limit`, for a record and a field.
fn number(record: u64, field: u64, limit: u64) -> u64 {
    let mut value = record.wrapping_mul(31).wrapping_add(field).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (value ^ (value >> 31)) % limit
}

fn pick(from: &[&'static str], record: u64, field: u64) -> &'static str {
    from[number(record, field, from.len() as u64) as usize]
}

fn cents(record: u64, field: u64) -> f64 {
    number(record, field, 100_000_000) as f64 / 100.0
}

/// The fields that a deal has beside the standard ones, as many at a time as may be created.
pub(crate) fn custom_fields() -> [Value; 3] {
    [
        json!({"fields": [
            {"field_label": "Account Ref", "data_type": "bigint", "length": 18},
            {"field_label": "Contact Ref", "data_type": "bigint", "length": 18},
            {"field_label": "Campaign Ref", "data_type": "bigint", "length": 18},
            {"field_label": "Currency Code", "data_type": "text", "length": 3},
            {"field_label": "Rate", "data_type": "double", "length": 16, "decimal_place": 3},
        ]}),
        json!({"fields": [
            {"field_label": "Email Address", "data_type": "email"},
            {"field_label": "Phone Number", "data_type": "phone"},
            {"field_label": "Website Address", "data_type": "website"},
            {"field_label": "Is Won", "data_type": "boolean"},
            {"field_label": "Score", "data_type": "integer", "length": 9},
        ]}),
        json!({"fields": [
            {
                "field_label": "External Key", "data_type": "text", "length": 50,
                "unique": {"case_sensitive": false},
            },
            {"field_label": "Region", "data_type": "text", "length": 50},
        ]}),
    ]
}

/// A deal with everything in it.
pub(crate) fn deal(record: u64) -> Value {
    let (good, occasion) = (pick(&GOODS, record, 1), pick(&OCCASIONS, record, 2));
    let other = pick(&GOODS, record, 3);
    json!({
        "Deal_Name": format!("Northgate {good} {occasion} {record}"),
        "Amount": cents(record, 4),
        "Stage": pick(&STAGES, record, 5),
        "Closing_Date": format!("2027-{:02}-{:02}", 1 + number(record, 6, 12), 1 + number(record, 7, 28)),
        "Account_Ref": (FIRST_REFERENCE + number(record, 8, 5_000)).to_string(),
        "Contact_Ref": (FIRST_REFERENCE + number(record, 9, 20_000)).to_string(),
        "Campaign_Ref": (FIRST_REFERENCE + number(record, 10, 200)).to_string(),
        "Probability": 5 * number(record, 11, 21),
        "Type": pick(&["Existing Business", "New Business"], record, 12),
        "Lead_Source": pick(&["Advertisement", "Cold Call", "Trade Show"], record, 13),
        "Next_Step": format!("Send Northgate the {good} offer"),
        "Description": format!(
            "Northgate wants {good} and {other} within {} weeks, {good} first; the last {occasion} went well.",
            2 + number(record, 14, 30),
        ),
        "Currency_Code": pick(&["CHF", "EUR", "USD"], record, 15),
        "Rate": 1.0 + number(record, 16, 1_000) as f64 / 1_000.0,
        "Email_Address": format!("desk{}@northgate.example", number(record, 17, 1_000)),
        "Phone_Number": format!("+1-555-{:07}", number(record, 18, 10_000_000)),
        "Website_Address": format!("https://www.northgate{}.example", number(record, 19, 1_000)),
        "Is_Won": number(record, 20, 4) == 0,
        "Score": number(record, 21, 1_000),
        "External_Key": external_key(record),
        "Region": pick(&["Alps", "Baltics", "Benelux", "Iberia", "Pacific"], record, 22),
    })
}

pub(crate) fn external_key(record: u64) -> String {
    format!("KEY-{:08X}{record:08X}", number(record, 23, 1 << 32))
}

/// Four fields of a deal that is there, two of them in indexes: what the benchmark changes.
pub(crate) fn change(id: &str, round: u64) -> Value {
    let record = id.bytes().fold(round, |sum, byte| sum.wrapping_mul(10).wrapping_add(u64::from(byte)));
    json!({
        "id": id,
        "Amount": cents(record, 1),
        "Stage": pick(&STAGES, record, 2),
        "Next_Step": format!("Visit {}", 100 + number(record, 3, 900)),
        "Score": number(record, 4, 1_000),
    })
}
