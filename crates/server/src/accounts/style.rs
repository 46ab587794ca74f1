//! The one stylesheet of the accounts pages.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use axum::response::{IntoResponse, Response};

/// `GET /oauth/style.css`.
pub(super) async fn sheet() -> Response {
    let headers = [
        (CONTENT_TYPE, "text/css;charset=UTF-8"),
        (CACHE_CONTROL, "max-age=300"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, include_str!("../../templates/accounts/style.css")).into_response()
}
