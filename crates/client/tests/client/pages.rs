use dealwright_client::Search;
use futures::TryStreamExt as _;
use serde_json::{Value, json};

use crate::stub::Stub;

fn page(rows: &[u32], page: u32, more: bool, token: Option<&str>) -> String {
    let rows: Vec<Value> = rows.iter().map(|row| json!({ "id": row.to_string() })).collect();
    json!({
        "data": rows,
        "info": { "per_page": 2, "next_page_token": token, "count": rows.len(), "page": page, "more_records": more },
    })
    .to_string()
}

#[tokio::test]
async fn a_list_follows_the_tokens_of_its_pages() {
    let stub = Stub::api(|asked| {
        let last = asked.line.contains("page_token=next");
        (200, if last { page(&[3], 2, false, None) } else { page(&[1, 2], 1, true, Some("next")) })
    })
    .await;
    let list =
        stub.client.records("Deals").list(&["Deal_Name", "Stage"]).per_page(2).sort_by("Modified_Time", true);
    let rows: Vec<Value> = list.pages().into_rows().try_collect().await.unwrap();
    assert_eq!(rows, [json!({ "id": "1" }), json!({ "id": "2" }), json!({ "id": "3" })]);
    let lines: Vec<String> = stub.calls().into_iter().map(|asked| asked.line).collect();
    let first = "GET /crm/v8/Deals?fields=Deal_Name%2CStage&per_page=2&sort_by=Modified_Time&sort_order=desc";
    assert_eq!(lines, [first.to_owned(), format!("{first}&page_token=next")]);
}

#[tokio::test]
async fn a_search_without_tokens_counts_its_pages() {
    let stub = Stub::api(|asked| {
        let last = asked.line.ends_with("page=2");
        (200, if last { page(&[3], 2, false, None) } else { page(&[1, 2], 1, true, None) })
    })
    .await;
    let found = stub.client.records("Leads").search(Search::Criteria("(Last_Name:equals:A & B)"));
    let pages: Vec<_> = found.pages::<Value>().into_stream().try_collect().await.unwrap();
    assert_eq!(pages.iter().map(|page| page.info.count).collect::<Vec<_>>(), [2, 1]);
    let lines: Vec<String> = stub.calls().into_iter().map(|asked| asked.line).collect();
    assert_eq!(lines[1], "GET /crm/v8/Leads/search?criteria=%28Last_Name%3Aequals%3AA+%26+B%29&page=2");
}

#[tokio::test]
async fn an_empty_list_has_no_pages() {
    let stub = Stub::api(|_| (204, String::new())).await;
    let mut pages = stub.client.records("Deals").list(&["id"]).pages::<Value>();
    assert!(pages.next_page().await.unwrap().is_none());
    assert!(pages.next_page().await.unwrap().is_none());
    assert_eq!(stub.calls().len(), 1);
}

#[tokio::test]
async fn a_page_that_fails_can_be_asked_for_again() {
    let refused =
        r#"{"code":"INTERNAL_ERROR","details":{},"message":"Internal Server Error","status":"error"}"#;
    let failures = std::sync::Mutex::new(1);
    let stub = Stub::api(move |asked| {
        let mut left = failures.lock().unwrap();
        match (asked.line.contains("page_token"), *left) {
            (false, _) => (200, page(&[1, 2], 1, true, Some("next"))),
            (true, 0) => (200, page(&[3], 2, false, None)),
            (true, _) => {
                *left -= 1;
                (500, refused.to_owned())
            }
        }
    })
    .await;
    let mut pages = stub.client.records("Deals").list(&["id"]).pages::<Value>();
    assert_eq!(pages.next_page().await.unwrap().unwrap().rows.len(), 2);
    assert_eq!(pages.next_page().await.unwrap_err().code(), Some("INTERNAL_ERROR"));
    assert_eq!(pages.next_page().await.unwrap().unwrap().rows.len(), 1);
    assert!(pages.next_page().await.unwrap().is_none());
}
