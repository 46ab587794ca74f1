//! `/oauth/v3/device`: a person types in the code a device shows, and decides about it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use dealwright_accounts::{Accounts, Org, WaitingDevice};

use super::answer::{self, Failure};
use super::authorize::{ScopeLine, scope_lines};
use super::news::News;
use super::visit::Visit;

#[derive(Template)]
#[template(path = "accounts/device.html")]
struct DevicePage<'a> {
    who: &'a str,
    form_token: &'a str,
    user_code: &'a str,
    problem: &'a str,
    outcome: &'a str,
    device: Option<WaitingDevice>,
    scopes: Vec<ScopeLine>,
    orgs: Vec<Org>,
}

/// The form for the code, or the question about the device that shows it.
pub(super) async fn page(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let user_code = visit.params.get("user_code").unwrap_or_default();
    let identity = visit.signed_in()?.identity.id;
    let device = accounts.waiting_device(user_code).await?;
    if device.is_none() && !user_code.is_empty() && !accounts.admits_user_code(identity) {
        return Err(Failure::TooMany);
    }
    let problem =
        if user_code.is_empty() || device.is_some() { "" } else { "No device waits with this code." };
    let news = visit.news();
    let problem = if news.problem.is_empty() { problem } else { &news.problem };
    show(&accounts, &visit, device, problem, news.done).await
}

/// The decision.
pub(super) async fn decide(State(accounts): State<Accounts>, visit: Visit) -> Result<Response, Failure> {
    let identity = visit.own_form()?.identity.id;
    let org = visit.params.get("org").and_then(|org| org.parse().ok()).ok_or(Failure::Unreadable)?;
    let allows = visit.params.get("decision") == Some("allow");
    let waiting = accounts.waiting_device(visit.params.get("user_code").unwrap_or_default()).await?;
    let is_done = match waiting {
        Some(device) => accounts.decide_device(device.id, identity, org, allows).await?,
        None => false,
    };
    let news = match (is_done, allows) {
        (false, _) => News::problem("The device no longer waits. Start again on the device."),
        (true, true) => News::done("The device is connected. You can go back to it."),
        (true, false) => News::done("The device was refused."),
    };
    visit.tell("/oauth/v3/device", news)
}

async fn show(
    accounts: &Accounts,
    visit: &Visit,
    device: Option<WaitingDevice>,
    problem: &str,
    outcome: &str,
) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    answer::page(&DevicePage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        user_code: visit.params.get("user_code").unwrap_or_default(),
        problem,
        outcome,
        scopes: device.as_ref().map(|device| scope_lines(&device.scopes)).unwrap_or_default(),
        device,
        orgs: accounts.orgs_of(sign_in.identity.id).await?,
    })
}
