//! Why a server does not start.

use dealwright_store::StoreError;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration does not fit the data; the text says what to do.
    #[error("{0}")]
    Refused(String),
    #[error("opening the database")]
    Store(#[from] StoreError),
    #[error("opening the accounts")]
    Accounts(#[from] dealwright_accounts::Error),
    #[error("opening an org")]
    Org(#[from] dealwright_engine::Error),
    #[error("setting up the metrics")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}
