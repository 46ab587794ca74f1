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

/// The names of all deals by id.
type Model = BTreeMap<String, String>;

/// Ids of the records that have all the words, the newest first.
fn expected(model: &Model, words: &[&str]) -> Vec<String> {
    let has = |name: &str| words.iter().all(|word| name.split(' ').any(|one| one == *word));
    model.iter().rev().filter(|(_, name)| has(name)).map(|(id, _)| id.clone()).collect()
}

async fn found(api: &Api, words: &[&str]) -> Vec<String> {
    let mut ids = Vec::new();
    for page in 1.. {
        let answer =
            api.get(&format!("Deals/search?word={}&fields=Deal_Name&page={page}", words.join("%20"))).await;
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
            let names: Vec<String> = (0..4).map(|_| dice.name()).collect();
            let deal = |name: &String| json!({"Deal_Name": name, "Stage": "Qualification", "Closing_Date": "2027-06-30"});
            let records: Vec<Value> = names.iter().map(deal).collect();
            model.extend(api.insert_all("Deals", &records).await.into_iter().zip(names));
        }
        5..8 => {
            let changed: Vec<(String, String)> =
                some(dice, model, 5).into_iter().map(|id| (id, dice.name())).collect();
            let records: Vec<Value> =
                changed.iter().map(|(id, name)| json!({"id": id, "Deal_Name": name})).collect();
            if !records.is_empty() {
                let answer = api.put("Deals", &json!({"data": records})).await;
                assert_eq!(answer.status, 200, "{}", answer.text);
                model.extend(changed);
            }
        }
        _ => {
            let gone = some(dice, model, 2);
            if !gone.is_empty() {
                let answer = api.delete(&format!("Deals?ids={}", gone.join(","))).await;
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
            let mut words = vec![WORDS[dice.below(WORDS.len())]];
            if dice.below(3) == 0 {
                words.push(WORDS[dice.below(WORDS.len())]);
            }
            let wanted = expected(&model, &words);
            if wanted.len() > 2_000 {
                continue;
            }
            assert_eq!(found(&api, &words).await, wanted, "search {search}: {words:?} of {} deals", model.len());
            if dice.below(8) == 0 {
                let count = api.get(&format!("Deals/actions/count?word={}", words.join("%20"))).await;
                assert_eq!(count.json()["count"], wanted.len(), "search {search}: {words:?}");
            }
        }
    }
}
