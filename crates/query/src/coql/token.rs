//! Text to tokens. A token keeps where it began, so that errors can say so.

use super::CoqlError;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A keyword, a name, a number or any other value without quotes.
    Word,
    /// In single or double quotes; doubled quotes inside stand for one.
    Quoted,
    Open,
    Close,
    Comma,
    Hash,
    Comparison(super::Comparison),
}

#[derive(Debug, Clone)]
pub(super) struct Token<'t> {
    pub kind: Kind,
    /// As written, quotes included.
    pub text: &'t str,
    /// Byte offset in the query.
    pub at: usize,
}

impl Token<'_> {
    /// The text without quotes.
    pub(super) fn value(&self) -> String {
        if self.kind != Kind::Quoted {
            return self.text.to_owned();
        }
        let quote = &self.text[..1];
        self.text[1..self.text.len() - 1].replace(&quote.repeat(2), quote)
    }
}

/// All tokens of the text, in time linear to its length.
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, CoqlError> {
    use super::Comparison::{Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual};

    const SIGNS: [(&str, Kind); 10] = [
        ("!=", Kind::Comparison(NotEqual)),
        (">=", Kind::Comparison(GreaterEqual)),
        ("<=", Kind::Comparison(LessEqual)),
        ("=", Kind::Comparison(Equal)),
        (">", Kind::Comparison(Greater)),
        ("<", Kind::Comparison(Less)),
        ("(", Kind::Open),
        (")", Kind::Close),
        (",", Kind::Comma),
        ("#", Kind::Hash),
    ];
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        let rest = text[at..].trim_start();
        let Some(first) = rest.chars().next() else { return Ok(tokens) };
        let sign = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
        let (kind, length) = match sign {
            Some((sign, kind)) => (*kind, sign.len()),
            None if matches!(first, '\'' | '"') => match quoted(rest, first) {
                Some(length) => (Kind::Quoted, length),
                None => return Err(CoqlError::Ended { near: shown(rest), expected: "the closing quote" }),
            },
            None => (Kind::Word, word(rest)),
        };
        if length == 0 {
            let (line, column) = place(text, at);
            let near = shown(&rest[..first.len_utf8()]);
            return Err(CoqlError::Unexpected { line, column, near, expected: "a name or a value" });
        }
        tokens.push(Token { kind, text: &rest[..length], at });
        at += length;
    }
}

/// Bytes up to behind the closing quote; `None` when there is none.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let mut at = 1;
    loop {
        at += rest[at..].find(quote)? + 1;
        if !rest[at..].starts_with(quote) {
            return Some(at);
        }
        at += 1;
    }
}

/// Bytes of the word that the text begins with. `->` belongs to it, so that a path needs no quotes.
fn word(rest: &str) -> usize {
    let mut characters = rest.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '-' if rest[at + 1..].starts_with('>') => {
                characters.next();
            }
            '!' if at == 0 => {}
            '_' | '.' | '$' | '{' | '}' | ':' | '@' | '-' | '+' | '%' | '/' => {}
            _ if character.is_alphanumeric() => {}
            _ => return at,
        }
    }
    rest.len()
}

/// Line and column of a byte offset, both from 1.
pub(super) fn place(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..at];
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

/// The beginning of a text, for messages.
pub(super) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
