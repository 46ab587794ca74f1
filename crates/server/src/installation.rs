//! Setting up a production installation: its org and its first administrator.

use dealwright_accounts::{Accounts, InstallationKind, Settings};
use dealwright_engine::{Home, NewOrg};
use dealwright_store::{Database, Store};
use dealwright_wire::{Clock, Id, Mint, Zone};

use crate::config::Storage;
use crate::marks;
use crate::opening::{self, Held};
use crate::orgs::{Around, Orgs};
use crate::people::AccountsPeople;
use crate::start_error::StartError;

/// The first administrator and their organisation.
#[derive(Debug, Clone)]
pub struct NewAdmin {
    pub email: String,
    pub password: String,
    pub first_name: String,
    pub last_name: String,
    pub company: String,
    /// IANA name.
    pub time_zone: String,
    /// ISO 4217 code of the organisation's currency.
    pub currency: String,
    /// ISO 3166 code of two letters.
    pub country: Option<String>,
    /// Language and country, as in `de_DE`.
    pub locale: Option<String>,
}

impl NewAdmin {
    /// Where the organisation is at home; refused when a code is none.
    fn home(&self) -> Result<Home, StartError> {
        let refused = |text: String| Err(StartError::Refused(text));
        let code = self.currency.to_uppercase();
        let Some(currency) = iso_currency::Currency::from_code(&code) else {
            return refused(format!("{:?} is no currency; codes look like EUR", self.currency));
        };
        let country = match self.country.as_deref().map(str::to_uppercase) {
            None => None,
            Some(code) => match rust_iso3166::from_alpha2(&code) {
                Some(country) => Some((code, country.name.to_owned())),
                None => return refused(format!("{code:?} is no country; codes look like DE")),
            },
        };
        if let Some(locale) = &self.locale
            && !is_locale(locale)
        {
            return refused(format!("{locale:?} is no locale; they look like de_DE"));
        }
        Ok(Home {
            currency_code: code,
            currency_name: currency.name().to_owned(),
            currency_symbol: currency.symbol().to_string(),
            country,
            locale: self.locale.clone(),
        })
    }
}

fn is_locale(text: &str) -> bool {
    let all =
        |part: &str, length: usize, is: fn(&u8) -> bool| part.len() == length && part.bytes().all(|b| is(&b));
    text.split_once('_').is_some_and(|(language, country)| {
        all(language, 2, u8::is_ascii_lowercase) && all(country, 2, u8::is_ascii_uppercase)
    })
}

/// Makes an empty store a production installation. Refused when it is one already, or a development one.
///
/// The mark that lets the server start is written last: after a failure the same call can be made again.
pub async fn create_admin(
    storage: &Storage,
    clock: Clock,
    node: u8,
    admin: NewAdmin,
) -> Result<(), StartError> {
    if Zone::named(&admin.time_zone).is_none() {
        let text = format!("{:?} is no time zone; names look like Europe/Berlin", admin.time_zone);
        return Err(StartError::Refused(text));
    }
    admin.home()?;
    let Held { database, control, hold } = opening::alone(storage, "dealwright admin create").await?;
    let made = create(storage, database, control.clone(), clock, node, admin).await;
    control.close().await;
    hold.release().await;
    made
}

async fn create(
    storage: &Storage,
    database: Database,
    control: Store,
    clock: Clock,
    node: u8,
    admin: NewAdmin,
) -> Result<(), StartError> {
    let home = admin.home()?;
    let mint = Mint::new(clock.clone(), node);
    let accounts = Accounts::open(control, clock.clone(), mint.clone(), Settings::default()).await?;
    match accounts.installation_kind().await? {
        None => {}
        Some(InstallationKind::Production) => {
            let text = "this installation has an administrator already; further users are added by them";
            return Err(StartError::Refused(text.to_owned()));
        }
        Some(InstallationKind::Development) => {
            let text = "this data was made by a development server; name another folder or database";
            return Err(StartError::Refused(text.to_owned()));
        }
    }
    let identity = match accounts.identity_by_email(&admin.email).await? {
        Some(left_over) => {
            accounts.set_password(left_over.id, &admin.password).await?;
            left_over
        }
        None => {
            accounts
                .create_identity(&admin.email, &admin.password, &admin.first_name, &admin.last_name, None)
                .await?
        }
    };
    let left_over = accounts.orgs_of(identity.id).await?.into_iter().next();
    let org = left_over.unwrap_or_else(|| {
        let id = mint.next();
        dealwright_accounts::Org { id, name: admin.company.clone(), zgid: zgid(id) }
    });
    accounts.ensure_org(org.clone()).await?;
    accounts.add_member(identity.id, org.id).await?;
    let new = NewOrg {
        id: org.id,
        zgid: org.zgid,
        company_name: admin.company,
        time_zone: admin.time_zone,
        home,
        admin: (identity.id, admin.first_name, admin.last_name, identity.email),
    };
    let people = std::sync::Arc::new(AccountsPeople::new(accounts.clone(), None));
    let around = Around { blobs: storage.blobs()?, clock, mint, people };
    let orgs = Orgs::new(database.clone(), around, None, 1)?;
    orgs.open(org.id, Some(new)).await?.store.close().await;
    marks::check(&accounts, &database, storage, None).await?;
    Ok(accounts.set_installation_kind(InstallationKind::Production).await?)
}

/// Nine digits, as clients expect of an org's short number.
fn zgid(org: Id) -> Id {
    Id::new(100_000_000 + (org.get() >> 14) % 900_000_000).expect("a hundred million and more is positive")
}
