//! `cross_filters` of a list: records by what hangs on them.

use dealwright_testkit::records::{Record, account, contact, deal};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::outcome;

async fn found(api: &Api, filters: &Value) -> Vec<String> {
    let text = filters.to_string();
    let params =
        [("fields", "Account_Name"), ("sort_by", "id"), ("sort_order", "asc"), ("cross_filters", &text)];
    let answer = api.get_with("Accounts", &params).await;
    if answer.status == 204 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{filters}: {}", answer.text);
    answer.rows().iter().map(|row| row["Account_Name"].as_str().unwrap_or_default().to_owned()).collect()
}

fn equal(field: &str, value: &str) -> Value {
    json!({ "comparator": "equal", "field": { "api_name": field }, "value": value })
}

on_both! {
    async fn accounts_by_their_contacts_and_deals(server: TestServer) {
        let api = server.api();
        let mut ids = Vec::new();
        for name in ["both", "contact", "nothing"] {
            ids.push(api.insert(account(name)).await);
        }
        let of = |record: Record, at: usize| record.with("Account_Name", json!({ "id": ids[at] }));
        api.insert(of(contact("Meier").with("Department", "Sales"), 0)).await;
        api.insert(of(contact("Huber").with("Department", "Law"), 1)).await;
        api.insert(of(deal("Big").with("Stage", "Closed Won"), 0)).await;
        let note = json!({ "data": [{ "Note_Content": "seen" }] });
        assert_eq!(api.post(&format!("Accounts/{}/Notes", ids[2]), &note).await.status, 201);

        let with = |relation: &str| json!([{ "include_objects": true, "relation": { "api_name": relation } }]);
        assert_eq!(found(&api, &with("Contacts__r")).await, ["both", "contact"]);
        assert_eq!(found(&api, &with("Deals")).await, ["both"]);
        assert_eq!(found(&api, &with("Notes")).await, ["nothing"]);
        let without = json!([{ "include_objects": false, "relation": { "api_name": "Contacts__r" } }]);
        assert_eq!(found(&api, &without).await, ["nothing"]);
        let sales = |includes: bool| {
            json!({ "include_objects": includes, "relation": { "api_name": "Contacts__r" }, "criteria": equal("Department", "sales") })
        };
        assert_eq!(found(&api, &json!([sales(true)])).await, ["both"]);
        assert_eq!(found(&api, &json!([sales(false)])).await, ["contact", "nothing"]);
        let won = json!({ "relation": { "api_name": "Deals__r" }, "criteria": equal("Stage", "Closed Won") });
        assert_eq!(found(&api, &json!([sales(true), won])).await, ["both"]);
        assert_eq!(found(&api, &json!([sales(false), won])).await, Vec::<String>::new());
        assert_eq!(found(&api, &json!([])).await, ["both", "contact", "nothing"]);
    }

    async fn what_is_no_cross_filter_is_refused(server: TestServer) {
        let api = server.api();
        let refused = async |filters: Value| {
            let text = filters.to_string();
            let answer = api.get_with("Accounts", &[("fields", "Account_Name"), ("cross_filters", &text)]).await;
            (outcome(&answer), answer.details()["json_path"].as_str().unwrap_or_default().to_owned())
        };
        let told = |code: &str, path: &str| (format!("400 {code}"), path.to_owned());
        assert_eq!(refused(json!({})).await, told("INVALID_DATA", "$"));
        assert_eq!(refused(json!([{}])).await, told("MANDATORY_NOT_FOUND", "$[0].relation"));
        let unknown = json!([{ "relation": { "api_name": "Nothing__r" } }]);
        assert_eq!(refused(unknown).await, told("INVALID_DATA", "$[0].relation.api_name"));
        let wrong = json!([{ "relation": { "api_name": "Deals__r" }, "criteria": equal("Nothing", "x") }]);
        assert_eq!(refused(wrong).await, told("INVALID_DATA", "$[0].criteria.field.api_name"));
        let four = json!(vec![json!({ "relation": { "api_name": "Deals__r" } }); 4]);
        assert_eq!(refused(four).await.0, "400 LIMIT_EXCEEDED");
    }
}
