//! `GET /Deals/{id}/Stage_History`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, deal};
use serde_json::{Value, json};

use crate::assert_answer;

const FIELDS: &str = "fields=Stage,Amount,Probability,Expected_Revenue,Closing_Date,Duration_Days,Moved_To__s,Modified_By,Modified_Time";
const DAY: Duration = Duration::from_hours(24);

on_both! {
    async fn a_deal_leaves_a_row_for_each_change_of_its_forecast(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat").with("Amount", 1000)).await;
        let put = |record: Value| json!({"data": [record]});
        let path = format!("Deals/{id}");
        server.advance(DAY * 2);
        let api = server.fresh_api().await;
        api.put(&path, &put(json!({"Amount": 2000}))).await;
        // Neither of these is a change of the forecast.
        api.put(&path, &put(json!({"Amount": 2000, "Description": "x"}))).await;
        server.advance(DAY + Duration::from_mins(1));
        let api = server.fresh_api().await;
        api.put(&path, &put(json!({"Stage": "Closed Won"}))).await;
        let history = api.get(&format!("{path}/Stage_History?{FIELDS}&sort_order=asc")).await;
        assert_answer("stage_history", &history);
    }

    async fn every_way_of_writing_keeps_the_history(server: TestServer) {
        let api = server.api();
        let count = async |id: &str| {
            let answer = api.get(&format!("Deals/{id}/Stage_History?fields=Stage")).await;
            answer.rows().iter().map(|row| row["Stage"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
        };
        let both = api.insert_all("Deals", &[deal("a").value(), deal("b").value()]).await;
        let changes: Vec<Value> = both.iter().map(|id| json!({"id": id, "Stage": "Needs Analysis"})).collect();
        api.put("Deals", &json!({"data": changes})).await;
        for id in &both {
            assert_eq!(count(id).await, ["Needs Analysis", "Qualification"]);
        }
        let again = json!({"data": [{"id": both[0], "Stage": "Closed Lost"}]});
        api.post("Deals/upsert", &again).await;
        assert_eq!(count(&both[0]).await, ["Closed Lost", "Needs Analysis", "Qualification"]);
        let copy = api.send(reqwest::Method::POST, &format!("Deals/{}/actions/clone", both[1]), Vec::new()).await.ids().pop();
        assert_eq!(count(&copy.expect("it was cloned")).await, ["Needs Analysis"]);
        // Other modules have no such history.
        let acme = api.insert(account("Acme")).await;
        assert_eq!(api.get(&format!("Accounts/{acme}/Stage_History?fields=id")).await.status, 400);
    }
}
