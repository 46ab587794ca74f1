//! Which notes a caller may touch: those of records whose module the caller sees, and under a record's path those of
//! that record only.

use std::collections::HashSet;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::Id;

use super::PARENT;
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;

/// A condition on notes, free of the request's lifetime.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    table: String,
    parent: Option<Id>,
    /// Condition on rows (`t`) without arguments.
    seen: Option<String>,
}

impl Reach {
    pub(super) fn of(cx: &Cx, module: &ModuleDef, parent: Option<Id>) -> Self {
        Self { table: module.table.clone().unwrap_or_default(), parent, seen: seen(cx, module) }
    }

    /// The notes among `ids` that the caller may touch.
    pub(super) async fn among(&self, conn: &mut Conn, ids: &[i64]) -> Result<HashSet<i64>, Error> {
        let mut sql =
            format!("SELECT t.id FROM {{{}}} t WHERE {}", self.table, conn.dialect().in_ids("t.id", "?1"));
        let mut args: Vec<Cell<'static>> = vec![Cell::Ids(ids.to_vec().into())];
        if let Some(parent) = self.parent {
            args.push(parent.into());
            sql.push_str(" AND t.parent_id = ?2");
        }
        if let Some(seen) = &self.seen {
            sql.push_str(" AND ");
            sql.push_str(seen);
        }
        let found = conn.all(&Sql::from(sql), &args, |row| Row::must(row.int(0)?, 0)).await?;
        Ok(found.into_iter().collect())
    }
}

/// Condition that leaves out notes of records in modules that the caller does not see; `None` when all are seen.
pub(super) fn seen(cx: &Cx, module: &ModuleDef) -> Option<String> {
    let column = module.field(PARENT)?.module_column()?;
    let with_records = cx.snapshot.schema.modules().iter().filter(|module| module.table.is_some());
    let unseen: Vec<String> = with_records
        .filter(|module| module.flag("api_supported") && cx.grant(module, Action::View).is_err())
        .map(|module| module.id.to_string())
        .collect();
    (!unseen.is_empty()).then(|| format!("t.\"{column}\" NOT IN ({})", unseen.join(", ")))
}
