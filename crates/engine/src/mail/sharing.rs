//! `share_emails` and `unshare_emails`: whether others see the mails of a user's own mailbox on a record; and
//! `GET /{module}/{id}/__emails_sharing_details`: whose mails there are to see.
//!
//! Every user shares record by record; mails written here are seen by everybody who sees the record.

use std::collections::HashSet;

use dealwright_schema::Cell;
use dealwright_store::{Conn, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::emails;
use super::place::{self, Place};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry;

/// Records in one call.
const RECORDS: usize = 100;

/// Which way.
#[derive(Debug, Clone, Copy)]
enum Doing {
    Share,
    Unshare,
}

/// Shares the caller's mails on one record.
pub fn share_emails_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { one(cx, request, Doing::Share).await })
}

/// Takes that back.
pub fn unshare_emails_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { one(cx, request, Doing::Unshare).await })
}

/// Shares the caller's mails on the records that `ids` names.
pub fn share_emails<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { many(cx, request, Doing::Share).await })
}

/// Takes that back.
pub fn unshare_emails<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { many(cx, request, Doing::Unshare).await })
}

async fn one(cx: &Cx, request: &Request, doing: Doing) -> Result<Reply, Error> {
    let place = Place::of(cx, request).await?;
    cx.org.post.required()?;
    let module = place.grant.module.id;
    let outcomes = run(cx, module, vec![Ok(place.record)], doing).await?;
    Ok(outcome::reply(cx, 200, outcomes))
}

async fn many(cx: &Cx, request: &Request, doing: Doing) -> Result<Reply, Error> {
    let grant = place::module(cx, request, Action::View)?;
    cx.org.post.required()?;
    let ids = entry::ids(request, "ids", RECORDS)?;
    let existing = place::existing(cx, &grant, &ids).await?;
    let mut seen = HashSet::new();
    let checked = ids.into_iter().map(|id| {
        if !seen.insert(id) {
            return Err(ApiError::new(Code::DuplicateData).message("Duplicate Data").id(id));
        }
        if !existing.contains(&id) {
            return Err(ApiError::new(Code::InvalidData).message("The id given seems to be invalid").id(id));
        }
        Ok(id)
    });
    let checked = checked.collect();
    let outcomes = run(cx, grant.module.id, checked, doing).await?;
    Ok(outcome::reply(cx, 200, outcomes))
}

/// Shares or unshares records in one transaction; each is answered in its place.
async fn run(
    cx: &Cx,
    module: Id,
    records: Vec<Result<Id, ApiError>>,
    doing: Doing,
) -> Result<Vec<Outcome>, Error> {
    let (user, now) = (cx.user_id(), cx.org.clock.now().0);
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let ids: Vec<i64> = records.iter().flatten().map(|id| id.get()).collect();
                let shared = shared(tx, user, &ids).await?;
                let mut outcomes = Vec::with_capacity(records.len());
                for record in records {
                    outcomes.push(match record {
                        Err(error) => Outcome::Failed(error),
                        Ok(id) => match (doing, shared.contains(&id)) {
                            (Doing::Share, true) => {
                                Outcome::Failed(ApiError::new(Code::AlreadyShared).id(id))
                            }
                            (Doing::Unshare, false) => Outcome::Failed(ApiError::new(Code::NotShared).id(id)),
                            (Doing::Share, false) => {
                                let sql = Sql::from(
                                    "INSERT INTO {_mail_shares} (module_id, record_id, user_id, at) \
                                     VALUES (?1, ?2, ?3, ?4)",
                                );
                                tx.exec(&sql, &[module.into(), id.into(), user.into(), now.into()]).await?;
                                Outcome::Said(Said::of(id, "Successfully shared"))
                            }
                            (Doing::Unshare, true) => {
                                let sql = Sql::from(
                                    "DELETE FROM {_mail_shares} WHERE record_id = ?1 AND user_id = ?2",
                                );
                                tx.exec(&sql, &[id.into(), user.into()]).await?;
                                Outcome::Said(Said::of(id, "Sharing revoked successfully"))
                            }
                        },
                    });
                }
                Ok(outcomes)
            })
        })
        .await
}

async fn shared(tx: &mut Conn, user: Id, records: &[i64]) -> Result<HashSet<Id>, StoreError> {
    let among = tx.dialect().in_ids("s.record_id", "?1");
    let sql =
        Sql::from(format!("SELECT s.record_id FROM {{_mail_shares}} s WHERE {among} AND s.user_id = ?2"));
    let found = tx.all(&sql, &[Cell::Ids(records.into()), user.into()], |row| row.id(0)).await?;
    Ok(found.into_iter().flatten().collect())
}

/// Who shares own mails on the record, and which `type`s of mails it can be asked for.
pub fn emails_sharing_details<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let sql = Sql::from(
            "SELECT s.user_id FROM {_mail_shares} s WHERE s.record_id = ?1 ORDER BY s.at, s.user_id",
        );
        let record = place.record;
        let users = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(
                    async move { Ok::<_, Error>(conn.all(&sql, &[record.into()], |row| row.id(0)).await?) },
                )
            })
            .await?;
        let users: Vec<Value> = users
        .into_iter()
        .flatten()
        .filter_map(|id| cx.snapshot.user(id))
        .map(|user| json!({ "name": user.full_name(), "_type": "custom", "type": "custom", "id": user.id }))
        .collect();
        let types = emails::types(&place.grant.module.api_name);
        let row = json!({ "share_from_users": users, "available_types": types });
        Ok(Reply::value(200, &json!({ "__emails_sharing_details": [row] })))
    })
}
