//! Values of every data type, through inserts, changes, upserts, edits of subforms, links and files, clones, deletions and
//! restorations: what is read must be what was written. A step is one record in one call.

use std::collections::{BTreeMap, BTreeSet};

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

/// Fields that hold more than a value, and what hangs on the records' accounts.
const ROWS: &str = "M_Rows";
const LINKS: &str = "M_Links";
const FILES: [&str; 2] = ["M_Files", "M_Images"];
const COUNT: &str = "M_Count";
/// A formula over the field `M_Whole`.
const FORMULA: &str = "M_Next";
/// Records whose parts are compared after each call.
const DEEP: usize = 2;
/// A picture of one dot.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// Values as they must be.
type Values = BTreeMap<&'static str, Shown>;

/// A record as it must be.
#[derive(Clone, Default)]
struct Record {
    values: Values,
    /// Count of each row by its label, which no other row has.
    rows: BTreeMap<String, i64>,
    /// Ids of linked products.
    links: BTreeSet<String>,
    /// Names of files by field.
    files: BTreeMap<&'static str, Vec<String>>,
}

impl Record {
    fn empty() -> Self {
        let values = KINDS.iter().map(|kind| (kind.api_name, Shown::Exact(kind.cleared.clone()))).collect();
        Self { values, ..Self::default() }
    }
}

/// Some values for one record, and what they make of it.
struct Change {
    sent: Map<String, Value>,
    shown: Values,
    rows: BTreeMap<String, i64>,
    links: BTreeSet<String>,
}

