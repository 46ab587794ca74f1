//! For each data type: what is read is stored so that it shows in the documented form, and what it shows reads as the
//! same value again.

use dealwright_schema::field::PickValue;
use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, OrgSchema, Value, ValueCx, catalog};
use dealwright_wire::{Compat, Mint, Zone, decimal, json, time};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::{Arc, LazyLock};

static SCHEMA: LazyLock<OrgSchema> = LazyLock::new(|| {
    let modules = catalog::standard_modules(&Mint::seeded(1));
    OrgSchema::new(1, modules.into_iter().map(Arc::new).collect())
});

fn module(name: &str) -> &'static ModuleDef {
    SCHEMA.module(name).expect("a standard module")
}

fn field(of: &str, name: &str) -> FieldDef {
    module(of).field(name).expect("a standard field").clone()
}

/// Reads a value as it is sent; `None` when it is refused.
fn read(field: &FieldDef, sent: &Json) -> Option<Cell<'static>> {
    let cx = ValueCx { zone: &Zone::UTC, compat: Compat::Strict };
    match field.parse(&sent.to_string(), &cx).ok()? {
        Value::Cell(cell) => Some(cell.into_owned()),
        other => panic!("{}: {other:?}", field.api_name),
    }
}

/// What a record shows for a stored value.
fn shown(field: &FieldDef, cell: &Cell<'_>) -> Json {
    let mut out = Vec::new();
    match (cell, field.data_type.get().form) {
        (Cell::Null, _) => return Json::Null,
        (Cell::Bool(yes), _) => return json!(yes),
        (Cell::Int(number), Form::BigInt) => return json!(number.to_string()),
        (Cell::Int(units), Form::Decimal) => decimal::write(&mut out, *units, field.scale()),
        (Cell::Int(number), _) => return json!(number),
        (Cell::Text(text), Form::Text) => json::string(&mut out, text),
        (Cell::Text(text), _) => out.extend_from_slice(text.as_bytes()),
        (Cell::Date(date), _) => {
            out.push(b'"');
            time::write_date(&mut out, *date);
            out.push(b'"');
        }
        (Cell::Instant(instant), _) => instant.write(&mut out, &Zone::UTC),
        (Cell::Bytes(_) | Cell::Ids(_) | Cell::Texts(_), _) => unreachable!("never stored"),
    }
    serde_json::from_slice(&out).expect("what is shown is JSON")
}

/// Sends a value, and checks that what comes back is the same when it is sent.
fn round(field: &FieldDef, sent: &Json) -> Json {
    let cell = read(field, sent).unwrap_or_else(|| panic!("{} refuses {sent}", field.api_name));
    let back = shown(field, &cell);
    if !back.is_null() {
        assert_eq!(read(field, &back), Some(cell), "{}: {back}", field.api_name);
    }
    back
}

