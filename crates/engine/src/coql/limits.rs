//! How large a query may be. Source: the limitations pages of each version.

use dealwright_query::coql::{Expr, Item, Predicate, Query, Selected, Values};
use dealwright_wire::ApiError;

use super::refusal;
use crate::cx::Cx;

/// [`dealwright_wire::Profile::order`] of the version that has views, names of lookups and `include_meta`.
pub(super) const SINCE_V7: u8 = 70;
const SINCE_V4: u8 = 40;

/// Rows when the query does not say.
pub(super) const ROWS: u64 = 200;
/// Lookups that a path may lead through.
pub(super) const STEPS: usize = 2;
/// Lookups followed in the select clause, and in all other clauses together.
pub(super) const SELECT_JOINS: usize = 15;
pub(super) const OTHER_JOINS: usize = 5;

/// What one version allows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Rows of one answer.
    pub rows: u64,
    /// The last row that offset and limit may reach.
    pub reach: u64,
    columns: usize,
    /// Values of one `in`.
    values: usize,
}

const CONDITIONS: usize = 25;
const GROUPS: usize = 4;
const AGGREGATES: usize = 5;
const ORDERS: usize = 10;

impl Limits {
    pub(super) fn of(cx: &Cx) -> Self {
        let version = cx.profile.order;
        let is_late = version >= SINCE_V7;
        let published = Self {
            rows: if version >= SINCE_V4 { 2_000 } else { 200 },
            reach: if is_late { 100_000 } else { 10_000 },
            columns: if is_late { 500 } else { 50 },
            values: if is_late { 100 } else { 50 },
        };
        let ceilings = cx.ceilings;
        Self {
            rows: ceilings.coql_rows.unwrap_or(published.rows),
            reach: ceilings.coql_reach.unwrap_or(published.reach),
            ..published
        }
    }

    /// Refuses a query that is larger. Gives its limit and its offset.
    pub(super) fn check(&self, query: &Query) -> Result<(u64, u64), ApiError> {
        let rows = query.limit.unwrap_or(ROWS.min(self.rows));
        let offset = query.offset.unwrap_or(0);
        if rows > self.rows {
            return Err(refusal::exceeded("limit", self.rows));
        }
        if offset.saturating_add(rows) > self.reach {
            return Err(refusal::exceeded("offset", self.reach));
        }
        let is_aggregate = |item: &&Item| matches!(item.value, Selected::Aggregate(..));
        let counted = [
            ("select", query.select.len(), self.columns),
            ("aggregate", query.select.iter().filter(is_aggregate).count(), AGGREGATES),
            ("where", query.criteria.tests().count(), CONDITIONS),
            ("group by", query.group_by.len(), GROUPS),
            ("order by", query.order_by.len(), ORDERS),
            ("in", longest_list(&query.criteria), self.values),
        ];
        match counted.into_iter().find(|(_, found, most)| found > most) {
            Some((clause, _, most)) => Err(refusal::exceeded(clause, most as u64)),
            None => Ok((rows, offset)),
        }
    }
}

/// Values of the longest `in`.
fn longest_list(criteria: &Expr) -> usize {
    let lengths = criteria.tests().map(|test| match &test.predicate {
        Predicate::In { values: Values::Literals(values), .. } => values.len(),
        _ => 0,
    });
    lengths.max().unwrap_or(0)
}
