//! `rollup_summary` of a rollup field: which related records it sums up, and how.

use std::sync::Arc;

use dealwright_schema::{FieldDef, Form, ModuleDef, RollupFunction, RollupSummary};
use dealwright_wire::{ApiError, Code};
use serde_json::{Value, json};

use super::entry::Entry;
use super::field_type;
use crate::formula::criteria::Criteria;
use crate::snapshot::Snapshot;

/// Decimals of an average of whole numbers.
const AVERAGE_DECIMALS: u8 = 2;

/// Reads the rollup of a new field, which takes its type from what is summed up.
pub(super) fn fill(
    field: &mut FieldDef,
    snapshot: &Snapshot,
    module: &ModuleDef,
    entry: &Entry<'_>,
) -> Result<(), ApiError> {
    let given = entry.entry("rollup_summary")?.ok_or_else(|| entry.missing("rollup_summary"))?;
    let (child, lookup) = related(snapshot, module, &given)?;
    let expression = given.entry("expression")?.ok_or_else(|| given.missing("expression"))?;
    let function = function(&expression)?;
    let source = source(snapshot, &child, function, &expression)?;
    let summary = RollupSummary {
        function,
        module: child.api_name.clone(),
        lookup: lookup.api_name.clone(),
        related_list: list_name(&lookup).to_owned(),
        field: source.map(|source| source.api_name.clone()),
        criteria: criteria(snapshot, &child, &expression)?,
        return_type: return_type(function, source, &given)?,
    };
    let kind = summary.data_type().get();
    field.data_type = summary.data_type();
    kind.json_type.clone_into(&mut field.json_type);
    field.length = kind.custom_length.map(|(usual, _)| usual);
    field.decimal_place = match (kind.form, source) {
        (Form::Decimal, Some(source)) if source.data_type.get().form == Form::Decimal => {
            let least = if function == RollupFunction::Average { AVERAGE_DECIMALS } else { 0 };
            Some(source.scale().max(least))
        }
        (Form::Decimal, _) => Some(AVERAGE_DECIMALS),
        _ => None,
    };
    if kind.form == Form::Int && function != RollupFunction::Count {
        // A sum of whole numbers has more digits than one of them.
        field.length = Some(16);
    }
    field_type::close(field);
    field.rollup_summary = Some(summary);
    Ok(())
}

/// Refuses changes of a rollup: it can be deleted and made anew. A body may repeat it as it was read.
pub(super) fn refuse_change(field: &FieldDef, entry: &Entry<'_>) -> Result<(), ApiError> {
    let Some(given) = entry.entry("rollup_summary")? else { return Ok(()) };
    let Some(expression) = given.entry("expression")? else { return Ok(()) };
    let known = field.rollup_summary.as_ref();
    let refused = || Err(entry.error(Code::NotAllowed, "rollup_summary"));
    if expression
        .text("function", 20)?
        .is_some_and(|name| Some(name) != known.map(|known| known.function.name()))
    {
        return refused();
    }
    let parameter = expression.entries("function_parameters")?.first().map(|one| one.text("api_name", 100));
    let parameter = parameter.transpose()?.flatten();
    if parameter.is_some_and(|name| Some(name) != known.and_then(|known| known.field.as_deref())) {
        return refused();
    }
    let criteria = expression.value("criteria");
    if expression.names("criteria") && criteria != known.and_then(|known| known.criteria.as_ref()) {
        return refused();
    }
    Ok(())
}

/// The module of the related records and their lookup, from the related list, from their module, or from both.
fn related(
    snapshot: &Snapshot,
    module: &ModuleDef,
    given: &Entry<'_>,
) -> Result<(Arc<ModuleDef>, FieldDef), ApiError> {
    let (list, based_on) = (given.entry("related_list")?, given.entry("based_on_module")?);
    if list.is_none() && based_on.is_none() {
        return Err(given.missing("related_list"));
    }
    let (list_name_given, list_id) = match &list {
        Some(list) => (list.text("api_name", 100)?, list.id("id")?),
        None => (None, None),
    };
    let (child_name, child_id) = match &based_on {
        Some(child) => (child.text("api_name", 100)?, child.id("id")?),
        None => (None, None),
    };
    let standard = list_id.and_then(|id| standard_list(module, &id.to_string()));
    let is_list = |lookup: &FieldDef| {
        list_name_given.is_none_or(|name| name == list_name(lookup))
            && list_id.is_none_or(|id| id == lookup.id || standard.as_deref() == Some(list_name(lookup)))
    };
    let mut found = Vec::new();
    for child in snapshot.schema.modules() {
        let named = child_name.is_none_or(|name| child.api_name.eq_ignore_ascii_case(name))
            && child_id.is_none_or(|id| id == child.id);
        let served = child.has_records() && child.parent.is_none() && child.flag("api_supported");
        if !named || !served {
            continue;
        }
        let lookups = child.fields().iter().filter(|field| {
            field.lookup_module() == Some(module.api_name.as_str())
                && field.column.is_some()
                && is_list(field)
        });
        found.extend(lookups.map(|lookup| (Arc::clone(child), lookup.clone())));
    }
    let key = if list.is_some() { "related_list" } else { "based_on_module" };
    match found.len() {
        0 => Err(given.error(Code::InvalidData, key)),
        1 => Ok(found.remove(0)),
        _ => Err(given.error(Code::AmbiguityDuringProcessing, key)),
    }
}

