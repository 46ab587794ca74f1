//! Fetching one page of rows and writing it as the answer.

use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant, json};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::explain;
use crate::records::filter::Filter;
use crate::records::guard;
use crate::records::list_query::{ListQuery, Order, SortBy};
use crate::records::page_token::{self, Bound, Place};
use crate::records::selection::{PlanKey, Selection, Shape};
use crate::request::{Params, Reply};

/// One page, written.
pub(crate) struct Page {
    /// The answer up to the last row.
    text: Vec<u8>,
    pub count: u32,
    pub more: bool,
    module: Id,
    /// Sort value and id of the first and the last row.
    ends: Option<((i64, i64), (i64, i64))>,
}

/// The plan for reading rows of a granted module.
pub(crate) fn selection(cx: &Cx, grant: &Grant, fields: Option<&str>, shape: Shape) -> Arc<Selection> {
    let key = PlanKey {
        module: grant.module.id,
        version: cx.profile.order,
        compat_lenient: cx.is_lenient(),
        fields: fields.map(Into::into),
        shape,
        is_scoped: grant.scope().is_some(),
        passes_locks: guard::passes_locks(&cx.snapshot, &cx.actor.user, &grant.module),
    };
    let plan = cx
        .snapshot
        .plan(key.clone(), || Selection::compile(&cx.snapshot, grant, &key, cx.profile, cx.compat));
    if plan.second_name {
        cx.note("close-date");
    }
    plan
}

/// Reads the page that `query` asks for among the rows that `filter` lets through.
pub(crate) async fn fetch(cx: &Cx, grant: &Grant, query: &ListQuery, filter: Filter) -> Result<Page, Error> {
    fetch_shape(cx, grant, query, filter, Shape::List).await
}

/// [`fetch`], with rows of another shape.
pub(crate) async fn fetch_shape(
    cx: &Cx,
    grant: &Grant,
    query: &ListQuery,
    mut filter: Filter,
    shape: Shape,
) -> Result<Page, Error> {
    let selection = selection(cx, grant, query.fields.as_deref(), shape);
    let Some(table) = grant.module.table.clone() else { return Err(ApiError::invalid_module().into()) };
    if let Some(scope) = grant.rows() {
        filter.and(scope);
    }
    if let Some(ids) = &query.ids {
        let argument = filter.bind(Cell::Ids(ids.clone().into()));
        filter.and(&cx.org.store.dialect().in_ids("t.id", &argument));
    }
    let backwards = query.place.is_some_and(|place| place.backwards);
    let descending = query.order.descending != backwards;
    if let Some(place) = query.place {
        continue_from(place, &query.order, descending, &mut filter);
    }
    let limit = filter.bind(i64::from(query.per_page) + 1);
    let mut tail = format!("{}{} LIMIT {limit}", filter.clause(), order_by(cx, &query.order, descending));
    if query.place.is_none() && query.page > 1 {
        let offset = filter.bind(i64::from(query.offset()));
        tail.push_str(" OFFSET ");
        tail.push_str(&offset);
    }
    let key = sort_column(&query.order);
    let columns = &selection.sql;
    // Where rows have to be sorted, sorting their ids alone can be cheaper: an index often holds all that takes.
    let sorts_rows = filter.is_criteria && !matches!(query.order.by, SortBy::Field { .. });
    let by_ids = sorts_rows.then(|| {
        let ids = format!("SELECT t.id FROM {{{table}}} t{tail}");
        cx.org.store.dialect().rows_of_ids(&format!("{columns}, {key}"), &table, &ids)
    });
    let by_ids = by_ids.flatten();
    let ids_first = by_ids.is_some();
    let sql = by_ids.unwrap_or_else(|| format!("SELECT {columns}, {key} FROM {{{table}}} t{tail}"));
    let snapshot = Arc::clone(&cx.snapshot);
    let (wanted, by) = (query.per_page, query.order.by.clone());
    let module = grant.module.id;
    let mut args = filter.args;
    let sql = Sql::from(grant.settle(sql, &mut args).into_owned());
    explain::note(cx, &sql, &args).await?;
    cx.org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                let mut rows = Rows::new(wanted as usize);
                conn.each(&sql, &args, &mut |row| {
                    rows.start(row_place(row, &by, selection.width)?);
                    selection.write(row, &snapshot, &mut rows.text)
                })
                .await?;
                let order = ids_first.then_some(descending);
                Ok(rows.into_page(module, wanted as usize, order, backwards))
            })
        })
        .await
}

/// How an answer with rows begins; the rows are written straight behind it.
const OPENING: &[u8] = b"{\"data\":[";

/// The answer while rows come in, and where each of them starts.
pub(crate) struct Rows {
    pub(crate) text: Vec<u8>,
    places: Vec<((i64, i64), usize)>,
}

