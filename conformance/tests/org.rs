//! `GET /org`

use dealwright_testkit::on_both;

use crate::assert_answer;

on_both! {
    async fn the_organisation_is_read(server: TestServer) {
        assert_answer("org__get", &server.api().get("org").await);
    }
}
