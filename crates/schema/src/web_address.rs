//! Addresses that people click on. Whatever says how it is to be opened says `http` or `https`; a text that says
//! nothing of the kind (`example.com`, `localhost:8080/crm`) is left as it is.
//!
//! Browsers pass over spaces and control characters in front of an address, and tabs and line feeds anywhere in it;
//! pages may read entities. So each of these readings has to be harmless.

use std::borrow::Cow;

/// What browsers have ever run, or shown as a page of whoever links to it.
const RUNNING: [&str; 10] = [
    "javascript",
    "data",
    "vbscript",
    "livescript",
    "mocha",
    "jscript",
    "blob",
    "filesystem",
    "view-source",
    "file",
];
/// Times that entities in entities are read.
const READINGS: usize = 4;

/// True when nobody can be made to run something by clicking on it.
pub fn is_harmless(text: &str) -> bool {
    let mut text = Cow::Borrowed(text);
    for _ in 0..READINGS {
        if !reads_harmless(&text) {
            return false;
        }
        match decoded(&text) {
            Some(inner) => text = Cow::Owned(inner),
            None => return true,
        }
    }
    // Nobody writes an address so.
    false
}

fn reads_harmless(text: &str) -> bool {
    // Densely, so that no space, be it invisible, hides a name.
    let dense: String = text.chars().filter(|c| !is_passed_over(*c)).collect();
    if let Some((name, _)) = dense.split_once([':', '\u{FF1A}'])
        && RUNNING.iter().any(|running| name.eq_ignore_ascii_case(running))
    {
        return false;
    }
    // As browsers do.
    let trimmed = text.trim_start_matches(|c: char| c <= ' ' || is_passed_over(c));
    let address: String = trimmed.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let Some((name, rest)) = address.split_once(':') else { return true };
    if !is_scheme(name) || name.eq_ignore_ascii_case("http") || name.eq_ignore_ascii_case("https") {
        return true;
    }
    (name.contains('.') || name.eq_ignore_ascii_case("localhost")) && begins_with_port(rest)
}

fn is_scheme(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

fn begins_with_port(rest: &str) -> bool {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    (1..=5).contains(&digits) && rest[digits..].chars().next().is_none_or(|c| matches!(c, '/' | '?' | '#'))
}

/// Spaces, control characters, and characters that only tell how others are set.
fn is_passed_over(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// Entities that can stand for a part of a scheme, by their names.
const ENTITIES: [(&str, char); 9] = [
    ("colon", ':'),
    ("Tab", '\t'),
    ("NewLine", '\n'),
    ("nbsp", '\u{A0}'),
    ("ZeroWidthSpace", '\u{200B}'),
    ("shy", '\u{AD}'),
    ("hyphen", '-'),
    ("period", '.'),
    ("amp", '&'),
];

/// The text with its entities read; `None` when there are none.
fn decoded(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut has_some = false;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let found = entity(after);
        has_some |= found.is_some();
        let (character, after) = found.unwrap_or(('&', after));
        out.push(character);
        rest = after;
    }
    out.push_str(rest);
    has_some.then_some(out)
}

/// The character of the entity that a text begins with, and what follows. The semicolon may be missing.
fn entity(text: &str) -> Option<(char, &str)> {
    let end = |rest: &'_ str| rest.strip_prefix(';').map_or(0, |_| 1);
    if let Some(number) = text.strip_prefix('#') {
        let hex = number.strip_prefix(['x', 'X']);
        let (digits, radix) = hex.map_or((number, 10), |hex| (hex, 16));
        let length = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
        let code = u32::from_str_radix(digits.get(..length).filter(|digits| !digits.is_empty())?, radix);
        // What is no character is passed over, as a control character is.
        let character = code.ok().and_then(char::from_u32).unwrap_or('\0');
        let rest = &digits[length..];
        return Some((character, &rest[end(rest)..]));
    }
    let (name, character) = ENTITIES.iter().find(|(name, _)| text.starts_with(name))?;
    let rest = &text[name.len()..];
    Some((*character, &rest[end(rest)..]))
}

#[cfg(test)]
mod tests {
    use super::is_harmless;

    #[test]
    fn what_opens_a_page_stays() {
        for good in [
            "example.com",
            "http://example.com",
            "HTTPS://example.com:8443/a?b=c:d#e",
            "www.example.com/a:b",
            "example.com:8080",
            "example.com:8080/path",
            "localhost:3000/crm",
            "see our page: example.com",
            "",
            "//example.com",
            "a&b&amp;c",
            "https://example.com/?a=1&colon=2&x=javascript:1",
            "javascript",
            "exämple.de",
        ] {
            assert!(is_harmless(good), "{good:?}");
        }
    }

    #[test]
    fn what_runs_is_refused_however_it_is_written() {
        for bad in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "  javascript:alert(1)",
            "\u{1}javascript:alert(1)",
            "java\tscript:alert(1)",
            "java\nscript:alert(1)",
            "java script:alert(1)",
            "java\u{200B}script:alert(1)",
            "java\u{AD}script:alert(1)",
            "\u{FEFF}javascript:alert(1)",
            "javascript\n:alert(1)",
            "javascript&colon;alert(1)",
            "javascript&#58;alert(1)",
            "javascript&#0000058alert(1)",
            "&#x6A;avascript:alert(1)",
            "&#106avascript:alert(1)",
            "java&Tab;script:alert(1)",
            "javascript&amp;colon;alert(1)",
            "javascript:1/alert(1)",
            "javascript://example.com/%0aalert(1)",
            "data:text/html,<script>alert(1)</script>",
            "DATA:text/html;base64,AAAA",
            "vbscript:msgbox(1)",
            "blob:https://example.com/1",
            "file:///etc/passwd",
            "ftp://example.com",
            "mailto:a@b.co",
            "intent:x",
            "example.com:alert(1)",
            "a.b:80alert(1)",
        ] {
            assert!(!is_harmless(bad), "{bad:?}");
        }
    }
}
