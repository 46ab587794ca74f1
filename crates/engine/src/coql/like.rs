//! The patterns of `like`: `%` stands for any text, also none; everything else for itself, without regard to case.

use dealwright_wire::letters;

/// A pattern, taken apart once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern<'p> {
    /// No `%` at all.
    Whole(&'p str),
    /// Nothing but `%`.
    Anything,
    StartsWith(&'p str),
    EndsWith(&'p str),
    Contains(&'p str),
    /// `%` in the middle.
    General(&'p str),
}

impl<'p> Pattern<'p> {
    pub(super) fn of(text: &'p str) -> Self {
        let inner = text.trim_matches('%');
        match (text.starts_with('%'), text.ends_with('%')) {
            _ if text.is_empty() => Self::Whole(text),
            _ if inner.is_empty() => Self::Anything,
            _ if inner.contains('%') => Self::General(text),
            (false, false) => Self::Whole(inner),
            (false, true) => Self::StartsWith(inner),
            (true, false) => Self::EndsWith(inner),
            (true, true) => Self::Contains(inner),
        }
    }

    /// Whether a text in memory fits.
    pub(super) fn fits(self, text: &str) -> bool {
        let text = letters::fold(text);
        match self {
            Self::Whole(part) => text == letters::fold(part),
            Self::Anything => true,
            Self::StartsWith(part) => text.starts_with(&*letters::fold(part)),
            Self::EndsWith(part) => text.ends_with(&*letters::fold(part)),
            Self::Contains(part) => text.contains(&*letters::fold(part)),
            Self::General(pattern) => fits_general(&text, pattern),
        }
    }
}

/// The first part at the beginning, the last at the end, the others in between in their order.
fn fits_general(text: &str, pattern: &str) -> bool {
    // Folding may make a `%` of another character, so parts are folded one by one.
    let mut parts = pattern.split('%').map(letters::fold);
    let (Some(first), Some(last)) = (parts.next(), parts.next_back()) else {
        return text == letters::fold(pattern);
    };
    let Some(mut rest) = text.strip_prefix(&*first) else { return false };
    for part in parts {
        let Some(at) = rest.find(&*part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(&*last)
}

/// The pattern as SQL's `LIKE … ESCAPE '\'` wants it.
pub(super) fn escaped(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 4);
    for (at, part) in pattern.split('%').enumerate() {
        if at > 0 {
            out.push('%');
        }
        for character in letters::fold(part).chars() {
            if matches!(character, '\\' | '_' | '%') {
                out.push('\\');
            }
            out.push(character);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Pattern, escaped};

    #[test]
    fn patterns_are_taken_apart() {
        assert_eq!(Pattern::of("abc"), Pattern::Whole("abc"));
        assert_eq!(Pattern::of(""), Pattern::Whole(""));
        assert_eq!(Pattern::of("%%"), Pattern::Anything);
        assert_eq!(Pattern::of("ab%"), Pattern::StartsWith("ab"));
        assert_eq!(Pattern::of("%ab"), Pattern::EndsWith("ab"));
        assert_eq!(Pattern::of("%ab%"), Pattern::Contains("ab"));
        assert_eq!(Pattern::of("a%b"), Pattern::General("a%b"));
        assert_eq!(escaped("A_\\%"), "a\\_\\\\%");
    }

    #[test]
    fn texts_fit() {
        for (pattern, text, fits) in [
            ("Ab%", "abc", true),
            ("%C", "abc", true),
            ("a%c", "aXXc", true),
            ("a%c", "ac", true),
            ("a%a", "a", false),
            ("a%b%c", "a1b2c", true),
            ("a%b%c", "a1c2b", false),
            ("%b%c", "xbbc", true),
            ("a_c", "abc", false),
        ] {
            assert_eq!(Pattern::of(pattern).fits(text), fits, "{pattern} {text}");
        }
    }
}