impl Rows {
    pub(crate) fn new(wanted: usize) -> Self {
        let mut text = Vec::with_capacity((wanted * 448).clamp(1024, 128 * 1024));
        text.extend_from_slice(OPENING);
        Self { text, places: Vec::with_capacity(wanted + 1) }
    }

    /// Begins a row, which is then written to [`Rows::text`]. `place` is its sort value and id.
    pub(crate) fn start(&mut self, place: (i64, i64)) {
        if !self.places.is_empty() {
            self.text.push(b',');
        }
        self.places.push((place, self.text.len()));
    }

    /// The page: at most `wanted` rows in the order of the list. `order` is given when rows came in any order, and
    /// says whether they shall fall; `backwards` when they were read against the order of the list.
    pub(crate) fn into_page(
        mut self,
        module: Id,
        wanted: usize,
        order: Option<bool>,
        backwards: bool,
    ) -> Page {
        let more = self.places.len() > wanted;
        let starts: Vec<usize> = self.places.iter().map(|(_, start)| *start).collect();
        if let Some(descending) = order {
            let wrong = |pair: &[((i64, i64), usize)]| (pair[0].0 < pair[1].0) == descending;
            if self.places.windows(2).any(wrong) {
                self.places.sort_unstable_by_key(|(place, _)| *place);
                if descending {
                    self.places.reverse();
                }
            }
        }
        self.places.truncate(wanted);
        if backwards {
            self.places.reverse();
        }
        let first = self.places.first().map(|(place, _)| *place);
        let last = self.places.last().map(|(place, _)| *place);
        let ends = first.zip(last);
        let count = self.places.len() as u32;
        Page { text: self.arranged(&starts), count, more, module, ends }
    }

    /// The text of the rows that are left, in their order. Most often they stand so already.
    fn arranged(mut self, starts: &[usize]) -> Vec<u8> {
        let end_of = |start: usize| {
            let next = starts.partition_point(|&other| other <= start);
            starts.get(next).map_or(self.text.len(), |&next| next - 1)
        };
        if self.places.iter().zip(starts).all(|((_, place), start)| place == start) {
            let end = self.places.last().map_or(OPENING.len(), |(_, start)| end_of(*start));
            self.text.truncate(end);
            return self.text;
        }
        let mut text = Vec::with_capacity(self.text.len() + 256);
        text.extend_from_slice(OPENING);
        for (at, (_, start)) in self.places.iter().enumerate() {
            if at > 0 {
                text.push(b',');
            }
            text.extend_from_slice(&self.text[*start..end_of(*start)]);
        }
        text
    }
}

/// Keys of `info` that some lists have and others lack.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Info {
    /// `next_page_token` and its companions.
    pub tokens: bool,
    /// `sort_by` and `sort_order`.
    pub sort: bool,
    /// `call` and `email`.
    pub flags: bool,
}

impl Page {
    /// The answer to a list: 200 with rows and `info`, or 204.
    pub(crate) fn reply(self, cx: &Cx, query: &ListQuery, params: &Params, tokens: bool) -> Reply {
        let info = Info { tokens, sort: cx.profile.info_sort, flags: tokens };
        self.reply_with(cx, query, params, info)
    }

    /// [`Page::reply`] with a choice of what `info` holds.
    pub(crate) fn reply_with(mut self, cx: &Cx, query: &ListQuery, params: &Params, info: Info) -> Reply {
        if self.count == 0 {
            return Reply::nothing();
        }
        let mut out = std::mem::take(&mut self.text);
        out.extend_from_slice(b"],\"info\":{\"per_page\":");
        json::int(&mut out, i64::from(query.per_page));
        if info.tokens {
            self.write_tokens(cx, query, params, &mut out);
        }
        out.extend_from_slice(b",\"count\":");
        json::int(&mut out, i64::from(self.count));
        if info.sort {
            out.extend_from_slice(b",\"sort_by\":");
            json::string(&mut out, &query.order.shown);
            out.extend_from_slice(b",\"sort_order\":");
            out.extend_from_slice(if query.order.descending { b"\"desc\"" } else { b"\"asc\"" });
        }
        out.extend_from_slice(b",\"page\":");
        let passed = query.place.map(|place| place.passed / query.per_page + 1);
        json::int(&mut out, i64::from(passed.unwrap_or(query.page)));
        if info.flags {
            out.extend_from_slice(b",\"call\":false,\"email\":false");
        }
        out.extend_from_slice(b",\"more_records\":");
        json::bool(&mut out, self.has_more(query));
        out.extend_from_slice(b"}}");
        Reply::json(200, out)
    }

