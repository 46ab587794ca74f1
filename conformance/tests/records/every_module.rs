//! What holds for the records of every module.

use dealwright_testkit::on_both;

on_both! {
    async fn reading_is_no_fault_of_ours_in_any_module(server: TestServer) {
        let api = server.api();
        let modules = api.get("settings/modules").await.json();
        let since = api.header("if-modified-since", "2020-01-01T00:00:00Z");
        for module in modules["modules"].as_array().expect("modules") {
            let name = module["api_name"].as_str().expect("a name");
            for path in [
                format!("{name}?fields=id"),
                format!("{name}?fields=id&sort_by=Modified_Time"),
                format!("{name}/1234567890123456789"),
                format!("{name}/deleted"),
                format!("{name}/actions/count"),
                format!("{name}/search?word=some"),
                format!("{name}/search?criteria=(id:equals:1234567890123456789)&sort_by=Modified_Time"),
            ] {
                for api in [&api, &since] {
                    let answer = api.get(&path).await;
                    assert!(answer.status < 500 || answer.status == 501, "{path}: {}", answer.text);
                }
            }
            let query = serde_json::json!({ "select_query": format!("select id from {name} where id is not null") });
            let answer = api.post("coql", &query).await;
            assert!(answer.status < 500, "{name}: {}", answer.text);
        }
    }
}
