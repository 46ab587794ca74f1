//! HTML that came from somebody, made safe to show to somebody else: no scripts, no handlers of events, no frames and
//! forms, no addresses that run.
//!
//! This is the one place that decides it. Rich text is cleaned when it is written; what the API keeps as it was sent
//! (notes, mails) is cleaned when somebody asks for it as HTML.

use std::borrow::Cow;
use std::sync::LazyLock;

use ammonia::Builder;

/// Schemes of links and images. `data` is for images only, see [`attribute`].
const SCHEMES: [&str; 6] = ["http", "https", "mailto", "tel", "cid", "data"];
/// Images that stand in the text itself. No SVG: it is a document with scripts of its own.
const IMAGES: [&str; 6] = ["png", "gif", "jpeg", "jpg", "webp", "bmp"];
/// Elements that go together with what is in them: a browser does not show it, or not as text.
const HIDDEN: [&str; 17] = [
    "script", "style", "title", "head", "template", "iframe", "frameset", "object", "applet", "noscript",
    "noembed", "noframes", "xmp", "textarea", "select", "svg", "math",
];
/// Looks that editors of rich text give: nothing that takes a text out of its place or fetches something.
const LOOKS: [&str; 27] = [
    "background-color",
    "border",
    "border-bottom",
    "border-collapse",
    "border-color",
    "border-left",
    "border-right",
    "border-style",
    "border-top",
    "border-width",
    "color",
    "direction",
    "font-family",
    "font-size",
    "font-style",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "padding",
    "padding-left",
    "text-align",
    "text-decoration",
    "text-indent",
    "vertical-align",
    "width",
];
/// Parts of a style that could fetch or run something in some browser.
const RUNNING_LOOKS: [&str; 7] = ["url", "expression", "script:", "import", "@", "\\", "behavior"];

static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut cleaner = Builder::default();
    cleaner
        .clean_content_tags(HIDDEN.into())
        .url_schemes(SCHEMES.into())
        .add_tags(["font"])
        .add_tag_attributes("font", ["color", "face", "size"])
        .add_generic_attributes(["style", "dir"])
        .filter_style_properties(LOOKS.into())
        .attribute_filter(attribute);
    cleaner
});

/// How often HTML is read again before it counts as text.
const READINGS: usize = 8;

/// HTML without anything that runs, sends or takes the place of the page around it. What is clean stays as it is.
///
/// Written out and read again, HTML can be another document: a link that a table kept inside another link stands beside
/// it then. A browser is the next to read it, so what is given back is what reads as itself. HTML that still changes
/// after eight readings was made to change; it is shown as text.
pub fn clean_html(html: &str) -> String {
    settled(html).unwrap_or_else(|| cleaned(&plain_html(html)))
}

fn settled(html: &str) -> Option<String> {
    let mut clean = cleaned(html);
    for _ in 0..READINGS {
        let again = cleaned(&clean);
        if again == clean {
            return Some(clean);
        }
        clean = again;
    }
    None
}

fn cleaned(html: &str) -> String {
    let clean = CLEANER.clean(html).to_string();
    // In front of a document it is no character, so that cleaning again would take it.
    clean.trim_start_matches('\u{FEFF}').to_owned()
}

/// A text that may be HTML or plain, as HTML that is safe to show. Plain text shows as it was typed.
pub fn shown_html(text: &str) -> String {
    if is_html(text) { clean_html(text) } else { plain_html(text) }
}

/// A plain text as HTML that shows it as it was typed.
pub fn plain_html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' => out.push_str("<br>\n"),
            other => out.push(other),
        }
    }
    out
}

/// Elements by which a text shows that it is HTML. Other things in angle brackets are text: an address, a comparison.
const ELEMENTS: [&str; 37] = [
    "a",
    "b",
    "blockquote",
    "body",
    "br",
    "center",
    "code",
    "div",
    "em",
    "font",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "li",
    "meta",
    "object",
    "ol",
    "p",
    "pre",
    "script",
    "span",
    "strike",
    "strong",
    "style",
    "svg",
    "table",
    "td",
    "tr",
    "u",
    "ul",
];

