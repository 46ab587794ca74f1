//! Folding: text without accents and case.

use unicode_normalization::UnicodeNormalization as _;

/// A range of characters, both ends in it.
pub(crate) type Range = (char, char);

/// Marks that accents become when characters are taken apart, and selectors of variants.
pub(crate) const MARKS: &[Range] = &[
    ('\u{300}', '\u{36f}'),
    ('\u{1ab0}', '\u{1aff}'),
    ('\u{1dc0}', '\u{1dff}'),
    ('\u{20d0}', '\u{20ff}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{fe20}', '\u{fe2f}'),
];

/// Punctuation, signs, emoji and private use: what stands between words, after folding.
pub(crate) const SEPARATORS: &[Range] = &[
    ('\u{1}', '/'),
    (':', '`'),
    ('\u{7b}', '\u{bf}'),
    ('×', '×'),
    ('÷', '÷'),
    ('\u{1680}', '\u{1680}'),
    ('\u{180e}', '\u{180e}'),
    ('\u{2000}', '\u{206f}'),
    ('\u{20a0}', '\u{20cf}'),
    ('\u{2190}', '\u{2bff}'),
    ('\u{2e00}', '\u{2e7f}'),
    ('\u{3000}', '\u{3004}'),
    ('\u{3008}', '\u{3020}'),
    ('\u{3030}', '\u{3030}'),
    ('\u{303d}', '\u{303f}'),
    ('\u{30fb}', '\u{30fb}'),
    ('\u{e000}', '\u{f8ff}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{fff0}', '\u{ffff}'),
    ('\u{1f000}', '\u{1faff}'),
    ('\u{f0000}', '\u{10ffff}'),
];

/// Scripts that are written without spaces: Thai, Lao, Burmese, Khmer, kana, Han.
pub(crate) const SPACELESS: &[Range] = &[
    ('\u{e00}', '\u{eff}'),
    ('\u{1000}', '\u{109f}'),
    ('\u{1780}', '\u{17ff}'),
    ('\u{2e80}', '\u{2fdf}'),
    ('\u{3005}', '\u{3007}'),
    ('\u{3041}', '\u{30fa}'),
    ('\u{30fc}', '\u{30ff}'),
    ('\u{31f0}', '\u{31ff}'),
    ('\u{3400}', '\u{4dbf}'),
    ('\u{4e00}', '\u{9fff}'),
    ('\u{f900}', '\u{faff}'),
    ('\u{20000}', '\u{323af}'),
];

/// Letters that are not taken apart by Unicode and that people write otherwise, each as one letter.
pub(crate) const ALIKE: &[(char, char)] =
    &[('ł', 'l'), ('ø', 'o'), ('đ', 'd'), ('ð', 'd'), ('ħ', 'h'), ('ŧ', 't'), ('ı', 'i'), ('ς', 'σ')];

/// The same as two letters.
pub(crate) const AS_TWO: &[(char, &str)] = &[('ß', "ss"), ('æ', "ae"), ('œ', "oe"), ('þ', "th")];

/// Text as it is compared: taken apart (NFKD), without marks, in lower case, with like letters made one.
pub(crate) fn fold(text: &str) -> String {
    let mut out = String::new();
    fold_into(text, &mut out);
    out
}

/// The same in place of what is in `out`.
pub(crate) fn fold_into(text: &str, out: &mut String) {
    out.clear();
    out.reserve(text.len());
    if text.is_ascii() {
        out.push_str(text);
        return out.make_ascii_lowercase();
    }
    let plain = text.nfkd().filter(|c| !is_in(MARKS, *c));
    for c in plain.flat_map(char::to_lowercase) {
        match AS_TWO.iter().find(|(from, _)| *from == c) {
            _ if c.is_ascii() => out.push(c),
            Some((_, two)) => out.push_str(two),
            None => out.push(ALIKE.iter().find(|(from, _)| *from == c).map_or(c, |(_, to)| *to)),
        }
    }
}

/// Whether words end at a character of a folded text.
pub(crate) fn is_separator(c: char) -> bool {
    if c.is_ascii() { !c.is_ascii_alphanumeric() } else { is_in(SEPARATORS, c) }
}

/// Whether a character belongs to a script without spaces.
pub(crate) fn is_spaceless(c: char) -> bool {
    c >= SPACELESS[0].0 && is_in(SPACELESS, c)
}

fn is_in(ranges: &[Range], c: char) -> bool {
    ranges.iter().any(|(from, to)| (*from..=*to).contains(&c))
}
