//! Queries inside of conditions: `Account_Name in (select id from Accounts where …)`. Source: "Subqueries", v8.

use dealwright_query::coql::{Aggregate, Comparison, Query, Selected, Test};
use dealwright_schema::Form;
use dealwright_store::Sql;
use dealwright_wire::ApiError;

use super::column::{Clause, Target};
use super::limits::Limits;
use super::output::data_type;
use super::plan::{Planner, Statement};
use super::refusal;

/// A subquery as text, with what its one column holds.
struct Inner {
    sql: String,
    /// How many arguments of the statement come before its own.
    args_before: usize,
    comparable: Comparable,
    is_single: bool,
}

/// Values that may be compared with each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparable {
    Text,
    /// Whole numbers in units of `10^-scale`.
    Number(u8),
    Id,
    Date,
    Instant,
    Bool,
}

impl<'a> Planner<'a> {
    /// `column in (query)`.
    pub(super) fn in_query(
        &mut self,
        test: &Test,
        target: &Target<'a>,
        query: &Query,
    ) -> Result<String, ApiError> {
        let inner = self.inner(query)?;
        let column = self.comparable_value(test, target, &inner, query)?;
        Ok(format!("{column} IN ({})", inner.sql))
    }

    /// `column > (query)`. A query that can have several rows is asked beforehand whether it has.
    pub(super) fn compared_with_query(
        &mut self,
        test: &Test,
        target: &Target<'a>,
        comparison: Comparison,
        query: &Query,
    ) -> Result<String, ApiError> {
        let inner = self.inner(query)?;
        let column = self.comparable_value(test, target, &inner, query)?;
        if !inner.is_single {
            let check = self.alone(&inner);
            self.checks.push(check);
        }
        let one = if inner.is_single { "" } else { " LIMIT 1" };
        let sign = if comparison == Comparison::NotEqual { "=" } else { comparison.sign() };
        let compared = format!("{column} {sign} ({}{one})", inner.sql);
        Ok(if comparison == Comparison::NotEqual { format!("({compared}) IS NOT TRUE") } else { compared })
    }

    /// The subquery as a statement of its own that asks for two rows. It is made of the same text: to plan it anew would
    /// plan each subquery in it twice, and so on downwards.
    fn alone(&self, inner: &Inner) -> Statement {
        let sql = format!("{} LIMIT 2", renumbered(&inner.sql, inner.args_before));
        Statement { sql: Sql::from(sql), args: self.filter.args[inner.args_before..].to_vec() }
    }

    /// The subquery as text. Its arguments join those of this query.
    fn inner(&mut self, query: &Query) -> Result<Inner, ApiError> {
        self.subqueries += 1;
        let table = format!("{}s{}", self.table, self.subqueries);
        let mut planner = Planner::new(self.cx, query, table)?;
        planner.filter.args = std::mem::take(&mut self.filter.args);
        let args_before = planner.filter.args.len();
        let inner = planner.inner_text(query, args_before);
        self.filter.args = planner.filter.args;
        self.checks.append(&mut planner.checks);
        inner
    }

    fn inner_text(&mut self, query: &Query, args_before: usize) -> Result<Inner, ApiError> {
        let [item] = query.select.as_slice() else { return Err(refusal::more_than_one_column()) };
        let (rows, offset) = Limits::of(self.cx).check(query)?;
        let column = item.value.column();
        let target = self.column(column, Clause::Select)?;
        let value = self.value(column, &target)?;
        let comparable =
            comparable(&target).ok_or_else(|| refusal::unsupported_type(&column.text, data_type(&target)))?;
        let mut inner = Inner { sql: String::new(), args_before, comparable, is_single: false };
        let is_grouped = !query.group_by.is_empty();
        let expression = match &item.value {
            Selected::Column(_) if comparable == Comparable::Text => self.folded(&target, &value),
            Selected::Column(_) => value,
            Selected::Aggregate(function, _) => {
                inner.is_single = !is_grouped;
                if *function == Aggregate::Count {
                    inner.comparable = Comparable::Number(0);
                    format!("count({value})")
                } else {
                    self.order_key(&item.value, &target)?
                }
            }
        };
        let tail = self.tail(query, is_grouped || inner.is_single)?;
        inner.sql = format!("SELECT {expression}{tail}");
        if query.limit.is_some() || offset > 0 {
            let (limit, offset) = (self.filter.bind(rows as i64), self.filter.bind(offset as i64));
            // The comparison may want fewer rows, so that this part stands in brackets of its own.
            inner.sql = format!("SELECT * FROM ({} LIMIT {limit} OFFSET {offset}) part", inner.sql);
        }
        Ok(inner)
    }

    /// The column's expression, if it can equal what the subquery gives.
    fn comparable_value(
        &mut self,
        test: &Test,
        target: &Target<'a>,
        inner: &Inner,
        query: &Query,
    ) -> Result<String, ApiError> {
        let value = self.value(&test.column, target)?;
        match comparable(target) {
            Some(own) if own == inner.comparable => {
                Ok(if own == Comparable::Text { self.folded(target, &value) } else { value })
            }
            _ => Err(refusal::incomparable(&test.column.text, &query.select[0].value.text())),
        }
    }

    fn folded(&self, target: &Target<'_>, value: &str) -> String {
        match target {
            Target::Field { .. } => self.dialect.fold(value),
            _ => self.dialect.lower(value),
        }
    }
}

/// Text whose arguments are counted from 1, when `before` others came first.
fn renumbered(sql: &str, before: usize) -> String {
    let mut out = String::with_capacity(sql.len());
    let mut parts = sql.split('?');
    out.extend(parts.next());
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|sign: char| sign.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        out.push('?');
        match number.parse::<usize>() {
            Ok(number) => out.push_str(&(number - before).to_string()),
            Err(_) => out.push_str(number),
        }
        out.push_str(rest);
    }
    out
}

fn comparable(target: &Target<'_>) -> Option<Comparable> {
    let Target::Field { field, as_id, .. } = target else {
        return Some(if matches!(target, Target::Into { .. }) { Comparable::Id } else { Comparable::Text });
    };
    if *as_id || field.api_name == "id" {
        return Some(Comparable::Id);
    }
    match field.data_type.get().form {
        Form::Text => Some(Comparable::Text),
        Form::Int | Form::BigInt => Some(Comparable::Number(0)),
        Form::Decimal => Some(Comparable::Number(field.scale())),
        Form::Lookup | Form::AnyLookup | Form::User => Some(Comparable::Id),
        Form::Date => Some(Comparable::Date),
        Form::Instant => Some(Comparable::Instant),
        Form::Bool => Some(Comparable::Bool),
        _ => None,
    }
}
