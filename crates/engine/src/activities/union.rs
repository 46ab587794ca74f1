//! Rows of tasks, events and calls in one order.
//!
//! The page is cut from the ids and times of all three modules; then the rows of each module are read by id. Which rows
//! of a module are meant says a condition of the caller's; which of them somebody reaches says the module's own grant.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::activities::{Activity, KIND};
use crate::records::filter::Filter;
use crate::records::list_query::{ListQuery, SortBy};
use crate::records::order::Run;
use crate::records::page::{self, Page, Rows};
use crate::records::selection::{Selection, Shape};
use crate::request::Request;

/// A module of the union, and how its rows are reached.
pub(crate) struct Part {
    pub(crate) activity: Activity,
    pub(crate) grant: Grant,
}

/// The modules of which the caller may see records; at least one, or the reason why the first may not be seen.
pub(crate) fn parts(cx: &Cx) -> Result<Vec<Part>, ApiError> {
    let granted = Activity::ALL.map(|activity| {
        let grant = cx.grant(cx.snapshot.module(activity.module())?, Action::View)?;
        Ok(Part { activity, grant })
    });
    let (seen, refused): (Vec<_>, Vec<_>) = granted.into_iter().partition(Result::is_ok);
    match refused.into_iter().next() {
        Some(Err(refused)) if seen.is_empty() => Err(refused),
        _ => Ok(seen.into_iter().flatten().collect()),
    }
}

/// Ids of all rows, as a query over `id`, `modified_time` and the number of the module. `test` makes the condition on the
/// rows (`t`) of a module; `None` means all of them.
pub(crate) fn ids_of(
    parts: &[Part],
    filter: &mut Filter,
    mut test: impl FnMut(&Part, &mut Filter) -> Option<String>,
) -> String {
    let selects = parts.iter().enumerate().map(|(number, part)| {
        let table = part.grant.table();
        let test = test(part, filter);
        let tests: Vec<String> = test.into_iter().chain(part.grant.rows("t", &mut filter.args)).collect();
        let clause = if tests.is_empty() { String::new() } else { format!(" WHERE {}", tests.join(" AND ")) };
        format!("SELECT t.id, t.modified_time, CAST({number} AS BIGINT) AS part FROM {{{table}}} t{clause}")
    });
    selects.collect::<Vec<_>>().join(" UNION ALL ")
}

/// How many rows [`ids_of`] finds, as a query of one number.
pub(crate) fn count(union: &str, filter: &Filter) -> Sql {
    Sql::from(format!("SELECT count(*) FROM ({union}) t{}", filter.clause()))
}

/// Reads a page of the rows that `union` finds and `filter` lets through. `within` is the module that page tokens name.
pub(crate) async fn fetch(
    cx: &Cx,
    request: &Request,
    query: &ListQuery,
    parts: &[Part],
    union: &str,
    mut filter: Filter,
    within: Id,
) -> Result<Page, Error> {
    // The three modules share their ids and times and nothing else to sort by.
    if matches!(query.order.by, SortBy::Field { .. }) {
        let supported = vec!["id", "Created_Time", "Modified_Time"];
        return Err(ApiError::new(Code::InvalidData)
            .param("sort_by")
            .detail("supported_values", supported)
            .into());
    }
    let dialect = cx.org.store.dialect();
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
    let key = if cx.profile.activity_lists { KIND } else { "$module" };
    let wanted = query.per_page as usize;
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
                        text.extend_from_slice(format!(",\"{key}\":\"{}\"}}", reader.name).as_bytes());
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
                Ok::<_, Error>(rows.into_page(within, wanted, None, backwards))
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
        let name = part.activity.module();
        let own = fields.map(|fields| own_fields(fields, name));
        let selection = page::selection(cx, &part.grant, own.as_deref(), Shape::List);
        let table = part.grant.table();
        let test = cx.org.store.dialect().in_ids("t.id", "?1");
        let mut args = vec![Cell::Null];
        let columns = selection.columns(&part.grant, &mut args);
        let sql = Sql::from(format!("SELECT {columns} FROM {{{table}}} t WHERE {test}"));
        Self { name, selection, sql, args }
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
