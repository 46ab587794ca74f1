//! `/{module}/actions/mass_update`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, deal, lead, product};
use serde_json::{Value, json};

use super::{UNKNOWN, ended, job, view};
use crate::{assert_answer, outcome};

const PATH: &str = "Deals/actions/mass_update";

on_both! {
    async fn named_records_get_one_value(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Deals", &["a", "b", "c"].map(|name| deal(name).value())).await;
        let body = json!({"data": [{"Next_Step": "Mass"}], "ids": [ids[0], UNKNOWN, ids[1], "abc"], "over_write": true});
        assert_answer("mass_update__ids", &api.post(PATH, &body).await);
        assert_eq!(api.found("Deals", "(Next_Step:equals:Mass)", "Deal_Name").await, ["a", "b"]);
        let body = json!({"data": [{"Next_Step": null}], "ids": [ids[0]]});
        assert_answer("mass_update__ids_v2", &server.version("v2").post(PATH, &body).await);
        let timeline = api.get(&format!("Deals/{}/__timeline", ids[1])).await;
        assert_eq!(timeline.json()["__timeline"].as_array().map(Vec::len), Some(2), "{}", timeline.text);
    }

    async fn stage_pipeline_and_layout_go_together(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("a")).await;
        let record = api.record("Deals", &id).await;
        let data = json!([{"Stage": "Closed Won", "Pipeline": record["Pipeline"], "Layout": record["Layout"]}]);
        let answer = api.post(PATH, &json!({"data": data, "ids": [id]})).await;
        assert_eq!(outcome(&answer), "200 SUCCESS", "{}", answer.text);
        let record = api.record("Deals", &id).await;
        assert_eq!((&record["Stage"], &record["Probability"]), (&json!("Closed Won"), &json!(100)));
    }

    async fn options_are_added_unless_they_overwrite(server: TestServer) {
        let api = server.api();
        let field = json!({"fields": [{"field_label": "Hobbies", "data_type": "multiselectpicklist",
            "pick_list_values": [{"display_value": "a", "actual_value": "a"}, {"display_value": "b", "actual_value": "b"}]}]});
        let made = api.post("settings/fields?module=Deals", &field).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let id = api.insert(deal("x").with("Hobbies", json!(["a"]))).await;
        for (over_write, expected) in [(json!(false), json!(["a", "b"])), (json!(true), json!(["b"]))] {
            let body = json!({"data": [{"Hobbies": ["b"]}], "ids": [id], "over_write": over_write});
            assert_eq!(outcome(&api.post(PATH, &body).await), "200 SUCCESS");
            assert_eq!(api.record("Deals", &id).await["Hobbies"], expected);
        }
    }

    async fn the_records_of_a_view_are_changed_by_a_job(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..450).map(|n| deal(&format!("{n}")).with("Amount", n).value()).collect();
        let ids = api.insert_all("Deals", &records).await;
        let all = view(&api, "Deals", "All Deals").await;
        let few = json!([{"field": {"api_name": "Amount"}, "comparator": "less_than", "value": 430}]);
        let answer = api.post(PATH, &json!({"data": [{"Amount": 1000}], "cvid": all, "criteria": few, "over_write": true})).await;
        assert_answer("mass_update__view", &answer);
        let status = ended(&api, PATH, &job(&answer)).await;
        // What the change makes of a record does not take it out of the job again.
        let counts = json!({"Status": "COMPLETED", "Failed_Count": 0, "Updated_Count": 430, "Not_Updated_Count": 0, "Total_Count": 430});
        assert_eq!(status, counts);
        let count = api.get_with("Deals/actions/count", &[("criteria", "(Amount:equals:1000)")]).await;
        assert_eq!(count.text, "{\"count\":430}");
        let timeline = api.get(&format!("Deals/{}/__timeline", ids[300])).await.json();
        assert_eq!(timeline["__timeline"].as_array().map(Vec::len), Some(2));
        let criteria = json!({"comparator": "equal", "field": "Deal_Name", "value": "7"});
        let answer = server.version("v2").post(PATH, &json!({"data": [{"Next_Step": "x"}], "criteria": criteria})).await;
        assert_eq!(ended(&api, PATH, &job(&answer)).await["Updated_Count"], 1);
    }

    async fn what_cannot_change_is_counted(server: TestServer) {
        let api = server.api();
        let pens = api.insert_all("Products", &["a", "b"].map(|name| product(name).with("Unit_Price", 1).value())).await;
        let all = view(&api, "Products", "All Products").await;
        let job_of = |value: Value| json!({"data": [value], "cvid": all});
        let answer = api.post("Products/actions/mass_update", &job_of(json!({"Unit_Price": 5}))).await;
        assert_eq!(ended(&api, "Products/actions/mass_update", &job(&answer)).await["Updated_Count"], 2);
        assert_eq!(api.record("Products", &pens[0]).await["Unit_Price"], 5);
        let answer = api.post("Products/actions/mass_update", &job_of(json!({"Product_Name": "same"}))).await;
        assert_answer("mass_update__unique", &answer);
    }

    async fn which_records_and_which_field_have_to_be_said(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("a")).await;
        let all = view(&api, "Deals", "All Deals").await;
        let data = json!([{"Next_Step": "x"}]);
        for (name, body) in [
            ("no_data", json!({"ids": [id]})),
            ("no_field", json!({"data": [{}], "ids": [id]})),
            ("two_fields", json!({"data": [{"Next_Step": "x", "Amount": 1}], "ids": [id]})),
            ("two_records", json!({"data": [{"Next_Step": "x"}, {"Next_Step": "y"}], "ids": [id]})),
            ("unknown_field", json!({"data": [{"Nothing": "x"}], "ids": [id]})),
            ("read_only", json!({"data": [{"Created_Time": "2027-01-01T00:00:00Z"}], "ids": [id]})),
            ("tag", json!({"data": [{"Tag": [{"name": "x"}]}], "cvid": all})),
            ("bad_value", json!({"data": [{"Amount": "much"}], "ids": [id]})),
            ("mandatory", json!({"data": [{"Deal_Name": null}], "cvid": all})),
            ("nowhere", json!({"data": data})),
            ("both", json!({"data": data, "ids": [id], "cvid": all})),
            ("unknown_view", json!({"data": data, "cvid": UNKNOWN})),
            ("bad_view", json!({"data": data, "cvid": "abc"})),
            ("no_ids", json!({"data": data, "ids": []})),
            ("many_ids", json!({"data": data, "ids": vec![UNKNOWN; 501]})),
            ("over_write", json!({"data": data, "ids": [id], "over_write": "maybe"})),
            ("criteria", json!({"data": data, "cvid": all, "criteria": [{"comparator": "like", "field": "Amount", "value": 1}]})),
            ("nothing_found", json!({"data": data, "cvid": all, "criteria": [{"comparator": "equal", "field": "Deal_Name", "value": "b"}]})),
            ("territory", json!({"data": data, "territory": {"id": UNKNOWN, "include_child": true}})),
        ] {
            assert_answer(&format!("mass_update__{name}"), &api.post(PATH, &body).await);
        }
        assert_eq!(outcome(&api.post("Boats/actions/mass_update", &json!({"data": data, "ids": [id]})).await), "400 INVALID_MODULE");
        let territory = json!({"data": [{"Subject": "x"}], "territory": {"id": UNKNOWN}});
        assert_eq!(outcome(&api.post("Tasks/actions/mass_update", &territory).await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.send(reqwest::Method::POST, PATH, b"[]".to_vec()).await), "400 INVALID_DATA");
    }

    async fn a_status_needs_a_job_of_the_module(server: TestServer) {
        let api = server.api();
        api.insert(lead("a")).await;
        let all = view(&api, "Leads", "All Leads").await;
        let answer = api.post("Leads/actions/mass_update", &json!({"data": [{"City": "x"}], "cvid": all})).await;
        let id = job(&answer);
        ended(&api, "Leads/actions/mass_update", &id).await;
        assert_answer("mass_update__no_job", &api.get(PATH).await);
        assert_answer("mass_update__unknown_job", &api.get(&format!("{PATH}?job_id={UNKNOWN}")).await);
        assert_eq!(outcome(&api.get(&format!("{PATH}?job_id={id}")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("{PATH}?job_id=abc")).await), "400 INVALID_DATA");
        let answer = api.get(&format!("Leads/actions/mass_update?job_id={id}")).await;
        assert_answer("mass_update__status", &answer);
    }

    async fn one_mass_action_works_on_a_view_at_a_time(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..800).map(|n| Record::empty("Vendors").with("Vendor_Name", format!("v{n}")).value()).collect();
        api.insert_all("Vendors", &records).await;
        let all = view(&api, "Vendors", "All Vendors").await;
        let body = json!({"data": [{"City": "x"}], "cvid": all});
        let first = api.post("Vendors/actions/mass_update", &body).await;
        let second = api.post("Vendors/actions/mass_delete", &json!({"cvid": all})).await;
        // The first may have been very quick.
        if second.status != 200 {
            assert_answer("mass_update__already", &second);
        }
        ended(&api, "Vendors/actions/mass_update", &job(&first)).await;
        if second.status != 200 {
            let again = api.post("Vendors/actions/mass_update", &body).await;
            assert_eq!(outcome(&again), "200 SUCCESS", "{}", again.text);
        }
    }

    async fn a_locked_record_is_left_as_it_is(server: TestServer) {
        let api = server.api();
        let ids = api.insert_all("Leads", &["a", "b"].map(|name| lead(name).value())).await;
        let lock = json!({"data": [{"Locked_Reason__s": "Audit"}]});
        assert_eq!(api.post(&format!("Leads/{}/Locking_Information__s", ids[0]), &lock).await.status, 201);
        let path = "Leads/actions/mass_update";
        let named = api.post(path, &json!({"data": [{"City": "x"}], "ids": ids})).await;
        assert_eq!(outcome(&named), "207 RECORD_LOCKED SUCCESS", "{}", named.text);
        let all = view(&api, "Leads", "All Leads").await;
        let answer = api.post(path, &json!({"data": [{"City": "y"}], "cvid": all})).await;
        let status = ended(&api, path, &job(&answer)).await;
        assert_eq!(status, json!({"Status": "COMPLETED", "Failed_Count": 0, "Updated_Count": 1, "Not_Updated_Count": 1, "Total_Count": 2}));
        let locked = view(&api, "Leads", "All Locked Leads").await;
        assert_eq!(api.get(&format!("Leads/actions/count?cvid={locked}")).await.text, "{\"count\":1}");
    }
}
