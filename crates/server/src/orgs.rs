//! The orgs that are open: a cache with a bound. An org is opened by the first call to it; when more are open than may be,
//! those that nobody asked for longest and that have nothing to do are closed.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use dealwright_engine::ports::people::People;
use dealwright_engine::ports::post::Transport;
use dealwright_engine::{AREAS, Error, NewOrg, Org, Surroundings, events, files, jobs};
use dealwright_store::blob::BlobStore;
use dealwright_store::error::chain;
use dealwright_store::{Database, StoreError};
use dealwright_wire::{Clock, Compat, Id, Mint};

use crate::worker::Pool;

/// Orgs that are open at once, unless told otherwise. Each has a thread that writes and some files on SQLite, and its
/// metadata in memory.
pub const MOST_OPEN: usize = 64;
/// How long work beside the requests may take at the end, and how often it is looked whether it is done.
const FINISH: Duration = Duration::from_secs(5);
const FINISH_STEP: Duration = Duration::from_millis(5);

/// The orgs that are open.
pub struct Orgs {
    database: Database,
    around: Around,
    /// Who does jobs, and what mails are sent with; `None` where nobody waits for them.
    workers: Option<(Pool, Option<Arc<dyn Transport>>)>,
    most: usize,
    open: RwLock<HashMap<Id, Opened>>,
    /// One org is opened or closed at a time, so none is open twice; and none after the end.
    opening: tokio::sync::Mutex<Stage>,
    /// What [`Opened::used`] counts from.
    started: Instant,
}

/// What orgs are opened with.
pub struct Around {
    /// Blobs of all orgs, each below a name of its own.
    pub blobs: BlobStore,
    pub clock: Clock,
    pub mint: Mint,
    pub people: Arc<dyn People>,
}

struct Opened {
    org: Arc<Org>,
    /// When it was asked for last, in milliseconds.
    used: AtomicU64,
}

/// Whether orgs may be opened.
#[derive(Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    Closed,
}

/// What jobs are done with, and mails sent with.
#[derive(Clone)]
pub struct Workers {
    /// Number of this process among those that share a database.
    pub node: u8,
    pub compat: Compat,
    /// `None` where no mail can be sent.
    pub transport: Option<Arc<dyn Transport>>,
}

impl Orgs {
    /// `most`: how many may be open at once; one more while each of them is in use.
    pub fn new(
        database: Database,
        around: Around,
        workers: Option<Workers>,
        most: usize,
    ) -> Result<Self, Error> {
        let (open, opening) = (RwLock::default(), tokio::sync::Mutex::default());
        let workers = match workers {
            Some(with) => Some((Pool::start(with.node, with.compat)?, with.transport)),
            None => None,
        };
        let (most, started) = (most.max(1), Instant::now());
        Ok(Self { database, around, workers, most, open, opening, started })
    }

    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Closes every org that is open, and opens none any more. A step of a job and a mail that is on its way are finished
    /// first: what became of them is stored.
    pub(crate) async fn close(&self) {
        if let Some((pool, _)) = &self.workers {
            pool.end();
        }
        *self.opening.lock().await = Stage::Closed;
        let open = std::mem::take(&mut *self.open.write().unwrap_or_else(PoisonError::into_inner));
        let until = Instant::now() + FINISH;
        for Opened { mut org, .. } in open.into_values() {
            let store = org.store.clone();
            // Workers hold the org while they work. Once it is nobody's but ours, none of them finds it again.
            while let Err(busy) = Arc::try_unwrap(org) {
                if Instant::now() >= until {
                    break;
                }
                org = busy;
                tokio::time::sleep(FINISH_STEP).await;
            }
            store.close().await;
        }
    }

