//! Deals that tests write round by round, marked in `Next_Step`, while the server is cut off or copied.

use std::collections::HashMap;

use serde_json::Value;

use crate::Api;

/// The marker of every deal of a round, by id. Reads the newest first, up to those of the round before.
pub async fn stored_in(api: &Api, round: u64) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut path = "Deals?fields=Next_Step".to_owned();
    loop {
        let answer = api.get(&path).await;
        if answer.status == 204 {
            return found;
        }
        assert_eq!(answer.status, 200, "{}", answer.text);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for row in answer.rows() {
            let marker = text(&row["Next_Step"]);
            if !marker.starts_with(&format!("round {round} ")) {
                return found;
            }
            found.insert(text(&row["id"]), marker);
        }
        let Some(token) = answer.json()["info"]["next_page_token"].as_str().map(str::to_owned) else {
            return found;
        };
        path = format!("Deals?fields=Next_Step&page_token={token}");
    }
}
