//! What a server answers as long as it cannot serve: another one still holds its data, or the database is not up yet.
//!
//! It listens from the start, so a proxy in front sees an answer in place of a refused connection: `/healthz` says that
//! the process lives, everything else that it has to wait, and for whom.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use dealwright_wire::{ApiError, Code};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Connections that are answered at once; others wait in the system's queue.
const CONNECTIONS: usize = 64;
/// How long a client may take to say what it wants, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of a request's head that are read. What is wanted stands in the first line.
const HEAD: usize = 8 << 10;

/// What is waited for, in words. Cheap to clone; clones share it.
#[derive(Debug, Clone, Default)]
pub struct Waiting(Arc<RwLock<Option<String>>>);

impl Waiting {
    /// Says it once in the log, and to whoever asks from now on.
    pub(crate) fn say(&self, text: String) {
        tracing::warn!("waiting: {text}");
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(text);
    }

    /// What is waited for; `None` while nothing is.
    pub fn text(&self) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Answers everybody on this address. Never ends by itself; dropped, it leaves the queue to whoever listens next.
    pub async fn answer(&self, listener: &TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
            match listener.accept().await {
                Ok((stream, _)) => {
                    let waiting = self.clone();
                    tokio::spawn(async move {
                        // Nobody is told when somebody leaves before the answer.
                        let _left = timeout(PATIENCE, waiting.answer_one(stream)).await;
                        drop(place);
                    });
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn answer_one(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut head = vec![0; HEAD];
        let mut filled = 0;
        while filled < HEAD && !head[..filled].contains(&b'\n') {
            match stream.read(&mut head[filled..]).await? {
                0 => return Ok(()),
                count => filled += count,
            }
        }
        let line = head[..filled].split(|byte| *byte == b'\n').next().unwrap_or_default();
        let path = line.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        stream.write_all(self.to(path).as_bytes()).await?;
        stream.shutdown().await
    }

    fn to(&self, path: &[u8]) -> String {
        let (status, kind, body) = match path {
            b"/healthz" => ("200 OK", "text/plain", "ok\n".to_owned()),
            b"/readyz" => {
                let text = self.text().unwrap_or_else(|| "starting".to_owned());
                ("503 Service Unavailable", "text/plain", format!("waiting: {text}\n"))
            }
            _ => {
                let mut body = Vec::new();
                ApiError::new(Code::ServiceUnavailable).write(&mut body);
                let body = String::from_utf8_lossy(&body).into_owned();
                ("503 Service Unavailable", "application/json", body)
            }
        };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind};charset=UTF-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Retry-After: 1\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}
