//! `GET /{module}/{id}/{related_list}` and `…/{related_id}`: the records that hang on a record.

use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::page::{self, Info};
use crate::records::parent::{self, Parent};
use crate::records::{external, json_criteria, narrow};
use crate::related::relation::Relation;
use crate::related::view;
use crate::request::{Answer, Params, Reply, Request};

/// Lists the related records: 200, 204 when there are none, 304 when none changed since `If-Modified-Since`.
///
/// Fails with `INVALID_DATA` for a list that the module does not have (`resource_path_index` 2) and for a record that
/// is not there (1).
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
        let info = Info { tokens: cx.profile.related_page_tokens, sort: false, flags: false };
        rows(cx, request, &parent, &relation, info, false).await
    })
}

/// Parameters that would narrow lists of several modules, or of deleted records, and are not built.
pub(crate) fn refuse_unbuilt(params: &Params) -> Result<(), ApiError> {
    match params.get("filters") {
        Some(_) => Err(ApiError::new(Code::NotSupported).param("filters")),
        None => Ok(()),
    }
}

/// One page of the list. `rising` when oldest come first unless the caller says otherwise.
pub(crate) async fn rows(
    cx: &Cx,
    request: &Request,
    parent: &Parent,
    relation: &Relation,
    info: Info,
    rising: bool,
) -> Result<Reply, Error> {
    let params = &request.params;
    let within = parent.list_key(&relation.name);
    let Some(module) = relation.module() else {
        refuse_unbuilt(params)?;
        return view::list(cx, request, parent, relation, &within, info).await;
    };
    let grant = cx.grant(module, Action::View)?;
    let mut query = ListQuery::parse_within(cx, module, params, Kind::List, &within)?;
    if rising && params.get("sort_order").is_none() {
        query.order.descending = false;
    }
    page::check_reach(cx, &query, query.fields.is_none())?;
    let mut filter = condition(cx, parent, relation);
    narrow::converted(module, params.get("converted"), &mut filter)?;
    if let Some(filters) = params.get("filters") {
        json_criteria::add_param(cx, module, "filters", filters, &mut filter)?;
    }
    if let Some(since) = request.if_modified_since {
        let since = filter.bind(since);
        filter.and(&format!("t.modified_time > {since}"));
    }
    let page = page::fetch_shape(cx, &grant, &query, filter, relation.shape()).await?;
    if page.count == 0 {
        parent.must_exist(cx).await?;
        if request.if_modified_since.is_some() {
            return Ok(Reply::not_modified());
        }
    }
    Ok(page.reply_with(cx, &query, params, info))
}

/// Rows that belong to a parent that exists. The parent's id is the first argument.
pub(crate) fn condition(cx: &Cx, parent: &Parent, relation: &Relation) -> Filter {
    let mut filter = Filter::default();
    filter.bind(parent.id);
    let exists = parent.exists(&mut filter.args);
    filter.and(&exists);
    relation.condition(cx, &parent.grant.module, &mut filter);
    filter
}

/// Reads one related record: 200, 204 when the list has no such record, 304 when it did not change.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = Parent::of(cx, request, Action::View).await?;
        let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
        let Some(module) = relation.module() else {
            let id = request.segment(3).parse().map_err(|_| parent::unknown(3))?;
            return view::get(cx, request, &parent, &relation, id).await;
        };
        let grant = cx.grant(module, Action::View)?;
        let id = match external::named(cx, &grant, request, request.segment(3)).await? {
            Some(id) => id,
            None => request.segment(3).parse().map_err(|_| parent::unknown(3))?,
        };
        one(cx, request, &grant, &parent, &relation, id).await
    })
}

/// One row of the list, as a read by id shows it: without `info`.
pub(crate) async fn one(
    cx: &Cx,
    request: &Request,
    grant: &Grant,
    parent: &Parent,
    relation: &Relation,
    id: Id,
) -> Result<Reply, Error> {
    let mut query = ListQuery::one(request.params.list("fields").map(|names| names.join(",").into()));
    query.ids = Some(vec![id.get()]);
    let all = condition(cx, parent, relation);
    let mut newer = all.clone();
    if let Some(since) = request.if_modified_since {
        let since = newer.bind(since);
        newer.and(&format!("t.modified_time > {since}"));
    }
    let page = page::fetch_shape(cx, grant, &query, newer, relation.shape()).await?;
    if page.count > 0 {
        return Ok(page.reply_bare());
    }
    if request.if_modified_since.is_some()
        && page::fetch_shape(cx, grant, &query, all, relation.shape()).await?.count > 0
    {
        return Ok(Reply::not_modified());
    }
    parent.must_exist(cx).await?;
    Ok(Reply::nothing())
}
