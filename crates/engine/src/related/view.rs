//! All open or all closed activities of a record in one list, `Activities_Chronological_View` and `…_History`.
//!
//! The page is cut from the ids and times of all three modules; then the rows of each module are read by id. In v2 and
//! v2.1 the same lists are called `Activities` and `Activities_History`.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind as Listing, ListQuery, SortBy};
use crate::records::order::Run;
use crate::records::page::{self, Info, Page, Rows};
use crate::records::selection::{Selection, Shape};
use crate::related::activities::{self, Activity, State};
use crate::related::parent::Parent;
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
    let page = fetch(cx, request, parent, relation, &query).await?;
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
    let page = fetch(cx, request, parent, relation, &query).await?;
    if page.count > 0 {
        return Ok(page.reply_bare());
    }
    parent.must_exist(cx).await?;
    Ok(if request.if_modified_since.is_some() { Reply::not_modified() } else { Reply::nothing() })
}

/// A module of the view, and how its rows are read.
struct Part {
    name: &'static str,
    grant: Grant,
    activity: Activity,
}

/// The modules of the view that the caller may see; at least one, or the reason why the first may not be seen.
fn parts(cx: &Cx) -> Result<Vec<Part>, ApiError> {
    let granted = Activity::ALL.map(|activity| {
        let grant = cx.grant(cx.snapshot.module(activity.module())?, Action::View)?;
        Ok(Part { name: activity.module(), grant, activity })
    });
    let (seen, refused): (Vec<_>, Vec<_>) = granted.into_iter().partition(Result::is_ok);
    match refused.into_iter().next() {
        Some(Err(refused)) if seen.is_empty() => Err(refused),
        _ => Ok(seen.into_iter().flatten().collect()),
    }
}

/// Ids of all activities of the view, as a query over `id`, `modified_time` and the number of the module.
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
    let selects = parts.iter().enumerate().map(|(number, part)| {
        let module = &part.grant.module;
        let table = part.grant.table();
        let test = activities::condition(dialect, module, part.activity, state, now, filter);
        let exists = if exists { format!("{} AND ", parent.exists(&mut filter.args)) } else { String::new() };
        let scope = part.grant.and_rows("t", &mut filter.args);
        format!(
            "SELECT t.id, t.modified_time, CAST({number} AS BIGINT) AS part FROM {{{table}}} t \
             WHERE {exists}{test}{scope}"
        )
    });
    selects.collect::<Vec<_>>().join(" UNION ALL ")
}

/// How many activities the view has, as a query of one number; for counts.
pub(crate) fn count(
    cx: &Cx,
    parent: &Parent,
    relation: &Relation,
) -> Result<(Sql, Vec<Cell<'static>>), ApiError> {
    let mut filter = Filter::default();
    filter.bind(parent.id);
    let union = ids_of(cx, parent, relation, &parts(cx)?, &mut filter, true);
    Ok((Sql::from(format!("SELECT count(*) FROM ({union}) t")), filter.args))
}

