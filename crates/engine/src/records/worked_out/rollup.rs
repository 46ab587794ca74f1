//! Rollups: fields that sum up the records of a related list.
//!
//! Their values are stored in the record that the others point to, and brought up to date in the transaction that
//! writes one of these. That record is locked before they are summed up, so that of two writers at the same time the
//! second sees what the first has stored.

use std::collections::{BTreeSet, HashMap};

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, OrgSchema, RollupFunction, Storage};
use dealwright_store::{Batch, Column, Conn, Row, Sql, StoreError};
use dealwright_wire::{Id, Instant, Zone};
use rust_decimal::Decimal;

use super::WorkedOut;
use crate::access::unasked::{self, Why};
use crate::error::Error;
use crate::formula::criteria::Criteria;
use crate::formula::value::number_cell;
use crate::records::stored::{self, Stored};

/// A rollup field, compiled.
#[derive(Debug)]
pub(crate) struct Rollup {
    /// Module that has the field.
    pub parent: Id,
    /// Position of the field in it.
    pub field: usize,
    /// Module of the records that are summed up.
    pub child: Id,
    /// Position of their lookup.
    pub lookup: usize,
    /// Position of the field the function is applied to; none when records are counted.
    source: Option<usize>,
    function: RollupFunction,
    criteria: Option<Criteria>,
}

impl Rollup {
    /// The rollups of a module as they are stored. What cannot be summed up is left out: creating a rollup, and
    /// deleting a field, see to it that there is none.
    pub(super) fn all_of<'a>(
        schema: &'a OrgSchema,
        module: &'a ModuleDef,
        zone: &'a Zone,
    ) -> impl Iterator<Item = Self> + 'a {
        module.fields().iter().enumerate().filter_map(move |(field, def)| {
            let summary = def.rollup_summary.as_ref()?;
            let child = schema.module(&summary.module)?;
            let source = match &summary.field {
                Some(name) => Some(child.field_index(name)?),
                None => None,
            };
            let criteria = match &summary.criteria {
                Some(criteria) => Some(Criteria::read(criteria, child, zone).ok()?),
                None => None,
            };
            let lookup = child.field_index(&summary.lookup)?;
            let function = summary.function;
            Some(Self { parent: module.id, field, child: child.id, lookup, source, function, criteria })
        })
    }

    /// Positions of the fields of related records that it depends on.
    pub(crate) fn reads(&self) -> impl Iterator<Item = usize> {
        let tested = self.criteria.iter().flat_map(Criteria::fields);
        [self.lookup].into_iter().chain(self.source).chain(tested)
    }

    /// The value over no records.
    pub(crate) fn of_none(&self) -> Cell<'static> {
        match self.function {
            RollupFunction::Count | RollupFunction::Sum => 0.into(),
            _ => Cell::Null,
        }
    }

    /// The values for records by id; those without related records are left out.
    async fn values(
        &self,
        tx: &mut Conn,
        schema: &OrgSchema,
        ids: &[i64],
    ) -> Result<HashMap<i64, Cell<'static>>, Error> {
        let (Some(parent), Some(child)) = (schema.module_by_id(self.parent), schema.module_by_id(self.child))
        else {
            return Ok(HashMap::new());
        };
        let column = |at: usize| child.fields()[at].column.as_deref().unwrap_or("id");
        let lookup = format!("t.\"{}\"", column(self.lookup));
        let source = format!("t.\"{}\"", self.source.map_or("id", column));
        let mut args: Vec<Cell<'static>> = vec![Cell::Ids(ids.to_vec().into())];
        let dialect = tx.dialect();
        let criteria = self.criteria.as_ref().map(|criteria| criteria.sql(child, dialect, &mut args));
        let criteria = criteria.map(|test| format!(" AND {test}")).unwrap_or_default();
        let what = match self.function {
            RollupFunction::Count => "count(*)".to_owned(),
            RollupFunction::Sum | RollupFunction::Average => {
                format!("count({source}), {}", dialect.sum(&source))
            }
            RollupFunction::Min | RollupFunction::Oldest => format!("min({source})"),
            RollupFunction::Max | RollupFunction::Recent => format!("max({source})"),
        };
        let sql = Sql::from(format!(
            "SELECT {lookup}, {what} FROM {{{}}} t WHERE {}{criteria} GROUP BY {lookup}",
            unasked::table(child, Why::System).unwrap_or_default(),
            dialect.in_ids(&lookup, "?1"),
        ));
        let field = &parent.fields()[self.field];
        let source = self.source.map(|at| &child.fields()[at]);
        let mut found = HashMap::new();
        tx.each(&sql, &args, &mut |row| {
            let id = Row::must(row.int(0)?, 0)?;
            found.insert(id, self.read(row, field, source)?);
            Ok(())
        })
        .await?;
        Ok(found)
    }

    fn read(
        &self,
        row: &Row<'_>,
        field: &FieldDef,
        source: Option<&FieldDef>,
    ) -> Result<Cell<'static>, StoreError> {
        let scale = source.filter(|source| source.data_type.get().form == Form::Decimal);
        let scale = scale.map_or(0, FieldDef::scale);
        match self.function {
            RollupFunction::Count => Ok(row.int(1)?.into()),
            RollupFunction::Sum | RollupFunction::Average => {
                let units = row.sum(2)?.unwrap_or(0);
                let sum = Decimal::try_from_i128_with_scale(units, scale.into()).ok();
                let count = Decimal::from(row.int(1)?.unwrap_or(0));
                let number = match self.function {
                    RollupFunction::Average => sum.and_then(|sum| sum.checked_div(count)),
                    _ => sum,
                };
                Ok(number.map_or(Cell::Null, |number| fitted(number, field)))
            }
            _ => {
                let storage = source.and_then(|source| source.data_type.get().storage);
                let cell = row.cell(1, storage.unwrap_or(Storage::Int))?;
                Ok(match cell {
                    Cell::Int(units) => fitted(dealwright_wire::decimal::from_units(units, scale), field),
                    other => other,
                })
            }
        }
    }
}

