//! The words that criteria know: `${EMPTY}` and `${NOTEMPTY}` for every field of every module, and periods of days such as
//! `${THISFQ}`, in searches, filters, views and queries, and in every version.

use dealwright_testkit::records::{account, contact, deal, lead, product};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::outcome;

const VERSIONS: [&str; 8] = ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"];

/// How many records an answer counts; `None` when it refuses.
fn number(answer: &Answer) -> Option<u64> {
    (answer.status == 200).then(|| answer.json()["count"].as_u64().expect("a count"))
}

async fn count(api: &Api, module: &str, params: &[(&str, &str)]) -> Answer {
    api.get_with(&format!("{module}/actions/count"), params).await
}

/// Ids of a list or a search, sorted.
fn sorted(answer: &Answer) -> Vec<String> {
    assert!(matches!(answer.status, 200 | 204), "{}", answer.text);
    let mut ids = if answer.status == 204 { Vec::new() } else { answer.ids() };
    ids.sort_unstable();
    ids
}

on_both! {
    async fn every_field_is_empty_or_not(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme").with("Phone", "5551234").with("Annual_Revenue", 5)).await;
        api.insert(account("Bolt")).await;
        let ray = api.insert(contact("Ray").with("Account_Name", json!({"id": acme})).with("Email", "ray@example.com")).await;
        api.insert(contact("Lee")).await;
        api.insert(deal("Boat").with("Amount", 5).with("Contact_Name", json!({"id": ray})).with("Next_Step", "call")).await;
        api.insert(deal("Raft")).await;
        api.insert(lead("Ada").with("Lead_Source", "Advertisement").with("Email_Opt_Out", true).with("No_of_Employees", 3)).await;
        api.insert(lead("Bob")).await;
        api.insert(product("Pen").with("Tax", json!(["Vat"])).with("Unit_Price", 3)).await;
        api.insert(product("Ink")).await;
        let mut asked = 0;
        for module in ["Accounts", "Contacts", "Deals", "Leads", "Products"] {
            let total = api.count(module).await;
            let fields = api.get(&format!("settings/fields?module={module}&type=all")).await.json()["fields"].clone();
            for field in fields.as_array().unwrap() {
                let name = field["api_name"].as_str().unwrap();
                let by_text = async |word: &str| count(&api, module, &[("criteria", &format!("({name}:equals:{word})"))]).await;
                let by_json = async |comparator: &str, word: &str| {
                    let filters = json!({"field": {"api_name": name}, "comparator": comparator, "value": word}).to_string();
                    count(&api, module, &[("filters", &filters)]).await
                };
                let (empty, full) = (by_text("${EMPTY}").await, by_text("${NOTEMPTY}").await);
                assert_eq!(empty.status, full.status, "{module}.{name}: {} {}", empty.text, full.text);
                let (Some(empty), Some(full)) = (number(&empty), number(&full)) else {
                    assert_eq!(outcome(&empty), "400 INVALID_QUERY", "{module}.{name}: {}", empty.text);
                    continue;
                };
                asked += 1;
                assert_eq!(empty + full, total, "{module}.{name} {empty} {full}");
                for (comparator, word, expected) in [
                    ("equal", "${EMPTY}", empty), ("equal", "${NOTEMPTY}", full),
                    ("not_equal", "${EMPTY}", full), ("not_equal", "${NOTEMPTY}", empty),
                ] {
                    let answer = by_json(comparator, word).await;
                    assert_eq!(number(&answer), Some(expected), "{module}.{name} {comparator} {word}: {}", answer.text);
                }
            }
        }
        assert!(asked > 100, "{asked} fields were asked");
    }

    async fn a_word_stands_for_its_days_in_every_version_and_place(server: TestServer) {
        let api = server.api();
        // The clock of tests stands on 15 January 2027, a Friday.
        let mut made = Vec::new();
        for date in ["2027-01-15", "2027-01-16", "2027-01-02", "2027-03-31", "2027-04-01", "2026-12-31", "2026-02-01", "2028-01-01", "2025-12-31"] {
            let id = api.insert(deal(date).with("Closing_Date", date)).await;
            made.push((id, date));
        }
        let within = |from: &str, after: &str| -> Vec<String> {
            let mut ids: Vec<String> = made.iter().filter(|(_, date)| *date >= from && *date < after).map(|(id, _)| id.clone()).collect();
            ids.sort_unstable();
            ids
        };
        for (word, from, after) in [
            ("${TODAY}", "2027-01-15", "2027-01-16"),
            ("${TOMORROW}", "2027-01-16", "2027-01-17"),
            ("${THISMONTH}", "2027-01-01", "2027-02-01"),
            ("${THISQUARTER}", "2027-01-01", "2027-04-01"),
            ("${THISYEAR}", "2027-01-01", "2028-01-01"),
            ("${THISFQ}", "2027-01-01", "2027-04-01"),
            ("${PREVFQ}", "2026-10-01", "2027-01-01"),
            ("${NEXTFQ}", "2027-04-01", "2027-07-01"),
            ("${THISFY}", "2027-01-01", "2028-01-01"),
            ("${PREVFY}", "2026-01-01", "2027-01-01"),
            ("${NEXTFY}", "2028-01-01", "2029-01-01"),
        ] {
            let expected = within(from, after);
            assert!(!expected.is_empty(), "{word}");
            let criteria = json!({"field": {"api_name": "Closing_Date"}, "comparator": "equal", "value": word});
            let body = json!({"custom_views": [{"name": word.trim_matches(['$', '{', '}']), "criteria": criteria, "fields": [{"api_name": "Deal_Name"}]}]});
            let view = api.post("settings/custom_views?module=Deals", &body).await;
            assert_eq!(view.status, 201, "{word} {}", view.text);
            let view = view.json()["custom_views"][0]["details"]["id"].as_str().unwrap().to_owned();
            for version in VERSIONS {
                let api = server.version(version);
                let listed = api.get(&format!("Deals?fields=Deal_Name&cvid={view}")).await;
                assert_eq!(sorted(&listed), expected, "{version} view {word}");
                let filtered = api.get_with("Deals", &[("fields", "Deal_Name"), ("filters", &criteria.to_string())]).await;
                assert_eq!(sorted(&filtered), expected, "{version} filters {word}");
            }
        }
        for bad in ["${SOMEDAY}", "${THISFQ", "THISFQ"] {
            let answer = api.get_with("Deals/search", &[("criteria", &format!("(Closing_Date:equals:{bad})"))]).await;
            assert_eq!(outcome(&answer), "400 INVALID_QUERY", "{bad}: {}", answer.text);
        }
    }

    async fn words_for_emptiness_mean_the_same_in_every_version(server: TestServer) {
        let api = server.api();
        let full = api.insert(deal("full").with("Next_Step", "call")).await;
        let empty = api.insert(deal("empty")).await;
        for version in VERSIONS {
            let api = server.version(version);
            for (word, expected) in [("${EMPTY}", &empty), ("${NOTEMPTY}", &full)] {
                let found = api.get_with("Deals/search", &[("criteria", &format!("(Next_Step:equals:{word})"))]).await;
                assert_eq!(sorted(&found), std::slice::from_ref(expected), "{version} {word}");
                let criteria: Value = json!({"field": {"api_name": "Next_Step"}, "comparator": "equal", "value": word});
                let filtered = api.get_with("Deals", &[("fields", "Deal_Name"), ("filters", &criteria.to_string())]).await;
                assert_eq!(sorted(&filtered), std::slice::from_ref(expected), "{version} filters {word}");
            }
        }
    }
}
