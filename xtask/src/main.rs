//! The tasks of this repository, as `cargo xtask <task>`. The Makefile forwards to them.
//!
//! - `arrows`: crates and folders name only what lies below them
//! - `ci`: everything CI checks, as a table of steps
//! - `test`: the tests on both databases
//! - `suites`: the external conformance suites
//! - `serve`: the server, built for release and started for development
//! - `bench`: the benchmarks
//! - `clients`: the official SDKs against a fresh server
//! - `contrib`: the samples of contrib/, checked by the programs they are for
//! - `coverage`: the page of what is served
//! - `dist`: the archive that people install
//! - `fuzz`: one fuzz target
//! - `setup`: what of the needed programs is there
//!
//! and what they share:
//!
//! - `cargo`: running cargo and other programs
//! - `engine`: which database a task runs on
//! - `postgres`: a PostgreSQL that lives as long as the task
//! - `dev_server`: the server on a throw-away folder

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "tasks report to the terminal")]
#![expect(clippy::disallowed_methods, reason = "a task is a program of its own and reads its environment")]

mod arrows;
mod bench;
mod cargo;
mod ci;
mod clients;
mod contrib;
mod coverage;
mod dev_server;
mod dist;
mod engine;
mod fuzz;
mod postgres;
mod serve;
mod setup;
mod suites;
mod test;

use std::process::ExitCode;

use clap::Parser;

/// Tasks of the Dealwright repository.
#[derive(Parser)]
#[command(bin_name = "cargo xtask")]
enum Task {
    Arrows(arrows::Arrows),
    Bench(bench::Bench),
    Ci(ci::Ci),
    Clients(clients::Clients),
    Contrib(contrib::Contrib),
    Coverage(coverage::Coverage),
    Dist(dist::Dist),
    Fuzz(fuzz::Fuzz),
    Serve(serve::Serve),
    Setup(setup::Setup),
    Suites(suites::Suites),
    Test(test::Test),
}

fn main() -> ExitCode {
    let result = match Task::parse() {
        Task::Arrows(task) => task.run(),
        Task::Bench(task) => task.run(),
        Task::Ci(task) => task.run(),
        Task::Clients(task) => task.run(),
        Task::Contrib(task) => task.run(),
        Task::Coverage(task) => task.run(),
        Task::Dist(task) => task.run(),
        Task::Fuzz(task) => task.run(),
        Task::Serve(task) => task.run(),
        Task::Setup(task) => task.run(),
        Task::Suites(task) => task.run(),
        Task::Test(task) => task.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cargo xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}
