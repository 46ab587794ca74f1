use super::Operator;
use crate::bound::{Side, agreed};

/// Which records to find, parsed from text or from JSON.
///
/// Parsing keeps the nesting as written, drops brackets around a single part, and makes groups of two or more parts
/// only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Criteria {
    /// Every part holds: `and`.
    All(Vec<Criteria>),
    /// At least one part holds: `or`.
    Any(Vec<Criteria>),
    /// The part does not hold, also where its field is empty. Only JSON can say so: `not_in`, `not_contains`,
    /// `not_between`.
    Not(Box<Criteria>),
    Test(Condition),
}

impl Criteria {
    /// A comparison that holds wherever one of the parts of an `or` does: `F <= v` for `F < v or (F = v and …)`.
    pub fn bound(&self) -> Option<Condition> {
        let Self::Any(parts) = self else { return None };
        let parts: Vec<Vec<&Condition>> = parts.iter().map(Self::needed).collect();
        let (condition, side) = agreed(&parts, |condition| {
            let [value] = &condition.values[..] else { return None };
            let side = match condition.operator {
                Operator::Equals => Side::At,
                Operator::LessThan | Operator::LessEqual => Side::Below,
                Operator::GreaterThan | Operator::GreaterEqual => Side::Above,
                _ => return None,
            };
            // Words such as `${EMPTY}` mean more than a value.
            (!value.starts_with("${")).then_some(((&condition.field, value), side))
        })?;
        let operator = if side == Side::Below { Operator::LessEqual } else { Operator::GreaterEqual };
        Some(Condition { operator, ..condition.clone() })
    }

    /// Conditions that have to hold for the whole.
    pub fn needed(&self) -> Vec<&Condition> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::needed).collect(),
            Self::Test(condition) => vec![condition],
            Self::Any(_) | Self::Not(_) => Vec::new(),
        }
    }

    /// The conditions of the whole tree, in the order they were written.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            loop {
                match pending.pop()? {
                    Self::All(parts) | Self::Any(parts) => pending.extend(parts.iter().rev()),
                    Self::Not(part) => pending.push(part),
                    Self::Test(condition) => return Some(condition),
                }
            }
        })
    }
}

/// One test of one field. Two conditions are equal when they say the same, wherever they were written.
#[derive(Debug, Clone)]
pub struct Condition {
    /// The field's API name; dots lead through lookups, `Account_Name.Industry`.
    pub field: String,
    pub operator: Operator,
    /// The values without escapes and surrounding white space: none for `is_empty` and `is_not_empty`, two for
    /// `between` (one where it stands for a period), one or more for `in`, one for the others. None of them is empty.
    pub values: Vec<String>,
    /// Byte offset of the field name in the parsed text; from JSON, the condition's number from 0 on.
    pub at: usize,
}

impl Condition {
    /// The API's own test for emptiness: `equals:${EMPTY}` and `not_equal:${NOTEMPTY}` give `Some(true)`, the other two
    /// `Some(false)`.
    pub fn tests_empty(&self) -> Option<bool> {
        match self.operator {
            Operator::Equals | Operator::NotEqual => match self.values.as_slice() {
                [word] if word == "${EMPTY}" => Some(self.operator == Operator::Equals),
                [word] if word == "${NOTEMPTY}" => Some(self.operator == Operator::NotEqual),
                _ => None,
            },
            _ => None,
        }
    }
}

impl PartialEq for Condition {
    fn eq(&self, other: &Self) -> bool {
        self.field == other.field && self.operator == other.operator && self.values == other.values
    }
}

impl Eq for Condition {}
