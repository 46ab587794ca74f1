//! `dealwright admin create`.

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::Args;
use dealwright_accounts::Secret;
use dealwright_server::installation::{self, NewAdmin};
use dealwright_wire::Clock;

use crate::data_place::DataPlace;
use crate::failure::Failure;
use crate::runtime;

#[derive(Args)]
pub(crate) struct CreateOptions {
    /// Email address to sign in with
    #[arg(long)]
    email: String,

    /// Read the password from standard input; without this one is made and printed once
    #[arg(long)]
    password_stdin: bool,

    /// First and last name
    #[arg(long, default_value = "Admin")]
    name: String,

    /// Name of the organisation
    #[arg(long, default_value = "My Company")]
    company: String,

    /// Time zone of the organisation, for example Europe/Berlin
    #[arg(long, value_name = "NAME", default_value = "UTC")]
    time_zone: String,

    /// Currency of the organisation, by its ISO 4217 code; it cannot be changed later
    #[arg(long, value_name = "CODE", default_value = "USD")]
    currency: String,

    /// Country of the organisation, by its ISO 3166 code of two letters
    #[arg(long, value_name = "CODE")]
    country: Option<String>,

    /// Locale of the administrator, for example `de_DE`
    #[arg(long, value_name = "NAME")]
    locale: Option<String>,

    #[command(flatten)]
    place: DataPlace,
}

pub(crate) fn create(options: CreateOptions) -> Result<(), Failure> {
    let storage = options.place.storage()?;
    let made = if options.password_stdin { None } else { Some(make_password()?) };
    let password = match &made {
        Some(made) => made.expose().to_owned(),
        None => read_password()?,
    };
    let name = options.name.trim();
    let (first_name, last_name) = name.rsplit_once(' ').unwrap_or(("", name));
    let admin = NewAdmin {
        email: options.email.clone(),
        password,
        first_name: first_name.trim().to_owned(),
        last_name: last_name.to_owned(),
        company: options.company,
        time_zone: options.time_zone,
        currency: options.currency,
        country: options.country,
        locale: options.locale,
    };
    runtime()?.block_on(installation::create_admin(&storage, Clock::system(), 0, admin))?;
    let mut out = io::stdout().lock();
    writeln!(out, "{} is the administrator. Start the server with: dealwright serve", options.email)?;
    if let Some(made) = made {
        writeln!(out, "Password, shown this once: {}", made.expose())?;
    }
    Ok(())
}

fn make_password() -> Result<Secret, Failure> {
    Ok(Secret::client().context("making a password")?)
}

fn read_password() -> Result<String, Failure> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).context("reading the password from standard input")?;
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        return Err(Failure::Configuration("no password came on standard input".to_owned()));
    }
    Ok(password.to_owned())
}
