//! The rules of the criteria text, one story each, and the round trip through print.

use dealwright_query::criteria::{
    Condition, Criteria, CriteriaError, CriteriaErrorKind as Kind, Limits, Operator, parse,
};
use proptest::prelude::*;

fn read(text: &str) -> Criteria {
    parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refuse(text: &str) -> CriteriaError {
    parse(text, &Limits::default()).expect_err(text)
}

fn test<const N: usize>(field: &str, operator: Operator, values: [&str; N]) -> Criteria {
    let values = values.map(str::to_owned).to_vec();
    Criteria::Test(Condition { field: field.to_owned(), operator, values, at: 0 })
}

fn equals(field: &str, value: &str) -> Criteria {
    test(field, Operator::Equals, [value])
}

#[test]
fn one_condition_reads_with_and_without_brackets() {
    for text in ["a:equals:b", "(a:equals:b)", "(((a:equals:b)))", " ( ( a : equals : b ) ) "] {
        assert_eq!(read(text), equals("a", "b"), "{text}");
    }
}

#[test]
fn outer_brackets_are_optional() {
    let both = Criteria::All(vec![equals("a", "b"), equals("c", "d")]);
    assert_eq!(read("(a:equals:b)and(c:equals:d)"), both);
    assert_eq!(read("((a:equals:b)and(c:equals:d))"), both);
}

#[test]
fn conjunctions_take_upper_case_and_white_space() {
    let either = Criteria::Any(vec![equals("a", "b"), equals("c", "d")]);
    assert_eq!(read("(a:equals:b) OR\n(c:equals:d)"), either);
    let both = Criteria::All(vec![equals("a", "b"), equals("c", "d")]);
    assert_eq!(read("( (a:equals:b)  AND (c:equals:d) )"), both);
}

#[test]
fn and_binds_tighter_than_or() {
    let (a, b, c, d) = (equals("a", "1"), equals("b", "2"), equals("c", "3"), equals("d", "4"));
    assert_eq!(
        read("(a:equals:1)and(b:equals:2)or(c:equals:3)and(d:equals:4)"),
        Criteria::Any(vec![
            Criteria::All(vec![a.clone(), b.clone()]),
            Criteria::All(vec![c.clone(), d.clone()]),
        ])
    );
    assert_eq!(
        read("(a:equals:1)and((b:equals:2)or(c:equals:3))and(d:equals:4)"),
        Criteria::All(vec![a, Criteria::Any(vec![b, c]), d])
    );
}

#[test]
fn conditions_come_in_written_order_with_their_places() {
    let text = "(((a:equals:1)and( b:equals:2))or(c:equals:3))";
    let criteria = read(text);
    let found: Vec<_> =
        criteria.conditions().map(|condition| (condition.field.as_str(), condition.at)).collect();
    assert_eq!(found, [("a", 3), ("b", 19), ("c", 34)]);
}

#[test]
fn equal_conditions_may_stand_at_different_places() {
    assert_eq!(read("a:equals:b"), read("   (a:equals:b)"));
}

#[test]
fn a_backslash_escapes_four_characters_only() {
    assert_eq!(read(r"(a:equals:\(\)\,\\)"), equals("a", r"(),\"));
    assert_eq!(read(r"(a:equals:C:\dir\:x)"), equals("a", r"C:\dir\:x"));
    assert_eq!(read(r"(a:equals:K\\)"), equals("a", r"K\"));
    assert_eq!(read(r"a:equals:K\"), equals("a", r"K\"));
    assert_eq!(refuse(r"(a:equals:K\)").kind, Kind::Syntax);
}

#[test]
fn balanced_brackets_in_a_value_need_no_escape() {
    assert_eq!(read("(Name:equals:Foo (Bar))"), equals("Name", "Foo (Bar)"));
    assert_eq!(read("Name:equals:Foo (Bar)"), equals("Name", "Foo (Bar)"));
    assert_eq!(read("((Name:equals:((x)y))and(a:equals:b))").conditions().count(), 2);
    for text in ["(Name:equals:Foo (Bar)", "Name:equals:Foo (Bar", "Name:equals:Foo Bar)"] {
        assert_eq!(refuse(text).kind, Kind::Syntax, "{text}");
    }
}

#[test]
fn a_value_keeps_colons_commas_and_inner_white_space() {
    assert_eq!(
        read("(Time:less_than: 2024-01-01T10:20:30+02:00 )"),
        test("Time", Operator::LessThan, ["2024-01-01T10:20:30+02:00"])
    );
    assert_eq!(read("(a:equals: Burns, M. )"), equals("a", "Burns, M."));
    assert_eq!(read("(a:equals:Zoë and (or) 東京)"), equals("a", "Zoë and (or) 東京"));
}

#[test]
fn lists_split_at_unescaped_commas_and_trim() {
    assert_eq!(read(r"(a:in: x , y\,z ,(w))"), test("a", Operator::In, ["x", "y,z", "(w)"]));
    assert_eq!(read("(a:in:x)"), test("a", Operator::In, ["x"]));
    assert_eq!(read("(a:between:1, 2)"), test("a", Operator::Between, ["1", "2"]));
    for text in ["(a:in:x,)", "(a:in:,x)", "(a:in:x,,y)", "(a:in:)", "(a:between:1,)"] {
        assert_eq!(refuse(text).kind, Kind::Syntax, "{text}");
    }
}

#[test]
fn between_takes_exactly_two_values() {
    for text in ["(a:between:1)", "(a:between:1,2,3)"] {
        let error = refuse(text);
        assert_eq!((error.kind, error.at), (Kind::WrongValueCount, 11), "{text}");
        assert_eq!(error.operator.as_deref(), Some("between"));
    }
}

#[test]
fn emptiness_tests_take_no_value() {
    for text in ["(a:is_empty)", "(a:is_empty:)", "a:is_empty", "a : is_empty : "] {
        assert_eq!(read(text), test("a", Operator::IsEmpty, []), "{text}");
    }
    for text in ["(a:is_not_empty)", "(a:is_not_empty:)"] {
        assert_eq!(read(text), test("a", Operator::IsNotEmpty, []), "{text}");
    }
    let empty = |text| read(text).conditions().next().and_then(dealwright_query::Condition::tests_empty);
    assert_eq!(empty("(a:equals:${EMPTY})"), Some(true));
    assert_eq!(empty("(a:not_equal: ${EMPTY} )"), Some(false));
    assert_eq!(empty("(a:is_empty)"), None);
    assert_eq!(read("(a:in:${EMPTY})"), test("a", Operator::In, ["${EMPTY}"]));
    assert_eq!(refuse("(a:is_empty:x)").kind, Kind::WrongValueCount);
}

#[test]
fn every_other_operator_needs_a_value() {
    for operator in Operator::ALL {
        let text = format!("(a:{}: )", operator.name());
        match operator {
            Operator::IsEmpty | Operator::IsNotEmpty => assert_eq!(read(&text), test("a", operator, [])),
            _ => assert_eq!(refuse(&text).kind, Kind::Syntax, "{text}"),
        }
    }
    assert_eq!(refuse("(a:equals)").kind, Kind::Syntax);
}

#[test]
fn operators_are_found_by_their_names() {
    for operator in Operator::ALL {
        assert_eq!(Operator::from_name(operator.name()), Some(operator));
    }
    let extensions: Vec<_> = Operator::ALL.into_iter().filter(|operator| operator.is_extension()).collect();
    assert_eq!(extensions, [Operator::EndsWith, Operator::Contains, Operator::IsEmpty, Operator::IsNotEmpty]);
}

#[test]
fn an_unknown_operator_is_named() {
    for word in ["equal", "greaterthan", "EQUALS", "like"] {
        let error = refuse(&format!("(Amount:{word}:5)"));
        assert_eq!((error.kind, error.at), (Kind::UnknownOperator, 8));
        assert_eq!(error.field.as_deref(), Some("Amount"));
        assert_eq!(error.operator.as_deref(), Some(word));
    }
}

#[test]
fn a_field_is_a_dotted_name() {
    for field in ["id", "_a", "$approved", "Account_Name.Industry", "Field9"] {
        assert_eq!(read(&format!("({field}:equals:b)")), equals(field, "b"));
    }
    for field in ["", "9a", ".a", "a-b", "a b", "é", ")"] {
        assert_eq!(refuse(&format!("({field}:equals:b)")).kind, Kind::Syntax, "{field}");
    }
}

#[test]
fn errors_say_what_was_expected_where() {
    let messages = [
        ("", "expected a field name at byte 0 of the criteria"),
        ("()", "expected a field name at byte 1 of the criteria"),
        ("(a)", "expected `:` after the field name at byte 2 of the criteria, in the condition on `a`"),
        ("(a:)", "expected an operator at byte 3 of the criteria, in the condition on `a`"),
        ("(a:equals:)", "expected a value at byte 10 of the criteria, in the condition `a:equals`"),
        ("(a:equals:b", "expected `)` at byte 11 of the criteria"),
        ("(a:equals:b)and", "expected `(` at byte 15 of the criteria"),
        ("(a:equals:b)and c:equals:d", "expected `(` at byte 16 of the criteria"),
        ("(a:equals:b)(c:equals:d)", "expected `and`, `or` or the end at byte 12 of the criteria"),
        ("((a:equals:b)(c:equals:d))", "expected `and`, `or` or `)` at byte 13 of the criteria"),
        ("((a:equals:b)and(c:equals:d)", "expected `and`, `or` or `)` at byte 28 of the criteria"),
        (
            "(a:equal:b)",
            "expected an operator such as `equals` or `starts_with` at byte 3 of the criteria, \
             in the condition `a:equal`",
        ),
    ];
    for (text, message) in messages {
        assert_eq!(refuse(text).to_string(), message, "{text}");
    }
}

#[test]
fn the_sixteenth_condition_is_too_many() {
    let conditions = |count| vec!["(a:equals:b)"; count].join("or");
    assert_eq!(read(&conditions(15)).conditions().count(), 15);
    let error = refuse(&conditions(16));
    assert_eq!((error.kind, error.at), (Kind::TooManyConditions, 15 * 14 + 1));
}

#[test]
fn the_hundred_and_first_value_is_too_many() {
    let list = |count| format!("(a:in:{})", vec!["1"; count].join(","));
    assert_eq!(read(&list(100)).conditions().next().map(|condition| condition.values.len()), Some(100));
    let error = refuse(&list(101));
    assert_eq!(error.kind, Kind::TooManyValues);
    assert_eq!(error.field.as_deref(), Some("a"));
}

#[test]
fn length_counts_characters() {
    let text = |count| format!("a:equals:{}", "ü".repeat(count));
    read(&text(2991));
    let error = refuse(&text(2992));
    assert_eq!((error.kind, error.at), (Kind::TooLong, 9 + 2 * 2991));
}

#[test]
fn the_thirty_third_bracket_is_too_deep() {
    let nested = |count| format!("{}a:equals:b{}", "(".repeat(count), ")".repeat(count));
    assert_eq!(read(&nested(32)), equals("a", "b"));
    let error = refuse(&nested(33));
    assert_eq!((error.kind, error.at), (Kind::TooDeep, 32));
    assert_eq!(refuse(&"(".repeat(3000)).kind, Kind::TooDeep);
}

#[test]
fn brackets_in_a_value_do_not_count_as_depth() {
    let value = format!("{}{}", "(".repeat(1000), ")".repeat(1000));
    assert_eq!(read(&format!("(a:equals:{value})")), equals("a", &value));
}

#[test]
fn prints_the_documented_form() {
    let printed = |text| read(text).to_string();
    assert_eq!(
        printed("(a:equals:1) AND (b:in:x , y (z)) or (c:equals:${EMPTY})"),
        r"(((a:equals:1)and(b:in:x,y \(z\)))or(c:equals:${EMPTY}))"
    );
    assert_eq!(printed(r"a:equals:Burns, K\"), r"(a:equals:Burns\, K\\)");
}

/// Texts that survive as a value: trimmed and not empty.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![r"[a-z(),\\: ]{1,12}", "\\PC{1,8}"]
        .prop_map(|text| text.trim().to_owned())
        .prop_filter("a value", |text| !text.is_empty())
}

fn condition() -> impl Strategy<Value = Criteria> {
    let operator = prop::sample::select(&Operator::ALL[..]);
    ("[A-Za-z_$][A-Za-z0-9_$.]{0,8}", operator, prop::collection::vec(value(), 2..5)).prop_map(
        |(field, operator, mut values)| {
            match operator {
                Operator::IsEmpty | Operator::IsNotEmpty => values.clear(),
                Operator::In => {}
                Operator::Between => values.truncate(2),
                _ => values.truncate(1),
            }
            Criteria::Test(Condition { field, operator, values, at: 0 })
        },
    )
}

fn tree() -> impl Strategy<Value = Criteria> {
    condition().prop_recursive(6, 24, 4, |part| {
        let parts = || prop::collection::vec(part.clone(), 2..5);
        prop_oneof![parts().prop_map(Criteria::All), parts().prop_map(Criteria::Any)]
    })
}

/// Texts near the grammar, which get further into the parser than arbitrary ones.
fn near_text() -> impl Strategy<Value = String> {
    let pieces = [
        "(",
        ")",
        "(",
        ")",
        "\\",
        ",",
        ":",
        " ",
        "and",
        "OR",
        "a",
        "$b.c",
        "é",
        "1",
        "(a:equals:b)",
        ":equals:",
        ":in:",
        ":between:",
        ":is_empty",
        ":equal:",
        "${EMPTY}",
    ];
    prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..24).prop_map(|pieces| pieces.concat())
}

fn roomy() -> Limits {
    Limits { conditions: 10_000, length: 1_000_000, ..Limits::default() }
}

proptest! {
    #[test]
    fn printed_trees_parse_back_equal(criteria in tree()) {
        let printed = criteria.to_string();
        prop_assert_eq!(parse(&printed, &roomy()), Ok(criteria), "{}", printed);
    }

    #[test]
    fn any_text_parses_or_is_refused(text in prop_oneof!["\\PC{0,40}", any::<String>(), near_text()]) {
        match parse(&text, &Limits::default()) {
            Ok(criteria) => {
                let printed = criteria.to_string();
                prop_assert_eq!(parse(&printed, &roomy()), Ok(criteria), "{}", printed);
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.at), "{error}"),
        }
    }
}

#[test]
fn an_or_that_pages_by_a_key_has_a_bound() {
    for (text, bound) in [
        ("((a:less_than:5)or((a:equals:5)and(id:less_than:9)))", Some("a:less_equal:5")),
        ("((a:greater_than:5)or((id:greater_than:9)and(a:equals:5)))", Some("a:greater_equal:5")),
        ("((a:equals:5)or(a:less_than:5))", Some("a:less_equal:5")),
        ("((a:less_than:5)or((b:equals:1)and((a:equals:5)and(id:less_than:9))))", Some("a:less_equal:5")),
        ("((a:less_equal:5)or(a:less_than:5))", Some("a:less_equal:5")),
        // Other values, fields and sides say nothing together.
        ("((a:less_than:5)or((a:equals:6)and(id:less_than:9)))", None),
        ("((a:less_than:5)or((b:equals:5)and(id:less_than:9)))", None),
        ("((a:less_than:5)or((a:greater_than:5)and(id:less_than:9)))", None),
        ("((a:equals:5)or((a:equals:5)and(id:less_than:9)))", None),
        ("((a:less_than:5)or((a:equals:5)or(id:less_than:9)))", None),
        ("((a:less_than:5)and(a:equals:5))", None),
        ("((a:less_than:5)or((a:not_equal:5)and(id:less_than:9)))", None),
    ] {
        assert_eq!(read(text).bound().map(Criteria::Test), bound.map(read), "{text}");
    }
}
