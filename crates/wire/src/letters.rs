//! Text compared without regard to case, in every script.
//!
//! Accents count: `É` is `é` and not `e`. What Unicode calls compatible is the same (full and half width, ligatures,
//! composed and decomposed), as in full text. Both databases fold with the tables below, so that all three agree.

use std::borrow::Cow;
use std::cmp::Ordering;

use unicode_normalization::UnicodeNormalization as _;

/// Letters whose lower case depends on where they stand.
pub const ALIKE: [(char, char); 1] = [('ς', 'σ')];

/// Letters whose upper case is two letters.
pub const AS_TWO: [(char, &str); 1] = [('ß', "ss")];

/// Text as it is compared. Folding twice changes nothing more.
pub fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        let is_lower = !text.bytes().any(|byte| byte.is_ascii_uppercase());
        return if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_ascii_lowercase()) };
    }
    let one_by_one: Option<String> = text.chars().map(alone).collect();
    Cow::Owned(one_by_one.unwrap_or_else(|| whole(text)))
}

/// True for texts that differ by case at most.
pub fn same(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(other);
    }
    one == other || fold(one) == fold(other)
}

/// The order of texts without regard to case: that of their folded characters.
pub fn compare(one: &str, other: &str) -> Ordering {
    // What an index holds of one value is compared with that value again and again.
    if one == other {
        return Ordering::Equal;
    }
    if one.is_ascii() && other.is_ascii() {
        let lower = |byte: u8| byte.to_ascii_lowercase();
        return one.bytes().map(lower).cmp(other.bytes().map(lower));
    }
    letter_by_letter(one, other).unwrap_or_else(|| fold(one).cmp(&fold(other)))
}

/// [`compare`] where the letters up to the first difference are none that depend on their neighbours. Databases compare
/// a text many times while they look for a place, so nothing is made for it here.
fn letter_by_letter(one: &str, other: &str) -> Option<Ordering> {
    let (mut one, mut other) = (one.chars().map(alone), other.chars().map(alone));
    loop {
        let (left, right) = (one.next(), other.next());
        if left.is_none() && right.is_none() {
            return Some(Ordering::Equal);
        }
        // The end of a text comes before every letter.
        let letter = |found: Option<Option<char>>| found.map_or(Some(None), |letter| letter.map(Some));
        let (left, right) = (letter(left)?, letter(right)?);
        if left != right {
            // A mark behind a letter makes it another one.
            let is_followed_by_letters = letter(one.next()).is_some() && letter(other.next()).is_some();
            return is_followed_by_letters.then(|| left.cmp(&right));
        }
    }
}

/// The letter that a letter folds to whatever stands beside it; `None` for those that [`whole`] looks at.
fn alone(letter: char) -> Option<char> {
    let later = |distance: u32| char::from_u32(u32::from(letter) + distance);
    match letter {
        '\0'..='\x7f' => Some(letter.to_ascii_lowercase()),
        'À'..='Þ' | 'А'..='Я' | 'Α'..='Ρ' | 'Σ'..='Ω' if letter != '×' => later(32),
        'Ѐ'..='Џ' => later(80),
        'Ա'..='Ֆ' => later(48),
        'ς' => Some('σ'),
        // Lower case already; and Hebrew, Arabic, kana, Han and Hangul, which have no case.
        '×'
        | 'à'..='ÿ'
        | 'а'..='џ'
        | 'ά'..='ώ'
        | 'ա'..='ֆ'
        | 'א'..='ת'
        | '\u{621}'..='\u{64a}'
        | '\u{3041}'..='\u{3096}'
        | '\u{30a1}'..='\u{30fa}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{ac00}'..='\u{d7a3}' => Some(letter),
        _ => None,
    }
}

/// Any text: taken apart, in lower case, and put together again.
fn whole(text: &str) -> String {
    let mut lower = String::with_capacity(text.len());
    for letter in text.nfkd().flat_map(char::to_lowercase) {
        match AS_TWO.iter().find(|(from, _)| *from == letter) {
            Some((_, two)) => lower.push_str(two),
            None => lower.push(ALIKE.iter().find(|(from, _)| *from == letter).map_or(letter, |(_, to)| *to)),
        }
    }
    lower.nfkc().collect()
}

#[cfg(test)]
mod tests {
    use super::{alone, compare, fold, same, whole};

    #[test]
    fn letters_of_every_script_have_no_case_and_keep_their_accents() {
        for (one, other) in [
            ("ACME", "acme"),
            ("ÄRGER", "ärger"),
            ("МИР", "мир"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("STRASSE", "straße"),
            ("STRAẞE", "straße"),
            ("Ｔｏｋｙｏ", "TOKYO"),
            ("E\u{301}", "é"),
            ("ﬁn", "FIN"),
            ("ԲԱՐԵ", "բարե"),
            ("İ", "i\u{307}"),
            ("日本", "日本"),
        ] {
            assert!(same(one, other), "{one} {other}");
            assert_eq!(fold(&fold(one)), fold(one), "{one}");
        }
        for (one, other) in
            [("É", "e"), ("ø", "o"), ("ñ", "n"), ("и", "й"), ("Ł", "l"), ("ı", "i"), ("が", "か")]
        {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing_and_letters_fold_alone_as_in_texts() {
        for letter in ('\u{1}'..=char::MAX).map(String::from) {
            let once = whole(&letter);
            assert_eq!(whole(&once), once, "{letter:?}");
            let one = letter.chars().next().and_then(alone);
            assert!(one.is_none_or(|one| once == one.to_string()), "{letter:?}");
        }
    }

    #[test]
    fn the_order_is_that_of_folded_text() {
        use std::cmp::Ordering::{Equal, Greater, Less};
        for (one, other, order) in [
            ("Ab", "aB", Equal),
            ("a", "B", Less),
            ("b_", "B", Greater),
            ("z", "Ä", Less),
            ("ä", "Ä", Equal),
            ("", "", Equal),
        ] {
            assert_eq!(compare(one, other), order, "{one} {other}");
            assert_eq!(compare(other, one), order.reverse(), "{other} {one}");
            assert_eq!(whole(one).cmp(&whole(other)), order, "{one} {other}");
        }
    }
}
