//! `GET /{module}`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, deal, lead};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

on_both! {
    async fn a_page_holds_the_fields_that_were_asked_for(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        for name in ["a", "b", "c"] {
            api.insert(deal(name).with("Amount", 5).with("Account_Name", acme.as_str())).await;
        }
        let answer = api.get("Deals?fields=Deal_Name,Amount,Account_Name,Owner,Next_Step,Nothing_Like_It").await;
        assert_answer("list__fields", &answer);
    }

    async fn an_empty_module_answers_204(server: TestServer) {
        let answer = server.api().get("Deals?fields=Deal_Name").await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    }

    async fn an_unknown_module_is_refused(server: TestServer) {
        assert_answer("list__unknown_module", &server.api().get("Boats?fields=Name").await);
    }

    async fn system_keys_come_when_they_are_named(server: TestServer) {
        let api = server.api();
        api.insert(deal("a")).await;
        let answer = api.get("Deals?fields=Deal_Name,$approval_state,$currency_symbol,$editable").await;
        assert_answer("list__system_keys", &answer);
    }

    async fn at_most_50_fields_are_named(server: TestServer) {
        let fields = |count: usize| (0..count).map(|n| format!("F{n}")).collect::<Vec<_>>().join(",");
        let api = server.api();
        api.insert(deal("a")).await;
        assert_eq!(api.get(&format!("Deals?fields={}", fields(50))).await.status, 200);
        assert_answer("list__51_fields", &api.get(&format!("Deals?fields={}", fields(51))).await);
    }

    async fn rows_come_in_the_order_that_was_asked_for(server: TestServer) {
        let api = server.api();
        let mut ids = Vec::new();
        for name in ["a", "b", "c"] {
            ids.push(api.insert(deal(name)).await);
            server.advance(Duration::from_mins(1));
        }
        api.put("Deals", &json!({"data": [{"id": ids[0], "Amount": 1}]})).await;
        for (order, expected) in [
            ("", "c b a"),
            ("&sort_order=asc", "a b c"),
            ("&sort_by=id&sort_order=desc", "c b a"),
            ("&sort_by=Created_Time&sort_order=asc", "a b c"),
            ("&sort_by=Modified_Time", "a c b"),
            ("&sort_by=Modified_Time&sort_order=asc", "b c a"),
        ] {
            let rows = api.get(&format!("Deals?fields=Deal_Name{order}")).await.rows();
            let names: Vec<&str> = rows.iter().filter_map(|row| row["Deal_Name"].as_str()).collect();
            assert_eq!(names.join(" "), expected, "{order}");
        }
    }

    async fn other_orders_are_refused(server: TestServer) {
        let api = server.api();
        assert_answer("list__sort_by", &api.get("Deals?fields=Deal_Name&sort_by=Amount").await);
        assert_answer("list__sort_order", &api.get("Deals?fields=Deal_Name&sort_order=up").await);
    }

    async fn pages_follow_each_other(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..7).map(|n| deal(&format!("{n}")).value()).collect();
        let mut expected = api.insert_all("Deals", &records).await;
        expected.reverse();
        let mut seen = Vec::new();
        for page in 1..=4 {
            let answer = api.get(&format!("Deals?fields=Deal_Name&per_page=2&page={page}")).await;
            let info = answer.json()["info"].clone();
            assert_eq!((&info["page"], &info["more_records"]), (&json!(page), &json!(page < 4)), "{info}");
            assert_eq!(info["count"], json!(if page < 4 { 2 } else { 1 }));
            seen.extend(answer.rows().iter().map(|row| row["id"].as_str().unwrap().to_owned()));
        }
        assert_eq!(seen, expected);
        assert_eq!(api.get("Deals?fields=Deal_Name&per_page=2&page=5").await.status, 204);
    }

    async fn pages_hold_at_most_200_rows(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..201).map(|n| deal(&format!("{n}")).value()).collect();
        api.insert_all("Deals", &records).await;
        let answer = api.get("Deals?fields=id&per_page=1000").await;
        assert_eq!(answer.rows().len(), 200);
        assert_eq!(answer.json()["info"]["per_page"], 200);
        assert_eq!(answer.json()["info"]["more_records"], true);
    }

    async fn bad_page_numbers_are_refused(server: TestServer) {
        let api = server.api();
        assert_answer("list__page_zero", &api.get("Deals?fields=id&page=0").await);
        for bad in ["page=-1", "page=x", "per_page=0", "per_page=1.5"] {
            assert_eq!(outcome(&api.get(&format!("Deals?fields=id&{bad}")).await), "400 INVALID_DATA", "{bad}");
        }
    }

    async fn page_numbers_reach_2000_rows(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("Deals?fields=id&page=10").await.status, 204);
        assert_answer("list__page_ceiling", &api.get("Deals?fields=id&page=11").await);
        assert_eq!(api.get("Deals?fields=id&page=2001&per_page=1").await.code(), "DISCRETE_PAGINATION_LIMIT_EXCEEDED");
        for version in ["v2", "v2.1"] {
            assert_eq!(server.version(version).get("Deals?fields=id&page=11").await.status, 204, "{version}");
        }
    }

    async fn ids_narrow_the_list(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = ["a", "b", "c"].map(|name| deal(name).value()).into();
        let ids = api.insert_all("Deals", &records).await;
        let answer = api.get(&format!("Deals?fields=Deal_Name&ids={},%20{},1234567890123456789", ids[0], ids[2])).await;
        let names: Vec<Value> = answer.rows().iter().map(|row| row["Deal_Name"].clone()).collect();
        assert_eq!(names, ["c", "a"]);
        assert_eq!(outcome(&api.get("Deals?fields=id&ids=abc").await), "400 INVALID_DATA");
        let many = vec!["1234567890123456789"; 101].join(",");
        assert_eq!(outcome(&api.get(&format!("Deals?fields=id&ids={many}")).await), "400 LIMIT_EXCEEDED");
    }

    async fn only_rows_changed_since_are_listed(server: TestServer) {
        let api = server.api();
        api.insert(deal("old")).await;
        server.advance(Duration::from_hours(1));
        let api = server.fresh_api().await;
        api.insert(deal("new")).await;
        let since = |time: &str| api.header("if-modified-since", time);
        let rows = since("2027-01-15T08:00:00Z").get("Deals?fields=Deal_Name").await.rows();
        assert_eq!((rows.len(), &rows[0]["Deal_Name"]), (1, &json!("new")));
        for none in ["2027-01-15T09:00:00Z", "2027-01-15T01:00:00-08:00", "Fri, 15 Jan 2027 09:00:00 GMT"] {
            let answer = since(none).get("Deals?fields=Deal_Name").await;
            assert_eq!((answer.status, answer.text.as_str()), (304, ""), "{none}");
        }
    }

    async fn converted_leads_are_asked_for(server: TestServer) {
        let api = server.api();
        api.insert(lead("a")).await;
        for (value, status) in [("false", 200), ("true", 204), ("both", 200), ("maybe", 400)] {
            assert_eq!(api.get(&format!("Leads?fields=id&converted={value}")).await.status, status, "{value}");
        }
    }

    async fn territories_are_asked_for_where_there_are_any(server: TestServer) {
        let api = server.api();
        let territory = "territory_id=1234567890123456789&include_child=true";
        assert_answer("list__territory", &api.get(&format!("Deals?fields=id&{territory}")).await);
        assert_answer("list__no_territory", &api.get(&format!("Tasks?fields=id&{territory}")).await);
    }

    async fn rich_text_and_subforms_stay_out_of_lists(server: TestServer) {
        let api = server.api();
        let pen = api.insert(dealwright_testkit::records::product("Pen").with("Unit_Price", 3)).await;
        let items = json!([{"Product_Name": pen, "Quantity": 2}]);
        let quote = dealwright_testkit::records::Record::empty("Quotes").with("Subject", "q");
        api.insert(quote.with("Quoted_Items", items)).await;
        let rows = api.get("Quotes?fields=Subject,Quoted_Items,Grand_Total").await.rows();
        assert!(rows[0].get("Quoted_Items").is_none());
        assert_eq!(rows[0]["Grand_Total"], 6);
    }
}
