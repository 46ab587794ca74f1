//! All open or all closed activities of a record in one list, `Activities_Chronological_View` and `…_History`. In v2 and
//! v2.1 the same lists are called `Activities` and `Activities_History`.

use dealwright_schema::Cell;
use dealwright_store::Sql;
use dealwright_wire::{ApiError, Id};

use crate::activities::union::{self, Part};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind as Listing, ListQuery};
use crate::records::page::{self, Info, Page};
use crate::records::parent::Parent;
use crate::related::activities::{self, State};
use crate::related::relation::{Kind, Relation};
use crate::request::{Reply, Request};

/// One page of the view.
pub(crate) async fn list(
    cx: &Cx,
    request: &Request,
    parent: &Parent,
    relation: &Relation,
    within: &str,
    info: Info,
) -> Result<Reply, Error> {
    let params = &request.params;
    let query = ListQuery::parse_within(cx, &parent.grant.module, params, Listing::List, within)?;
    page::check_reach(cx, &query, query.fields.is_none())?;
    let page = fetch_of(cx, request, parent, relation, &query, true).await?;
    if page.count == 0 {
        parent.must_exist(cx).await?;
        if request.if_modified_since.is_some() {
            return Ok(Reply::not_modified());
        }
    }
    Ok(page.reply_with(cx, &query, params, info))
}

/// One activity of the view.
pub(crate) async fn get(
    cx: &Cx,
    request: &Request,
    parent: &Parent,
    relation: &Relation,
    id: Id,
) -> Result<Reply, Error> {
    let mut query = ListQuery::one(request.params.list("fields").map(|names| names.join(",").into()));
    query.ids = Some(vec![id.get()]);
    let page = fetch_of(cx, request, parent, relation, &query, true).await?;
    if page.count > 0 {
        return Ok(page.reply_bare());
    }
    parent.must_exist(cx).await?;
    Ok(if request.if_modified_since.is_some() { Reply::not_modified() } else { Reply::nothing() })
}

/// How many activities the view has, as a query of one number; for counts.
pub(crate) fn count(
    cx: &Cx,
    parent: &Parent,
    relation: &Relation,
) -> Result<(Sql, Vec<Cell<'static>>), ApiError> {
    let mut filter = Filter::default();
    filter.bind(parent.id);
    let union = ids_of(cx, parent, relation, &union::parts(cx)?, &mut filter, true);
    Ok((union::count(&union, &filter), filter.args))
}

/// Reads a page. `exists` when the parent must be there; it is not when it was deleted.
pub(crate) async fn fetch_of(
    cx: &Cx,
    request: &Request,
    parent: &Parent,
    relation: &Relation,
    query: &ListQuery,
    exists: bool,
) -> Result<Page, Error> {
    let parts = union::parts(cx)?;
    let mut filter = Filter::default();
    filter.bind(parent.id);
    let union = ids_of(cx, parent, relation, &parts, &mut filter, exists);
    union::fetch(cx, request, query, &parts, &union, filter, parent.grant.module.id).await
}

/// Ids of all activities of the view.
fn ids_of(
    cx: &Cx,
    parent: &Parent,
    relation: &Relation,
    parts: &[Part],
    filter: &mut Filter,
    exists: bool,
) -> String {
    let state = if matches!(relation.kind, Kind::View(State::Closed)) { State::Closed } else { State::Open };
    let (dialect, now) = (cx.org.store.dialect(), cx.org.clock.now());
    union::ids_of(parts, filter, |part, filter| {
        let test = activities::condition(dialect, &part.grant.module, part.activity, state, now, filter);
        let exists = if exists { format!("{} AND ", parent.exists(&mut filter.args)) } else { String::new() };
        Some(format!("{exists}{test}"))
    })
}
