//! Searches by word, e-mail address and phone number, through the full text of the module.

use std::sync::Arc;

use dealwright_schema::full_text::FullText;
use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::full_text::{self, Asked, Term};
use dealwright_store::{Dialect, dialect};
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::list_query::Ranked;
use crate::request::Params;

/// What full text is asked for, before anybody has looked. The filter alone lets more through.
#[must_use]
pub(crate) enum Sought {
    /// Nothing: the filter says it all.
    Nothing,
    /// Records that have these terms.
    Has(FullText, Asked),
    /// No record can have it.
    Never,
}

impl Sought {
    fn terms(module: &ModuleDef, terms: &[Term]) -> Self {
        // Without terms there is nothing to be found.
        match FullText::of(module).filter(|_| !terms.is_empty()) {
            Some(text) => Self::Has(text, Asked::all(terms)),
            None => Self::Never,
        }
    }

    /// Looks, and narrows the filter to what was found.
    pub(crate) async fn narrow(self, cx: &Cx, filter: &mut Filter) -> Result<(), Error> {
        match self {
            Self::Nothing => {}
            Self::Never => filter.and("1 = 0"),
            Self::Has(text, asked) => {
                let found = Arc::clone(&cx.org.full_text).find_all(text, asked).await?;
                let argument = filter.bind(Cell::Ids(found.into()));
                filter.and(&cx.org.store.dialect().in_ids("t.id", &argument));
            }
        }
        Ok(())
    }

    /// What a page in the order of the best and newest reads group by group; `None` where no full text is asked.
    pub(crate) fn ranked(self, params: &Params) -> Option<Ranked> {
        let Self::Has(text, asked) = self else { return None };
        // Whole words come first; of addresses and numbers any part is as good as another.
        let by_word = params.get("word").filter(|_| params.get("email").or(params.get("phone")).is_none());
        let tiers = by_word.map_or_else(|| vec![asked], |text| full_text::tiers(&full_text::words(text)));
        Some(Ranked { text, tiers })
    }
}

/// Reads what `email`, `phone` or `word` asks for, the first of them that is there. `None` when none is.
pub(crate) fn condition(
    module: &ModuleDef,
    params: &Params,
    dialect: &'static dyn Dialect,
    filter: &mut Filter,
) -> Result<Option<Sought>, ApiError> {
    Ok(Some(if let Some(address) = params.get("email") {
        email(module, address.trim(), dialect, filter)?
    } else if let Some(number) = params.get("phone") {
        phone(module, number, dialect, filter)?
    } else if let Some(text) = params.get("word") {
        Sought::terms(module, &words(module, text)?)
    } else {
        return Ok(None);
    }))
}

/// Any e-mail field that contains the text. The index names the candidates, the fields decide.
fn email(
    module: &ModuleDef,
    address: &str,
    dialect: &'static dyn Dialect,
    filter: &mut Filter,
) -> Result<Sought, ApiError> {
    let columns = columns(module, |field| field.data_type.is_email())?;
    let argument = filter.bind(address.to_ascii_lowercase());
    filter.and(&any(columns.iter().map(|column| dialect.contains(column, &argument))));
    Ok(full_text::mail(address).map_or(Sought::Nothing, |terms| Sought::terms(module, &terms)))
}

/// Any phone field whose digits contain those of the text.
fn phone(
    module: &ModuleDef,
    number: &str,
    dialect: &'static dyn Dialect,
    filter: &mut Filter,
) -> Result<Sought, ApiError> {
    let digits = dialect::digits(number);
    if digits.is_empty() {
        return Err(ApiError::new(Code::InvalidQuery).message("invalid value for search").param("phone"));
    }
    let columns = columns(module, |field| field.data_type.is_phone())?;
    let terms = full_text::phone(&digits);
    let argument = filter.bind(digits);
    filter.and(&any(columns.iter().map(|column| dialect.contains(&dialect.digits(column), &argument))));
    Ok(Sought::terms(module, &terms))
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