    /// An org that is open already. Needs no await.
    pub fn opened(&self, id: Id) -> Option<Arc<Org>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        let found = open.get(&id)?;
        found.used.store(self.now(), Ordering::Relaxed);
        Some(Arc::clone(&found.org))
    }

    /// Every org that is open.
    pub fn all(&self) -> Vec<Arc<Org>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.values().map(|opened| Arc::clone(&opened.org)).collect()
    }

    /// An org that exists; opens it when this is the first request to it.
    pub async fn get(&self, id: Id) -> Result<Arc<Org>, Error> {
        match self.opened(id) {
            Some(org) => Ok(org),
            None => self.open(id, None).await,
        }
    }

    /// Whether jobs wait in an org, asked without opening it. What cannot be asked may have some.
    pub(crate) async fn may_have_work(&self, id: Id) -> bool {
        // Nothing else opens it meanwhile: on SQLite it has one writer.
        let stage = self.opening.lock().await;
        if *stage == Stage::Closed || self.opened(id).is_some() {
            return false;
        }
        let asked = async {
            let store = self.database.store(&format!("org_{id}")).await?;
            let waits = jobs::wait_in(&store).await;
            store.close().await;
            waits
        };
        asked.await.unwrap_or(true)
    }

    /// Opens an org, and sets it up first when it is new.
    pub async fn open(&self, id: Id, new: Option<NewOrg>) -> Result<Arc<Org>, Error> {
        let stage = self.opening.lock().await;
        if *stage == Stage::Closed {
            return Err(StoreError::Closed.into());
        }
        if let Some(org) = self.opened(id) {
            return Ok(org);
        }
        self.make_room().await;
        self.open_one(id, new).await
    }

    /// The same, while nothing else is opened or closed.
    async fn open_one(&self, id: Id, new: Option<NewOrg>) -> Result<Arc<Org>, Error> {
        let around = Surroundings {
            blobs: self.around.blobs.within(&format!("org_{id}")),
            clock: self.around.clock.clone(),
            mint: self.around.mint.clone(),
            people: Arc::clone(&self.around.people),
            areas: &AREAS,
        };
        let org = Org::open(&self.database, id, around, new).await?;
        if self.workers.is_some()
            && let Err(error) = files::sweep::at_start(&org).await
        {
            // The org can do without; the files are looked for again in an hour.
            tracing::warn!(org.id = %id, error = chain(&error), "removing what broken uploads left behind failed");
        }
        // Before anybody writes: what happens from now on is for every consumer.
        events::begin(&org).await?;
        let opened = Opened { org: Arc::clone(&org), used: AtomicU64::new(self.now()) };
        self.open.write().unwrap_or_else(PoisonError::into_inner).insert(id, opened);
        if let Some((pool, transport)) = &self.workers {
            org.keep_full_text();
            if let Some(transport) = transport {
                org.post.set(Arc::clone(transport));
            }
            pool.watch(&org);
        }
        Ok(org)
    }

    /// Closes orgs until one more may be open: those that nobody asked for longest first. What somebody holds, or has work
    /// that waits for its time, stays. Called while nothing else is opened or closed.
    async fn make_room(&self) {
        let mut by_use: Vec<(u64, Arc<Org>)> = {
            let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
            if open.len() < self.most {
                return;
            }
            open.values().map(|one| (one.used.load(Ordering::Relaxed), Arc::clone(&one.org))).collect()
        };
        let mut too_many = (by_use.len() + 1).saturating_sub(self.most);
        by_use.sort_unstable_by_key(|(used, org)| (*used, org.id));
        for (_, org) in by_use {
            if too_many == 0 {
                return;
            }
            let id = org.id;
            let has_work = has_work(&org).await;
            drop(org);
            if has_work {
                continue;
            }
            let Some(org) = self.take_out(id) else { continue };
            // Between the question and now a call may have come and gone, and left work.
            let has_work = self::has_work(&org).await;
            let store = org.store.clone();
            drop(org);
            store.close().await;
            if !has_work {
                too_many -= 1;
                tracing::debug!(org.id = %id, "closed an org that nobody uses");
            } else if let Err(error) = self.open_one(id, None).await {
                tracing::error!(org.id = %id, error = chain(&error), "opening an org to go on with its jobs");
            }
        }
    }

    /// Takes an org out that nobody holds: neither a call nor a worker in the middle of something. Its workers end, because
    /// it is gone for them.
    fn take_out(&self, id: Id) -> Option<Org> {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        let Opened { org, used } = open.remove(&id)?;
        match Arc::try_unwrap(org) {
            Ok(org) => Some(org),
            Err(org) => {
                open.insert(id, Opened { org, used });
                None
            }
        }
    }

    fn now(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }
}

/// Whether jobs of an org wait, also for a later time. An org that cannot be asked is left open.
async fn has_work(org: &Org) -> bool {
    jobs::wait(org).await.unwrap_or_else(|error| {
        tracing::warn!(org.id = %org.id, error = chain(&error), "asking whether an org has work failed");
        true
    })
}

#[cfg(test)]
mod tests {
    use dealwright_engine::Home;
    use dealwright_engine::ports::people::Nobody;
    use dealwright_store::{Cell, Sql};
    use dealwright_wire::Instant as Moment;

    use super::*;

    fn id(number: i64) -> Id {
        Id::new(number).unwrap()
    }

    fn new(number: i64) -> NewOrg {
        NewOrg {
            id: id(number),
            zgid: id(number),
            company_name: format!("Engines {number}"),
            time_zone: "UTC".to_owned(),
            home: Home::default(),
            admin: (id(900 + number), "Ada".to_owned(), "Lovelace".to_owned(), "ada@example.com".to_owned()),
        }
    }

