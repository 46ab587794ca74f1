//! `GET` of notes. Oldest come first unless the caller says otherwise.

use dealwright_wire::{ApiError, Code};

use super::{MODULE, module};
use crate::access::Action;
use crate::cx::Cx;
use crate::metadata::{CUSTOMIZE, invalid_id};
use crate::records::filter::Filter;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::page::{self, Info};
use crate::records::parent::{self, Parent};
use crate::related::list as related_list;
use crate::related::relation::Relation;
use crate::request::{Answer, Reply, Request};

/// All notes of the org, for administrators: 200, 204 when there are none.
///
/// Rows carry all keys of a note whatever `fields` says: the published schema requires them here.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = module(cx)?;
        let grant = cx.grant(module, Action::View)?;
        cx.require_admin(CUSTOMIZE).map_err(|_| ApiError::new(Code::NotSupportedForUser))?;
        let params = &request.params;
        let mut query = ListQuery::parse(cx, module, params, Kind::List)?;
        if params.get("sort_order").is_none() {
            query.order.descending = false;
        }
        page::check_reach(cx, &query, query.fields.is_none())?;
        query.fields = None;
        let mut filter = Filter::default();
        if let Some(since) = request.if_modified_since {
            let since = filter.bind(since);
            filter.and(&format!("t.modified_time > {since}"));
        }
        let page = page::fetch(cx, &grant, &query, filter).await?;
        if page.count == 0 && request.if_modified_since.is_some() {
            return Ok(Reply::not_modified());
        }
        Ok(page.reply_with(cx, &query, params, info(cx)))
    })
}

/// One note, with all its keys: 200, 204 when there is none, 304 when it did not change.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = module(cx)?;
        let grant = cx.grant(module, Action::View)?;
        let id: dealwright_wire::Id = request.segment(0).parse().map_err(|_| invalid_id(1))?;
        let mut query = ListQuery::one(None);
        query.ids = Some(vec![id.get()]);
        let mut filter = Filter::default();
        let Some(since) = request.if_modified_since else {
            let page = page::fetch(cx, &grant, &query, filter).await?;
            return Ok(if page.count == 0 { Reply::nothing() } else { page.reply_bare() });
        };
        let all = filter.clone();
        let since = filter.bind(since);
        filter.and(&format!("t.modified_time > {since}"));
        let page = page::fetch(cx, &grant, &query, filter).await?;
        if page.count > 0 {
            return Ok(page.reply_bare());
        }
        let there = page::fetch(cx, &grant, &query, all).await?.count > 0;
        Ok(if there { Reply::not_modified() } else { Reply::nothing() })
    })
}

/// The notes of a record, with the fields asked for.
pub fn list_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        let relation = Relation::notes(cx)?;
        related_list::rows(cx, request, &parent, &relation, info(cx), true).await
    })
}

/// One note of a record.
pub fn get_of<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        let relation = Relation::notes(cx)?;
        let grant = cx.grant(cx.snapshot.module(MODULE)?, Action::View)?;
        let id = request.segment(2).parse().map_err(|_| parent::unknown(3))?;
        related_list::one(cx, request, &grant, &parent, &relation, id).await
    })
}

fn info(cx: &Cx) -> Info {
    Info { tokens: cx.profile.related_page_tokens, sort: cx.profile.info_sort, flags: false }
}
