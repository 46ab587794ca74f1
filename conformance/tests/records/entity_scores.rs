//! `Entity_Scores__s`, `Entity_Scores__s/{id}`

use dealwright_testkit::on_both;

use crate::outcome;

const FIELDS: &str = "fields=Score,Positive_Score,Scoring_Rule";

on_both! {
    async fn without_rules_nothing_has_a_score(server: TestServer) {
        let api = server.api();
        for path in ["Entity_Scores__s", "Entity_Scores__s/1234567890123456789"] {
            let answer = api.get(&format!("{path}?{FIELDS}")).await;
            assert_eq!((answer.status, answer.text.as_str()), (204, ""), "{path}");
            let answer = api.get(path).await;
            assert_eq!(outcome(&answer), "400 REQUIRED_PARAM_MISSING");
            assert_eq!(answer.details()["param_name"], "fields");
        }
    }

    async fn what_is_no_id_and_no_page_is_refused(server: TestServer) {
        let api = server.api();
        let answer = api.get(&format!("Entity_Scores__s/x?{FIELDS}")).await;
        assert_eq!(outcome(&answer), "400 INVALID_DATA");
        assert_eq!(answer.details()["resource_path_index"], 1);
        assert!(outcome(&api.get(&format!("Entity_Scores__s?{FIELDS}&page=0")).await).starts_with("400"));
    }
}
