//! `/{module}/{id}/Locking_Information__s`: locking a record by hand, and why it is locked.
//!
//! Source: "Record locking" of the published API.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef, Storage};
use dealwright_store::{Batch, Column, Conn, Row, Sql};
use dealwright_wire::{ApiError, Code, Id};

use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::documents::Keys;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::guard::{self, Doing};
use crate::records::list_query::{Kind, ListQuery};
use crate::records::outcome::{self, Outcome, Said};
use crate::records::selection::Shape;
use crate::records::writing::Writing;
use crate::records::{get, page};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};
use crate::sharing::stamp;

const LOCKS: &str = "Locking_Information__s";
/// Characters of a reason at most.
const LONGEST: usize = 3_000;

/// The lock of a record: 200, or 204 when it is not locked.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (parent, id) = place(cx, request, Action::View)?;
        if guard::level(cx, &parent, id).await?.is_none() {
            return Err(guard::no_record().into());
        }
        let locks = cx.grant(locks(cx)?, Action::View)?;
        let mut query = ListQuery::parse(cx, &locks.module, &request.params, Kind::Search)?;
        if query.fields.is_none() {
            // Whole rows without the keys that only records have.
            let names = locks.module.fields().iter().map(|field| field.api_name.as_str());
            query.fields = Some(names.collect::<Vec<_>>().join(",").into());
        }
        let mut filter = Filter::default();
        let parent = filter.bind(id);
        filter.and(&format!("t.\"{}\" = {parent}", column(&locks.module, "Locked_For__s")?));
        if !request.segment(2).is_empty() {
            let lock = filter.bind(lock_id(request)?);
            filter.and(&format!("t.id = {lock}"));
        }
        let page = page::fetch_shape(cx, &locks, &query, filter, Shape::List).await?;
        Ok(page.reply(cx, &query, &request.params, false))
    })
}

/// Locks a record: 201.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = place(cx, request, Action::Edit)?;
        let (locks, lock) = (locks(cx)?.clone(), cx.org.mint.next());
        let work = reason(request).map(|reason| Work { locks, lock, reason });
        let configuration = configuration(cx, &grant.module)?;
        let result = match work {
            Ok(work) => {
                run(cx, &grant, move |tx, writing| {
                    Box::pin(async move { lock_record(tx, &writing, id, work, configuration).await })
                })
                .await
            }
            Err(error) => Err(error.into()),
        };
        answer(cx, 201, result, lock, "record added")
    })
}

/// Changes the reason.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = place(cx, request, Action::Edit)?;
        let (locks, lock) = (locks(cx)?.clone(), lock_id(request)?);
        let work = reason(request).map(|reason| Work { locks, lock, reason });
        let result = match work {
            Ok(work) => {
                run(cx, &grant, move |tx, writing| {
                    Box::pin(async move {
                        let (module, _) = open_lock(tx, &writing, id, work.locks, lock).await?;
                        let sql = Sql::from(format!(
                            "UPDATE {{{}}} SET \"{}\" = ?2 WHERE id = ?1",
                            unasked::table(&module, Why::Part).unwrap_or_default(),
                            column(&module, "Locked_Reason__s")?
                        ));
                        tx.exec(&sql, &[lock.into(), work.reason.into()]).await?;
                        tx.note(unasked::table(&module, Why::Part).unwrap_or_default(), vec![lock.get()])
                            .await?;
                        Ok(())
                    })
                })
                .await
            }
            Err(error) => Err(error.into()),
        };
        answer(cx, 200, result, lock, "record updated")
    })
}

/// Unlocks the record.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (grant, id) = place(cx, request, Action::Edit)?;
        let lock = lock_id(request)?;
        let locks = locks(cx)?.clone();
        let result = run(cx, &grant, move |tx, writing| {
            Box::pin(async move {
                let (module, stored) = open_lock(tx, &writing, id, locks, lock).await?;
                let table = unasked::table(&module, Why::Part).unwrap_or_default();
                tx.delete_many(table, vec![lock.get()]).await?;
                let field = writing.module.field_index("Locked__s");
                stamp(tx, &writing, &stored, field, false.into()).await
            })
        });
        let result = result.await;
        answer(cx, 200, result, lock, "record deleted")
    })
}

struct Work {
    locks: Arc<ModuleDef>,
    lock: Id,
    reason: String,
}

type Unit<'c> = futures::future::BoxFuture<'c, Result<(), Error>>;

async fn run<F>(cx: &Cx, grant: &Grant, work: F) -> Result<(), Error>
where
    F: for<'c> FnOnce(&'c mut Conn, Writing) -> Unit<'c> + Send + 'static,
{
    let writing = Writing::new(cx, grant);
    cx.org.store.write(move |tx| work(tx, writing)).await
}

/// What became of the one record; a fault of ours is passed on.
fn answer(
    cx: &Cx,
    ok: u16,
    result: Result<(), Error>,
    lock: Id,
    message: &'static str,
) -> Result<Reply, Error> {
    let outcome = match result {
        Ok(()) => Outcome::Said(Said::of(lock, message)),
        // What the path names is no matter of the body.
        Err(Error::Api(error)) if error.details.contains_key("resource_path_index") => {
            return Err(error.into());
        }
        Err(Error::Api(error)) => Outcome::Failed(error),
        Err(error) => return Err(error),
    };
    Ok(outcome::reply(cx, ok, vec![outcome]))
}

