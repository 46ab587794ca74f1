//! Indexes on demand by hand: what `dealwright admin index` does, while no server runs on the data.

use std::sync::Arc;

use dealwright_accounts::{Accounts, InstallationKind, Settings};
use dealwright_engine::indexes;
pub use dealwright_engine::indexes::{Indexed, Outcome};
use dealwright_engine::{Error, Org};
use dealwright_store::error::chain;
use dealwright_store::{Database, Hold, Store};
use dealwright_wire::{Clock, Id, Mint};

use crate::config::Storage;
use crate::marks;
use crate::opening::{self, Held};
use crate::orgs::{Around, Orgs};
use crate::people::AccountsPeople;
use crate::start_error::StartError;

/// An org that no server has open.
pub struct Opened {
    org: Arc<Org>,
    control: Store,
    hold: Hold,
}

impl Opened {
    /// Opens an org; without an id the only one. Refused while a server runs on the data.
    pub async fn open(storage: &Storage, clock: Clock, org: Option<Id>) -> Result<Self, StartError> {
        let Held { database, control, hold } = opening::alone(storage, "dealwright admin index").await?;
        match find(storage, database, control.clone(), clock, org).await {
            Ok(org) => Ok(Self { org, control, hold }),
            Err(error) => {
                control.close().await;
                hold.release().await;
                Err(error)
            }
        }
    }

    /// The fields of a module, or of all modules, that have an index.
    pub fn list(&self, module: Option<&str>) -> Result<Vec<Indexed>, StartError> {
        indexes::list(&self.org, module).map_err(refused)
    }

    /// Gives a field an index.
    pub async fn add(&self, module: &str, field: &str) -> Result<Outcome, StartError> {
        indexes::add(&self.org, module, field).await.map_err(refused)
    }

    /// Takes an index that was made on demand from a field.
    pub async fn drop(&self, module: &str, field: &str) -> Result<Outcome, StartError> {
        indexes::drop(&self.org, module, field).await.map_err(refused)
    }

    /// Lets a server have the data again.
    pub async fn close(self) {
        self.org.store.close().await;
        self.control.close().await;
        self.hold.release().await;
    }
}

async fn find(
    storage: &Storage,
    database: Database,
    control: Store,
    clock: Clock,
    org: Option<Id>,
) -> Result<Arc<Org>, StartError> {
    let mint = Mint::new(clock.clone(), 0);
    let accounts = Accounts::open(control, clock.clone(), mint.clone(), Settings::default()).await?;
    let kind: Option<InstallationKind> = accounts.installation_kind().await?;
    let all = accounts.all_orgs().await?;
    let org = match (org, all.as_slice()) {
        _ if kind.is_none() => {
            return Err(StartError::Refused("there is no installation in this data yet".to_owned()));
        }
        (Some(org), _) if all.contains(&org) => org,
        (None, [org]) => *org,
        _ => {
            let known: Vec<String> = all.iter().map(ToString::to_string).collect();
            let text = format!("say by --org which organisation is meant: {}", known.join(", "));
            return Err(StartError::Refused(text));
        }
    };
    marks::check(&accounts, &database, storage, kind).await?;
    let people = Arc::new(AccountsPeople::new(accounts, None));
    let around = Around { blobs: storage.blobs()?, clock, mint, people };
    Ok(Orgs::new(database, around, None, 1)?.open(org, None).await?)
}

/// A module or field that does not exist was written so by a person.
fn refused(error: Error) -> StartError {
    match error {
        Error::Api(error) => {
            StartError::Refused(format!("there is no such module or field: {}", chain(&error)))
        }
        other @ Error::Internal { .. } => other.into(),
    }
}
