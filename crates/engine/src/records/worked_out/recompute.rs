//! The job that works out a module's formulas and rollups for the records that were there before the field was made
//! or changed. It may run twice without harm.

use dealwright_schema::ModuleDef;
use dealwright_store::{Conn, Row, Sql};
use futures::future::BoxFuture;

use super::WorkedOut;
use super::rollup::{self, Metadata};
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::jobs::{Attempts, Job, JobKind, State, Work, queue};

/// Records of one step.
const BATCH: i64 = 200;

/// Goes through all records of the job's module, whatever its input.
pub(crate) static RECOMPUTE: JobKind = JobKind {
    name: "formula.recompute",
    queue: &queue::BULK,
    attempts: Attempts::OF_STEPS,
    work: Work::Steps(step),
};

fn step<'a>(tx: &'a mut Conn, cx: &'a Cx, job: &'a mut Job) -> BoxFuture<'a, Result<(), Error>> {
    Box::pin(async move {
        let module = stored(tx, job).await?;
        let ids = match module.as_ref().and_then(|module| unasked::table(module, Why::System)) {
            Some(table) => next(tx, table, job.place).await?,
            None => Vec::new(),
        };
        let (Some(module), Some(&last)) = (module, ids.last()) else {
            job.state = State::Completed;
            return Ok(());
        };
        let schema = cx.snapshot.schema.with(module.clone());
        let worked_out = WorkedOut::of(&schema, &cx.snapshot.zone);
        let metadata = Metadata {
            schema: &schema,
            worked_out: &worked_out,
            zone: &cx.snapshot.zone,
            now: cx.org.clock.now(),
        };
        let changed = rollup::renew(tx, &metadata, &module, &ids).await?;
        job.place = last;
        job.done += changed.len() as i64;
        job.skipped += (ids.len() - changed.len()) as i64;
        Ok(())
    })
}

/// The module as the store has it: the job can begin before the snapshot follows.
async fn stored(tx: &mut Conn, job: &Job) -> Result<Option<ModuleDef>, Error> {
    let sql = Sql::from("SELECT doc FROM {_modules} WHERE id = ?1");
    let doc =
        tx.first(&sql, &[job.module.into()], |row| Row::must(row.text(0)?.map(str::to_owned), 0)).await?;
    doc.map(|doc| serde_json::from_str(&doc)).transpose().map_err(Error::internal("reading a stored module"))
}

async fn next(tx: &mut Conn, table: &str, after: i64) -> Result<Vec<i64>, Error> {
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE t.id > ?1 ORDER BY t.id LIMIT ?2"));
    Ok(tx.all(&sql, &[after.into(), BATCH.into()], |row| Row::must(row.int(0)?, 0)).await?)
}
