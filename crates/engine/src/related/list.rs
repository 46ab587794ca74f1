//! `GET /{module}/{id}/{related_list}` and `…/{related_id}`: the records that hang on a record.

use dealwright_wire::{ApiError, Code, Id};
use serde_json::Value;

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::{Filter, Translator};
use crate::records::list_query::{Kind, ListQuery};
use crate::records::page::{self, Info};
use crate::records::{external, filters, list as records_list};
use crate::related::parent::{self, Parent};
use crate::related::relation::Relation;
use crate::related::view;
use crate::request::{Params, Reply, Request};

/// Lists the related records: 200, 204 when there are none, 304 when none changed since `If-Modified-Since`.
///
/// Fails with `INVALID_DATA` for a list that the module does not have (`resource_path_index` 2) and for a record that
/// is not there (1).
pub async fn list(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let parent = Parent::of(cx, request, Action::View).await?;
    let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
    let info = Info { tokens: cx.profile.related_page_tokens, sort: false, flags: false };
    rows(cx, request, &parent, &relation, info, false).await
}

/// The tree of the parameter `filters`, if it is there.
pub(crate) fn filters(params: &Params) -> Result<Option<Value>, ApiError> {
    let Some(text) = params.get("filters") else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|_| {
        ApiError::new(Code::InvalidData).param("filters").detail("expected_data_type", "jsonobject")
    })
}

/// Leaves the rows that the tree lets through. Views refuse it: their modules have no fields in common.
pub(crate) fn narrow(
    cx: &Cx,
    relation: &Relation,
    tree: Option<&Value>,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let Some(tree) = tree else { return Ok(()) };
    let Some(module) = relation.module() else {
        return Err(ApiError::new(Code::NotSupported).param("filters"));
    };
    let (snapshot, dialect) = (&cx.snapshot, cx.org.store.dialect());
    let translator = Translator { cx, snapshot, module, dialect, table: "t", all_operators: true };
    filters::add(tree, &translator, filter).map_err(|error| error.param("filters"))
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
    let tree = filters(params)?;
    let Some(module) = relation.module() else {
        narrow(cx, relation, tree.as_ref(), &mut Filter::default())?;
        return view::list(cx, request, parent, relation, &within, info).await;
    };
    let grant = cx.grant(module, Action::View)?;
    let mut query = ListQuery::parse_within(cx, module, params, Kind::List, &within)?;
    if rising && params.get("sort_order").is_none() {
        query.order.descending = false;
    }
    page::check_reach(cx, &query, query.fields.is_none())?;
    let mut filter = condition(cx, parent, relation);
    records_list::converted(cx, module, params.get("converted"), &mut filter)?;
    narrow(cx, relation, tree.as_ref(), &mut filter)?;
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
pub async fn get(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let parent = Parent::of(cx, request, Action::View).await?;
    let relation = Relation::find(cx, &parent.grant.module, request.segment(2))?;
    let Some(module) = relation.module() else {
        let id = request.segment(3).parse().map_err(|_| parent::unknown(3))?;
        return view::get(cx, request, &parent, &relation, id).await;
    };
    let grant = cx.grant(module, Action::View)?;
    let id = match external::named(cx, module, request, request.segment(3)).await? {
        Some(id) => id,
        None => request.segment(3).parse().map_err(|_| parent::unknown(3))?,
    };
    one(cx, request, &grant, &parent, &relation, id).await
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
