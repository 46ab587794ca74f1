//! `GET /{module}/actions/count`

use dealwright_testkit::on_both;
use dealwright_testkit::records::deal;

use crate::{assert_answer, outcome};

on_both! {
    async fn all_records_are_counted_or_those_a_search_finds(server: TestServer) {
        let api = server.api();
        assert_answer("count__none", &api.get("Deals/actions/count").await);
        api.insert_all("Deals", &[1, 2, 3].map(|n| deal(&format!("{n}")).with("Amount", n).value())).await;
        assert_answer("count__all", &api.get("Deals/actions/count").await);
        let some = api.get_with("Deals/actions/count", &[("criteria", "(Amount:greater_than:1)")]).await;
        assert_eq!(some.text, "{\"count\":2}");
        let none = api.get_with("Deals/actions/count", &[("criteria", "(Amount:greater_than:9)")]).await;
        assert_eq!(none.text, "{\"count\":0}");
    }

    async fn what_cannot_be_counted_is_refused(server: TestServer) {
        let api = server.api();
        assert_eq!(outcome(&api.get("Boats/actions/count").await), "400 INVALID_MODULE");
        assert_eq!(outcome(&api.get("Deals/actions/count?criteria=nonsense").await), "400 INVALID_QUERY");
        assert_eq!(outcome(&api.get("Deals/actions/count?cvid=1").await), "400 INVALID_DATA");
    }
}
