//! What is noted becomes a segment.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::Ordering;

use dealwright_schema::full_text::FullText;
use dealwright_store::full_text::{Builder, Built, Cutter, RecordText};
use dealwright_store::{Cell, Conn, Row, Sql, StoreError, Weight};

use super::{FullTextIndex, Texts, segments, text};
use crate::error::Error;

/// Records of a filling. Fewer would be joined more often, more would take longer and gain nothing.
pub(super) const RECORDS: usize = 5_000;

/// Entries of the log, and the records that they name.
#[derive(Default)]
struct Taken {
    entries: Vec<i64>,
    records: BTreeMap<String, Vec<i64>>,
    count: usize,
}

impl FullTextIndex {
    /// Makes a segment of the oldest that is noted, in each table. Gives the number of records; when it is as many as one
    /// filling takes, there may be more.
    pub(crate) async fn fill(&self, texts: &Texts) -> Result<usize, Error> {
        let alone = self.filling.lock().await;
        let taken = self.take().await?;
        let count = taken.count;
        if count > 0 {
            let built = self.build(&taken, texts).await?;
            self.replace(taken.entries, built).await?;
        }
        drop(alone);
        self.filled.notify_waiters();
        Ok(count)
    }

    /// The number of the last entry in the log.
    pub(crate) async fn last_noted(&self) -> Result<i64, Error> {
        let sql = Sql::from("SELECT coalesce(max(seq), 0) FROM {_search_noted}");
        self.store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    Ok::<_, Error>(
                        conn.first(&sql, &[], |row| row.int(0)).await?.flatten().unwrap_or_default(),
                    )
                })
            })
            .await
    }

    async fn take(&self) -> Result<Taken, Error> {
        let dialect = self.store.dialect();
        let (oldest, count) = (Sql::from(dialect.noted(RECORDS)), Sql::from(dialect.count_noted()));
        let (taken, noted) = self
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let mut taken = Taken::default();
                    conn.each(&oldest, &[], &mut |row| {
                        let entry = Row::must(row.int(0)?, 0)?;
                        if taken.entries.last() != Some(&entry) {
                            taken.entries.push(entry);
                        }
                        let table = Row::must(row.text(1)?, 1)?;
                        let id = Row::must(row.int(2)?, 2)?;
                        taken.count += 1;
                        match taken.records.get_mut(table) {
                            Some(records) => records.push(id),
                            None => _ = taken.records.insert(table.to_owned(), vec![id]),
                        }
                        Ok(())
                    })
                    .await?;
                    let noted = if taken.count < RECORDS {
                        Some(0)
                    } else {
                        conn.first(&count, &[], |row| row.int(0)).await?.flatten()
                    };
                    Ok::<_, Error>((taken, noted.unwrap_or_default()))
                })
            })
            .await?;
        self.noted.store(usize::try_from(noted).unwrap_or_default(), Ordering::Relaxed);
        Ok(taken)
    }

    async fn build(&self, taken: &Taken, texts: &Texts) -> Result<Vec<(String, Built)>, Error> {
        let mut all = Vec::with_capacity(taken.records.len());
        for (table, ids) in &taken.records {
            // What is noted of a table without text is of a module that is gone.
            let Some(text) = texts.get(table) else { continue };
            let among = self.store.dialect().in_ids("t.id", "?1");
            let columns = text::columns(text);
            let sql = Sql::from(format!("SELECT t.id{columns} FROM {{{table}}} t WHERE {among}"));
            let args = vec![Cell::Ids(ids.clone().into())];
            let mut builder = self.read(text, sql, args).await?.builder;
            let left = builder.1;
            for id in ids.iter().filter(|id| !left.contains(id)) {
                builder.0.add_gone(*id);
            }
            all.push((table.clone(), built(builder.0).await?));
        }
        Ok(all)
    }

    /// Cuts the text of the records that a statement gives.
    pub(super) async fn read(
        &self,
        text: &FullText,
        sql: Sql,
        args: Vec<Cell<'static>>,
    ) -> Result<Cut, Error> {
        let text = text.clone();
        self.store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let (mut cutter, mut record) = (Cutter::default(), RecordText::default());
                    let mut cut = Cut { builder: (Builder::default(), HashSet::new()), lowest: None };
                    conn.each(&sql, &args, &mut |row| {
                        let id = Row::must(row.int(0)?, 0)?;
                        text::read(&text, row, &mut record)?;
                        cut.builder.0.add(id, cutter.cut(&record));
                        cut.builder.1.insert(id);
                        cut.lowest = Some(cut.lowest.map_or(id, |lowest: i64| lowest.min(id)));
                        Ok(())
                    })
                    .await?;
                    Ok::<_, Error>(cut)
                })
            })
            .await
    }

    /// Stores segments in the place of entries. Whoever took the same entries meanwhile was first, and nothing happens.
    async fn replace(&self, entries: Vec<i64>, built: Vec<(String, Built)>) -> Result<(), Error> {
        let stored = self.store.write(move |tx| {
            Box::pin(async move {
                if !forget(tx, &entries).await? {
                    return Err(StoreError::Abandoned.into());
                }
                for (table, built) in &built {
                    segments::store(tx, table, built).await?;
                }
                Ok::<_, Error>(())
            })
        });
        stored.await
    }
}

/// Text that was cut.
pub(super) struct Cut {
    /// The records, and their ids.
    pub builder: (Builder, HashSet<i64>),
    pub lowest: Option<i64>,
}

/// Makes a segment where that holds up nobody.
pub(super) async fn built(builder: Builder) -> Result<Built, Error> {
    tokio::task::spawn_blocking(move || builder.build())
        .await
        .map_err(Error::internal("making a segment of full text"))
}

async fn forget(tx: &mut Conn, entries: &[i64]) -> Result<bool, StoreError> {
    let among = tx.dialect().in_ids("seq", "?1");
    let sql = Sql::from(format!("DELETE FROM {{_search_noted}} WHERE {among}"));
    let gone = tx.exec(&sql, &[Cell::Ids(entries.to_vec().into())]).await?;
    Ok(gone == entries.len() as u64)
}