/// A number in a rollup field: empty when it has more digits than the field keeps.
fn fitted(number: Decimal, field: &FieldDef) -> Cell<'static> {
    match field.data_type.get().form {
        Form::Decimal => number_cell(number, field),
        _ => number_cell(number, &FieldDef { decimal_place: Some(0), ..field.clone() }),
    }
}

/// What is worked out, and when.
pub(crate) struct Metadata<'a> {
    pub schema: &'a OrgSchema,
    pub worked_out: &'a WorkedOut,
    pub zone: &'a Zone,
    pub now: Instant,
}

/// Sums up again for records of a module, and computes their formulas. Gives the records that have another value now.
///
/// Nothing else of these records changes, neither their history nor the time of their last change.
pub(crate) async fn renew(
    tx: &mut Conn,
    metadata: &Metadata<'_>,
    module: &ModuleDef,
    ids: &[i64],
) -> Result<Vec<Id>, Error> {
    let rollups: Vec<&Rollup> = metadata.worked_out.rollups_in(module).collect();
    let formulas = metadata.worked_out.formulas(module);
    let read = rollups.iter().map(|rollup| rollup.field);
    let read: BTreeSet<usize> = read.chain(formulas.iter().flat_map(|formulas| formulas.fields())).collect();
    let fields: Vec<usize> = read.into_iter().collect();
    let records = stored::load(tx, module, ids, &fields).await?;
    if records.is_empty() {
        return Ok(Vec::new());
    }
    let mut sums = Vec::with_capacity(rollups.len());
    for rollup in &rollups {
        sums.push(rollup.values(tx, metadata.schema, ids).await?);
    }
    let mut changed: Vec<(Stored, Vec<Option<Cell<'static>>>)> = Vec::new();
    for (id, record) in records {
        let mut cells = vec![None; module.fields().len()];
        for (rollup, sums) in rollups.iter().zip(&sums) {
            cells[rollup.field] = Some(sums.get(&id).cloned().unwrap_or_else(|| rollup.of_none()));
        }
        if let Some(formulas) = formulas {
            formulas.compute(module, &mut cells, Some(&record.cells), metadata.zone, metadata.now);
        }
        let differs = |at: &usize| cells[*at].is_some() && cells[*at] != record.cells[*at];
        if fields.iter().any(differs) {
            changed.push((record, cells));
        }
    }
    store(tx, module, &fields, &changed).await?;
    Ok(changed.into_iter().map(|(record, _)| record.id).collect())
}

async fn store(
    tx: &mut Conn,
    module: &ModuleDef,
    fields: &[usize],
    changed: &[(Stored, Vec<Option<Cell<'static>>>)],
) -> Result<(), Error> {
    let Some((_, first)) = changed.first() else { return Ok(()) };
    let set: Vec<usize> = fields.iter().copied().filter(|&at| first[at].is_some()).collect();
    let mut columns = vec![Column::new("id", Storage::Int)];
    columns.extend(set.iter().filter_map(|&at| stored::columns_of(module, at)).map(|(own, _)| own));
    let row = |(record, cells): &(Stored, Vec<Option<Cell<'static>>>)| {
        let cells = set.iter().map(|&at| cells[at].clone().unwrap_or(Cell::Null));
        [Cell::from(record.id)].into_iter().chain(cells).collect()
    };
    let rows: Vec<Vec<Cell<'static>>> = changed.iter().map(row).collect();
    let table = unasked::table(module, Why::System).unwrap_or_default();
    Ok(tx.update_many(&Batch { table, columns: &columns, rows: &rows }).await?)
}
