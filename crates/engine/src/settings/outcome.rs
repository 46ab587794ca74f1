//! Answers in which each entry of a body has an outcome of its own, in its place.

use dealwright_wire::{ApiError, Id};
use serde_json::{Value, json};

use crate::request::Reply;

/// An entry that was carried out.
pub(super) struct Done {
    pub(super) id: Id,
    pub(super) message: &'static str,
}

/// The rows under `key`. All done: `status`; none: 400; some: 207.
pub(super) fn reply(key: &str, status: u16, outcomes: &[Result<Done, ApiError>]) -> Reply {
    let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let status = match done {
        0 => 400,
        done if done == outcomes.len() => status,
        _ => 207,
    };
    let rows: Vec<Value> = outcomes.iter().map(row).collect();
    Reply::value(status, &json!({key: rows}))
}

fn row(outcome: &Result<Done, ApiError>) -> Value {
    match outcome {
        Ok(done) => {
            json!({"code": "SUCCESS", "details": {"id": done.id}, "message": done.message, "status": "success"})
        }
        Err(error) => json!({
            "code": error.code.text(),
            "details": error.details,
            "message": error.message,
            "status": "error",
        }),
    }
}

#[cfg(test)]
mod tests {
    use dealwright_wire::{ApiError, Code, Id};

    use super::{Done, reply};

    #[test]
    fn the_status_tells_whether_all_some_or_none_were_done() {
        let done = || Ok(Done { id: Id::new(7).unwrap(), message: "field created" });
        let failed = || Err(ApiError::new(Code::DuplicateData));
        assert_eq!(reply("fields", 201, &[done(), done()]).status, 201);
        assert_eq!(reply("fields", 201, &[done(), failed()]).status, 207);
        assert_eq!(reply("fields", 201, &[failed()]).status, 400);
    }
}
