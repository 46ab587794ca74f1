//! What a server is started with. Read by the binary, or made by a test; nothing here looks at the environment.

use std::path::{Path, PathBuf};

use dealwright_engine::cx::Ceilings;
use dealwright_store::StoreError;
use dealwright_store::blob::{BlobStore, S3};
use dealwright_wire::{Clock, Compat, PutV3};

use crate::connection::limits::Limits;
use crate::mail::Mail;
use crate::orgs::MOST_OPEN;
use crate::waiting::Waiting;

/// What the server may do to itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Published credentials; for one's own machine only.
    Development,
    Production,
}

#[derive(Debug, Clone)]
pub struct ServerConfig {
    pub storage: Storage,
    pub mode: Mode,
    pub compat: Compat,
    /// What `PUT` of one record does in v3.
    pub put_v3: PutV3,
    /// Base URL clients reach the server at. Can be set later, when the port is known:
    /// [`dealwright_accounts::Accounts::set_public_url`].
    pub public_url: String,
    pub clock: Clock,
    /// With a seed, ids come in the same order at every start on an empty store.
    pub seed: Option<u32>,
    /// Number of this server among those that share a database; part of the ids it makes.
    pub node: u8,
    /// How mail is sent.
    pub mail: Mail,
    /// How much queries may ask for.
    pub ceilings: Ceilings,
    /// What connections may take.
    pub limits: Limits,
    /// Organisations that are open at once.
    pub open_orgs: usize,
    /// What the server waits for before it begins, for whoever asks meanwhile.
    pub waiting: Waiting,
}

impl ServerConfig {
    /// A development server on SQLite in that folder, with every choice at its default.
    pub fn development(folder: PathBuf) -> Self {
        Self {
            storage: Storage { folder, postgres: None, bucket: None },
            mode: Mode::Development,
            compat: Compat::Lenient,
            put_v3: PutV3::Guide,
            public_url: "http://127.0.0.1:8080".to_owned(),
            clock: Clock::system(),
            seed: None,
            node: 0,
            mail: Mail::Mailbox,
            ceilings: Ceilings::default(),
            limits: Limits::default(),
            open_orgs: MOST_OPEN,
            waiting: Waiting::default(),
        }
    }
}

/// Where the data is.
#[derive(Debug, Clone)]
pub struct Storage {
    /// SQLite files, and uploaded files unless there is a bucket for them.
    pub folder: PathBuf,
    /// URL of a PostgreSQL database; SQLite without one.
    pub postgres: Option<String>,
    /// Where uploaded files are; in the folder without one.
    pub bucket: Option<S3>,
}

impl Storage {
    /// The folder, where something is kept in it.
    pub(crate) fn folder_in_use(&self) -> Option<&Path> {
        (self.postgres.is_none() || self.bucket.is_none()).then_some(self.folder.as_path())
    }

    /// The blobs of all orgs.
    pub(crate) fn blobs(&self) -> Result<BlobStore, StoreError> {
        match &self.bucket {
            Some(bucket) => BlobStore::s3(bucket),
            None => BlobStore::local(&self.folder.join("blobs")),
        }
    }
}
