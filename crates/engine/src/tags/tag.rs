//! One tag: what it may be called, and how settings show it.

use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Map, Value, json};

use crate::cx::Cx;
use crate::tag_book::tag::Tag;

/// Characters of a name. Source: records reference, section 6.8, as the other limits.
pub(crate) const LONGEST: usize = 25;
/// Tags of a module.
pub(crate) const PER_MODULE: usize = 100;
/// Tags of a record.
pub(crate) const PER_RECORD: usize = 10;

/// The colours a tag can have; none is one more.
const COLORS: [&str; 13] = [
    "#57B1FD", "#879BFC", "#658BA8", "#FD87BD", "#969696", "#F48435", "#1DB9B4", "#E7A826", "#63C57E",
    "#F17574", "#D297EE", "#A8C026", "#B88562",
];

/// A tag as settings show it.
pub(crate) fn described(tag: &Tag, cx: &Cx) -> Map<String, Value> {
    let user = |id: i64| {
        let user = Id::new(id).and_then(|id| cx.snapshot.user(id));
        json!({"name": user.map(|user| user.full_name()), "id": id.to_string()})
    };
    let time = |seconds: i64| json!(Instant(seconds).text(&cx.snapshot.zone));
    let keys = [
        ("created_time", time(tag.created_time)),
        ("modified_time", time(tag.modified_time)),
        ("name", json!(tag.name)),
        ("modified_by", user(tag.modified_by)),
        ("id", json!(tag.id)),
        ("created_by", user(tag.created_by)),
        ("color_code", json!(tag.color)),
    ];
    keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
}

/// Why a text cannot be the name of a tag: the error without its place.
pub(crate) fn refusal(name: &str) -> Option<ApiError> {
    if name.chars().count() > LONGEST {
        return Some(ApiError::new(Code::InvalidData).detail("maximum_length", LONGEST));
    }
    let unfit = |c: char| matches!(c, '<' | '>' | ',') || c.is_control() || is_emoji(c);
    (name.is_empty() || name.contains(unfit)).then(|| ApiError::new(Code::InvalidData))
}

/// Pictographs: the blocks that hold nothing else, and what joins and colours them.
fn is_emoji(c: char) -> bool {
    matches!(c, '\u{2600}'..='\u{27bf}' | '\u{fe0f}' | '\u{200d}' | '\u{1f000}'..='\u{1faff}')
}

/// The colour in its usual spelling, if it is one.
pub(crate) fn color(text: &str) -> Option<&'static str> {
    COLORS.into_iter().find(|color| color.eq_ignore_ascii_case(text))
}

/// The colours, for errors.
pub(crate) fn colors() -> Vec<&'static str> {
    COLORS.to_vec()
}

#[cfg(test)]
mod tests {
    use super::{color, refusal};

    #[test]
    fn names_are_checked() {
        for good in ["Hot", "x".repeat(25).as_str(), "ä & ö", "a-b/c"] {
            assert!(refusal(good).is_none(), "{good}");
        }
        for bad in ["", "a,b", "<b>", "x".repeat(26).as_str(), "hot \u{1f525}", "\u{2600}", "a\nb"] {
            assert!(refusal(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn colours_are_known_in_any_case() {
        assert_eq!(color("#57b1fd"), Some("#57B1FD"));
        assert_eq!(color("#000000"), None);
    }
}
