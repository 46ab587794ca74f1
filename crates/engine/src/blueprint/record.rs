//! `GET /{module}/{id}/actions/blueprint`: the process that a record is in. Also what a transition needs to know of it.

use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id};

use super::process::{self, Process, Transition, binder, column};
use super::show;
use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::page;
use crate::records::selection::Shape;
use crate::request::{Answer, Reply, Request};

/// The process of a record with the transitions that start from its state: 200, or 400 `RECORD_NOT_IN_PROCESS` for a
/// record that is in none.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = grant(cx, request, Action::View)?;
        let id = crate::records::get::parse_id(request.segment(1))?;
        let place = Place::of(cx, &grant, id).await?;
        let now = values(cx, &grant, id, &place).await?;
        Ok(Reply::value(200, &show::process(cx, &grant.module, &place, &now)))
    })
}

/// The grant to deal so with records of the module in the path; only some modules have processes.
pub(super) fn grant(cx: &Cx, request: &Request, action: Action) -> Result<Grant, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, action)?;
    if !module.flag("isBlueprintSupported") {
        return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
    }
    Ok(grant)
}

/// Where a record stands in its process.
pub(super) struct Place {
    pub process: Process,
    pub state: String,
    /// Positions of the transitions that start from the state, and whether their criteria hold.
    pub open: Vec<(usize, bool)>,
}

impl Place {
    pub(super) async fn of(cx: &Cx, grant: &Grant, id: Id) -> Result<Self, Error> {
        let grant = grant.to_view();
        let processes = process::of_module(&cx.snapshot, &grant.module);
        let read = cx.org.store.read(Weight::Point, move |conn| {
            Box::pin(async move { find(conn, &grant, processes, id).await })
        });
        read.await
    }

    pub(super) fn transitions(&self) -> impl Iterator<Item = (&Transition, bool)> {
        self.open.iter().map(|(at, holds)| (&self.process.transitions[*at], *holds))
    }
}

async fn find(conn: &mut Conn, grant: &Grant, processes: Vec<Process>, id: Id) -> Result<Place, Error> {
    let module = &*grant.module;
    let (sql, args) = grant.one("t.id", id);
    if conn.first(&sql, &args, |row: &Row<'_>| row.id(0)).await?.is_none() {
        return Err(ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 1)
            .into());
    }
    for process in processes {
        if process.among(conn, module, &[id.get()]).await?.is_empty() {
            continue;
        }
        let state = state(conn, grant, &process, id).await?.unwrap_or_default();
        let mut open = Vec::new();
        for (at, transition) in process.transitions.iter().enumerate() {
            if transition.starts_from(&state) {
                open.push((at, holds(conn, grant, transition, id).await?));
            }
        }
        return Ok(Place { process, state, open });
    }
    Err(ApiError::new(Code::RecordNotInProcess).into())
}

async fn state(
    conn: &mut Conn,
    grant: &Grant,
    process: &Process,
    id: Id,
) -> Result<Option<String>, StoreError> {
    let (sql, args) = grant.one(&column(&grant.module.fields()[process.field]), id);
    let read = |row: &Row<'_>| Ok(row.text(0)?.map(str::to_owned));
    Ok(conn.first(&sql, &args, read).await?.flatten())
}

/// Whether the transition's criteria hold for the record.
async fn holds(conn: &mut Conn, grant: &Grant, transition: &Transition, id: Id) -> Result<bool, StoreError> {
    let Some(criteria) = &transition.criteria else { return Ok(true) };
    let module = &*grant.module;
    let mut args: Vec<Cell<'static>> = vec![id.into()];
    let condition = criteria.sql_with(module, conn.dialect(), &mut binder(&mut args));
    let table = unasked::table(module, Why::Granted).unwrap_or_default();
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE t.id = ?1 AND {condition}"));
    Ok(conn.first(&sql, &args, |row: &Row<'_>| row.id(0)).await?.is_some())
}

/// The values of the fields that the open transitions ask for, as rows show them.
pub(super) async fn values(
    cx: &Cx,
    grant: &Grant,
    id: Id,
    place: &Place,
) -> Result<serde_json::Value, Error> {
    let fields = place.transitions().flat_map(|(transition, _)| &transition.fields);
    let mut names: Vec<&str> = fields.map(|(at, _)| grant.module.fields()[*at].api_name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let grant = grant.to_view();
    let selection = page::selection(cx, &grant, Some(&names.join(",")), Shape::List);
    let (sql, args) = selection.one(&grant, id);
    let snapshot = Arc::clone(&cx.snapshot);
    let text = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let mut text = Vec::new();
                conn.each(&sql, &args, &mut |row| selection.write(row, &snapshot, &mut text)).await?;
                Ok::<_, Error>(text)
            })
        })
        .await?;
    serde_json::from_slice(&text).map_err(Error::internal("reading a record again"))
}
