//! `GET settings/emails/actions/from_addresses`

use dealwright_server::mail::Mail;
use dealwright_testkit::on_both;

use super::ME;
use crate::{assert_answer, outcome};

const PATH: &str = "settings/emails/actions/from_addresses";

on_both! {
    async fn a_user_sends_from_the_own_address_and_the_orgs(server: TestServer) {
        let api = server.api();
        assert_answer("from_addresses__all", &api.get(PATH).await);
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].as_str().unwrap().to_owned();
        assert_eq!(api.get(&format!("{PATH}?user_id={me}")).await.text, api.get(PATH).await.text);
        assert_eq!(outcome(&api.get(&format!("{PATH}?user_id=1234567890123456789")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("{PATH}?user_id=x")).await), "400 INVALID_DATA");
    }

    async fn without_a_way_to_send_the_own_address_is_still_there(server: TestServer) {
        let server = server.restart(|config| config.mail = Mail::Off).await;
        let addresses = server.api().get(PATH).await.json()["from_addresses"].clone();
        assert_eq!(addresses.as_array().map(Vec::len), Some(1));
        assert_eq!(addresses[0]["email"], ME);
    }
}
