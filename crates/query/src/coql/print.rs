//! Trees as text that reads as the same tree.

use std::fmt::{self, Display, Formatter};

use super::ast::{Column, Expr, Item, Operand, Order, Predicate, Query, Selected, Test, Values};

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("select ")?;
        list(f, &self.select)?;
        write!(f, " from {}", Quoted(&self.module))?;
        if let Some(view) = &self.view {
            write!(f, "#{}", Quoted(view))?;
        }
        write!(f, " where {}", self.criteria)?;
        if !self.group_by.is_empty() {
            f.write_str(" group by ")?;
            list(f, &self.group_by)?;
        }
        if !self.order_by.is_empty() {
            f.write_str(" order by ")?;
            list(f, &self.order_by)?;
        }
        if let Some(limit) = self.limit {
            write!(f, " limit {limit}")?;
        }
        match self.offset {
            Some(offset) => write!(f, " offset {offset}"),
            None => Ok(()),
        }
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.value, f)?;
        match &self.alias {
            Some(alias) => write!(f, " as {}", Quoted(alias)),
            None => Ok(()),
        }
    }
}

impl Display for Selected {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(column) => Display::fmt(column, f),
            Self::Aggregate(function, column) => write!(f, "{}({column})", function.name()),
        }
    }
}

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        Display::fmt(&Quoted(&self.text), f)
    }
}

impl Display for Order {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.by, if self.descending { " desc" } else { "" })
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (parts, word) = match self {
            Self::Test(test) => return Display::fmt(test, f),
            Self::All(parts) => (parts, " and "),
            Self::Any(parts) => (parts, " or "),
        };
        f.write_str("(")?;
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                f.write_str(word)?;
            }
            Display::fmt(part, f)?;
        }
        f.write_str(")")
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.column, self.predicate.operator())?;
        match &self.predicate {
            Predicate::Compare(_, Operand::Literal(text)) => write!(f, " {}", Quoted(text)),
            Predicate::Compare(_, Operand::Query(query))
            | Predicate::In { values: Values::Query(query), .. } => write!(f, " ({query})"),
            Predicate::In { values: Values::Literals(values), .. } => {
                f.write_str(" (")?;
                let values: Vec<_> = values.iter().map(|value| Quoted(value)).collect();
                list(f, &values)?;
                f.write_str(")")
            }
            Predicate::Between { low, high, .. } => write!(f, " {} and {}", Quoted(low), Quoted(high)),
            Predicate::Like { pattern, .. } => write!(f, " {}", Quoted(pattern)),
            Predicate::Null { .. } => Ok(()),
        }
    }
}

/// A name or a value in quotes.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

fn list<T: Display>(f: &mut Formatter<'_>, parts: &[T]) -> fmt::Result {
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        Display::fmt(part, f)?;
    }
    Ok(())
}
