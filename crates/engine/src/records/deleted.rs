//! `GET /{module}/deleted`: what was deleted, newest first.

use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::{Sql, Weight};
use dealwright_wire::{ApiError, Code, Instant, json};

use crate::access::Grant;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::list_query::PAGE;
use crate::records::page;
use crate::request::{Answer, Reply, Request};

/// What is in the recycle bin.
const IN_THE_BIN: &str = "SELECT b.id, b.display_name, b.deleted_by, b.deleted_time, b.created_by, 'recycle' AS type \
     FROM {_recycle_bin} b WHERE b.deleted_time > ?1 AND b.module_id = ";
/// What was deleted for good, since when it was: ids without names, for whoever keeps a copy.
const FOR_GOOD: &str = "SELECT id, NULL AS display_name, CAST(NULL AS BIGINT) AS deleted_by, deleted_time, \
     CAST(NULL AS BIGINT) AS created_by, 'permanent' AS type \
     FROM {_tombstones} WHERE deleted_time > ?1 AND module_id = ";

/// Lists deleted records, those in the recycle bin and those deleted for good: 200, 204 when there are none, 304
/// when none were deleted since `If-Modified-Since`.
pub fn deleted<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        of(cx, request, &[&grant]).await
    })
}

/// What was deleted of some modules.
pub(crate) async fn of(cx: &Cx, request: &Request, grants: &[&Grant]) -> Result<Reply, Error> {
    let params = &request.params;
    let (from_bin, for_good) = match params.get("type") {
        None | Some("all") => (true, true),
        Some("recycle") => (true, false),
        Some("permanent") => (false, true),
        Some(_) => return Err(ApiError::new(Code::PatternNotMatched).param("type").into()),
    };
    let mut args = vec![Cell::Null; 3];
    let mut selects = Vec::new();
    for grant in grants {
        args.push(grant.module.id.into());
        let module = format!("?{}", args.len());
        if from_bin {
            selects.push(format!("{IN_THE_BIN}{module}{}", grant.and_deleted_rows("b", &mut args)));
        }
        if for_good {
            selects.push(format!("{FOR_GOOD}{module}"));
        }
    }
    let rows = selects.join(" UNION ALL ");
    let number = |name: &str, otherwise: i64| match params.get(name) {
        None => Ok(otherwise),
        Some(text) => match text.parse::<i64>() {
            Ok(number) if (1..=i64::from(u32::MAX)).contains(&number) => Ok(number),
            _ => Err(ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer")),
        },
    };
    let page = number("page", 1)?;
    let per_page = number("per_page", i64::from(PAGE))?.min(i64::from(PAGE));
    let since = request.if_modified_since.map_or(i64::MIN, |since| since.0);
    let sql = Sql::from(format!("{rows} ORDER BY deleted_time DESC, id DESC LIMIT ?2 OFFSET ?3"));
    args[..3].clone_from_slice(&[since.into(), (per_page + 1).into(), ((page - 1) * per_page).into()]);
    let snapshot = Arc::clone(&cx.snapshot);
    let (rows, count) = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                let mut out = Vec::new();
                let mut count = 0;
                conn.each(&sql, &args, &mut |row| {
                    count += 1;
                    if count > per_page {
                        return Ok(());
                    }
                    if count > 1 {
                        out.push(b',');
                    }
                    let user = |at, out: &mut Vec<u8>| {
                        if let Some(id) = row.int(at)? {
                            snapshot.write_user(id, out);
                        } else {
                            out.extend_from_slice(b"null");
                        }
                        Ok::<_, dealwright_store::StoreError>(())
                    };
                    out.extend_from_slice(b"{\"deleted_by\":");
                    user(2, &mut out)?;
                    out.extend_from_slice(b",\"id\":");
                    json::quoted_int(&mut out, row.int(0)?.unwrap_or_default());
                    out.extend_from_slice(b",\"display_name\":");
                    json::value(&mut out, &row.text(1)?);
                    out.extend_from_slice(b",\"type\":");
                    json::value(&mut out, &row.text(5)?);
                    out.extend_from_slice(b",\"created_by\":");
                    user(4, &mut out)?;
                    out.extend_from_slice(b",\"deleted_time\":");
                    Instant(row.int(3)?.unwrap_or_default()).write(&mut out, &snapshot.zone);
                    out.push(b'}');
                    Ok(())
                })
                .await?;
                Ok::<_, Error>((out, count))
            })
        })
        .await?;
    if count == 0 {
        return Ok(if request.if_modified_since.is_some() {
            Reply::not_modified()
        } else {
            Reply::nothing()
        });
    }
    let shown = count.min(per_page);
    let mut out = b"{\"data\":[".to_vec();
    out.extend_from_slice(&rows);
    let more = count > per_page;
    let info = format!(
        "],\"info\":{{\"per_page\":{per_page},\"count\":{shown},\"page\":{page},\"more_records\":{more}}}}}"
    );
    out.extend_from_slice(info.as_bytes());
    Ok(Reply::json(200, out))
}
