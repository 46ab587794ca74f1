//! Full text is written behind those who write; what a search finds never lags. Records are written, changed and deleted
//! while segments are filled and joined, and each search must give exactly what the records of that moment say.
//!
//! `DEALWRIGHT_TEST_SEARCHES` says how many searches, per database; some hundreds when it says nothing.

use std::collections::BTreeMap;

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

const WORDS: [&str; 12] = [
    "alder", "birch", "cedar", "hazel", "juniper", "larch", "maple", "oak", "poplar", "rowan", "spruce",
    "willow",
];
const SEARCHES: u32 = 250;

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }

    fn name(&mut self) -> String {
        (0..3).map(|_| WORDS[self.below(WORDS.len())]).collect::<Vec<_>>().join(" ")
    }
}

/// What a lead says.
#[derive(Clone, PartialEq, Eq)]
struct Said {
    name: String,
    email: String,
    phone: String,
}

impl Said {
    fn thrown(dice: &mut Dice) -> Self {
        let (box_number, line) = (dice.below(40), dice.below(40));
        Self {
            name: dice.name(),
            email: format!("n{box_number}@example.com"),
            phone: format!("+1 555 77{line:04}"),
        }
    }

    fn record(&self) -> Value {
        json!({"Last_Name": self.name, "Email": self.email, "Phone": self.phone})
    }
}

/// All leads by id.
type Model = BTreeMap<String, Said>;

/// A search, and which leads it finds.
enum Sought {
    Words(Vec<&'static str>),
    Email(String),
    Phone(String),
}

impl Sought {
    fn thrown(dice: &mut Dice) -> Self {
        let mut word = || WORDS[dice.below(WORDS.len())];
        match (word(), word(), dice.below(6)) {
            (one, other, 0) => Self::Words(vec![one, other]),
            (_, _, 1) => Self::Email(Said::thrown(dice).email.to_uppercase()),
            (_, _, 2) => Self::Phone(Said::thrown(dice).phone.replace([' ', '+'], "")),
            (one, ..) => Self::Words(vec![one]),
        }
    }

    fn param(&self) -> String {
        match self {
            Self::Words(words) => format!("word={}", words.join("%20")),
            Self::Email(email) => format!("email={email}"),
            Self::Phone(phone) => format!("phone={phone}"),
        }
    }

    fn finds(&self, said: &Said) -> bool {
        match self {
            Self::Words(words) => words.iter().all(|word| said.name.split(' ').any(|one| one == *word)),
            Self::Email(email) => said.email.eq_ignore_ascii_case(email),
            Self::Phone(phone) => said.phone.replace([' ', '+'], "") == *phone,
        }
    }
}

/// Ids of the records that are found, the newest first.
fn expected(model: &Model, sought: &Sought) -> Vec<String> {
    model.iter().rev().filter(|(_, said)| sought.finds(said)).map(|(id, _)| id.clone()).collect()
}

async fn found(api: &Api, param: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for page in 1.. {
        let answer = api.get(&format!("Leads/search?{param}&fields=Last_Name&page={page}")).await;
        if answer.status == 204 {
            break;
        }
        assert_eq!(answer.status, 200, "{}", answer.text);
        ids.extend(answer.rows().iter().map(|row| row["id"].as_str().unwrap_or_default().to_owned()));
        if answer.json()["info"]["more_records"] != true {
            break;
        }
    }
    ids
}

async fn change(api: &Api, dice: &mut Dice, model: &mut Model) {
    let some = |dice: &mut Dice, model: &Model, count: usize| -> Vec<String> {
        let ids: Vec<&String> = model.keys().collect();
        let picked = (0..count.min(ids.len())).map(|_| ids[dice.below(ids.len())].clone());
        picked.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
    };
    match dice.below(10) {
        0..5 => {
            let all: Vec<Said> = (0..4).map(|_| Said::thrown(dice)).collect();
            let records: Vec<Value> = all.iter().map(Said::record).collect();
            model.extend(api.insert_all("Leads", &records).await.into_iter().zip(all));
        }
        5..8 => {
            let changed: Vec<(String, Said)> =
                some(dice, model, 5).into_iter().map(|id| (id, Said::thrown(dice))).collect();
            let record = |(id, said): &(String, Said)| {
                let mut record = said.record();
                record["id"] = json!(id);
                record
            };
            let records: Vec<Value> = changed.iter().map(record).collect();
            if !records.is_empty() {
                let answer = api.put("Leads", &json!({"data": records})).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                model.extend(changed);
            }
        }
        _ => {
            let gone = some(dice, model, 2);
            if !gone.is_empty() {
                let answer = api.delete(&format!("Leads?ids={}", gone.join(","))).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                model.retain(|id, _| !gone.contains(id));
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn searches() -> u32 {
    std::env::var("DEALWRIGHT_TEST_SEARCHES").ok().and_then(|text| text.parse().ok()).unwrap_or(SEARCHES)
}

on_both! {
    async fn what_was_written_is_found_at_once_while_segments_are_made(server: TestServer) {
        let api = server.api();
        let (mut dice, mut model) = (Dice(7), Model::new());
        for search in 0..searches() {
            if model.len() < 3_000 || search % 2 == 0 {
                change(&api, &mut dice, &mut model).await;
            }
            let sought = Sought::thrown(&mut dice);
            let (wanted, param) = (expected(&model, &sought), sought.param());
            if wanted.len() > 2_000 {
                continue;
            }
            assert_eq!(found(&api, &param).await, wanted, "search {search}: {param} of {} leads", model.len());
            if dice.below(8) == 0 {
                let count = api.get(&format!("Leads/actions/count?{param}")).await;
                assert_eq!(count.json()["count"], wanted.len(), "search {search}: {param}");
            }
        }
    }
}
