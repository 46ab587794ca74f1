//! Deleting for good: the image goes, and what is kept elsewhere for the record; its id stays as a tombstone, so
//! that `GET /{module}/deleted` can tell of it for 120 days.

use std::collections::HashSet;
use std::time::Duration;

use dealwright_schema::{Cell, Storage};
use dealwright_store::{Batch, Column, Conn, Sql};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{json, value::RawValue};

use super::bulk::{self, Fate, Which};
use super::item::{unknown, visible};
use super::list::{FILTERS, path_id};
use crate::access::Action;
use crate::chores::Chore;
use crate::cx::Cx;
use crate::error::Error;
use crate::org::Org;
use crate::records::filter::Filter;
use crate::records::image::Image;
use crate::records::outcome::{self, Outcome, Said};
use crate::records::parts::GivingUp;
use crate::request::{Answer, Request};

/// How long a deleted record can be restored. Source: "Delete records".
const KEPT_IN_THE_BIN: Duration = Duration::from_hours(60 * 24);
/// How long the id of a record that was deleted for good is told. Source: "Deleted records".
const TOMBSTONES_KEPT: Duration = Duration::from_hours(120 * 24);
/// Ids in one request at most.
const IDS: usize = 1_000;
/// Records that one sweep removes in one transaction.
const SWEPT: usize = 500;

/// `DELETE settings/recycle_bin`: those in `ids`, or all that `filters` let through. More than a request answers are
/// removed by a job: 202.
pub fn delete_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let params = &request.params;
        match (params.list("ids"), params.get("filters")) {
            (Some(_), Some(_)) => Err(ApiError::new(Code::AmbiguityDuringProcessing)
                .detail("ambiguity_due_to", json!([{ "param_name": "ids" }, { "param_name": "filters" }]))
                .into()),
            (None, None) => Err(ApiError::new(Code::ExpectedParamMissing)
                .detail("param_names", vec!["ids", "filters"])
                .into()),
            (Some(ids), None) => {
                if ids.len() > IDS {
                    return Err(ApiError::new(Code::LimitExceeded).detail("limit", IDS).param("ids").into());
                }
                let ids = ids.into_iter().map(|id| id.parse().map_err(|_| unknown(id))).collect();
                bulk::now(cx, Fate::Remove, ids).await
            }
            (None, Some(text)) => {
                let which = Which { filters: Some(FILTERS.parse(text)?), ..Which::default() };
                bulk::all(cx, Fate::Remove, which, FILTERS).await
            }
        }
    })
}

/// `DELETE settings/recycle_bin/{id}`.
pub fn delete_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { bulk::now(cx, Fate::Remove, vec![Ok(path_id(request)?)]).await })
}

/// `POST settings/recycle_bin/actions/empty`: everything, for administrators only.
pub fn empty<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        if !cx.is_admin() {
            return Err(Code::NotSupportedForUser.into());
        }
        let reply = bulk::all(cx, Fate::Remove, Which::default(), FILTERS).await?;
        if reply.status == 202 {
            return Ok(reply);
        }
        let said = Outcome::Said(Said::new("record deleted"));
        Ok(outcome::reply_under(cx, "recycle_bin", 200, vec![said]))
    })
}

/// Removes records that the caller may remove. Each is answered.
pub(super) async fn remove(tx: &mut Conn, cx: &Cx, ids: &[Id]) -> Result<Vec<Result<Id, ApiError>>, Error> {
    let mut filter = Filter::default();
    visible(cx, Action::Delete, &mut filter);
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let argument = filter.bind(Cell::Ids(numbers.into()));
    filter.and(&cx.org.store.dialect().in_ids("t.id", &argument));
    let mut removed = take_out(tx, &GivingUp::now(&cx.org), filter).await?;
    // An id that is named twice is gone the second time.
    Ok(ids.iter().map(|id| if removed.remove(id) { Ok(*id) } else { Err(unknown(*id)) }).collect())
}

