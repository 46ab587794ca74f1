//! `GET /{module}/search`: by criteria, e-mail address, phone number or word. Also what counting shares with it.

use dealwright_query::{CriteriaError, CriteriaErrorKind, Limits, criteria};
use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;
use crate::records::filter::{Filter, Language, Translator};
use crate::records::list_query::{Kind, ListQuery, SortBy};
use crate::records::{full_text, narrow, page};
use crate::request::{Answer, Params, Request};

/// Rows a search can reach, unless whoever runs the server says otherwise.
const REACH: u32 = 2_000;

/// Searches records: 200 with rows, 204 when there are none.
pub fn search<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let params = &request.params;
        let mut query = ListQuery::parse(cx, &grant.module, params, Kind::Search)?;
        let reach = cx.ceilings.search_reach.unwrap_or(REACH);
        if query.offset().saturating_add(query.per_page) > reach {
            return Err(ApiError::new(Code::LimitReached).detail("limit", reach.to_string()).into());
        }
        let mut filter = Filter::default();
        let ranked = match params.get("sort_by") {
            None => full_text::ranked(&grant.module, params, cx.org.store.dialect())?,
            Some(_) => None,
        };
        if let Some(ranked) = ranked {
            query.order.by = SortBy::Rank(ranked);
        } else if !condition(cx, &grant.module, params, &mut filter)? {
            return Err(ApiError::new(Code::ExpectedParamMissing)
                .detail("param_names", vec!["criteria", "email", "phone", "word"])
                .into());
        }
        narrow::narrow(cx, &grant.module, params, &mut filter)?;
        let page = page::fetch(cx, &grant, &query, filter).await?;
        Ok(page.reply(cx, &query, params, false))
    })
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
    } else if !full_text::condition(module, params, dialect, filter)? {
        return Ok(false);
    }
    filter.is_criteria = true;
    Ok(true)
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
