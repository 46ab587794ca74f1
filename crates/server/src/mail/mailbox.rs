//! The mailbox of a development server: what it would have sent, to be read at `/dev/mailbox`. A production server has
//! neither.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use dealwright_engine::ports::post::{Fate, Message, Transport};
use dealwright_wire::Clock;
use futures::future::BoxFuture;
use serde_json::{Value, json};

use super::Address;

/// Messages that are kept; the oldest go first.
const KEPT: usize = 500;
/// Bytes of messages that are kept.
const KEPT_BYTES: usize = 64 << 20;

/// The address of the development organisation.
const ORG_NAME: &str = "Dealwright Development";
const ORG_EMAIL: &str = "office@dealwright.test";

/// Messages in memory, gone with the process.
pub struct Mailbox {
    clock: Clock,
    org_address: Option<Address>,
    letters: Mutex<Letters>,
}

#[derive(Default)]
struct Letters {
    kept: VecDeque<Letter>,
    bytes: usize,
    /// Number of the newest.
    last: u64,
}

struct Letter {
    number: u64,
    /// Seconds since 1970.
    received: i64,
    message: Message,
}

impl Mailbox {
    pub fn new(clock: Clock) -> Self {
        Self { clock, org_address: Address::new(Some(ORG_NAME), ORG_EMAIL), letters: Mutex::default() }
    }

    fn letters(&self) -> MutexGuard<'_, Letters> {
        self.letters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Transport for Mailbox {
    fn deliver<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Vec<Fate>, String>> {
        let mut letters = self.letters();
        letters.last += 1;
        letters.bytes += message.raw.len();
        let letter = Letter { number: letters.last, received: self.clock.now().0, message: message.clone() };
        letters.kept.push_back(letter);
        while letters.kept.len() > KEPT || (letters.bytes > KEPT_BYTES && letters.kept.len() > 1) {
            let gone = letters.kept.pop_front().map_or(0, |letter| letter.message.raw.len());
            letters.bytes -= gone;
        }
        let fates = vec![Fate::Delivered; message.recipients.len()];
        Box::pin(std::future::ready(Ok(fates)))
    }

    fn org_address(&self) -> Option<&Address> {
        self.org_address.as_ref()
    }
}

impl Letter {
    fn show(&self) -> Value {
        json!({
            "id": self.number.to_string(),
            "org": self.message.org,
            "from": self.message.sender,
            "to": self.message.recipients,
            "subject": self.header("subject"),
            "message_id": self.header("message-id"),
            "received": self.received,
            "size": self.message.raw.len(),
        })
    }

    /// A header as it stands in the message, its lines joined.
    fn header(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(&self.message.raw);
        let (head, _) = text.split_once("\r\n\r\n")?;
        let head = head.replace("\r\n ", " ");
        let found = head.lines().filter_map(|line| line.split_once(':'));
        let mut found = found.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim().to_owned())
    }
}

/// `/dev/mailbox`: all messages, newest first; `/dev/mailbox/{id}`: one with its text; `/dev/mailbox/{id}/raw`: the
/// message as a file. `DELETE /dev/mailbox` empties it.
pub(crate) fn router(mailbox: Arc<Mailbox>) -> Router {
    Router::new()
        .route("/dev/mailbox", get(list).delete(empty))
        .route("/dev/mailbox/{id}", get(one))
        .route("/dev/mailbox/{id}/raw", get(raw))
        .with_state(mailbox)
}

async fn list(State(mailbox): State<Arc<Mailbox>>) -> Response {
    let rows: Vec<Value> = mailbox.letters().kept.iter().rev().map(Letter::show).collect();
    shown(&json!({ "messages": rows }))
}

async fn empty(State(mailbox): State<Arc<Mailbox>>) -> StatusCode {
    let mut letters = mailbox.letters();
    letters.kept.clear();
    letters.bytes = 0;
    StatusCode::NO_CONTENT
}

async fn one(State(mailbox): State<Arc<Mailbox>>, Path(id): Path<String>) -> Response {
    let letters = mailbox.letters();
    let Some(letter) = letters.kept.iter().find(|letter| letter.number.to_string() == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut row = letter.show();
    row["text"] = String::from_utf8_lossy(&letter.message.raw).into();
    shown(&row)
}

fn shown(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json;charset=UTF-8")], value.to_string()).into_response()
}

async fn raw(State(mailbox): State<Arc<Mailbox>>, Path(id): Path<String>) -> Response {
    let letters = mailbox.letters();
    let Some(letter) = letters.kept.iter().find(|letter| letter.number.to_string() == id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "message/rfc822".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}.eml\"", letter.number)),
    ];
    (headers, letter.message.raw.clone()).into_response()
}