    /// The answer to a read by id: the rows without `info`.
    pub(crate) fn reply_bare(mut self) -> Reply {
        self.text.extend_from_slice(b"]}");
        Reply::json(200, self.text)
    }

    /// A page read backwards always has the page after it.
    fn has_more(&self, query: &ListQuery) -> bool {
        self.more || query.place.is_some_and(|place| place.backwards)
    }

    fn write_tokens(&self, cx: &Cx, query: &ListQuery, params: &Params, out: &mut Vec<u8>) {
        let before = query.place.map_or(query.offset(), |place| place.passed);
        let Some((first, last)) = self.ends else { return };
        let expires = Instant(cx.org.clock.now().0 + page_token::LIFETIME);
        let token = |(key, id): (i64, i64), passed, backwards| {
            let place = Place { key, id, passed, backwards };
            let bound = Bound { user: cx.user_id(), module: self.module, within: &query.within, params };
            page_token::seal(place, expires, &cx.org.token_key, bound)
        };
        let next = self.has_more(query).then(|| token(last, before + self.count, false));
        let previous = (before > 0).then(|| token(first, before.saturating_sub(query.per_page), true));
        let any = next.is_some() || previous.is_some();
        for (key, value) in [("next_page_token", next), ("previous_page_token", previous)] {
            out.extend_from_slice(b",\"");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b"\":");
            match value {
                Some(token) => json::string(out, &token),
                None => out.extend_from_slice(b"null"),
            }
        }
        out.extend_from_slice(b",\"page_token_expiry\":");
        if any {
            expires.write(out, &cx.snapshot.zone);
        } else {
            out.extend_from_slice(b"null");
        }
    }
}

/// Where a list may be read to: page numbers and tokens each have a ceiling.
pub(crate) fn check_reach(cx: &Cx, query: &ListQuery, without_fields: bool) -> Result<(), ApiError> {
    if let Some(place) = query.place {
        if place.passed >= page_token::REACH {
            return Err(ApiError::new(Code::PaginationLimitExceeded).param("page_token"));
        }
        return Ok(());
    }
    let published = cx.profile.page_ceiling;
    let Some(ceiling) = cx.ceilings.page_reach.or(published) else { return Ok(()) };
    if query.offset() < ceiling {
        return Ok(());
    }
    // The guide pages through all records by number; its way of listing (no `fields`) is let through.
    if cx.is_lenient() && without_fields {
        cx.note("pages-beyond-2000");
        return Ok(());
    }
    Err(ApiError::new(Code::DiscretePaginationLimitExceeded).detail("limit", ceiling))
}

pub(crate) fn sort_column(order: &Order) -> &'static str {
    match order.by {
        SortBy::ModifiedTime => "t.modified_time AS sort_key",
        SortBy::Id | SortBy::Field { .. } => "t.id AS sort_key",
    }
}

pub(crate) fn row_place(
    row: &Row<'_>,
    by: &SortBy,
    at: usize,
) -> Result<(i64, i64), dealwright_store::StoreError> {
    let id = Row::must(row.int(0)?, 0)?;
    let key = match by {
        SortBy::ModifiedTime => row.instant(at)?.map_or(0, |instant| instant.0),
        SortBy::Id | SortBy::Field { .. } => id,
    };
    Ok((key, id))
}

pub(crate) fn order_by(cx: &Cx, order: &Order, descending: bool) -> String {
    let dialect = cx.org.store.dialect();
    let id = if descending { "t.id DESC" } else { "t.id" };
    match &order.by {
        SortBy::Id => format!(" ORDER BY {id}"),
        SortBy::ModifiedTime => {
            let direction = if descending { " DESC" } else { "" };
            format!(" ORDER BY t.modified_time{direction}, {id}")
        }
        SortBy::Field { column, is_text } => {
            let column = format!("t.\"{column}\"");
            let column = if *is_text { dialect.fold(&column) } else { column };
            format!(" ORDER BY {}, {id}", dialect.order(&column, descending))
        }
    }
}

/// Leaves the rows that lie beyond a token's place.
pub(crate) fn continue_from(place: Place, order: &Order, descending: bool, filter: &mut Filter) {
    let sign = if descending { "<" } else { ">" };
    let condition = match order.by {
        SortBy::ModifiedTime => {
            let (key, id) = (filter.bind(Instant(place.key)), filter.bind(place.id));
            format!("(t.modified_time, t.id) {sign} ({key}, {id})")
        }
        SortBy::Id | SortBy::Field { .. } => format!("t.id {sign} {}", filter.bind(place.id)),
    };
    filter.and(&condition);
}

/// The grant to read records of the module a path names.
pub(crate) fn grant_to_view(cx: &Cx, module: &str) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(module)?;
    cx.grant(module, Action::View)
}
