//! Statement text, written once for both databases.
//!
//! Tables stand in braces, `{deals}`, and are qualified by the org when the statement is prepared;
//! arguments are `?1`, `?2`, …; `{{id}}` and `{{transaction}}` in DDL are types of columns, as the dialect has them. Values are
//! never part of the text.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

/// Text of one statement. Cheap to clone; the text does not vary with the data, so plans are cached by it.
#[derive(Debug, Clone)]
pub struct Sql(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    text: Box<str>,
    /// The text as the first store that ran it needs it, with the store's name.
    rendered: OnceLock<(Box<str>, String)>,
}

impl Sql {
    pub fn new(text: impl Into<Box<str>>) -> Self {
        Self(Arc::new(Inner { text: text.into(), rendered: OnceLock::new() }))
    }

    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    /// The text for one store. A plan belongs to an org, so it is rendered once in its life.
    pub(crate) fn for_store(&self, store: &str, render: impl Fn(&Self) -> String) -> Cow<'_, str> {
        let (owner, text) = self.0.rendered.get_or_init(|| (store.into(), render(self)));
        if &**owner == store { Cow::Borrowed(text) } else { Cow::Owned(render(self)) }
    }

    /// The text for one database: `table` qualifies a name, `argument` is the sign before an argument's number, `types` are
    /// those of [`Dialect::types`](crate::Dialect::types).
    pub(crate) fn render(
        &self,
        table: &dyn Fn(&str) -> String,
        argument: char,
        types: &[(&str, &str)],
    ) -> String {
        let text = self.as_str();
        let mut out = String::with_capacity(text.len() + 64);
        let mut rest = text;
        while let Some(at) = rest.find(['{', '?']) {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            let named = types.iter().find_map(|(name, kind)| Some((kind, rest.strip_prefix(name)?)));
            if let Some((kind, after)) = named {
                out.push_str(kind);
                rest = after;
            } else if let Some((name, after)) = rest.strip_prefix('{').and_then(|r| r.split_once('}')) {
                out.push_str(&table(name));
                rest = after;
            } else {
                out.push(if rest.starts_with('?') { argument } else { '{' });
                rest = &rest[1..];
            }
        }
        out.push_str(rest);
        out
    }
}

impl From<&str> for Sql {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for Sql {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

/// A statement's text and arguments without the arguments that it does not name, which PostgreSQL refuses to have: the rest
/// in their order, with new numbers. Gives the text and the places that are left.
pub fn named_arguments(text: &str, arguments: usize) -> (String, Vec<usize>) {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('?') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let number = after[..digits].parse::<usize>().ok().filter(|number| (1..=arguments).contains(number));
        pieces.push((before, number));
        rest = &after[digits..];
    }
    let is_named: std::collections::BTreeSet<usize> =
        pieces.iter().filter_map(|(_, number)| *number).collect();
    let left: Vec<usize> = is_named.into_iter().collect();
    let mut out = String::with_capacity(text.len());
    for (before, number) in pieces {
        out.push_str(before);
        out.push('?');
        if let Some(place) = number.and_then(|number| left.binary_search(&number).ok()) {
            out.push_str(&(place + 1).to_string());
        }
    }
    out.push_str(rest);
    (out, left.into_iter().map(|number| number - 1).collect())
}

/// An identifier in quotes, for column names that a person chose.
pub fn quoted(name: &str) -> Cow<'_, str> {
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && !name.bytes().next().is_none_or(|b| b.is_ascii_digit())
    {
        return Cow::Owned(format!("\"{name}\""));
    }
    Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_nothing_names_are_left_out() {
        let (text, left) = named_arguments("SELECT ?3 WHERE a = ?1 OR b = ?3 AND c = ?12", 12);
        assert_eq!(text, "SELECT ?2 WHERE a = ?1 OR b = ?2 AND c = ?3");
        assert_eq!(left, [0, 2, 11]);
        assert_eq!(named_arguments("SELECT 1", 4), ("SELECT 1".to_owned(), Vec::new()));
    }

    #[test]
    fn tables_are_qualified_and_arguments_signed() {
        let sql = Sql::new("CREATE TABLE {deals} (id {{id}}); SELECT ?1 FROM {deals} WHERE a = ?12");
        let types = [("{{id}}", "BIGINT PRIMARY KEY")];
        let text = sql.render(&|name| format!("\"org_1\".\"{name}\""), '$', &types);
        assert_eq!(
            text,
            "CREATE TABLE \"org_1\".\"deals\" (id BIGINT PRIMARY KEY); SELECT $1 FROM \"org_1\".\"deals\" WHERE a = $12"
        );
    }
}