struct Model {
    api: Api,
    world: World,
    products: Vec<String>,
    records: BTreeMap<String, Record>,
    /// Records in the recycle bin.
    deleted: BTreeMap<String, Record>,
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
        for (module, field) in parts() {
            let answer =
                api.post(&format!("settings/fields?module={module}"), &json!({"fields": [field]})).await;
            assert!(answer.status < 300, "{field}: {}", answer.text);
        }
        names.extend([FORMULA, FILES[0], FILES[1]]);
        let products: Vec<Value> = (0..6).map(|n| json!({"Product_Name": format!("Product {n}")})).collect();
        let products = api.insert_all("Products", &products).await;
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
        let (records, deleted) = (BTreeMap::new(), BTreeMap::new());
        Self { api, world, products, records, deleted, fields: names.join(","), code: 0, steps: 0 }
    }

    fn next_code(&mut self) -> String {
        self.code += 1;
        format!("Code {}", self.code)
    }

    /// Values for some of the fields; each field once in `often` times.
    fn change(&self, random: &mut Random, often: usize) -> Change {
        let (mut sent, mut shown) = (Map::new(), Values::new());
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
        Change { sent, shown, rows: BTreeMap::new(), links: BTreeSet::new() }
    }

    /// A new record whose mandatory and unique fields are filled.
    fn fresh(&mut self, random: &mut Random) -> Change {
        let code = self.next_code();
        let mut change = self.change(random, 2);
        change.sent.insert("Vendor_Name".to_owned(), json!(format!("Vendor {code}")));
        change.sent.insert(CODE.to_owned(), json!(code));
        change.shown.insert(CODE, Shown::Exact(json!(code)));
        if random.once_in(2) {
            let rows: Vec<Value> = (0..random.below(5)).map(|_| self.row(random, &mut change.rows)).collect();
            change.sent.insert(ROWS.to_owned(), json!(rows));
        }
        if random.once_in(3) {
            change.links = (0..random.below(4)).map(|_| random.pick(&self.products).clone()).collect();
            let links: Vec<Value> = change.links.iter().map(|id| json!({"Products": {"id": id}})).collect();
            change.sent.insert(LINKS.to_owned(), json!(links));
        }
        change
    }

    /// A new row of the subform; it is noted in `rows`.
    fn row(&mut self, random: &mut Random, rows: &mut BTreeMap<String, i64>) -> Value {
        self.code += 1;
        let (label, count) = (format!("row {}", self.code), random.below(100) as i64);
        rows.insert(label.clone(), count);
        json!({"Row_Label": label, "Row_Count": count})
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
            let mut record = Record { rows: change.rows, links: change.links, ..Record::empty() };
            record.values.extend(change.shown);
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
            self.records.get_mut(id).expect("it was picked from there").values.extend(change.shown);
        }
        self.steps += results.len();
        self.compare(&ids).await;
    }

    /// Records found by their code, in any case, and new ones, in one call.
    async fn upsert(&mut self, random: &mut Random) {
        let known = 1 + random.below(10);
        let mut data = Vec::new();
        let mut expected: Vec<(Option<String>, Change)> = Vec::new();
        for id in self.some(random, known) {
            let Shown::Exact(code) = self.records[&id].values[CODE].clone() else { continue };
            let mut change = self.change(random, 4);
            let code = code.as_str().unwrap_or_default().to_uppercase();
            change.sent.insert(CODE.to_owned(), json!(code));
            change.shown.insert(CODE, Shown::Exact(json!(code)));
            data.push(change.sent.clone());
            expected.push((Some(id), change));
        }
        for _ in 0..random.below(6) {
            let change = self.fresh(random);
            data.push(change.sent.clone());
            expected.push((None, change));
        }
        if data.is_empty() {
            return;
        }
        let body = json!({"data": data, "duplicate_check_fields": [CODE]});
        let answer = self.api.post(&format!("{MODULE}/upsert"), &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let mut touched = Vec::new();
        for ((known, change), result) in expected.into_iter().zip(answer.rows()) {
            assert_eq!(result["action"], if known.is_some() { "update" } else { "insert" }, "{result}");
            let id = result["details"]["id"].as_str().expect("an id").to_owned();
            assert!(known.is_none_or(|known| known == id), "{result}");
            let fresh = || Record { rows: change.rows, links: change.links, ..Record::empty() };
            self.records.entry(id.clone()).or_insert_with(fresh).values.extend(change.shown);
            touched.push(id);
        }
        self.steps += touched.len();
        self.compare(&touched).await;
    }

    /// A value of a unique field that another record has.
    async fn duplicate(&mut self, random: &mut Random) {
        let Some(id) = self.some(random, 1).pop() else { return };
        let mut change = self.fresh(random);
        let Shown::Exact(code) = &self.records[&id].values[CODE] else { return };
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
        record.values.extend(change.shown);
        // Files are not copied.
        record.files.clear();
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
            let record = self.records.remove(id).expect("it was picked from there");
            self.deleted.insert(id.clone(), record);
        }
        self.steps += ids.len();
        let left = self.api.get(&format!("{MODULE}?ids={}&fields=id", ids.join(","))).await;
        assert_eq!(left.status, 204, "{}", left.text);
    }

    /// Records come back from the recycle bin with everything they had.
    async fn restore(&mut self, random: &mut Random) {
        let ids: Vec<String> = self.deleted.keys().take(1 + random.below(8)).cloned().collect();
        if ids.is_empty() {
            return;
        }
        let answer = self.api.post("settings/recycle_bin/actions/restore", &json!({"ids": ids})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        for id in &ids {
            let record = self.deleted.remove(id).expect("it was picked from there");
            self.records.insert(id.clone(), record);
        }
        self.steps += ids.len();
        self.compare(&ids).await;
    }

    /// Rows of a subform are changed, deleted, added, or all taken away.
    async fn edit_rows(&mut self, random: &mut Random) {
        let Some(id) = self.some(random, 1).pop() else { return };
        let stored = self.api.record(MODULE, &id).await[ROWS].clone();
        let mut rows = self.records[&id].rows.clone();
        let mut sent = Vec::new();
        let clears = random.once_in(10);
        if clears {
            rows.clear();
        } else {
            for row in stored.as_array().into_iter().flatten() {
                let label = row["Row_Label"].as_str().expect("every row has a label").to_owned();
                match random.below(4) {
                    0 => {
                        rows.remove(&label);
                        sent.push(json!({"id": row["id"], "_delete": null}));
                    }
                    1 => {
                        let count = random.below(1_000) as i64;
                        rows.insert(label, count);
                        sent.push(json!({"id": row["id"], "Row_Count": count}));
                    }
                    2 => sent.push(json!({"id": row["id"]})),
                    // What is not named stays.
                    _ => {}
                }
            }
            for _ in 0..=random.below(3) {
                sent.push(self.row(random, &mut rows));
            }
        }
        let answer = self.api.put(MODULE, &json!({"data": [{"id": id, ROWS: sent}]})).await;
        assert_eq!(answer.code(), "SUCCESS", "{sent:?}: {}", answer.text);
        self.records.get_mut(&id).expect("it was picked from there").rows = rows;
        self.steps += 1;
        self.compare(&[id]).await;
    }

    /// A record is linked with one product more, or with one less.
    async fn edit_links(&mut self, random: &mut Random) {
        let Some(id) = self.some(random, 1).pop() else { return };
        let product = random.pick(&self.products).clone();
        let stored = self.api.record(MODULE, &id).await[LINKS].clone();
        let mut all = stored.as_array().into_iter().flatten();
        let row = all.find(|row| row["Products"]["id"] == product.as_str());
        let sent = match row {
            Some(row) => json!({"id": row["id"], "_delete": null}),
            None => json!({"Products": {"id": product}}),
        };
        let answer = self.api.put(MODULE, &json!({"data": [{"id": id, LINKS: [sent]}]})).await;
        assert_eq!(answer.code(), "SUCCESS", "{sent}: {}", answer.text);
        let links = &mut self.records.get_mut(&id).expect("it was picked from there").links;
        if !links.remove(&product) {
            links.insert(product);
        }
        self.steps += 1;
        self.compare(&[id]).await;
    }

    /// A file is uploaded and put into a field, or all files of a field go.
    async fn edit_files(&mut self, random: &mut Random) {
        let Some(id) = self.some(random, 1).pop() else { return };
        let field = *random.pick(&FILES);
        let held = self.records[&id].files.get(field).map_or(0, Vec::len);
        if held >= 2 {
            let answer = self.api.put(MODULE, &json!({"data": [{"id": id, field: []}]})).await;
            assert_eq!(answer.code(), "SUCCESS", "{}", answer.text);
            self.records.get_mut(&id).expect("it was picked from there").files.remove(field);
        } else {
            let name = format!("{}.png", self.next_code().replace(' ', "_"));
            let uploaded = self.api.upload("files", "file", &name, PNG).await;
            let handle = uploaded.rows()[0]["details"]["id"].as_str().expect("an id").to_owned();
            let answer =
                self.api.put(MODULE, &json!({"data": [{"id": id, field: [{"File_Id__s": handle}]}]})).await;
            assert_eq!(answer.code(), "SUCCESS", "{}", answer.text);
            let files = &mut self.records.get_mut(&id).expect("it was picked from there").files;
            files.entry(field).or_default().push(name);
        }
        self.steps += 1;
        self.compare(&[id]).await;
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
        for id in ids.iter().take(DEEP) {
            self.check_deep(id).await;
        }
    }

    fn check(&self, row: &Value) {
        let id = row["id"].as_str().expect("an id");
        let record = &self.records[id];
        for (name, expected) in &record.values {
            assert!(expected.fits(&row[name]), "{name} of {id}: {} is not {expected:?}", row[name]);
        }
        let next = match &record.values["M_Whole"] {
            Shown::Exact(Value::Number(number)) => number.as_f64().map(|number| number + 1.0),
            _ => None,
        };
        assert_eq!(row[FORMULA].as_f64(), next, "{FORMULA} of {id}");
        for field in FILES {
            let rows = row[field].as_array().into_iter().flatten();
            let names: Vec<&str> = rows.filter_map(|file| file["File_Name__s"].as_str()).collect();
            let expected = record.files.get(field).map_or(&[][..], Vec::as_slice);
            assert_eq!(names, expected, "{field} of {id}: {}", row[field]);
        }
    }

    /// What only the read of a single record shows.
    async fn check_deep(&self, id: &str) {
        let whole = self.api.record(MODULE, id).await;
        self.check(&whole);
        let record = &self.records[id];
        let rows = whole[ROWS].as_array().into_iter().flatten();
        let rows: BTreeMap<String, i64> = rows
            .map(|row| {
                (
                    row["Row_Label"].as_str().unwrap_or_default().to_owned(),
                    row["Row_Count"].as_i64().unwrap_or(-1),
                )
            })
            .collect();
        assert_eq!(rows, record.rows, "rows of {id}");
        let links = whole[LINKS].as_array().into_iter().flatten();
        let links: BTreeSet<String> =
            links.filter_map(|link| link["Products"]["id"].as_str().map(str::to_owned)).collect();
        assert_eq!(links, record.links, "links of {id}");
    }

    /// Every record, page by page.
    async fn compare_all(&self) {
        let (mut seen, mut token) = (0, String::new());
        loop {
            let answer = self.api.get(&format!("{MODULE}?fields={}{token}", self.fields)).await;
            let rows = answer.rows();
            for row in &rows {
                self.check(row);
            }
            seen += rows.len();
            match answer.json()["info"]["next_page_token"].as_str() {
                Some(next) => token = format!("&page_token={next}"),
                None => break,
            }
        }
        assert_eq!(seen, self.records.len());
        for account in &self.world.accounts {
            let points = |record: &&Record| record.values["M_Account"] == Shown::Reference(account.clone());
            let expected = self.records.values().filter(points).count();
            assert_eq!(self.api.record("Accounts", account).await[COUNT], expected, "{COUNT} of {account}");
        }
    }
}

