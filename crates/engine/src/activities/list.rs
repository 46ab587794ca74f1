//! Tasks, events and calls as one list: listed, counted, and what was deleted of them.

use dealwright_store::{Row, Weight};
use dealwright_wire::{ApiError, Code};

use super::union::{self, Part};
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::activities::MODULE;
use crate::records::deleted as records_deleted;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::{narrow, page};
use crate::request::{Answer, Params, Reply, Request};

/// Lists activities: 200 with rows, 204 when there are none, 304 when none changed since `If-Modified-Since`.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let params = &request.params;
        let parts = union::parts(cx)?;
        // The parameters mean the same for each of the modules; any of them may read what they say.
        let Some(module) = parts.first().map(|part| &part.grant.module) else { return Ok(Reply::nothing()) };
        let query = ListQuery::parse_within(cx, module, params, Kind::List, MODULE)?;
        page::check_reach(cx, &query, query.fields.is_none())?;
        let filter = narrowed(cx, &parts, params)?;
        let (union, filter) = all(&parts, filter);
        let page = union::fetch(cx, request, &query, &parts, &union, filter, module.id).await?;
        if page.count == 0 && request.if_modified_since.is_some() {
            return Ok(Reply::not_modified());
        }
        Ok(page.reply(cx, &query, params, cx.profile.page_tokens))
    })
}

/// Counts activities: `{"count":N}`.
pub fn count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let params = &request.params;
        if ["criteria", "email", "phone", "word"].into_iter().any(|name| params.get(name).is_some()) {
            return Err(no_search().into());
        }
        let parts = union::parts(cx)?;
        let filter = narrowed(cx, &parts, params)?;
        let (union, filter) = all(&parts, filter);
        let (sql, args) = (union::count(&union, &filter), filter.args);
        let count = cx
            .org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    Ok::<_, Error>(
                        conn.first(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?.unwrap_or(0),
                    )
                })
            })
            .await?;
        Ok(Reply::json(200, format!("{{\"count\":{count}}}").into_bytes()))
    })
}

/// What was deleted of the modules that the caller sees, in one list.
pub fn deleted<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parts = union::parts(cx)?;
        let grants: Vec<_> = parts.iter().map(|part| &part.grant).collect();
        records_deleted::of(cx, request, &grants).await
    })
}

/// Activities are not searched together. Source: records reference, 5.4.
pub fn search<'a>(_: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move { Err(no_search().into()) })
}

fn no_search() -> ApiError {
    ApiError::new(Code::NotSupportedHere).message("module not suppoted for search").detail("module", MODULE)
}

fn all(parts: &[Part], mut filter: Filter) -> (String, Filter) {
    (union::ids_of(parts, &mut filter, |_, _| None), filter)
}

/// What the parameters leave. There are no views of all activities, and no fields but those of each module.
fn narrowed(cx: &Cx, parts: &[Part], params: &Params) -> Result<Filter, ApiError> {
    if params.get("cvid").is_some() {
        return Err(ApiError::new(Code::InvalidData).param("cvid"));
    }
    if let Some(name) = ["filters", "cross_filters"].into_iter().find(|name| params.get(name).is_some()) {
        return Err(ApiError::new(Code::NotSupportedHere).param(name));
    }
    let mut filter = Filter::default();
    if let Some(part) = parts.first() {
        narrow::narrow(cx, &part.grant.module, params, &mut filter)?;
    }
    Ok(filter)
}
