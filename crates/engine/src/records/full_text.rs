//! Searches by word, e-mail address and phone number, through the full text index of the module.

use dealwright_schema::full_text::FullText;
use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::full_text::{self, Asked, Term};
use dealwright_store::{Dialect, dialect};
use dealwright_wire::{ApiError, Code};

use crate::records::filter::Filter;
use crate::records::list_query::Ranked;
use crate::request::Params;

/// Adds what `email`, `phone` or `word` asks for, the first of them that is there. `false` when none is.
pub(crate) fn condition(
    module: &ModuleDef,
    params: &Params,
    dialect: &'static dyn Dialect,
    filter: &mut Filter,
) -> Result<bool, ApiError> {
    if let Some(address) = params.get("email") {
        email(module, address.trim(), dialect, filter)?;
    } else if let Some(number) = params.get("phone") {
        phone(module, number, dialect, filter)?;
    } else if let Some(text) = params.get("word") {
        has(module, &words(module, text)?, dialect, filter);
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// What a search by word finds, group by group: records that have most of the words as whole words first. `None` when
/// the search is by something else.
pub(crate) fn ranked(
    module: &ModuleDef,
    params: &Params,
    dialect: &'static dyn Dialect,
) -> Result<Option<Ranked>, ApiError> {
    if ["criteria", "email", "phone"].into_iter().any(|other| params.get(other).is_some()) {
        return Ok(None);
    }
    let Some(text) = params.get("word") else { return Ok(None) };
    let terms = words(module, text)?;
    let Some(text) = FullText::of(module).filter(|_| !terms.is_empty()) else { return Ok(None) };
    let tiers = full_text::tiers(&terms);
    let tiers = tiers.iter().map(|tier| dialect.full_text_query(&text, tier)).collect();
    Ok(Some(Ranked { text, tiers }))
}

/// Any e-mail field that contains the text. The index names the candidates, the fields decide.
fn email(
    module: &ModuleDef,
    address: &str,
    dialect: &'static dyn Dialect,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let columns = columns(module, |field| field.data_type.is_email())?;
    if let Some(terms) = full_text::mail(address) {
        has(module, &terms, dialect, filter);
    }
    let argument = filter.bind(address.to_ascii_lowercase());
    filter.and(&any(columns.iter().map(|column| dialect.contains(column, &argument))));
    Ok(())
}

/// Any phone field whose digits contain those of the text.
fn phone(
    module: &ModuleDef,
    number: &str,
    dialect: &'static dyn Dialect,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let digits = dialect::digits(number);
    if digits.is_empty() {
        return Err(ApiError::new(Code::InvalidQuery).message("invalid value for search").param("phone"));
    }
    let columns = columns(module, |field| field.data_type.is_phone())?;
    has(module, &full_text::phone(&digits), dialect, filter);
    let argument = filter.bind(digits);
    filter.and(&any(columns.iter().map(|column| dialect.contains(&dialect.digits(column), &argument))));
    Ok(())
}

/// All searchable text of a record, every word of the parameter as the beginning of a word.
fn words(module: &ModuleDef, text: &str) -> Result<Vec<Term>, ApiError> {
    if text.matches('*').count() > 1 {
        return Err(ApiError::new(Code::InvalidQuery)
            .message("More than one wildcard(*) not allowed in a searchword")
            .param("word"));
    }
    if dialect::words(text).trim().chars().count() < 2 {
        return Err(ApiError::new(Code::InvalidData)
            .message("provide atleast 2 letters for search")
            .param("word"));
    }
    columns(module, |field| field.data_type.get().is_text() && field.flag("searchable", true))?;
    Ok(full_text::words(text))
}

/// Narrows to records that have all of the terms; without terms there is nothing to be found.
fn has(module: &ModuleDef, terms: &[Term], dialect: &'static dyn Dialect, filter: &mut Filter) {
    let Some(text) = FullText::of(module).filter(|_| !terms.is_empty()) else { return filter.and("1 = 0") };
    let argument = filter.bind(Cell::from(dialect.full_text_query(&text, &Asked::all(terms))));
    filter.and(&dialect.has_terms(&text, "t", &argument));
}

fn columns(module: &ModuleDef, wanted: impl Fn(&FieldDef) -> bool) -> Result<Vec<String>, ApiError> {
    let columns: Vec<String> = module
        .fields()
        .iter()
        .filter(|field| wanted(field))
        .filter_map(|field| Some(format!("t.\"{}\"", field.column.as_deref()?)))
        .collect();
    if columns.is_empty() { Err(ApiError::new(Code::FieldTypeUnavailable)) } else { Ok(columns) }
}

fn any(tests: impl Iterator<Item = String>) -> String {
    format!("({})", tests.collect::<Vec<_>>().join(" OR "))
}