    async fn exec(org: &Org, sql: &str, args: Vec<Cell<'static>>) {
        let sql = Sql::from(sql.to_owned());
        let done =
            org.store.write(move |tx| Box::pin(async move { Ok::<_, Error>(tx.exec(&sql, &args).await?) }));
        done.await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn no_more_orgs_are_open_than_may_be() {
        let folder = std::env::temp_dir().join(format!("orgs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let around = Around {
            blobs: BlobStore::local(&folder).unwrap(),
            clock: Clock::manual(Moment(1_800_000_000)),
            mint: Mint::seeded(1),
            people: Arc::new(Nobody),
        };
        let orgs = Orgs::new(Database::sqlite(&folder).unwrap(), around, None, 2).unwrap();
        for number in 1..=5 {
            orgs.open(id(number), Some(new(number))).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let open = |orgs: &Orgs| {
            let mut open: Vec<i64> = orgs.all().iter().map(|org| org.id.get()).collect();
            open.sort_unstable();
            open
        };
        assert_eq!(open(&orgs), [4, 5], "those that were asked for last");

        // One that somebody holds stays, and what was closed is there again.
        let held = orgs.get(id(1)).await.unwrap();
        assert_eq!(held.snapshot().details.company_name, "Engines 1");
        for number in 2..=4 {
            orgs.get(id(number)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(open(&orgs), [1, 4]);

        // One with work that waits stays too, whenever it was asked for; and it is known to have some when it is closed.
        assert!(!orgs.may_have_work(id(3)).await);
        let busy = orgs.get(id(3)).await.unwrap();
        let job = "INSERT INTO {_jobs} (id, kind, module_id, user_id, client, state, input, place, total, done, failed, \
                   skipped, attempts, due, created_at, changed_at) \
                   VALUES (77, 'mass_delete', 1, 1, 'c', 'QUEUED', '{}', 0, 0, 0, 0, 0, 0, ?1, 0, 0)";
        exec(&busy, job, vec![i64::MAX.into()]).await;
        drop((held, busy));
        for number in [1, 2, 4, 5, 1] {
            orgs.get(id(number)).await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        assert_eq!(open(&orgs), [1, 3]);
        orgs.close().await;
        assert!(orgs.get(id(2)).await.is_err());
        let _ = std::fs::remove_dir_all(&folder);
    }

    /// What the system says of this process: `Threads`, `VmRSS`.
    fn status(key: &str) -> u64 {
        let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// `DEALWRIGHT_TEST_ORGS` asks for more than the usual few, and for figures.
    #[tokio::test(flavor = "multi_thread")]
    #[expect(clippy::disallowed_methods, reason = "a test may be asked for more")]
    async fn orgs_that_are_closed_take_nothing() {
        let asked = std::env::var("DEALWRIGHT_TEST_ORGS").ok().and_then(|text| text.parse().ok());
        let (count, most) = (asked.unwrap_or(24), if asked.is_some() { MOST_OPEN } else { 6 });
        let folder = std::env::temp_dir().join(format!("many-orgs-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let around = Around {
            blobs: BlobStore::local(&folder).unwrap(),
            clock: Clock::manual(Moment(1_800_000_000)),
            mint: Mint::seeded(2),
            people: Arc::new(Nobody),
        };
        let workers = Workers { node: 0, compat: Compat::Strict, transport: None };
        let orgs = Orgs::new(Database::sqlite(&folder).unwrap(), around, Some(workers), most).unwrap();
        let before = status("Threads");
        let started = Instant::now();
        for number in 1..=count {
            orgs.open(id(number), Some(new(number))).await.unwrap();
        }
        let made = started.elapsed();
        let mut open = orgs.all().len();
        // A worker that is just looking holds its org for a moment.
        for _ in 0..100 {
            if open <= most {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            orgs.make_room().await;
            open = orgs.all().len();
        }
        assert!(open <= most, "{open} orgs are open");
        let threads = status("Threads") - before;
        assert!(threads <= 2 * most as u64 + 8, "{threads} threads for {open} orgs");
        let again = Instant::now();
        for number in 1..=count {
            orgs.get(id(number)).await.unwrap();
        }
        if asked.is_some() {
            println!(
                "{count} orgs: made in {made:?}, opened again in {:?}; {open} open, {threads} threads more, {} MB, {} files",
                again.elapsed(),
                status("VmRSS") / 1024,
                std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count),
            );
        }
        orgs.close().await;
        let _ = std::fs::remove_dir_all(&folder);
    }
}
