//! Tests of the API over HTTP, in `tests/`; its folders mirror the URLs.
