//! Many segments become one, so that a search has few to look at and what newer ones hide falls out.
//!
//! Blocks of the new segment are stored while nobody sees it; in the end it takes the place of its parts at once. Then nobody
//! sees those, and their blocks go. A row of a segment stays until all its blocks have gone, so what a join that failed or a
//! process that ended in the middle left behind is known, and goes before the next join.

use std::ops::Range;
use std::sync::Arc;

use dealwright_store::full_text::{Empty, Head, Join, JoinStep};
use dealwright_store::{Cell, Conn, Row, Sql, StoreError, Weight};

use super::segments::{block_id, corrupt, heads_of, number, store_blocks};
use super::{FullTextIndex, Listed};
use crate::error::Error;

/// So many segments of about one size are joined.
const TOGETHER: usize = 8;
/// Records of the smallest size; each further size is eight times as large.
const SMALL: usize = 8_000;
/// Bytes of blocks that are stored at once.
const AT_ONCE: usize = 1 << 20;
/// Name of the table of a segment that nobody sees. No table has it.
const UNSEEN: &str = "";

impl FullTextIndex {
    /// Joins segments of each table until there are few of every size.
    pub(crate) async fn join(self: &Arc<Self>) -> Result<(), Error> {
        let Ok(_alone) = self.joining.try_lock() else { return Ok(()) };
        let sql = Sql::from(format!(
            "SELECT tbl FROM {{_search_segments}} GROUP BY tbl HAVING count(*) >= {TOGETHER} OR tbl = '{UNSEEN}'"
        ));
        let tables = self
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let table = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
                    Ok::<_, Error>(conn.all(&sql, &[], table).await?)
                })
            })
            .await?;
        if tables.iter().any(|table| table == UNSEEN) {
            self.tidy().await?;
        }
        for table in tables.into_iter().filter(|table| table != UNSEEN) {
            while self.join_some(&table).await? {}
        }
        Ok(())
    }

    /// Removes what nobody sees.
    async fn tidy(&self) -> Result<(), Error> {
        let sql = Sql::from(format!("SELECT seg FROM {{_search_segments}} WHERE tbl = '{UNSEEN}'"));
        let left = self
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    Ok::<_, Error>(conn.all(&sql, &[], |row| Row::must(row.int(0)?, 0)).await?)
                })
            })
            .await?;
        self.remove(left).await
    }

    async fn remove(&self, segments: Vec<i64>) -> Result<(), Error> {
        for segment in segments {
            let blocks = Sql::from("DELETE FROM {_search_blocks} WHERE id >= ?1 AND id < ?2");
            let of = [block_id(segment, 0).into(), block_id(segment + 1, 0).into()];
            let row = Sql::from("DELETE FROM {_search_segments} WHERE seg = ?1");
            let removed = self.store.write(move |tx| {
                Box::pin(async move {
                    tx.exec(&blocks, &of).await?;
                    tx.exec(&row, &[segment.into()]).await?;
                    Ok::<_, Error>(())
                })
            });
            removed.await?;
        }
        Ok(())
    }

    async fn join_some(self: &Arc<Self>, table: &str) -> Result<bool, Error> {
        let listed = self.read_listed(table).await?;
        let heads = heads_of(&listed.stack, 0..listed.segments.len());
        let sizes: Vec<usize> = heads.iter().map(|head| head.ids().len()).collect();
        let Some(parts) = to_join(&sizes) else { return Ok(false) };
        let is_oldest = parts.end == listed.segments.len();
        let segments: Vec<i64> = listed.segments.get(parts.clone()).unwrap_or_default().to_vec();
        let heads = heads.get(parts).unwrap_or_default();
        let mut join = Join::new(heads, if is_oldest { Empty::FallOut } else { Empty::Stay });
        let new = self.begin().await?;
        let mut ready: Vec<(u32, Vec<u8>)> = Vec::new();
        let head = loop {
            match join.step().map_err(corrupt)? {
                JoinStep::Need(needs) => {
                    let ids: Vec<i64> = needs
                        .iter()
                        .filter_map(|(part, block)| Some(block_id(*segments.get(*part)?, *block)))
                        .collect();
                    let given = self.read_blocks(ids.clone()).await?;
                    for ((part, block), id) in needs.into_iter().zip(ids) {
                        let data = given.iter().find(|(found, _)| *found == id);
                        let data = data.ok_or_else(|| lost(id))?;
                        join.give(part, block, data.1.clone());
                    }
                }
                JoinStep::Block { number, data } => {
                    ready.push((number, data));
                    if ready.iter().map(|(_, data)| data.len()).sum::<usize>() >= AT_ONCE {
                        self.store_ready(new, std::mem::take(&mut ready)).await?;
                    }
                }
                JoinStep::Done(head) => break head,
            }
        };
        self.store_ready(new, ready).await?;
        self.finish(table, new, head, segments.clone()).await?;
        self.remove(segments).await?;
        Ok(true)
    }

    async fn read_listed(self: &Arc<Self>, table: &str) -> Result<Listed, Error> {
        let (index, table) = (Arc::clone(self), table.to_owned());
        self.store.read_state(move |conn| Box::pin(async move { index.listed(conn, &table).await })).await
    }

    /// A segment that nobody sees yet.
    async fn begin(&self) -> Result<i64, Error> {
        let sql = Sql::from(format!(
            "INSERT INTO {{_search_segments}} (seg, tbl, rank, records, head) VALUES (?2, '{UNSEEN}', 0, 0, ?1)"
        ));
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let segment = number(tx).await?;
                    tx.exec(&sql, &[Vec::<u8>::new().into(), segment.into()]).await?;
                    Ok(segment)
                })
            })
            .await
    }

    async fn read_blocks(&self, ids: Vec<i64>) -> Result<Vec<(i64, Vec<u8>)>, Error> {
        let among = self.store.dialect().in_ids("id", "?1");
        let sql = Sql::from(format!("SELECT id, data FROM {{_search_blocks}} WHERE {among}"));
        self.store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let read = |row: &Row<'_>| {
                        Ok((Row::must(row.int(0)?, 0)?, Row::must(row.bytes(1)?, 1)?.to_vec()))
                    };
                    Ok(conn.all(&sql, &[Cell::Ids(ids.into())], read).await?)
                })
            })
            .await
    }

    async fn store_ready(&self, segment: i64, ready: Vec<(u32, Vec<u8>)>) -> Result<(), Error> {
        if ready.is_empty() {
            return Ok(());
        }
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let blocks: Vec<(u32, &[u8])> =
                        ready.iter().map(|(number, data)| (*number, data.as_slice())).collect();
                    Ok::<_, Error>(store_blocks(tx, segment, &blocks).await?)
                })
            })
            .await
    }

    /// Puts the new segment in the place of its parts, all of which have to be there still.
    async fn finish(&self, table: &str, new: i64, head: Head, parts: Vec<i64>) -> Result<(), Error> {
        let table = table.to_owned();
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    let newest = Sql::from("SELECT rank FROM {_search_segments} WHERE seg = ?1");
                    let first = parts.first().copied().unwrap_or_default();
                    let rank = tx.first(&newest, &[first.into()], |row| Row::must(row.int(0)?, 0)).await?;
                    if hide(tx, &parts).await? != parts.len() as u64 {
                        return Err(Error::from(StoreError::Abandoned));
                    }
                    let records = head.ids().len() as i64;
                    let sql = Sql::from(
                        "UPDATE {_search_segments} SET tbl = ?2, rank = ?3, records = ?4, head = ?5 WHERE seg = ?1",
                    );
                    let rank = Row::must(rank, 0)?;
                    let args =
                        [new.into(), table.into(), rank.into(), records.into(), head.bytes().into()];
                    tx.exec(&sql, &args).await?;
                    Ok(())
                })
            })
            .await
    }
}

