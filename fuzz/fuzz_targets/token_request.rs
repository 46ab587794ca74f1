//! No request to the token endpoint makes its reading panic; parameters of the query come first, and what was sent as
//! a form reads back the same.
//!
//! An input is a query, a content type and a body, each up to the next line feed; the body takes the rest.

#![no_main]

use dealwright_server::accounts::fuzzing::token_params;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.splitn(3, |byte| *byte == b'\n');
    let (query, content_type, body) = (
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
        parts.next().unwrap_or_default(),
    );
    let Some(params) = token_params(query, content_type, body.to_vec()) else {
        return;
    };
    let pairs: Vec<(String, String)> =
        params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();

    let alone = token_params(query, b"", Vec::new()).expect("a query can be read without a body");
    assert!(alone.iter().eq(pairs.iter().take(alone.iter().count()).map(|(name, value)| (&**name, &**value))));

    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(&pairs);
    let again = token_params(b"", b"application/x-www-form-urlencoded", form.finish().into_bytes());
    let again = again.expect("a form can be read");
    assert!(again.iter().eq(pairs.iter().map(|(name, value)| (&**name, &**value))));
});
