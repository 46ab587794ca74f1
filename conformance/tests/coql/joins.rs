//! Columns that lookups lead to.

use dealwright_testkit::records::{Record, account, contact, deal};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{ask, column, rows};

/// Two deals of an account below another, and one deal of none.
async fn shelf(api: &Api) -> (String, String) {
    let parent = api.insert(account("Holding").with("Industry", "Banking")).await;
    let child = account("Acme").with("Parent_Account", json!({ "id": parent })).with("Industry", "Optics");
    let child = api.insert(child).await;
    for (name, amount) in [("a", 10), ("b", 20)] {
        let deal = deal(name).with("Account_Name", json!({ "id": child })).with("Amount", amount);
        api.insert(deal).await;
    }
    api.insert(deal("c").with("Amount", 30)).await;
    (parent, child)
}

async fn found(api: &Api, condition: &str) -> String {
    let query = format!("select Deal_Name from Deals where {condition} order by Deal_Name");
    let names = column(api, "Deal_Name", &query).await;
    names.iter().map(|name| name.as_str().unwrap_or_default()).collect()
}

on_both! {
    async fn paths_lead_through_up_to_two_lookups(server: TestServer) {
        let api = server.api();
        let (parent, child) = shelf(&api).await;
        let row = rows(
            &api,
            "select Account_Name.Account_Name, Account_Name.Industry as industry, \
             Account_Name.Parent_Account.Account_Name, Account_Name.Parent_Account, \
             Account_Name.Owner.last_name from Deals where Deal_Name = 'a'",
        )
        .await
        .remove(0);
        assert_eq!(row["Account_Name.Account_Name"], "Acme");
        assert_eq!(row["industry"], "Optics");
        assert_eq!(row["Account_Name.Parent_Account.Account_Name"], "Holding");
        assert_eq!(row["Account_Name.Parent_Account"], json!({ "name": "Holding", "id": parent }));
        assert!(row["Account_Name.Owner.last_name"].is_string());
        assert_eq!(found(&api, "Account_Name.Industry = 'optics'").await, "ab");
        assert_eq!(found(&api, "Account_Name.Industry != 'Optics'").await, "c");
        assert_eq!(found(&api, "Account_Name.Industry is null").await, "c");
        assert_eq!(found(&api, "Account_Name.Parent_Account.Industry = 'Banking'").await, "ab");
        assert_eq!(found(&api, &format!("Account_Name = {child}")).await, "ab");
        assert_eq!(found(&api, &format!("Account_Name.id != '{child}'")).await, "c");
        assert_eq!(found(&api, "Account_Name = 'Acme'").await, "ab");
        assert_eq!(found(&api, "Account_Name is null").await, "c");
        let order =
            "select Deal_Name from Deals where id is not null order by Account_Name.Industry desc, Amount";
        assert_eq!(column(&api, "Deal_Name", order).await, ["a", "b", "c"]);
        let deep = "Account_Name.Parent_Account.Parent_Account.Industry = 'x'";
        let refused = ask(&api, &format!("select id from Deals where {deep}")).await;
        assert_eq!(refused.json()["code"], "LIMIT_EXCEEDED");
    }

    async fn people_are_asked_by_what_they_are(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let me = api.get("users?type=CurrentUser").await.json()["users"][0].clone();
        let text = |key: &str| me[key].as_str().unwrap_or_default().to_owned();
        let (last, email) = (text("last_name"), text("email"));
        let role = me["role"]["name"].as_str().unwrap_or_default();
        assert_eq!(found(&api, &format!("Owner.last_name = '{last}'")).await, "abc");
        assert_eq!(found(&api, &format!("Owner.email like '%{}'", &email[1..])).await, "abc");
        assert_eq!(found(&api, "Owner.email like 'nobody%'").await, "");
        assert_eq!(found(&api, "Owner.email not like 'nobody%'").await, "abc");
        assert_eq!(found(&api, &format!("Owner.role.name = '{role}'")).await, "abc");
        assert_eq!(found(&api, &format!("!Deals.Owner.role.name != '{role}'")).await, "");
        assert_eq!(found(&api, &format!("Owner.id = {}", text("id"))).await, "abc");
        let query = "select Owner.role.name, Owner.profile.id, Account_Name.Owner.email from Deals \
                     where Deal_Name = 'c' order by Owner.last_name";
        let row = rows(&api, query).await.remove(0);
        assert_eq!(row["Owner.role.name"], role);
        assert_eq!(row["Owner.profile.id"], me["profile"]["id"]);
        assert_eq!(row["Account_Name.Owner.email"], Value::Null);
        let grouped =
            "select Owner.last_name, COUNT(id) as n from Deals where id is not null group by Owner.last_name";
        assert_eq!(rows(&api, grouped).await, [json!({ "Owner.last_name": last, "n": 3 })]);
    }

    async fn lookups_into_several_modules_name_the_one_that_is_meant(server: TestServer) {
        let api = server.api();
        let deal = api.insert(deal("Big").with("Amount", 99)).await;
        let account = api.insert(account("Acme").with("Industry", "Optics")).await;
        let task = |subject: &str| Record::empty("Tasks").with("Subject", subject);
        let about = |id: &str, module: &str, subject: &str| {
            task(subject).with("What_Id", json!({ "id": id })).with("$se_module", module)
        };
        api.insert(about(&deal, "Deals", "of deal")).await;
        api.insert(about(&account, "Accounts", "of account")).await;
        api.insert(task("of nothing")).await;
        let subjects = async |condition: &str| {
            let query = format!("select Subject from Tasks where {condition} order by id");
            column(&api, "Subject", &query).await
        };
        assert_eq!(subjects("'What_Id->Deals.Amount' > 50").await, ["of deal"]);
        assert_eq!(subjects("'What_Id->Accounts.Industry' = 'Optics'").await, ["of account"]);
        assert_eq!(subjects("'What_Id->Deals.Amount' is null").await, ["of account", "of nothing"]);
        assert_eq!(subjects("What_Id.module.api_name = 'Deals'").await, ["of deal"]);
        let query = "select 'What_Id->Deals.Deal_Name', What_Id, What_Id.module.api_name from Tasks \
                     where Subject = 'of deal'";
        let row = rows(&api, query).await.remove(0);
        assert_eq!(row["What_Id->Deals.Deal_Name"], "Big");
        assert_eq!(row["What_Id"], json!({ "name": "Big", "id": deal }));
        assert_eq!(row["What_Id.module.api_name"], "Deals");
        let refused = ask(&api, "select id from Tasks where 'What_Id->Nothing.Amount' > 1").await;
        assert_eq!(refused.json()["code"], "INVALID_QUERY");
    }

    async fn rows_of_subforms_are_queried_by_the_name_of_their_module(server: TestServer) {
        let api = server.api();
        let product = api.insert(Record::empty("Products").with("Product_Name", "Lens")).await;
        let lines = json!([
            { "Product_Name": { "id": product }, "Quantity": 2, "List_Price": 10 },
            { "Product_Name": { "id": product }, "Quantity": 3, "List_Price": 20 },
        ]);
        let account = api.insert(dealwright_testkit::records::account("Acme")).await;
        let quote = Record::empty("Quotes")
            .with("Subject", "Offer")
            .with("Account_Name", json!({ "id": account }))
            .with("Quoted_Items", lines);
        let quote = api.insert(quote).await;
        let query = "select Quantity, Parent_Id from Quoted_Items where Quantity > 2";
        let row = rows(&api, query).await.remove(0);
        assert_eq!(row["Quantity"], 3);
        assert_eq!(row["Parent_Id"]["id"], quote.as_str());
    }

    async fn what_the_caller_does_not_reach_is_empty(server: TestServer) {
        let api = server.api();
        let person = api.insert(contact("Meier")).await;
        let query = format!("select Account_Name.Account_Name, Last_Name from Contacts where id = {person}");
        assert_eq!(rows(&api, &query).await[0]["Account_Name.Account_Name"], Value::Null);
    }
}
