//! Keeps full text in step behind those who write.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use dealwright_schema::full_text::FullText;
#[cfg(doc)]
use dealwright_store::Store;
use dealwright_store::error::chain;
use dealwright_store::{BoxFuture, Conn};

use super::Org;
use crate::error::Error;
use crate::full_text::Texts;
use crate::snapshot::Snapshot;

/// After something was written, before it goes into a segment: what follows at once goes with it.
const GATHER: Duration = Duration::from_millis(300);
/// Records in a filling from which on the next one follows at once.
const MANY: usize = 2_000;
/// How long one waits for a write before it is looked whether the org is still open.
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// After something failed.
const PAUSE: Duration = Duration::from_secs(5);

impl Org {
    /// The text of each of its tables.
    fn texts(&self) -> Arc<Texts> {
        let snapshot = self.snapshot();
        let kept = snapshot.kept(|snapshot| {
            let modules = snapshot.schema.modules().iter();
            let texts = modules.filter_map(|module| FullText::of(module));
            Arc::new(texts.map(|text| (text.table.clone(), text)).collect::<Texts>())
        });
        Arc::clone(kept)
    }

    /// Tells the store what is searched: by the metadata as it is, and, while that changes, by what comes of it.
    pub(super) fn note_texts(&self, all: &[&Snapshot]) {
        let modules = all.iter().flat_map(|snapshot| snapshot.schema.modules());
        let texts: Vec<FullText> = modules.filter_map(|module| FullText::of(module)).collect();
        self.store.noting().set(&texts);
    }

    /// Runs a unit that writes records, as [`Store::write`] does. While full text is too far behind it waits first.
    pub(crate) async fn write<T, F>(&self, work: F) -> Result<T, Error>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut Conn) -> BoxFuture<'c, Result<T, Error>> + Send + 'static,
    {
        self.full_text.room().await;
        self.store.write(work).await
    }

    /// Has an org that is opened find everything: records that no segment ever had are looked at. An earlier release kept them in another index.
    pub(super) async fn settle_full_text(&self) -> Result<(), Error> {
        let last = self.full_text.last_noted().await?;
        self.store.noting().go_on_from(last);
        let texts = self.texts();
        for walk in self.full_text.walks().await?.into_iter().filter(|walk| walk.is_first) {
            tracing::info!(org.id = %self.id, table = walk.table, "building the full text index anew, once");
            let mut next = Some(walk);
            while let Some(walk) = next {
                next = self.full_text.step(walk, &texts).await?;
            }
        }
        Ok(())
    }

    /// Takes all that is noted into segments now, and joins them.
    pub async fn catch_up_full_text(&self) -> Result<(), Error> {
        while self.full_text.fill(&self.texts()).await? > 0 {}
        self.full_text.join().await
    }

    /// Looks whether searches find what records say, by samples. Gives what they find wrongly.
    pub async fn verify_full_text(&self) -> Result<Vec<String>, Error> {
        let mut wrong = Vec::new();
        for text in self.texts().values() {
            wrong.extend(Arc::clone(&self.full_text).verify(text.clone()).await?);
        }
        Ok(wrong)
    }

    /// Leaves what is noted where it is until that is taken back, for whoever measures something else.
    pub fn rest_full_text(&self, rests: bool) {
        self.full_text.rests.store(rests, Ordering::Relaxed);
        self.store.written().notify_one();
    }

    /// Takes what is noted into segments for as long as the org is open.
    pub fn keep_full_text(self: &Arc<Self>) {
        let written = self.store.written();
        let org = Arc::downgrade(self);
        tokio::spawn(async move {
            while let Some(open) = Weak::upgrade(&org) {
                let step = open.step_of_full_text().await;
                let id = open.id;
                drop(open);
                match step {
                    Ok(true) => {}
                    Ok(false) => {
                        while tokio::time::timeout(LOOK_EVERY, written.notified()).await.is_err() {
                            if org.strong_count() == 0 {
                                return;
                            }
                        }
                        tokio::time::sleep(GATHER).await;
                    }
                    Err(error) => {
                        tracing::warn!(org.id = %id, error = chain(&error), "full text falls behind; it is tried again");
                        tokio::time::sleep(PAUSE).await;
                    }
                }
            }
        });
    }

    /// Whether more is to be done at once.
    async fn step_of_full_text(self: &Arc<Self>) -> Result<bool, Error> {
        if self.full_text.rests.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let texts = self.texts();
        let filled = self.full_text.fill(&texts).await?;
        if filled > 0 {
            self.join_full_text();
        }
        if filled >= MANY {
            return Ok(true);
        }
        // One step of each, so that what is written meanwhile does not wait for long.
        let mut goes_on = false;
        for walk in self.full_text.walks().await? {
            goes_on |= self.full_text.step(walk, &texts).await?.is_some();
        }
        if goes_on {
            self.join_full_text();
        }
        Ok(goes_on)
    }

    /// Joins segments, where there are many, beside everything else.
    fn join_full_text(&self) {
        let (index, id) = (Arc::clone(&self.full_text), self.id);
        tokio::spawn(async move {
            if let Err(error) = index.join().await {
                tracing::debug!(org.id = %id, error = chain(&error), "joining segments of full text; it is tried again");
            }
        });
    }
}
