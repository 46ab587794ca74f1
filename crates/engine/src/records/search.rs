//! `GET /{module}/search`: by criteria, e-mail address, phone number or word. Also what counting shares with it.

use dealwright_query::{CriteriaError, CriteriaErrorKind, Limits, criteria};
use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;
use crate::records::filter::{Filter, Language, Translator};
use crate::records::full_text::{self, Sought};
use crate::records::list_query::{Kind, ListQuery, SortBy};
use crate::records::{narrow, page};
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
        let sought = condition(cx, &grant.module, params, &mut filter)?.ok_or_else(|| {
            ApiError::new(Code::ExpectedParamMissing)
                .detail("param_names", vec!["criteria", "email", "phone", "word"])
        })?;
        narrow::narrow(cx, &grant.module, params, &mut filter)?;
        // A search by word has an order of its own, which is also the order that nobody asked for.
        let is_by_word = !["criteria", "email", "phone"].into_iter().any(|other| params.get(other).is_some());
        let is_ranked = params.get("sort_by").is_none() && (is_by_word || query.order.descending);
        if !is_ranked {
            sought.narrow(cx, &mut filter).await?;
        } else if let Sought::Has(..) = &sought {
            query.order.by = sought.ranked(params).map_or(SortBy::Id, SortBy::Rank);
        } else {
            sought.narrow(cx, &mut filter).await?;
        }
        let page = page::fetch(cx, &grant, &query, filter).await?;
        Ok(page.reply(cx, &query, params, false))
    })
}

/// Adds what the search parameters ask for, but for what full text has to tell. `None` when none of them is there.
pub(crate) fn condition(
    cx: &Cx,
    module: &ModuleDef,
    params: &Params,
    filter: &mut Filter,
) -> Result<Option<Sought>, ApiError> {
    let dialect = cx.org.store.dialect();
    let sought = if let Some(text) = params.get("criteria") {
        let parsed = criteria::parse(text, &Limits::default()).map_err(|error| refused(&error))?;
        let language = Language::Text;
        let translator = Translator { cx, snapshot: &cx.snapshot, module, dialect, table: "t", language };
        translator.add(&parsed, filter)?;
        Sought::Nothing
    } else if let Some(sought) = full_text::condition(module, params, dialect, filter)? {
        sought
    } else {
        return Ok(None);
    };
    filter.is_criteria = true;
    Ok(Some(sought))
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
