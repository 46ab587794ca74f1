//! `dealwright admin index`.

use std::io::{self, Write as _};

use clap::{Args, Subcommand};
use dealwright_server::index_admin::{Opened, Outcome};
use dealwright_wire::{Clock, Id};

use crate::data_place::DataPlace;
use crate::failure::Failure;
use crate::runtime;

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

    #[command(flatten)]
    data: DataPlace,
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

pub(crate) fn run(command: IndexCommand) -> Result<(), Failure> {
    match command {
        IndexCommand::List(ListOptions { module, place }) => with(place, async |org| {
            let mut out = io::stdout().lock();
            for indexed in org.list(module.as_deref())? {
                let origin = if indexed.is_asked { "on demand" } else { "built in" };
                writeln!(out, "{}.{}\t{origin}", indexed.module, indexed.field)?;
            }
            Ok(())
        }),
        IndexCommand::Add(FieldOptions { module, field, place }) => {
            with(place, async |org| match org.add(&module, &field).await? {
                Outcome::Done => say(&format!("{module}.{field} has an index now")),
                Outcome::Nothing => say(&format!("{module}.{field} had an index already")),
                Outcome::Unfit => Err(Failure::Configuration(format!(
                    "an index cannot serve {module}.{field}: it holds long texts, lists, yes or no, or nothing of its own"
                ))),
            })
        }
        IndexCommand::Drop(FieldOptions { module, field, place }) => {
            with(place, async |org| match org.drop(&module, &field).await? {
                Outcome::Done => say(&format!("{module}.{field} has no index of its own any more")),
                Outcome::Nothing | Outcome::Unfit => Err(Failure::Configuration(format!(
                    "{module}.{field} has no index that was made on demand"
                ))),
            })
        }
    }
}

/// Opens the org, does something with it, and gives it back, however that went.
fn with(
    Place { org, data }: Place,
    work: impl AsyncFnOnce(&Opened) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let storage = data.storage()?;
    runtime()?.block_on(async {
        let opened = Opened::open(&storage, Clock::system(), org).await?;
        let result = work(&opened).await;
        opened.close().await;
        result
    })
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{text}")?)
}
