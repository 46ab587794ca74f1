//! Random queries in COQL: the server must answer with the rows that the naive copy gives, value by value.

use std::collections::BTreeMap;

use dealwright_query::Operator;
use dealwright_query::coql::{
    Aggregate, Column, Comparison, Expr, Item, Operand, Order, Predicate, Query, Selected, Test, Values,
};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::Random;
use super::super::kinds;
use super::criteria;
use super::rows::{Shown, all, is_grouped, path};
use super::value::{Cell, Kind, numeral, scaled};
use super::world::{ACCOUNT, CONTACT, RENAMED, World, is_id};

/// Rows when the query does not say.
const ROWS: u64 = 200;

/// Asks one query. True when it finds something, and not everything.
pub(super) async fn ask(world: &World, random: &mut Random) -> bool {
    let query = query(world, random);
    let text = query.to_string();
    let answer = world.api.post("coql", &json!({"select_query": text})).await;
    assert!(matches!(answer.status, 200 | 204), "{text}: {}", answer.text);
    let body: BTreeMap<String, &RawValue> = if answer.status == 204 {
        BTreeMap::new()
    } else {
        serde_json::from_str(&answer.text).expect("JSON")
    };
    let all = all(world, &query);
    let (offset, limit) = (query.offset.unwrap_or(0) as usize, query.limit.unwrap_or(ROWS) as usize);
    let expected: Vec<_> = all.iter().skip(offset).take(limit).collect();
    let rows: Vec<Answered<'_>> =
        body.get("data").map_or_else(Vec::new, |rows| serde_json::from_str(rows.get()).expect("rows"));
    for (at, row) in expected.iter().enumerate() {
        let shown = rows.get(at).unwrap_or_else(|| {
            panic!("{text}: row {at} of {} is missing, {} are there", expected.len(), rows.len())
        });
        let differs = differs(world, &query, row, shown);
        assert!(differs.is_none(), "{text}: row {at} differs: {differs:?} {shown:?}");
    }
    assert_eq!(rows.len(), expected.len(), "{text}: rows beyond {:?}", rows.get(expected.len()));
    if !rows.is_empty() {
        let info = json!({"count": rows.len(), "more_records": all.len() > offset + limit});
        assert_eq!(serde_json::from_str::<Value>(body["info"].get()).expect("JSON"), info, "{text}");
    }
    !rows.is_empty() && all.len() < world.contacts.len()
}

/// A row of an answer. Values stay text, because numbers have more digits than `f64` keeps.
type Answered<'a> = BTreeMap<String, &'a RawValue>;

/// The first item whose value is not the expected one.
fn differs(world: &World, query: &Query, expected: &[Shown], row: &Answered<'_>) -> Option<String> {
    let names: Vec<String> =
        query.select.iter().map(|item| item.alias.clone().unwrap_or_else(|| item.value.text())).collect();
    let has_id = is_grouped(query) || names.iter().any(|name| name == "id");
    if row.len() != names.len() + usize::from(!has_id) {
        return Some("names".to_owned());
    }
    let mut items = names.iter().zip(&query.select).zip(expected);
    items.find_map(|((name, item), expected)| {
        let as_id = matches!(&item.value, Selected::Column(column) if is_id(path(column)));
        let is_same = row.get(name).is_some_and(|value| shows(world, as_id, expected, value.get()));
        (!is_same).then(|| format!("{name} should be {expected:?}"))
    })
}

fn shows(world: &World, as_id: bool, expected: &Shown, answered: &str) -> bool {
    let value: Value = serde_json::from_str(answered).expect("JSON");
    let (kind, cell) = match expected {
        Shown::Average { sum, count } => {
            // Ten digits behind the point, rounded half away from zero.
            let (tenths, count) = (sum.abs() * 10, *count);
            let rounded = (2 * tenths + count) / (2 * count) * sum.signum();
            return answered == scaled(rounded, 10);
        }
        Shown::Cell(kind, cell) => (*kind, cell),
    };
    match (kind, cell) {
        (_, Cell::Null) => value.is_null(),
        (_, Cell::Bool(yes)) => value == *yes,
        (Kind::Number { quoted: true, .. }, Cell::Number(units)) => value == numeral(*units),
        (_, Cell::Number(units)) => answered == numeral(*units),
        (Kind::Picklist, Cell::Text(text)) => {
            let renamed = RENAMED.iter().find(|option| option.0 == text);
            value == renamed.map_or(text.as_str(), |option| option.1)
        }
        (_, Cell::Text(text) | Cell::Date(text)) => value == text.as_str(),
        (_, Cell::Instant(seconds)) => value.as_str().and_then(kinds::seconds) == Some(*seconds),
        (_, Cell::List(options)) => value == json!(options),
        (_, Cell::Reference(id)) if as_id => value == id.as_str(),
        (Kind::User, Cell::Reference(id)) => {
            let user = world.user_of(cell).expect("the users are known");
            value["id"] == id.as_str() && value["name"] == user.full_name()
        }
        (_, Cell::Reference(id)) => {
            let name = world.account_of(cell).map(|account| &account.values["Account_Name"]);
            value["id"] == id.as_str()
                && Some(&Cell::text(value["name"].as_str().unwrap_or_default())) == name
        }
    }
}

