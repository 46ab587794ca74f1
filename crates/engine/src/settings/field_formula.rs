//! `formula` of a formula field: its expression, checked against the module's fields.

use dealwright_query::formula::FormulaError;
use dealwright_schema::{FieldDef, Formula, ModuleDef, ReturnType};
use dealwright_wire::{ApiError, Code};
use serde_json::json;

use super::entry::Entry;
use super::field_type;
use crate::formula::formulas;
use crate::records::worked_out::WorkedOut;

/// Characters of an expression. Source: the reference's help page on formula fields.
const LONGEST: usize = 5_000;

/// Reads the formula of a new field, which takes its type from what the formula returns.
pub(super) fn fill(field: &mut FieldDef, module: &ModuleDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    let given = entry.entry("formula")?.ok_or_else(|| entry.missing("formula"))?;
    refuse_unserved(&given)?;
    let return_type = return_type(&given)?.ok_or_else(|| given.missing("return_type"))?;
    let expression = given.text("expression", LONGEST)?.ok_or_else(|| given.missing("expression"))?;
    check(module, &field.api_name, return_type, expression, &given)?;
    let kind = return_type.data_type().get();
    field.data_type = return_type.data_type();
    kind.json_type.clone_into(&mut field.json_type);
    field.length = kind.custom_length.map(|(usual, _)| usual);
    if kind.json_type == "double" {
        field_type::decimals(field, entry)?;
    }
    if return_type == ReturnType::Currency {
        let currency = json!({"rounding_option": "normal", "precision": field.decimal_place});
        field.described.insert("currency".to_owned(), currency);
    }
    field_type::close(field);
    if return_type == ReturnType::Text {
        field.described.insert("filterable".to_owned(), json!(false));
    }
    field.formula = Some(Formula {
        return_type,
        expression: expression.to_owned(),
        assume_default: given.flag("assume_default")?.unwrap_or(false),
    });
    Ok(())
}

/// Applies the changes of an existing field's formula. A body may repeat the formula as it was read.
pub(super) fn change(
    field: &mut FieldDef,
    module: &ModuleDef,
    worked_out: &WorkedOut,
    entry: &Entry<'_>,
) -> Result<(), ApiError> {
    let Some(given) = entry.entry("formula")? else { return Ok(()) };
    refuse_unserved(&given)?;
    let (wanted, expression) = (return_type(&given)?, given.text("expression", LONGEST)?);
    let Some(formula) = &mut field.formula else {
        let known = field.described.get("formula").and_then(|formula| formula["expression"].as_str());
        let same = expression.is_none_or(|expression| Some(expression) == known);
        return if same { Ok(()) } else { Err(entry.error(Code::NotAllowed, "formula")) };
    };
    if wanted.is_some_and(|wanted| wanted != formula.return_type) {
        return Err(given.error(Code::NotAllowed, "return_type"));
    }
    if let Some(expression) = expression {
        check(module, &field.api_name, formula.return_type, expression, &given)?;
        refuse_rollup_of_rollup(module, worked_out, field.api_name.as_str(), expression, &given)?;
        expression.clone_into(&mut formula.expression);
    }
    if let Some(flag) = given.flag("assume_default")? {
        formula.assume_default = flag;
    }
    Ok(())
}

fn refuse_unserved(given: &Entry<'_>) -> Result<(), ApiError> {
    if given.flag("stop_compute_conditionally")? == Some(true) {
        return Err(field_type::unserved(given, "stop_compute_conditionally"));
    }
    Ok(())
}

fn return_type(given: &Entry<'_>) -> Result<Option<ReturnType>, ApiError> {
    let Some(name) = given.text("return_type", 20)? else { return Ok(None) };
    let found = ReturnType::ALL.into_iter().find(|kind| kind.name() == name);
    let names = || ReturnType::ALL.iter().map(|kind| kind.name()).collect();
    found.map(Some).ok_or_else(|| given.unsupported("return_type", names()))
}

/// Refuses an expression that cannot be read, that gives another type than the field has, or that depends on itself.
fn check(
    module: &ModuleDef,
    name: &str,
    return_type: ReturnType,
    expression: &str,
    given: &Entry<'_>,
) -> Result<(), ApiError> {
    let refused = |error: FormulaError| {
        let at = error.at;
        given.error(Code::InvalidData, "expression").message(error.to_string()).detail("position", at)
    };
    let (read, found) = formulas::read(module, expression).map_err(refused)?;
    if !formulas::fits(return_type, found) {
        return Err(field_type::mismatch(given, "expression", "return_type"));
    }
    formulas::refuse_cycle(module, name, &read).map_err(refused)
}

/// Sums are not summed up: one write would set off changes without end.
fn refuse_rollup_of_rollup(
    module: &ModuleDef,
    worked_out: &WorkedOut,
    name: &str,
    expression: &str,
    given: &Entry<'_>,
) -> Result<(), ApiError> {
    let is_summed_up =
        |at: usize| worked_out.rollups_over(module).any(|rollup| rollup.reads().any(|read| read == at));
    let Ok((read, _)) = formulas::read(module, expression) else { return Ok(()) };
    let mut reads = read.fields().filter_map(|field| module.field_index(&field.name));
    if module.field_index(name).is_some_and(is_summed_up) && reads.any(|at| worked_out.is_summed(module, at))
    {
        return Err(given.error(Code::NotAllowed, "expression"));
    }
    Ok(())
}
