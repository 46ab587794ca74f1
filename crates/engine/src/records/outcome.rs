//! What became of each record of a write, and the answer made of it.

use std::borrow::Cow;

use dealwright_wire::{ApiError, Code, Id, Instant, json};
use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::request::Reply;

/// What became of one record.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Done(Done),
    /// A success on a record that an external field names: the field and its value are shown too.
    External(Done, String, String),
    Said(Said),
    Failed(ApiError),
}

/// A success.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub id: Id,
    pub message: &'static str,
    /// Who made and changed the record, and when; `None` where the API shows the id only.
    pub audit: Option<Audit>,
    /// `action` and `duplicate_field` of an upsert.
    pub upsert: Option<Upserted>,
}

/// A success of an operation that answers in its own words.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    /// `SUCCESS`, or `SCHEDULED` for work that goes on.
    pub code: &'static str,
    pub message: Cow<'static, str>,
    pub details: Map<String, Value>,
}

impl Said {
    /// `SUCCESS` with the id of what was done to.
    pub(crate) fn of(id: Id, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(message).detail("id", id.to_string())
    }

    /// `SUCCESS` with empty details.
    pub(crate) fn new(message: impl Into<Cow<'static, str>>) -> Self {
        Self { code: "SUCCESS", message: message.into(), details: Map::new() }
    }

    #[must_use]
    pub(crate) fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }

    /// `{"code","details","message","status":"success"}`.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"code\":\"");
        out.extend_from_slice(self.code.as_bytes());
        out.extend_from_slice(b"\",\"details\":");
        json::value(out, &self.details);
        out.extend_from_slice(b",\"message\":");
        json::string(out, &self.message);
        out.extend_from_slice(b",\"status\":\"success\"}");
    }

    /// The answer of an operation with a single result: the object alone.
    pub(crate) fn reply(&self, status: u16) -> Reply {
        let mut out = Vec::with_capacity(160);
        self.write(&mut out);
        Reply::json(status, out)
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Audit {
    pub created_time: Instant,
    pub modified_time: Instant,
    pub created_by: i64,
    pub modified_by: i64,
}

#[derive(Debug, Clone)]
pub(crate) struct Upserted {
    /// `insert` or `update`.
    pub action: &'static str,
    pub duplicate_field: Option<String>,
}

/// Answer to a batch: `ok` (200 or 201) when all succeeded, 400 when all failed (202 in the oldest version), 207
/// otherwise.
pub(crate) fn reply(cx: &Cx, ok: u16, outcomes: Vec<Outcome>) -> Reply {
    reply_under(cx, "data", ok, outcomes)
}

/// [`reply`] for resources whose results stand under a key of their own.
pub(crate) fn reply_under(cx: &Cx, root: &str, ok: u16, outcomes: Vec<Outcome>) -> Reply {
    let failed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Failed(_))).count();
    let status = match outcomes.first() {
        _ if failed == 0 => ok,
        Some(Outcome::Failed(error)) if failed == outcomes.len() && error.code == Code::AlreadyModified => {
            412
        }
        Some(Outcome::Failed(error)) if outcomes.len() == 1 && error.code == Code::NoPermission => 403,
        _ if failed == outcomes.len() && root == "data" && cx.profile.accepts_failures => 202,
        _ if failed == outcomes.len() => 400,
        _ => 207,
    };
    let mut out = Vec::with_capacity(outcomes.len() * 330 + 16);
    out.push(b'{');
    json::string(&mut out, root);
    out.extend_from_slice(b":[");
    for (at, outcome) in outcomes.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        match outcome {
            Outcome::Done(done) => done.write(cx, None, &mut out),
            Outcome::External(done, name, value) => done.write(cx, Some((&name, &value)), &mut out),
            Outcome::Said(said) => said.write(&mut out),
            Outcome::Failed(error) => write_error(cx, error, &mut out),
        }
    }
    out.extend_from_slice(b"]}");
    Reply::json(status, out)
}

pub(crate) fn write_error(cx: &Cx, mut error: ApiError, out: &mut Vec<u8>) {
    if !cx.profile.json_path {
        error.details.remove("json_path");
    }
    error.write(out);
}

impl Done {
    fn write(&self, cx: &Cx, external: Option<(&str, &str)>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"code\":\"SUCCESS\"");
        if let Some(upsert) = &self.upsert {
            out.extend_from_slice(b",\"duplicate_field\":");
            json::value(out, &upsert.duplicate_field);
            out.extend_from_slice(b",\"action\":\"");
            out.extend_from_slice(upsert.action.as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b",\"details\":{");
        if let Some((name, value)) = external {
            json::string(out, name);
            out.push(b':');
            json::string(out, value);
            out.push(b',');
        }
        if let Some(audit) = &self.audit {
            out.extend_from_slice(b"\"Modified_Time\":");
            audit.modified_time.write(out, &cx.snapshot.zone);
            out.extend_from_slice(b",\"Modified_By\":");
            cx.snapshot.write_user(audit.modified_by, out);
            out.extend_from_slice(b",\"Created_Time\":");
            audit.created_time.write(out, &cx.snapshot.zone);
            out.extend_from_slice(b",\"id\":");
            json::quoted_int(out, self.id.get());
            out.extend_from_slice(b",\"Created_By\":");
            cx.snapshot.write_user(audit.created_by, out);
            if cx.profile.approval_state {
                out.extend_from_slice(b",\"$approval_state\":\"approved\"");
            }
        } else {
            out.extend_from_slice(b"\"id\":");
            json::quoted_int(out, self.id.get());
        }
        out.extend_from_slice(b"},\"message\":");
        json::string(out, self.message);
        out.extend_from_slice(b",\"status\":\"success\"}");
    }
}
