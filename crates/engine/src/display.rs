//! `display=html`: texts that somebody wrote come as HTML that is safe to put into a page.
//!
//! Without it the API answers with what it keeps. Whoever shows rich text, notes or mails to people asks for this form;
//! all other texts are plain and are shown as such.

use dealwright_schema::html;
use dealwright_wire::{ApiError, Code};
use serde_json::Value;

use crate::request::Request;

const PARAM: &str = "display";

/// Whether the call asks for texts to be shown.
pub(crate) fn wants_html(request: &Request) -> Result<bool, ApiError> {
    match request.params.get(PARAM) {
        None => Ok(false),
        Some("html") => Ok(true),
        Some(_) => {
            Err(ApiError::new(Code::InvalidData).param(PARAM).detail("supported_values", vec!["html"]))
        }
    }
}

/// A text in the form that the call asks for, by whether it is HTML.
pub(crate) fn shown(request: &Request, text: String, is_html: bool) -> Result<Value, ApiError> {
    Ok(Value::from(match (wants_html(request)?, is_html) {
        (false, _) => text,
        (true, true) => html::clean_html(&text),
        (true, false) => html::plain_html(&text),
    }))
}