fn is_html(text: &str) -> bool {
    text.split('<').skip(1).any(|after| {
        let after = after.strip_prefix('/').unwrap_or(after);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        let (name, rest) = after.split_at(end);
        let ends = rest.starts_with(|c: char| c.is_ascii_whitespace() || matches!(c, '>' | '/'));
        ends && ELEMENTS.contains(&name.to_ascii_lowercase().as_str())
    })
}

/// What of one attribute stays.
fn attribute<'v>(element: &str, name: &str, value: &'v str) -> Option<Cow<'v, str>> {
    let is_kept = match name {
        "src" if element == "img" => !has_scheme(value, "data") || is_image(value),
        "href" | "src" | "cite" => !has_scheme(value, "data"),
        "style" => {
            let style = value.to_ascii_lowercase();
            !RUNNING_LOOKS.iter().any(|part| style.contains(part))
        }
        _ => true,
    };
    is_kept.then_some(Cow::Borrowed(value))
}

/// As browsers read it: without the tabs and line feeds in it, and the spaces before it.
fn has_scheme(address: &str, scheme: &str) -> bool {
    let address: String = address.chars().filter(|c| !c.is_ascii_control() && !c.is_whitespace()).collect();
    address.split_once(':').is_some_and(|(found, _)| found.eq_ignore_ascii_case(scheme))
}

fn is_image(address: &str) -> bool {
    let Some((kind, _)) = address.trim().split_once(";base64,") else { return false };
    let kind = kind.to_ascii_lowercase();
    kind.strip_prefix("data:image/").is_some_and(|kind| IMAGES.contains(&kind))
}

#[cfg(test)]
mod tests {
    use super::{clean_html, shown_html};

    #[test]
    fn looks_stay_and_what_runs_goes() {
        for (given, shown) in [
            ("plain text", "plain text"),
            ("1 &lt; 2 &amp; 3", "1 &lt; 2 &amp; 3"),
            ("</b/<p>\u{FEFF}x", "x"),
            ("<p style=\"color: red\">Hello <b>Ada</b></p>", "<p style=\"color:red\">Hello <b>Ada</b></p>"),
            ("<script>alert(1)</script>x", "x"),
            ("<img src=x onerror=alert(1)>", "<img src=\"x\">"),
            ("<a href=\"javascript:alert(1)\">x</a>", "<a rel=\"noopener noreferrer\">x</a>"),
            ("<a href=\"data:text/html,x\">x</a>", "<a rel=\"noopener noreferrer\">x</a>"),
            ("<iframe src=//evil></iframe>x", "x"),
            ("<form action=/x><input name=a>y</form>", "y"),
            ("<svg><script>alert(1)</script></svg>x", "x"),
            ("<p style=\"background:url(javascript:1)\">x</p>", "<p>x</p>"),
            ("<p style=\"position:fixed;color:red\">x</p>", "<p style=\"color:red\">x</p>"),
            ("<img src=\"data:image/png;base64,AAAA\">", "<img src=\"data:image/png;base64,AAAA\">"),
            ("<img src=\"data:image/svg+xml;base64,AAAA\">", "<img>"),
            (
                "</p><a><table><a>",
                "<p></p><a rel=\"noopener noreferrer\"></a><a rel=\"noopener noreferrer\"></a><table></table>",
            ),
        ] {
            assert_eq!(clean_html(given), shown, "{given}");
            assert_eq!(clean_html(shown), shown, "again: {given}");
        }
    }

    #[test]
    fn html_that_changes_with_every_reading_is_shown_as_text() {
        for depth in [1, 3, 10, 40] {
            let html = format!("</p>{}", "<a><table>".repeat(depth));
            let clean = clean_html(&html);
            assert_eq!(clean_html(&clean), clean, "{depth}");
        }
    }

    #[test]
    fn text_shows_as_it_was_typed() {
        for (given, shown) in [
            ("a < b & c", "a &lt; b &amp; c"),
            ("Ada <ada@example.com>\nhello", "Ada &lt;ada@example.com&gt;<br>\nhello"),
            ("<b>bold</b>", "<b>bold</b>"),
            ("<x onclick=alert(1)>y", "&lt;x onclick=alert(1)&gt;y"),
            ("<BODY onload=alert(1)>y", "y"),
            ("<img/src=x onerror=alert(1)>", "<img src=\"x\">"),
        ] {
            assert_eq!(shown_html(given), shown, "{given}");
        }
    }
}
