use rust_decimal::Decimal;

use super::Function;

/// A node of a formula. Two are equal when they say the same, wherever they were written.
#[derive(Debug, Clone)]
pub struct Expression {
    pub kind: Kind,
    /// Byte offset in the parsed text: of the operator for [`Kind::Binary`], else of the beginning.
    pub at: usize,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Never negative: a minus before it is an operator.
    Number(Decimal),
    Text(String),
    Boolean(bool),
    Field(Field),
    Unary(UnaryOperator, Box<Expression>),
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    Call(Function, Vec<Expression>),
}

/// A field by its API name, with its module when that was written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Field {
    pub module: Option<String>,
    pub name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    Minus,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOperator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

impl UnaryOperator {
    pub const ALL: [Self; 2] = [Self::Minus, Self::Not];

    /// The sign used in formula text.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Minus => "-",
            Self::Not => "!",
        }
    }
}

impl BinaryOperator {
    pub const ALL: [Self; 14] = [
        Self::Or,
        Self::And,
        Self::Equal,
        Self::NotEqual,
        Self::Less,
        Self::LessEqual,
        Self::Greater,
        Self::GreaterEqual,
        Self::Add,
        Self::Subtract,
        Self::Multiply,
        Self::Divide,
        Self::Remainder,
        Self::Power,
    ];

    /// The sign used in formula text.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Remainder => "%",
            Self::Power => "^",
        }
    }

    /// How tightly it binds: a larger one before a smaller one.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            _ if self.compares() => 3,
            Self::Add | Self::Subtract => 4,
            Self::Power => 7,
            _ => 5,
        }
    }

    /// Whether it compares two values; comparisons do not follow each other without brackets.
    pub fn compares(self) -> bool {
        matches!(
            self,
            Self::Equal | Self::NotEqual | Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual
        )
    }
}

impl Expression {
    pub fn new(kind: Kind, at: usize) -> Self {
        Self { kind, at }
    }

    /// The nodes right below this one, in the order they were written.
    pub fn parts(&self) -> impl Iterator<Item = &Self> {
        let (pair, list): ([Option<&Self>; 2], &[Self]) = match &self.kind {
            Kind::Unary(_, operand) => ([Some(operand), None], &[]),
            Kind::Binary(_, left, right) => ([Some(left), Some(right)], &[]),
            Kind::Call(_, arguments) => ([None, None], arguments),
            Kind::Number(_) | Kind::Text(_) | Kind::Boolean(_) | Kind::Field(_) => ([None, None], &[]),
        };
        pair.into_iter().flatten().chain(list)
    }

    /// This node and all below it.
    pub fn nodes(&self) -> impl Iterator<Item = &Self> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            let next = pending.pop()?;
            pending.extend(next.parts());
            Some(next)
        })
    }

    /// The fields that the formula reads, some perhaps more than once, in no certain order.
    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.nodes().filter_map(|node| match &node.kind {
            Kind::Field(field) => Some(field),
            _ => None,
        })
    }

    /// Whether the value depends on when it is asked for.
    pub fn depends_on_time(&self) -> bool {
        self.nodes().any(|node| matches!(node.kind, Kind::Call(Function::Now, _)))
    }
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}
