//! `GET settings/email_templates`, `settings/inventory_templates`

use dealwright_testkit::on_both;

use crate::{assert_answer, outcome};

on_both! {
    async fn a_new_org_has_templates(server: TestServer) {
        let api = server.api();
        assert_answer("templates__list", &api.get("settings/email_templates").await);
        let leads = api.get("settings/email_templates?module=Leads").await.json()["email_templates"].clone();
        assert_eq!(leads.as_array().map(Vec::len), Some(1));
        let one = api.get(&format!("settings/email_templates/{}", leads[0]["id"].as_str().unwrap())).await;
        assert_answer("templates__one", &one);
        let names = |answer: dealwright_testkit::Answer| -> Vec<String> {
            let list = answer.json()["email_templates"].as_array().cloned().unwrap_or_default();
            list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect()
        };
        let sorted = api.get("settings/email_templates?sort_by=name&sort_order=desc").await;
        assert_eq!(names(sorted), ["Proposal", "Introduction", "Follow-up"]);
        let page = api.get("settings/email_templates?per_page=1&page=2").await;
        assert_eq!((page.json()["info"]["more_records"].as_bool(), names(page)), (Some(true), vec!["Introduction".to_owned()]));
        for none in ["module=Cases", "category=draft", "page=9"] {
            assert_eq!(api.get(&format!("settings/email_templates?{none}")).await.status, 204, "{none}");
        }
        assert_eq!(api.get("settings/email_templates/1234567890123456789").await.status, 204);
        for (bad, expected) in [
            ("module=Boats", "400 INVALID_MODULE"), ("sort_by=color", "400 INVALID_DATA"), ("sort_order=up", "400 INVALID_DATA"),
            ("filters=%7B%7D", "501 NOT_SUPPORTED"), ("page=x", "400 INVALID_DATA"),
        ] {
            assert_eq!(outcome(&api.get(&format!("settings/email_templates?{bad}")).await), expected, "{bad}");
        }
    }

    async fn there_are_no_templates_for_inventory(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("settings/inventory_templates").await.status, 204);
        assert_eq!(api.get("settings/inventory_templates?module=Quotes").await.status, 204);
        assert_eq!(outcome(&api.get("settings/inventory_templates?module=Boats").await), "400 INVALID_MODULE");
        assert_eq!(api.get("settings/inventory_templates/1234567890123456789").await.status, 204);
        assert_eq!(outcome(&api.get("settings/inventory_templates/x").await), "400 INVALID_DATA");
    }
}
