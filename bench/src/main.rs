//! Measures the server beside bare HTTP servers over the same tables, and states the result as ratios.
//!
//! - [`model`]: the record that every system stores, and how it looks as JSON
//! - [`floor`]: the bare servers to compare with
//! - [`client`]: one keep-alive HTTP connection
//! - [`load`]: many such connections, counted and timed
//! - [`workload`]: the requests of each workload
//! - [`system`]: a floor or the server as a child process, ready to take requests
//! - [`run`]: the whole measurement; [`around`]: what hangs on a record, beside the plain read of one
//! - [`million`]: lists, searches and queries on a full table, beside the same SQL by hand
//! - [`scoped`]: lists and searches of people who see some of the records, beside the administrator's
//! - [`pocketbase`]: a peer that keeps the same records
//! - [`report`]: targets, the table and the TSV file; [`group`]: systems side by side; [`page`]: the same in Markdown
#![expect(clippy::print_stdout, reason = "the figures are this program's output")]
#![expect(clippy::print_stderr, reason = "progress goes beside the figures")]

mod around;
mod client;
mod floor;
mod group;
mod load;
mod million;
mod model;
mod page;
mod pocketbase;
mod report;
mod run;
mod scoped;
mod system;
mod workload;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(version, about = "Measures the server beside bare HTTP servers, in one run")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure related lists, subforms and conversions beside the plain read of a record
    Around(around::AroundOptions),
    /// Serve the statements that `million` runs by hand, for itself
    #[command(hide = true)]
    ByHand(million::ByHandOptions),
    /// Serve the benchmark's paths with no CRM logic behind them
    Floor(floor::FloorOptions),
    /// Send one workload to a running server and print one line of figures
    Load(load::LoadOptions),
    /// Fill a server with a million records and measure it beside the same SQL by hand
    Million(million::MillionOptions),
    /// Start the floors and the server, measure both and compare
    Run(run::RunOptions),
    /// Measure what people who see some of the records wait for, beside the administrator
    Scoped(scoped::ScopedOptions),
}

fn main() -> Result<ExitCode> {
    match Cli::parse().command {
        Command::Around(options) => {
            single_threaded()?.block_on(around::around(options))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::ByHand(options) => {
            bare_server()?.block_on(million::serve_by_hand(options))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Floor(options) => {
            bare_server()?.block_on(floor::serve(options))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Load(options) => {
            single_threaded()?.block_on(load::load(options))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Million(options) => {
            let is_met = single_threaded()?.block_on(million::million(options))?;
            Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Run(options) => {
            let is_met = single_threaded()?.block_on(run::run(options))?;
            Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
        Command::Scoped(options) => {
            let is_met = single_threaded()?.block_on(scoped::scoped(options))?;
            Ok(if is_met { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

/// A runtime for what the server is compared with. Few blocking threads: more than the cores can serve would only add
/// switches.
fn bare_server() -> Result<tokio::runtime::Runtime> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    Ok(runtime.worker_threads(2).max_blocking_threads(4).enable_all().build()?)
}

/// A runtime that leaves the other cores to the server under measurement.
fn single_threaded() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}
