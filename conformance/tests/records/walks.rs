//! Walking through lists of every order by token, while others write. Against a naive sort, from a fixed seed.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use dealwright_testkit::records::{Record, account};
use dealwright_testkit::{Answer, Api, TestServer, on_both};
use dealwright_wire::letters;
use serde_json::{Value, json};

use crate::model::Random;

/// Records of each module, half of which stay as they are.
const RECORDS: usize = 60;

/// A module, what each of its records needs, and the fields by which it is sorted here.
struct Sorted {
    module: &'static str,
    name: &'static str,
    base: &'static [(&'static str, &'static str)],
    fields: &'static [(&'static str, Kind)],
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Long,
    Number,
    Bool,
    Date,
    Time,
    Account,
}

const MODULES: [Sorted; 3] = [
    Sorted {
        module: "Leads",
        name: "Last_Name",
        base: &[("Company", "x")],
        fields: &[
            ("City", Kind::Text),
            ("Long", Kind::Long),
            ("Annual_Revenue", Kind::Number),
            ("No_of_Employees", Kind::Number),
            ("Email_Opt_Out", Kind::Bool),
        ],
    },
    Sorted {
        module: "Deals",
        name: "Deal_Name",
        base: &[("Stage", "Qualification"), ("Closing_Date", "2027-01-01")],
        fields: &[("Closing_Date", Kind::Date), ("Account_Name", Kind::Account), ("Next_Step", Kind::Text)],
    },
    Sorted {
        module: "Calls",
        name: "Subject",
        base: &[
            ("Call_Type", "Outbound"),
            ("Call_Duration", "10:00"),
            ("Call_Start_Time", "2027-01-15T00:00:00-08:00"),
        ],
        fields: &[("Call_Start_Time", Kind::Time)],
    },
];

impl Sorted {
    fn value(random: &mut Random, kind: Kind, accounts: &[String]) -> Value {
        let may_be_null = !matches!(kind, Kind::Bool | Kind::Time | Kind::Date);
        if may_be_null && random.once_in(4) {
            return Value::Null;
        }
        match kind {
            Kind::Text => json!(random.pick(&["a", "A", "b", "B c", "é", "Z", "z%", "_"])),
            // Alike in the characters that count, different behind them.
            Kind::Long => {
                json!(format!("http://{}{}", random.pick(&["x", "X", "y"]).repeat(248), random.below(5)))
            }
            Kind::Number => json!(random.below(5) as i64 - 2),
            Kind::Bool => json!(random.below(2) == 1),
            Kind::Date => json!(format!("2027-01-{:02}", 10 + random.below(4))),
            Kind::Time => json!(format!("2027-01-15T0{}:00:00-08:00", random.below(4))),
            Kind::Account => json!({"id": random.pick(accounts)}),
        }
    }

    fn record(&self, random: &mut Random, accounts: &[String]) -> Value {
        let mut record = Record::empty(self.module).with(self.name, "x");
        for (key, value) in self.base {
            record = record.with(key, *value);
        }
        for (field, kind) in self.fields {
            record = record.with(field, Self::value(random, *kind, accounts));
        }
        record.value()
    }
}

/// What a list sorts by, made of the value that an answer shows.
fn key(value: &Value) -> Option<(i64, String)> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some((i64::from(*yes), String::new())),
        Value::Number(number) => Some((number.as_f64()? as i64, String::new())),
        Value::String(text) => Some((0, folded(text))),
        other => Some((other["id"].as_str()?.parse().ok()?, String::new())),
    }
}

/// The beginning of a text as lists order it.
fn folded(text: &str) -> String {
    letters::fold(&text.chars().take(255).collect::<String>()).into_owned()
}

/// Ids in the order of a field and of themselves; nulls are the smallest.
fn sorted(rows: &[Value], field: &str, descending: bool) -> Vec<String> {
    let id = |row: &Value| row["id"].as_str().unwrap().parse::<i64>().unwrap();
    let mut rows: Vec<&Value> = rows.iter().collect();
    let order =
        |a: &&Value, b: &&Value| -> Ordering { key(&a[field]).cmp(&key(&b[field])).then(id(a).cmp(&id(b))) };
    rows.sort_by(order);
    if descending {
        rows.reverse();
    }
    rows.into_iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

/// Somebody else at work: makes, changes and deletes records that are not among the lasting ones.
struct Writer<'s> {
    api: Api,
    of: &'s Sorted,
    passing: Vec<String>,
    accounts: Vec<String>,
}

impl Writer<'_> {
    async fn write(&mut self, random: &mut Random) {
        let made = self.of.record(random, &self.accounts);
        self.passing.extend(self.api.insert_all(self.of.module, &[made]).await);
        if self.passing.len() > RECORDS {
            let gone = self.passing.swap_remove(random.below(self.passing.len()));
            assert_eq!(self.api.delete(&format!("{}?ids={gone}", self.of.module)).await.status, 200);
        }
        let mut changed = self.of.record(random, &self.accounts);
        changed["id"] = json!(random.pick(&self.passing));
        assert_eq!(self.api.put(self.of.module, &json!({"data": [changed]})).await.status, 200);
    }
}