/// A text without NUL, at most that long and not blank.
fn text(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(any::<char>().prop_filter("NUL", |c| *c != '\0'), 1..=longest)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #[test]
    fn text_is_kept_as_it_is(value in text(100)) {
        prop_assert_eq!(round(&field("Deals", "Next_Step"), &json!(value)), json!(value));
        prop_assert_eq!(round(&field("Leads", "Description"), &json!(value)), json!(value));
    }

    #[test]
    fn scalars_become_text(number in any::<i32>(), flag in any::<bool>()) {
        prop_assert_eq!(round(&field("Deals", "Next_Step"), &json!(number)), json!(number.to_string()));
        prop_assert_eq!(round(&field("Leads", "Phone"), &json!(number)), json!(number.to_string()));
        prop_assert_eq!(round(&field("Leads", "Website"), &json!(flag)), json!(flag.to_string()));
    }

    #[test]
    fn text_that_is_too_long_is_refused(extra in 1_usize..50) {
        for (of, name) in [("Deals", "Next_Step"), ("Leads", "Phone"), ("Leads", "Website"), ("Leads", "Description")] {
            let field = field(of, name);
            let longest = field.length.unwrap() as usize;
            prop_assert!(read(&field, &json!("é".repeat(longest))).is_some());
            prop_assert!(read(&field, &json!("é".repeat(longest + extra))).is_none());
        }
    }

    #[test]
    fn addresses_are_kept(local in "[a-z0-9.+_-]{1,20}", domain in "[a-z0-9]{1,20}", top in "[a-z]{2,6}") {
        let address = format!("{local}@{domain}.{top}");
        prop_assert_eq!(round(&field("Leads", "Email"), &json!(address)), json!(address));
    }

    #[test]
    fn whole_numbers_keep_their_bounds(number in any::<i64>()) {
        let (integer, long) = (field("Leads", "No_of_Employees"), field("Accounts", "Account_Number"));
        if number.unsigned_abs() < 1_000_000_000 {
            prop_assert_eq!(round(&integer, &json!(number)), json!(number));
            prop_assert_eq!(round(&integer, &json!(number.to_string())), json!(number));
        } else {
            prop_assert!(read(&integer, &json!(number)).is_none());
        }
        if number.unsigned_abs() < 10_u64.pow(18) {
            prop_assert_eq!(round(&long, &json!(number)), json!(number.to_string()));
        } else {
            prop_assert!(read(&long, &json!(number)).is_none());
        }
    }

    #[test]
    fn decimals_are_exact(units in -999_999_999_i64..999_999_999) {
        let amount = format!("{}{}.{:02}", if units < 0 { "-" } else { "" }, units.abs() / 100, units.abs() % 100);
        for (of, name) in [("Deals", "Amount"), ("Products", "Qty_in_Stock")] {
            let field = field(of, name);
            prop_assert_eq!(field.scale(), 2);
            let cell = read(&field, &json!(amount));
            prop_assert_eq!(cell, Some(Cell::Int(units)));
            round(&field, &json!(amount));
        }
    }

    #[test]
    fn digits_of_doubles_are_counted(length in 1_u32..16, whole in 1_u64..10_u64.pow(9)) {
        let mut double = field("Products", "Qty_in_Stock");
        double.length = Some(length);
        let digits = whole.to_string().len() as u32;
        prop_assert_eq!(read(&double, &json!(whole)).is_some(), digits <= length);
        prop_assert_eq!(read(&double, &json!(format!("{whole}.5"))).is_some(), digits < length);
    }

    #[test]
    fn days_and_times_come_back(days in 0_i32..60_000, seconds in 0_i64..4_000_000_000) {
        let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        prop_assert_eq!(round(&field("Deals", "Closing_Date"), &json!(date.to_string())), json!(date.to_string()));
        let instant = dealwright_wire::Instant(seconds);
        let sent = instant.text(&Zone::UTC);
        prop_assert_eq!(round(&field("Events", "Start_DateTime"), &json!(sent)), json!(sent));
        let short = sent.trim_end_matches("+00:00").to_owned() + ".25Z";
        prop_assert_eq!(round(&field("Events", "Start_DateTime"), &json!(short)), json!(sent));
    }

    #[test]
    fn booleans_come_back(flag in any::<bool>()) {
        let field = field("Leads", "Email_Opt_Out");
        prop_assert_eq!(round(&field, &json!(flag)), json!(flag));
        prop_assert_eq!(round(&field, &json!(flag.to_string())), json!(flag));
    }

    #[test]
    fn options_are_stored_by_their_actual_value(names in proptest::collection::vec("[a-z]{1,8}", 1..6), pick in any::<prop::sample::Index>()) {
        let mut one = field("Leads", "Lead_Source");
        one.pick_list_values = names.iter().map(|name| PickValue {
            id: None,
            display_value: format!("Shown {name}"),
            actual_value: format!("stored {name}"),
            more: serde_json::Map::new(),
        }).collect();
        let name = pick.get(&names);
        for sent in [format!("Shown {name}"), format!("stored {name}")] {
            prop_assert_eq!(read(&one, &json!(sent)), Some(Cell::from(format!("stored {name}"))));
        }
        let mut many = field("Services__s", "Available_Days");
        many.pick_list_values = one.pick_list_values.clone();
        let back = round(&many, &json!([format!("Shown {name}"), "unlisted"]));
        prop_assert_eq!(back, json!([format!("stored {name}"), "unlisted"]));
    }

    #[test]
    fn reminders_and_ranges_come_back(unit in 0_i64..10_000, from in 0_u32..1_439, length in 1_u32..600) {
        let reminders = json!([{"unit": unit, "period": "hours"}]);
        prop_assert_eq!(round(&field("Events", "Remind_At"), &reminders), reminders);
        let to = (from + length).min(1_439);
        let clock = |minutes: u32| format!("{:02}:{:02}", minutes / 60, minutes % 60);
        let range = json!([{"From": clock(from), "To": clock(to)}]);
        prop_assert_eq!(round(&field("Services__s", "Available_Timings"), &range), range);
        let backwards = json!([{"From": clock(to), "To": clock(from)}]);
        prop_assert!(read(&field("Services__s", "Available_Timings"), &backwards).is_none());
    }

    #[test]
    fn rules_of_repetition_come_back(interval in 1_u32..999, day in 1_u32..28) {
        let rule = json!({"RRULE": format!("FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day};DTSTART=2027-07-{day:02}")});
        prop_assert_eq!(round(&field("Events", "Recurring_Activity"), &rule), rule);
        let alarm = json!({"ALARM": format!("ACTION=POPUP;TRIGGER=DATE-TIME:2027-07-{day:02}T12:00:00Z")});
        prop_assert_eq!(round(&field("Tasks", "Remind_At"), &alarm), alarm);
    }

    #[test]
    fn prices_and_participants_come_back(from in 0_u32..1_000, more in 0_u32..1_000, discount in 0_u32..100, id in 10_i64.pow(18)..i64::MAX) {
        let prices = json!([{"from_range": from, "to_range": from + more, "discount": f64::from(discount) + 0.5}]);
        prop_assert_eq!(round(&field("Price_Books", "Pricing_Details"), &prices), prices);
        let people = json!([{"type": "contact", "participant": id.to_string()}, {"type": "email", "participant": "a@b.co"}]);
        prop_assert_eq!(round(&field("Events", "Participants"), &people), people);
    }

    #[test]
    fn taxes_are_known_by_name_and_id(at in 0_usize..2) {
        let field = field("Products", "Tax");
        let option = &field.pick_list_values[at];
        let stored = Some(Cell::from(json!([option.actual_value]).to_string()));
        for sent in [json!([option.actual_value]), json!([{"id": option.id}]), json!([{"value": option.display_value}])] {
            prop_assert_eq!(read(&field, &sent), stored.clone());
        }
    }

    #[test]
    fn whatever_is_sent_is_stored_or_refused_but_never_breaks(value in json_value()) {
        for module in SCHEMA.modules() {
            for field in module.fields() {
                let cx = ValueCx { zone: &Zone::UTC, compat: Compat::Strict };
                let _ = field.parse(&value.to_string(), &cx);
            }
        }
    }
}

/// Any JSON, not deep.
fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_map(Json::from),
        ".{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let keys = prop_oneof![
            Just("id"),
            Just("name"),
            Just("type"),
            Just("unit"),
            Just("RRULE"),
            Just("From"),
            Just("value")
        ];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            proptest::collection::vec((keys, inner), 0..4)
                .prop_map(|pairs| pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}
