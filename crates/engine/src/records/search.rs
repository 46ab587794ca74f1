//! `GET /{module}/search`: by criteria, e-mail address, phone number or word. Also what counting shares with it.

use dealwright_query::{CriteriaError, CriteriaErrorKind, Limits, criteria};
use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_store::dialect;
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::{Filter, Language, Translator};
use crate::records::list_query::{Kind, ListQuery};
use crate::records::{narrow, page};
use crate::request::{Params, Reply, Request};

/// Rows a search can reach, unless whoever runs the server says otherwise.
const REACH: u32 = 2_000;

/// Searches records: 200 with rows, 204 when there are none.
pub async fn search(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let params = &request.params;
    let query = ListQuery::parse(cx, &grant.module, params, Kind::Search)?;
    let reach = cx.ceilings.search_reach.unwrap_or(REACH);
    if query.offset().saturating_add(query.per_page) > reach {
        return Err(ApiError::new(Code::LimitReached).detail("limit", reach.to_string()).into());
    }
    let mut filter = Filter::default();
    if !condition(cx, &grant.module, params, &mut filter)? {
        return Err(ApiError::new(Code::ExpectedParamMissing)
            .detail("param_names", vec!["criteria", "email", "phone", "word"])
            .into());
    }
    narrow::narrow(cx, &grant.module, params, &mut filter)?;
    let page = page::fetch(cx, &grant, &query, filter).await?;
    Ok(page.reply(cx, &query, params, false))
}

/// Adds what the search parameters ask for. `false` when none of them is there.
pub(crate) fn condition(
    cx: &Cx,
    module: &ModuleDef,
    params: &Params,
    filter: &mut Filter,
) -> Result<bool, ApiError> {
    let dialect = cx.org.store.dialect();
    if let Some(text) = params.get("criteria") {
        let parsed = criteria::parse(text, &Limits::default()).map_err(|error| refused(&error))?;
        let language = Language::Text;
        let translator = Translator { cx, snapshot: &cx.snapshot, module, dialect, table: "t", language };
        translator.add(&parsed, filter)?;
    } else if let Some(address) = params.get("email") {
        let argument = filter.bind(address.trim().to_ascii_lowercase());
        let columns = columns(module, |field| field.data_type.name() == "email")?;
        filter.and(&any(columns.iter().map(|column| dialect.contains(column, &argument))));
    } else if let Some(number) = params.get("phone") {
        let digits = dialect::digits(number);
        if digits.is_empty() {
            return Err(ApiError::new(Code::InvalidQuery).message("invalid value for search").param("phone"));
        }
        let argument = filter.bind(digits);
        let columns = columns(module, |field| field.data_type.name() == "phone")?;
        filter.and(&any(columns.iter().map(|column| dialect.contains(&dialect.digits(column), &argument))));
    } else if let Some(word) = params.get("word") {
        self::word(module, word, dialect, filter)?;
    } else {
        return Ok(false);
    }
    filter.is_criteria = true;
    Ok(true)
}

/// All text of a record, every word of the parameter as the beginning of a word.
fn word(
    module: &ModuleDef,
    text: &str,
    dialect: &'static dyn dealwright_store::Dialect,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    if text.matches('*').count() > 1 {
        return Err(ApiError::new(Code::InvalidQuery)
            .message("More than one wildcard(*) not allowed in a searchword")
            .param("word"));
    }
    let words = dialect::words(text);
    let words = words.trim();
    if words.chars().count() < 2 {
        return Err(ApiError::new(Code::InvalidData)
            .message("provide atleast 2 letters for search")
            .param("word"));
    }
    let columns = columns(module, |field| field.data_type.get().is_text() && field.flag("searchable", true))?;
    for one in words.split(' ') {
        let argument = filter.bind(format!(" {one}"));
        filter.and(&any(columns.iter().map(|column| dialect.contains_words(column, &argument))));
    }
    Ok(())
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

fn refused(error: &CriteriaError) -> ApiError {
    let refused = match error.kind {
        CriteriaErrorKind::TooManyConditions => return ApiError::new(Code::CriteriaLimitExceeded),
        CriteriaErrorKind::TooManyValues => {
            ApiError::new(Code::InvalidQuery).message("Only 100 values are allowed in \"IN\" criteria")
        }
        CriteriaErrorKind::UnknownOperator => {
            ApiError::new(Code::InvalidQuery).message("invalid operator found")
        }
        _ => ApiError::new(Code::InvalidQuery),
    };
    let mut refused = refused.detail("reason", error.to_string());
    for (key, value) in [("api_name", &error.field), ("operator", &error.operator)] {
        if let Some(value) = value {
            refused = refused.detail(key, value.as_str());
        }
    }
    refused
}
