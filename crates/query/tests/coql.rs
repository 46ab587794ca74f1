//! COQL: what reads as what, what is refused with which words, and that printing reads back.

use dealwright_query::coql::{
    self, Aggregate, Column, Comparison, CoqlError, Expr, Item, Operand, Order, Predicate, Query, Selected,
    Test, Values,
};
use proptest::prelude::*;

fn read(text: &str) -> Query {
    coql::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refuse(text: &str) -> CoqlError {
    coql::parse(text).expect_err(text)
}

fn criteria(text: &str) -> Expr {
    read(&format!("select id from Leads where {text}")).criteria
}

fn column(text: &str) -> Column {
    Column::read(text).expect(text)
}

fn test(name: &str, predicate: Predicate) -> Expr {
    Expr::Test(Test { column: column(name), predicate })
}

fn equals(name: &str, value: &str) -> Expr {
    test(name, Predicate::Compare(Comparison::Equal, Operand::Literal(value.to_owned())))
}

#[test]
fn every_clause_has_its_place() {
    let query = read(
        "SELECT Lead_Source AS 'where from', COUNT(id) as n From Leads#12 \n where City is not null \
         GROUP BY Lead_Source order by n desc, Lead_Source ASC limit 5, 10",
    );
    assert_eq!(query.module, "Leads");
    assert_eq!(query.view.as_deref(), Some("12"));
    let items = [
        Item { value: Selected::Column(column("Lead_Source")), alias: Some("where from".into()) },
        Item { value: Selected::Aggregate(Aggregate::Count, column("id")), alias: Some("n".into()) },
    ];
    assert_eq!(query.select, items);
    assert_eq!(query.group_by, [column("Lead_Source")]);
    let order = [("n", true), ("Lead_Source", false)];
    let order = order.map(|(name, descending)| Order { by: Selected::Column(column(name)), descending });
    assert_eq!(query.order_by, order);
    assert_eq!((query.limit, query.offset), (Some(10), Some(5)));
    let query = read("select id from Leads where id is not null limit 7 offset 3");
    assert_eq!((query.limit, query.offset), (Some(7), Some(3)));
}

#[test]
fn every_predicate_is_read() {
    assert_eq!(criteria("City = Bern"), equals("City", "Bern"));
    assert_eq!(criteria("City='O''Brien'"), equals("City", "O'Brien"));
    assert_eq!(criteria("City = \"a\"\"b'c\""), equals("City", "a\"b'c"));
    assert_eq!(criteria("City = ''"), equals("City", ""));
    assert_eq!(criteria("When >= 2024-06-05T02:04:09-07:00").tests().count(), 1);
    for comparison in Comparison::ALL {
        let predicate = Predicate::Compare(comparison, Operand::Literal("-1.5".into()));
        assert_eq!(criteria(&format!("A {} -1.5", comparison.sign())), test("A", predicate));
    }
    let list = |negated| Predicate::In { negated, values: Values::Literals(vec!["a".into(), "b".into()]) };
    assert_eq!(criteria("A in ('a', b)"), test("A", list(false)));
    assert_eq!(criteria("A NOT IN ('a','b')"), test("A", list(true)));
    let between = |negated| Predicate::Between { negated, low: "1".into(), high: "2".into() };
    assert_eq!(criteria("A between 1 and 2"), test("A", between(false)));
    assert_eq!(criteria("A not between 1 and 2"), test("A", between(true)));
    let like = |negated| Predicate::Like { negated, pattern: "%x%".into() };
    assert_eq!(criteria("A like %x%"), test("A", like(false)));
    assert_eq!(criteria("A not like '%x%'"), test("A", like(true)));
    assert_eq!(criteria("A is null"), test("A", Predicate::Null { negated: false }));
    assert_eq!(criteria("A IS NOT NULL"), test("A", Predicate::Null { negated: true }));
}

#[test]
fn and_binds_tighter_than_or_and_chains_need_no_brackets() {
    let all = |parts: &[&str]| Expr::All(parts.iter().map(|name| equals(name, "1")).collect());
    assert_eq!(criteria("a = 1 and b = 1 and c = 1"), all(&["a", "b", "c"]));
    assert_eq!(criteria("a = 1 and b = 1 or c = 1"), Expr::Any(vec![all(&["a", "b"]), equals("c", "1")]));
    let nested = Expr::All(vec![all(&["a", "b"]), equals("c", "1")]);
    assert_eq!(criteria("((a = 1 and b = 1) and (((c = 1))))"), nested);
}

#[test]
fn columns_lead_through_lookups() {
    let steps = |text: &str| {
        let column = column(text);
        let steps: Vec<_> = column.steps.into_iter().map(|step| (step.name, step.into)).collect();
        (column.module, steps)
    };
    let own = |name: &str| (name.to_owned(), None);
    assert_eq!(steps("A.B.C"), (None, vec![own("A"), own("B"), own("C")]));
    assert_eq!(steps("!Leads.Owner.role"), (Some("Leads".into()), vec![own("Owner"), own("role")]));
    let into = ("What_Id".to_owned(), Some("Deals".to_owned()));
    assert_eq!(steps("What_Id->Deals.Amount"), (None, vec![into, own("Amount")]));
    for text in ["", ".", "a.", ".a", "a..b", "!", "!a", "!.a", "a->", "->a", "a->b->c"] {
        assert_eq!(Column::read(text), None, "{text}");
    }
    assert_eq!(criteria("'What_Id->Deals.Amount' > 1"), criteria("What_Id->Deals.Amount>1"));
}

#[test]
fn subqueries_stand_behind_in_and_comparisons() {
    let query =
        read("select id from Contacts where Account_Name in (select id from Accounts where City = x)");
    let inner = read("select id from Accounts where City = x");
    let expected = Predicate::In { negated: false, values: Values::Query(Box::new(inner.clone())) };
    assert_eq!(query.criteria, test("Account_Name", expected));
    let expected = Predicate::Compare(Comparison::Less, Operand::Query(Box::new(inner)));
    assert_eq!(criteria("Amount < (select id from Accounts where City = x)"), test("Amount", expected));
}

#[test]
fn refusals_say_what_and_where() {
    let unexpected = |text: &str| match refuse(text) {
        CoqlError::Unexpected { line, column, near, .. } => (line, column, near),
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(refuse("selec a frm b"), CoqlError::NotSelect);
    assert_eq!(refuse(""), CoqlError::NotSelect);
    assert_eq!(refuse("update Leads set x = 1"), CoqlError::NotSelect);
    assert_eq!(refuse("select id from Leads"), CoqlError::MissingClause("where"));
    assert_eq!(refuse("select id from Leads order by id"), CoqlError::MissingClause("where"));
    assert_eq!(refuse("select id where id is not null"), CoqlError::MissingClause("from"));
    assert_eq!(unexpected("select id, from Leads where a = 1"), (1, 12, "from".into()));
    assert_eq!(unexpected("select id\nfrom Leads\n where a = , 1"), (3, 12, ",".into()));
    assert_eq!(unexpected("select * from Leads where a = 1"), (1, 8, "*".into()));
    assert_eq!(unexpected("select id frm Leads where a = 1"), (1, 11, "frm".into()));
    assert_eq!(unexpected("select id from Leads where a = 1 b"), (1, 34, "b".into()));
    assert_eq!(refuse("select id from Leads where not (a = 1)"), CoqlError::Operator("not".into()));
    assert_eq!(refuse("select id from Leads where a not 1"), CoqlError::Operator("not".into()));
    assert_eq!(refuse("select id from Leads where a equals 1"), CoqlError::Operator("equals".into()));
    assert!(matches!(refuse("select id from Leads where a = 'x"), CoqlError::Ended { .. }));
    assert!(matches!(refuse("select id from Leads where a ="), CoqlError::Ended { .. }));
    assert_eq!(refuse("select Foo(a) from Leads where a = 1"), CoqlError::Function("Foo(a)".into()));
    assert_eq!(refuse("select count(id) from Leads where a = 1"), CoqlError::Function("count(id)".into()));
    assert_eq!(refuse("select id from Leads where a = 1 limit s"), CoqlError::Limit("s".into()));
    assert_eq!(refuse("select id from Leads where a = 1 limit -1"), CoqlError::Limit("-1".into()));
    assert_eq!(refuse("select id from Leads where a = 1 limit 0"), CoqlError::LimitZero);
    assert_eq!(refuse("select id from Leads where a = 1 limit 1 offset x"), CoqlError::Offset("x".into()));
    assert_eq!(refuse("select a as '' from Leads where a = 1"), CoqlError::EmptyAlias { column: "a".into() });
    let deep = format!("select id from Leads where {}a = 1{}", "(".repeat(40), ")".repeat(40));
    assert_eq!(refuse(&deep), CoqlError::TooDeep);
    assert_eq!(refuse(&"x".repeat(coql::LENGTH + 1)), CoqlError::TooLong);
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("Amount".to_owned()),
        Just("select".to_owned()),
        Just("from".to_owned()),
        "[A-Za-z_$][A-Za-z0-9_]{0,8}",
        "[A-Z][a-z]{0,4}\\.[a-z]{1,4}",
        "!Leads\\.[a-z]{1,4}",
        "[A-Z][a-z]{0,4}->[A-Z][a-z]{0,3}\\.[a-z]{1,4}",
    ]
}

fn any_column() -> impl Strategy<Value = Column> {
    name().prop_map(|text| column(&text))
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof!["[-0-9.]{1,6}", "\\PC{0,12}", Just("it's \"so\"".to_owned()), Just("%\n%".to_owned())]
}

fn selected() -> impl Strategy<Value = Selected> {
    prop_oneof![
        any_column().prop_map(Selected::Column),
        (proptest::sample::select(&Aggregate::ALL[..]), any_column())
            .prop_map(|(function, column)| Selected::Aggregate(function, column)),
    ]
}

fn any_test(query: impl Strategy<Value = Query> + Clone + 'static) -> impl Strategy<Value = Test> {
    let operand = prop_oneof![
        4 => literal().prop_map(Operand::Literal),
        1 => query.clone().prop_map(|query| Operand::Query(Box::new(query))),
    ];
    let values = prop_oneof![
        4 => proptest::collection::vec(literal(), 1..4).prop_map(Values::Literals),
        1 => query.prop_map(|query| Values::Query(Box::new(query))),
    ];
    let predicate = prop_oneof![
        (proptest::sample::select(&Comparison::ALL[..]), operand)
            .prop_map(|(comparison, operand)| Predicate::Compare(comparison, operand)),
        (any::<bool>(), values).prop_map(|(negated, values)| Predicate::In { negated, values }),
        (any::<bool>(), literal(), literal()).prop_map(|(negated, low, high)| Predicate::Between {
            negated,
            low,
            high
        }),
        (any::<bool>(), literal()).prop_map(|(negated, pattern)| Predicate::Like { negated, pattern }),
        any::<bool>().prop_map(|negated| Predicate::Null { negated }),
    ];
    (any_column(), predicate).prop_map(|(column, predicate)| Test { column, predicate })
}

fn expression(query: impl Strategy<Value = Query> + Clone + 'static) -> impl Strategy<Value = Expr> {
    any_test(query).prop_map(Expr::Test).prop_recursive(3, 12, 3, |inner| {
        let parts = proptest::collection::vec(inner, 2..4);
        (any::<bool>(), parts).prop_map(|(all, parts)| if all { Expr::All(parts) } else { Expr::Any(parts) })
    })
}

fn query() -> impl Strategy<Value = Query> {
    let simple = Just(read("select id from Accounts where id is not null"));
    let items =
        (selected(), proptest::option::of("[a-z' ]{1,6}")).prop_map(|(value, alias)| Item { value, alias });
    let order = (selected(), any::<bool>()).prop_map(|(by, descending)| Order { by, descending });
    (
        proptest::collection::vec(items, 1..4),
        "[A-Z][a-z]{0,6}",
        proptest::option::of("[0-9]{1,5}"),
        expression(simple),
        proptest::collection::vec(any_column(), 0..3),
        proptest::collection::vec(order, 0..3),
        proptest::option::of(1..5000_u64),
        proptest::option::of(0..5000_u64),
    )
        .prop_map(|(select, module, view, criteria, group_by, order_by, limit, offset)| Query {
            select,
            module,
            view,
            criteria,
            group_by,
            order_by,
            limit,
            offset,
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_reads_back(query in query()) {
        let text = query.to_string();
        prop_assert_eq!(read(&text), query, "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        let _outcome = coql::parse(&text);
    }

    #[test]
    fn broken_queries_are_read_or_refused(query in query(), at in 0..400_usize, with in "\\PC{0,3}") {
        let mut text = query.to_string();
        let at = text.char_indices().map(|(at, _)| at).nth(at).unwrap_or(text.len());
        text.insert_str(at, &with);
        let _outcome = coql::parse(&text);
    }
}

#[test]
fn an_or_that_pages_by_a_key_has_a_bound() {
    for (text, bound) in [
        ("Amount < 5 or (Amount = 5 and id < 9)", Some("Amount <= 5")),
        ("((Amount = 5 and id > 9) or Amount > 5)", Some("Amount >= 5")),
        ("Owner.first_name = 'a' or (Amount = 5 and id < 9)", None),
        ("Amount < 5 or (Amount = 6 and id < 9)", None),
        ("Amount < 5 or id < 9", None),
        ("Amount in (5) or Amount < 5", None),
    ] {
        assert_eq!(criteria(text).bound().map(Expr::Test), bound.map(criteria), "{text}");
    }
}