/// The fields that hold more than a value, by their module.
fn parts() -> Vec<(&'static str, Value)> {
    let rows = json!({"field_label": "M Rows", "data_type": "subform", "subform": {"fields": [
        {"field_label": "Row Label", "data_type": "text", "length": 40},
        {"field_label": "Row Count", "data_type": "integer"},
    ]}});
    let links = json!({"field_label": "M Links", "data_type": "multiselectlookup",
        "multiselectlookup": {"connected_module": {"api_name": "Products"}}});
    let formula = json!({"field_label": "M Next", "data_type": "formula",
        "formula": {"return_type": "double", "expression": "M_Whole + 1"}});
    let count = json!({"field_label": "M Count", "data_type": "rollup_summary", "rollup_summary": {
        "rollup_based_on": "related_list", "based_on_module": {"api_name": MODULE},
        "related_list": {"api_name": "M_Vendors"},
        "expression": {"function": "COUNT", "function_parameters": [], "criteria": null},
    }});
    vec![
        (MODULE, rows),
        (MODULE, links),
        (MODULE, formula),
        (MODULE, json!({"field_label": "M Files", "data_type": "fileupload"})),
        (MODULE, json!({"field_label": "M Images", "data_type": "imageupload"})),
        ("Accounts", count),
    ]
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
        match random.below(30) {
            0..=4 if !full => model.insert(&mut random).await,
            0..=6 => model.delete(&mut random).await,
            7..=9 => model.upsert(&mut random).await,
            10 => model.clone(&mut random).await,
            11 => model.duplicate(&mut random).await,
            12 => model.restore(&mut random).await,
            13 => model.edit_rows(&mut random).await,
            14 => model.edit_links(&mut random).await,
            15 => model.edit_files(&mut random).await,
            _ => model.update(&mut random).await,
        }
        calls += 1;
        if calls % 500 == 0 {
            model.compare_all().await;
        }
    }
    model.compare_all().await;
    assert_eq!(model.api.count(MODULE).await, model.records.len() as u64);
    assert!(model.steps >= steps, "{} records were written in {calls} calls", model.steps);
}

on_both! {
    async fn random_writes_agree_with_the_model(server: TestServer) {
        play(&server, 20_261_126).await;
    }
}
