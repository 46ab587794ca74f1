//! `GET /{module}`: records page by page.

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::page;
use crate::request::{Reply, Request};
use crate::sharing::territories;

/// Lists records: 200 with rows, 204 when there are none, 304 when none changed since `If-Modified-Since`.
pub async fn list(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let params = &request.params;
    for unbuilt in ["cvid", "filters", "cross_filters"] {
        if params.get(unbuilt).is_some() {
            return Err(ApiError::new(Code::NotSupported).param(unbuilt).into());
        }
    }
    let query = ListQuery::parse(cx, &grant.module, params, Kind::List)?;
    page::check_reach(cx, &query, query.fields.is_none())?;
    let mut filter = Filter::default();
    converted(cx, &grant.module, params.get("converted"), &mut filter)?;
    territories::filter(cx, &grant.module, params, &mut filter)?;
    let since = request.if_modified_since;
    if let Some(since) = since {
        let since = filter.bind(since);
        filter.and(&format!("t.modified_time > {since}"));
    }
    let page = page::fetch(cx, &grant, &query, filter).await?;
    if page.count == 0 && since.is_some() {
        return Ok(Reply::not_modified());
    }
    Ok(page.reply(cx, &query, params, cx.profile.page_tokens))
}

/// Converted leads stay out of lists unless asked for.
pub(crate) fn converted(
    _: &Cx,
    module: &ModuleDef,
    asked: Option<&str>,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let Some(column) = module.field("Converted__s").and_then(|field| field.column.as_deref()) else {
        return Ok(());
    };
    let converted = match asked {
        None | Some("false") => false,
        Some("true") => true,
        Some("both") => return Ok(()),
        Some(_) => return Err(ApiError::new(Code::PatternNotMatched).param("converted")),
    };
    let argument = filter.bind(converted);
    filter.and(&format!("t.\"{column}\" = {argument}"));
    Ok(())
}
