//! Full text that writers do not wait for: [ADR 19](../../../../docs/adr/0019-full-text-segments.md).
//!
//! The store notes each record whose text is written in `_search_noted`, in the transaction that writes it. Behind that, a
//! task per open org gathers what is noted into segments, which never change. A search looks at both in one state of the
//! store: what is noted is judged by its text, everything else is found in the segments. So a record is found the moment
//! its write was answered, and there is no moment in which something could be lost: an entry is written with its record,
//! and goes with the segment that takes its place.
//!
//! - `text`: the text of records
//! - `segments`: how segments are stored
//! - `fill`: what is noted becomes a segment; `walk`: records that are looked at once more, after a field has come or gone
//! - `join`: many segments become one
//! - `find`: a search; `verify`: whether searches are right

mod fill;
mod find;
mod join;
mod segments;
mod text;
mod verify;
mod walk;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use dealwright_schema::full_text::FullText;
use dealwright_store::Store;
use dealwright_store::full_text::Stack;
use tokio::sync::Notify;

/// Records that may be noted before writers wait for the next filling. A search looks at the text of each of them.
const MOST_NOTED: usize = 20_000;
/// How long a writer waits for that at most; then a search takes longer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The full text of each table of an org, by the table's name.
pub(crate) type Texts = HashMap<String, FullText>;

/// The full text of an org.
pub(crate) struct FullTextIndex {
    store: Store,
    /// Sets its blocks apart from those of other orgs in the memory that they share.
    number: u64,
    /// The segments of each table as they were last read.
    listed: Mutex<HashMap<String, Listed>>,
    /// One filling or step of a walk at a time.
    filling: tokio::sync::Mutex<()>,
    joining: tokio::sync::Mutex<()>,
    /// Records noted, as the last filling saw it.
    noted: AtomicUsize,
    /// Rings when a filling has ended.
    filled: Notify,
    /// Nothing is filled by itself.
    pub(crate) rests: AtomicBool,
}

/// Segments of a table, the newest first.
#[derive(Clone)]
struct Listed {
    segments: Vec<i64>,
    stack: Arc<Stack>,
}

impl FullTextIndex {
    pub(crate) fn new(store: Store) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        Self {
            store,
            number: NUMBER.fetch_add(1, Ordering::Relaxed),
            listed: Mutex::default(),
            filling: tokio::sync::Mutex::default(),
            joining: tokio::sync::Mutex::default(),
            noted: AtomicUsize::new(0),
            filled: Notify::new(),
            rests: AtomicBool::new(false),
        }
    }

    /// Records that are noted and in no segment yet, as the last filling saw it.
    pub(crate) fn noted(&self) -> usize {
        self.noted.load(Ordering::Relaxed)
    }

    /// Waits while too many records are noted, before a transaction that notes more.
    pub(crate) async fn room(&self) {
        let until = tokio::time::Instant::now() + PATIENCE;
        while self.noted() > MOST_NOTED {
            let filled = self.filled.notified();
            if tokio::time::timeout_at(until, filled).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use dealwright_schema::full_text::FullText;
    use dealwright_store::Cell;

    use crate::fresh::Fresh;

    const UNSEEN: &str =
        "INSERT INTO {_search_segments} (seg, tbl, rank, records, head) VALUES (?1, '', 0, 0, ?2)";
    const BLOCK: &str = "INSERT INTO {_search_blocks} (id, data) VALUES (?1, ?2)";

    /// A segment that a join left half made, or had joined and not removed yet.
    #[tokio::test]
    async fn what_a_join_left_in_the_middle_goes_before_the_next() {
        let fresh = Fresh::new("full-text-left").await;
        let nothing = || Cell::from(Vec::<u8>::new());
        for segment in [900_000_i64, 900_001] {
            fresh.exec(UNSEEN, vec![segment.into(), nothing()]).await;
            for block in [0, 1, (1 << 24) - 1] {
                fresh.exec(BLOCK, vec![super::segments::block_id(segment, block).into(), nothing()]).await;
            }
        }
        fresh.org.catch_up_full_text().await.unwrap();
        assert_eq!(fresh.exec("DELETE FROM {_search_segments} WHERE tbl = ''", Vec::new()).await, 0);
        assert_eq!(fresh.exec("DELETE FROM {_search_blocks} WHERE id >= 900000", Vec::new()).await, 0);
    }

    /// Releases before had one index for all modules, kept by triggers.
    #[tokio::test]
    async fn an_org_of_a_release_with_triggers_is_found_and_written_without_them() {
        let mut fresh = Fresh::new("full-text-triggers").await;
        let snapshot = fresh.org.snapshot();
        let module = snapshot.schema.module("Campaigns").unwrap();
        let name = module.field("Campaign_Name").unwrap().column.clone().unwrap();
        let insert = format!("INSERT INTO {{campaigns}} (id, \"{name}\") VALUES (?1, ?2)");
        for new in ["noted", "segments", "blocks", "numbers", "texts", "walks"] {
            fresh.exec(format!("DROP TABLE {{_search_{new}}}"), Vec::new()).await;
        }
        fresh.exec("CREATE VIRTUAL TABLE {_search} USING fts5(terms)", Vec::new()).await;
        fresh.exec("CREATE TABLE {_search_due} (id INTEGER PRIMARY KEY)", Vec::new()).await;
        let own = FullText::of(module).unwrap().name();
        let former = format!("{}0123abcd", own.strip_suffix(&own[own.len() - 8..]).unwrap());
        for (trigger, when) in [("", "INSERT"), ("_u", "UPDATE"), ("_d", "DELETE")] {
            let begin = format!("CREATE TRIGGER \"{former}{trigger}\" AFTER {when} ON campaigns BEGIN ");
            fresh.exec(begin + "INSERT INTO _search (terms) VALUES ('harvest'); END", Vec::new()).await;
        }
        for (id, text) in [(11_i64, "Harvest moon"), (12, "Winter sale")] {
            fresh.exec(insert.clone(), vec![id.into(), text.into()]).await;
        }
        assert_eq!(
            fresh.exec("UPDATE {_search} SET terms = terms", Vec::new()).await,
            2,
            "triggers of earlier"
        );
        drop(snapshot);
        fresh.reopen().await;
        assert!(fresh.org.verify_full_text().await.unwrap().is_empty());
        // A trigger that is left would write to a table that is gone.
        fresh.exec(insert, vec![13_i64.into(), "Spring harvest".into()]).await;
        fresh.exec("DELETE FROM {campaigns} WHERE id = 12", Vec::new()).await;
        fresh.exec("CREATE TABLE {_search} (id INTEGER)", Vec::new()).await;
        fresh.exec("CREATE TABLE {_search_due} (id INTEGER)", Vec::new()).await;
    }
}
