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

    async fn ten_subqueries_are_planned_once_and_more_are_refused(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let nested = |depth: usize| {
            let mut query = "select Amount from Deals where Deal_Name = 'a'".to_owned();
            for _ in 0..depth {
                query = format!("select MIN(Amount) from Deals where Amount > ({query} limit 1)");
            }
            query
        };
        let ten = ask(&api, &nested(10)).await;
        // Beyond 30 there is nothing.
        assert_eq!(ten.status, 200, "{}", ten.text);
        let mut refused = Vec::new();
        for query in [nested(11), nested(31), format!("select id from Deals where {}", ["id in (select id from Deals where id is not null)"; 11].join(" or "))] {
            refused.push(crate::outcome(&ask(&api, &query).await));
        }
        assert_eq!(refused, ["400 LIMIT_EXCEEDED"; 3]);
    }

    async fn four_kilobytes_of_subqueries_cost_next_to_nothing(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        // As deep as brackets go, and as many side by side as fit: every shape of about 4 kB.
        let scalar = |depth: usize| {
            let mut query = "select Amount from Deals where Amount is null".to_owned();
            for _ in 0..depth {
                query = format!("select Amount from Deals where Amount > ({query})");
            }
            query
        };
        let long = "Account_Name.Parent_Account.Parent_Account.Industry != 'x' and ".repeat(20);
        let shapes = [
            scalar(90),
            scalar(10) + &" ".repeat(3_500),
            format!("select id from Deals where {}", vec!["Amount > (select Amount from Deals where Amount is null)"; 70].join(" and ")),
            scalar(10).replacen("Amount is null", &format!("{long} Amount is null"), 1),
        ];
        for query in shapes {
            let mut took = std::time::Duration::MAX;
            // The best of some, because the machine does other things as well.
            for _ in 0..5 {
                let begun = std::time::Instant::now();
                let answer = ask(&api, &query).await;
                took = took.min(begun.elapsed());
                assert!(matches!(answer.status, 200 | 204 | 400), "{}", answer.text);
            }
            assert!(took < std::time::Duration::from_millis(100), "{took:?} for {} bytes", query.len());
        }
    }
}