/// A random query of contacts.
fn query(world: &World, random: &mut Random) -> Query {
    let mut left = 1 + random.below(4) * random.below(3);
    let criteria = expression(world, random, "Contacts", &mut left, 0);
    let mut query = Query {
        select: Vec::new(),
        module: "Contacts".to_owned(),
        view: None,
        criteria,
        group_by: Vec::new(),
        order_by: Vec::new(),
        limit: random.once_in(2).then(|| 1 + random.below(220) as u64),
        offset: random.once_in(3).then(|| random.below(120) as u64),
    };
    if random.once_in(3) {
        grouped(random, &mut query);
    } else {
        plain(random, &mut query);
    }
    query
}

/// Columns and an order for rows.
fn plain(random: &mut Random, query: &mut Query) {
    for _ in 0..=random.below(6) {
        let column = column(random, &selectable());
        add(random, query, Selected::Column(column));
    }
    for _ in 0..random.below(4) {
        let by = if random.once_in(2) {
            // An item of the select clause, by its alias if it has one.
            let item = random.pick(&query.select);
            let column = item.alias.as_deref().and_then(Column::read);
            column.map_or_else(|| item.value.clone(), Selected::Column)
        } else {
            Selected::Column(column(random, &selectable()))
        };
        if can_order(&by, query) {
            query.order_by.push(Order { by, descending: random.once_in(2) });
        }
    }
}

/// Groups, aggregates of them, and an order.
fn grouped(random: &mut Random, query: &mut Query) {
    for _ in 0..random.below(3) {
        let column = column(random, &groupable());
        if !query.group_by.iter().any(|known| known.steps == column.steps) {
            query.group_by.push(column.clone());
            if random.once_in(3) {
                continue;
            }
            add(random, query, Selected::Column(column));
        }
    }
    let numbers = ["M_Whole", "M_Big", "M_Double", "M_Fine", "M_Money", "M_Most", "M_Share", "F_Money"];
    let sized =
        ["M_Date", "M_Time", "F_Day", "Account_Name.Annual_Revenue", "Account_Name.Parent_Account.Employees"];
    for _ in 0..=random.below(3) {
        let (function, column) = match random.below(3) {
            0 => (Aggregate::Count, column(random, &selectable())),
            1 => (*random.pick(&Aggregate::ALL), named(random.pick::<&str>(&numbers))),
            _ => (*random.pick(&[Aggregate::Min, Aggregate::Max]), named(random.pick::<&str>(&sized))),
        };
        add(random, query, Selected::Aggregate(function, column));
    }
    for _ in 0..random.below(3) {
        let item = random.pick(&query.select);
        let column = item.alias.as_deref().and_then(Column::read);
        let by = column.map_or_else(|| item.value.clone(), Selected::Column);
        if can_order(&by, query) {
            query.order_by.push(Order { by, descending: random.once_in(2) });
        }
    }
}

/// Adds an item, unless it is there already.
fn add(random: &mut Random, query: &mut Query, value: Selected) {
    if query.select.iter().any(|item| item.value.text() == value.text()) {
        return;
    }
    let alias = random
        .once_in(4)
        .then(|| format!("{} {}", random.pick(&["as", "A", "Menge", "it's"]), query.select.len()));
    query.select.push(Item { value, alias });
}

