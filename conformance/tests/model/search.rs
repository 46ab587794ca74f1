//! Inserts, changes, deletions and searches of leads: what is found must be what the copy finds.

use std::collections::BTreeMap;

use dealwright_testkit::{Api, TestServer, on_both};
use dealwright_wire::letters;
use serde_json::{Map, Value, json};

use super::Random;

/// Calls in one run.
const STEPS: usize = 2_000;
/// Records that are kept at most; beyond, deletions come more often.
const RECORDS: usize = 120;

/// How a field is filled and compared.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Text,
    Picklist,
    Integer,
    Money,
    Bool,
    Email,
    Phone,
}

const FIELDS: &[(&str, Kind)] = &[
    ("Company", Kind::Text),
    ("City", Kind::Text),
    ("Description", Kind::Text),
    ("Designation", Kind::Text),
    ("Lead_Source", Kind::Picklist),
    ("Lead_Status", Kind::Picklist),
    ("No_of_Employees", Kind::Integer),
    ("Annual_Revenue", Kind::Money),
    ("Email_Opt_Out", Kind::Bool),
    ("Email", Kind::Email),
    ("Phone", Kind::Phone),
];

const WORDS: &[&str] =
    &["alpha", "Beta", "gamma ray", "delta-four", "Épsilon", "zeta % eta", "under_score", "it's", "x"];
const OPTIONS: &[&str] = &["Cold Call", "Advertisement", "Web Research", "Not in the list"];

fn value(random: &mut Random, kind: Kind) -> Value {
    if kind != Kind::Bool && random.below(6) == 0 {
        return Value::Null;
    }
    match kind {
        Kind::Text => {
            let words: Vec<&str> = (0..=random.below(2)).map(|_| *random.pick(WORDS)).collect();
            json!(words.join(" "))
        }
        Kind::Picklist => json!(random.pick(OPTIONS)),
        Kind::Integer => json!(random.below(21) as i64 - 10),
        Kind::Money => json!((random.below(4_001) as f64 - 2_000.0) / 4.0),
        Kind::Bool => json!(random.below(2) == 1),
        Kind::Email => json!(format!("user{}@example.com", random.below(30))),
        Kind::Phone => json!(format!("+1 555 {:04}", random.below(30))),
    }
}

/// Some fields with values for them.
fn fields(random: &mut Random) -> Map<String, Value> {
    let mut chosen = Map::new();
    for (name, kind) in FIELDS {
        if random.below(2) == 0 {
            chosen.insert((*name).to_owned(), value(random, *kind));
        }
    }
    chosen
}

type Matches = Box<dyn Fn(&Map<String, Value>) -> bool>;

/// What a search asks, and the same as a test of one record.
struct Question {
    criteria: String,
    matches: Matches,
}

fn question(random: &mut Random) -> Question {
    let mut asked = simple(random);
    for _ in 0..random.below(3) {
        let other = simple(random);
        let (left, right) = (asked.matches, other.matches);
        let and = random.below(2) == 0;
        let word = if and { "and" } else { "or" };
        asked = Question {
            criteria: format!("({}{word}{})", asked.criteria, other.criteria),
            matches: Box::new(move |record| {
                if and { left(record) && right(record) } else { left(record) || right(record) }
            }),
        };
    }
    asked
}

fn simple(random: &mut Random) -> Question {
    let (name, kind) = *random.pick(FIELDS);
    let empty = random.below(8);
    if empty < 2 && kind != Kind::Bool {
        let (operator, wanted) = if empty == 0 { ("is_empty", true) } else { ("is_not_empty", false) };
        return Question {
            criteria: format!("({name}:{operator})"),
            matches: Box::new(move |record| record[name].is_null() == wanted),
        };
    }
    let sought = loop {
        let value = value(random, kind);
        if !value.is_null() {
            break value;
        }
    };
    let text = sought.as_str().map_or_else(|| sought.to_string(), str::to_owned);
    let operators: &[&str] = match kind {
        Kind::Text => &["equals", "not_equal", "starts_with", "contains", "ends_with"],
        Kind::Picklist => &["equals", "not_equal", "starts_with", "contains"],
        Kind::Integer | Kind::Money => &[
            "equals",
            "not_equal",
            "less_than",
            "less_equal",
            "greater_than",
            "greater_equal",
            "between",
            "in",
        ],
        Kind::Bool => &["equals", "not_equal"],
        Kind::Email | Kind::Phone => &["equals", "not_equal", "starts_with"],
    };
    let operator = *random.pick(operators);
    let (mut given, mut other) = (text.clone(), None);
    if matches!(operator, "between" | "in") {
        let upper = sought.as_f64().unwrap_or_default() + random.below(10) as f64;
        given = format!("{text},{upper}");
        other = Some(upper);
    }
    Question {
        criteria: format!("({name}:{operator}:{given})"),
        matches: Box::new(move |record| answer(&record[name], kind, operator, &sought, other)),
    }
}

