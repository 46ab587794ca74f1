//! What a formula gives.
//!
//! An empty value makes what is computed from it empty, and so does what has no value: a division by zero, a number of
//! more than 28 digits, a text that is too long, the 31st of June. `And`, `Or` and `If` look only as far as they must.

use std::cmp::Ordering;

use dealwright_query::formula::{BinaryOperator, Expression, Field, Kind, UnaryOperator};
use dealwright_wire::{Instant, Zone};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};

use super::functions;
use super::value::Value;

/// Where and when a formula is computed.
#[derive(Clone, Copy)]
pub(crate) struct Computing<'a> {
    /// Dates and hours are those of this zone.
    pub zone: &'a Zone,
    pub now: Instant,
    /// Values of fields.
    pub field: &'a dyn Fn(&Field) -> Option<Value>,
}

impl Computing<'_> {
    /// The value of a formula that was checked; `None` when it is empty.
    pub(crate) fn value(&self, expression: &Expression) -> Option<Value> {
        match &expression.kind {
            Kind::Number(number) => Some(Value::Number(*number)),
            Kind::Text(text) => Some(Value::Text(text.clone())),
            Kind::Boolean(yes) => Some(Value::Boolean(*yes)),
            Kind::Field(field) => (self.field)(field),
            Kind::Unary(UnaryOperator::Minus, operand) => self.number(operand).map(|n| Value::Number(-n)),
            Kind::Unary(UnaryOperator::Not, operand) => self.boolean(operand).map(|yes| Value::Boolean(!yes)),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right),
            Kind::Call(function, arguments) => functions::call(self, *function, arguments),
        }
    }

    pub(crate) fn number(&self, expression: &Expression) -> Option<Decimal> {
        match self.value(expression)? {
            Value::Number(number) => Some(number),
            _ => None,
        }
    }

    pub(crate) fn text(&self, expression: &Expression) -> Option<String> {
        match self.value(expression)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self, expression: &Expression) -> Option<bool> {
        match self.value(expression)? {
            Value::Boolean(yes) => Some(yes),
            _ => None,
        }
    }

    /// The conjunction of conditions, or with `decisive` true their disjunction: one that is decisive settles it,
    /// else one that is empty leaves it open.
    pub(crate) fn all<'e>(
        &self,
        conditions: impl IntoIterator<Item = &'e Expression>,
        decisive: bool,
    ) -> Option<Value> {
        let mut open = false;
        for condition in conditions {
            match self.boolean(condition) {
                Some(yes) if yes == decisive => return Some(Value::Boolean(decisive)),
                Some(_) => {}
                None => open = true,
            }
        }
        (!open).then_some(Value::Boolean(!decisive))
    }

    fn binary(&self, operator: BinaryOperator, left: &Expression, right: &Expression) -> Option<Value> {
        match operator {
            BinaryOperator::And => return self.all([left, right], false),
            BinaryOperator::Or => return self.all([left, right], true),
            _ => {}
        }
        if operator.compares() {
            let order = self.compare(&self.value(left)?, &self.value(right)?)?;
            return Some(Value::Boolean(match operator {
                BinaryOperator::Equal => order.is_eq(),
                BinaryOperator::NotEqual => order.is_ne(),
                BinaryOperator::Less => order.is_lt(),
                BinaryOperator::LessEqual => order.is_le(),
                BinaryOperator::Greater => order.is_gt(),
                _ => order.is_ge(),
            }));
        }
        let (left, right) = (self.number(left)?, self.number(right)?);
        let number = match operator {
            BinaryOperator::Add => left.checked_add(right),
            BinaryOperator::Subtract => left.checked_sub(right),
            BinaryOperator::Multiply => left.checked_mul(right),
            BinaryOperator::Divide => left.checked_div(right),
            BinaryOperator::Remainder => left.checked_rem(right),
            _ => power(left, right),
        };
        number.map(Value::Number)
    }

    /// Numbers by size, texts by their characters, moments by time.
    pub(crate) fn compare(&self, left: &Value, right: &Value) -> Option<Ordering> {
        match (left, right) {
            (Value::Number(left), Value::Number(right)) => Some(left.cmp(right)),
            (Value::Text(left), Value::Text(right)) => Some(left.cmp(right)),
            (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
            (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
            _ => Some(left.instant(self.zone)?.cmp(&right.instant(self.zone)?)),
        }
    }
}

/// Exact for whole exponents as far as 28 digits go, else to some 15 digits.
fn power(base: Decimal, exponent: Decimal) -> Option<Decimal> {
    if !exponent.fract().is_zero() {
        return approximately(base, |base| base.powf(exponent.to_f64().unwrap_or(f64::NAN)));
    }
    let mut left = exponent.abs().to_u64()?;
    let (mut result, mut square) = (Decimal::ONE, base);
    while left > 0 {
        if left % 2 == 1 {
            result = result.checked_mul(square)?;
        }
        left /= 2;
        if left > 0 {
            square = square.checked_mul(square)?;
        }
    }
    if exponent.is_sign_negative() { Decimal::ONE.checked_div(result) } else { Some(result) }
}

/// What a function of real numbers gives, to some 15 digits.
pub(crate) fn approximately(number: Decimal, function: impl FnOnce(f64) -> f64) -> Option<Decimal> {
    // What is no number, or no finite one, has no decimal.
    Decimal::from_f64(function(number.to_f64()?))
}