fn listed(answer: &Answer) -> Vec<String> {
    answer.rows().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

async fn view(api: &Api, module: &str, field: &str, descending: bool) -> String {
    let order = if descending { "desc" } else { "asc" };
    let view =
        json!({"name": format!("{field} {order}"), "sort_by": {"api_name": field}, "sort_order": order});
    let answer =
        api.post(&format!("settings/custom_views?module={module}"), &json!({"custom_views": [view]})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["custom_views"][0]["details"]["id"].as_str().unwrap().to_owned()
}

/// All pages from `path` on, following tokens of that name. Someone else writes before each page.
async fn walk(
    path: &str,
    first: Option<String>,
    name: &str,
    mut writer: Option<&mut Writer<'_>>,
    random: &mut Random,
    api: &Api,
) -> Vec<(Vec<String>, Value)> {
    let mut pages = Vec::new();
    let mut token = first;
    loop {
        if let Some(writer) = &mut writer {
            writer.write(random).await;
        }
        let path =
            token.as_ref().map_or_else(|| path.to_owned(), |token| format!("{path}&page_token={token}"));
        let answer = api.get(&path).await;
        if answer.status == 204 {
            return pages;
        }
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        let info = answer.json()["info"].clone();
        pages.push((listed(&answer), info.clone()));
        match info[name].as_str() {
            Some(next) => token = Some(next.to_owned()),
            None => return pages,
        }
        assert!(pages.len() < 1_000, "the walk does not end");
    }
}

async fn check(server: &TestServer, of: &Sorted, random: &mut Random, accounts: &[String]) {
    let api = server.api();
    let records: Vec<Value> = (0..RECORDS).map(|_| of.record(random, accounts)).collect();
    let mut ids = api.insert_all(of.module, &records).await;
    let lasting: BTreeSet<String> = ids.split_off(RECORDS / 2).into_iter().collect();
    let mut writer = Writer { api: server.api(), of, passing: ids, accounts: accounts.to_vec() };
    for (field, _) in of.fields {
        for descending in [false, true] {
            let what = format!("{} by {field}, descending: {descending}", of.module);
            let view = view(&api, of.module, field, descending).await;
            let per_page = 1 + random.below(12);
            let path = format!("{}?fields={field}&cvid={view}&per_page={per_page}", of.module);
            let stay = |ids: Vec<String>| -> Vec<String> {
                ids.into_iter().filter(|id| lasting.contains(id)).collect()
            };
            let all = api.get(&format!("{}?fields={field}&per_page=200", of.module)).await.rows();
            let expected = stay(sorted(&all, field, descending));

            let there = walk(&path, None, "next_page_token", Some(&mut writer), random, &api).await;
            assert_eq!(stay(there.iter().flat_map(|(ids, _)| ids.clone()).collect()), expected, "{what}");
            let (last, info) = there.last().unwrap().clone();
            let token = info["previous_page_token"].as_str().map(str::to_owned);
            let back = walk(&path, token, "previous_page_token", Some(&mut writer), random, &api).await;
            let mut back: Vec<String> = back.into_iter().rev().flat_map(|(ids, _)| ids).collect();
            back.extend(last);
            assert_eq!(stay(back), expected, "{what}, backwards");

            // Nobody writes any more: pages by token, by number and of a search are the same.
            let quiet = walk(&path, None, "next_page_token", None, random, &api).await;
            let quiet: Vec<String> = quiet.into_iter().flat_map(|(ids, _)| ids).collect();
            let all = api.get(&format!("{}?fields={field}&per_page=200", of.module)).await.rows();
            assert_eq!(quiet, sorted(&all, field, descending), "{what}, alone");
            let old = server.version("v2");
            let order =
                format!("per_page=25&sort_by={field}&sort_order={}", if descending { "desc" } else { "asc" });
            for list in
                [of.module.to_owned(), format!("{}/search?criteria=({}:equals:x)", of.module, of.name)]
            {
                let sign = if list.contains('?') { '&' } else { '?' };
                let mut found = Vec::new();
                for page in 1.. {
                    let answer = old.get(&format!("{list}{sign}{order}&page={page}")).await;
                    if answer.status == 204 {
                        break;
                    }
                    found.extend(listed(&answer));
                }
                assert_eq!(found, quiet, "{what}: {list}");
            }
        }
    }
}

/// A field whose values may be longer than what is sorted by.
async fn long_field(api: &Api) {
    let field = json!({"field_label": "Long", "data_type": "website", "length": 450});
    let answer = api.post("settings/fields?module=Leads", &json!({"fields": [field]})).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
}

on_both! {
    async fn every_order_is_walked_without_a_gap_while_others_write(server: TestServer) {
        let api = server.api();
        let accounts: Vec<Value> = ["a", "b", "c"].map(|name| account(name).value()).to_vec();
        let accounts = api.insert_all("Accounts", &accounts).await;
        long_field(&api).await;
        let mut random = Random(20);
        for of in &MODULES {
            check(&server, of, &mut random, &accounts).await;
        }
    }

    async fn a_long_sort_value_still_makes_a_short_token(server: TestServer) {
        let api = server.api();
        long_field(&api).await;
        let long = "x".repeat(400);
        let records: Vec<Value> = (0..3)
            .map(|n| json!({"Last_Name": format!("{n}"), "Long": format!("http://{long}{n}")}))
            .collect();
        api.insert_all("Leads", &records).await;
        let view = view(&api, "Leads", "Long", false).await;
        let info = api.get(&format!("Leads?fields=id&per_page=1&cvid={view}")).await.json()["info"].clone();
        let token = info["next_page_token"].as_str().unwrap();
        assert!(token.len() <= 500, "{}", token.len());
        let second = api.get(&format!("Leads?fields=id&per_page=1&cvid={view}&page_token={token}")).await;
        assert_eq!(second.rows().len(), 1);
    }
}
