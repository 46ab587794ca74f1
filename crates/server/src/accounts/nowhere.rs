//! What somebody with a browser sees at an address that is none, or that takes no such request. Programs get JSON.

use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use dealwright_wire::Code;

use super::answer::Failure;

/// True for a browser outside the API: it asks for HTML by name, which programs do not.
pub(crate) fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let is_of_api = path == "/crm" || path.starts_with("/crm/");
    let accepted = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    !is_of_api && accepted.flat_map(|value| value.split(',')).any(is_html)
}

fn is_html(accepted: &str) -> bool {
    let mut parts = accepted.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    let is_refused =
        |part: &str| part.strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
    kind.eq_ignore_ascii_case("text/html") && !parts.any(is_refused)
}

/// The page in place of an error of the API.
pub(crate) fn page(code: Code) -> Response {
    match code {
        Code::InvalidRequestMethod => Failure::WrongMethod,
        _ => Failure::NotFound,
    }
    .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_pages_and_programs_do_not() {
        let wants = |path: &str, accept: &'static str| {
            let headers = [(header::ACCEPT, axum::http::HeaderValue::from_static(accept))];
            wants_page(path, &headers.into_iter().collect())
        };
        assert!(wants("/nope", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"));
        assert!(wants("/crmx", "application/json;q=0.5, Text/HTML;q=0.9"));
        for accept in ["*/*", "application/json", "text/html;q=0", "text/*", ""] {
            assert!(!wants("/nope", accept), "{accept}");
        }
        assert!(!wants("/crm/v8/nope/x/y", "text/html") && !wants("/crm", "text/html"));
        assert!(!wants_page("/nope", &HeaderMap::new()));
    }
}
