//! A server on a loopback port that answers as a test says and remembers what it was asked.

use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex};

use dealwright_client::{Client, Config};
use tokio::net::{TcpListener, TcpStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `GET /crm/v8/Deals?fields=id`
    pub(crate) line: String,
    pub(crate) authorization: String,
    pub(crate) body: String,
}

impl Asked {
    pub(crate) fn is_for_token(&self) -> bool {
        self.line == "POST /oauth/v2/token"
    }
}

/// Status and body for a request.
type Reply = dyn Fn(&Asked) -> (u16, String) + Send + Sync;

pub(crate) struct Stub {
    pub(crate) client: Client,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Stub {
    /// A stub that gives tokens `token-1`, `token-2`, … good for an hour, and answers all else with `reply`.
    pub(crate) async fn api(reply: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let given = Mutex::new(0);
        Self::start(move |asked| {
            if !asked.is_for_token() {
                return reply(asked);
            }
            let mut given = given.lock().unwrap();
            *given += 1;
            (200, format!(r#"{{"access_token":"token-{given}","expires_in":3600,"token_type":"Bearer"}}"#))
        })
        .await
    }

    /// A stub that answers everything with `reply`.
    pub(crate) async fn start(reply: impl Fn(&Asked) -> (u16, String) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked: Arc<Mutex<Vec<Asked>>> = Arc::default();
        let (reply, seen): (Arc<Reply>, _) = (Arc::new(reply), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (reply, seen) = (Arc::clone(&reply), Arc::clone(&seen));
                tokio::spawn(async move { answer(&stream, &*reply, &seen).await.unwrap() });
            }
        });
        let config = Config {
            base_url: format!("{url}/"),
            accounts_url: url,
            client_id: "1000.ID".to_owned(),
            client_secret: "secret".to_owned(),
            refresh_token: "1000.a.b".to_owned(),
        };
        // Sets up TLS for the process, which reqwest wants even where it is not used.
        let _usual = Client::new(config.clone()).unwrap();
        // A proxy of this machine must not stand in between.
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { client: Client::with_http(config, http).unwrap(), asked }
    }

    /// All requests so far but those for tokens.
    pub(crate) fn calls(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| !asked.is_for_token()).cloned().collect()
    }

    /// All requests for tokens so far.
    pub(crate) fn token_calls(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().iter().filter(|asked| asked.is_for_token()).cloned().collect()
    }
}

async fn answer(stream: &TcpStream, reply: &Reply, seen: &Mutex<Vec<Asked>>) -> io::Result<()> {
    let mut text = Vec::new();
    let asked = loop {
        if let Some(asked) = parse(&text) {
            break asked;
        }
        stream.readable().await?;
        match stream.try_read_buf(&mut text) {
            Ok(0) => return Ok(()),
            Err(error) if error.kind() != ErrorKind::WouldBlock => return Err(error),
            _ => {}
        }
    };
    let (status, body) = reply(&asked);
    seen.lock().unwrap().push(asked);
    let answer = format!(
        "HTTP/1.1 {status} OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut rest = answer.as_bytes();
    while !rest.is_empty() {
        stream.writable().await?;
        match stream.try_write(rest) {
            Ok(written) => rest = &rest[written..],
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The request, when all of it is there.
fn parse(text: &[u8]) -> Option<Asked> {
    let text = std::str::from_utf8(text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let line = lines.next()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    };
    let length: usize = header("content-length").map_or(0, |length| length.parse().unwrap());
    (body.len() == length).then(|| Asked {
        line,
        authorization: header("authorization").unwrap_or_default().to_owned(),
        body: body.to_owned(),
    })
}
