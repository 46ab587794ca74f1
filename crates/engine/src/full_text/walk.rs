//! Looking once more at records that are there already: after an earlier release had another index, or after a field has
//! come to the text of a module, or gone from it. What it has not come to yet is judged by its text, the newest records at
//! least; beyond those a record is found by what it was found by before.

use dealwright_store::{Row, Sql, Weight};

use super::fill::{RECORDS, built};
use super::{FullTextIndex, Texts, segments, text};
use crate::error::Error;

/// A table that is walked through, from the newest record to the oldest.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    pub table: String,
    /// Records from there on are done.
    place: i64,
    /// No segment had any of them before.
    pub is_first: bool,
}

impl FullTextIndex {
    /// The tables that are walked through.
    pub(crate) async fn walks(&self) -> Result<Vec<Walk>, Error> {
        let sql = Sql::from("SELECT tbl, place, is_first FROM {_search_walks} ORDER BY tbl");
        self.store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let read = |row: &Row<'_>| {
                        Ok(Walk {
                            table: Row::must(row.text(0)?.map(str::to_owned), 0)?,
                            place: Row::must(row.int(1)?, 1)?,
                            is_first: Row::must(row.bool(2)?, 2)?,
                        })
                    };
                    Ok(conn.all(&sql, &[], read).await?)
                })
            })
            .await
    }

    /// The next records of a walk. Gives how it goes on, if it does.
    pub(crate) async fn step(&self, walk: Walk, texts: &Texts) -> Result<Option<Walk>, Error> {
        let alone = self.filling.lock().await;
        let cut = match texts.get(&walk.table) {
            Some(text) => {
                let (columns, table) = (text::columns(text), &walk.table);
                let sql = format!(
                    "SELECT t.id{columns} FROM {{{table}}} t WHERE t.id < ?1 ORDER BY t.id DESC LIMIT {RECORDS}"
                );
                Some(self.read(text, Sql::from(sql), vec![walk.place.into()]).await?)
            }
            None => None,
        };
        let lowest = cut.as_ref().and_then(|cut| cut.lowest);
        let built = match cut {
            Some(cut) if lowest.is_some() => Some(built(cut.builder.0).await?),
            _ => None,
        };
        let table = walk.table.clone();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    if let (Some(place), Some(built)) = (lowest, built) {
                        segments::store(tx, &table, &built).await?;
                        let sql = Sql::from("UPDATE {_search_walks} SET place = ?2 WHERE tbl = ?1");
                        tx.exec(&sql, &[table.as_str().into(), place.into()]).await?;
                    } else {
                        let sql = Sql::from("DELETE FROM {_search_walks} WHERE tbl = ?1");
                        tx.exec(&sql, &[table.as_str().into()]).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await?;
        drop(alone);
        Ok(lowest.map(|place| Walk { place, ..walk }))
    }
}
