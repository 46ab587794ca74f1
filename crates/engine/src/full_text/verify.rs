//! Whether full text knows what records say: of some records of a table, the newest, some terms are looked for.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dealwright_schema::full_text::FullText;
use dealwright_store::full_text::{Appetite, Asked, Cutter, RecordText, Term};
use dealwright_store::{Conn, Row, Sql};

use super::{FullTextIndex, text};
use crate::error::Error;

/// Records whose text is compared, and terms that are looked for.
const RECORDS: usize = 60;
const TERMS: usize = 12;

impl FullTextIndex {
    /// What is found wrongly, in words; nothing when all is well.
    pub(crate) async fn verify(self: Arc<Self>, text: FullText) -> Result<Vec<String>, Error> {
        let store = self.store.clone();
        store
            .read_state(move |conn| {
                Box::pin(async move {
                    let said = said(conn, &text).await?;
                    let Some(lowest) = said.keys().next().copied() else { return Ok(Vec::new()) };
                    let mut wrong = Vec::new();
                    for term in some_of(&said) {
                        let asked = Asked::Has(Term { text: term.clone(), is_prefix: false });
                        let mut finding =
                            Arc::clone(&self).find(conn, &text, &[asked], Appetite::All).await?;
                        let mut hits = Vec::new();
                        finding.next(conn, usize::MAX, &mut hits).await?;
                        let found: BTreeSet<i64> =
                            hits.iter().map(|hit| hit.id).filter(|id| *id >= lowest).collect();
                        let wanted: BTreeSet<i64> = said
                            .iter()
                            .filter(|(_, terms)| terms.contains(&term))
                            .map(|(id, _)| *id)
                            .collect();
                        if found != wanted {
                            wrong
                                .push(format!("{}: {term:?} finds {found:?} and not {wanted:?}", text.table));
                        }
                    }
                    Ok(wrong)
                })
            })
            .await
    }
}

/// The terms of the newest records.
async fn said(conn: &mut Conn, text: &FullText) -> Result<BTreeMap<i64, BTreeSet<String>>, Error> {
    let (columns, table) = (text::columns(text), &text.table);
    let sql =
        Sql::from(format!("SELECT t.id{columns} FROM {{{table}}} t ORDER BY t.id DESC LIMIT {RECORDS}"));
    let (mut cutter, mut record) = (Cutter::default(), RecordText::default());
    let mut said = BTreeMap::new();
    conn.each(&sql, &[], &mut |row| {
        text::read(text, row, &mut record)?;
        let terms = cutter.cut(&record).iter().map(|term| String::from_utf8_lossy(term).into_owned());
        said.insert(Row::must(row.int(0)?, 0)?, terms.collect());
        Ok(())
    })
    .await?;
    Ok(said)
}

/// Terms of all of the records, evenly spread.
fn some_of(said: &BTreeMap<i64, BTreeSet<String>>) -> Vec<String> {
    let all: BTreeSet<&String> = said.values().flatten().collect();
    let step = all.len().div_ceil(TERMS).max(1);
    all.into_iter().step_by(step).cloned().collect()
}