fn answer(stored: &Value, kind: Kind, operator: &str, sought: &Value, other: Option<f64>) -> bool {
    if stored.is_null() {
        return operator == "not_equal";
    }
    if matches!(kind, Kind::Integer | Kind::Money) {
        // All amounts are multiples of a quarter, so whole quarters compare exactly.
        let quarters = |number: Option<f64>| (number.unwrap_or_default() * 4.0).round() as i64;
        let (stored, sought, other) = (quarters(stored.as_f64()), quarters(sought.as_f64()), quarters(other));
        return match operator {
            "equals" => stored == sought,
            "not_equal" => stored != sought,
            "less_than" => stored < sought,
            "less_equal" => stored <= sought,
            "greater_than" => stored > sought,
            "greater_equal" => stored >= sought,
            "between" => stored >= sought && stored <= other,
            _ => stored == sought || stored == other,
        };
    }
    if kind == Kind::Bool {
        return (stored == sought) == (operator == "equals");
    }
    let fold = |value: &Value| letters::fold(value.as_str().unwrap_or_default()).into_owned();
    let (stored, sought) = (fold(stored), fold(sought));
    // Free text is equal when the words stand in it one after the other; picklists only as a whole.
    let equal = stored == sought || (kind != Kind::Picklist && words(&stored).contains(&words(&sought)));
    match operator {
        "equals" => equal,
        "not_equal" => !equal,
        "starts_with" => stored.starts_with(&sought),
        "ends_with" => stored.ends_with(&sought),
        _ => stored.contains(&sought),
    }
}

/// The words of a text with one space around each.
fn words(text: &str) -> String {
    let apart = |c: char| c.is_ascii_punctuation() || c.is_ascii_whitespace();
    let words: Vec<&str> = text.split(apart).filter(|word| !word.is_empty()).collect();
    format!(" {} ", words.join(" "))
}

/// The server's records as the test believes them to be, by id.
struct Model {
    api: Api,
    records: BTreeMap<String, Map<String, Value>>,
    next: usize,
}

impl Model {
    async fn insert(&mut self, random: &mut Random) {
        let drafts: Vec<Map<String, Value>> = (0..=random.below(4))
            .map(|_| {
                self.next += 1;
                let mut draft = fields(random);
                draft.insert("Last_Name".to_owned(), json!(format!("Lead {}", self.next)));
                draft
            })
            .collect();
        let answer = self.api.post("Leads", &json!({ "data": drafts })).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        for (id, draft) in answer.ids().into_iter().zip(drafts) {
            let mut record: Map<String, Value> =
                FIELDS.iter().map(|(name, kind)| ((*name).to_owned(), empty(*kind))).collect();
            record.extend(draft);
            self.records.insert(id, record);
        }
    }

    async fn update(&mut self, random: &mut Random) {
        let Some(id) = self.any(random) else { return };
        let change = fields(random);
        let mut sent = change.clone();
        sent.insert("id".to_owned(), json!(id));
        let answer = self.api.put("Leads", &json!({ "data": [sent] })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.records.get_mut(&id).expect("it was picked from there").extend(change);
    }

    async fn delete(&mut self, random: &mut Random) {
        let Some(id) = self.any(random) else { return };
        let answer = self.api.delete(&format!("Leads/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        self.records.remove(&id);
        assert_eq!(self.api.get(&format!("Leads/{id}")).await.status, 204);
    }

    async fn read(&self, random: &mut Random) {
        let Some(id) = self.any(random) else { return };
        let record = self.api.record("Leads", &id).await;
        for (name, expected) in &self.records[&id] {
            assert!(same(&record[name], expected), "{name} of {id}: {} is not {expected}", record[name]);
        }
    }

    async fn search(&self, random: &mut Random) {
        let Question { criteria, matches } = question(random);
        let params = [("criteria", criteria.as_str()), ("fields", "Last_Name")];
        let answer = self.api.get_with("Leads/search", &params).await;
        assert!([200, 204].contains(&answer.status), "{criteria}: {}", answer.text);
        let mut found: Vec<String> =
            answer.rows().iter().filter_map(|row| row["id"].as_str().map(str::to_owned)).collect();
        found.sort();
        let expected: Vec<String> =
            self.records.iter().filter(|(_, record)| matches(record)).map(|(id, _)| id.clone()).collect();
        let differ: Vec<_> = found
            .iter()
            .filter(|id| !expected.contains(id))
            .chain(expected.iter().filter(|id| !found.contains(id)))
            .map(|id| self.records.get(id))
            .collect();
        assert!(differ.is_empty(), "{criteria} differs in {differ:?}");
        let counted = self.api.get_with("Leads/actions/count", &params[..1]).await;
        assert_eq!(counted.json()["count"], expected.len(), "{criteria}");
    }

    fn any(&self, random: &mut Random) -> Option<String> {
        let ids: Vec<&String> = self.records.keys().collect();
        (!ids.is_empty()).then(|| (*random.pick(&ids)).clone())
    }
}

fn empty(kind: Kind) -> Value {
    if kind == Kind::Bool { json!(false) } else { Value::Null }
}

fn same(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        _ => one == other,
    }
}

async fn play(server: &TestServer, seed: u64) {
    let mut random = Random(seed);
    let mut model = Model { api: server.api(), records: BTreeMap::new(), next: 0 };
    for _ in 0..STEPS {
        let full = model.records.len() > RECORDS;
        match random.below(10) {
            0 | 1 if !full => model.insert(&mut random).await,
            0..=2 => model.update(&mut random).await,
            3 => model.delete(&mut random).await,
            4 if full => model.delete(&mut random).await,
            4 | 5 => model.read(&mut random).await,
            _ => model.search(&mut random).await,
        }
    }
    assert_eq!(model.api.count("Leads").await, model.records.len() as u64);
}

on_both! {
    async fn two_thousand_random_calls_agree_with_the_model(server: TestServer) {
        play(&server, 20_260_715).await;
    }
}
