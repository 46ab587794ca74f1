//! Fixed tables by numbered steps, each applied once and recorded in `_migrations`.
//!
//! Steps only expand: a later release may drop what the release before it no longer reads
//! (`docs/adr/0006-migrations.md`).

use crate::conn::Conn;
use crate::database::{Store, Weight};
use crate::error::StoreError;
use crate::row::Row;
use crate::sql::Sql;

/// One step. It must not change once released.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    pub number: i64,
    pub name: &'static str,
    /// May hold several statements.
    pub sql: &'static str,
    /// Tables that get a primary key, after the statements.
    pub keys: &'static [Keyed],
    /// Tables it makes whose `id` comes from the mint, which has to start above all of them.
    pub with_ids: &'static [&'static str],
}

impl Migration {
    /// A step that is statements and nothing else.
    pub const fn new(number: i64, name: &'static str, sql: &'static str) -> Self {
        Self { number, name, sql, keys: &[], with_ids: &[] }
    }

    /// A step that gives tables their primary keys.
    pub const fn keys(number: i64, name: &'static str, keys: &'static [Keyed]) -> Self {
        Self { number, name, sql: "", keys, with_ids: &[] }
    }

    /// The same step, which makes tables whose ids come from the mint.
    #[must_use]
    pub const fn with_ids(self, with_ids: &'static [&'static str]) -> Self {
        Self { with_ids, ..self }
    }
}

/// A table of fixed form whose one unique constraint becomes its primary key. Without one, no row can be told from the
/// others by a replica, so nothing that replicates, moves or shards a database takes the table.
#[derive(Debug, Clone, Copy)]
pub struct Keyed {
    pub table: &'static str,
    /// All columns in their order, each with its type and what else is said of it, without `UNIQUE`.
    pub columns: &'static [(&'static str, &'static str)],
    /// Columns of the unique constraint, in its order.
    pub key: &'static [&'static str],
    /// Statements that make the table's other indexes.
    pub indexes: &'static [&'static str],
}

/// Brings a store up to date. Gives the number of steps applied. Nothing is written when there are none to apply; of
/// several processes that do it at once, one does it.
pub async fn migrate(store: &Store, steps: &'static [Migration]) -> Result<usize, StoreError> {
    let applied = store.read(Weight::Point, |conn| Box::pin(async move { done(conn).await })).await?;
    if missing(&applied, steps)?.is_empty() {
        return Ok(0);
    }
    store
        .patient()
        .write(move |tx| {
            Box::pin(async move {
                let dialect = tx.dialect();
                if let Some(lock) = dialect.lock_migrations() {
                    tx.script(&Sql::from(lock)).await?;
                }
                if !has_table(tx).await? {
                    tx.script(&Sql::from(
                        "CREATE TABLE {_migrations} (number BIGINT NOT NULL UNIQUE, name TEXT NOT NULL)",
                    ))
                    .await?;
                }
                // Another process may have been quicker.
                let steps = missing(&done(tx).await?, steps)?;
                for step in &steps {
                    tx.script(&Sql::from(step.sql)).await?;
                    for keyed in step.keys {
                        tx.script(&Sql::from(dialect.make_primary_key(keyed))).await?;
                    }
                    let sql = Sql::from("INSERT INTO {_migrations} (number, name) VALUES (?1, ?2)");
                    tx.exec(&sql, &[step.number.into(), step.name.into()]).await?;
                }
                Ok(steps.len())
            })
        })
        .await
}

/// Numbers of the steps that a store has seen; none when it is new.
async fn done(conn: &mut Conn) -> Result<Vec<i64>, StoreError> {
    if !has_table(conn).await? {
        return Ok(Vec::new());
    }
    conn.all(&Sql::from("SELECT number FROM {_migrations}"), &[], |row| Row::must(row.int(0)?, 0)).await
}

async fn has_table(conn: &mut Conn) -> Result<bool, StoreError> {
    let sql = Sql::from(conn.dialect().has_table("_migrations"));
    Ok(conn.each(&sql, &[], &mut |_| Ok(())).await? > 0)
}

fn missing(done: &[i64], steps: &'static [Migration]) -> Result<Vec<&'static Migration>, StoreError> {
    if let Some(newest) = done.iter().max().filter(|&&n| steps.last().is_some_and(|s| n > s.number)) {
        return Err(StoreError::Refused(format!(
            "the data was written by a newer release (step {newest}); this one knows fewer steps"
        )));
    }
    Ok(steps.iter().filter(|step| !done.contains(&step.number)).collect())
}
