//! `cvid` and the other parameters that say which records a list is about.

use std::time::Duration;

use dealwright_testkit::records::{Record, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::Value;

use super::{UNKNOWN, view};
use crate::people::colleague;
use crate::{assert_answer, outcome};

/// Values of a field in the order of the rows; empty for 204.
async fn names(api: &Api, path: &str, field: &str) -> String {
    let answer = api.get(path).await;
    assert!(matches!(answer.status, 200 | 204), "{path}: {}", answer.text);
    let text = |row: &Value| row[field].as_str().unwrap_or_default().to_owned();
    answer.rows().iter().map(text).collect::<Vec<_>>().join(" ")
}

on_both! {
    async fn a_view_lists_its_records_in_its_order(server: TestServer) {
        let api = server.api();
        let mut ids = Vec::new();
        for name in ["a", "b", "c"] {
            ids.push(api.insert(deal(name)).await);
            server.advance(Duration::from_mins(1));
        }
        let body = serde_json::json!({"data": [{"id": ids[0], "Amount": 1}]});
        api.put("Deals", &body).await;
        for (shown, expected) in [
            ("All Deals", "c b a"),
            ("Recently Created Deals", "c b a"),
            ("Recently Modified Deals", "a c b"),
            ("My Deals", "c b a"),
            ("All Locked Deals", ""),
            ("New This Week", "c b a"),
            ("New Last Week", ""),
            ("Closing This Month", ""),
        ] {
            let id = view(&api, "Deals", shown).await;
            let path = format!("Deals?fields=Deal_Name&cvid={id}");
            assert_eq!(names(&api, &path, "Deal_Name").await, expected, "{shown}");
        }
        let id = view(&api, "Deals", "Recently Modified Deals").await;
        let first = api.get(&format!("Deals?fields=Deal_Name&per_page=2&cvid={id}")).await;
        assert_answer("views__page", &first);
        let token = first.json()["info"]["next_page_token"].as_str().unwrap().to_owned();
        let path = format!("Deals?fields=Deal_Name&per_page=2&cvid={id}&page_token={token}");
        assert_eq!(names(&api, &path, "Deal_Name").await, "b");
        assert_eq!(names(&api, &format!("Deals?fields=Deal_Name&sort_order=asc&cvid={id}"), "Deal_Name").await, "b c a");
    }

    async fn days_are_those_of_the_calendar_of_the_org(server: TestServer) {
        // The clock stands at midnight of Friday, 15 January 2027.
        let api = server.api();
        for (name, closing) in [("then", "2026-12-31"), ("now", "2027-01-31"), ("next", "2027-02-01")] {
            api.insert(deal(name).with("Closing_Date", closing)).await;
        }
        for (name, due, status) in [
            ("late", "2027-01-14", "Not Started"),
            ("done", "2027-01-14", "Completed"),
            ("today", "2027-01-15", "Not Started"),
            ("tomorrow", "2027-01-16", "Not Started"),
            ("soon", "2027-01-22", "Not Started"),
            ("later", "2027-01-23", "Not Started"),
        ] {
            let task = Record::empty("Tasks").with("Subject", name).with("Due_Date", due).with("Status", status);
            api.insert(task).await;
        }
        for (name, at) in [("morning", "2027-01-15T00:00:00-08:00"), ("night", "2027-01-15T23:59:59-08:00"), ("after", "2027-01-16T00:00:00-08:00")] {
            let call = Record::empty("Calls")
                .with("Subject", name)
                .with("Call_Type", "Outbound")
                .with("Call_Duration", "10:00")
                .with("Call_Start_Time", at);
            api.insert(call).await;
        }
        for (module, field, shown, expected) in [
            ("Deals", "Deal_Name", "Closing This Month", "now"),
            ("Deals", "Deal_Name", "Closing Next Month", "next"),
            ("Deals", "Deal_Name", "My Deals Closing This Month", "now"),
            ("Tasks", "Subject", "Today's Tasks", "today"),
            ("Tasks", "Subject", "Tomorrow Tasks", "tomorrow"),
            ("Tasks", "Subject", "Overdue Tasks", "late"),
            ("Tasks", "Subject", "Next 7 Days + Overdue Tasks", "soon tomorrow today late"),
            ("Tasks", "Subject", "Closed Tasks", "done"),
            ("Calls", "Subject", "Today's Calls", "night morning"),
        ] {
            let id = view(&api, module, shown).await;
            let path = format!("{module}?fields={field}&cvid={id}");
            assert_eq!(names(&api, &path, field).await, expected, "{shown}");
        }
    }

    async fn views_of_leads_decide_on_converted_ones(server: TestServer) {
        let api = server.api();
        api.insert(lead("junk").with("Lead_Status", "Junk Lead")).await;
        api.insert(lead("open").with("Lead_Status", "Contacted")).await;
        api.insert(lead("empty")).await;
        for (shown, expected) in [
            ("All Leads", "empty open junk"),
            ("Junk Leads", "junk"),
            ("Open Leads", "empty open"),
            ("Converted Leads", ""),
            ("Leads in Review", ""),
            ("Today's Leads", "empty open junk"),
        ] {
            let id = view(&api, "Leads", shown).await;
            assert_eq!(names(&api, &format!("Leads?fields=Last_Name&cvid={id}"), "Last_Name").await, expected, "{shown}");
        }
    }

    async fn my_records_are_those_i_own(server: TestServer) {
        let api = server.api();
        let colleague = colleague(&server, "Col", "Manager", "Standard").await.id;
        api.insert(deal("mine")).await;
        api.insert(deal("theirs").with("Owner", colleague)).await;
        let id = view(&api, "Deals", "My Deals").await;
        assert_eq!(names(&api, &format!("Deals?fields=Deal_Name&cvid={id}"), "Deal_Name").await, "mine");
        let search = format!("Deals/search?criteria=(Stage:equals:Qualification)&cvid={id}");
        assert_eq!(names(&api, &search, "Deal_Name").await, "mine");
    }

    async fn a_view_that_is_not_there_or_not_known_is_refused(server: TestServer) {
        let api = server.api();
        assert_answer("views__unknown", &api.get(&format!("Deals?fields=id&cvid={UNKNOWN}")).await);
        assert_eq!(outcome(&api.get("Deals?fields=id&cvid=abc").await), "400 INVALID_DATA");
        let of_leads = view(&api, "Leads", "All Leads").await;
        assert_eq!(outcome(&api.get(&format!("Deals?fields=id&cvid={of_leads}")).await), "400 INVALID_DATA");
        let unread = view(&api, "Deals", "Unread Deals").await;
        assert_answer("views__unread", &api.get(&format!("Deals?fields=id&cvid={unread}")).await);
        let all = view(&api, "Deals", "All Deals").await;
        assert_eq!(server.version("v2").get(&format!("Deals?cvid={all}&sort_by=Deal_Name")).await.status, 204);
        // Published clients send both; strict mode goes by the documentation.
        let path = format!("Deals?fields=id&cvid={all}&sort_by=Created_Time");
        assert_eq!(api.get(&path).await.note(), Some("view-sort-by"));
        let strict = server.strict().await;
        assert_answer("views__sort_by", &strict.api().get(&path).await);
    }

    async fn every_record_is_approved(server: TestServer) {
        let api = server.api();
        api.insert(deal("a")).await;
        for (param, status) in [
            ("approved=true", 200),
            ("approved=both", 200),
            ("approved=false", 204),
            ("approved=maybe", 400),
            ("approval_state=approved", 200),
            ("approval_state=approved,merge_pending", 200),
            ("approval_state=review_process_pending", 204),
            ("approval_state=lost", 400),
        ] {
            assert_eq!(api.get(&format!("Deals?fields=id&{param}")).await.status, status, "{param}");
            let search = format!("Deals/search?criteria=(Deal_Name:equals:a)&{param}");
            assert_eq!(api.get(&search).await.status, status, "{param}");
        }
    }
}
