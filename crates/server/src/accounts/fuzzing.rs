//! A door for the fuzz targets in `fuzz/`; no part of the interface.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::CONTENT_TYPE;
use dealwright_accounts::Params;

use super::visit;

/// The parameters of a request to the token endpoint. `None` when it is no request, or cannot be read.
pub fn token_params(query: &[u8], content_type: &[u8], body: Vec<u8>) -> Option<Params> {
    let uri = [b"/oauth/v2/token?", query].concat();
    let request =
        Request::post(uri.as_slice()).header(CONTENT_TYPE, content_type).body(Body::from(body)).ok()?;
    let (parts, body) = request.into_parts();
    futures::executor::block_on(visit::read_params(&parts, body, &())).ok()
}
