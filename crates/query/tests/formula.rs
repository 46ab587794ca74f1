//! The rules of formula text and of its types, one story each, and the round trip through print.

use dealwright_query::formula::{
    BinaryOperator, Expression, Field, FormulaErrorKind as Error, Function, Kind, Limits, Type,
    UnaryOperator, check, parse,
};
use proptest::prelude::*;
use rust_decimal::Decimal;

fn read(text: &str) -> Expression {
    parse(text, &Limits::default()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refused(text: &str) -> (Error, usize) {
    let error = parse(text, &Limits::default()).expect_err(text);
    (error.kind, error.at)
}

/// Types of fields by the first letter of their names; others are unknown.
fn type_of(field: &Field) -> Option<Type> {
    match field.name.chars().next()? {
        'n' => Some(Type::Number),
        't' => Some(Type::Text),
        'b' => Some(Type::Boolean),
        'd' => Some(Type::Date),
        'm' => Some(Type::DateTime),
        _ => None,
    }
}

fn typed(text: &str) -> Result<Type, (Error, usize)> {
    check(&read(text), &type_of).map_err(|error| (error.kind, error.at))
}

#[test]
fn printed_formulas_show_how_they_were_read() {
    for (text, printed) in [
        ("1+2*3", "1 + (2 * 3)"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-2-3", "(1 - 2) - 3"),
        ("2^3^2", "2 ^ (3 ^ 2)"),
        ("-2^2", "-(2 ^ 2)"),
        ("2^-1", "2 ^ (-1)"),
        ("--1", "-(-1)"),
        ("+1 - +1", "1 - 1"),
        ("!b1 == b2", "(!${b1}) == ${b2}"),
        ("1 < 2 && 3 = 4 || 5 <> 6", "((1 < 2) && (3 == 4)) || (5 != 6)"),
        ("a%b", "${a} % ${b}"),
        ("${ Deals . Amount }", "${Deals.Amount}"),
        ("Quantity * List_Price", "${Quantity} * ${List_Price}"),
        ("cOnCaT ('it''s'", ""),
        ("concat('it\\'s', \"\\\\ \")", "Concat('it\\'s', '\\\\ ')"),
        ("NOW()", "Now()"),
        ("true || false", "true || false"),
        (".5 + 5. + 0.10", "(0.5 + 5) + 0.10"),
        ("true(", ""),
    ] {
        if printed.is_empty() {
            parse(text, &Limits::default()).expect_err(text);
        } else {
            assert_eq!(read(text).to_string(), printed, "{text}");
        }
    }
}

#[test]
fn errors_say_where() {
    for (text, kind, at) in [
        ("", Error::Syntax, 0),
        ("1 +", Error::Syntax, 3),
        ("1 2", Error::Syntax, 2),
        ("(1", Error::Syntax, 2),
        ("'ab", Error::Syntax, 3),
        ("1 < 2 < 3", Error::Syntax, 6),
        ("1.2.3", Error::Syntax, 0),
        ("$Amount", Error::Syntax, 1),
        ("${1}", Error::Syntax, 2),
        ("${a.b.c}", Error::Syntax, 5),
        ("Abs(1,)", Error::Syntax, 6),
        ("1 + Boat(2)", Error::UnknownFunction, 4),
        ("1000000000000000000000000000000", Error::TooLong, 0),
        ("'\0'", Error::Syntax, 1),
        ("ä", Error::Syntax, 0),
    ] {
        assert_eq!(refused(text), (kind, at), "{text}");
    }
}

#[test]
fn size_has_limits() {
    let limits = Limits { length: 10, depth: 3 };
    assert_eq!(parse("12345678901", &limits).unwrap_err().kind, Error::TooLong);
    assert_eq!(parse("ääää'", &limits).unwrap_err().kind, Error::Syntax);
    assert_eq!(parse("((((1))))", &limits).unwrap_err().kind, Error::TooDeep);
    assert_eq!(parse("1+1+1+1", &limits).unwrap_err().kind, Error::TooDeep);
    assert_eq!(parse("-+-+1", &limits).unwrap_err().kind, Error::TooDeep);
    for deep in ["(", "-", "!", "2^", "Abs(", "1+("] {
        let text = deep.repeat(4_000 / deep.len());
        assert_eq!(refused(&text).0, Error::TooDeep, "{deep}");
    }
}

#[test]
fn values_have_types() {
    for (text, found) in [
        ("n1 + 2 * n2 % 3 ^ n4", Ok(Type::Number)),
        ("If(b1, 1, n2)", Ok(Type::Number)),
        ("If(n1 > 0, 'a', t1)", Ok(Type::Text)),
        ("If(b1, d1, m1)", Ok(Type::DateTime)),
        ("If(b1, d1, d2) == Now()", Ok(Type::Boolean)),
        ("Max(d1, d2)", Ok(Type::Date)),
        ("Min(1, n2, 3)", Ok(Type::Number)),
        ("Adddate(d1, 1, 'DAY')", Ok(Type::Date)),
        ("Subdate(m1, n1, 'DAY')", Ok(Type::DateTime)),
        ("Datepart(m1)", Ok(Type::Date)),
        ("And(b1, !b2, n1 == 1) && (t1 < 'x' || d1 >= m1)", Ok(Type::Boolean)),
        ("Round(1.5)", Ok(Type::Number)),
        ("Newdate(2007, 12, 21, 6, 30)", Ok(Type::DateTime)),
        ("Tostring(b1)", Ok(Type::Text)),
        ("n1 + t1", Err((Error::WrongType, 5))),
        ("-d1", Err((Error::WrongType, 1))),
        ("n1 == t1", Err((Error::WrongType, 6))),
        ("b1 < b2", Err((Error::WrongType, 0))),
        ("n1 && b1", Err((Error::WrongType, 0))),
        ("If(b1, 1, 'a')", Err((Error::WrongType, 10))),
        ("If(n1, 1, 2)", Err((Error::WrongType, 3))),
        ("Max('a')", Err((Error::WrongType, 4))),
        ("Max(1, d1)", Err((Error::WrongType, 7))),
        ("Hour(1)", Err((Error::WrongType, 5))),
        ("Abs()", Err((Error::WrongCount, 0))),
        ("Round(1, 2, 3)", Err((Error::WrongCount, 0))),
        ("Concat()", Err((Error::WrongCount, 0))),
        ("Now(1)", Err((Error::WrongCount, 0))),
        ("1 + x1", Err((Error::UnknownField, 4))),
    ] {
        assert_eq!(typed(text), found, "{text}");
    }
}

#[test]
fn every_function_is_found_by_its_name() {
    for &function in Function::ALL {
        assert_eq!(Function::from_name(&function.name().to_uppercase()), Some(function));
    }
    assert_eq!(Function::from_name("Boat"), None);
}

#[test]
fn fields_and_time_are_told() {
    let formula = read("If(${Deals.a} > 1, Concat(b, c), 'x') == b");
    let mut names: Vec<&str> = formula.fields().map(|field| field.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["a", "b", "b", "c"]);
    assert!(!formula.depends_on_time());
    assert!(read("Datecomp(Now(), d) > 5").depends_on_time());
}

/// Trees as parsing makes them: any shape, sensible or not.
fn trees() -> impl Strategy<Value = Expression> {
    let name = "[A-Za-z_][A-Za-z0-9_]{0,6}";
    let leaf = prop_oneof![
        (0..u64::MAX, 0..10_u32)
            .prop_map(|(digits, scale)| Kind::Number(Decimal::from_i128_with_scale(digits.into(), scale))),
        "[ -~äß\u{1F600}]{0,8}".prop_map(Kind::Text),
        any::<bool>().prop_map(Kind::Boolean),
        (prop::option::of(name), name).prop_map(|(module, name)| Kind::Field(Field { module, name })),
    ];
    let leaf = leaf.prop_map(|kind| Expression::new(kind, 0));
    leaf.prop_recursive(6, 48, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            (prop::sample::select(&UnaryOperator::ALL[..]), boxed.clone())
                .prop_map(|(operator, operand)| Kind::Unary(operator, operand)),
            (prop::sample::select(&BinaryOperator::ALL[..]), boxed.clone(), boxed)
                .prop_map(|(operator, left, right)| Kind::Binary(operator, left, right)),
            (prop::sample::select(Function::ALL), prop::collection::vec(inner, 0..4))
                .prop_map(|(function, arguments)| Kind::Call(function, arguments)),
        ]
        .prop_map(|kind| Expression::new(kind, 0))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_parses_back(tree in trees()) {
        let limits = Limits { length: usize::MAX, depth: 200 };
        let printed = tree.to_string();
        let again = parse(&printed, &limits);
        prop_assert_eq!(again.as_ref(), Ok(&tree), "{}", printed);
    }

    #[test]
    fn any_text_is_read_or_refused_inside_itself(text in "[-+*/%^&|!=<>(),.'\"\\\\${}a-cA1 ä]{0,40}") {
        match parse(&text, &Limits::default()) {
            Ok(tree) => {
                let _ = check(&tree, &type_of);
                let again = parse(&tree.to_string(), &Limits { length: usize::MAX, depth: 200 });
                prop_assert_eq!(again.as_ref(), Ok(&tree));
            }
            Err(error) => prop_assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
        }
    }
}
