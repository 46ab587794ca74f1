//! `/{module}/actions/mass_delete`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};
use serde_json::{Value, json};

use super::{UNKNOWN, ended, job, view};
use crate::{assert_answer, outcome};

const PATH: &str = "Leads/actions/mass_delete";

on_both! {
    async fn named_records_go(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Leads", &["a", "b", "c"].map(|name| lead(name).value())).await;
        let answer = api.post(PATH, &json!({"ids": [ids[0], UNKNOWN, ids[1], 5]})).await;
        assert_answer("mass_delete__ids", &answer);
        assert_eq!(api.count("Leads").await, 1);
        assert_eq!(api.get("Leads/deleted").await.rows().len(), 2);
    }

    async fn the_records_of_a_view_go_by_a_job(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..250).map(|n| {
            let status = if n < 230 { "Junk Lead" } else { "Contacted" };
            lead(&format!("{n}")).with("Lead_Status", status).value()
        }).collect();
        api.insert_all("Leads", &records).await;
        let junk = view(&api, "Leads", "Junk Leads").await;
        let answer = api.post(PATH, &json!({"cvid": junk})).await;
        assert_answer("mass_delete__view", &answer);
        let status = ended(&api, PATH, &job(&answer)).await;
        assert_eq!(status, json!({"Status": "COMPLETED", "Failed_Count": 0, "Deleted_Count": 230, "Total_Count": 230}));
        assert_eq!(api.count("Leads").await, 20);
        assert_eq!(outcome(&api.post(PATH, &json!({"cvid": junk})).await), "400 NO_RECORDS_FOUND");
    }

    async fn which_records_has_to_be_said(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("a")).await;
        let all = view(&api, "Deals", "All Deals").await;
        for (name, body) in [
            ("nothing", json!({})),
            ("both", json!({"ids": [id], "cvid": all})),
            ("unknown_view", json!({"cvid": UNKNOWN})),
            ("many_ids", json!({"ids": vec![UNKNOWN; 501]})),
            ("ids_are_no_list", json!({"ids": id})),
        ] {
            assert_answer(&format!("mass_delete__{name}"), &api.post("Deals/actions/mass_delete", &body).await);
        }
        assert_eq!(outcome(&api.get("Deals/actions/mass_delete").await), "400 MANDATORY_NOT_FOUND");
        assert_eq!(outcome(&api.get(&format!("Deals/actions/mass_delete?job_id={UNKNOWN}")).await), "400 INVALID_DATA");
        assert_eq!(api.count("Deals").await, 1);
    }
}