/// The module and the record of the path.
fn place(cx: &Cx, request: &Request, action: Action) -> Result<(Grant, Id), ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, action)?;
    if module.field("Locked__s").is_none() {
        let error = ApiError::new(Code::InvalidData).message("relation not found");
        return Err(error.detail("resource_path_index", 2));
    }
    Ok((grant, get::parse_id(request.segment(1))?))
}

fn locks(cx: &Cx) -> Result<&Arc<ModuleDef>, ApiError> {
    cx.snapshot.module(LOCKS)
}

fn column<'m>(module: &'m ModuleDef, field: &str) -> Result<&'m str, ApiError> {
    module.field(field).and_then(|field| field.column.as_deref()).ok_or_else(ApiError::invalid_module)
}

fn lock_id(request: &Request) -> Result<Id, ApiError> {
    request.segment(2).parse().map_err(|_| no_lock())
}

fn no_lock() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid")
        .detail("resource_path_index", 3)
}

/// The reason in the body's one entry.
fn reason(request: &Request) -> Result<String, ApiError> {
    let entries = entry::parse(request, "data", 1)?;
    let nothing = Keys::new();
    let entry = Entry::of_list(entries.first().unwrap_or(&nothing), "data", 0);
    let reason = entry.text("Locked_Reason__s", LONGEST)?;
    reason.map(str::to_owned).ok_or_else(|| entry.missing("Locked_Reason__s"))
}

/// The id of the configuration that lets the module's records be locked by hand.
fn configuration(cx: &Cx, module: &ModuleDef) -> Result<Option<Id>, ApiError> {
    match guard::configuration(&cx.snapshot, module) {
        Some(configuration) => Ok(Some(configuration.id)),
        None if cx.is_lenient() => {
            cx.note("locks-without-configuration");
            Ok(None)
        }
        None => Err(ApiError::new(Code::NotAllowed)
            .message("Required Record Locking Configuration is not present")
            .detail("resource_path_index", 0)),
    }
}

async fn lock_record(
    tx: &mut Conn,
    writing: &Writing,
    id: Id,
    work: Work,
    configuration: Option<Id>,
) -> Result<(), Error> {
    let stored = guard::open(tx, writing, id, Doing::Act, &[]).await?;
    let module = work.locks;
    let cells: [(&str, Storage, Cell<'static>); 6] = [
        ("Locked_By__s", Storage::Int, writing.user.into()),
        ("Locked_Time__s", Storage::Instant, writing.now.into()),
        ("Locked_Reason__s", Storage::Text, work.reason.into()),
        ("Lock_Source__s", Storage::Text, "Manual".into()),
        ("Record_Locking_Configuration_Id__s", Storage::Int, configuration.into()),
        ("Feature_Type__s", Storage::Text, "record_locking".into()),
    ];
    let mut columns = vec![Column::new("id", Storage::Int)];
    let mut row: Vec<Cell<'static>> = vec![work.lock.into()];
    let parent = module.field("Locked_For__s").ok_or_else(ApiError::invalid_module)?;
    columns.push(Column::new(column(&module, "Locked_For__s")?, Storage::Int));
    row.push(id.into());
    if let Some(beside) = parent.module_column() {
        columns.push(Column::new(beside, Storage::Int));
        row.push(writing.module.id.into());
    }
    for (name, storage, cell) in cells {
        if let Some(column) = module.field(name).and_then(|field| field.column.clone()) {
            columns.push(Column::new(column, storage));
            row.push(cell);
        }
    }
    let table = unasked::table(&module, Why::Part).unwrap_or_default();
    tx.insert_many(&Batch { table, columns: &columns, rows: &[row] }).await?;
    stamp(tx, writing, &stored, writing.module.field_index("Locked__s"), true.into()).await
}

/// The lock and its record, which the caller may change but for the lock.
async fn open_lock(
    tx: &mut Conn,
    writing: &Writing,
    id: Id,
    module: Arc<ModuleDef>,
    lock: Id,
) -> Result<(Arc<ModuleDef>, crate::records::stored::Stored), Error> {
    let locked = writing.module.field_index("Locked__s");
    let fields: Vec<usize> = locked.into_iter().collect();
    let mut records = crate::records::stored::load(tx, &writing.module, &[id.get()], &fields).await?;
    let barred = guard::bar(tx, writing, Doing::Act, &mut records).await?;
    let stored = records.remove(&id.get()).ok_or_else(guard::no_record)?;
    if barred.contains(&id.get()) {
        return Err(guard::forbidden(&writing.module, Doing::Act, id).into());
    }
    let table = unasked::table(&module, Why::Part).unwrap_or_default();
    let sql = Sql::from(format!(
        "SELECT t.id FROM {{{table}}} t WHERE t.id = ?1 AND t.\"{}\" = ?2",
        column(&module, "Locked_For__s")?
    ));
    let found = tx.first(&sql, &[lock.into(), id.into()], |row| Row::must(row.id(0)?, 0)).await?;
    found.ok_or_else(no_lock)?;
    Ok((module, stored))
}
