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
            let mut alone = Planner::new(self.cx, query, "t".to_owned())?;
            let sql = format!("{} LIMIT 2", alone.inner_text(query)?.sql);
            self.checks.append(&mut alone.checks);
            self.checks.push(Statement { sql: Sql::from(sql), args: alone.filter.args });
        }
        let one = if inner.is_single { "" } else { " LIMIT 1" };
        let sign = if comparison == Comparison::NotEqual { "=" } else { comparison.sign() };
        let compared = format!("{column} {sign} ({}{one})", inner.sql);
        Ok(if comparison == Comparison::NotEqual { format!("({compared}) IS NOT TRUE") } else { compared })
    }

    /// The subquery as text. Its arguments join those of this query.
    fn inner(&mut self, query: &Query) -> Result<Inner, ApiError> {
        self.subqueries += 1;
        let table = format!("{}s{}", self.table, self.subqueries);
        let mut planner = Planner::new(self.cx, query, table)?;
        planner.filter.args = std::mem::take(&mut self.filter.args);
        let inner = planner.inner_text(query);
        self.filter.args = planner.filter.args;
        self.checks.append(&mut planner.checks);
        inner
    }

    fn inner_text(&mut self, query: &Query) -> Result<Inner, ApiError> {
        let [item] = query.select.as_slice() else { return Err(refusal::more_than_one_column()) };
        let (rows, offset) = Limits::of(self.cx).check(query)?;
        let column = item.value.column();
        let target = self.column(column, Clause::Select)?;
        let value = self.value(column, &target)?;
        let comparable =
            comparable(&target).ok_or_else(|| refusal::unsupported_type(&column.text, data_type(&target)))?;
        let mut inner = Inner { sql: String::new(), comparable, is_single: false };
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
