use crate::bound::{Side, agreed};

/// A COQL query as it was written: what it selects, from where, and which part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// One or more.
    pub select: Vec<Item>,
    /// API name of the module.
    pub module: String,
    /// The custom view behind `#`, as written.
    pub view: Option<String>,
    pub criteria: Expr,
    pub group_by: Vec<Column>,
    pub order_by: Vec<Order>,
    /// Rows at most; never 0.
    pub limit: Option<u64>,
    /// Rows left out at the beginning.
    pub offset: Option<u64>,
}

/// One part of the select clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub value: Selected,
    /// The name of the value in the answer instead of its text; never empty.
    pub alias: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selected {
    Column(Column),
    Aggregate(Aggregate, Column),
}

impl Selected {
    pub fn column(&self) -> &Column {
        match self {
            Self::Column(column) | Self::Aggregate(_, column) => column,
        }
    }

    /// The text by which the answer names the value: `Amount`, `SUM(Amount)`.
    pub fn text(&self) -> String {
        match self {
            Self::Column(column) => column.text.clone(),
            Self::Aggregate(function, column) => format!("{}({})", function.name(), column.text),
        }
    }
}

/// What is made of the values of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Aggregate {
    Sum,
    Min,
    Max,
    Avg,
    Count,
}

impl Aggregate {
    pub const ALL: [Self; 5] = [Self::Sum, Self::Min, Self::Max, Self::Avg, Self::Count];

    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "SUM",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Avg => "AVG",
            Self::Count => "COUNT",
        }
    }

    /// The function of that exact name; names in lower case are none.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

/// A field of the module, or one that lookups lead to: `Account_Name.Parent_Account.Account_Name`,
/// `What_Id->Deals.Amount`, `!Leads.Owner.role.id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// As written, without quotes.
    pub text: String,
    /// The module named before the first step with `!`.
    pub module: Option<String>,
    /// One or more.
    pub steps: Vec<Step>,
}

/// A part between dots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub name: String,
    /// The module that the lookup is followed into, behind `->`.
    pub into: Option<String>,
}

impl Column {
    /// The column that a text without quotes names; `None` when an empty name is in it.
    pub fn read(text: &str) -> Option<Self> {
        let (module, path) = match text.strip_prefix('!') {
            Some(rest) => rest.split_once('.').map(|(module, path)| (Some(module.to_owned()), path))?,
            None => (None, text),
        };
        let is_named = |name: &str| !name.is_empty() && !name.contains("->");
        let step = |part: &str| {
            let (name, into) = match part.split_once("->") {
                Some((name, into)) => (name, Some(into)),
                None => (part, None),
            };
            let named = is_named(name) && into.is_none_or(is_named);
            named.then(|| Step { name: name.to_owned(), into: into.map(str::to_owned) })
        };
        let steps = path.split('.').map(step).collect::<Option<Vec<_>>>()?;
        let is_named = module.as_deref().is_none_or(is_named);
        is_named.then(|| Self { text: text.to_owned(), module, steps })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// A column, an alias or an aggregate of the select clause.
    pub by: Selected,
    pub descending: bool,
}

/// Which rows are meant.
///
/// Parsing keeps the nesting as written, drops brackets around a single part, and makes groups of two or more parts
/// only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expr {
    All(Vec<Expr>),
    Any(Vec<Expr>),
    Test(Test),
}

impl Expr {
    /// A comparison that holds wherever one of the parts of an `or` does: `F <= v` for `F < v or (F = v and …)`.
    pub fn bound(&self) -> Option<Test> {
        let Self::Any(parts) = self else { return None };
        let parts: Vec<Vec<&Test>> = parts.iter().map(Self::needed).collect();
        let (test, side) = agreed(&parts, |test| {
            let Predicate::Compare(comparison, Operand::Literal(value)) = &test.predicate else {
                return None;
            };
            let side = match comparison {
                Comparison::Equal => Side::At,
                Comparison::Less | Comparison::LessEqual => Side::Below,
                Comparison::Greater | Comparison::GreaterEqual => Side::Above,
                Comparison::NotEqual => return None,
            };
            Some(((&test.column.module, &test.column.steps, value), side))
        })?;
        let comparison = if side == Side::Below { Comparison::LessEqual } else { Comparison::GreaterEqual };
        let Predicate::Compare(_, operand) = &test.predicate else { return None };
        Some(Test { column: test.column.clone(), predicate: Predicate::Compare(comparison, operand.clone()) })
    }

    /// Tests that have to hold for the whole.
    fn needed(&self) -> Vec<&Test> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::needed).collect(),
            Self::Test(test) => vec![test],
            Self::Any(_) => Vec::new(),
        }
    }

    /// The tests of the whole tree, in the order they were written; those of subqueries are not among them.
    pub fn tests(&self) -> impl Iterator<Item = &Test> {
        let mut pending = vec![self];
        std::iter::from_fn(move || {
            loop {
                match pending.pop()? {
                    Self::All(parts) | Self::Any(parts) => pending.extend(parts.iter().rev()),
                    Self::Test(test) => return Some(test),
                }
            }
        })
    }
}

/// One test of one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    pub column: Column,
    pub predicate: Predicate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    Compare(Comparison, Operand),
    In {
        negated: bool,
        values: Values,
    },
    Between {
        negated: bool,
        low: String,
        high: String,
    },
    /// `%` stands for any text, also none.
    Like {
        negated: bool,
        pattern: String,
    },
    Null {
        negated: bool,
    },
}

impl Predicate {
    /// The operator as messages name it.
    pub fn operator(&self) -> &'static str {
        match self {
            Self::Compare(comparison, _) => comparison.sign(),
            Self::In { negated: false, .. } => "in",
            Self::In { negated: true, .. } => "not in",
            Self::Between { negated: false, .. } => "between",
            Self::Between { negated: true, .. } => "not between",
            Self::Like { negated: false, .. } => "like",
            Self::Like { negated: true, .. } => "not like",
            Self::Null { negated: false } => "is null",
            Self::Null { negated: true } => "is not null",
        }
    }
}

/// What stands behind a comparison. Literals are without quotes; whether they had any makes no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operand {
    Literal(String),
    Query(Box<Query>),
}

/// What stands behind `in`: literals, one or more, or the rows of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Values {
    Literals(Vec<String>),
    Query(Box<Query>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    Equal,
    NotEqual,
    Greater,
    GreaterEqual,
    Less,
    LessEqual,
}

impl Comparison {
    pub const ALL: [Self; 6] =
        [Self::Equal, Self::NotEqual, Self::Greater, Self::GreaterEqual, Self::Less, Self::LessEqual];

    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Less => "<",
            Self::LessEqual => "<=",
        }
    }
}
