//! `GET` of `/{module}/{id}/actions/fetch_full_data` and `/{module}/actions/fetch_full_data`

use dealwright_testkit::on_both;
use dealwright_testkit::records::deal;

use crate::outcome;

on_both! {
    async fn records_come_with_all_their_text(server: TestServer) {
        let api = server.api();
        let text = "long ".repeat(1000);
        let id = api.insert(deal("Boat").with("Description", text.as_str())).await;
        let one = api.get(&format!("Deals/{id}/actions/fetch_full_data")).await;
        assert_eq!((one.status, &one.rows()[0]["Description"]), (200, &text.as_str().into()));
        let many = api.get(&format!("Deals/actions/fetch_full_data?fields=Description&ids={id}")).await;
        assert_eq!((many.status, &many.rows()[0]["Description"]), (200, &text.as_str().into()), "{}", many.text);
    }

    async fn what_is_not_there_answers_as_elsewhere(server: TestServer) {
        let api = server.api();
        assert_eq!(api.get("Deals/1234567890123456789/actions/fetch_full_data").await.status, 204);
        assert_eq!(api.get("Deals/actions/fetch_full_data?ids=1234567890123456789").await.status, 204);
        assert_eq!(outcome(&api.get("Deals/actions/fetch_full_data").await), "400 REQUIRED_PARAM_MISSING");
        assert_eq!(outcome(&api.get("Deals/abc/actions/fetch_full_data").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Boats/actions/fetch_full_data?ids=1").await), "400 INVALID_MODULE");
    }
}
