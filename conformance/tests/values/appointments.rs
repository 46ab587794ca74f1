//! Appointments that are moved, and what remembers it.

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, contact};
use serde_json::{Value, json};

use super::change;
use crate::outcome;
use crate::people::colleague;

on_both! {
    async fn a_moved_appointment_tells_of_its_moves(server: TestServer) {
        let api = server.api();
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].clone();
        let ray = api.insert(contact("Ray")).await;
        let service = api.insert(
            Record::empty("Services__s").with("Service_Name", "Wash").with("Duration", 60).with("Price", 5)
                .with("Location", "Business Address").with("Availability_Type", "Every Business Days")
                .with("Members", json!([{"Members": {"id": me}}])),
        ).await;
        let appointment = api.insert(
            Record::empty("Appointments__s").with("Appointment_Name", "Wash").with("Service_Name", json!({"id": service}))
                .with("Location", "Business Address").with("Appointment_Start_Time", "2027-02-01T10:00:00+00:00")
                .with("Appointment_For", json!({"id": ray, "module": {"api_name": "Contacts"}})),
        ).await;
        let history = async || {
            let answer = api.get(&format!("Appointments__s/{appointment}/Appointments_Rescheduled_History__s?sort_order=asc")).await;
            if answer.status == 204 { Vec::new() } else { answer.rows() }
        };
        let told = |row: &Value| json!([row["Rescheduled_From"], row["Rescheduled_To"], row["Reschedule_Reason"], row["Reschedule_Note"]]);
        let (first, second, third) = ("2027-02-01T02:00:00-08:00", "2027-02-02T02:00:00-08:00", "2027-02-03T02:00:00-08:00");
        // What leaves the time as it is moves nothing.
        change(&api, "Appointments__s", &appointment, json!({"Appointment_Start_Time": "2027-02-01T10:00:00+00:00", "Appointment_Name": "Wash and dry"})).await;
        assert_eq!(history().await, Vec::<Value>::new());
        change(&api, "Appointments__s", &appointment, json!({"Appointment_Start_Time": "2027-02-02T10:00:00+00:00", "Reschedule_Reason": "By Customer", "Reschedule_Note": "ill"})).await;
        let now = api.record("Appointments__s", &appointment).await;
        assert_eq!(told(&now), json!([first, second, "By Customer", "ill"]));
        assert_eq!((&now["Reschedule_Count"], &now["Rescheduled_By"]["id"]), (&json!(1), &me));
        assert_eq!(now["Rescheduled_Time"], now["Modified_Time"]);
        // The reason of an earlier move is not that of a later one.
        change(&api, "Appointments__s", &appointment, json!({"Appointment_Start_Time": "2027-02-03T10:00:00+00:00"})).await;
        let now = api.record("Appointments__s", &appointment).await;
        assert_eq!(told(&now), json!([second, third, null, null]));
        assert_eq!(now["Reschedule_Count"], 2);
        let rows = history().await;
        let shown: Vec<Value> = rows.iter().map(told).collect();
        assert_eq!(shown, [json!([first, second, "By Customer", "ill"]), json!([second, third, null, null])]);
        assert!(rows.iter().all(|row| row["Parent_Id"]["id"] == json!(appointment) && row["Rescheduled_By"]["id"] == me));
        assert_eq!(api.get("Appointments_Rescheduled_History__s?fields=Rescheduled_To").await.rows().len(), 2);
        // Whoever may change the appointment may keep its history too.
        let module = "Appointments_Rescheduled_History__s";
        let entry = json!({"Parent_Id": {"id": appointment}, "Rescheduled_From": third, "Rescheduled_To": first, "Reschedule_Note": "by hand"});
        let made = api.post(module, &json!({"data": [entry]})).await;
        assert_eq!(outcome(&made), "201 SUCCESS", "{}", made.text);
        let made = made.ids().remove(0);
        change(&api, module, &made, json!({"Reschedule_Note": "again"})).await;
        assert_eq!(api.record(module, &made).await["Reschedule_Note"], "again");
        let grace = colleague(&server, "Grace", "Manager", "Standard").await.api;
        let private = json!({"data_sharing": [{"module": {"api_name": "Appointments__s"}, "share_type": "private"}]});
        assert_eq!(api.put("settings/data_sharing", &private).await.status, 200);
        assert_eq!(grace.get(&format!("{module}/{made}")).await.status, 204);
        assert_eq!(outcome(&grace.post(module, &json!({"data": [entry]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&grace.put(&format!("{module}/{made}"), &json!({"data": [{"Reschedule_Note": "taken"}]})).await), "400 INVALID_DATA");
        assert_eq!(outcome(&grace.delete(&format!("{module}/{made}")).await), "400 INVALID_DATA");
        // Who sees an appointment and may not change it reads its history and no more.
        let read = json!({"data_sharing": [{"module": {"api_name": "Appointments__s"}, "share_type": "public_read_only"}]});
        let set = api.put("settings/data_sharing", &read).await;
        assert_eq!(set.status, 200, "{}", set.text);
        assert_eq!(grace.get(&format!("{module}/{made}")).await.status, 200);
        assert_eq!(outcome(&grace.post(module, &json!({"data": [entry]})).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&grace.put(&format!("{module}/{made}"), &json!({"data": [{"Reschedule_Note": "taken"}]})).await), "403 NO_PERMISSION");
        assert_eq!(outcome(&api.delete(&format!("{module}/{made}")).await), "200 SUCCESS");
    }
}
