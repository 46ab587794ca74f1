//! Criteria as JSON: the `filters` parameter.

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

async fn filtered(api: &Api, filters: &Value) -> Answer {
    api.get_with("Deals", &[("fields", "Deal_Name"), ("filters", &filters.to_string())]).await
}

/// Names of the deals that one comparison finds, sorted.
async fn found(api: &Api, field: &str, comparator: &str, value: Value) -> String {
    let answer =
        filtered(api, &json!({"field": {"api_name": field}, "comparator": comparator, "value": value})).await;
    assert!(matches!(answer.status, 200 | 204), "{field} {comparator}: {}", answer.text);
    let mut names: Vec<String> =
        answer.rows().iter().map(|row| row["Deal_Name"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names.join(" ")
}

async fn deals(api: &Api) -> String {
    let acme = api.insert(account("Acme")).await;
    let records = [
        deal("alpha")
            .with("Amount", 10)
            .with("Next_Step", "Call the buyer")
            .with("Account_Name", acme.as_str()),
        deal("beta").with("Amount", 20.5).with("Next_Step", "call").with("Closing_Date", "2027-07-01"),
        deal("gamma").with("Stage", "Closed Won").with("Probability", 100),
    ];
    api.insert_all("Deals", &records.map(|record| record.value())).await;
    acme
}

on_both! {
    async fn every_comparator_finds_what_it_says(server: TestServer) {
        let api = server.api();
        let acme = deals(&api).await;
        for (field, comparator, value, expected) in [
            ("Next_Step", "equal", json!("CALL"), "beta"),
            ("Next_Step", "not_equal", json!("call"), "alpha gamma"),
            ("Next_Step", "in", json!(["call", "other"]), "beta"),
            ("Next_Step", "not_in", json!(["call", "other"]), "alpha gamma"),
            ("Next_Step", "contains", json!("all"), "alpha beta"),
            ("Next_Step", "not_contains", json!("buyer"), "beta gamma"),
            ("Next_Step", "starts_with", json!("call t"), "alpha"),
            ("Next_Step", "ends_with", json!("Buyer"), "alpha"),
            ("Next_Step", "equal", json!("${EMPTY}"), "gamma"),
            ("Next_Step", "not_equal", json!("${EMPTY}"), "alpha beta"),
            ("Stage", "equal", json!("closed won"), "gamma"),
            ("Stage", "equal", json!(["Closed Won", "Qualification"]), "alpha beta gamma"),
            ("Stage", "not_equal", json!(["Closed Won", "Other"]), "alpha beta"),
            ("Stage", "contains", json!("won"), "gamma"),
            ("Amount", "equal", json!(20.5), "beta"),
            ("Amount", "greater_than", json!("10"), "beta"),
            ("Amount", "greater_equal", json!(10), "alpha beta"),
            ("Amount", "less_than", json!(20.5), "alpha"),
            ("Amount", "less_equal", json!(20.5), "alpha beta"),
            ("Amount", "between", json!(["10", "20"]), "alpha"),
            ("Amount", "not_between", json!("10,20"), "beta gamma"),
            ("Amount", "equal", json!("${EMPTY}"), "gamma"),
            ("Closing_Date", "greater_than", json!("2027-06-30"), "beta"),
            ("Closing_Date", "less_equal", json!("2027-06-30"), "alpha gamma"),
            ("Created_Time", "equal", json!("${TODAY}"), "alpha beta gamma"),
            ("Created_Time", "less_than", json!("${TODAY}"), ""),
            ("Created_Time", "equal", json!("2027-01-15"), "alpha beta gamma"),
            ("Created_Time", "in", json!(["${YESTERDAY}", "${TODAY}"]), "alpha beta gamma"),
            ("Owner", "equal", json!({"name": "${CURRENTUSER}"}), "alpha beta gamma"),
            ("Owner", "not_equal", json!("${CURRENTUSER}"), ""),
            ("Account_Name", "equal", json!({"id": acme, "name": "Acme"}), "alpha"),
            ("Account_Name", "equal", json!("acme"), "alpha"),
            ("Account_Name", "contains", json!("cm"), "alpha"),
            ("Account_Name", "not_equal", json!(acme), "beta gamma"),
            ("Account_Name.Account_Name", "starts_with", json!("ac"), "alpha"),
            ("Locked__s", "equal", json!(false), "alpha beta gamma"),
        ] {
            assert_eq!(found(&api, field, comparator, value.clone()).await, expected, "{field} {comparator} {value}");
        }
    }

    async fn groups_nest_and_fields_may_be_plain_text(server: TestServer) {
        let api = server.api();
        deals(&api).await;
        let filters = json!({"group_operator": "AND", "group": [
            {"field": "Stage", "comparator": "equal", "value": "Qualification"},
            {"group_operator": "or", "group": [
                {"field": {"api_name": "Amount", "id": null}, "comparator": "equal", "value": 10},
                {"field": "Next_Step", "comparator": "equal", "value": "nothing", "type": "value"},
            ]},
        ]});
        let answer = filtered(&api, &filters).await;
        assert_eq!(answer.rows().iter().map(|row| row["Deal_Name"].clone()).collect::<Vec<_>>(), ["alpha"]);
        // The same in strict mode: these comparators are the API's own, unlike those of the search text.
        let strict = server.strict().await;
        let answer = filtered(&strict.fresh_api().await, &json!({"field": "Next_Step", "comparator": "contains", "value": "buyer"})).await;
        assert_eq!((answer.status, answer.note()), (200, None), "{}", answer.text);
    }

    async fn what_is_no_criteria_is_refused_where_it_stands(server: TestServer) {
        let api = server.api();
        let one = |field: &str, comparator: &str, value: Value| json!({"field": field, "comparator": comparator, "value": value});
        let group = |part: Value| json!({"group_operator": "and", "group": [one("Stage", "equal", json!("a")), part]});
        for (name, filters) in [
            ("comparator", group(one("Amount", "equals", json!(1)))),
            ("unfit_comparator", group(one("Amount", "contains", json!("1")))),
            ("field", group(one("Nothing_Like_It", "equal", json!("1")))),
            ("value", group(one("Amount", "equal", json!("much")))),
            ("no_value", group(json!({"field": "Amount", "comparator": "equal"}))),
            ("no_group", json!({"group_operator": "and"})),
            ("group_operator", json!({"group_operator": "xor", "group": [one("Stage", "equal", json!("a"))]})),
            ("nothing", json!({})),
            ("too_many", json!({"group_operator": "or", "group": vec![one("Stage", "equal", json!("a")); 26]})),
        ] {
            assert_answer(&format!("criteria__{name}"), &filtered(&api, &filters).await);
        }
        for text in ["nonsense", "[]", "1"] {
            let answer = api.get_with("Deals", &[("fields", "id"), ("filters", text)]).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{text}");
            assert_eq!(answer.details()["param_name"], "filters");
        }
        let mut deep = one("Stage", "equal", json!("a"));
        for _ in 0..20 {
            deep = json!({"group_operator": "and", "group": [deep.clone(), deep]});
            if deep.to_string().len() > 2_000 {
                break;
            }
        }
        assert!(filtered(&api, &deep).await.status < 500);
    }

    async fn related_lists_and_their_counts_take_filters(server: TestServer) {
        let api = server.api();
        let acme = deals(&api).await;
        api.insert(deal("delta").with("Account_Name", acme.as_str()).with("Amount", 99)).await;
        let filters = json!({"field": {"api_name": "Amount"}, "comparator": "greater_than", "value": 50});
        let path = format!("Accounts/{acme}/Deals");
        let answer = api.get_with(&path, &[("fields", "Deal_Name"), ("filters", &filters.to_string())]).await;
        assert_eq!(answer.rows().iter().map(|row| row["Deal_Name"].clone()).collect::<Vec<_>>(), ["delta"]);
        let wrong = api.get_with(&path, &[("fields", "id"), ("filters", "{}")]).await;
        assert_eq!(outcome(&wrong), "400 EXPECTED_FIELD_MISSING");
    }
}