/// The related list that shows the records of a lookup.
fn list_name(lookup: &FieldDef) -> &str {
    lookup.lookup.as_ref().and_then(|lookup| lookup.api_name.as_deref()).unwrap_or(&lookup.api_name)
}

/// Name of the standard list with that id.
fn standard_list(module: &ModuleDef, id: &str) -> Option<String> {
    let lists = module.described.get("related_lists")?.as_array()?;
    let list = lists.iter().find(|list| list["id"] == id)?;
    list["api_name"].as_str().map(str::to_owned)
}

fn function(expression: &Entry<'_>) -> Result<RollupFunction, ApiError> {
    let name = expression.text("function", 20)?.ok_or_else(|| expression.missing("function"))?;
    let found = RollupFunction::ALL.into_iter().find(|function| function.name().eq_ignore_ascii_case(name));
    let names = || RollupFunction::ALL.iter().map(|function| function.name()).collect();
    found.ok_or_else(|| expression.unsupported("function", names()))
}

/// The field that the function is applied to, of a type that it takes; none for `COUNT`.
fn source<'m>(
    snapshot: &Snapshot,
    child: &'m ModuleDef,
    function: RollupFunction,
    expression: &Entry<'_>,
) -> Result<Option<&'m FieldDef>, ApiError> {
    use RollupFunction as F;
    if function == F::Count {
        return Ok(None);
    }
    let parameters = expression.entries("function_parameters")?;
    let parameter = parameters.first().ok_or_else(|| expression.missing("function_parameters"))?;
    let name = parameter.text("api_name", 100)?.ok_or_else(|| parameter.missing("api_name"))?;
    let refused = || parameter.error(Code::InvalidData, "api_name");
    let at = child.field_index(name).ok_or_else(refused)?;
    let field = &child.fields()[at];
    let form = field.data_type.get().form;
    let is_number = matches!(form, Form::Decimal | Form::Int | Form::BigInt) && field.api_name != "id";
    let is_moment = matches!(form, Form::Date | Form::Instant);
    let fits = match function {
        F::Sum | F::Average => is_number,
        F::Recent | F::Oldest => is_moment,
        _ => is_number || is_moment,
    };
    if !fits {
        return Err(field_type::mismatch(expression, "function_parameters", "function"));
    }
    if field.column.is_none() || snapshot.worked_out().is_summed(child, at) {
        return Err(refused());
    }
    Ok(Some(field))
}

fn criteria(
    snapshot: &Snapshot,
    child: &ModuleDef,
    expression: &Entry<'_>,
) -> Result<Option<Value>, ApiError> {
    let Some(given) = expression.value("criteria").filter(|given| **given != json!({})) else {
        return Ok(None);
    };
    let refused = |path: &str, key: &str| {
        let error = expression.error(Code::InvalidData, "criteria");
        let place = error.details.get("json_path").and_then(Value::as_str).unwrap_or_default().to_owned();
        error.field(key, format!("{place}{path}"))
    };
    let read = Criteria::read(given, child, &snapshot.zone);
    let read = read.map_err(|wrong| refused(&wrong.path, wrong.key))?;
    if read.fields().into_iter().any(|at| snapshot.worked_out().is_summed(child, at)) {
        return Err(refused("", "criteria"));
    }
    Ok(Some(given.clone()))
}

/// What the function gives for the field. Of the numbers with decimals a body may choose another name.
fn return_type(
    function: RollupFunction,
    source: Option<&FieldDef>,
    given: &Entry<'_>,
) -> Result<String, ApiError> {
    const DECIMALS: [&str; 3] = ["double", "currency", "percent"];
    let form = source.map(|source| source.data_type.get().form);
    let natural = match form {
        None => "integer",
        Some(Form::Date) => "date",
        Some(Form::Instant) => "datetime",
        Some(Form::Int | Form::BigInt) if function != RollupFunction::Average => "integer",
        _ => source
            .map(|source| source.data_type.name())
            .filter(|name| DECIMALS.contains(name))
            .unwrap_or("double"),
    };
    match given.text("return_type", 20)? {
        None => Ok(natural.to_owned()),
        Some(name) if name == natural => Ok(natural.to_owned()),
        Some(name) if DECIMALS.contains(&name) && DECIMALS.contains(&natural) => Ok(name.to_owned()),
        Some(_) => Err(given.unsupported("return_type", vec![natural])),
    }
}