/// Options have no order. Sums that are larger than 2^53 units have one that is not exact on SQLite.
fn can_order(by: &Selected, query: &Query) -> bool {
    let item = query.select.iter().find(|item| item.alias.as_deref() == Some(by.text().as_str()));
    let value = item.map_or(by, |item| &item.value);
    match value {
        Selected::Column(column) => path(column) != "M_Picks",
        Selected::Aggregate(Aggregate::Sum | Aggregate::Avg, column) => {
            !["M_Big", "M_Double", "M_Fine", "M_Most"].contains(&path(column))
        }
        Selected::Aggregate(..) => true,
    }
}

fn named(text: &str) -> Column {
    Column::read(text).expect("a column")
}

/// One of the columns, once in a while with the module in front.
fn column(random: &mut Random, from: &[String]) -> Column {
    let text = random.pick(from);
    if random.once_in(12) { named(&format!("!Contacts.{text}")) } else { named(text) }
}

/// What records show: tags are objects with more in them than is known here.
fn selectable() -> Vec<String> {
    paths().into_iter().filter(|path| path != "Tag").collect()
}

fn groupable() -> Vec<String> {
    let few = [
        "M_Pick",
        "M_Picks",
        "M_Flag",
        "M_Whole",
        "M_Date",
        "M_Money",
        "M_User",
        "Owner",
        "Account_Name",
        "Account_Name.Industry",
        "Account_Name.Parent_Account",
        "Account_Name.Parent_Account.Industry",
        "Owner.last_name",
        "Owner.role.name",
        "F_Test",
    ];
    few.iter().map(|path| (*path).to_owned()).collect()
}

/// Everything that can be asked about a contact.
fn paths() -> Vec<String> {
    let own = CONTACT.iter().map(|field| field.name.to_owned());
    let account = ACCOUNT.iter().map(|field| format!("Account_Name.{}", field.name));
    let parent = ACCOUNT.iter().map(|field| format!("Account_Name.Parent_Account.{}", field.name));
    let people = ["Owner", "M_User", "Account_Name.Owner"].into_iter().flat_map(|user| {
        let known = ["id", "first_name", "last_name", "full_name", "email", "role.name", "profile.name"];
        known.map(|attribute| format!("{user}.{attribute}"))
    });
    let ids = ["id", "Account_Name.id", "Account_Name.Parent_Account.id"].map(str::to_owned);
    own.chain(account).chain(parent).chain(people).chain(ids).collect()
}

pub(super) fn expression(
    world: &World,
    random: &mut Random,
    module: &str,
    left: &mut usize,
    depth: usize,
) -> Expr {
    if *left < 2 || depth == 4 || (depth > 0 && random.once_in(2)) {
        *left = left.saturating_sub(1);
        return Expr::Test(test(world, random, module, depth));
    }
    let parts = 2 + random.below(2);
    let parts = (0..parts).map(|_| expression(world, random, module, left, depth + 1)).collect();
    if random.once_in(2) { Expr::All(parts) } else { Expr::Any(parts) }
}

fn test(world: &World, random: &mut Random, module: &str, depth: usize) -> Test {
    let is_contact = module == "Contacts";
    if is_contact && depth < 4 && random.once_in(12) {
        return with_query(world, random);
    }
    let column = if is_contact { column(random, &paths()) } else { named(random.pick(ACCOUNT).name) };
    let (fields, rows) = world.module(module);
    let (kind, _) = world.at(fields, &rows[0], path(&column));
    let value = |random: &mut Random, operator| {
        let path = path(&column);
        if kind == Kind::Options && operator == Operator::Equals {
            return options(world, random, path);
        }
        criteria::value(world, random, module, path, operator)
    };
    let negated = random.once_in(3);
    let is_ordered = matches!(kind, Kind::Number { .. } | Kind::Date | Kind::Instant);
    let is_text = !is_ordered && !matches!(kind, Kind::Bool | Kind::Account | Kind::User);
    let predicate = match random.below(7) {
        0 if kind != Kind::Bool || path(&column) == "F_Test" => Predicate::Null { negated },
        1 if kind != Kind::Bool => {
            let count = 1 + random.below(4);
            let values = (0..count).map(|_| value(random, Operator::Equals)).collect();
            Predicate::In { negated, values: Values::Literals(values) }
        }
        2 | 3 if is_ordered => Predicate::Between {
            negated,
            low: value(random, Operator::Between),
            high: value(random, Operator::Between),
        },
        2..=4 if is_text => {
            let text = value(random, Operator::Contains);
            Predicate::Like { negated, pattern: pattern(random, kind, &text) }
        }
        2..=5 if is_ordered => {
            let comparison = *random.pick(&Comparison::ALL);
            Predicate::Compare(comparison, Operand::Literal(value(random, Operator::LessThan)))
        }
        _ => {
            let negated = negated && kind != Kind::Bool;
            let comparison = if negated { Comparison::NotEqual } else { Comparison::Equal };
            let is_empty = random.once_in(12) && is_text;
            let wanted = if is_empty { String::new() } else { value(random, Operator::Equals) };
            Predicate::Compare(comparison, Operand::Literal(wanted))
        }
    };
    Test { column, predicate }
}

