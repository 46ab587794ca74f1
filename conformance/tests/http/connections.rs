//! Connections that wait for nothing, and those that come beside them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dealwright_server::{Deadlines, Limits, descriptors};
use dealwright_testkit::{TestServer, on_both};
use reqwest::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

/// Short, and each different enough to be told from the others.
const HEAD: Duration = Duration::from_secs(4);
const IDLE: Duration = Duration::from_secs(6);
const BODY: Duration = Duration::from_secs(3);
const ANSWER: Duration = Duration::from_secs(5);
/// What a busy machine, and saying goodbye, may add.
const GRACE: Duration = Duration::from_secs(4);
const DRIP: Duration = Duration::from_millis(200);

fn short() -> Deadlines {
    let linger = Duration::from_secs(1);
    Deadlines { head: HEAD, idle: IDLE, body: BODY, answer: ANSWER, linger, ..Deadlines::default() }
}

/// What a connection does before it does nothing more.
struct Kind {
    name: &'static str,
    says: Vec<u8>,
    /// Said again and again, slowly.
    drips: &'static [u8],
    reads: bool,
    until: Duration,
}

/// Every kind of connection that was once never closed, or late.
fn kinds(token: &str, file: &str) -> Vec<Kind> {
    let post = |path: &str, rest: &str| {
        format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n{rest}")
            .into_bytes()
    };
    let form = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 500\r\n\r\ngrant_type=";
    let multipart = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 5000\r\n\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\nab";
    let json = "Content-Length: 500\r\n\r\n{\"data\":[{";
    let kind = |name, says: Vec<u8>, until| Kind { name, says, drips: b"", reads: true, until };
    // A handler that refuses a broken body waits for the rest of it before it answers.
    let body = BODY + Duration::from_secs(2);
    vec![
        kind("nothing", Vec::new(), HEAD),
        kind("half a head", b"GET /healthz HTTP/1.1\r\nHost: loc".to_vec(), HEAD),
        kind("half a preface of HTTP/2", b"PRI * HTTP/2.0\r\n".to_vec(), HEAD),
        kind("HTTP/2 without a request", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(), HEAD),
        kind("idle after an answer", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(), IDLE),
        Kind { drips: b"a", ..kind("a head that drips", b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ".to_vec(), HEAD) },
        kind("half a body of the API", post("/crm/v8/Deals", json), body),
        kind("half a body of the token endpoint", post("/oauth/v2/token", form), body),
        kind("half a form of the sign-in page", post("/oauth/signin", multipart), body),
        kind("half an upload", post("/crm/v8/files", multipart), body),
        kind("half a body without a token", b"POST /crm/v8/Deals HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\n{".to_vec(), body),
        Kind { drips: b" ", ..kind("a body that drips", post("/crm/v8/Deals", json), body) },
        Kind {
            reads: false,
            ..kind(
                "a client that does not read its download",
                format!("GET /crm/v8/files?id={file} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n").into_bytes(),
                ANSWER,
            )
        },
    ]
}

fn address(server: &TestServer) -> String {
    server.url.trim_start_matches("http://").to_owned()
}

/// One connection of a kind; how long it lasted.
async fn stay(address: String, kind: &Kind, there: &AtomicUsize) -> Duration {
    let socket = TcpSocket::new_v4().expect("a socket");
    if !kind.reads {
        socket.set_recv_buffer_size(4_096).expect("a small buffer");
    }
    let mut stream = socket.connect(address.parse().expect("an address")).await.expect("it connects");
    let begun = Instant::now();
    there.fetch_add(1, Ordering::Relaxed);
    stream.write_all(&kind.says).await.expect("it is open");
    if !kind.reads {
        // Nothing is read before it must be over; then the answer is seen to break off.
        tokio::time::sleep(kind.until + GRACE).await;
        let mut rest = Vec::new();
        // A reset says the same as the end.
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.len() < FILE_BYTES, "the download went on");
        return kind.until;
    }
    let (mut reader, mut writer) = stream.into_split();
    let drip = async {
        loop {
            tokio::time::sleep(DRIP).await;
            if !kind.drips.is_empty() && writer.write_all(kind.drips).await.is_err() {
                return;
            }
        }
    };
    let read = async {
        let mut piece = [0; 1_024];
        while reader.read(&mut piece).await.is_ok_and(|read| read > 0) {}
    };
    tokio::select! {
        () = drip => {}
        () = read => {}
    }
    begun.elapsed()
}

const FILE_BYTES: usize = 18 << 20;

/// A file that can be downloaded.
async fn upload(server: &TestServer) -> String {
    let api = server.api().header("content-type", "multipart/form-data; boundary=x");
    let mut body =
        b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n\r\n".to_vec();
    body.resize(body.len() + FILE_BYTES, 0);
    body.extend_from_slice(b"\r\n--x--\r\n");
    let answer = api.send(Method::POST, "files", body).await;
    answer.json()["data"][0]["details"]["id"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned()
}

/// How long somebody who comes now waits for an answer.
async fn newcomer(address: &str) -> Duration {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(address).await.expect("it connects");
    stream
        .write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await
        .expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    begun.elapsed()
}

on_both! {
    async fn a_thousand_connections_that_do_nothing_harm_nobody_and_all_end(server: TestServer) {
        descriptors::raise().expect("the limit of open files can be raised to the hard one");
        let server = server.restart(|config| {
            config.limits = Limits { deadlines: short(), per_address: 5_000, ..Limits::default() };
        }).await;
        let file = upload(&server).await;
        let token = server.api().token().to_owned();
        let kinds: Vec<_> = kinds(&token, &file).into_iter().map(std::sync::Arc::new).collect();
        let mut staying = Vec::new();
        let there = std::sync::Arc::new(AtomicUsize::new(0));
        for number in 0..1_000 {
            let kind = std::sync::Arc::clone(&kinds[number % kinds.len()]);
            // Each of these fills buffers of the system, so there are few of them.
            let kind = if !kind.reads && number > 130 { std::sync::Arc::clone(&kinds[0]) } else { kind };
            if number % 50 == 0 {
                // More at once than the system queues would be dropped before they come to the server.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let (address, there) = (address(&server), std::sync::Arc::clone(&there));
            staying.push((std::sync::Arc::clone(&kind), tokio::spawn(async move { stay(address, &kind, &there).await })));
        }
        while there.load(Ordering::Relaxed) < 1_000 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let mut slowest = Duration::ZERO;
        for _ in 0..20 {
            slowest = slowest.max(newcomer(&address(&server)).await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(slowest < Duration::from_secs(1), "a newcomer waited {slowest:?}");
        for (kind, stayed) in staying {
            let stayed = tokio::time::timeout(Duration::from_secs(30), stayed).await;
            let lasted = stayed.unwrap_or_else(|_| panic!("{} goes on", kind.name)).expect("it does not panic");
            assert!(lasted < kind.until + GRACE, "{}: {lasted:?}", kind.name);
        }
        server.stop().await;
    }

    async fn when_all_places_are_taken_the_idlest_gives_way(server: TestServer) {
        let server = server.restart(|config| {
            config.limits = Limits { connections: 60, per_address: 40, ..Limits::default() };
        }).await;
        let address = address(&server);
        let mut silent = Vec::new();
        for _ in 0..200 {
            silent.push(TcpStream::connect(&address).await.expect("it connects"));
        }
        let waited = newcomer(&address).await;
        assert!(waited < Duration::from_secs(1), "a newcomer waited {waited:?}");
        drop(silent);
        assert_eq!(server.fresh_api().await.get("org").await.status, 200);
    }

    async fn a_shutdown_waits_for_no_connection_that_does_nothing(server: TestServer) {
        let (token, file) = (server.api().token().to_owned(), upload(&server).await);
        let mut streams = Vec::new();
        for kind in kinds(&token, &file).iter().filter(|kind| !["body", "form", "upload"].iter().any(|word| kind.name.contains(word))) {
            let mut stream = TcpStream::connect(address(&server)).await.expect("it connects");
            stream.write_all(&kind.says).await.expect("it is open");
            streams.push(stream);
        }
        let begun = Instant::now();
        // Fails unless every request was answered within ten seconds.
        server.stop().await;
        assert!(begun.elapsed() < Duration::from_secs(9));
    }
}
