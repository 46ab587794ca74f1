//! Values of every data type, through inserts, changes, upserts, clones, deletions: what is read must be what was
//! written. A step is one record in one call.

use std::collections::BTreeMap;

use dealwright_testkit::{Api, TestServer, on_both};
use serde_json::{Map, Value, json};

use super::Random;
use super::kinds::{KINDS, Kind, Shown, World};

/// Records that are written in one run, unless `DEALWRIGHT_TEST_STEPS` says otherwise: CI writes a hundred thousand.
const STEPS: usize = 10_000;
/// Records that are kept at most; beyond, deletions come more often.
const RECORDS: usize = 1_200;
/// The module that is written to.
const MODULE: &str = "Vendors";
/// A unique field, by which upserts find their record.
const CODE: &str = "M_Code";

/// A record as it must be.
type Record = BTreeMap<&'static str, Shown>;

/// Some values for one record, and what they make of it.
struct Change {
    sent: Map<String, Value>,
    shown: Record,
}

struct Model {
    api: Api,
    world: World,
    records: BTreeMap<String, Record>,
    fields: String,
    code: usize,
    steps: usize,
}

impl Model {
    async fn new(server: &TestServer) -> Self {
        let api = server.api();
        let mut names = vec![CODE];
        let code = json!({"field_label": "M Code", "data_type": "text", "length": 40, "unique": {"case_sensitive": false}});
        let mut wanted = vec![code];
        for kind in KINDS {
            names.push(kind.api_name);
            wanted.push((kind.field)());
        }
        for field in wanted {
            let path = format!("settings/fields?module={MODULE}");
            let answer = api.post(&path, &json!({"fields": [field]})).await;
            assert!(answer.status < 300, "{field}: {}", answer.text);
        }
        let accounts: Vec<Value> = (0..5).map(|n| json!({"Account_Name": format!("Account {n}")})).collect();
        let users = api.get("users").await.json()["users"].clone();
        let world = World {
            accounts: api.insert_all("Accounts", &accounts).await,
            users: users
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|user| user["id"].as_str().map(str::to_owned))
                .collect(),
        };
        Self { api, world, records: BTreeMap::new(), fields: names.join(","), code: 0, steps: 0 }
    }

    fn next_code(&mut self) -> String {
        self.code += 1;
        format!("Code {}", self.code)
    }

    /// Values for some of the fields; each field once in `often` times.
    fn change(&self, random: &mut Random, often: usize) -> Change {
        let (mut sent, mut shown) = (Map::new(), Record::new());
        for kind in KINDS {
            if !random.once_in(often) {
                continue;
            }
            if random.once_in(7) {
                sent.insert(kind.api_name.to_owned(), Value::Null);
                shown.insert(kind.api_name, Shown::Exact(kind.cleared.clone()));
            } else {
                let sample = (kind.sample)(random, &self.world);
                sent.insert(kind.api_name.to_owned(), sample.sent);
                shown.insert(kind.api_name, sample.shown);
            }
        }
        Change { sent, shown }
    }

    /// A new record whose mandatory and unique fields are filled.
    fn fresh(&mut self, random: &mut Random) -> Change {
        let code = self.next_code();
        let mut change = self.change(random, 2);
        change.sent.insert("Vendor_Name".to_owned(), json!(format!("Vendor {code}")));
        change.sent.insert(CODE.to_owned(), json!(code));
        change.shown.insert(CODE, Shown::Exact(json!(code)));
        change
    }

    /// Puts a value into a change that must be refused. Gives the field's name.
    fn spoil(random: &mut Random, change: &mut Change) -> &'static str {
        let kind: &Kind = random.pick(KINDS);
        let wrong = random.pick(kind.wrong);
        let value = serde_json::from_str(wrong).expect("wrong values are JSON all the same");
        change.sent.insert(kind.api_name.to_owned(), value);
        kind.api_name
    }

    async fn insert(&mut self, random: &mut Random) {
        let mut changes: Vec<Change> = (0..=random.below(40)).map(|_| self.fresh(random)).collect();
        let spoiled: Vec<bool> = changes
            .iter_mut()
            .map(|change| random.once_in(15) && !Self::spoil(random, change).is_empty())
            .collect();
        let data: Vec<&Map<String, Value>> = changes.iter().map(|change| &change.sent).collect();
        let answer = self.api.post(MODULE, &json!({"data": data})).await;
        let results = answer.rows();
        assert_eq!(results.len(), changes.len(), "{}", answer.text);
        let mut touched = Vec::new();
        for ((change, spoiled), result) in changes.into_iter().zip(spoiled).zip(results) {
            if spoiled {
                assert_eq!(result["code"], "INVALID_DATA", "{:?}: {result}", change.sent);
                continue;
            }
            assert_eq!(result["code"], "SUCCESS", "{:?}: {result}", change.sent);
            let id = result["details"]["id"].as_str().expect("an id").to_owned();
            let mut record: Record =
                KINDS.iter().map(|kind| (kind.api_name, Shown::Exact(kind.cleared.clone()))).collect();
            record.extend(change.shown);
            self.records.insert(id.clone(), record);
            touched.push(id);
        }
        self.steps += answer.rows().len();
        self.compare(&touched).await;
    }

    async fn update(&mut self, random: &mut Random) {
        let count = 1 + random.below(80);
        let ids = self.some(random, count);
        let mut changes: Vec<Change> = ids.iter().map(|_| self.change(random, 4)).collect();
        let spoiled: Vec<bool> = changes
            .iter_mut()
            .map(|change| random.once_in(20) && !Self::spoil(random, change).is_empty())
            .collect();
        let data: Vec<Value> = ids
            .iter()
            .zip(&changes)
            .map(|(id, change)| {
                let mut sent = change.sent.clone();
                sent.insert("id".to_owned(), json!(id));
                Value::Object(sent)
            })
            .collect();
        if data.is_empty() {
            return;
        }
        let answer = self.api.put(MODULE, &json!({"data": data})).await;
        let results = answer.rows();
        assert_eq!(results.len(), ids.len(), "{}", answer.text);
        for (((id, change), spoiled), result) in ids.iter().zip(changes).zip(spoiled).zip(&results) {
            if spoiled {
                assert_eq!(result["code"], "INVALID_DATA", "{:?}: {result}", change.sent);
                continue;
            }
            assert_eq!(result["code"], "SUCCESS", "{:?}: {result}", change.sent);
            self.records.get_mut(id).expect("it was picked from there").extend(change.shown);
        }
        self.steps += results.len();
        self.compare(&ids).await;
    }

    /// Records found by their code, in any case, and new ones, in one call.
    async fn upsert(&mut self, random: &mut Random) {
        let known = 1 + random.below(10);
        let mut data = Vec::new();
        let mut expected: Vec<(Option<String>, Record)> = Vec::new();
        for id in self.some(random, known) {
            let Shown::Exact(code) = self.records[&id][CODE].clone() else { continue };
            let mut change = self.change(random, 4);
            let code = code.as_str().unwrap_or_default().to_uppercase();
            change.sent.insert(CODE.to_owned(), json!(code));
            change.shown.insert(CODE, Shown::Exact(json!(code)));
            data.push(change.sent);
            expected.push((Some(id), change.shown));
        }
        for _ in 0..random.below(6) {
            let change = self.fresh(random);
            data.push(change.sent);
            expected.push((None, change.shown));
        }
        if data.is_empty() {
            return;
        }
        let body = json!({"data": data, "duplicate_check_fields": [CODE]});
        let answer = self.api.post(&format!("{MODULE}/upsert"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let mut touched = Vec::new();
        for ((known, shown), result) in expected.into_iter().zip(answer.rows()) {
            assert_eq!(result["action"], if known.is_some() { "update" } else { "insert" }, "{result}");
            let id = result["details"]["id"].as_str().expect("an id").to_owned();
            assert!(known.is_none_or(|known| known == id), "{result}");
            let empty =
                || KINDS.iter().map(|kind| (kind.api_name, Shown::Exact(kind.cleared.clone()))).collect();
            self.records.entry(id.clone()).or_insert_with(empty).extend(shown);
            touched.push(id);
        }
        self.steps += touched.len();
        self.compare(&touched).await;
    }

    /// A value of a unique field that another record has.
    async fn duplicate(&mut self, random: &mut Random) {
        let Some(id) = self.some(random, 1).pop() else { return };
        let mut change = self.fresh(random);
        let Shown::Exact(code) = &self.records[&id][CODE] else { return };
        change.sent.insert(CODE.to_owned(), code.clone());
        let answer = self.api.post(MODULE, &json!({"data": [change.sent]})).await;
        assert_eq!(answer.code(), "DUPLICATE_DATA", "{}", answer.text);
        assert_eq!(answer.details()["id"], id.as_str(), "{}", answer.text);
        self.steps += 1;
    }

    async fn clone(&mut self, random: &mut Random) {
        let Some(id) = self.some(random, 1).pop() else { return };
        let mut change = self.change(random, 8);
        let code = self.next_code();
        change.sent.insert(CODE.to_owned(), json!(code));
        change.shown.insert(CODE, Shown::Exact(json!(code)));
        let path = format!("{MODULE}/{id}/actions/clone");
        let answer = self.api.post(&path, &json!({"data": [change.sent]})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let copy = answer.ids().remove(0);
        let mut record = self.records[&id].clone();
        // What was cut off for showing is in the copy all the same, so both show the same.
        record.extend(change.shown);
        self.records.insert(copy.clone(), record);
        self.steps += 1;
        self.compare(&[copy, id]).await;
    }

    async fn delete(&mut self, random: &mut Random) {
        let count = 1 + random.below(30);
        let ids = self.some(random, count);
        if ids.is_empty() {
            return;
        }
        let answer = self.api.delete(&format!("{MODULE}?ids={}", ids.join(","))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        for id in &ids {
            self.records.remove(id);
        }
        self.steps += ids.len();
        let left = self.api.get(&format!("{MODULE}?ids={}&fields=id", ids.join(","))).await;
        assert_eq!(left.status, 204, "{}", left.text);
    }

    /// Different records, at most that many.
    fn some(&self, random: &mut Random, most: usize) -> Vec<String> {
        let all: Vec<&String> = self.records.keys().collect();
        let mut ids: Vec<String> = Vec::new();
        for _ in 0..most.min(all.len()) {
            let id = *random.pick(&all);
            if !ids.contains(id) {
                ids.push(id.clone());
            }
        }
        ids
    }

    /// Reads records and compares every field.
    async fn compare(&self, ids: &[String]) {
        for ids in ids.chunks(100).filter(|ids| !ids.is_empty()) {
            let path = format!("{MODULE}?ids={}&fields={}", ids.join(","), self.fields);
            let answer = self.api.get(&path).await;
            let rows = answer.rows();
            assert_eq!(rows.len(), ids.len(), "{}", answer.text);
            for row in rows {
                self.check(&row);
            }
        }
    }

    fn check(&self, row: &Value) {
        let id = row["id"].as_str().expect("an id");
        for (name, expected) in &self.records[id] {
            assert!(expected.fits(&row[name]), "{name} of {id}: {} is not {expected:?}", row[name]);
        }
    }

    /// Every record, page by page.
    async fn compare_all(&self) {
        let (mut seen, mut token) = (0, String::new());
        loop {
            let answer = self.api.get(&format!("{MODULE}?fields={}{token}", self.fields)).await;
            let rows = answer.rows();
            rows.iter().for_each(|row| self.check(row));
            seen += rows.len();
            match answer.json()["info"]["next_page_token"].as_str() {
                Some(next) => token = format!("&page_token={next}"),
                None => break,
            }
        }
        assert_eq!(seen, self.records.len());
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn steps() -> usize {
    let given = std::env::var("DEALWRIGHT_TEST_STEPS").ok();
    given.map_or(STEPS, |text| text.parse().expect("DEALWRIGHT_TEST_STEPS is a number"))
}

async fn play(server: &TestServer, seed: u64) {
    let mut random = Random(seed);
    let mut model = Model::new(server).await;
    let mut calls = 0;
    let steps = steps();
    while model.steps < steps {
        let full = model.records.len() > RECORDS;
        match random.below(20) {
            0..=3 if !full => model.insert(&mut random).await,
            0..=3 => model.delete(&mut random).await,
            4 => model.delete(&mut random).await,
            5..=7 => model.upsert(&mut random).await,
            8 => model.clone(&mut random).await,
            9 => model.duplicate(&mut random).await,
            _ => model.update(&mut random).await,
        }
        calls += 1;
        if calls % 500 == 0 {
            model.compare_all().await;
        }
    }
    model.compare_all().await;
    assert_eq!(model.api.count(MODULE).await, model.records.len() as u64);
    println!("{} records written in {calls} calls", model.steps);
}

on_both! {
    async fn random_writes_agree_with_the_model(server: TestServer) {
        play(&server, 20_261_126).await;
    }
}
