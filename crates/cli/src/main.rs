//! The binary `dealwright`.
//!
//! - [`serve`]: the server; [`settings`]: how it is configured
//! - [`welcome`]: what a development server tells whoever starts it
//! - [`admin`]: the first administrator of a production server; [`admin_user`]: people; [`admin_index`]: indexes by hand;
//!   [`admin_backup`]: backups, and [`data_place`]: of what
//! - [`logs`]: log lines and traces
//! - [`environment`]: names in the environment that are no options
//! - [`failure`]: exit codes
//! - [`version`]: which build this is

mod admin;
mod admin_backup;
mod admin_index;
mod admin_user;
mod data_place;
mod environment;
mod failure;
mod logs;
mod serve;
mod settings;
mod version;
mod welcome;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use failure::Failure;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A self-hosted CRM that speaks the Zoho CRM REST API (not affiliated with Zoho).
#[derive(Parser)]
#[command(name = "dealwright", version, arg_required_else_help = true, after_long_help = EXAMPLES, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Try it out, without any configuration:
  dealwright serve --dev

Run it for real:
  export DEALWRIGHT_DATA=/var/lib/dealwright
  dealwright admin create --email you@example.com
  dealwright serve --public-url https://crm.example.com

Every option can also stand in the environment, under the name shown with
it, or in a TOML file (--config), with underscores in its name. The command
line wins over the environment, the environment over the file.

Exit codes: 0 after a shutdown in which every request was answered, 2 for
a configuration that cannot work, 1 for anything else.";

#[derive(Subcommand)]
enum Command {
    /// Start the server; it ends on SIGTERM or Ctrl-C, after requests in flight are answered
    Serve(Box<settings::ServeOptions>),
    /// Set up a production installation, look after its data
    #[command(subcommand)]
    Admin(AdminCommand),
    /// Print which operations of the API are served, in which versions, as Markdown
    Coverage,
    /// Print the version, and the commit, target and compiler of this build
    Version,
    /// Print the licences of everything in this binary
    Licences,
}

#[derive(Subcommand)]
enum AdminCommand {
    /// Create the organisation and its first administrator in an empty store
    Create(Box<admin::CreateOptions>),
    /// People who sign in: list them, make links to set a password, keep them out, sign them out
    #[command(subcommand)]
    User(Box<admin_user::UserCommand>),
    /// Copy all data into a folder, beside a running server or without one
    Backup(Box<admin_backup::BackupOptions>),
    /// Make live data of a backup, in an empty place
    Restore(Box<admin_backup::BackupOptions>),
    /// Check a backup, or the live data: databases, uploaded files, checksums
    Verify(Box<admin_backup::VerifyOptions>),
    /// Fields with an index: list them, add one, drop one. Stop the server first
    #[command(subcommand)]
    Index(Box<admin_index::IndexCommand>),
}

fn main() -> ExitCode {
    // Whatever is made is for the user alone that the server runs as: databases, uploaded files, backups.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let cli = Cli::parse();
    for warning in environment::warnings(environment::names()) {
        failure::warn(&warning);
    }
    let result = match cli.command {
        Command::Serve(options) => serve::run(*options),
        Command::Admin(AdminCommand::Create(options)) => admin::create(*options),
        Command::Admin(AdminCommand::User(command)) => admin_user::run(*command),
        Command::Admin(AdminCommand::Backup(options)) => admin_backup::make(*options),
        Command::Admin(AdminCommand::Restore(options)) => admin_backup::restore(*options),
        Command::Admin(AdminCommand::Verify(options)) => admin_backup::verify(*options),
        Command::Admin(AdminCommand::Index(command)) => admin_index::run(*command),
        Command::Coverage => welcome::coverage(),
        Command::Version => version::version(),
        Command::Licences => version::licences(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// A runtime for one command.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