async fn fetch(
    cx: &Cx,
    request: &Request,
    parent: &Parent,
    relation: &Relation,
    query: &ListQuery,
) -> Result<Page, Error> {
    fetch_of(cx, request, parent, relation, query, true).await
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
    // The three modules share their ids and times and nothing else to sort by.
    if matches!(query.order.by, SortBy::Field { .. }) {
        let supported = vec!["id", "Created_Time", "Modified_Time"];
        return Err(ApiError::new(Code::InvalidData)
            .param("sort_by")
            .detail("supported_values", supported)
            .into());
    }
    let parts = parts(cx)?;
    let dialect = cx.org.store.dialect();
    let mut filter = Filter::default();
    filter.bind(parent.id);
    let union = ids_of(cx, parent, relation, &parts, &mut filter, exists);
    if let Some(ids) = &query.ids {
        let argument = filter.bind(Cell::Ids(ids.clone().into()));
        filter.and(&dialect.in_ids("t.id", &argument));
    }
    if let Some(since) = request.if_modified_since {
        let since = filter.bind(since);
        filter.and(&format!("t.modified_time > {since}"));
    }
    let backwards = query.is_backwards();
    let descending = query.order.descending != backwards;
    let by = query.order.by.clone();
    // Orders by ids and times have one run.
    let Some(Run { mut filter, order_by, .. }) =
        by.runs(dialect, descending, query.place.as_ref(), filter).pop()
    else {
        return Err(ApiError::new(Code::InvalidData).param("sort_by").into());
    };
    let limit = filter.bind(i64::from(query.per_page) + 1);
    let offset = filter.bind(i64::from(if query.place.is_none() { query.offset() } else { 0 }));
    let (clause, key) = (filter.clause(), by.key(dialect));
    let places = Sql::from(format!(
        "SELECT t.id, t.part, {key} FROM ({union}) t{clause}{order_by} LIMIT {limit} OFFSET {offset}"
    ));
    let readers: Vec<Reader> =
        parts.iter().map(|part| Reader::new(cx, part, query.fields.as_deref())).collect();
    let (snapshot, args) = (Arc::clone(&cx.snapshot), filter.args);
    // v2 and v2.1 say which kind of activity a row is under another key.
    let key: &[u8] = if cx.profile.activity_lists { b",\"Activity_Type\":\"" } else { b",\"$module\":\"" };
    let (wanted, module) = (query.per_page as usize, parent.grant.module.id);
    cx.org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                let found = conn
                    .all(&places, &args, |row| Ok((by.spot(row, 2)?, Row::must(row.int(1)?, 1)?)))
                    .await?;
                let mut texts: HashMap<i64, Vec<u8>> = HashMap::with_capacity(found.len());
                for (number, reader) in readers.iter().enumerate() {
                    let mine = found.iter().filter(|(_, part)| *part == number as i64);
                    let ids: Vec<i64> = mine.map(|(spot, _)| spot.id).collect();
                    if ids.is_empty() {
                        continue;
                    }
                    let mut args = reader.args.clone();
                    args[0] = Cell::Ids(ids.into());
                    conn.each(&reader.sql, &args, &mut |row| {
                        let mut text = Vec::with_capacity(512);
                        reader.selection.write_open(row, &snapshot, &mut text)?;
                        text.extend_from_slice(key);
                        text.extend_from_slice(reader.name.as_bytes());
                        text.extend_from_slice(b"\"}");
                        texts.insert(Row::must(row.int(0)?, 0)?, text);
                        Ok(())
                    })
                    .await?;
                }
                let mut rows = Rows::new(wanted);
                for (spot, _) in found {
                    // A row that went away between the two reads is left out.
                    if let Some(text) = texts.get(&spot.id) {
                        rows.start(spot);
                        rows.text.extend_from_slice(text);
                    }
                }
                Ok::<_, Error>(rows.into_page(module, wanted, None, backwards))
            })
        })
        .await
}

/// How the rows of one module are read by id.
struct Reader {
    name: &'static str,
    selection: Arc<Selection>,
    sql: Sql,
    /// What the statement is told; the ids come first.
    args: Vec<Cell<'static>>,
}

impl Reader {
    fn new(cx: &Cx, part: &Part, fields: Option<&str>) -> Self {
        let own = fields.map(|fields| own_fields(fields, part.name));
        let selection = page::selection(cx, &part.grant, own.as_deref(), Shape::List);
        let table = part.grant.table();
        let test = cx.org.store.dialect().in_ids("t.id", "?1");
        let mut args = vec![Cell::Null];
        let columns = selection.columns(&part.grant, &mut args);
        let sql = Sql::from(format!("SELECT {columns} FROM {{{table}}} t WHERE {test}"));
        Self { name: part.name, selection, sql, args }
    }
}

/// The fields asked of one module: plain names are asked of all, `!Calls.Subject` of calls only, as the metadata of
/// the view writes them.
fn own_fields(fields: &str, module: &str) -> String {
    let own = fields.split(',').filter_map(|field| match field.strip_prefix('!') {
        None => Some(field),
        Some(of) => of.split_once('.').filter(|(name, _)| *name == module).map(|(_, field)| field),
    });
    own.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn fields_can_be_asked_of_one_module() {
        let asked = "Subject,!Calls.Call_Type,!Events.Event_Title";
        assert_eq!(super::own_fields(asked, "Calls"), "Subject,Call_Type");
        assert_eq!(super::own_fields(asked, "Tasks"), "Subject");
    }
}
