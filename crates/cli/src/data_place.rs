//! Where the data is: options of `serve`, and of the commands that look after all of it.

use std::path::PathBuf;

use clap::Args;
use dealwright_server::Storage;
use serde::Serialize;

use crate::failure::Failure;
use crate::settings::{Hidden, Settings};

#[derive(Args, Serialize)]
pub(crate) struct DataPlace {
    /// Folder of the SQLite files and of uploaded files [default: dealwright-data]
    #[arg(long, env = "DEALWRIGHT_DATA", value_name = "DIR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<PathBuf>,

    /// PostgreSQL in place of SQLite, by its URL: `postgres://user:password@host/database`
    #[arg(long, env = "DEALWRIGHT_DATABASE", value_name = "URL", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<String>,

    /// Keep uploaded files in this bucket of a service that speaks the protocol of S3, not in the folder
    #[arg(long, env = "DEALWRIGHT_S3_BUCKET", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_bucket: Option<String>,

    /// What the names of all files in the bucket begin with [default: nothing]
    #[arg(long, env = "DEALWRIGHT_S3_PREFIX", value_name = "PREFIX")]
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_prefix: Option<String>,

    /// Region of the bucket [default: us-east-1]
    #[arg(long, env = "DEALWRIGHT_S3_REGION", value_name = "REGION")]
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_region: Option<String>,

    /// Base URL of the service [default: Amazon's of the region]
    #[arg(long, env = "DEALWRIGHT_S3_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_endpoint: Option<String>,

    /// Access key of the bucket
    #[arg(long, env = "DEALWRIGHT_S3_ACCESS_KEY_ID", value_name = "KEY", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_access_key_id: Option<String>,

    /// Secret of the access key; better in the environment than here, where other users of the machine see it
    #[arg(long, env = "DEALWRIGHT_S3_SECRET_ACCESS_KEY", value_name = "SECRET", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    s3_secret_access_key: Option<Hidden>,

    /// TOML file with any of the server's options
    #[arg(long, env = "DEALWRIGHT_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub(crate) config: Option<PathBuf>,
}

impl DataPlace {
    pub(crate) fn storage(self) -> Result<Storage, Failure> {
        self.settings()?.storage()
    }

    /// With what the configuration file says beside it.
    pub(crate) fn settings(self) -> Result<Settings, Failure> {
        Settings::gather(self.config.clone(), self)
    }
}
