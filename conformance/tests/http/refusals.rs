//! A refusal before the body was read: the answer arrives, and the connection stays or says that it ends.

use dealwright_testkit::{TestServer, on_both};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// An ordinary client of HTTP/1.1: it sends a whole request, then reads the answer, and keeps the connection.
struct Client {
    address: String,
    stream: Option<BufReader<TcpStream>>,
    /// How many connections it has made.
    connections: usize,
}

/// Status, and whether the server announced the end of the connection.
type Answered = Result<(u16, bool), std::io::Error>;

impl Client {
    fn new(server: &TestServer) -> Self {
        Self { address: server.url.trim_start_matches("http://").to_owned(), stream: None, connections: 0 }
    }

    /// Sends the head, then the body in a packet of its own.
    async fn post(&mut self, path: &str, headers: &str, body: &[u8]) -> Answered {
        if self.stream.is_none() {
            self.connections += 1;
            let stream = TcpStream::connect(&self.address).await?;
            stream.set_nodelay(true)?;
            self.stream = Some(BufReader::new(stream));
        }
        let stream = self.stream.as_mut().expect("it is connected");
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.get_mut().write_all(head.as_bytes()).await?;
        tokio::task::yield_now().await;
        stream.get_mut().write_all(body).await?;
        let (status, ends) = answer(stream).await?;
        if ends {
            self.stream = None;
        }
        Ok((status, ends))
    }
}

async fn answer(stream: &mut BufReader<TcpStream>) -> Answered {
    let (mut status, mut length, mut ends) = (0, 0, false);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(rest) = line.strip_prefix("http/1.1 ") {
            status = rest[..3].parse().expect("a status");
        } else if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.parse().expect("a length");
        } else if line == "connection: close" {
            ends = true;
        } else if line.is_empty() {
            break;
        }
    }
    stream.read_exact(&mut vec![0; length]).await?;
    Ok((status, ends))
}

on_both! {
    async fn two_thousand_refused_posts_lose_no_answer_and_no_connection(server: TestServer) {
        let token = server.api().token().to_owned();
        let good = format!("Authorization: Bearer {token}\r\n");
        let narrow = format!("Authorization: Bearer {}\r\n", server.api_with_scopes("ZohoCRM.modules.leads.READ").await.token());
        let (bad, none) = ("Authorization: Bearer 1000.nothing.nothing\r\n".to_owned(), String::new());
        let cases = [
            ("/crm/v8/Deals", &bad, 20_000, 401),
            ("/crm/v8/Deals", &none, 500, 401),
            ("/crm/v8/Deals/1/2/3/4/5/6", &good, 100_000, 404),
            ("/nowhere", &none, 2_000, 404),
            ("/crm/bulk/v8/read", &good, 3_000, 501),
            ("/crm/v8/Deals", &narrow, 300_000, 401),
            ("/crm/v9/Deals", &good, 5_000, 404),
            ("/crm/v8/org", &good, 5_000, 400),
            ("/metrics", &none, 70_000, 405),
            ("/oauth/v2/userinfo", &bad, 30_000, 401),
        ];
        let mut clients: Vec<_> = (0..4).map(|_| Client::new(&server)).collect();
        let (mut lost, mut ended) = (0, 0);
        for number in 0..2_000 {
            let (path, headers, bytes, wanted) = cases[number % cases.len()];
            let client = &mut clients[number / cases.len() % 4];
            if let Ok((status, ends)) = client.post(path, headers, &vec![b'x'; bytes]).await {
                assert_eq!(status, wanted, "{path}");
                ended += usize::from(ends);
            } else {
                client.stream = None;
                lost += 1;
            }
        }
        assert_eq!((lost, ended), (0, 0), "answers lost, connections ended");
        assert_eq!(clients.iter().map(|client| client.connections).sum::<usize>(), 4);
    }

    async fn a_body_that_is_much_too_large_is_answered_and_the_end_announced(server: TestServer) {
        let good = format!("Authorization: Bearer {}\r\n", server.api().token().to_owned());
        let mut client = Client::new(&server);
        for (bytes, ends) in [(7 << 20, false), (63 << 20, false), (70 << 20, true)] {
            let answered = client.post("/crm/v8/Deals", &good, &vec![b' '; bytes]).await.expect("an answer");
            assert_eq!(answered, (413, ends), "{bytes} bytes");
        }
    }

    async fn a_client_that_waits_for_leave_is_refused_without_it(server: TestServer) {
        let mut stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("it connects");
        let head = b"POST /crm/v8/Deals HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n";
        stream.write_all(head).await.expect("it is open");
        assert_eq!(answer(&mut BufReader::new(stream)).await.expect("an answer"), (401, true));
    }

    async fn heads_that_are_too_large_are_answered(server: TestServer) {
        let many = "X: x\r\n".repeat(150);
        let long = format!("X: {}\r\n", "x".repeat(3 << 20));
        let ids = "1234567890123456789,".repeat(4_000);
        for (path, headers, wanted) in [("/healthz", many, 431), ("/healthz", long, 431), (&*format!("/crm/v8/Deals?ids={ids}"), String::new(), 414)] {
            let stream = TcpStream::connect(server.url.trim_start_matches("http://")).await.expect("it connects");
            let mut stream = BufReader::new(stream);
            let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
            stream.get_mut().write_all(head.as_bytes()).await.expect("all can be sent");
            let (status, _) = answer(&mut stream).await.expect("an answer");
            assert_eq!(status, wanted);
        }
    }
}