/// Removes what the filter (over the bin as `t`) lets through, and leaves a tombstone for each.
async fn take_out(tx: &mut Conn, giving_up: &GivingUp, filter: Filter) -> Result<HashSet<Id>, Error> {
    let lock = tx.dialect().for_update();
    let sql = Sql::from(format!(
        "SELECT t.id, t.module_id, t.image FROM {{_recycle_bin}} t{} ORDER BY t.id{lock}",
        filter.clause()
    ));
    let found = tx
        .all(&sql, &filter.args, |row| {
            let image = row.text(2)?.unwrap_or_default().to_owned();
            Ok((row.id(0)?, row.id(1)?, image))
        })
        .await?;
    let found: Vec<(Id, Id, String)> =
        found.into_iter().filter_map(|(id, module, image)| Some((id?, module?, image))).collect();
    if found.is_empty() {
        return Ok(HashSet::new());
    }
    give_up_parts(tx, giving_up, &found).await?;
    let ids: Vec<i64> = found.iter().map(|(id, ..)| id.get()).collect();
    let ids = Cell::Ids(ids.into());
    forget_history(tx, &ids).await?;
    let columns: Vec<Column> =
        ["id", "module_id", "deleted_time"].map(|name| Column::new(name, Storage::Int)).into();
    let rows: Vec<Vec<Cell<'static>>> = found
        .iter()
        .map(|(id, module, _)| vec![(*id).into(), (*module).into(), giving_up.now.0.into()])
        .collect();
    let test = tx.dialect().in_ids("id", "?1");
    // A note that went with its record may have been named too, and has its tombstone already.
    let sql = Sql::from(format!("DELETE FROM {{_tombstones}} WHERE {test}"));
    tx.exec(&sql, std::slice::from_ref(&ids)).await?;
    tx.insert_many(&Batch { table: "_tombstones", columns: &columns, rows: &rows }).await?;
    let sql = Sql::from(format!("DELETE FROM {{_recycle_bin}} WHERE {test}"));
    tx.exec(&sql, std::slice::from_ref(&ids)).await?;
    Ok(found.into_iter().map(|(id, ..)| id).collect())
}

async fn give_up_parts(tx: &mut Conn, giving_up: &GivingUp, found: &[(Id, Id, String)]) -> Result<(), Error> {
    let images: Vec<(Id, Image<'_>)> =
        found.iter().filter_map(|(id, _, text)| Some((*id, Image::read(text)?))).collect();
    for part in giving_up.around.parts {
        let kept: Vec<(Id, &RawValue)> =
            images.iter().filter_map(|(id, image)| Some((*id, image.part(part.key)?))).collect();
        if !kept.is_empty() {
            (part.give_up)(tx, giving_up, &kept).await?;
        }
    }
    Ok(())
}

/// Removes records for good that belong to others which are removed, whoever deleted them.
pub(crate) async fn give_up(tx: &mut Conn, giving_up: &GivingUp, ids: &[Id]) -> Result<(), Error> {
    let mut filter = Filter::default();
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let argument = filter.bind(Cell::Ids(numbers.into()));
    filter.and(&tx.dialect().in_ids("t.id", &argument));
    take_out(tx, giving_up, filter).await.map(drop)
}

/// Old values of the records are personal data like their last ones: they go too. Entries that stand for several
/// records (insertions) hold no values and stay.
async fn forget_history(tx: &mut Conn, ids: &Cell<'_>) -> Result<(), Error> {
    let test = tx.dialect().in_ids("r.id", "?1");
    let sql = Sql::from(format!(
        "WITH RECURSIVE chain(id, prev) AS (\
           SELECT h.id, h.prev FROM {{_history}} h JOIN {{_recycle_bin}} r ON h.id = r.hist WHERE {test} \
           UNION SELECT h.id, h.prev FROM {{_history}} h JOIN chain c ON h.id = c.prev) \
         DELETE FROM {{_history}} WHERE record_id IS NOT NULL AND id IN (SELECT id FROM chain)"
    ));
    tx.exec(&sql, std::slice::from_ref(ids)).await?;
    Ok(())
}

/// Removes what was deleted too long ago to be brought back.
pub(crate) static FORGET: Chore = Chore {
    name: "empty the recycle bin",
    every: Duration::from_hours(1),
    run: |org| Box::pin(async move { forget(org).await }),
};

/// Removes what has been in the bin for 60 days, and tombstones after 120 days. Gives the number of both.
async fn forget(org: &Org) -> Result<u64, Error> {
    let now = org.clock.now();
    let before = |kept: Duration| now.0.saturating_sub(kept.as_secs() as i64);
    let mut count = 0;
    loop {
        let (giving_up, limit) = (GivingUp::now(org), before(KEPT_IN_THE_BIN));
        let removed = org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut filter = Filter::default();
                    let (limit, most) = (filter.bind(limit), filter.bind(SWEPT as i64));
                    filter.and(&format!(
                        "t.id IN (SELECT o.id FROM {{_recycle_bin}} o WHERE o.deleted_time < {limit} \
                         ORDER BY o.deleted_time LIMIT {most})"
                    ));
                    take_out(tx, &giving_up, filter).await
                })
            })
            .await?
            .len();
        count += removed as u64;
        if removed < SWEPT {
            break;
        }
    }
    let limit = before(TOMBSTONES_KEPT);
    let forgotten = org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let sql = Sql::from("DELETE FROM {_tombstones} WHERE deleted_time < ?1");
                Ok::<_, Error>(tx.exec(&sql, &[limit.into()]).await?)
            })
        })
        .await?;
    Ok(count + forgotten)
}
