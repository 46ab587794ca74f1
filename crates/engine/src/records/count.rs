//! `GET /{module}/actions/count`: how many records there are, or that a search would find.

use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::{list, page, search};
use crate::request::{Reply, Request};

/// Counts records: `{"count":N}`, also when N is zero.
pub async fn count(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    if request.params.get("cvid").is_some() {
        return Err(ApiError::new(Code::NotSupported).param("cvid").into());
    }
    let mut filter = Filter::default();
    search::condition(cx, &grant.module, &request.params, &mut filter)?;
    list::converted(cx, &grant.module, request.params.get("converted"), &mut filter)?;
    if let Some(scope) = grant.rows() {
        filter.and(scope);
    }
    let table = grant.module.table.as_deref().unwrap_or_default();
    let sql = format!("SELECT count(*) FROM {{{table}}} t{}", filter.clause());
    let mut args = filter.args;
    let sql = Sql::from(grant.settle(sql, &mut args).into_owned());
    let count = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                Ok::<_, Error>(conn.first(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?.unwrap_or(0))
            })
        })
        .await?;
    Ok(Reply::json(200, format!("{{\"count\":{count}}}").into_bytes()))
}
