//! `dealwright admin index`.

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use dealwright_server::Storage;
use dealwright_server::index_admin::{self, Outcome};
use dealwright_wire::{Clock, Id};

use crate::failure::Failure;
use crate::{runtime, settings};

#[derive(Subcommand)]
pub(crate) enum IndexCommand {
    /// Print the fields that have an index, and which of them got it on demand
    List(ListOptions),
    /// Give a field an index
    Add(FieldOptions),
    /// Take an index that was made on demand from a field
    Drop(FieldOptions),
}

#[derive(Args)]
pub(crate) struct Place {
    /// Id of the organisation; not needed when there is only one
    #[arg(long, value_name = "ID")]
    org: Option<Id>,

    /// Folder of the SQLite files and of uploaded files
    #[arg(long, env = "DEALWRIGHT_DATA", value_name = "DIR", default_value = "dealwright-data")]
    data: PathBuf,

    /// PostgreSQL in place of SQLite, by its URL: `postgres://user:password@host/database`
    #[arg(long, env = "DEALWRIGHT_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
}

#[derive(Args)]
pub(crate) struct ListOptions {
    /// `api_name` of a module; all of them without it
    #[arg(long, value_name = "NAME")]
    module: Option<String>,

    #[command(flatten)]
    place: Place,
}

#[derive(Args)]
pub(crate) struct FieldOptions {
    /// `api_name` of the module
    #[arg(long, value_name = "NAME")]
    module: String,

    /// `api_name` of the field
    #[arg(long, value_name = "NAME")]
    field: String,

    #[command(flatten)]
    place: Place,
}

impl Place {
    fn storage(self) -> Result<(Storage, Option<Id>), Failure> {
        settings::check_database(self.database.as_deref())?;
        Ok((Storage { folder: self.data, postgres: self.database, bucket: None }, self.org))
    }
}

pub(crate) fn run(command: IndexCommand) -> Result<(), Failure> {
    let runtime = runtime()?;
    let open = |place: Place| {
        let (storage, org) = place.storage()?;
        Ok::<_, Failure>(runtime.block_on(index_admin::open(&storage, Clock::system(), org))?)
    };
    let mut out = io::stdout().lock();
    match command {
        IndexCommand::List(ListOptions { module, place }) => {
            let org = open(place)?;
            for indexed in index_admin::list(&org, module.as_deref())? {
                let origin = if indexed.is_asked { "on demand" } else { "built in" };
                writeln!(out, "{}.{}\t{origin}", indexed.module, indexed.field)?;
            }
        }
        IndexCommand::Add(FieldOptions { module, field, place }) => {
            let org = open(place)?;
            match runtime.block_on(index_admin::add(&org, &module, &field))? {
                Outcome::Done => writeln!(out, "{module}.{field} has an index now")?,
                Outcome::Nothing => writeln!(out, "{module}.{field} had an index already")?,
                Outcome::Unfit => {
                    return Err(Failure::Configuration(format!(
                        "an index cannot serve {module}.{field}: it holds long texts, lists, yes or no, or nothing of its own"
                    )));
                }
            }
        }
        IndexCommand::Drop(FieldOptions { module, field, place }) => {
            let org = open(place)?;
            match runtime.block_on(index_admin::drop(&org, &module, &field))? {
                Outcome::Done => writeln!(out, "{module}.{field} has no index of its own any more")?,
                Outcome::Nothing | Outcome::Unfit => {
                    return Err(Failure::Configuration(format!(
                        "{module}.{field} has no index that was made on demand"
                    )));
                }
            }
        }
    }
    Ok(())
}
