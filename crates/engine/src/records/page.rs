//! Fetching one page of rows and writing it as the answer.

use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::Weight;
use dealwright_wire::{ApiError, Code, Id, Instant, json};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::explain;
use crate::records::around::Around;
use crate::records::filter::Filter;
use crate::records::guard;
use crate::records::list_query::{ListQuery, SortBy};
use crate::records::order::{Run, Spot};
use crate::records::page_token::{self, Bound, Place};
use crate::records::ranked;
use crate::records::reading::{NEAR, Read, Reading, Statement};
use crate::records::selection::{PlanKey, Selection, Shape};
use crate::request::{Params, Reply};

/// One page, written.
pub(crate) struct Page {
    /// The answer up to the last row.
    text: Vec<u8>,
    pub count: u32,
    pub more: bool,
    module: Id,
    /// Places of the first and the last row.
    ends: Option<(Spot, Spot)>,
}

/// The plan for reading rows of a granted module.
pub(crate) fn selection(cx: &Cx, grant: &Grant, fields: Option<&str>, shape: Shape) -> Arc<Selection> {
    let key = PlanKey {
        module: grant.module.id,
        version: cx.profile.order,
        compat_lenient: cx.is_lenient(),
        fields: fields.map(Into::into),
        shape,
        is_scoped: grant.is_scoped(),
        passes_locks: guard::passes_locks(&cx.snapshot, &cx.actor.user, &grant.module),
        unseen: cx.snapshot.unseen(&cx.actor.user),
    };
    let plan = Selection::planned(&cx.snapshot, key.clone(), || {
        Selection::compile(
            &cx.snapshot,
            grant,
            &key,
            cx.profile,
            cx.compat,
            cx.org.store.dialect(),
            Around::of(&cx.org),
        )
    });
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
    if let Some(ids) = &query.ids {
        let argument = filter.bind(Cell::Ids(ids.clone().into()));
        filter.and(&cx.org.store.dialect().in_ids("t.id", &argument));
    }
    let dialect = cx.org.store.dialect();
    let by = query.order.by.clone();
    if let SortBy::Rank(ranked) = &by {
        return ranked::fetch(cx, grant, query, filter, selection, ranked.clone()).await;
    }
    if let SortBy::Field { column, .. } = &by {
        cx.org.uses.note_order(&grant.module, column, cx.org.clock.now());
    }
    let backwards = query.is_backwards();
    let descending = query.order.descending != backwards;
    let wanted = query.per_page as usize;
    let reading = Reading::new(dialect, grant, &selection, &by, descending, &mut filter, cx.ceilings);
    let is_near = query.offset() < NEAR;
    let weight = if is_near && reading.is_short() { Weight::Page } else { Weight::Scan };
    let is_numbered = query.place.is_none() && query.page > 1;
    let (runs, offset) = if is_numbered {
        let order_by = by.order_by(dialect, descending);
        (vec![Run { filter, order_by }], Some(query.offset()))
    } else {
        (by.runs(dialect, descending, query.place.as_ref(), filter), None)
    };
    let room = wanted + 1;
    if cx.explains() {
        for Read { rows, .. } in reading.reads(runs.clone(), room, offset, true) {
            explain::note(cx, &rows.sql, &rows.args).await?;
        }
    }
    let asks_for_shares = runs.first().and_then(|run| reading.asks_for_shares(&run.filter.args));
    let snapshot = Arc::clone(&cx.snapshot);
    let module = grant.module.id;
    cx.org
        .store
        .read(weight, move |conn| {
            Box::pin(async move {
                let mut rows = Rows::new(wanted);
                let shares = match asks_for_shares {
                    Some(asked) => asked.number(conn).await? > 0,
                    None => true,
                };
                let reads = reading.reads(runs, room, offset, shares);
                let order = reads.iter().any(|read| read.is_by_ids).then_some(descending);
                for mut read in reads {
                    let left = (wanted + 1).saturating_sub(rows.len());
                    if left == 0 {
                        break;
                    }
                    let before = rows.mark();
                    if let Some(beyond) = read.beyond.take_if(|beyond| beyond.is_asked_first)
                        && beyond.is_needed(conn).await?
                    {
                        read.rows = beyond.rows;
                    }
                    loop {
                        let Statement { sql, args } = read.rows.with_room(left);
                        conn.each(sql, args, &mut |row| {
                            rows.start(by.spot(row, selection.width)?);
                            selection.write(row, &snapshot, &mut rows.text)
                        })
                        .await?;
                        if rows.len() > wanted {
                            break;
                        }
                        match read.beyond.take() {
                            Some(beyond) if beyond.is_needed(conn).await? => read.rows = beyond.rows,
                            _ => break,
                        }
                        rows.back_to(before);
                    }
                }
                Ok(rows.into_page(module, wanted, order, backwards))
            })
        })
        .await
}

/// How an answer with rows begins; the rows are written straight behind it.
const OPENING: &[u8] = b"{\"data\":[";

/// The answer while rows come in, and where each of them starts.
pub(crate) struct Rows {
    pub(crate) text: Vec<u8>,
    places: Vec<(Spot, usize)>,
}

impl Rows {
    pub(crate) fn new(wanted: usize) -> Self {
        let mut text = Vec::with_capacity((wanted * 448).clamp(1024, 128 * 1024));
        text.extend_from_slice(OPENING);
        Self { text, places: Vec::with_capacity(wanted + 1) }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    fn mark(&self) -> (usize, usize) {
        (self.places.len(), self.text.len())
    }

    /// Forgets the rows since then.
    fn back_to(&mut self, (places, text): (usize, usize)) {
        self.places.truncate(places);
        self.text.truncate(text);
    }

    /// Begins a row, which is then written to [`Rows::text`].
    pub(crate) fn start(&mut self, place: Spot) {
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
            let wrong = |pair: &[(Spot, usize)]| (pair[0].0.rank() < pair[1].0.rank()) == descending;
            if self.places.windows(2).any(wrong) {
                self.places.sort_unstable_by_key(|(spot, _)| spot.rank());
                if descending {
                    self.places.reverse();
                }
            }
        }
        self.places.truncate(wanted);
        if backwards {
            self.places.reverse();
        }
        let first = self.places.first().map(|(spot, _)| spot.clone());
        let last = self.places.last().map(|(spot, _)| spot.clone());
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
        let passed = query.place.as_ref().map(|place| place.passed / query.per_page + 1);
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
        self.more || query.is_backwards()
    }

    fn write_tokens(&self, cx: &Cx, query: &ListQuery, params: &Params, out: &mut Vec<u8>) {
        let before = query.place.as_ref().map_or(query.offset(), |place| place.passed);
        let Some((first, last)) = &self.ends else { return };
        let expires = Instant(cx.org.clock.now().0 + page_token::LIFETIME);
        let token = |spot: &Spot, passed, backwards| {
            let place = Place { spot: spot.clone(), passed, backwards };
            let bound = Bound { user: cx.user_id(), module: self.module, within: &query.within, params };
            page_token::seal(&place, expires, &cx.org.token_key, bound)
        };
        let next = self.has_more(query).then(|| token(last, before + self.count, false));
        // On the way back the rows themselves say whether there are more: records may have come in since they were
        // counted.
        let goes_back = if query.is_backwards() { self.more } else { before > 0 };
        let previous = goes_back.then(|| token(first, before.saturating_sub(query.per_page), true));
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
    if let Some(place) = &query.place {
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

/// The grant to read records of the module a path names.
pub(crate) fn grant_to_view(cx: &Cx, module: &str) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(module)?;
    cx.grant(module, Action::View)
}
