//! Notes the records whose text changes, for full text: in the transaction that changes them, by whoever writes rows of a table.
//! Triggers would do the same; a distributed database takes none.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use dealwright_schema::Cell;
use dealwright_schema::full_text::FullText;

use crate::batch::Batch;
use crate::conn::Op;
use crate::sql::Sql;

/// What of a store's tables is text that is searched.
#[derive(Default)]
pub struct Noting {
    /// The columns of each table.
    texts: RwLock<Arc<HashMap<String, HashSet<String>>>>,
    /// Number of the last entry.
    last: AtomicI64,
}

impl Noting {
    /// Says what is searched from now on. A change of tables that adds to it is told before anybody writes to them.
    /// A table may be named more than once, with more columns.
    pub fn set<'t>(&self, texts: impl IntoIterator<Item = &'t FullText>) {
        let mut all: HashMap<String, HashSet<String>> = HashMap::new();
        for text in texts {
            all.entry(text.table.clone()).or_default().extend(text.columns().map(str::to_owned));
        }
        *self.texts.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(all);
    }

    /// Says which number the last entry has that is stored.
    pub fn go_on_from(&self, last: i64) {
        self.last.fetch_max(last, Ordering::Relaxed);
    }

    /// The entry for records of a table that were deleted, or written in another way than by a batch.
    pub(crate) fn records(&self, table: &str, ids: Vec<i64>) -> Option<Op<'static>> {
        let texts = Arc::clone(&self.texts.read().unwrap_or_else(PoisonError::into_inner));
        (texts.contains_key(table) && !ids.is_empty()).then(|| self.entry(table, ids))
    }

    /// The entry for a batch; `None` where it writes no text.
    pub(crate) fn batch(&self, batch: &Batch<'_>, is_new: bool) -> Option<Op<'static>> {
        let texts = Arc::clone(&self.texts.read().unwrap_or_else(PoisonError::into_inner));
        let columns = texts.get(batch.table)?;
        if !is_new && !batch.columns.iter().any(|column| columns.contains(&column.name)) {
            return None;
        }
        // Rows are known by their id; what is inserted may have it anywhere.
        let place = batch.columns.iter().position(|column| column.name == "id")?;
        let ids: Vec<i64> = batch.rows.iter().filter_map(|row| row.get(place)?.as_int()).collect();
        (!ids.is_empty()).then(|| self.entry(batch.table, ids))
    }

    fn entry(&self, table: &str, ids: Vec<i64>) -> Op<'static> {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let sql = Sql::from("INSERT INTO {_search_noted} (seq, tbl, ids) VALUES (?1, ?2, ?3)");
        Op::Exec(sql, vec![number.into(), table.to_owned().into(), Cell::Ids(ids.into())])
    }
}
