//! Text cut into terms: what a record has, and what a search asks for.
//!
//! A record's terms are its folded words (`w…`), pieces of its e-mail addresses (`m…`) and of the digits of its phone
//! numbers (`p…`). Scripts that are written without spaces give a term for every character: it and the two that
//! follow.

use crate::fold::{fold, fold_into, is_separator, is_spaceless};

/// Characters of a word that count; what follows is ignored on both sides.
pub(crate) const WORD: usize = 64;
/// Folded characters of a record that are cut into words.
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
    /// The letter of its kind, and the term.
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
            terms.push(Term::prefix(format!("w{}", begin(piece, WORD))));
        }
    });
    terms
}

/// What a search for a part of an address asks for; records have to be compared as well. `None` when the index is
/// of no help.
pub fn mail(part: &str) -> Option<Vec<Term>> {
    let mut folded = String::new();
    mail_into(part, &mut folded);
    let mut terms = Vec::new();
    if folded.is_empty() || folded.contains(' ') {
        return None;
    }
    windows(&folded, MAIL, 'm', &mut terms);
    Some(terms)
}

/// What a search for a part of a phone number asks for; records have to be compared as well.
pub fn phone(digits: &str) -> Vec<Term> {
    let mut terms = Vec::new();
    windows(digits, PHONE, 'p', &mut terms);
    terms
}

/// The ASCII digits of a text.
pub fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).collect()
}

/// The text of a record as it is cut: all that is found by word, all its e-mail addresses and all its phone numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordText {
    words: String,
    mails: String,
    phones: String,
}

/// How a field is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Word,
    Mail,
    Phone,
}

impl RecordText {
    /// Adds the text of a field. A field that is found in two ways is added twice.
    pub fn add(&mut self, kind: Kind, text: &str) {
        let (all, between) = match kind {
            Kind::Word => (&mut self.words, ' '),
            Kind::Mail => (&mut self.mails, ' '),
            Kind::Phone => (&mut self.phones, BETWEEN),
        };
        if !all.is_empty() {
            all.push(between);
        }
        all.push_str(text);
    }

    /// Empties it for the next record, and keeps its room.
    pub fn clear(&mut self) {
        self.words.clear();
        self.mails.clear();
        self.phones.clear();
    }
}

/// All terms of a record, each behind `key`, with a space between them. `phones` stand apart by [`BETWEEN`].
#[cfg(test)]
pub(crate) fn of_record(key: &str, words: &str, mails: &str, phones: &str) -> String {
    let mut out = String::with_capacity(words.len() + words.len() / 2 + 16 * (mails.len() + phones.len()));
    Room::default().each_term(words, mails, phones, |kind, term| {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(key);
        out.push(char::from(kind));
        out.push_str(term);
    });
    out
}

/// Room for folded text, kept from one record to the next.
#[derive(Debug, Clone, Default)]
pub(crate) struct Room {
    folded: String,
}

impl Room {
    /// Hands out the terms of a record as they come, some of them more than once.
    pub(crate) fn each(&mut self, text: &RecordText, each: impl FnMut(u8, &str)) {
        self.each_term(&text.words, &text.mails, &text.phones, each);
    }

    fn each_term(&mut self, words: &str, mails: &str, phones: &str, mut each: impl FnMut(u8, &str)) {
        fold_into(words, &mut self.folded);
        pieces(&self.folded, |piece, spaceless| {
            if spaceless {
                from_each(piece, SPACELESS, |term| each(b'w', term));
            } else {
                each(b'w', begin(piece, WORD));
            }
        });
        mail_into(mails, &mut self.folded);
        for one in self.folded.split(' ') {
            from_each(one, MAIL, |term| each(b'm', term));
        }
        for one in phones.split(BETWEEN) {
            self.folded.clear();
            self.folded.extend(one.chars().filter(char::is_ascii_digit));
            from_each(&self.folded, PHONE, |term| each(b'p', term));
        }
    }
}

/// Words of a folded text, and runs of characters that are written without spaces.
fn pieces(folded: &str, mut each: impl FnMut(&str, bool)) {
    let folded = begin(folded, TEXT);
    if folded.is_ascii() {
        let words = folded.split(|c: char| !c.is_ascii_alphanumeric());
        return words.filter(|word| !word.is_empty()).for_each(|word| each(word, false));
    }
    for run in folded.split(is_separator) {
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
    // Ends run ahead of beginnings by `length` characters.
    let mut ends = text.char_indices().map(|(at, _)| at).skip(length);
    for (at, _) in text.char_indices() {
        each(&text[at..ends.next().unwrap_or(text.len())]);
    }
}

/// What must be among the pieces of a text for it to contain `part`.
fn windows(part: &str, length: usize, kind: char, terms: &mut Vec<Term>) {
    let count = part.chars().count().saturating_sub(length) + 1;
    for (at, _) in part.char_indices().take(count) {
        let term = Term::prefix(format!("{kind}{}", begin(&part[at..], length)));
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
}

/// A text up to so many characters.
fn begin(text: &str, length: usize) -> &str {
    if text.len() <= length {
        return text;
    }
    text.char_indices().nth(length).map_or(text, |(at, _)| &text[..at])
}

/// Addresses in ASCII lower case, with one sign for all punctuation.
fn mail_into(text: &str, out: &mut String) {
    let sign = |c: char| match c {
        c if c.is_ascii_control() => ' ',
        c if c.is_ascii_punctuation() => '·',
        c => c.to_ascii_lowercase(),
    };
    out.clear();
    out.extend(text.chars().map(sign));
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
