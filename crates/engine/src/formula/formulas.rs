//! The formulas of a module, in the order in which they depend on each other.

use dealwright_query::formula::{
    Expression, Field, FormulaError, FormulaErrorKind, Limits, Type, check, parse,
};
use dealwright_schema::{Cell, FieldDef, ModuleDef, ReturnType};
use dealwright_wire::{Instant, Zone};

use super::compute::Computing;
use super::value::{of_cell, type_of};

/// Compiled formulas; those that others read come before them.
#[derive(Debug, Default)]
pub(crate) struct Formulas {
    list: Vec<Compiled>,
    sources: Vec<usize>,
}

#[derive(Debug)]
struct Compiled {
    /// Position of the formula field.
    at: usize,
    expression: Expression,
    /// Positions of the fields it reads.
    reads: Vec<usize>,
    gives: ReturnType,
    assume_default: bool,
}

impl Formulas {
    /// The formulas as they are stored. What cannot be computed is left out: creating a formula, and deleting a
    /// field, see to it that there is none.
    pub(crate) fn of(module: &ModuleDef) -> Self {
        let mut waiting: Vec<Compiled> =
            (0..module.fields().len()).filter_map(|at| Compiled::of(module, at)).collect();
        let mut list: Vec<Compiled> = Vec::with_capacity(waiting.len());
        loop {
            let is_waiting: Vec<usize> = waiting.iter().map(|formula| formula.at).collect();
            let (next, rest): (Vec<_>, Vec<_>) = waiting
                .into_iter()
                .partition(|formula| !formula.reads.iter().any(|read| is_waiting.contains(read)));
            waiting = rest;
            if next.is_empty() {
                break;
            }
            list.extend(next);
        }
        let mut sources: Vec<usize> = list.iter().flat_map(|formula| formula.reads.iter().copied()).collect();
        sources.sort_unstable();
        sources.dedup();
        Self { list, sources }
    }

    /// Positions of the fields that formulas read, and of the formulas: what a change of a record has to know.
    pub(crate) fn fields(&self) -> impl Iterator<Item = usize> {
        self.sources.iter().copied().chain(self.list.iter().map(|formula| formula.at))
    }

    /// Whether one of them reads the field.
    pub(crate) fn reads(&self, field: usize) -> bool {
        self.sources.contains(&field)
    }

    /// Computes all formulas into `cells`, whose other values are those that will be stored. `old` gives values of
    /// fields that do not change.
    pub(crate) fn compute(
        &self,
        module: &ModuleDef,
        cells: &mut [Option<Cell<'static>>],
        old: Option<&[Option<Cell<'static>>]>,
        zone: &Zone,
        now: Instant,
    ) {
        for formula in &self.list {
            let value = |field: &Field| {
                let at = module.field_index(&field.name)?;
                let stored = || old.and_then(|old| old[at].as_ref());
                of_cell(module, at, cells[at].as_ref().or_else(stored), formula.assume_default)
            };
            let value = Computing { zone, now, field: &value }.value(&formula.expression);
            let field = &module.fields()[formula.at];
            let cell = value.map_or(Cell::Null, |value| value.into_cell(formula.gives, field, zone));
            cells[formula.at] = Some(cell);
        }
    }

    /// Whether the formula at that position reads the field, itself or through others.
    pub(crate) fn reaches(&self, from: usize, field: usize) -> bool {
        let (mut pending, mut seen) = (vec![from], std::collections::HashSet::new());
        while let Some(next) = pending.pop() {
            let reads = self.list.iter().find(|formula| formula.at == next).map(|formula| &formula.reads);
            for &read in reads.into_iter().flatten() {
                if read == field {
                    return true;
                }
                if seen.insert(read) {
                    pending.push(read);
                }
            }
        }
        false
    }
}

impl Compiled {
    fn of(module: &ModuleDef, at: usize) -> Option<Self> {
        let formula = module.fields()[at].formula.as_ref()?;
        let (expression, _) = read(module, &formula.expression).ok()?;
        let reads = expression.fields().filter_map(|field| module.field_index(&field.name)).collect();
        Some(Self {
            at,
            expression,
            reads,
            gives: formula.return_type,
            assume_default: formula.assume_default,
        })
    }
}

/// Reads a formula for a module and gives it with its type.
pub(crate) fn read(module: &ModuleDef, text: &str) -> Result<(Expression, Type), FormulaError> {
    let expression = parse(text, &Limits::default())?;
    let found = check(&expression, &|field| type_of(source(module, field)?))?;
    Ok((expression, found))
}

/// The field of this module that a formula names.
fn source<'m>(module: &'m ModuleDef, field: &Field) -> Option<&'m FieldDef> {
    let own = field.module.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(&module.api_name));
    module.field(&field.name).filter(|_| own)
}

/// Whether a formula of that type can have the return type: dates and dates with a time become each other.
pub(crate) fn fits(gives: ReturnType, found: Type) -> bool {
    match gives {
        ReturnType::Double | ReturnType::Currency => found == Type::Number,
        ReturnType::Text => found == Type::Text,
        ReturnType::Boolean => found == Type::Boolean,
        ReturnType::Date | ReturnType::Datetime => matches!(found, Type::Date | Type::DateTime),
    }
}

/// An error when the formula `text` of the field called `name` would read itself, directly or through others.
pub(crate) fn refuse_cycle(
    module: &ModuleDef,
    name: &str,
    expression: &Expression,
) -> Result<(), FormulaError> {
    let others = Formulas::of(module);
    let own = module.field_index(name);
    for node in expression.nodes() {
        let dealwright_query::formula::Kind::Field(field) = &node.kind else { continue };
        let Some(read) = module.field_index(&field.name) else { continue };
        if own.is_some_and(|own| read == own || others.reaches(read, own)) {
            let expected = format!("a field that does not depend on `{name}` itself");
            return Err(FormulaError::new(FormulaErrorKind::UnknownField, node.at, expected));
        }
    }
    Ok(())
}
