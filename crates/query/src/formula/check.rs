use super::function::{Gives, Takes};
use super::{
    BinaryOperator, Expression, Field, FormulaError, FormulaErrorKind, Function, Kind, UnaryOperator,
};

/// The type of a value in a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    Number,
    Text,
    Boolean,
    Date,
    DateTime,
}

impl Type {
    /// With its article, for errors.
    fn described(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Text => "a text",
            Self::Boolean => "a condition",
            Self::Date => "a date",
            Self::DateTime => "a date with a time",
        }
    }

    fn is_moment(self) -> bool {
        matches!(self, Self::Date | Self::DateTime)
    }

    /// The type that values of both can have: a date becomes the beginning of its day.
    fn shared_with(self, other: Self) -> Option<Self> {
        if self == other {
            return Some(self);
        }
        (self.is_moment() && other.is_moment()).then_some(Self::DateTime)
    }
}

/// The type of the formula's value. `type_of` knows the types of fields, and nothing about those that a formula
/// cannot read. A checked formula gives a value of its type, or none, whatever its fields hold.
pub fn check(
    expression: &Expression,
    type_of: &dyn Fn(&Field) -> Option<Type>,
) -> Result<Type, FormulaError> {
    match &expression.kind {
        Kind::Number(_) => Ok(Type::Number),
        Kind::Text(_) => Ok(Type::Text),
        Kind::Boolean(_) => Ok(Type::Boolean),
        Kind::Field(field) => type_of(field).ok_or_else(|| {
            let expected = format!("a field that formulas can read instead of `{}`", field.name);
            FormulaError::new(FormulaErrorKind::UnknownField, expression.at, expected)
        }),
        Kind::Unary(operator, operand) => {
            let wanted = match operator {
                UnaryOperator::Minus => Type::Number,
                UnaryOperator::Not => Type::Boolean,
            };
            require(operand, type_of, wanted)?;
            Ok(wanted)
        }
        Kind::Binary(operator, left, right) => binary(*operator, left, right, type_of),
        Kind::Call(function, arguments) => call(*function, arguments, expression.at, type_of),
    }
}

fn wrong(at: usize, expected: &'static str) -> FormulaError {
    FormulaError::new(FormulaErrorKind::WrongType, at, expected)
}

fn require(
    expression: &Expression,
    type_of: &dyn Fn(&Field) -> Option<Type>,
    wanted: Type,
) -> Result<(), FormulaError> {
    let found = check(expression, type_of)?;
    if found == wanted { Ok(()) } else { Err(wrong(expression.at, wanted.described())) }
}

fn binary(
    operator: BinaryOperator,
    left: &Expression,
    right: &Expression,
    type_of: &dyn Fn(&Field) -> Option<Type>,
) -> Result<Type, FormulaError> {
    let both = |wanted: Type| {
        require(left, type_of, wanted)?;
        require(right, type_of, wanted)?;
        Ok(wanted)
    };
    if matches!(operator, BinaryOperator::Or | BinaryOperator::And) {
        return both(Type::Boolean);
    }
    if !operator.compares() {
        return both(Type::Number);
    }
    let first = check(left, type_of)?;
    let ordered = !matches!(operator, BinaryOperator::Equal | BinaryOperator::NotEqual);
    if ordered && first == Type::Boolean {
        return Err(wrong(left.at, "a number, a text or a date"));
    }
    let second = check(right, type_of)?;
    first.shared_with(second).map(|_| Type::Boolean).ok_or_else(|| wrong(right.at, first.described()))
}

fn call(
    function: Function,
    arguments: &[Expression],
    at: usize,
    type_of: &dyn Fn(&Field) -> Option<Type>,
) -> Result<Type, FormulaError> {
    let (fewest, most) = function.arity();
    if arguments.len() < fewest || most.is_some_and(|most| arguments.len() > most) {
        let count = match most {
            Some(most) if most == fewest => format!("{fewest}"),
            Some(most) => format!("{fewest} to {most}"),
            None => format!("at least {fewest}"),
        };
        let expected = format!("{count} arguments for `{}`", function.name());
        return Err(FormulaError::new(FormulaErrorKind::WrongCount, at, expected));
    }
    let signature = function.signature();
    let (mut first, mut shared) = (None, None::<Type>);
    for (index, argument) in arguments.iter().enumerate() {
        let found = check(argument, type_of)?;
        first = first.or(Some(found));
        let refused = |expected| Err(wrong(argument.at, expected));
        match signature.takes_at(index) {
            Some(Takes::Number) if found != Type::Number => return refused(Type::Number.described()),
            Some(Takes::Text) if found != Type::Text => return refused(Type::Text.described()),
            Some(Takes::Boolean) if found != Type::Boolean => return refused(Type::Boolean.described()),
            Some(Takes::Moment) if !found.is_moment() => return refused(Type::Date.described()),
            Some(Takes::Ordered) if found != Type::Number && !found.is_moment() => {
                return refused("a number or a date");
            }
            Some(Takes::Ordered | Takes::Alike) => match shared {
                None => shared = Some(found),
                Some(before) => match before.shared_with(found) {
                    None => return refused(before.described()),
                    both => shared = both,
                },
            },
            _ => {}
        }
    }
    Ok(match signature.gives {
        Gives::Number => Type::Number,
        Gives::Text => Type::Text,
        Gives::Boolean => Type::Boolean,
        Gives::Date => Type::Date,
        Gives::DateTime => Type::DateTime,
        // The count was checked: functions that give one of these have an argument.
        Gives::First => first.unwrap_or(Type::DateTime),
        Gives::Shared => shared.unwrap_or(Type::Number),
    })
}
