//! The select clause: which columns are read, how their values are written, and what rows are grouped and ordered by.

use dealwright_query::coql::{Aggregate, Column, Item, Selected};
use dealwright_schema::{FieldDef, Form, ModuleDef, Storage};
use dealwright_wire::ApiError;

use super::column::{Clause, Target};
use super::limits::SINCE_V7;
use super::plan::Planner;
use super::refusal;
use crate::records::selection::source::Source;
use crate::records::selection::total::Total;
use crate::records::selection::{Columns, Part, Place, Shape, of_field, quoted_key};

/// Types that can be selected from v7 on. Source: the limitations page of v7.
const LATE: [&str; 3] = ["profileimage", "territories", "consent_lookup"];

/// The select clause, read.
#[derive(Debug, Default)]
pub(super) struct Output<'a> {
    pub parts: Vec<Part>,
    pub columns: Columns,
    /// What each item is called, and the field behind it.
    pub fields: Vec<(String, &'a ModuleDef, &'a FieldDef)>,
}

impl<'a> Planner<'a> {
    /// Adds an item of the select clause.
    pub(super) fn select(&mut self, item: &Item, output: &mut Output<'a>) -> Result<(), ApiError> {
        let text = item.value.text();
        let name = item.alias.clone().unwrap_or_else(|| text.clone());
        let target = self.column(item.value.column(), Clause::Select)?;
        let source = match &item.value {
            Selected::Column(column) => {
                if let Target::Field { module, field, .. } = &target {
                    output.fields.push((text, module, field));
                }
                self.source(column, &target, &mut output.columns)?
            }
            Selected::Aggregate(function, column) => {
                self.aggregate(*function, column, &target, &mut output.columns)?
            }
        };
        output.parts.push(Part { key: quoted_key(&name), source });
        Ok(())
    }

    /// How a plain column is read and written.
    fn source(
        &mut self,
        column: &Column,
        target: &Target<'a>,
        columns: &mut Columns,
    ) -> Result<Source, ApiError> {
        let refused = || refusal::unsupported_column(&column.text);
        Ok(match target {
            Target::Person { user, attribute } => Source::Text(columns.add(self.person(user, *attribute))),
            Target::Into { module, as_id: true } => Source::BigInt(columns.add(module.clone())),
            Target::Into { module, as_id: false } => Source::ModuleName(columns.add(module.clone()), None),
            Target::Field { module, field, table, as_id } => {
                let own = stored(field, table).ok_or_else(refused)?;
                let form = field.data_type.get().form;
                let is_reference = matches!(form, Form::Lookup | Form::AnyLookup | Form::User);
                let is_late = LATE.contains(&field.data_type.name());
                match form {
                    _ if is_late && self.cx.profile.order < SINCE_V7 => return Err(refused()),
                    _ if *as_id || field.api_name == "id" => Source::BigInt(columns.add(own)),
                    // Names came with v7.
                    _ if is_reference && self.cx.profile.order < SINCE_V7 => {
                        Source::Reference(columns.add(own))
                    }
                    Form::User => Source::Person(columns.add(own)),
                    Form::Subform | Form::Files => return Err(refused()),
                    _ => {
                        let unseen = self.snapshot.unseen(&self.cx.actor.user);
                        let place = Place { table, shape: Shape::List, unseen: &unseen };
                        let source =
                            of_field::source(self.snapshot, module, field, place, self.cx.profile, columns);
                        match source.ok_or_else(refused)? {
                            Source::AnyLookup { id, name, .. } => Source::Lookup { id, name },
                            source => source,
                        }
                    }
                }
            }
        })
    }

    fn aggregate(
        &mut self,
        function: Aggregate,
        column: &Column,
        target: &Target<'a>,
        columns: &mut Columns,
    ) -> Result<Source, ApiError> {
        let expression = self.value(column, target)?;
        if function == Aggregate::Count {
            return Ok(Source::Int(columns.add(format!("count({expression})"))));
        }
        self.summed.push(expression.clone());
        let (form, scale) = measured(column, target)?;
        let is_number = matches!(form, Form::Int | Form::BigInt | Form::Decimal);
        match function {
            Aggregate::Sum if is_number => {
                Ok(Source::Total(Total::sum(self.dialect, &expression, scale, columns)))
            }
            Aggregate::Avg if is_number => {
                Ok(Source::Total(Total::average(self.dialect, &expression, scale, columns)))
            }
            Aggregate::Min | Aggregate::Max => {
                let name = if function == Aggregate::Min { "min" } else { "max" };
                let at = columns.add(format!("{name}({expression})"));
                Ok(match form {
                    Form::Decimal => Source::Decimal(at, scale),
                    Form::Date => Source::Date(at),
                    Form::Instant => Source::Instant(at),
                    Form::BigInt => Source::BigInt(at),
                    _ => Source::Int(at),
                })
            }
            _ => Err(refusal::unsupported_type(&column.text, data_type(target))),
        }
    }

