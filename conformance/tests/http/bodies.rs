//! Sizes and forms of bodies and of parameters.

use dealwright_testkit::on_both;
use dealwright_testkit::records::deal;
use reqwest::Method;

use crate::{assert_answer, outcome};

on_both! {
    async fn a_body_beyond_the_limit_answers_413(server: TestServer) {
        let api = server.api();
        let body = vec![b' '; (6 << 20) + 1];
        let answer = api.send(Method::POST, "Deals", body).await;
        assert_answer("bodies__too_large", &answer);
        let mut body = deal("x").body().to_string().into_bytes();
        body.resize(6 << 20, b' ');
        assert_eq!(outcome(&api.send(Method::POST, "Deals", body).await), "201 SUCCESS");
    }

    async fn deep_bodies_are_refused_and_break_nothing(server: TestServer) {
        let api = server.api();
        let deep = format!("{{\"data\":[{{\"Deal_Name\":{}{}}}]}}", "[".repeat(100_000), "]".repeat(100_000));
        let answer = api.send(Method::POST, "Deals", deep.into_bytes()).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA", "{}", answer.text);
        assert_eq!(api.count("Deals").await, 0);
    }

    async fn broken_multipart_bodies_are_refused(server: TestServer) {
        let id = server.api().insert(dealwright_testkit::records::lead("x")).await;
        let api = server.api().header("content-type", "multipart/form-data; boundary=x");
        let answer = api.send(Method::POST, &format!("Leads/{id}/photo"), b"nonsense".to_vec()).await;
        assert_eq!(outcome(&answer), "400 UNABLE_TO_PARSE_DATA_TYPE");
    }

    async fn odd_parameters_break_nothing(server: TestServer) {
        let api = server.api();
        for query in ["fields=%ff", "fields=%", "fields=a%00b", "fields=,,,", "fields=", "&&&=&", "fields=id&fields=Amount", "page=99999999999999999999"] {
            let answer = api.get(&format!("Deals?{query}")).await;
            assert!(answer.status < 500, "{query}: {}", answer.text);
        }
        let long = "x".repeat(30_000);
        let answer = api.get_with("Deals/search", &[("criteria", &format!("(Deal_Name:equals:{long})"))]).await;
        assert!(answer.status < 500, "{}", answer.text);
    }

    async fn text_with_a_null_character_breaks_nothing(server: TestServer) {
        let api = server.api();
        let answer = api.post("Deals", &deal("a\u{0}b").body()).await;
        assert!(answer.status < 500, "{}", answer.text);
        for criteria in ["(Deal_Name:equals:a\u{0}b)", "(Deal_Name:starts_with:\u{0})"] {
            let answer = api.get_with("Deals/search", &[("criteria", criteria)]).await;
            assert!(answer.status < 500, "{}", answer.text);
        }
    }
}
