//! `filters` of related lists and of counts.

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{ids, sorted, to};
use crate::{assert_answer, outcome};

fn test(field: &str, comparator: &str, value: Value) -> Value {
    json!({"field": {"api_name": field}, "comparator": comparator, "value": value})
}

fn group(operator: &str, parts: &[Value]) -> Value {
    json!({"group_operator": operator, "group": parts})
}

async fn filtered(api: &Api, account: &str, tree: &Value) -> Vec<String> {
    let tree = tree.to_string();
    let path = format!("Accounts/{account}/Deals");
    let answer = api.get_with(&path, &[("fields", "id"), ("filters", &tree), ("sort_order", "asc")]).await;
    assert!([200, 204].contains(&answer.status), "{tree}: {}", answer.text);
    ids(&answer)
}

on_both! {
    async fn rows_are_tested_one_by_one(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let of = |name: &str, amount: Value| deal(name).with("Amount", amount).with("Account_Name", to(&acme)).value();
        let made = api.insert_all("Deals", &[of("Small boat", json!(10)), of("Big boat", json!(100)), of("Car", Value::Null)]).await;
        let [small, big, car] = [&made[0], &made[1], &made[2]];
        for (tree, expected) in [
            (test("Amount", "equal", json!(10)), sorted([small])),
            (test("Amount", "not_equal", json!("10")), sorted([big, car])),
            (test("Amount", "greater_equal", json!(50)), sorted([big])),
            (test("Amount", "less_than", json!(50)), sorted([small])),
            (test("Amount", "between", json!([5, 50])), sorted([small])),
            (test("Amount", "not_between", json!(["5", "50"])), sorted([big, car])),
            (test("Amount", "in", json!([10, 100])), sorted([small, big])),
            (test("Amount", "not_in", json!([10])), sorted([big, car])),
            (test("Amount", "equal", json!("${EMPTY}")), sorted([car])),
            (test("Amount", "not_equal", json!("${EMPTY}")), sorted([small, big])),
            (test("Deal_Name", "contains", json!("boat")), sorted([small, big])),
            (test("Deal_Name", "not_contains", json!("boat")), sorted([car])),
            (test("Deal_Name", "starts_with", json!("Big")), sorted([big])),
            (test("Deal_Name", "ends_with", json!("boat")), sorted([small, big])),
            (test("Account_Name", "equal", json!({"id": acme})), sorted([small, big, car])),
            (json!({"field": "Amount", "comparator": "greater_than", "value": 10}), sorted([big])),
        ] {
            assert_eq!(filtered(&api, &acme, &tree).await, expected, "{tree}");
        }
        let boats = test("Deal_Name", "contains", json!("boat"));
        let either = group("OR", &[test("Amount", "less_than", json!(50)), test("Amount", "equal", json!("${EMPTY}"))]);
        assert_eq!(filtered(&api, &acme, &group("and", &[boats.clone(), either.clone()])).await, sorted([small]));
        assert_eq!(filtered(&api, &acme, &group("or", &[boats.clone(), either])).await, made);
        let count = json!({"get_related_records_count": [
            {"related_list": {"api_name": "Deals"}, "params": {"filters": boats}},
            {"related_list": {"api_name": "Deals"}, "params": {"filters": test("Amount", "near", json!(1))}},
            {"related_list": {"api_name": "Activities_Chronological_View"}, "params": {"filters": boats}},
        ]});
        assert_answer("filters__count", &api.post(&format!("Accounts/{acme}/actions/get_related_records_count"), &count).await);
    }

    async fn what_is_no_filter_is_refused(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let list = format!("Accounts/{acme}/Deals");
        let refused = async |tree: &str| api.get_with(&list, &[("fields", "id"), ("filters", tree)]).await;
        assert_answer("filters__no_json", &refused("x").await);
        assert_answer("filters__comparator", &refused(&test("Amount", "near", json!(1)).to_string()).await);
        assert_answer("filters__field", &refused(&test("Boat", "equal", json!(1)).to_string()).await);
        assert_answer("filters__value", &refused(&test("Amount", "equal", json!("much")).to_string()).await);
        for bad in [
            json!([]), json!({}), group("xor", &[test("Amount", "equal", json!(1))]), group("and", &[]),
            test("Amount", "between", json!([1])), test("Amount", "in", json!([])), test("Amount", "equal", json!([[1]])),
            test("Amount", "contains", json!("1")),
        ] {
            let answer = refused(&bad.to_string()).await;
            assert_eq!((answer.status, answer.code().is_empty()), (400, false), "{bad}: {}", answer.text);
        }
        let many = group("and", &vec![test("Amount", "equal", json!(1)); 26]);
        assert_eq!(outcome(&refused(&many.to_string()).await), "400 CRITERIA_LIMIT_EXCEEDED");
        let mut deep = test("Amount", "equal", json!(1));
        for _ in 0..60 {
            deep = group("and", &[deep]);
        }
        assert_eq!(refused(&deep.to_string()).await.status, 400);
        let view = format!("Accounts/{acme}/Activities_Chronological_View");
        let tree = test("Subject", "equal", json!("x")).to_string();
        assert_eq!(outcome(&api.get_with(&view, &[("fields", "id"), ("filters", &tree)]).await), "501 NOT_SUPPORTED");
    }
}
