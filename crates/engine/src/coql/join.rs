//! The tables that a query joins to its module's.

use std::fmt::Write as _;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::ApiError;

use super::column::{Clause, Joined};
use super::limits::{OTHER_JOINS, SELECT_JOINS};
use super::person::Attribute;
use super::plan::Planner;
use super::refusal;
use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};

/// Joins of one statement, in the order they were needed.
#[derive(Debug, Default)]
pub(super) struct Joins {
    records: Vec<(Joined, Clause, String)>,
    people: Vec<((String, Attribute), String)>,
    /// ` LEFT JOIN … ON …`, one after the other.
    pub sql: String,
}

impl<'a> Planner<'a> {
    /// The grant to read a module that is not the query's own.
    pub(super) fn grant_to(&self, module: &ModuleDef) -> Result<Grant, ApiError> {
        let module = self.snapshot.schema.module(&module.api_name).ok_or_else(refusal::invalid_module)?;
        self.cx.grant(module, Action::View)
    }

    /// Joins the record that a lookup points to, unless that has been done. Gives the name of its table.
    ///
    /// Records that the caller does not reach are as if they were not there: all their fields are empty.
    pub(super) fn join(
        &mut self,
        target: &'a ModuleDef,
        grant: &Grant,
        joined: &Joined,
        clause: Clause,
    ) -> Result<String, ApiError> {
        if let Some((_, _, name)) = self.joins.records.iter().find(|(known, ..)| known == joined) {
            return Ok(name.clone());
        }
        let most = if clause == Clause::Select { SELECT_JOINS } else { OTHER_JOINS };
        if self.joins.records.iter().filter(|(_, of, _)| *of == clause).count() == most {
            return Err(refusal::exceeded("join", most as u64));
        }
        let Some(table) = unasked::table(target, Why::Granted) else { return Err(refusal::invalid_module()) };
        let name = format!("{}j{}", self.table, self.joins.records.len() + 1);
        let mut on = format!("{name}.id = {}", joined.own);
        if let Some((module, id)) = &joined.into {
            let _infallible = write!(on, " AND {module} = {id}");
        }
        on.push_str(&grant.and_rows(&name, &mut self.filter.args));
        let _infallible = write!(self.joins.sql, " LEFT JOIN {{{table}}} {name} ON {on}");
        self.joins.records.push((joined.clone(), clause, name.clone()));
        Ok(name)
    }

    /// The expression of what is known of a user, from a list of all users that travels with the statement.
    pub(super) fn person(&mut self, user: &str, attribute: Attribute) -> String {
        let key = (user.to_owned(), attribute);
        if let Some((_, expression)) = self.joins.people.iter().find(|(known, _)| *known == key) {
            return expression.clone();
        }
        let known = self.snapshot.users.iter();
        let known = known.filter_map(|user| Some((user.id.get(), attribute.of(self.snapshot, user)?)));
        let (ids, values): (Vec<i64>, Vec<String>) = known.unzip();
        let ids = self.filter.bind(Cell::Ids(ids.into()));
        let values = self.filter.bind(Cell::Texts(values.into()));
        let name = format!("{}p{}", self.table, self.joins.people.len() + 1);
        let table = self.dialect.pairs(&ids, &values, &name);
        let _infallible = write!(self.joins.sql, " LEFT JOIN {table} ON {name}.key = {user}");
        let expression = format!("{name}.value");
        self.joins.people.push((key, expression.clone()));
        expression
    }
}
