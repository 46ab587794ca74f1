//! Indexes on demand in an org on SQLite, as the database itself sees them.

use std::path::PathBuf;
use std::sync::Arc;

use dealwright_store::blob::BlobStore;
use dealwright_store::{Database, Sql};
use dealwright_wire::{Clock, Compat, Id, Instant, Mint};

use super::{Outcome, ROWS, add, drop, list, make_wanted};
use crate::metadata::tests::NEWEST;
use crate::ports::people::Nobody;
use crate::records::search;
use crate::request::{Params, Request};
use crate::{AREAS, Actor, Cx, Home, NewOrg, Org, Surroundings};

/// An org in a folder of its own, which goes with it.
struct Fresh {
    org: Arc<Org>,
    folder: PathBuf,
}

impl Fresh {
    async fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("dealwright-indexes-{name}-{}", std::process::id()));
        let id = |number| Id::new(number).unwrap();
        let admin = (id(8), "Ada".to_owned(), "Lovelace".to_owned(), "ada@example.com".to_owned());
        let (company_name, time_zone) = ("Engines".to_owned(), "UTC".to_owned());
        let new = NewOrg { id: id(7), zgid: id(7), company_name, time_zone, home: Home::default(), admin };
        Self { org: open(&folder, Some(new)).await, folder }
    }

    async fn reopen(&mut self) {
        self.org = open(&self.folder, None).await;
    }

    /// What the database says about a search for campaigns.
    async fn plan(&self, criteria: &str) -> String {
        let user = Arc::clone(&self.org.snapshot().users[0]);
        let actor = Actor { user, client_id: "test".into() };
        let cx = Cx::new(Arc::clone(&self.org), actor, &NEWEST, Compat::Strict).explaining();
        let request = Request {
            path: vec!["Campaigns".to_owned()],
            params: Params::new(vec![("criteria".to_owned(), criteria.to_owned())]),
            ..Request::default()
        };
        search::search(&cx, &request).await.unwrap();
        cx.explanations().into_iter().flat_map(|one| one.plan).collect::<Vec<_>>().join("; ")
    }

    fn column(&self, field: &str) -> String {
        let snapshot = self.org.snapshot();
        snapshot.schema.module("Campaigns").unwrap().field(field).unwrap().column.clone().unwrap()
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn open(folder: &std::path::Path, new: Option<NewOrg>) -> Arc<Org> {
    let database = Database::sqlite(folder).unwrap();
    let (clock, blobs) = (Clock::manual(Instant(1_790_000_000)), BlobStore::local(folder).unwrap());
    let id = Id::new(7).unwrap();
    Org::open(
        &database,
        id,
        Surroundings { blobs, clock, mint: Mint::seeded(1), people: Arc::new(Nobody), areas: &AREAS },
        new,
    )
    .await
    .unwrap()
}

#[tokio::test]
async fn searches_use_an_index_from_when_it_is_added_until_it_is_dropped() {
    let mut fresh = Fresh::new("by-hand").await;
    let search = "(Status:equals:Planning)";
    let index = format!("campaigns_{}_1", fresh.column("Status"));
    assert!(!fresh.plan(search).await.contains(&index));

    assert_eq!(add(&fresh.org, "Campaigns", "Status").await.unwrap(), Outcome::Done);
    assert_eq!(add(&fresh.org, "Campaigns", "Status").await.unwrap(), Outcome::Nothing);
    let plan = fresh.plan(search).await;
    assert!(plan.contains(&index), "{plan}");

    fresh.reopen().await;
    let plan = fresh.plan(search).await;
    assert!(plan.contains(&index), "{plan}");
    let all = list(&fresh.org, Some("Campaigns")).unwrap();
    let asked: Vec<_> = all.iter().filter(|one| one.is_asked).map(|one| one.field.as_str()).collect();
    assert_eq!(asked, ["Status"]);
    assert!(all.iter().any(|one| one.field == "Campaign_Name" && !one.is_asked));

    assert_eq!(drop(&fresh.org, "Campaigns", "Campaign_Name").await.unwrap(), Outcome::Nothing);
    assert_eq!(drop(&fresh.org, "Campaigns", "Status").await.unwrap(), Outcome::Done);
    assert!(!fresh.plan(search).await.contains(&index));
}

#[tokio::test]
async fn fields_that_an_index_cannot_serve_get_none() {
    let fresh = Fresh::new("unfit").await;
    assert_eq!(add(&fresh.org, "Campaigns", "Description").await.unwrap(), Outcome::Unfit);
    assert_eq!(add(&fresh.org, "Campaigns", "id").await.unwrap(), Outcome::Unfit);
    assert_eq!(add(&fresh.org, "Campaigns", "Modified_Time").await.unwrap(), Outcome::Nothing);
    assert!(add(&fresh.org, "Campaigns", "Nothing").await.is_err());
    assert!(add(&fresh.org, "Nothing", "Status").await.is_err());
}

#[tokio::test]
async fn a_large_module_gets_an_index_on_what_queries_ask_for_often() {
    let fresh = Fresh::new("wanted").await;
    let search = "(Status:equals:Planning)";
    let index = format!("campaigns_{}_1", fresh.column("Status"));
    let ask = async || {
        for _ in 0..200 {
            fresh.plan(search).await;
        }
    };
    ask().await;
    assert!(make_wanted(&fresh.org).await.unwrap().is_empty(), "a small module is read as it is");

    let fill = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= {ROWS}) \
         INSERT INTO {{campaigns}} (id) SELECT i FROM n"
    );
    let filled =
        fresh.org.store.write(move |tx| Box::pin(async move { tx.exec(&Sql::from(fill), &[]).await }));
    let rows: Result<u64, dealwright_store::StoreError> = filled.await;
    assert_eq!(rows.unwrap(), ROWS as u64 + 1);
    assert!(make_wanted(&fresh.org).await.unwrap().is_empty(), "counting has started anew");

    ask().await;
    let made = make_wanted(&fresh.org).await.unwrap();
    assert_eq!(made.len(), 1);
    assert_eq!((made[0].0.field.as_str(), made[0].1.as_ref().unwrap()), ("Status", &Outcome::Done));
    let plan = fresh.plan(search).await;
    assert!(plan.contains(&index), "{plan}");
}
