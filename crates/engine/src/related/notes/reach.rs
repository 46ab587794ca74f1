//! Which notes a call means: those that the grant reaches, and under a record's path those of that record only.

use std::collections::HashSet;

use dealwright_schema::Cell;
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::Id;

use crate::access::Grant;
use crate::error::Error;

/// A choice of notes, free of the request's lifetime.
#[derive(Debug, Clone)]
pub(super) struct Reach {
    grant: Grant,
    parent: Option<Id>,
}

impl Reach {
    /// What the caller sees; what they may not change is refused later.
    pub(super) fn of(grant: &Grant, parent: Option<Id>) -> Self {
        Self { grant: grant.to_view(), parent }
    }

    /// The notes among `ids` that the caller may see.
    pub(super) async fn among(&self, conn: &mut Conn, ids: &[i64]) -> Result<HashSet<i64>, Error> {
        let mut args: Vec<Cell<'static>> = vec![Cell::Ids(ids.to_vec().into())];
        let mut tests = vec![conn.dialect().in_ids("t.id", "?1")];
        if let Some(parent) = self.parent {
            args.push(parent.into());
            tests.push("t.parent_id = ?2".to_owned());
        }
        tests.extend(self.grant.rows("t", &mut args));
        let table = self.grant.table();
        let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {}", tests.join(" AND ")));
        let found = conn.all(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?;
        Ok(found.into_iter().collect())
    }
}
