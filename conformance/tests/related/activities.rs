//! Open and closed activities of a record, and the meetings to which it is invited.

use std::time::Duration;

use dealwright_testkit::records::{Record, account, contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{UNKNOWN, ids, related, sorted, to};
use crate::{assert_answer, outcome};

fn task(subject: &str) -> Record {
    Record::empty("Tasks").with("Subject", subject)
}

fn event(title: &str, end: &str) -> Record {
    Record::empty("Events")
        .with("Event_Title", title)
        .with("Start_DateTime", "2027-01-10T10:00:00+00:00")
        .with("End_DateTime", end)
}

fn call(subject: &str, kind: &str) -> Record {
    Record::empty("Calls")
        .with("Subject", subject)
        .with("Call_Type", kind)
        .with("Call_Start_Time", "2027-01-14T10:00:00+00:00")
        .with("Call_Duration", "10:00")
}

fn about(record: Record, module: &str, id: &str) -> Record {
    record.with("What_Id", to(id)).with("$se_module", module)
}

/// A deal with an open and a closed activity of each kind: `[task, event, call]` of both.
async fn busy_deal(api: &Api) -> (String, [String; 3], [String; 3]) {
    let deal = api.insert(deal("Boat")).await;
    let put = |record: Record| about(record, "Deals", &deal);
    let open = [
        api.insert(put(task("Call back"))).await,
        api.insert(put(event("Demo", "2027-01-16T10:00:00+00:00"))).await,
        api.insert(put(call("Remind", "Outbound").with("Outgoing_Call_Status", "Scheduled"))).await,
    ];
    let closed = [
        api.insert(put(task("Send offer").with("Status", "Completed"))).await,
        api.insert(put(event("Kick-off", "2027-01-10T11:00:00+00:00"))).await,
        api.insert(put(call("Asked", "Inbound"))).await,
    ];
    (deal, open, closed)
}

on_both! {
    async fn activities_are_open_or_closed(server: TestServer) {
        let api = server.api();
        let (deal, open, closed) = busy_deal(&api).await;
        for (at, module) in ["Tasks", "Events", "Calls"].into_iter().enumerate() {
            assert_eq!(related(&api, &format!("Deals/{deal}/{module}")).await, [open[at].clone()], "{module}");
            let history = related(&api, &format!("Deals/{deal}/{module}_History")).await;
            assert_eq!(history, [closed[at].clone()], "{module}");
        }
        api.put(&format!("Tasks/{}", open[0]), &json!({"data": [{"Status": "Completed"}]})).await;
        assert_eq!(related(&api, &format!("Deals/{deal}/Tasks")).await, Vec::<String>::new());
        // Time alone closes a meeting.
        server.advance(Duration::from_hours(72));
        let api = server.fresh_api().await;
        assert_eq!(related(&api, &format!("Deals/{deal}/Events")).await, Vec::<String>::new());
        assert_eq!(related(&api, &format!("Deals/{deal}/Events_History")).await, sorted([&open[1], &closed[1]]));
    }

    async fn one_list_shows_activities_of_all_kinds(server: TestServer) {
        let api = server.api();
        let (deal, open, closed) = busy_deal(&api).await;
        let view = format!("Deals/{deal}/Activities_Chronological_View");
        let answer = api.get(&format!("{view}?fields=Subject,!Events.Event_Title,!Calls.Call_Type")).await;
        assert_answer("activities__view", &answer);
        assert_eq!(related(&api, &view).await, sorted([&open[0], &open[1], &open[2]]));
        assert_eq!(related(&api, &format!("{view}_History")).await, sorted([&closed[0], &closed[1], &closed[2]]));
        let mut path = format!("{view}?fields=id&per_page=2&sort_order=asc");
        let first = api.get(&path).await;
        assert_eq!(ids(&first), open[..2]);
        let token = first.json()["info"]["next_page_token"].as_str().unwrap().to_owned();
        path = format!("{path}&page_token={token}");
        let second = api.get(&path).await;
        assert_eq!(ids(&second), open[2..]);
        let token = second.json()["info"]["previous_page_token"].as_str().unwrap().to_owned();
        let back = api.get(&format!("{view}?fields=id&per_page=2&sort_order=asc&page_token={token}")).await;
        assert_eq!(ids(&back), open[..2]);
        let by_time = api.get(&format!("{view}?fields=id&sort_by=Modified_Time&per_page=3")).await;
        assert_eq!(ids(&by_time).len(), 3);
        let one = api.get(&format!("{view}/{}?fields=Event_Title", open[1])).await;
        assert_answer("activities__view_one", &one);
        assert_eq!(api.get(&format!("{view}/{}", closed[1])).await.status, 204);
        assert_eq!(ids(&api.get(&format!("{view}?fields=id&ids={}", open[2])).await), [open[2].clone()]);
        let later = api.header("if-modified-since", "2027-02-01T00:00:00+00:00");
        assert_eq!(later.get(&format!("{view}?fields=id")).await.status, 304);
        assert_eq!(outcome(&api.get(&format!("Deals/{UNKNOWN}/Activities_Chronological_View?fields=id")).await), "400 INVALID_DATA");
        let put = api.put(&view, &json!({"data": [to(&open[0])]})).await;
        assert_eq!(outcome(&put), "400 CANNOT_BE_UPDATED");
    }

    async fn older_versions_know_the_view_by_another_name(server: TestServer) {
        let api = server.api();
        let (deal, open, closed) = busy_deal(&api).await;
        for version in ["v2", "v2.1"] {
            let api = server.version(version);
            assert_eq!(related(&api, &format!("Deals/{deal}/Activities")).await, sorted([&open[0], &open[1], &open[2]]));
            let answer = api.get(&format!("Deals/{deal}/Activities_History?fields=Subject")).await;
            let mut kinds: Vec<Value> = answer.rows().iter().map(|row| row["Activity_Type"].clone()).collect();
            kinds.sort_by_key(ToString::to_string);
            assert_eq!(kinds, ["Calls", "Events", "Tasks"]);
            assert_eq!(answer.rows().len(), closed.len());
            let by_field = api.get(&format!("Deals/{deal}/Activities?sort_by=Subject")).await;
            assert_eq!(outcome(&by_field), "400 INVALID_DATA");
        }
        assert_eq!(outcome(&api.get(&format!("Deals/{deal}/Activities?fields=id")).await), "400 INVALID_DATA");
    }

    async fn contacts_have_activities_by_who(server: TestServer) {
        let api = server.api();
        let contact = api.insert(contact("Ray")).await;
        let task = api.insert(task("Write").with("Who_Id", to(&contact))).await;
        assert_eq!(related(&api, &format!("Contacts/{contact}/Tasks")).await, sorted([&task]));
        assert_eq!(related(&api, &format!("Contacts/{contact}/Activities_Chronological_View")).await, [task]);
    }

    async fn invitations_follow_the_participants(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let ray = api.insert(contact("Ray").with("Account_Name", to(&acme))).await;
        let boat = api.insert(deal("Boat").with("Contact_Name", to(&ray))).await;
        let lead = api.insert(lead("Lee")).await;
        let invite = |kind: &str, id: &str| json!([{"type": kind, "participant": id}]);
        let end = "2027-01-16T10:00:00+00:00";
        let for_ray = api.insert(event("Ray's", end).with("Participants", invite("contact", &ray))).await;
        let for_lee = api.insert(event("Lee's", end).with("Participants", invite("lead", &lead))).await;
        api.insert(event("Nobody's", end)).await;
        for path in [format!("Contacts/{ray}"), format!("Accounts/{acme}"), format!("Deals/{boat}")] {
            assert_eq!(related(&api, &format!("{path}/Invited_Events")).await, sorted([&for_ray]), "{path}");
        }
        assert_eq!(related(&api, &format!("Leads/{lead}/Invited_Events")).await, [for_lee]);
    }
}
