//! Faults that are ours and pass by themselves or with an operator's help: no room on the disk, and a server that must not
//! write at the moment. Everything else that is ours is an internal error.

use std::error::Error;

use axum::http::StatusCode;
use dealwright_store::StoreError;
use dealwright_wire::Code;

/// The code that a client gets for an internal error, by what is at the bottom of it.
pub(crate) fn code(error: &(dyn Error + 'static)) -> Code {
    let mut cause = Some(error);
    while let Some(error) = cause {
        match error.downcast_ref::<StoreError>() {
            Some(StoreError::Full { .. }) => return Code::StorageFull,
            Some(StoreError::NotHeld(_) | StoreError::Closed) => return Code::ServiceUnavailable,
            Some(error) if error.is_unavailable() => return Code::ServiceUnavailable,
            _ => cause = error.source(),
        }
    }
    Code::InternalError
}

/// The status of a page or of an answer that has no code of the API.
pub(crate) fn status(error: &(dyn Error + 'static)) -> StatusCode {
    StatusCode::from_u16(code(error).status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bottom_of_an_error_decides() {
        let full = || StoreError::Full { doing: "committing".to_owned(), source: "no space".into() };
        for (error, wanted) in [
            (full(), Code::StorageFull),
            (StoreError::NotHeld("process 7".to_owned()), Code::ServiceUnavailable),
            (StoreError::Late { doing: "SELECT 1".to_owned() }, Code::ServiceUnavailable),
            (StoreError::Panicked, Code::InternalError),
        ] {
            assert_eq!(code(&dealwright_engine::Error::from(error)), wanted);
        }
        assert_eq!(code(&dealwright_accounts::Error::from(full())), Code::StorageFull);
        assert_eq!(status(&full()), StatusCode::INSUFFICIENT_STORAGE);
    }
}