/// The options of some record, joined in another order.
fn options(world: &World, random: &mut Random, path: &str) -> String {
    let (_, cell) = world.at(CONTACT, random.pick(&world.contacts), path);
    let Cell::List(mut options) = cell else { return "Red".to_owned() };
    let middle = random.below(options.len());
    options.rotate_left(middle);
    options.join(";")
}

fn pattern(random: &mut Random, kind: Kind, text: &str) -> String {
    let has_wildcard = text.contains('%');
    match random.below(6) {
        // The pattern of one option among several has `%` at its ends only.
        _ if has_wildcard && matches!(kind, Kind::Options | Kind::Tags) => "%e%".to_owned(),
        0 => format!("{text}%"),
        1 => format!("%{text}"),
        2 | 3 => format!("%{text}%"),
        4 if !has_wildcard && !matches!(kind, Kind::Options | Kind::Tags) => {
            let at = text.char_indices().nth(random.below(text.chars().count())).map_or(0, |(at, _)| at);
            format!("{}%{}", &text[..at], &text[at..])
        }
        // An option that has `;` in it cannot be said whole.
        _ if kind == Kind::Options => "%e%".to_owned(),
        _ => text.to_owned(),
    }
}

/// A test against the rows of another query.
fn with_query(world: &World, random: &mut Random) -> Test {
    let pairs = [
        ("Account_Name", "Accounts", "id"),
        ("Account_Name", "Accounts", "Parent_Account"),
        ("Account_Name.id", "Accounts", "id"),
        ("Account_Name.Parent_Account", "Accounts", "id"),
        ("Owner", "Accounts", "Owner"),
        ("M_Whole", "Accounts", "Employees"),
        ("M_Money", "Accounts", "Annual_Revenue"),
        ("M_Phone", "Accounts", "Phone"),
        ("M_Text", "Contacts", "F_Text"),
        ("M_Date", "Contacts", "F_Day"),
        ("M_Time", "Contacts", "M_Time"),
        ("id", "Contacts", "id"),
        ("Account_Name.Industry", "Accounts", "Industry"),
    ];
    let (column, module, inner) = *random.pick(&pairs);
    let mut left = 1 + random.below(2);
    let select = Selected::Column(named(inner));
    let mut query = Query {
        select: vec![Item { value: select, alias: None }],
        module: module.to_owned(),
        view: None,
        // Subqueries of subqueries would all be of contacts; one level is enough.
        criteria: expression(world, random, module, &mut left, 4),
        group_by: Vec::new(),
        order_by: Vec::new(),
        limit: random.once_in(3).then(|| 1 + random.below(30) as u64),
        offset: None,
    };
    if query.limit.is_some() {
        query.order_by.push(Order { by: Selected::Column(named(inner)), descending: random.once_in(2) });
    }
    let numbers = ["M_Whole", "M_Money", "M_Date"];
    let predicate = if numbers.contains(&column) && random.once_in(2) {
        let functions = [Aggregate::Min, Aggregate::Max, Aggregate::Sum, Aggregate::Count];
        // Dates are not added up, and what is counted is compared with whole numbers.
        let possible = match column {
            "M_Whole" => &functions[..],
            "M_Money" => &functions[..3],
            _ => &functions[..2],
        };
        let function = *random.pick(possible);
        query.select[0].value = Selected::Aggregate(function, named(inner));
        (query.limit, query.order_by) = (None, Vec::new());
        Predicate::Compare(*random.pick(&Comparison::ALL), Operand::Query(Box::new(query)))
    } else {
        Predicate::In { negated: random.once_in(3), values: Values::Query(Box::new(query)) }
    };
    Test { column: named(column), predicate }
}
