//! Text cut into the terms of a full text index, and search parameters cut into the terms they ask for.
//!
//! A record's terms are its folded words (`w…`), pieces of its e-mail addresses (`m…`) and of the digits of its phone
//! numbers (`p…`). Scripts that are written without spaces give a term for every character: it and the two that
//! follow. SQLite calls `of_record` through a function; PostgreSQL has a function in SQL made from the same tables
//! of characters (`dialect/postgres_full_text.rs`).

mod asked;
pub mod fold;

pub(crate) use asked::Words;
pub use asked::{Asked, tiers};
use fold::{fold, is_separator, is_spaceless};

/// Characters of a word that count; what follows is ignored on both sides.
pub(crate) const WORD: usize = 64;
/// Folded characters of a record that are cut into words; PostgreSQL's vectors hold one megabyte.
pub(crate) const TEXT: usize = 90_000;
/// Characters of a term of a script without spaces.
pub(crate) const SPACELESS: usize = 3;
/// Characters of a piece of an e-mail address.
pub(crate) const MAIL: usize = 4;
/// Digits of a piece of a phone number.
pub(crate) const PHONE: usize = 6;
/// Stands between the phone numbers of a record.
pub(crate) const BETWEEN: char = '\u{1f}';

/// One thing a search asks for: records with a term that is this, or begins with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub text: String,
    pub is_prefix: bool,
}

impl Term {
    fn prefix(text: String) -> Self {
        Self { text, is_prefix: true }
    }

    /// The same as a whole term; `None` where that says nothing, as within a text without spaces.
    pub fn whole(&self) -> Option<Self> {
        let is_word = !self.text.chars().any(is_spaceless);
        (is_word && self.is_prefix).then(|| Self { text: self.text.clone(), is_prefix: false })
    }
}

/// What a search for words asks for: a record must have all of it.
pub fn words(text: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    pieces(&fold(text), |piece, spaceless| {
        if spaceless {
            windows(piece, SPACELESS, 'w', &mut terms);
        } else {
            terms.push(Term::prefix(format!("w{}", cut(piece, WORD))));
        }
    });
    terms
}

/// What a search for a part of an address asks for; records have to be compared as well. `None` when the index is
/// of no help.
pub fn mail(part: &str) -> Option<Vec<Term>> {
    let part = mail_text(part);
    let mut terms = Vec::new();
    if part.is_empty() || part.contains(' ') {
        return None;
    }
    windows(&part, MAIL, 'm', &mut terms);
    Some(terms)
}

/// What a search for a part of a phone number asks for; records have to be compared as well.
pub fn phone(digits: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    windows(digits, PHONE, 'p', &mut terms);
    terms
}

/// All terms of a record, each behind `key`, with a space between them. `phones` stand apart by [`BETWEEN`].
pub(crate) fn of_record(key: &str, words: &str, mails: &str, phones: &str) -> String {
    let mut out = String::with_capacity(words.len() + words.len() / 2 + 16 * (mails.len() + phones.len()));
    let mut push = |kind: char, term: &str| {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(key);
        out.push(kind);
        out.push_str(term);
    };
    pieces(&fold(words), |piece, spaceless| {
        if spaceless {
            from_each(piece, SPACELESS, |term| push('w', term));
        } else {
            push('w', cut(piece, WORD));
        }
    });
    for one in mail_text(mails).split(' ') {
        from_each(one, MAIL, |term| push('m', term));
    }
    for one in phones.split(BETWEEN) {
        from_each(&crate::dialect::digits(one), PHONE, |term| push('p', term));
    }
    out
}

/// Words of a folded text, and runs of characters that are written without spaces.
fn pieces(folded: &str, mut each: impl FnMut(&str, bool)) {
    let end = folded.char_indices().nth(TEXT).map_or(folded.len(), |(at, _)| at);
    for run in folded[..end].split(is_separator) {
        let mut rest = run;
        while let Some(first) = rest.chars().next() {
            let spaceless = is_spaceless(first);
            let end = rest.find(|c| is_spaceless(c) != spaceless).unwrap_or(rest.len());
            each(&rest[..end], spaceless);
            rest = &rest[end..];
        }
    }
}

/// At every character of a text, it and the next ones up to `length`.
fn from_each(text: &str, length: usize, mut each: impl FnMut(&str)) {
    for (at, _) in text.char_indices() {
        each(cut(&text[at..], length));
    }
}

/// What must be among the pieces of a text for it to contain `part`.
fn windows(part: &str, length: usize, kind: char, terms: &mut Vec<Term>) {
    let count = part.chars().count().saturating_sub(length) + 1;
    for (at, _) in part.char_indices().take(count) {
        let term = Term::prefix(format!("{kind}{}", cut(&part[at..], length)));
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
}

fn cut(text: &str, length: usize) -> &str {
    text.char_indices().nth(length).map_or(text, |(at, _)| &text[..at])
}

/// Addresses in ASCII lower case, with one sign for all punctuation.
fn mail_text(text: &str) -> String {
    let sign = |c: char| match c {
        c if c.is_ascii_control() => ' ',
        c if c.is_ascii_punctuation() => '·',
        c => c.to_ascii_lowercase(),
    };
    text.chars().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Vec<String> {
        words(text).into_iter().map(|term| term.text).collect()
    }

    #[test]
    fn words_are_folded_and_cut() {
        assert_eq!(asked("Müller-Straße, ŁÓDŹ"), ["wmuller", "wstrasse", "wlodz"]);
        assert_eq!(asked("iPhone東京都庁 x"), ["wiphone", "w東京都", "w京都庁", "wx"]);
        assert_eq!(asked("—!"), [""; 0]);
    }

    #[test]
    fn a_record_has_what_its_parts_ask_for() {
        let terms = of_record("k", "東京都庁 é", "Ada@x.io", "+1 (55) 5123\u{1f}77");
        assert_eq!(
            terms,
            "kw東京都 kw京都庁 kw都庁 kw庁 kwe kmada· kmda·x kma·x· km·x·i kmx·io km·io kmio kmo \
             kp155512 kp555123 kp55123 kp5123 kp123 kp23 kp3 kp77 kp7"
        );
    }
}
