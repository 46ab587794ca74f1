//! `GET /{module}/deleted`: what was deleted, newest first.

use std::sync::Arc;

use dealwright_schema::Cell;
use dealwright_store::{Sql, Weight};
use dealwright_wire::{ApiError, Code, Instant, json};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::list_query::PAGE;
use crate::records::page;
use crate::request::{Reply, Request};

/// What is in the recycle bin.
const IN_THE_BIN: &str = "SELECT b.id, b.display_name, b.deleted_by, b.deleted_time, b.created_by, 'recycle' AS type \
     FROM {_recycle_bin} b WHERE b.module_id = ?1 AND b.deleted_time > ?2";
/// What was deleted for good, since when it was: ids without names, for whoever keeps a copy.
const FOR_GOOD: &str = "SELECT id, NULL AS display_name, CAST(NULL AS BIGINT) AS deleted_by, deleted_time, \
     CAST(NULL AS BIGINT) AS created_by, 'permanent' AS type \
     FROM {_tombstones} WHERE module_id = ?1 AND deleted_time > ?2";

/// Lists deleted records, those in the recycle bin and those deleted for good: 200, 204 when there are none, 304
/// when none were deleted since `If-Modified-Since`.
pub async fn deleted(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let params = &request.params;
    let mut args = vec![grant.module.id.into(), Cell::Null, Cell::Null, Cell::Null];
    let mut in_the_bin = || format!("{IN_THE_BIN}{}", grant.and_deleted_rows("b", &mut args));
    let rows = match params.get("type") {
        None | Some("all") => format!("{} UNION ALL {FOR_GOOD}", in_the_bin()),
        Some("recycle") => in_the_bin(),
        Some("permanent") => FOR_GOOD.to_owned(),
        Some(_) => return Err(ApiError::new(Code::PatternNotMatched).param("type").into()),
    };
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
    let sql = Sql::from(format!("{rows} ORDER BY deleted_time DESC, id DESC LIMIT ?3 OFFSET ?4"));
    args[1..4].clone_from_slice(&[since.into(), (per_page + 1).into(), ((page - 1) * per_page).into()]);
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
