//! What a column of a query stands for.

use dealwright_query::coql::{Column, Step};
use dealwright_schema::{FieldDef, Form, ModuleDef};
use dealwright_wire::{ApiError, Id};

use super::person::Attribute;
use super::plan::Planner;
use super::refusal;
use crate::access::Grant;
use crate::records::selection::alias;

/// A column whose path has been followed. `table` is the name of the module's table in the statement.
#[derive(Debug, Clone)]
pub(super) enum Target<'a> {
    /// A field, or with `as_id` the id of the record that a lookup points to.
    Field { module: &'a ModuleDef, field: &'a FieldDef, table: String, as_id: bool },
    /// What is known of the user that a field names. `user` is its expression.
    Person { user: String, attribute: Attribute },
    /// The module that a lookup points into, by name or by id. `module` is the expression of its id.
    Into { module: String, as_id: bool },
}

/// In which part of the query a column stands; joins are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Clause {
    Select,
    Other,
}

impl<'a> Planner<'a> {
    /// Follows a column's path from the query's module.
    pub(super) fn column(&mut self, column: &Column, clause: Clause) -> Result<Target<'a>, ApiError> {
        if column.module.as_ref().is_some_and(|named| *named != self.module.api_name) {
            return Err(refusal::unknown_column(&column.text, &self.module.api_name));
        }
        if column.steps.len() > super::limits::STEPS + 1 && !self.ends_in_person(column) {
            return Err(refusal::exceeded("join", super::limits::STEPS as u64));
        }
        let grant = self.grant.clone();
        let table = self.table.clone();
        self.follow(column, &column.steps, self.module, &grant, &table, clause)
    }

    /// `Owner.role.name` goes through one lookup only; what a user has is no join.
    fn ends_in_person(&self, column: &Column) -> bool {
        let form = |step: &Step| self.module.field(&step.name).map(|field| field.data_type.get().form);
        column.steps.len() <= super::limits::STEPS + 2
            && column.steps.iter().rev().skip(1).take(2).any(|step| {
                matches!(form(step), Some(Form::User)) || matches!(step.name.as_str(), "role" | "profile")
            })
    }

    fn follow(
        &mut self,
        column: &Column,
        steps: &[Step],
        module: &'a ModuleDef,
        grant: &Grant,
        table: &str,
        clause: Clause,
    ) -> Result<Target<'a>, ApiError> {
        let unknown = || refusal::unknown_column(&column.text, &module.api_name);
        let [step, rest @ ..] = steps else { return Err(unknown()) };
        let name = field_name(module, &step.name, self.cx.is_lenient());
        let field = module.field(name).filter(|field| grant.shows(field)).ok_or_else(unknown)?;
        let Some(stored) = field.column.as_deref() else {
            return Err(refusal::unsupported_column(&column.text));
        };
        let own = format!("{table}.\"{stored}\"");
        let form = field.data_type.get().form;
        let named: Vec<&str> = rest.iter().map(|step| step.name.as_str()).collect();
        let field_target = |as_id| Target::Field { module, field, table: table.to_owned(), as_id };
        match (form, named.as_slice()) {
            (_, []) if step.into.is_none() => Ok(field_target(false)),
            (Form::Lookup | Form::AnyLookup | Form::User, ["id"]) => Ok(field_target(true)),
            (Form::User, named) => {
                let attribute = Attribute::named(named).ok_or_else(unknown)?;
                Ok(Target::Person { user: own, attribute })
            }
            (Form::Lookup | Form::AnyLookup, ["module", of @ ("api_name" | "id")]) if field.has_module() => {
                let module = self.module_of(field, &own, table).ok_or_else(unknown)?;
                Ok(Target::Into { module, as_id: *of == "id" })
            }
            (Form::Lookup | Form::AnyLookup, [_, ..]) => {
                let target = self.pointed_to(field, step).ok_or_else(unknown)?;
                let grant = self.grant_to(target)?;
                let on = self.points_to(field, target, &own, table);
                let joined = self.join(target, &grant, &on, clause)?;
                self.follow(column, rest, target, &grant, &joined, clause)
            }
            _ => Err(unknown()),
        }
    }

    /// The module that a step leads into.
    fn pointed_to(&self, field: &FieldDef, step: &Step) -> Option<&'a ModuleDef> {
        let schema = &self.snapshot.schema;
        let usual = field.lookup_module();
        let name = match step.into.as_deref() {
            None => usual?,
            Some(into) if usual == Some(into) => into,
            Some(into) => {
                let also =
                    field.lookup.as_ref().is_some_and(|lookup| lookup.also.iter().any(|one| one == into));
                Some(into).filter(|_| also || field.is_any_module())?
            }
        };
        schema.module(name).map(AsRef::as_ref)
    }

    /// The condition on which a lookup points into the module, whose table has no name yet: it stands as `{}`.
    fn points_to(&self, field: &FieldDef, target: &ModuleDef, own: &str, table: &str) -> Joined {
        let module = self.module_of(field, own, table);
        Joined { own: own.to_owned(), into: module.map(|module| (module, target.id)) }
    }

    /// The expression of the id of the module that a lookup points into; `None` when there is only one.
    fn module_of(&self, field: &FieldDef, own: &str, table: &str) -> Option<String> {
        let stored = format!("{table}.\"{}\"", field.module_column()?);
        let usual = field.lookup_module().and_then(|name| self.snapshot.schema.module(name));
        Some(match usual {
            Some(usual) => format!("CASE WHEN {own} IS NOT NULL THEN coalesce({stored}, {}) END", usual.id),
            None => stored,
        })
    }
}

/// How a joined record is found: its id is `own`, and where lookups can point into several modules, the module is this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    pub own: String,
    pub into: Option<(String, Id)>,
}

/// The field a name means: a second name of lenient mode, or a key of records that is stored like a field.
fn field_name<'n>(module: &ModuleDef, name: &'n str, lenient: bool) -> &'n str {
    match name {
        "$converted" => "Converted__s",
        _ => alias(module, name, lenient),
    }
}
