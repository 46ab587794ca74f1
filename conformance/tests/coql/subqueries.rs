//! Queries inside of conditions.

use dealwright_testkit::records::{account, deal};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use super::{ask, column};

async fn shelf(api: &Api) {
    let bank = api.insert(account("Bank").with("Industry", "Banking")).await;
    let other = api.insert(account("Other").with("Industry", "Optics")).await;
    for (name, of, amount) in [("a", &bank, 10), ("b", &bank, 20), ("c", &other, 30)] {
        let deal = deal(name).with("Account_Name", json!({ "id": of })).with("Amount", amount);
        api.insert(deal.with("Next_Step", "bank")).await;
    }
    api.insert(deal("d")).await;
}

async fn found(api: &Api, condition: &str) -> String {
    let query = format!("select Deal_Name from Deals where {condition} order by Deal_Name");
    let names = column(api, "Deal_Name", &query).await;
    names.iter().map(|name| name.as_str().unwrap_or_default()).collect()
}

on_both! {
    async fn a_column_is_among_the_rows_of_a_query(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let banks = "(select id from Accounts where Industry = 'Banking')";
        assert_eq!(found(&api, &format!("Account_Name in {banks}")).await, "ab");
        assert_eq!(found(&api, &format!("Account_Name not in {banks}")).await, "cd");
        assert_eq!(
            found(&api, "Next_Step in (select Account_Name from Accounts where id is not null)").await,
            "abc"
        );
        let large =
            "(select Account_Name from Deals where Amount > 15 and Account_Name.Industry = 'Banking')";
        assert_eq!(found(&api, &format!("Account_Name in {large} and Amount < 15")).await, "a");
        let first = "(select Amount from Deals where Amount is not null order by Amount desc limit 1)";
        assert_eq!(found(&api, &format!("Amount in {first}")).await, "c");
        let nested =
            "(select id from Accounts where id in (select Account_Name from Deals where Amount = 30))";
        assert_eq!(found(&api, &format!("Account_Name in {nested}")).await, "c");
    }

    async fn a_column_is_compared_with_the_one_row_of_a_query(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        assert_eq!(found(&api, "Amount = (select MAX(Amount) from Deals where id is not null)").await, "c");
        assert_eq!(found(&api, "Amount >= (select AVG(Amount) from Deals where id is not null)").await, "bc");
        assert_eq!(
            found(&api, "Amount != (select MIN(Amount) from Deals where id is not null)").await,
            "bcd"
        );
        let one = "(select Amount from Deals where Deal_Name = 'b')";
        assert_eq!(found(&api, &format!("Amount > {one}")).await, "c");
        let many =
            ask(&api, "select id from Deals where Amount > (select Amount from Deals where id is not null)")
                .await;
        assert_eq!(
            many.json()["message"],
            "subquery return more than one values which is incompatible for the operator"
        );
    }

    async fn what_cannot_be_compared_is_refused(server: TestServer) {
        let api = server.api();
        let two = ask(
            &api,
            "select id from Deals where Amount in (select id, Amount from Deals where id is not null)",
        )
        .await;
        assert_eq!(two.json()["message"], "subquery should contains only one column");
        let kinds =
            ask(&api, "select id from Deals where Amount in (select Stage from Deals where id is not null)")
                .await;
        assert_eq!(kinds.json()["code"], "INVALID_QUERY", "{}", kinds.text);
    }
}