    /// The expression of a column's plain value: what is counted, ordered and grouped by.
    pub(super) fn value(&mut self, column: &Column, target: &Target<'a>) -> Result<String, ApiError> {
        Ok(match target {
            Target::Person { user, attribute } => self.person(user, *attribute),
            Target::Into { module, .. } => format!("({module})"),
            Target::Field { field, table, .. } => {
                stored(field, table).ok_or_else(|| refusal::unsupported_column(&column.text))?
            }
        })
    }

    /// Expressions that rows are grouped by, so that all of what [`Planner::source`] reads is known of a group; beside
    /// each the same as an order that does not depend on the database.
    pub(super) fn group_keys(
        &mut self,
        column: &Column,
        target: &Target<'a>,
    ) -> Result<Vec<(String, String)>, ApiError> {
        let value = self.value(column, target)?;
        let Target::Field { field, table, .. } = target else {
            let order =
                if let Target::Person { .. } = target { self.dialect.exact(&value) } else { value.clone() };
            return Ok(vec![(value, order)]);
        };
        let form = field.data_type.get().form;
        if matches!(form, Form::Subform | Form::Files) {
            return Err(refusal::unsupported_type(&column.text, field.data_type.name()));
        }
        let is_text = field.data_type.get().storage == Some(Storage::Text);
        let key = if is_text {
            (self.dialect.group_key(&value), self.dialect.exact(&value))
        } else {
            (value.clone(), value)
        };
        let module = field.module_column().map(|column| format!("{table}.\"{column}\""));
        Ok(std::iter::once(key).chain(module.map(|module| (module.clone(), module))).collect())
    }

    /// What rows are ordered by: without regard to case, empty ones first.
    pub(super) fn order_key(&mut self, by: &Selected, target: &Target<'a>) -> Result<String, ApiError> {
        let column = by.column();
        let value = self.value(column, target)?;
        if let Selected::Aggregate(function, _) = by {
            if *function == Aggregate::Count {
                return Ok(format!("count({value})"));
            }
            measured(column, target)?;
            return Ok(match function {
                Aggregate::Sum => self.dialect.sum_to_order(&value),
                Aggregate::Avg => format!("avg({value})"),
                Aggregate::Min => format!("min({value})"),
                Aggregate::Max | Aggregate::Count => format!("max({value})"),
            });
        }
        Ok(match target {
            Target::Person { .. } => self.dialect.lower(&value),
            Target::Field { field, .. } if field.data_type.get().is_text() => self.dialect.fold(&value),
            Target::Field { field, .. } if field.data_type.get().storage == Some(Storage::Text) => {
                return Err(refusal::unsupported_column(&column.text));
            }
            Target::Field { .. } | Target::Into { .. } => value,
        })
    }
}

fn stored(field: &FieldDef, table: &str) -> Option<String> {
    Some(format!("{table}.\"{}\"", field.column.as_deref()?))
}

/// Form and scale of a column that can be added up or compared by size.
fn measured(column: &Column, target: &Target<'_>) -> Result<(Form, u8), ApiError> {
    let refused = || refusal::unsupported_type(&column.text, data_type(target));
    let Target::Field { field, as_id: false, .. } = target else { return Err(refused()) };
    let form = field.data_type.get().form;
    match form {
        _ if field.api_name == "id" => Err(refused()),
        Form::Decimal => Ok((form, field.scale())),
        Form::Int | Form::BigInt | Form::Date | Form::Instant => Ok((form, 0)),
        _ => Err(refused()),
    }
}

/// The type of a column as messages name it.
pub(super) fn data_type(target: &Target<'_>) -> &'static str {
    match target {
        Target::Person { .. } => "text",
        Target::Into { .. } | Target::Field { as_id: true, .. } => "bigint",
        Target::Field { field, .. } => field.data_type.name(),
    }
}
