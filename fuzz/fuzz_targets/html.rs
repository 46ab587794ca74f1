//! What was cleaned is clean, stays as it is, and holds no element that runs. No HTML makes the cleaner panic.

#![no_main]

use dealwright_schema::html::{clean_html, shown_html};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let clean = clean_html(text);
    assert_eq!(clean_html(&clean), clean, "{text:?}");
    let shown = shown_html(text);
    for html in [clean, shown] {
        let html = html.to_ascii_lowercase();
        for element in ["<script", "<iframe", "<svg", "<math", "<style", "<object", "<form", "<template"] {
            assert!(!html.contains(element), "{text:?}");
        }
    }
});
