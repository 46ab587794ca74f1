//! Plain columns: which rows are found, in which order, and how their values look.

use dealwright_testkit::records::{account, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{ask, column, rows};

/// Leads with something of each type. The last one is empty.
async fn shelf(api: &Api) {
    let lead = |name: &str, city: &str, revenue: f64, people: i64, out: bool| {
        lead(name)
            .with("City", city)
            .with("Annual_Revenue", revenue)
            .with("No_of_Employees", people)
            .with("Email_Opt_Out", out)
    };
    let leads = [
        lead("One", "Bern", 100.5, 1, true).with("Lead_Source", "Cold Call").with("Email", "one@example.com"),
        lead("two", "bern", 200.0, 2, false).with("Lead_Source", "Advertisement").with("Phone", "+41 31 1"),
        lead("Three%", "Thun_1", 300.0, 3, false).with("Description", "first line\nsecond line"),
        lead("O'Four", "Basel (old), B", 400.0, 4, false).with("Lead_Source", "Cold Call"),
        dealwright_testkit::records::lead("Empty"),
    ];
    api.insert_all("Leads", &leads.map(|lead| lead.value())).await;
}

async fn found(api: &Api, condition: &str) -> String {
    let query = format!("select Last_Name from Leads where {condition} order by No_of_Employees, id");
    let names = column(api, "Last_Name", &query).await;
    names.iter().map(|name| name.as_str().unwrap_or_default()).collect::<Vec<_>>().join(" ")
}

const CONDITIONS: &[(&str, &str)] = &[
    ("City = 'Bern'", "One two"),
    ("City = BERN", "One two"),
    ("City = 'Be'", ""),
    ("City = ''", "Empty"),
    ("City != 'Bern'", "Empty Three% O'Four"),
    ("City != ''", "One two Three% O'Four"),
    ("Last_Name = 'O''Four'", "O'Four"),
    ("City = 'Basel (old), B'", "O'Four"),
    ("City in ('bern', 'Thun_1')", "One two Three%"),
    ("City in ('bern', '')", "Empty One two"),
    ("City not in ('bern', 'Thun_1')", "Empty O'Four"),
    ("City like 'b%'", "One two O'Four"),
    ("City like '%n'", "One two"),
    ("City like '%e%'", "One two O'Four"),
    ("City like 't%n_1'", "Three%"),
    ("City like 't%n%2'", ""),
    ("City like 'Thun_'", ""),
    ("City like '_ern'", ""),
    ("City like '%'", "One two Three% O'Four"),
    ("City not like '%e%'", "Empty Three%"),
    ("City is null", "Empty"),
    ("City is not null", "One two Three% O'Four"),
    ("Description like '%second%'", "Three%"),
    ("Lead_Source = 'cold call'", "One O'Four"),
    ("Lead_Source != 'Cold Call'", "Empty two Three%"),
    ("Annual_Revenue = 200", "two"),
    ("Annual_Revenue = '100.50'", "One"),
    ("Annual_Revenue != 200", "Empty One Three% O'Four"),
    ("Annual_Revenue > 200", "Three% O'Four"),
    ("Annual_Revenue >= 200", "two Three% O'Four"),
    ("Annual_Revenue < 200.0", "One"),
    ("Annual_Revenue <= 200", "One two"),
    ("Annual_Revenue between 150 and 300", "two Three%"),
    ("Annual_Revenue not between 150 and 300", "Empty One O'Four"),
    ("Annual_Revenue in (100.5, 400)", "One O'Four"),
    ("Annual_Revenue not in (100.5, 400)", "Empty two Three%"),
    ("No_of_Employees > -1", "One two Three% O'Four"),
    ("Email_Opt_Out = true", "One"),
    ("Email_Opt_Out = 'false'", "Empty two Three% O'Four"),
    ("Email = one@example.com", "One"),
    ("Owner.last_name is not null", "Empty One two Three% O'Four"),
    ("id is not null", "Empty One two Three% O'Four"),
    ("(City = 'Bern' and Annual_Revenue > 150)", "two"),
    ("City = 'Bern' and Annual_Revenue > 150 or Last_Name = 'Empty'", "Empty two"),
    ("City = 'Bern' and (Annual_Revenue > 150 or Last_Name = 'Empty')", "two"),
    ("((City = 'Bern' or City is null) and Email_Opt_Out = false)", "Empty two"),
];

on_both! {
    async fn conditions_find_what_they_say(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        for (condition, names) in CONDITIONS {
            assert_eq!(found(&api, condition).await, *names, "{condition}");
        }
    }

    async fn dates_and_times_are_compared_as_such(server: TestServer) {
        let api = server.api();
        for (name, day) in [("a", "2030-01-31"), ("b", "2030-02-01"), ("c", "2030-12-24")] {
            api.insert(deal(name).with("Closing_Date", day)).await;
        }
        let found = async |condition: &str| {
            let query = format!("select Deal_Name from Deals where {condition} order by Deal_Name");
            let names = column(&api, "Deal_Name", &query).await;
            names.iter().map(|name| name.as_str().unwrap_or_default()).collect::<String>()
        };
        assert_eq!(found("Closing_Date = '2030-02-01'").await, "b");
        assert_eq!(found("Closing_Date > 2030-01-31").await, "bc");
        assert_eq!(found("Closing_Date between '2030-01-31' and '2030-02-01'").await, "ab");
        assert_eq!(found("Closing_Date not between '2030-01-31' and '2030-02-01'").await, "c");
        let created =
            column(&api, "Created_Time", "select Created_Time from Deals where Deal_Name = 'b'").await;
        let at = created[0].as_str().expect("a time");
        assert!(found(&format!("Created_Time <= '{at}'")).await.contains('b'));
        assert_eq!(found(&format!("Created_Time < '{at}' and Deal_Name = 'b'")).await, "");
        assert_eq!(found("Created_Time > '2030-06-05T02:04:09-07:00'").await, "");
    }

    async fn rows_come_in_the_order_asked_for_with_empty_values_first(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let names = async |order: &str| {
            let query = format!("select Last_Name from Leads where id is not null {order}");
            let names = column(&api, "Last_Name", &query).await;
            names.iter().map(|name| name.as_str().unwrap_or_default()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(names("").await, "One two Three% O'Four Empty");
        assert_eq!(names("order by Annual_Revenue desc").await, "O'Four Three% two One Empty");
        assert_eq!(names("order by Annual_Revenue asc limit 2").await, "Empty One");
        assert_eq!(names("order by City, Last_Name desc").await, "Empty O'Four two One Three%");
        assert_eq!(
            names("order by Lead_Source desc, Annual_Revenue desc").await,
            "O'Four One two Three% Empty"
        );
        assert_eq!(names("order by id desc limit 1, 2").await, "O'Four Three%");
        assert_eq!(names("order by Last_Name limit 2 offset 3").await, "Three% two");
    }

    async fn values_look_as_in_records_and_keys_as_in_the_query(server: TestServer) {
        let api = server.api();
        let account = api.insert(account("Acme")).await;
        let id = api
            .insert(
                deal("Big")
                    .with("Account_Name", json!({ "id": account }))
                    .with("Amount", 12.5)
                    .with("Closing_Date", "2030-02-01"),
            )
            .await;
        let query = "select Deal_Name, Amount as 'how much', Closing_Date, Account_Name, Account_Name.id, Owner, \
                     Owner.id, Owner.last_name, Next_Step, Probability, '!Deals.Stage' from Deals where id = ";
        let row = rows(&api, &format!("{query}{id}")).await.remove(0);
        let owner = &api.record("Deals", &id).await["Owner"];
        let expected = json!({
            "Deal_Name": "Big",
            "how much": 12.5,
            "Closing_Date": "2030-02-01",
            "Account_Name": { "name": "Acme", "id": account },
            "Account_Name.id": account,
            "Owner": { "name": owner["name"], "id": owner["id"] },
            "Owner.id": owner["id"],
            "Owner.last_name": owner["name"].as_str().and_then(|name| name.rsplit(' ').next()),
            "Next_Step": null,
            "Probability": 10,
            "!Deals.Stage": "Qualification",
            "id": id,
        });
        assert_eq!(row, expected);
        let old = api.version("v6");
        let row = rows(&old, &format!("{query}{id}")).await.remove(0);
        assert_eq!(row["Account_Name"], json!({ "id": account }));
        assert_eq!(row["Owner"], json!({ "id": owner["id"] }));
        // The id is there once, where it was asked for.
        let answer = ask(&api, &format!("select id, Deal_Name from Deals where id = {id}")).await;
        assert_eq!(answer.text.matches("\"id\":").count(), 1, "{}", answer.text);
    }

    async fn info_counts_the_rows_and_says_whether_there_are_more(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let info = async |part: &str| {
            ask(&api, &format!("select id from Leads where id is not null {part}")).await.json()["info"]
                .clone()
        };
        assert_eq!(info("").await, json!({ "count": 5, "more_records": false }));
        assert_eq!(info("limit 5").await, json!({ "count": 5, "more_records": false }));
        assert_eq!(info("limit 4").await, json!({ "count": 4, "more_records": true }));
        assert_eq!(info("limit 4 offset 4").await, json!({ "count": 1, "more_records": false }));
        let none = ask(&api, "select id from Leads where City = 'nowhere'").await;
        assert_eq!((none.status, none.text.as_str()), (204, ""));
    }

    async fn converted_leads_stay_out_unless_the_query_speaks_of_them(server: TestServer) {
        let api = server.api();
        let gone = api.insert(lead("Gone")).await;
        api.insert(lead("Here")).await;
        let answer = api.post(&format!("Leads/{gone}/actions/convert"), &json!({ "data": [{}] })).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let names = async |condition: &str| {
            column(&api, "Last_Name", &format!("select Last_Name from Leads where {condition}")).await
        };
        assert_eq!(names("id is not null").await, [Value::from("Here")]);
        assert_eq!(names("Converted__s = true").await, [Value::from("Gone")]);
        assert_eq!(names("Converted__s = false").await, [Value::from("Here")]);
    }

    async fn views_narrow_what_is_queried(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let views = api.get("settings/custom_views?module=Leads").await.json();
        let views = views["custom_views"].as_array().expect("views").clone();
        let all = views.iter().find(|view| view["system_name"] == "ALLVIEWS").expect("all records");
        let query =
            format!("select id from Leads#{} where City = 'Bern'", all["id"].as_str().unwrap_or_default());
        assert_eq!(rows(&api, &query).await.len(), 2);
        let unknown = ask(&api, "select id from Leads#1 where City = 'Bern'").await;
        assert_eq!((unknown.status, unknown.json()["code"].as_str()), (400, Some("INVALID_QUERY")));
    }

    async fn pictures_and_territories_are_columns_from_v7_on(server: TestServer) {
        let api = server.api();
        api.insert(lead("One")).await;
        let query = "select Record_Image, Territories from Leads where id is not null";
        let row = rows(&api, query).await.remove(0);
        assert_eq!((&row["Record_Image"], &row["Territories"]), (&Value::Null, &json!([])));
        let old = ask(&api.version("v6"), query).await;
        assert_eq!(old.json()["details"], json!({ "column_name": "Record_Image" }));
    }

    async fn fields_come_along_when_asked_for(server: TestServer) {
        let api = server.api();
        api.insert(lead("One")).await;
        let body = json!({
            "select_query": "select Last_Name as name, Owner from Leads where id is not null",
            "include_meta": ["fields"],
        });
        let answer = api.post("coql", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let fields = &answer.json()["fields"];
        assert_eq!(fields["Last_Name"]["data_type"], "text");
        assert_eq!(fields["Owner"]["data_type"], "ownerlookup");
        let wrong = api.post("coql", &json!({ "select_query": "", "include_meta": ["x"] })).await;
        assert_eq!(wrong.json()["details"]["json_path"], "$.include_meta[0]");
        assert_eq!(wrong.json()["details"]["supported_values"], json!(["fields"]));
        let old = api.version("v6").post("coql", &body).await;
        assert_eq!(old.json().get("fields"), None);
    }
}
