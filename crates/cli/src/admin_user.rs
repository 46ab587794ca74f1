//! `dealwright admin user`.

use std::io::{self, Write as _};

use clap::{Args, Subcommand};
use dealwright_accounts::{Link, PersonEntry};
use dealwright_server::user_admin::People;
use dealwright_wire::{Clock, Zone};

use crate::data_place::DataPlace;
use crate::failure::Failure;
use crate::{runtime, settings};

/// Where links lead when no public URL is given: what `serve` listens on by itself.
const LOCAL: &str = "http://127.0.0.1:8080";

#[derive(Subcommand)]
pub(crate) enum UserCommand {
    /// Print who may sign in, with state, last sign-in, and what they hold
    List(DataPlace),
    /// Make a link by which an invited user chooses a password; it works once, within three days
    Invite(LinkOptions),
    /// Make a link by which a user sets a new password; it works once, within an hour
    Reset(LinkOptions),
    /// Keep somebody out: sign-ins, links, tokens and codes end for good
    Deactivate(PersonOptions),
    /// Let somebody in again who was kept out
    Activate(PersonOptions),
    /// End the sign-ins of somebody
    SignOut(SignOutOptions),
}

#[derive(Args)]
pub(crate) struct PersonOptions {
    /// Email address of the user
    #[arg(long)]
    email: String,

    #[command(flatten)]
    place: DataPlace,
}

#[derive(Args)]
pub(crate) struct LinkOptions {
    /// Base URL at which people reach the server; the link begins with it [default: that of the configuration file, else <http://127.0.0.1:8080>]
    #[arg(long, env = "DEALWRIGHT_PUBLIC_URL", value_name = "URL")]
    public_url: Option<String>,

    #[command(flatten)]
    person: PersonOptions,
}

#[derive(Args)]
pub(crate) struct SignOutOptions {
    /// Also take away the access that applications have in their name
    #[arg(long)]
    tokens: bool,

    #[command(flatten)]
    person: PersonOptions,
}

pub(crate) fn run(command: UserCommand) -> Result<(), Failure> {
    match command {
        UserCommand::List(place) => {
            let all = with(place, None, async |people| people.list().await)?;
            list(&all)
        }
        UserCommand::Invite(LinkOptions { public_url, person: PersonOptions { email, place } }) => {
            show(&with(place, public_url, async |people| people.invite(&email).await)?)
        }
        UserCommand::Reset(LinkOptions { public_url, person: PersonOptions { email, place } }) => {
            show(&with(place, public_url, async |people| people.reset(&email).await)?)
        }
        UserCommand::Deactivate(PersonOptions { email, place }) => {
            with(place, None, async |people| people.deactivate(&email).await)?;
            say(&format!(
                "{email} is out; access tokens that a running server has just seen end within 30 seconds"
            ))
        }
        UserCommand::Activate(PersonOptions { email, place }) => {
            with(place, None, async |people| people.activate(&email).await)?;
            say(&format!("{email} may sign in again, unless the CRM has them deactivated"))
        }
        UserCommand::SignOut(SignOutOptions { tokens, person: PersonOptions { email, place } }) => {
            with(place, None, async |people| people.sign_out(&email, tokens).await)?;
            say(&format!("{email} is signed out everywhere"))
        }
    }
}

/// Opens the accounts and does something with them.
fn with<T>(
    place: DataPlace,
    public_url: Option<String>,
    work: impl AsyncFnOnce(&People) -> Result<T, dealwright_server::StartError>,
) -> Result<T, Failure> {
    let settings = place.settings()?;
    let public_url = public_url.or_else(|| settings.public_url.clone()).unwrap_or_else(|| LOCAL.to_owned());
    settings::check_public_url(&public_url)?;
    let storage = settings.storage()?;
    runtime()?.block_on(async {
        let people = People::open(&storage, Clock::system(), public_url).await?;
        Ok(work(&people).await?)
    })
}

fn list(all: &[PersonEntry]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "email\tname\tstate\tlast sign-in\tsign-ins\trefresh tokens")?;
    for PersonEntry { identity, standing, last_sign_in, sign_ins, refresh_tokens, .. } in all {
        let last = last_sign_in.map_or_else(|| "never".to_owned(), |at| at.text(&Zone::UTC));
        let (email, name) = (&identity.email, identity.full_name());
        writeln!(out, "{email}\t{name}\t{}\t{last}\t{sign_ins}\t{refresh_tokens}", standing.text())?;
    }
    Ok(())
}

fn show(link: &Link) -> Result<(), Failure> {
    let until = link.expires.text(&Zone::UTC);
    say(&format!(
        "For {}, once, until {until}. Whoever has the link sets the password, so give it to nobody else:\n{}",
        link.identity.email,
        link.url()
    ))
}

fn say(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout(), "{text}")?)
}