fn lost(block: i64) -> Error {
    Error::internal("joining segments of full text")(format!("block {block} is not there"))
}

async fn hide(tx: &mut Conn, segments: &[i64]) -> Result<u64, StoreError> {
    let among = tx.dialect().in_ids("seg", "?1");
    let sql = Sql::from(format!("UPDATE {{_search_segments}} SET tbl = '{UNSEEN}' WHERE {among}"));
    tx.exec(&sql, &[Cell::Ids(segments.to_vec().into())]).await
}

/// Of what size a segment is.
fn size(records: usize) -> u32 {
    (records / SMALL).max(1).ilog(TOGETHER) + u32::from(records >= SMALL)
}

/// Which of the segments to join, by their numbers of records, the newest first: those of one size that follow each other,
/// where there are enough of them, and smaller ones between them.
fn to_join(records: &[usize]) -> Option<Range<usize>> {
    let largest = records.iter().map(|records| size(*records)).max()?;
    (0..=largest).find_map(|most| {
        let (mut begin, mut count) = (0, 0);
        for at in 0..=records.len() {
            match records.get(at).map(|records| size(*records)) {
                Some(size) if size <= most => count += usize::from(size == most),
                _ if count >= TOGETHER => return Some(begin..at),
                _ => (begin, count) = (at + 1, 0),
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::to_join;

    #[test]
    fn segments_of_one_size_are_joined_when_there_are_enough() {
        assert_eq!(to_join(&[]), None);
        assert_eq!(to_join(&[5_000; 7]), None);
        assert_eq!(to_join(&[5_000; 8]), Some(0..8));
        // The joined one stays apart until there are eight of its size.
        assert_eq!(to_join(&[5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 5_000, 40_000]), None);
        assert_eq!(to_join(&[1, 5_000, 40_000, 40_000, 40_000, 40_000, 40_000, 40_000]), None);
        assert_eq!(to_join(&[1; 9].map(|few| few * 40_000)), Some(0..9));
        assert_eq!(to_join(&[&[1][..], &[40_000; 8][..], &[400_000][..]].concat()), Some(0..9));
        assert_eq!(to_join(&[40_000, 3, 3, 3, 3, 3, 3, 3, 3, 300_000]), Some(1..9));
    }
}
