//! A query as one statement.

use std::cell::Cell;
use std::fmt::Write as _;

use dealwright_query::coql::{Column, Item, Order, Query, Selected};
use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_store::{Dialect, Sql};
use dealwright_wire::{ApiError, Code};

use super::column::Clause;
use super::join::Joins;
use super::limits::{Limits, SINCE_V7};
use super::output::Output;
use super::refusal;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::records::filter::Filter;
use crate::records::narrow;
use crate::records::selection::source::Source;
use crate::records::selection::{Part, Selection, quoted_key};
use crate::records::view::View;
use crate::snapshot::Snapshot;

thread_local! {
    /// Planners made on this thread, for tests of what a query costs.
    pub(crate) static PLANNERS: Cell<usize> = const { Cell::new(0) };
}

/// A statement with its arguments.
#[derive(Debug)]
pub(super) struct Statement {
    pub sql: Sql,
    pub args: Vec<dealwright_schema::Cell<'static>>,
}

/// Everything that answers a query.
pub(super) struct Plan<'a> {
    pub statement: Statement,
    /// Subqueries that must have one row at most, each asked for two.
    pub checks: Vec<Statement>,
    pub selection: Selection,
    /// Rows wanted; the statement asks for one more.
    pub limit: u64,
    /// What the items of the select clause are called, and the fields behind them.
    pub fields: Vec<(String, &'a ModuleDef, &'a FieldDef)>,
}

/// Puts one query together, or a subquery of it.
pub(super) struct Planner<'a> {
    pub cx: &'a Cx,
    pub snapshot: &'a Snapshot,
    pub dialect: &'static dyn Dialect,
    pub module: &'a ModuleDef,
    pub grant: Grant,
    /// Name of the module's table: `t`, or `s1` in a subquery.
    pub table: String,
    /// Conditions of this query, and the arguments of the whole statement.
    pub filter: Filter,
    pub joins: Joins,
    /// Expressions that are added up or compared over a whole group.
    pub summed: Vec<String>,
    pub checks: Vec<Statement>,
    /// Subqueries so far.
    pub subqueries: usize,
}

