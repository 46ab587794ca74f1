//! Content codings, and HTTP/2 without TLS.

use std::io::{Read as _, Write as _};

use dealwright_testkit::records::deal;
use dealwright_testkit::{Answer, on_both};
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::Value;

use crate::{assert_answer, outcome};

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn header(answer: &Answer, name: &str) -> String {
    answer.header(name).unwrap_or_default().to_owned()
}

on_both! {
    async fn answers_come_in_the_coding_that_is_asked_for(server: TestServer) {
        let api = server.api();
        let records: Vec<Value> = (0..50).map(|n| deal(&format!("deal number {n}")).value()).collect();
        api.insert_all("Deals", &records).await;
        // Made for the call, and kept for all.
        for path in ["Deals?fields=Deal_Name,Stage,Owner", "__apis"] {
        let plain = api.get(path).await;
        assert_eq!(plain.header("content-encoding"), None);
        for (accept, coding) in [("gzip", "gzip"), ("gzip, br", "br"), ("gzip, deflate, br, zstd", "zstd"), ("deflate", ""), ("gzip", "gzip")] {
            let url = format!("{}/crm/v8/{path}", server.url);
            let answer = reqwest::Client::builder()
                .no_proxy()
                .build()
                .unwrap()
                .get(&url)
                .header("authorization", format!("Zoho-oauthtoken {}", api.token()))
                .header("accept-encoding", accept)
                .send()
                .await
                .unwrap();
            let named = answer.headers().get("content-encoding").map(|value| value.to_str().unwrap().to_owned());
            assert_eq!(named.unwrap_or_default(), coding);
            let length: usize = answer.headers()["content-length"].to_str().unwrap().parse().unwrap();
            let bytes = answer.bytes().await.unwrap();
            assert_eq!(bytes.len(), length);
            if coding.is_empty() {
                assert_eq!(bytes, plain.text.as_bytes());
                continue;
            }
            assert!(bytes.len() * 4 < plain.text.len(), "{coding}: {} of {}", bytes.len(), plain.text.len());
            if coding == "gzip" {
                let mut text = String::new();
                GzDecoder::new(&bytes[..]).read_to_string(&mut text).unwrap();
                let text: Value = serde_json::from_str(&text).unwrap();
                assert_eq!(text, plain.json());
            }
        }
        }
        let short = api.header("accept-encoding", "gzip, br, zstd").get("Deals?fields=id&per_page=1").await;
        assert_eq!(header(&short, "content-encoding"), "");
        let refused = api.header("accept-encoding", "gzip").get("Boats?fields=id").await;
        assert_eq!(outcome(&refused), "400 INVALID_MODULE");
    }

    async fn bodies_may_come_as_gzip(server: TestServer) {
        let api = server.api().header("content-encoding", "gzip");
        let body = deal("small").body().to_string();
        assert_eq!(outcome(&api.send(Method::POST, "Deals", gzip(body.as_bytes())).await), "201 SUCCESS");
        assert_eq!(server.api().count("Deals").await, 1);
        // The limit counts what the body becomes, whatever came over the wire.
        let mut body = body.into_bytes();
        body.resize(6 << 20, b' ');
        assert_eq!(outcome(&api.send(Method::POST, "Deals", gzip(&body)).await), "201 SUCCESS");
        body.push(b' ');
        assert_answer("coding__bomb", &api.send(Method::POST, "Deals", gzip(&body)).await);
        let bomb = gzip(&vec![b' '; 300 << 20]);
        assert_eq!(outcome(&api.send(Method::POST, "Deals", bomb).await), "413 REQUEST_ENTITY_TOO_LARGE");
        let whole = gzip(&deal("cut").body().to_string().into_bytes());
        for broken in [&whole[..whole.len() - 3], b"{\"data\":[]}"] {
            let answer = api.send(Method::POST, "Deals", broken.to_vec()).await;
            assert_eq!(outcome(&answer), "400 UNABLE_TO_PARSE_DATA_TYPE");
        }
        let other = server.api().header("content-encoding", "br");
        assert_answer("coding__unknown", &other.send(Method::POST, "Deals", whole).await);
        assert_eq!(server.api().count("Deals").await, 2);
    }

    async fn the_server_speaks_http_2_to_those_who_know_it(server: TestServer) {
        let api = server.api();
        api.insert(deal("over HTTP/2")).await;
        let address = server.url.trim_start_matches("http://").to_owned();
        let stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
        let driver = tokio::spawn(connection);
        // Several calls at once over the one connection.
        let mut answers = Vec::new();
        for _ in 0..3 {
            let request = http::Request::get(format!("http://{address}/crm/v8/Deals?fields=Deal_Name"))
                .header("authorization", format!("Zoho-oauthtoken {}", api.token()))
                .body(())
                .unwrap();
            client = client.ready().await.unwrap();
            answers.push(client.send_request(request, true).unwrap().0);
        }
        for answer in answers {
            let answer = answer.await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.version()), (200, http::Version::HTTP_2));
            let mut body = answer.into_body();
            let mut text = Vec::new();
            while let Some(piece) = body.data().await {
                text.extend_from_slice(&piece.unwrap());
            }
            let text: Value = serde_json::from_slice(&text).unwrap();
            assert_eq!(text["data"][0]["Deal_Name"], "over HTTP/2");
        }
        drop(client);
        driver.await.unwrap().unwrap();
    }
}
