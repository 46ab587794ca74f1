//! Aggregates and groups.

use dealwright_testkit::records::deal;
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{ask, rows};

async fn shelf(api: &Api) {
    let deals = [
        deal("a").with("Amount", 10.25).with("Lead_Source", "Cold Call").with("Closing_Date", "2030-01-01"),
        deal("b").with("Amount", 20).with("Lead_Source", "Cold Call").with("Closing_Date", "2031-01-01"),
        deal("c").with("Amount", 5).with("Lead_Source", "Advertisement").with("Stage", "Proposal Sent"),
        deal("d").with("Next_Step", "Call"),
        deal("e").with("Next_Step", "call"),
    ];
    api.insert_all("Deals", &deals.map(|deal| deal.value())).await;
}

on_both! {
    async fn aggregates_of_all_rows_make_one(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let query = "select COUNT(id), COUNT(Amount) as amounts, SUM(Amount), AVG(Amount), MIN(Amount) \
                     from Deals where id is not null";
        let expected = json!({
            "COUNT(id)": 5, "amounts": 3, "SUM(Amount)": 35.25, "AVG(Amount)": 11.75, "MIN(Amount)": 5,
        });
        assert_eq!(rows(&api, query).await, [expected]);
        let dates = "select MIN(Closing_Date), MAX(Closing_Date) from Deals where Amount > 6";
        let expected = json!({ "MIN(Closing_Date)": "2030-01-01", "MAX(Closing_Date)": "2031-01-01" });
        assert_eq!(rows(&api, dates).await, [expected]);
        let none =
            "select COUNT(id) as n, SUM(Amount) as total, AVG(Amount) as mean from Deals where Amount > 1000";
        assert_eq!(rows(&api, none).await, [json!({ "n": 0, "total": null, "mean": null })]);
    }

    async fn groups_have_their_own_values_and_the_empty_one_is_among_them(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let query = "select Lead_Source, COUNT(id) as n, SUM(Amount) as total from Deals where id is not null \
                     group by Lead_Source";
        let expected = [
            json!({ "Lead_Source": null, "n": 2, "total": null }),
            json!({ "Lead_Source": "Advertisement", "n": 1, "total": 5 }),
            json!({ "Lead_Source": "Cold Call", "n": 2, "total": 30.25 }),
        ];
        assert_eq!(rows(&api, query).await, expected);
        let ordered = rows(&api, &format!("{query} order by n desc, total desc limit 2")).await;
        assert_eq!(ordered, [expected[2].clone(), expected[0].clone()]);
        let ordered = rows(&api, &format!("{query} order by SUM(Amount) desc limit 1 offset 1")).await;
        assert_eq!(ordered, [expected[1].clone()]);
        let two = "select Stage, Lead_Source, AVG(Amount) as mean from Deals where Amount is not null \
                   group by Stage, Lead_Source order by mean";
        let expected = [
            json!({ "Stage": "Proposal Sent", "Lead_Source": "Advertisement", "mean": 5 }),
            json!({ "Stage": "Qualification", "Lead_Source": "Cold Call", "mean": 15.125 }),
        ];
        assert_eq!(rows(&api, two).await, expected);
    }

    async fn groups_differ_by_the_case_of_letters_on_both_databases(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let query =
            "select Next_Step, COUNT(id) as n from Deals where Next_Step is not null group by Next_Step";
        let expected = [json!({ "Next_Step": "Call", "n": 1 }), json!({ "Next_Step": "call", "n": 1 })];
        assert_eq!(rows(&api, query).await, expected);
    }

    async fn groups_by_lookup_and_by_owner_show_their_names(server: TestServer) {
        let api = server.api();
        let account = api.insert(dealwright_testkit::records::account("Acme")).await;
        api.insert(deal("a").with("Account_Name", json!({ "id": account })).with("Amount", 1)).await;
        api.insert(deal("b")).await;
        let query = "select Account_Name, Owner, COUNT(id) as n from Deals where id is not null \
                     group by Account_Name, Owner order by n, Account_Name desc";
        let found = rows(&api, query).await;
        assert_eq!(found[0]["Account_Name"], json!({ "name": "Acme", "id": account }));
        assert_eq!(found[1]["Account_Name"], Value::Null);
        assert!(found[0]["Owner"]["name"].is_string());
        let joined = "select Account_Name.Account_Name, SUM(Amount) as total from Deals where id is not null \
                      group by Account_Name.Account_Name order by total desc";
        assert_eq!(rows(&api, joined).await[0], json!({ "Account_Name.Account_Name": "Acme", "total": 1 }));
    }

    async fn sums_beyond_the_integers_of_the_databases_are_exact(server: TestServer) {
        let api = server.api();
        let large = 9_999_999_999_999_i64;
        let deals: Vec<Value> =
            (0..12).map(|n| deal(&format!("d{n}")).with("Amount", large).value()).collect();
        api.insert_all("Deals", &deals).await;
        let answer =
            ask(&api, "select SUM(Amount) as total, AVG(Amount) as mean from Deals where id is not null")
                .await;
        assert!(answer.text.contains("\"total\":119999999999988"), "{}", answer.text);
        assert!(answer.text.contains("\"mean\":9999999999999"), "{}", answer.text);
    }

    async fn what_has_no_single_value_in_a_group_is_refused(server: TestServer) {
        let api = server.api();
        for query in [
            "select Deal_Name, COUNT(id) from Deals where id is not null",
            "select Deal_Name, Stage from Deals where id is not null group by Stage",
            "select Stage from Deals where id is not null group by Stage order by Deal_Name",
            "select Stage from Deals where id is not null order by COUNT(id)",
        ] {
            let answer = ask(&api, query).await;
            assert_eq!(answer.json()["details"]["reason"], "column is not in the group by clause", "{query}");
        }
        for (function, data_type) in
            [("SUM(Deal_Name)", "text"), ("MAX(Stage)", "picklist"), ("AVG(id)", "bigint")]
        {
            let answer = ask(&api, &format!("select {function} from Deals where id is not null")).await;
            assert_eq!(answer.json()["message"], "data type not supported", "{}", answer.text);
            assert_eq!(answer.json()["details"]["data_type"], data_type);
        }
    }
}
