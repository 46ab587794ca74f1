//! One keep-alive HTTP/1.1 connection that takes finished request bytes and reads just enough of an answer.

use std::fmt::Write as _;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Where a system listens, from a URL such as `http://127.0.0.1:8080`.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Host and port
    pub authority: String,
    /// What precedes every path, mostly nothing
    path: String,
}

impl Endpoint {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let rest =
            url.strip_prefix("http://").with_context(|| format!("{url} does not start with http://"))?;
        let (authority, path) =
            rest.split_once('/').map_or((rest, ""), |(authority, path)| (authority, path));
        let path = path.trim_end_matches('/');
        Ok(Self {
            authority: authority.to_owned(),
            path: if path.is_empty() { String::new() } else { format!("/{path}") },
        })
    }

    /// The bytes of a request. The body, if there is one, is JSON.
    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        body: &[u8],
    ) -> Vec<u8> {
        let mut head = format!("{method} {}{path} HTTP/1.1\r\nHost: {}\r\n", self.path, self.authority);
        if let Some(authorization) = authorization {
            head.extend(["Authorization: ", authorization, "\r\n"]);
        }
        if method != "GET" {
            head.extend([
                "Content-Type: application/json\r\nContent-Length: ",
                &body.len().to_string(),
                "\r\n",
            ]);
        }
        head += "\r\n";
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(body);
        bytes
    }
}

/// Escapes a text for a query parameter.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => write!(out, "%{byte:02X}").expect("a String takes every byte"),
        }
    }
    out
}

pub(crate) struct Connection {
    stream: TcpStream,
    /// Holds one whole answer, and grows to the largest.
    buffer: Vec<u8>,
}

/// An answer that lies in the connection's buffer until the next request.
#[derive(Clone, Copy)]
pub(crate) struct Answer {
    pub status: u16,
    pub size_bytes: usize,
    body_start: usize,
    is_chunked: bool,
}

impl Answer {
    pub(crate) fn is_success(self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Connection {
    pub(crate) async fn open(endpoint: &Endpoint) -> Result<Self> {
        let stream = TcpStream::connect(&endpoint.authority)
            .await
            .with_context(|| format!("connecting to {}", endpoint.authority))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 128 * 1024] })
    }

    /// Sends a request and waits for the whole answer. After an error the connection is of no more use.
    pub(crate) async fn send(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let head = loop {
            filled = self.fill(filled).await?;
            if let Some(head) = Head::parse(&self.buffer[..filled])? {
                break head;
            }
        };
        let size_bytes = match head.framing {
            Framing::Length(length) => {
                while filled < head.size_bytes + length {
                    filled = self.fill(filled).await?;
                }
                head.size_bytes + length
            }
            Framing::Chunked => {
                let mut chunk = head.size_bytes;
                loop {
                    if let Some(end) = last_chunk_end(&self.buffer[..filled], &mut chunk)? {
                        break end;
                    }
                    filled = self.fill(filled).await?;
                }
            }
        };
        let is_chunked = matches!(head.framing, Framing::Chunked);
        Ok(Answer { status: head.status, size_bytes, body_start: head.size_bytes, is_chunked })
    }

    async fn fill(&mut self, filled: usize) -> Result<usize> {
        if filled == self.buffer.len() {
            self.buffer.resize(filled * 2, 0);
        }
        match self.stream.read(&mut self.buffer[filled..]).await? {
            0 => bail!("the server closed the connection"),
            count => Ok(filled + count),
        }
    }

    /// The body of the answer that [`Connection::send`] just returned.
    pub(crate) fn body(&self, answer: Answer) -> Vec<u8> {
        let mut rest = &self.buffer[answer.body_start..answer.size_bytes];
        if !answer.is_chunked {
            return rest.to_vec();
        }
        let mut body = Vec::with_capacity(rest.len());
        while let Ok(Some(chunk)) = Chunk::parse(rest) {
            if chunk.length == 0 {
                break;
            }
            body.extend_from_slice(&rest[chunk.start..chunk.start + chunk.length]);
            rest = &rest[chunk.start + chunk.length + 2..];
        }
        body
    }

    /// Sends a request and returns its JSON answer. Everything but success is an error that shows the answer.
    pub(crate) async fn json(&mut self, request: &[u8]) -> Result<Value> {
        let answer = self.send(request).await?;
        let body = self.body(answer);
        if !answer.is_success() {
            bail!("{}", describe(answer, &body));
        }
        serde_json::from_slice(&body).with_context(|| describe(answer, &body))
    }
}

/// The status and the beginning of the body, for an error text.
pub(crate) fn describe(answer: Answer, body: &[u8]) -> String {
    format!("status {}: {}", answer.status, String::from_utf8_lossy(&body[..body.len().min(600)]))
}

struct Head {
    status: u16,
    size_bytes: usize,
    framing: Framing,
}

enum Framing {
    Length(usize),
    Chunked,
}

impl Head {
    /// Reads the head, or `None` as long as its end has not arrived.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&bytes[..end]).context("reading the head of an answer")?;
        let mut lines = text.split("\r\n");
        let status: u16 = lines
            .next()
            .and_then(|line| line.get(9..12))
            .unwrap_or_default()
            .parse()
            .context("reading a status")?;
        let mut framing = None;
        for line in lines {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("content-length") {
                framing = Some(Framing::Length(value.trim().parse().context("reading a content length")?));
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                framing = Some(Framing::Chunked);
            }
        }
        // These two have no body and need not say so.
        if matches!(status, 204 | 304) {
            framing = Some(Framing::Length(0));
        }
        let framing = framing.context("an answer states no length")?;
        Ok(Some(Self { status, size_bytes: end + 4, framing }))
    }
}

/// A chunk's place, counted from its size line.
struct Chunk {
    start: usize,
    length: usize,
}

impl Chunk {
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(line_end) = bytes.windows(2).position(|window| window == b"\r\n") else {
            return Ok(None);
        };
        let line = std::str::from_utf8(&bytes[..line_end]).context("reading a chunk size")?;
        let digits = line.split(';').next().unwrap_or_default().trim();
        let length =
            usize::from_str_radix(digits, 16).with_context(|| format!("reading chunk size {line:?}"))?;
        Ok(Some(Self { start: line_end + 2, length }))
    }
}

/// Where the body ends, once it has all arrived. `chunk` is the first chunk not yet complete, and moves on.
fn last_chunk_end(bytes: &[u8], chunk: &mut usize) -> Result<Option<usize>> {
    while let Some(next) = Chunk::parse(&bytes[*chunk..])? {
        let end = *chunk + next.start + next.length + 2;
        if end > bytes.len() {
            return Ok(None);
        }
        if next.length == 0 {
            return Ok(Some(end));
        }
        *chunk = end;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chunked_body_ends_only_after_its_last_chunk() {
        let bytes = b"4\r\nwiki\r\n5;x=1\r\npedia\r\n0\r\n\r\n";
        for length in 0..bytes.len() {
            assert_eq!(last_chunk_end(&bytes[..length], &mut 0).expect("well formed"), None);
        }
        assert_eq!(last_chunk_end(bytes, &mut 0).expect("well formed"), Some(bytes.len()));
    }

    #[test]
    fn an_endpoint_keeps_the_path_of_its_url() {
        let endpoint = Endpoint::parse("http://127.0.0.1:80/base/").expect("a URL");
        assert!(
            endpoint
                .request("GET", "/x", None, b"")
                .starts_with(b"GET /base/x HTTP/1.1\r\nHost: 127.0.0.1:80\r\n")
        );
    }
}
