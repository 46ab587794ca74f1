//! Lists of records whose lookup points to the parent.

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::{Record, account, contact, deal, lead, product};
use serde_json::{Value, json};

use super::{UNKNOWN, ids, related, sorted, to};
use crate::{assert_answer, outcome};

on_both! {
    async fn the_contacts_of_an_account_are_those_that_point_to_it(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let mine = api.insert(contact("Mine").with("Account_Name", to(&acme))).await;
        let other = api.insert(contact("Other")).await;
        assert_answer("related__list", &api.get(&format!("Accounts/{acme}/Contacts?fields=Last_Name,Account_Name")).await);
        assert_answer("related__list_v2", &server.version("v2").get(&format!("Accounts/{acme}/Contacts?fields=Last_Name")).await);
        let one = api.get(&format!("Accounts/{acme}/Contacts/{mine}?fields=Last_Name")).await;
        assert_answer("related__one", &one);
        assert_eq!(api.get(&format!("Accounts/{acme}/Contacts/{other}")).await.status, 204);
        let whole = api.get(&format!("Accounts/{acme}/Contacts/{mine}")).await.rows().remove(0);
        assert_eq!(whole["Full_Name"], "Mine");
        assert_eq!(whole["$editable"], true);
        api.put(&format!("Contacts/{mine}"), &json!({"data": [{"Account_Name": null}]})).await;
        assert_eq!(api.get(&format!("Accounts/{acme}/Contacts?fields=id")).await.status, 204);
    }

    async fn lists_have_their_own_names(server: TestServer) {
        let api = server.api();
        let parent = api.insert(account("Parent")).await;
        let child = api.insert(account("Child").with("Parent_Account", to(&parent))).await;
        assert_eq!(related(&api, &format!("Accounts/{parent}/Child_Accounts")).await, sorted([&child]));
        let deal = api.insert(deal("Boat").with("Account_Name", to(&child))).await;
        let pen = api.insert(product("Pen")).await;
        let line = json!([{"Product_Name": to(&pen), "Quantity": 1}]);
        let quote = Record::empty("Quotes").with("Subject", "Q").with("Deal_Name", to(&deal)).with("Quoted_Items", line.clone());
        let quote = api.insert(quote).await;
        let order = Record::empty("Sales_Orders").with("Subject", "O").with("Quote_Name", to(&quote)).with("Ordered_Items", line.clone());
        let order = api.insert(order).await;
        let invoice = Record::empty("Invoices").with("Subject", "I").with("Sales_Order", to(&order)).with("Invoiced_Items", line);
        let invoice = api.insert(invoice).await;
        for (path, expected) in [
            (format!("Deals/{deal}/Quotes"), &quote),
            (format!("Quotes/{quote}/SalesOrders"), &order),
            (format!("Sales_Orders/{order}/Invoices"), &invoice),
            (format!("Quotes/{quote}/Invoices"), &invoice),
            (format!("Products/{pen}/Quotes"), &quote),
            (format!("Products/{pen}/SalesOrders"), &order),
            (format!("Products/{pen}/Invoices"), &invoice),
        ] {
            assert_eq!(related(&api, &path).await, sorted([expected]), "{path}");
        }
    }

    async fn a_custom_lookup_brings_its_list(server: TestServer) {
        let api = server.api();
        let field = json!({"fields": [{
            "field_label": "Partner", "data_type": "lookup",
            "lookup": {"module": {"api_name": "Accounts"}, "display_label": "Partnerships"},
        }]});
        let made = api.post("settings/fields?module=Deals", &field).await;
        assert!([200, 201].contains(&made.status), "{}", made.text);
        let lists = api.get("settings/related_lists?module=Accounts").await.json();
        let list = lists["related_lists"].as_array().unwrap().last().unwrap().clone();
        let name = list["api_name"].as_str().unwrap();
        let acme = api.insert(account("Acme")).await;
        let deal = api.insert(deal("Boat").with("Partner", to(&acme))).await;
        assert_eq!(related(&api, &format!("Accounts/{acme}/{name}")).await, [deal]);
        assert_eq!(related(&api, &format!("Accounts/{acme}/Deals")).await, Vec::<String>::new());
    }

    async fn what_is_not_there_is_an_error_or_nothing(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        assert_answer("related__unknown_list", &api.get(&format!("Accounts/{acme}/Boats?fields=id")).await);
        assert_answer("related__unknown_parent", &api.get(&format!("Accounts/{UNKNOWN}/Contacts?fields=id")).await);
        assert_answer("related__bad_parent", &api.get("Accounts/abc/Contacts?fields=id").await);
        assert_eq!(outcome(&api.get(&format!("Boats/{acme}/Contacts?fields=id")).await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get(&format!("Accounts/{UNKNOWN}/Contacts/{UNKNOWN}")).await), "400 INVALID_DATA");
        assert_answer("related__bad_id", &api.get(&format!("Accounts/{acme}/Contacts/abc")).await);
        assert_eq!(outcome(&api.get(&format!("Accounts/{acme}/CheckLists?fields=id")).await), "501 NOT_SUPPORTED");
        assert_eq!(outcome(&api.get(&format!("Accounts/{acme}/Contacts?fields=id&filters=x")).await), "400 INVALID_DATA");
        // A deleted record has no lists here, whatever still points to it.
        api.insert(contact("Left").with("Account_Name", to(&acme))).await;
        api.delete(&format!("Accounts/{acme}")).await;
        assert_eq!(outcome(&api.get(&format!("Accounts/{acme}/Contacts?fields=id")).await), "400 INVALID_DATA");
    }

    async fn strict_mode_wants_fields(server: TestServer) {
        let server = server.strict().await;
        let api = server.fresh_api().await;
        let acme = api.insert(account("Acme")).await;
        assert_eq!(outcome(&api.get(&format!("Accounts/{acme}/Contacts")).await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(api.version("v2").get(&format!("Accounts/{acme}/Contacts")).await.status, 204);
    }

    async fn what_did_not_change_is_not_sent_again(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let first = api.insert(contact("First").with("Account_Name", to(&acme))).await;
        server.advance(Duration::from_secs(10));
        let second = api.insert(contact("Second").with("Account_Name", to(&acme))).await;
        let path = format!("Accounts/{acme}/Contacts");
        let since = |time: &str| api.header("if-modified-since", time);
        let newer = since("2027-01-15T08:00:05+00:00").get(&format!("{path}?fields=id")).await;
        assert_eq!(ids(&newer), [second]);
        let none = since("2027-01-15T08:01:00+00:00");
        assert_eq!(none.get(&format!("{path}?fields=id")).await.status, 304);
        assert_eq!(none.get(&format!("{path}/{first}")).await.status, 304);
        assert_eq!(none.get(&format!("{path}/{UNKNOWN}")).await.status, 204);
        assert_eq!(since("2027-01-15T07:00:00+00:00").get(&format!("{path}/{first}")).await.status, 200);
    }

    async fn ids_and_conversion_narrow_a_list(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let [a, b] = ["a", "b"].map(|name| contact(name).with("Account_Name", to(&acme)).value());
        let made = api.insert_all("Contacts", &[a, b]).await;
        let asked = api.get(&format!("Accounts/{acme}/Contacts?fields=id&ids={},{UNKNOWN}", made[1])).await;
        assert_eq!(ids(&asked), [made[1].clone()]);
        assert_eq!(outcome(&api.get(&format!("Accounts/{acme}/Contacts?fields=id&ids=x")).await), "400 INVALID_DATA");
        let campaign = api.insert(Record::empty("Campaigns").with("Campaign_Name", "Fair")).await;
        let lead = api.insert(lead("Fair")).await;
        api.put(&format!("Campaigns/{campaign}/Leads/{lead}"), &json!({"data": [{}]})).await;
        let converted = |value: &str| format!("Campaigns/{campaign}/Leads?fields=id&converted={value}");
        assert_eq!(ids(&api.get(&converted("false")).await), [lead]);
        assert_eq!(api.get(&converted("true")).await.status, 204);
        assert_eq!(outcome(&api.get(&converted("x")).await), "400 PATTERN_NOT_MATCHED");
    }

    async fn external_values_name_the_records(server: TestServer) {
        let api = server.api();
        for (module, name) in [("Accounts", "Ledger"), ("Contacts", "Card")] {
            let field = json!({"fields": [{
                "field_label": name, "data_type": "text", "length": 50, "external": {"type": "org", "show": true},
            }]});
            let made = api.post(&format!("settings/fields?module={module}"), &field).await;
            assert!([200, 201].contains(&made.status), "{}", made.text);
        }
        let acme = api.insert(account("Acme").with("Ledger", "L-1")).await;
        let card = api.insert(contact("Card").with("Card", "C-1").with("Account_Name", to(&acme))).await;
        let by = api.header("x-external", "Accounts.Ledger,Contacts.Card");
        assert_eq!(ids(&by.get("Accounts/L-1/Contacts?fields=id").await), sorted([&card]));
        assert_eq!(ids(&by.get("Accounts/L-1/Contacts/C-1?fields=id").await), [card]);
        assert_eq!(outcome(&by.get("Accounts/L-2/Contacts?fields=id").await), "400 INVALID_DATA");
        assert_eq!(outcome(&by.get("Accounts/L-1/Contacts/C-2?fields=id").await), "400 INVALID_DATA");
    }

    async fn sorting_is_free_in_v2_only(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme")).await;
        let [b, a] = ["b", "a"].map(|name| contact(name).with("Account_Name", to(&acme)).value());
        let made = api.insert_all("Contacts", &[b, a]).await;
        let path = format!("Accounts/{acme}/Contacts?fields=Last_Name&sort_by=Last_Name&sort_order=asc");
        assert_eq!(outcome(&api.get(&path).await), "400 INVALID_DATA");
        let names: Vec<Value> = server.version("v2").get(&path).await.rows().iter().map(|row| row["Last_Name"].clone()).collect();
        assert_eq!(names, ["a", "b"]);
        let asc = api.get(&format!("Accounts/{acme}/Contacts?fields=id&sort_order=asc")).await;
        assert_eq!(ids(&asc), made);
        assert_eq!(sorted([&made[0], &made[1]]).len(), 2);
    }
}
