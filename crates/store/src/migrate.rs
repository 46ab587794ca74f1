//! Fixed tables by numbered steps, each applied once and recorded in `_migrations`.
//!
//! Steps only expand: a later release may drop what the release before it no longer reads
//! (`docs/adr/0006-migrations.md`).

use crate::database::Store;
use crate::error::StoreError;
use crate::sql::Sql;

/// One step. The text may hold several statements; it must not change once released.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub number: i64,
    pub name: &'static str,
    pub sql: &'static str,
}

/// Brings a store up to date. Gives the number of steps applied.
pub async fn migrate(store: &Store, steps: &'static [Migration]) -> Result<usize, StoreError> {
    store
        .write(move |tx| {
            Box::pin(async move {
                tx.script(&Sql::from(
                    "CREATE TABLE IF NOT EXISTS {_migrations} (number BIGINT NOT NULL UNIQUE, name TEXT NOT NULL)",
                ))
                .await?;
                let done = tx
                    .all(&Sql::from("SELECT number FROM {_migrations}"), &[], |row| {
                        crate::Row::must(row.int(0)?, 0)
                    })
                    .await?;
                if let Some(newest) = done.iter().max().filter(|&&n| steps.last().is_some_and(|s| n > s.number)) {
                    return Err(StoreError::Refused(format!(
                        "the data was written by a newer release (step {newest}); this one knows fewer steps"
                    )));
                }
                let mut applied = 0;
                for step in steps.iter().filter(|step| !done.contains(&step.number)) {
                    tx.script(&Sql::from(step.sql)).await?;
                    let sql = Sql::from("INSERT INTO {_migrations} (number, name) VALUES (?1, ?2)");
                    tx.exec(&sql, &[step.number.into(), step.name.into()]).await?;
                    applied += 1;
                }
                Ok(applied)
            })
        })
        .await
}
