//! Uploads that break off, and those that are too large.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use dealwright_testkit::records::lead;
use dealwright_testkit::{TestServer, on_both};

use super::{BOUNDARY, Part, body, send};
use crate::{assert_answer, outcome};

/// Begins an upload on a connection of its own. `length` is what is announced.
fn begin(server: &TestServer, path: &str, length: usize, more: &str) -> TcpStream {
    let address = server.url.strip_prefix("http://").expect("an address");
    let mut stream = TcpStream::connect(address).expect("the server accepts");
    let token = server.api().token().to_owned();
    write!(
        stream,
        "POST /crm/v8/{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Zoho-oauthtoken {token}\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\nContent-Length: {length}\r\n{more}\r\n"
    )
    .expect("the server reads");
    stream
}

fn answer(mut stream: TcpStream) -> String {
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).expect("the server answers");
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

on_both! {
    async fn an_upload_that_breaks_off_leaves_nothing(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        // One that breaks off within the first part of a blob, one after some parts.
        let bytes = vec![7; 12 << 20];
        let whole = body(&[Part::File("a.bin", &bytes)]);
        for sent in [100, 4 << 20, 11 << 20] {
            let mut stream = begin(&server, &path, whole.len(), "");
            stream.write_all(&whole[..sent]).expect("the server reads");
            if sent > 6 << 20 {
                // The draft of the blob is there while it comes in.
                server.wait_for_blobs(1).await;
            }
            drop(stream);
            server.wait_for_blobs(0).await;
        }
        assert_eq!(api.get(&format!("{path}?fields=id")).await.status, 204);
        let server = server.restart(|_| {}).await;
        assert_eq!(server.blobs(), Vec::<String>::new());
    }

    async fn a_draft_from_before_the_start_is_removed(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        assert_eq!(api.upload(&path, "file", "a", b"a").await.status, 200);
        let (folder, blob) = (server.folder().join("blobs"), server.blobs().remove(0));
        std::fs::write(folder.join(format!("{blob}#1")), "half").expect("a draft");
        let server = server.restart(|_| {}).await;
        server.wait_for_blobs(1).await;
        assert_eq!(server.blobs(), [blob]);
    }

    async fn a_file_beyond_the_limit_is_refused(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        let mut large = vec![0; (20 << 20) + 1];
        assert_answer("uploads__too_large", &api.upload(&path, "file", "a", &large).await);
        server.wait_for_blobs(0).await;
        large.truncate(20 << 20);
        assert_eq!(outcome(&api.upload(&path, "file", "a", &large).await), "200 SUCCESS");
    }

    async fn a_body_beyond_any_limit_is_refused_before_it_is_sent(server: TestServer) {
        let path = format!("Leads/{}/Attachments", server.api().insert(lead("Lovelace")).await);
        let answered = answer(begin(&server, &path, 101 << 20, "Expect: 100-continue\r\n"));
        assert!(answered.starts_with("HTTP/1.1 413") && answered.contains("BODY_SIZE_REACHED"), "{answered}");
        let answered = answer(begin(&server, &path, 30 << 20, "Expect: 100-continue\r\n"));
        assert!(answered.starts_with("HTTP/1.1 413") && answered.contains("FILE_SIZE_MORE_THAN_ALLOWED_SIZE"), "{answered}");
        let answered = answer(begin(&server, &path, 100, "Expect: 100-continue\r\n"));
        assert!(answered.starts_with("HTTP/1.1 100"), "{answered}");
    }

    async fn a_head_without_an_end_is_refused(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        let long = "x".repeat(8 << 20);
        let answer = send(&api, &path, &[Part::File(&long, b"a")]).await;
        assert_eq!(outcome(&answer), "400 UNABLE_TO_PARSE_DATA_TYPE", "{}", answer.text);
    }

    async fn whoever_may_not_upload_sends_nothing(server: TestServer) {
        let path = format!("Leads/{}/Attachments", server.api().insert(lead("Lovelace")).await);
        let stranger = server.api().without_token();
        assert_eq!(outcome(&stranger.upload(&path, "file", "a", b"a").await), "401 AUTHENTICATION_FAILURE");
        let reader = server.api_with_scopes("ZohoCRM.modules.READ").await;
        assert_eq!(outcome(&reader.upload(&path, "file", "a", b"a").await), "401 OAUTH_SCOPE_MISMATCH");
        assert_eq!(server.blobs().len(), 0);
    }
}
