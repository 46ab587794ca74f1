//! What is shown to people: addresses as browsers read them, HTML as they parse it.

use ammonia::url::Url;
use dealwright_schema::html::{clean_html, plain_html, shown_html};
use dealwright_schema::web_address::is_harmless;
use proptest::prelude::*;

/// Pieces that addresses which run are made of, and pieces that hide them.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?i)javascript|data|vbscript|blob|file|http|https|example\\.com|localhost|java|script",
        "[:/?#.@&;]|//|:8080|&colon;|&#58;|&#x3a;|&#58|&Tab;|&amp;|&NewLine;",
        "[ \\t\\n\\r\\x01\\x0b\\x1f\u{A0}\u{AD}\u{200B}\u{2028}\u{FEFF}\u{3000}]",
        "[a-z0-9]{1,4}|&#1?[0-9]{2};?|&#x[46][0-9A-Fa-f];?",
        any::<char>().prop_map(String::from),
    ]
}

fn address() -> impl Strategy<Value = String> {
    proptest::collection::vec(piece(), 0..10).prop_map(|pieces| pieces.concat())
}

/// Scheme of a link to that address on a page, as browsers read it.
fn scheme(address: &str) -> Option<String> {
    let page = Url::parse("https://page.example/").expect("an address");
    page.join(address).ok().map(|url| url.scheme().to_owned())
}

fn opens_a_page(address: &str) -> bool {
    scheme(address).is_none_or(|scheme| {
        matches!(scheme.as_str(), "http" | "https") || scheme.contains('.') || scheme == "localhost"
    })
}

/// What a page reads that puts the text into its own HTML.
fn entities_read(text: &str) -> String {
    let html = clean_html(&format!("<p title=\"{}\">x</p>", text.replace('"', "&quot;")));
    let title = html.split_once("title=\"").and_then(|(_, rest)| rest.split_once('"'));
    let title = title.map(|(title, _)| title).unwrap_or_default();
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&nbsp;", "\u{A0}"), ("&amp;", "&")]
        .iter()
        .fold(title.to_owned(), |text, (entity, character)| text.replace(entity, character))
}

fn markup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "</?(p|b|a|img|svg|math|style|script|table|td|tr|noscript|template|iframe|mglyph|mtext|title|textarea|select|font)( |>|/)",
        "(href|src|style|title|onclick|onerror|xlink:href|srcdoc)=",
        "[\"'<>/=&;`! -]|<!--|-->|<!\\[CDATA\\[|\\]\\]>",
        "javascript:|data:text/html,|data:image/png;base64,AA|url\\(x\\)|color:red|position:fixed",
        "[a-z ]{1,4}",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..20).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_harmless_address_opens_a_page_or_nothing(address in address()) {
        if is_harmless(&address) {
            prop_assert!(opens_a_page(&address), "{:?}", scheme(&address));
            let read = entities_read(&address);
            prop_assert!(opens_a_page(&read), "{read:?}");
        }
    }

    #[test]
    fn pages_are_harmless(host in "[a-z]{1,8}(\\.[a-z]{2,6}){1,2}", port in proptest::option::of(1_u32..65_536), path in "[a-zA-Z0-9/?=._-]{0,20}", secure in any::<bool>()) {
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        for start in ["", if secure { "https://" } else { "http://" }] {
            let address = format!("{start}{host}{port}/{path}");
            prop_assert!(is_harmless(&address), "{address}");
        }
    }

    #[test]
    fn clean_html_stays_and_runs_nothing(html in markup()) {
        let clean = clean_html(&html);
        prop_assert_eq!(&clean_html(&clean), &clean);
        for shown in [clean, shown_html(&html)] {
            for tag in shown.to_ascii_lowercase().split('<').skip(1) {
                let tag = tag.split('>').next().unwrap_or_default();
                let name = tag.trim_start_matches('/').split(' ').next().unwrap_or_default();
                let runs = ["svg", "math", "style", "script", "noscript", "template", "iframe", "title", "textarea", "select"];
                prop_assert!(!runs.contains(&name), "{shown}");
                prop_assert!(![" onclick", " onerror", " xlink", " srcdoc", "=\"javascript:", "=\"data:text"].iter().any(|part| tag.contains(part)), "{shown}");
            }
        }
    }

    #[test]
    fn plain_text_has_no_markup(text in any::<String>()) {
        let html = plain_html(&text).replace("<br>\n", "");
        prop_assert!(!html.contains(['<', '>', '"']));
    }
}
