//! How much the write-ahead log grew.

use std::path::PathBuf;

use dealwright_engine::Org;
use dealwright_store::Database;
use dealwright_testkit::TestServer;
use tokio_postgres::{Client, NoTls};

/// What bytes on PostgreSQL are compared with: the version that the limits were recorded with.
const VERSION: i32 = 15;

pub(crate) enum Log {
    /// The folder, and the name of the org's store.
    Sqlite(PathBuf, String),
    Postgres {
        client: Client,
        /// Nothing else writes to the cluster, and it writes no whole pages.
        is_comparable: bool,
    },
}

impl Log {
    pub(crate) async fn open(server: &TestServer) -> Self {
        let Some(url) = server.storage().postgres else {
            let org = server.state.orgs.all().remove(0);
            return Self::Sqlite(server.folder().to_owned(), org.store.name().to_owned());
        };
        let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the cluster answers");
        tokio::spawn(connection);
        let about =
            "SELECT current_setting('full_page_writes') = 'off', current_setting('server_version_num')::int";
        let about = client.query_one(about, &[]).await.expect("settings can be read");
        // Only the clusters that tests start have whole pages off.
        let (is_own, version): (bool, i32) = (about.get(0), about.get(1));
        if is_own {
            for setting in ["ALTER SYSTEM SET autovacuum = off", "SELECT pg_reload_conf()"] {
                client.batch_execute(setting).await.expect("the tests' own cluster can be set");
            }
        }
        Self::Postgres { client, is_comparable: is_own && version / 10_000 == VERSION }
    }

    /// Whether bytes here can be held against limits.
    pub(crate) fn is_comparable(&self) -> bool {
        match self {
            Self::Sqlite(..) => true,
            Self::Postgres { is_comparable, .. } => *is_comparable,
        }
    }

    /// Does now what the database would do at a time of its own.
    pub(crate) async fn settle(&self) {
        if let Self::Postgres { client, .. } = self {
            client.batch_execute("VACUUM ANALYZE").await.expect("the database can be vacuumed");
        }
    }

    /// Does what calls have left to be done behind them, which is full text, and gives the bytes that this took.
    pub(crate) async fn catch_up(&self, org: &Org) -> i64 {
        let begin = self.begin().await;
        org.catch_up_full_text().await.expect("full text can be brought up to date");
        self.end().await - begin
    }

    /// Where the log begins for what follows. On SQLite it becomes empty.
    pub(crate) async fn begin(&self) -> i64 {
        if let Self::Sqlite(folder, name) = self {
            // A store that is closed folds the log into the file, whoever else has it open.
            let database = Database::sqlite(folder).expect("the folder is there");
            database.store(name).await.expect("the org is there").close().await;
        }
        self.end().await
    }

    /// Where the log ends, in bytes.
    pub(crate) async fn end(&self) -> i64 {
        match self {
            Self::Sqlite(folder, name) => {
                let log = folder.join(format!("{name}.db-wal"));
                std::fs::metadata(&log).expect("the org is open").len() as i64
            }
            Self::Postgres { client, .. } => {
                let place = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint";
                client.query_one(place, &[]).await.expect("the place can be asked for").get(0)
            }
        }
    }
}