impl<'a> Plan<'a> {
    pub(super) fn of(cx: &'a Cx, query: &Query) -> Result<Self, ApiError> {
        let mut planner = Planner::new(cx, query, "t".to_owned())?;
        let limits = Limits::of(cx);
        let (rows, offset) = limits.check(query)?;
        let mut output = Output::default();
        let is_grouped = planner.select_all(query, &mut output)?;
        let mut sql = planner.tail(query, is_grouped)?;
        // In the text, because both databases plan anew each time when it is bound.
        let _infallible = write!(sql, " LIMIT {}", rows + 1);
        if offset > 0 {
            let offset = planner.filter.bind(offset as i64);
            let _infallible = write!(sql, " OFFSET {offset}");
        }
        let selection = Selection::of(output.parts, &output.columns);
        let columns = selection.columns(&planner.grant, &mut planner.filter.args);
        let sql = format!("SELECT {columns}{sql}");
        let statement = Statement { sql: Sql::from(sql), args: planner.filter.args };
        Ok(Self { statement, checks: planner.checks, selection, limit: rows, fields: output.fields })
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(cx: &'a Cx, query: &Query, table: String) -> Result<Self, ApiError> {
        PLANNERS.set(PLANNERS.get() + 1);
        let module = cx.snapshot.schema.module(&query.module).ok_or_else(refusal::invalid_module)?;
        let grant = cx.grant(module, Action::View).map_err(|error| match error.code {
            Code::NotSupportedHere => refusal::invalid_module(),
            _ => error,
        })?;
        Ok(Self {
            cx,
            snapshot: &cx.snapshot,
            dialect: cx.org.store.dialect(),
            module,
            grant,
            table,
            filter: Filter::default(),
            joins: Joins::default(),
            summed: Vec::new(),
            checks: Vec::new(),
            subqueries: 0,
        })
    }

    /// Reads the select clause. True when rows are put into groups, be it into a single one.
    fn select_all(&mut self, query: &Query, output: &mut Output<'a>) -> Result<bool, ApiError> {
        check_names(&query.select)?;
        let has_aggregate = query.select.iter().any(|item| matches!(item.value, Selected::Aggregate(..)));
        let is_grouped = has_aggregate || !query.group_by.is_empty();
        for item in &query.select {
            if let Selected::Column(column) = &item.value
                && is_grouped
            {
                check_grouped(column, query)?;
            }
            self.select(item, output)?;
        }
        let is_named = |item: &Item| item.alias.as_deref().unwrap_or(&item.value.column().text) == "id";
        if !is_grouped && !query.select.iter().any(is_named) {
            let id = output.columns.add(format!("{}.id", self.table));
            output.parts.push(Part { key: quoted_key("id"), source: Source::BigInt(id) });
        }
        Ok(is_grouped)
    }

    /// ` FROM … WHERE … GROUP BY … ORDER BY …`.
    pub(super) fn tail(&mut self, query: &Query, is_grouped: bool) -> Result<String, ApiError> {
        let criteria = self.criteria(&query.criteria)?;
        self.filter.and(&criteria);
        let decided = self.view(query)?;
        self.converted(query, decided)?;
        // Rows come in the order that is asked for and stop with the page; groups take all that are reached.
        let (table, args) = (self.table.as_str(), &mut self.filter.args);
        let scope = if is_grouped { self.grant.rows(table, args) } else { self.grant.passed(table, args) };
        if let Some(scope) = scope {
            self.filter.and(&scope);
        }
        let mut groups = Vec::new();
        for column in &query.group_by {
            let target = self.column(column, Clause::Other)?;
            groups.extend(self.group_keys(column, &target)?.into_iter().map(|(key, _)| key));
        }
        let order = self.order(query, is_grouped)?;
        let mut sql = String::new();
        let from = self.grant.table();
        let _infallible =
            write!(sql, " FROM {{{from}}} {}{}{}", self.table, self.joins.sql, self.filter.clause());
        if !groups.is_empty() {
            let _infallible = write!(sql, " GROUP BY {}", groups.join(", "));
        }
        if !order.is_empty() {
            let _infallible = write!(sql, " ORDER BY {}", order.join(", "));
        }
        Ok(sql)
    }

    /// Conditions that are written for the table `t`, for this query's table.
    fn renamed(&self, condition: &str) -> String {
        if self.table == "t" {
            condition.to_owned()
        } else {
            condition.replace("t.", &format!("{}.", self.table))
        }
    }

    /// Narrows the query to the view in its from clause. True when the view says which leads are meant.
    fn view(&mut self, query: &Query) -> Result<bool, ApiError> {
        let Some(named) = query.view.as_deref() else { return Ok(false) };
        let refused = || refusal::invalid_view(named);
        if self.cx.profile.order < SINCE_V7 && !self.cx.is_lenient() {
            return Err(refused());
        }
        let view = View::of_param(self.cx, self.module, named).map_err(|_| refused())?;
        let (cx, module) = (self.cx, self.module);
        self.narrowed(|filter| view.narrow(cx, module, filter))?;
        Ok(view.decides_on_converted(self.module))
    }

    /// Converted leads stay out, as in lists, unless the query itself speaks of conversion.
    fn converted(&mut self, query: &Query, decided: bool) -> Result<(), ApiError> {
        let speaks = |column: &Column| {
            column.steps.len() == 1 && matches!(column.steps[0].name.as_str(), "Converted__s" | "$converted")
        };
        if decided || query.criteria.tests().any(|test| speaks(&test.column)) {
            return Ok(());
        }
        let module = self.module;
        self.narrowed(|filter| narrow::converted(module, None, filter))
    }

    /// Adds conditions that are made for the table `t`. Their arguments are numbered through the whole statement.
    fn narrowed(&mut self, make: impl FnOnce(&mut Filter) -> Result<(), ApiError>) -> Result<(), ApiError> {
        let mut filter = Filter { args: std::mem::take(&mut self.filter.args), ..Filter::default() };
        make(&mut filter)?;
        self.filter.args = filter.args;
        if !filter.sql.is_empty() {
            let condition = self.renamed(&filter.sql);
            self.filter.and(&condition);
        }
        Ok(())
    }

    /// The order, made definite by the id or by what rows are grouped by.
    fn order(&mut self, query: &Query, is_grouped: bool) -> Result<Vec<String>, ApiError> {
        let mut order = Vec::new();
        let mut by_id = false;
        for Order { by, descending } in &query.order_by {
            let by = named(by, &query.select);
            if let Selected::Column(column) = by
                && is_grouped
            {
                check_grouped(column, query)?;
            } else if matches!(by, Selected::Aggregate(..)) && !is_grouped {
                return Err(refusal::not_grouped(&by.text()));
            }
            let target = self.column(by.column(), Clause::Other)?;
            let key = self.order_key(by, &target)?;
            by_id |= key == format!("{}.\"id\"", self.table);
            order.push(self.dialect.order(&key, *descending));
        }
        if is_grouped {
            for column in &query.group_by {
                let target = self.column(column, Clause::Other)?;
                for (_, key) in self.group_keys(column, &target)? {
                    order.push(self.dialect.order(&key, false));
                }
            }
        } else if !by_id {
            // In the direction of what comes before it, so that an index that ends with the id serves both.
            let descending = query.order_by.last().is_some_and(|order| order.descending);
            order.push(format!("{}.id{}", self.table, if descending { " DESC" } else { "" }));
        }
        Ok(order)
    }
}

/// What an order names: an item by its alias or its text, or something else of the module.
fn named<'q>(by: &'q Selected, select: &'q [Item]) -> &'q Selected {
    let Selected::Column(column) = by else { return by };
    let found = select.iter().find(|item| item.alias.as_ref() == Some(&column.text));
    found.map_or(by, |item| &item.value)
}

/// Refuses a column that has no single value in a group.
fn check_grouped(column: &Column, query: &Query) -> Result<(), ApiError> {
    let is_key = query.group_by.iter().any(|key| key.steps == column.steps);
    if is_key { Ok(()) } else { Err(refusal::not_grouped(&column.text)) }
}

/// Refuses items that are there twice, and aliases that name more than one thing.
fn check_names(select: &[Item]) -> Result<(), ApiError> {
    for (at, item) in select.iter().enumerate() {
        let before = &select[..at];
        if before.iter().any(|one| one.value == item.value && one.alias == item.alias) {
            let (column, aggregate) = match &item.value {
                Selected::Column(column) => (column, None),
                Selected::Aggregate(function, column) => (column, Some(function.name())),
            };
            return Err(refusal::duplicate_column(&column.text, aggregate));
        }
        let Some(alias) = &item.alias else { continue };
        let same: Vec<String> = select
            .iter()
            .filter(|one| one.alias.as_ref() == Some(alias))
            .map(|one| one.value.text())
            .collect();
        if same.len() > 1 {
            return Err(refusal::duplicate_alias(alias, &same));
        }
        if select.iter().any(|one| one.alias.is_none() && one.value.text() == *alias) {
            return Err(refusal::alias_is_column(&item.value.text(), alias));
        }
    }
    Ok(())
}
