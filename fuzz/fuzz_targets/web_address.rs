//! An address that counts as harmless opens a page or nothing, as a browser reads it: at once, and after a page has read
//! its entities.

#![no_main]

use dealwright_schema::{html, web_address};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if !web_address::is_harmless(text) {
        return;
    }
    let begin = text.trim_start_matches(|c: char| c <= ' ');
    let address: String = begin.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let address = address.to_ascii_lowercase();
    for running in ["javascript:", "data:", "vbscript:", "blob:", "file:"] {
        assert!(!address.starts_with(running), "{text:?}");
    }
    let link = format!("<a href=\"{}\">x</a>", text.replace('"', "&quot;"));
    assert!(!html::clean_html(&link).contains("href=\"javascript:"), "{text:?}");
});
