//! How segments are stored: a row with the head of each, and its blocks.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError};

use dealwright_store::full_text::{Built, Corrupt, Head, Stack};
use dealwright_store::{Cell, Conn, Op, Row, Sql, StoreError};
use moka::sync::Cache;

use super::{FullTextIndex, Listed};
use crate::error::Error;

/// Bytes of blocks that are kept in memory, of all orgs together.
const KEPT: u64 = 64 << 20;

/// Blocks, by the number of the index and their own id.
type Blocks = Cache<(u64, i64), Arc<[u8]>>;

/// Those that were read. They never change.
static BLOCKS: LazyLock<Blocks> = LazyLock::new(|| {
    let size = |_: &(u64, i64), block: &Arc<[u8]>| block.len() as u32 + 64;
    Cache::builder().max_capacity(KEPT).weigher(size).build()
});

/// The id of a block: the number of its segment and its own. A segment has less than sixteen million blocks.
pub(super) fn block_id(segment: i64, block: u32) -> i64 {
    (segment << 24) | i64::from(block)
}

pub(super) fn corrupt(source: Corrupt) -> Error {
    Error::internal("reading a segment of full text")(source)
}

impl FullTextIndex {
    /// The segments of a table, as the state that `conn` sees has them.
    pub(super) async fn listed(&self, conn: &mut Conn, table: &str) -> Result<Listed, Error> {
        let sql = Sql::from("SELECT seg FROM {_search_segments} WHERE tbl = ?1 ORDER BY rank DESC");
        let segments = conn.all(&sql, &[table.into()], |row| Row::must(row.int(0)?, 0)).await?;
        let known = self.listed.lock().unwrap_or_else(PoisonError::into_inner).get(table).cloned();
        let known = known.unwrap_or_else(|| Listed { segments: Vec::new(), stack: Arc::default() });
        if known.segments == segments {
            return Ok(known);
        }
        let mut heads: HashMap<i64, Arc<Head>> = HashMap::new();
        for (at, segment) in known.segments.iter().enumerate() {
            heads.extend(known.stack.shared_head(at).map(|head| (*segment, head)));
        }
        let missing: Vec<i64> = segments.iter().copied().filter(|one| !heads.contains_key(one)).collect();
        for (segment, head) in read_heads(conn, &missing).await? {
            heads.insert(segment, head);
        }
        let of = |segment: &i64| heads.get(segment).map(|head| (*segment, Arc::clone(head)));
        let stack = Arc::new(known.stack.followed_by(segments.iter().filter_map(of)));
        let listed = Listed { segments, stack };
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).insert(table.to_owned(), listed.clone());
        Ok(listed)
    }

    /// Blocks by their ids, from memory or from the store.
    pub(super) async fn blocks(
        &self,
        conn: &mut Conn,
        ids: &[i64],
    ) -> Result<HashMap<i64, Arc<[u8]>>, Error> {
        let mut found = HashMap::with_capacity(ids.len());
        let mut missing = Vec::new();
        for &id in ids {
            match BLOCKS.get(&(self.number, id)) {
                Some(block) => _ = found.insert(id, block),
                None => missing.push(id),
            }
        }
        if !missing.is_empty() {
            let among = conn.dialect().in_ids("id", "?1");
            let sql = Sql::from(format!("SELECT id, data FROM {{_search_blocks}} WHERE {among}"));
            let read = |row: &Row<'_>| {
                let data: Arc<[u8]> = Row::must(row.bytes(1)?, 1)?.into();
                Ok((Row::must(row.int(0)?, 0)?, data))
            };
            for (id, block) in conn.all(&sql, &[Cell::Ids(missing.into())], read).await? {
                BLOCKS.insert((self.number, id), Arc::clone(&block));
                found.insert(id, block);
            }
        }
        Ok(found)
    }
}

pub(super) async fn read_heads(conn: &mut Conn, segments: &[i64]) -> Result<Vec<(i64, Arc<Head>)>, Error> {
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    let among = conn.dialect().in_ids("seg", "?1");
    let sql = Sql::from(format!("SELECT seg, head FROM {{_search_segments}} WHERE {among}"));
    let read = |row: &Row<'_>| Ok((Row::must(row.int(0)?, 0)?, Row::must(row.bytes(1)?, 1)?.to_vec()));
    let found = conn.all(&sql, &[Cell::Ids(segments.to_vec().into())], read).await?;
    let head =
        |(segment, bytes): (i64, Vec<u8>)| Ok((segment, Arc::new(Head::read(&bytes).map_err(corrupt)?)));
    found.into_iter().map(head).collect()
}

/// A number that no segment ever had, so that what is kept of one in memory stays right.
pub(super) async fn number(tx: &mut Conn) -> Result<i64, StoreError> {
    let sql = Sql::from("UPDATE {_search_numbers} SET last = last + 1 WHERE id = 1 RETURNING last");
    Row::must(tx.first(&sql, &[], |row| Row::must(row.int(0)?, 0)).await?, 0)
}

/// Stores a segment above all others of its table.
pub(super) async fn store(tx: &mut Conn, table: &str, built: &Built) -> Result<(), StoreError> {
    let segment = number(tx).await?;
    let sql = Sql::from(
        "INSERT INTO {_search_segments} (seg, tbl, rank, records, head) VALUES (?4, ?1, (SELECT coalesce(max(rank), 0) + 1 \
         FROM {_search_segments} WHERE tbl = ?1), ?2, ?3)",
    );
    let records = built.head.ids().len() as i64;
    tx.exec(&sql, &[table.into(), records.into(), built.head.bytes().into(), segment.into()]).await?;
    let blocks: Vec<(u32, &[u8])> =
        built.blocks.iter().enumerate().map(|(at, block)| (at as u32, block.as_slice())).collect();
    store_blocks(tx, segment, &blocks).await
}

pub(super) async fn store_blocks(
    tx: &mut Conn,
    segment: i64,
    blocks: &[(u32, &[u8])],
) -> Result<(), StoreError> {
    let sql = Sql::from("INSERT INTO {_search_blocks} (id, data) VALUES (?1, ?2)");
    let insert = |(number, data): &(u32, &[u8])| {
        Op::Exec(sql.clone(), vec![block_id(segment, *number).into(), data.to_vec().into()])
    };
    let inserts: Vec<Op<'_>> = blocks.iter().map(insert).collect();
    tx.together(&inserts).await
}

/// The stack of segments that are kept, for whoever joins them.
pub(super) fn heads_of(stack: &Stack, places: std::ops::Range<usize>) -> Vec<Arc<Head>> {
    places.filter_map(|at| stack.shared_head(at)).collect()
}
