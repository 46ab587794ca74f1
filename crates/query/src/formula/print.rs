use std::fmt::{self, Display as _, Write as _};

use super::{Expression, Field, Kind};

/// Prints the formula with brackets around every operand that is an operation itself.
///
/// The text parses back to an equal tree if the tree is one that parsing can make: no negative numbers, names of ASCII
/// letters, digits and underscores. It may be longer and nest deeper than the text the tree came from, so that limits
/// with no room to spare can refuse it.
impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Number(number) => number.fmt(f),
            Kind::Text(text) => write_quoted(f, text),
            Kind::Boolean(yes) => yes.fmt(f),
            Kind::Field(field) => field.fmt(f),
            Kind::Unary(operator, operand) => {
                f.write_str(operator.sign())?;
                write_operand(f, operand)
            }
            Kind::Binary(operator, left, right) => {
                write_operand(f, left)?;
                write!(f, " {} ", operator.sign())?;
                write_operand(f, right)
            }
            Kind::Call(function, arguments) => {
                write!(f, "{}(", function.name())?;
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    argument.fmt(f)?;
                }
                f.write_char(')')
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.module {
            Some(module) => write!(f, "${{{module}.{}}}", self.name),
            None => write!(f, "${{{}}}", self.name),
        }
    }
}

fn write_operand(f: &mut fmt::Formatter<'_>, operand: &Expression) -> fmt::Result {
    match operand.kind {
        Kind::Unary(..) | Kind::Binary(..) => write!(f, "({operand})"),
        _ => operand.fmt(f),
    }
}

fn write_quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('\'')?;
    for character in text.chars() {
        if matches!(character, '\'' | '\\') {
            f.write_char('\\')?;
        }
        f.write_char(character)?;
    }
    f.write_char('\'')
}
