//! `/files`

use std::time::Duration;

use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use reqwest::Method;

use super::{PNG, Part, send, uploaded};
use crate::{assert_answer, outcome};

on_both! {
    async fn files_are_uploaded_and_come_back(server: TestServer) {
        let api = server.api();
        let made = send(&api, "files", &[Part::File("data.txt", b"some text"), Part::File("a b.png", PNG)]).await;
        assert_answer("files__create", &made);
        let ids = made.ids();
        let text = api.get(&format!("files?id={}", ids[0])).await;
        assert_eq!((text.status, text.bytes.as_slice(), text.header("content-type")), (200, &b"some text"[..], Some("application/x-download")));
        let picture = api.get(&format!("files?id={}", ids[1])).await;
        assert_eq!((picture.bytes.as_slice(), picture.header("content-type")), (PNG, Some("application/x-download")));
        assert_eq!(picture.header("content-disposition"), Some("attachment;filename*=UTF-8''a b.png"));
        assert_eq!(send(&api, "files?type=inline", &[Part::File("a.png", PNG)]).await.status, 200);
        assert_answer("files__create_v2", &send(&api.version("v2"), "files", &[Part::File("data.txt", b"x")]).await);
    }

    async fn what_is_no_upload_is_refused(server: TestServer) {
        let api = server.api();
        assert_answer("files__nothing", &send(&api, "files", &[Part::Field("x", "y")]).await);
        assert_eq!(outcome(&api.send(Method::POST, "files", Vec::new()).await), "400 failure_in_attachment_handling");
        assert_eq!(outcome(&api.post("files", &serde_json::json!({})).await), "400 failure_in_attachment_handling");
        let broken = api.header("content-type", "multipart/form-data; boundary=x");
        assert_eq!(outcome(&broken.send(Method::POST, "files", b"nonsense".to_vec()).await), "400 failure_in_attachment_handling");
        let open = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nhalf".to_vec();
        assert_eq!(outcome(&broken.send(Method::POST, "files", open).await), "400 failure_in_attachment_handling");
        assert_answer("files__bad_type", &send(&api, "files?type=outline", &[Part::File("a", b"a")]).await);
        let eleven: Vec<Part<'_>> = (0..11).map(|_| Part::File("a", b"a")).collect();
        assert_answer("files__eleven", &send(&api, "files", &eleven).await);
        server.wait_for_blobs(0).await;
    }

    async fn a_file_beyond_the_limit_answers_415(server: TestServer) {
        let api = server.api();
        let mut large = vec![0; (20 << 20) + 1];
        // One beside it is refused as well.
        assert_answer("files__too_large", &send(&api, "files", &[Part::File("a", b"a"), Part::File("b", &large)]).await);
        server.wait_for_blobs(0).await;
        large.truncate(20 << 20);
        assert_eq!(send(&api, "files", &[Part::File("b", &large)]).await.status, 200);
        assert_eq!(server.blobs().len(), 1);
    }

    async fn unknown_files_are_refused(server: TestServer) {
        let api = server.api();
        assert_answer("files__no_id", &api.get("files").await);
        assert_answer("files__unknown", &api.get("files?id=nothing").await);
        let zeros = "0".repeat(64);
        assert_eq!(outcome(&api.get(&format!("files?id={zeros}")).await), "400 INVALID_DATA");
    }

    async fn a_file_that_nothing_holds_goes_after_a_day(server: TestServer) {
        let api = server.api();
        let loose = uploaded(&api, "a.txt", b"a").await;
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        assert_eq!(api.upload(&path, "file", "b.txt", b"b").await.status, 200);
        server.advance(Duration::from_hours(23));
        let server = server.restart(|_| {}).await;
        assert_eq!(server.fresh_api().await.get(&format!("files?id={loose}")).await.bytes, b"a");
        server.advance(Duration::from_hours(2));
        let server = server.restart(|_| {}).await;
        let api = server.fresh_api().await;
        assert_eq!(outcome(&api.get(&format!("files?id={loose}")).await), "400 INVALID_DATA");
        assert_eq!(server.blobs().len(), 1);
        assert_eq!(api.get(&format!("{path}?fields=id")).await.rows().len(), 1);
    }
}
