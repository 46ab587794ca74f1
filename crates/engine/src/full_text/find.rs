//! A search over what is noted and over the segments, in one state of the store.

use std::sync::Arc;

use dealwright_schema::full_text::FullText;
use dealwright_store::full_text::{Appetite, Asked, Hit, Matcher, Noted, RecordText, Search, Stack, Step};
use dealwright_store::{Conn, Row, Sql};

use super::segments::{block_id, corrupt};
use super::{FullTextIndex, MOST_NOTED, text};
use crate::error::Error;

/// A search under way. It has to go on in the unit of reading in which it began.
pub(crate) struct Finding {
    index: Arc<FullTextIndex>,
    stack: Arc<Stack>,
    search: Search,
}

impl FullTextIndex {
    /// Begins to look for records of a table. `conn` has to see one state: [`Store::read_state`](dealwright_store::Store).
    pub(crate) async fn find(
        self: Arc<Self>,
        conn: &mut Conn,
        text: &FullText,
        tiers: &[Asked],
        appetite: Appetite,
    ) -> Result<Finding, Error> {
        let noted = noted(conn, text, tiers).await?;
        let stack = self.listed(conn, &text.table).await?.stack;
        let search = Search::new(Arc::clone(&stack), tiers, noted, appetite);
        Ok(Finding { index: self, stack, search })
    }

    /// The ids of all records that have what is asked for.
    pub(crate) async fn find_all(self: Arc<Self>, text: FullText, asked: Asked) -> Result<Vec<i64>, Error> {
        let store = self.store.clone();
        store
            .read_state(move |conn| {
                Box::pin(async move {
                    let mut finding = self.find(conn, &text, &[asked], Appetite::All).await?;
                    let mut hits = Vec::new();
                    finding.next(conn, usize::MAX, &mut hits).await?;
                    Ok(hits.into_iter().map(|hit| hit.id).collect())
                })
            })
            .await
    }
}

impl Finding {
    /// Adds hits until there are `wanted`, or no more: then it gives `false`.
    pub(crate) async fn next(
        &mut self,
        conn: &mut Conn,
        wanted: usize,
        hits: &mut Vec<Hit>,
    ) -> Result<bool, Error> {
        loop {
            let needs = match self.search.step(wanted, hits).map_err(corrupt)? {
                Step::Enough => return Ok(true),
                Step::End => return Ok(false),
                Step::Need(needs) => needs,
            };
            let id = |segment: usize, block: u32| {
                self.stack.number(segment).map_or(0, |number| block_id(number, block))
            };
            let ids: Vec<i64> = needs.iter().map(|need| id(need.segment, need.block)).collect();
            let blocks = self.index.blocks(conn, &ids).await?;
            for (need, id) in needs.into_iter().zip(ids) {
                let lost = || Error::internal("searching full text")(format!("block {id} is not there"));
                let block = blocks.get(&id).ok_or_else(lost)?;
                self.search.give(need, block).map_err(corrupt)?;
            }
        }
    }
}

/// Judges what is noted by its text of now.
async fn noted(conn: &mut Conn, text: &FullText, tiers: &[Asked]) -> Result<Noted, Error> {
    let (table, columns) = (&text.table, text::columns(text));
    let of_table = conn.dialect().noted_of("?1");
    // Records that a walk has not come to count as noted, the newest of them.
    let sql = Sql::from(format!(
        "SELECT noted.id{columns}, t.id FROM ({of_table} UNION SELECT id FROM (SELECT w.id FROM {{{table}}} w WHERE w.id < \
         (SELECT place FROM {{_search_walks}} WHERE tbl = ?1) ORDER BY w.id DESC LIMIT {MOST_NOTED}) unwalked) noted \
         LEFT JOIN {{{table}}} t ON t.id = noted.id"
    ));
    let last = 1 + text.words.len() + text.mails.len() + text.phones.len();
    let mut noted = Noted::default();
    let (mut matcher, mut record) = (Matcher::new(tiers), RecordText::default());
    conn.each(&sql, &[table.as_str().into()], &mut |row| {
        let id = Row::must(row.int(0)?, 0)?;
        let is_there = row.int(last)?.is_some();
        let tier = if is_there {
            text::read(text, row, &mut record)?;
            matcher.tier(&record)
        } else {
            None
        };
        noted.add(id, tier);
        Ok(())
    })
    .await?;
    Ok(noted)
}
