//! `GET /{module}`: records page by page.

use crate::cx::Cx;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::{cross_filters, narrow, page};
use crate::request::{Answer, Reply, Request};

/// Lists records: 200 with rows, 204 when there are none, 304 when none changed since `If-Modified-Since`.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        let params = &request.params;
        let mut query = ListQuery::parse(cx, &grant.module, params, Kind::List)?;
        page::check_reach(cx, &query, query.fields.is_none())?;
        let mut filter = Filter::default();
        let view_decides_order = narrow::view_decides_order(cx, params)?;
        if let Some(order) = narrow::narrow(cx, &grant.module, params, &mut filter)?
            && view_decides_order
        {
            query.order = order;
        }
        if let Some(text) = params.get("cross_filters") {
            cross_filters::add_param(cx, &grant.module, text, &mut filter)?;
        }
        let since = request.if_modified_since;
        if let Some(since) = since
            && grant.module.field("Modified_Time").is_some()
        {
            let since = filter.bind(since);
            filter.and(&format!("t.modified_time > {since}"));
        }
        let page = page::fetch(cx, &grant, &query, filter).await?;
        if page.count == 0 && since.is_some() {
            return Ok(Reply::not_modified());
        }
        Ok(page.reply(cx, &query, params, cx.profile.page_tokens))
    })
}
