//! Addresses that take no mail: those that were refused for good, and those whose owners do not want any.
//! `POST /{module}/actions/unblock_email` and `/{module}/{id}/actions/unblock_email` give the first another try.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value};

use super::place;
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::external;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Request};
use crate::settings::entry;

/// Records in one call.
const RECORDS: usize = 100;

/// Which of the addresses, in lower case, take no mail, and why: `bounced`, or `opted_out` for the record's own
/// addresses when its `Email_Opt_Out` is on.
pub(super) async fn among(
    cx: &Cx,
    module: &ModuleDef,
    record: &Map<String, Value>,
    addresses: Vec<String>,
) -> Result<HashMap<String, String>, Error> {
    let opted_out = record.get("Email_Opt_Out") == Some(&Value::Bool(true));
    let own: Vec<String> = if opted_out {
        let texts = email_fields(module).filter_map(|field| record.get(field)?.as_str());
        texts.map(str::to_ascii_lowercase).collect()
    } else {
        Vec::new()
    };
    let mut reasons: HashMap<String, String> =
        own.into_iter().map(|address| (address, "opted_out".to_owned())).collect();
    let among = cx.org.store.dialect().in_texts("b.address", "?1");
    let sql = Sql::from(format!("SELECT b.address, b.reason FROM {{_mail_blocked}} b WHERE {among}"));
    let found = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let both = |row: &dealwright_store::Row<'_>| {
                    Ok(row.text(0)?.map(str::to_owned).zip(row.text(1)?.map(str::to_owned)))
                };
                Ok::<_, Error>(conn.all(&sql, &[Cell::Texts(addresses.into())], both).await?)
            })
        })
        .await?;
    reasons.extend(found.into_iter().flatten());
    Ok(reasons)
}

/// Stores that an address was refused for good.
pub(super) async fn block(tx: &mut Conn, address: &str, mail: Id, at: i64) -> Result<(), StoreError> {
    let sql = Sql::from(
        "INSERT INTO {_mail_blocked} (address, reason, at, mail_id) VALUES (?1, 'bounced', ?2, ?3) \
         ON CONFLICT (address) DO NOTHING",
    );
    tx.exec(&sql, &[address.to_ascii_lowercase().into(), at.into(), mail.into()]).await?;
    Ok(())
}

/// Unblocks the addresses of one record.
pub fn unblock_email<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = place::module(cx, request, Action::Edit)?;
        let fields = fields(&grant, request)?;
        let id = external::path_id(cx, &grant, request).await?;
        if !place::exists(cx, &grant, id).await? {
            return Err(place::unknown_record().into());
        }
        unblock(cx, &grant, fields, vec![id]).await?;
        Ok(outcome::reply(cx, 200, vec![done(id)]))
    })
}

/// Unblocks the addresses of the records that `ids` names.
pub fn unblock_emails<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = place::module(cx, request, Action::Edit)?;
        let fields = fields(&grant, request)?;
        let ids = entry::ids(request, "ids", RECORDS)?;
        let existing = place::existing(cx, &grant, &ids).await?;
        unblock(cx, &grant, fields, existing.clone()).await?;
        let outcomes = ids.into_iter().map(|id| {
            if existing.contains(&id) {
                return done(id);
            }
            Outcome::Failed(
                ApiError::new(Code::InvalidData).message("the id given seems to be invalid").id(id),
            )
        });
        Ok(outcome::reply(cx, 200, outcomes.collect()))
    })
}

fn done(id: Id) -> Outcome {
    Outcome::Said(Said::of(id, "email unblocked successfully"))
}

fn email_fields(module: &ModuleDef) -> impl Iterator<Item = &str> {
    let fields = module.fields().iter().filter(|field| field.data_type.is_email());
    fields.map(|field| field.api_name.as_str())
}

/// Columns of the fields that `unblock_fields` names: e-mail fields of the module.
fn fields(grant: &Grant, request: &Request) -> Result<Vec<String>, ApiError> {
    const KEY: &str = "unblock_fields";
    let named = entry::texts(request, KEY)?;
    let column = |(at, name): (usize, &String)| {
        let field = grant.module.field(name).filter(|field| field.data_type.is_email());
        field.and_then(|field| field.column.clone()).ok_or_else(|| {
            let supported: Vec<&str> = email_fields(&grant.module).collect();
            ApiError::new(Code::InvalidData)
                .field(KEY, format!("$.{KEY}[{at}]"))
                .detail("supported_values", supported)
        })
    };
    named.iter().enumerate().map(column).collect()
}

async fn unblock(cx: &Cx, grant: &Grant, columns: Vec<String>, ids: Vec<Id>) -> Result<(), Error> {
    let columns: Vec<String> = columns.into_iter().map(|column| format!("t.\"{column}\"")).collect();
    if columns.is_empty() || ids.is_empty() {
        return Ok(());
    }
    let (table, grant) = (grant.table().to_owned(), grant.clone());
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let dialect = tx.dialect();
                let among = dialect.in_ids("t.id", "?1");
                let ids: Vec<i64> = ids.into_iter().map(Id::get).collect();
                let mut args = vec![Cell::Ids(ids.into())];
                let scope = grant.and_rows("t", &mut args);
                let sql = Sql::from(format!(
                    "SELECT {} FROM {{{table}}} t WHERE {among}{scope}",
                    columns.join(", ")
                ));
                let mut addresses = Vec::new();
                tx.each(&sql, &args, &mut |row| {
                    for at in 0..columns.len() {
                        addresses.extend(row.text(at)?.map(str::to_ascii_lowercase));
                    }
                    Ok(())
                })
                .await?;
                let among = dialect.in_texts("address", "?1");
                let sql = Sql::from(format!("DELETE FROM {{_mail_blocked}} WHERE {among}"));
                tx.exec(&sql, &[Cell::Texts(addresses.into())]).await?;
                Ok(())
            })
        })
        .await
}
