//! One tag: what it may be called, and its forms on the wire.

use dealwright_wire::{ApiError, Code, Id, Instant, json, letters};
use serde_json::{Map, Value, json};

use crate::cx::Cx;

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

/// A tag of a module. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    pub id: Id,
    pub module: Id,
    pub name: String,
    pub color: Option<String>,
    pub created_by: i64,
    pub created_time: i64,
    pub modified_by: i64,
    pub modified_time: i64,
    /// When it was last put on a record.
    pub used_time: Option<i64>,
}

impl Tag {
    /// As settings show it.
    pub(crate) fn described(&self, cx: &Cx) -> Map<String, Value> {
        let user = |id: i64| {
            let user = Id::new(id).and_then(|id| cx.snapshot.user(id));
            json!({"name": user.map(|user| user.full_name()), "id": id.to_string()})
        };
        let time = |seconds: i64| json!(Instant(seconds).text(&cx.snapshot.zone));
        let keys = [
            ("created_time", time(self.created_time)),
            ("modified_time", time(self.modified_time)),
            ("name", json!(self.name)),
            ("modified_by", user(self.modified_by)),
            ("id", json!(self.id)),
            ("created_by", user(self.created_by)),
            ("color_code", json!(self.color)),
        ];
        keys.map(|(key, value)| (key.to_owned(), value)).into_iter().collect()
    }

    /// As records show it: `{"name","id","color_code"}`, in the oldest version without the colour.
    pub(crate) fn write(&self, with_color: bool, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"name\":");
        json::string(out, &self.name);
        out.extend_from_slice(b",\"id\":");
        json::quoted_int(out, self.id.get());
        if with_color {
            out.extend_from_slice(b",\"color_code\":");
            match &self.color {
                Some(color) => json::string(out, color),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
    }
}

/// A name as names are compared.
pub(crate) fn folded(name: &str) -> String {
    letters::fold(name).into_owned()
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
