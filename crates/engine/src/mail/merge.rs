//! Merge fields: `${Leads.Last_Name}` in a text becomes the record's value. Nothing is evaluated: a name is looked up
//! or it is not there. In HTML a value stays text, and where an address begins it is one of a page or nothing.

use dealwright_schema::web_address;
use serde_json::{Map, Value};

use crate::cx::Cx;

/// Where the values of merge fields come from.
pub(super) struct Values<'a> {
    cx: &'a Cx,
    module: &'a str,
    /// The record as its API shows it.
    record: &'a Map<String, Value>,
}

impl<'a> Values<'a> {
    pub(super) fn new(cx: &'a Cx, module: &'a str, record: &'a Map<String, Value>) -> Self {
        Self { cx, module, record }
    }

    /// The text with its merge fields filled in. A field of the record's module, of `Users` (the caller) or of
    /// `Organization` that has no value becomes nothing; whatever else stands in `${…}` stays.
    pub(super) fn fill(&self, text: &str, is_html: bool) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            out.push_str(before);
            let field = after.split_once('}').filter(|(name, _)| is_name(name));
            let filled = field.and_then(|(name, after)| Some((self.value(name)?, after)));
            if let Some((value, after)) = filled {
                if !is_html {
                    out.push_str(&value);
                } else if !begins_address(&out) || web_address::is_harmless(&value) {
                    escape(&value, &mut out);
                }
                rest = after;
            } else {
                out.push_str("${");
                rest = after;
            }
        }
        out.push_str(rest);
        out
    }

    /// The text of a field; `None` for what names no field of ours.
    fn value(&self, name: &str) -> Option<String> {
        let (of, field) = name.trim_start_matches('!').split_once('.')?;
        if of.eq_ignore_ascii_case(self.module) {
            return Some(self.record.get(field).map(text_of).unwrap_or_default());
        }
        let user = &self.cx.actor.user;
        match (of.to_ascii_lowercase().as_str(), field.to_ascii_lowercase().as_str()) {
            ("users", "first_name") => Some(user.first_name.clone().unwrap_or_default()),
            ("users", "last_name") => Some(user.last_name.clone()),
            ("users", "full_name") => Some(user.full_name()),
            ("users", "email") => Some(user.email.clone()),
            ("organization" | "org", "company_name") => Some(self.cx.snapshot.details.company_name.clone()),
            ("users" | "organization" | "org", _) => Some(String::new()),
            _ => None,
        }
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 200
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'!' | b'$'))
}

/// A value as people read it: the name of a record, the options of a list.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(yes) => (if *yes { "Yes" } else { "No" }).to_owned(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text_of).collect::<Vec<_>>().join(", "),
        Value::Object(keys) => keys.get("name").map(text_of).unwrap_or_default(),
    }
}

/// Attributes that hold an address.
const ADDRESSES: [&str; 6] = ["href", "src", "action", "formaction", "background", "poster"];

/// True when what comes next is the beginning of an address: `<a href="`.
fn begins_address(html: &str) -> bool {
    let before = html.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '"' | '\''));
    let Some(before) = before.strip_suffix('=') else { return false };
    let before = before.trim_end();
    ADDRESSES.iter().any(|name| {
        before
            .len()
            .checked_sub(name.len())
            .and_then(|at| before.get(at..))
            .is_some_and(|end| end.eq_ignore_ascii_case(name))
    })
}

fn escape(text: &str, out: &mut String) {
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
}
