use std::fmt::{self, Write as _};

use super::{Condition, Criteria};

/// Prints the form the reference service documents: each group in brackets of its own, one kind of conjunction in it.
///
/// The text parses back to an equal tree if the tree is one that parsing text can make: groups of two or more parts, valid
/// field names, values as [`Condition::values`] says. It may be longer and nest deeper than the text the tree came
/// from, so that limits with no room to spare can refuse it.
impl fmt::Display for Criteria {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, conjunction) = match self {
            Self::All(parts) => (parts, "and"),
            Self::Any(parts) => (parts, "or"),
            Self::Not(part) => return write!(f, "(not{part})"),
            Self::Test(condition) => return condition.fmt(f),
        };
        f.write_char('(')?;
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(conjunction)?;
            }
            part.fmt(f)?;
        }
        f.write_char(')')
    }
}

/// Prints the condition in brackets.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({}:{}", self.field, self.operator.name())?;
        for (index, value) in self.values.iter().enumerate() {
            f.write_char(if index == 0 { ':' } else { ',' })?;
            write_escaped(f, value)?;
        }
        f.write_char(')')
    }
}

fn write_escaped(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    for character in value.chars() {
        if matches!(character, '(' | ')' | ',' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    Ok(())
}
