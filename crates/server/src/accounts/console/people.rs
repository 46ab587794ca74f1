//! The people of an org, for its administrators: links to set a password, and signing somebody out.
//!
//! Users are added, changed and deactivated through the API; here is what concerns how they get in. An administrator
//! acts only for people who belong to their org alone: whoever is at home in another one as well must not be taken over
//! from here.

use std::collections::HashMap;

use askama::Template;
use axum::Extension;
use axum::extract::{Path, State};
use axum::response::Response;
use dealwright_accounts::{Accounts, Link, Standing, Way};
use dealwright_engine::Org;
use dealwright_wire::Id;

use super::moment;
use crate::accounts::answer::{self, Failure};
use crate::accounts::desk::Desk;
use crate::accounts::news::News;
use crate::accounts::visit::Visit;

/// Where what became of a form is told.
const PAGE: &str = "/console/people";
/// Rows of one page.
const PER_PAGE: usize = 100;

#[derive(Template)]
#[template(path = "accounts/people.html")]
struct PeoplePage<'a> {
    who: &'a str,
    form_token: &'a str,
    orgs: Vec<OrgPeople>,
    has_mail: bool,
    /// A link that was just made.
    link: Option<Link>,
    problem: &'a str,
    done: &'a str,
    page: usize,
    has_more: bool,
}

struct OrgPeople {
    id: Id,
    name: String,
    rows: Vec<Row>,
}

struct Row {
    identity: Id,
    name: String,
    email: String,
    profile: String,
    standing: &'static str,
    last_sign_in: String,
    sign_ins: i64,
    /// They may be given a link.
    is_let_in: bool,
    is_invited: bool,
}

/// `GET /console/people`.
pub(super) async fn page(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    visit: Visit,
) -> Result<Response, Failure> {
    show(&accounts, &desk, &visit).await
}

/// `POST /console/people/{org}/{identity}/link`: a link that the administrator hands on.
pub(super) async fn link(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    Path(who): Path<(String, String)>,
    visit: Visit,
) -> Result<Response, Failure> {
    let news = match member(&accounts, &desk, &visit, &who).await? {
        Member::Elsewhere => elsewhere(),
        Member::Here(_, identity) => match accounts.make_link(identity, Way::Hand).await? {
            Some(link) => News { link: Some(link), ..News::default() },
            None => kept_out(),
        },
    };
    visit.tell(PAGE, news)
}

/// `POST /console/people/{org}/{identity}/mail`: a link to the person's own address.
pub(super) async fn mail(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    Path(who): Path<(String, String)>,
    visit: Visit,
) -> Result<Response, Failure> {
    let news = match (member(&accounts, &desk, &visit, &who).await?, &desk.mailer) {
        (Member::Elsewhere, _) => elsewhere(),
        (_, None) => News::problem("This server sends no mail. Make a link and hand it on."),
        (Member::Here(org, identity), Some(mailer)) => match accounts.make_link(identity, Way::Mail).await? {
            Some(link) => {
                mailer.send_link(org.id, &org.snapshot().details.company_name, &link);
                News::done("A mail with a link is on its way.")
            }
            None => kept_out(),
        },
    };
    visit.tell(PAGE, news)
}

/// `POST /console/people/{org}/{identity}/sign-out`; with `tokens` applications lose their access as well.
pub(super) async fn sign_out(
    State(accounts): State<Accounts>,
    Extension(desk): Extension<Desk>,
    Path(who): Path<(String, String)>,
    visit: Visit,
) -> Result<Response, Failure> {
    let news = match member(&accounts, &desk, &visit, &who).await? {
        Member::Elsewhere => elsewhere(),
        Member::Here(org, identity) => {
            accounts
                .sign_out_everywhere(identity, visit.params.get("tokens").is_some(), Some(org.id))
                .await?;
            News::done("They are signed out everywhere.")
        }
    };
    visit.tell(PAGE, news)
}

fn elsewhere() -> News {
    News::problem("They belong to other organisations as well. Only they themselves can set their password.")
}

fn kept_out() -> News {
    News::problem("They are deactivated. Activate them first.")
}

enum Member {
    Here(std::sync::Arc<Org>, Id),
    /// At home in other orgs too.
    Elsewhere,
}

/// The member the form is about, if the person signed in administers the org.
async fn member(
    accounts: &Accounts,
    desk: &Desk,
    visit: &Visit,
    (org, identity): &(String, String),
) -> Result<Member, Failure> {
    let own = visit.own_form()?.identity.id;
    let (Ok(org), Ok(identity)) = (org.parse::<Id>(), identity.parse::<Id>()) else {
        return Err(Failure::NotFound);
    };
    let administered = desk.administers(accounts, own).await?;
    let org = administered.into_iter().find(|known| known.id == org).ok_or(Failure::NotFound)?;
    if org.snapshot().user_by_identity(identity).is_none() {
        return Err(Failure::NotFound);
    }
    if accounts.belongs_only_to(identity, org.id).await? {
        Ok(Member::Here(org, identity))
    } else {
        Ok(Member::Elsewhere)
    }
}

async fn show(accounts: &Accounts, desk: &Desk, visit: &Visit) -> Result<Response, Failure> {
    let sign_in = visit.signed_in()?;
    let administered = desk.administers(accounts, sign_in.identity.id).await?;
    if administered.is_empty() {
        return Err(Failure::NotFound);
    }
    let page = visit.params.get("page").and_then(|page| page.parse().ok()).unwrap_or(1).max(1);
    let (mut orgs, mut has_more) = (Vec::new(), false);
    for org in administered {
        let (people, more) = people(accounts, &org, page).await?;
        has_more |= more;
        orgs.push(people);
    }
    let news = visit.news();
    answer::page(&PeoplePage {
        who: &sign_in.identity.email,
        form_token: sign_in.form_token(),
        orgs,
        has_mail: desk.mailer.is_some(),
        link: news.link,
        problem: &news.problem,
        done: news.done,
        page,
        has_more,
    })
}

/// A page of the users of an org by name, and whether there are more.
async fn people(accounts: &Accounts, org: &Org, page: usize) -> Result<(OrgPeople, bool), Failure> {
    let known: HashMap<Id, _> =
        accounts.people(Some(org.id)).await?.into_iter().map(|entry| (entry.identity.id, entry)).collect();
    let snapshot = org.snapshot();
    let mut users: Vec<_> = snapshot.users.iter().filter(|user| !user.is_deleted()).collect();
    users.sort_by_key(|user| user.full_name().to_lowercase());
    let skipped = page.saturating_sub(1).saturating_mul(PER_PAGE);
    let has_more = users.len() > skipped.saturating_add(PER_PAGE);
    let rows = users.into_iter().skip(skipped).take(PER_PAGE).map(|user| {
        let entry = known.get(&user.identity);
        let standing = entry.map_or(Standing::Resting, |entry| entry.standing);
        Row {
            identity: user.identity,
            name: user.full_name(),
            email: user.email.clone(),
            profile: snapshot.profile_of(user).map(|profile| profile.name.clone()).unwrap_or_default(),
            standing: standing.text(),
            last_sign_in: entry.and_then(|entry| entry.last_sign_in).map(moment).unwrap_or_default(),
            sign_ins: entry.map_or(0, |entry| entry.sign_ins),
            is_let_in: matches!(standing, Standing::Invited | Standing::Active),
            is_invited: standing == Standing::Invited,
        }
    });
    let name = snapshot.details.company_name.clone();
    Ok((OrgPeople { id: org.id, name, rows: rows.collect() }, has_more))
}
