//! Putting a server together: databases, accounts, orgs, router.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use dealwright_accounts::{Accounts, DevCredentials, DevOrg, InstallationKind, Settings, bootstrap};
use dealwright_engine::ports::post::Transport;
use dealwright_engine::{Home, NewOrg};
use dealwright_store::blob::{BlobStore, S3};
use dealwright_store::error::chain;
use dealwright_store::{BoxFuture, Database, Store};
use dealwright_wire::{Code, Id, Mint};

use crate::accounts::Desk;
use crate::config::{Mode, ServerConfig};
use crate::host_guard::HostGuard;
use crate::mail::{Mail, Mailbox, Mailer};
use crate::metrics::Metrics;
use crate::opening::Held;
use crate::orgs::{Around, Orgs, Workers};
use crate::people::AccountsPeople;
use crate::request_id::RequestIds;
use crate::router::router;
use crate::serve::Site;
use crate::start_error::StartError;
use crate::state::ServerState;
use crate::{marks, opening, trouble, upkeep, worker};

/// How long a bucket may take to answer at the start.
const BUCKET_PATIENCE: Duration = Duration::from_secs(10);
/// How often histograms are folded, so that they stay small when nobody reads them.
const FOLD_EVERY: Duration = Duration::from_secs(10);

/// A server that is ready to be served.
pub struct App {
    /// For [`crate::serve()`].
    pub site: Site,
    pub state: Arc<ServerState>,
    /// The org of a development server and what opens it; `None` in production.
    pub development: Option<Development>,
    /// Ends when another process has taken the data over, with a word about it: nothing can be served any more.
    pub lost: BoxFuture<'static, String>,
}

/// What a development server tells whoever starts it.
#[derive(Debug, Clone)]
pub struct Development {
    pub credentials: DevCredentials,
    pub org: Id,
    /// The number by which clients know the org.
    pub zgid: Id,
}

/// Ids of the development org. Below all ids that are ever made, so that none meets them.
const DEV_ORG: i64 = 1_000_000_000_000_000_001;
const DEV_ADMIN: i64 = 700_000_002;
const DEV_ZGID: i64 = 700_000_001;
const DEV_COMPANY: &str = "Dealwright Development";
const DEV_TIME_ZONE: &str = "America/Los_Angeles";

/// Opens everything and builds the router. Waits as long as another server holds the data.
pub async fn build(config: ServerConfig) -> Result<App, StartError> {
    let Held { database, control, hold } =
        opening::to_serve(&config.storage, config.mode, &config.waiting).await?;
    let lost = Box::pin(hold.lost());
    let limits = config.limits.clone();
    match assemble(config, database, control.clone()).await {
        Ok((router, state, development)) => {
            state.keep(hold).await;
            let guard = development.as_ref().map(|_: &Development| HostGuard::new(state.accounts.clone()));
            Ok(App { site: Site { router, limits, guard }, state, development, lost })
        }
        Err(error) => {
            control.close().await;
            hold.release().await;
            Err(error)
        }
    }
}

async fn assemble(
    config: ServerConfig,
    database: Database,
    control: Store,
) -> Result<(Router, Arc<ServerState>, Option<Development>), StartError> {
    let mint = match config.seed {
        Some(seed) => Mint::seeded(seed),
        None => Mint::new(config.clock.clone(), config.node),
    };
    let settings = Settings {
        public_url: config.public_url.clone(),
        development: config.mode == Mode::Development,
        ..Settings::default()
    };
    // Ids of tokens and people never follow the seed: their order is nobody's business.
    let accounts_mint = Mint::new(config.clock.clone(), config.node);
    let accounts = Accounts::open(control.clone(), config.clock.clone(), accounts_mint, settings).await?;
    let kind = accounts.installation_kind().await?;
    check_kind(kind, config.mode)?;
    marks::check(&accounts, &database, &config.storage, kind).await?;

    let (mut transport, mut mailbox): (Option<Arc<dyn Transport>>, _) = (None, None);
    match config.mail {
        Mail::Off => {}
        Mail::Smtp(smtp) => transport = Some(Arc::new(smtp)),
        Mail::Mailbox if config.mode == Mode::Production => {
            return Err(StartError::Refused(
                "a mailbox that everybody may read goes with --dev only".to_owned(),
            ));
        }
        Mail::Mailbox => {
            let kept = Arc::new(Mailbox::new(config.clock.clone()));
            transport = Some(Arc::clone(&kept) as Arc<dyn Transport>);
            mailbox = Some(kept);
        }
    }
    let transport_for_accounts = transport.clone();
    let workers = Workers { node: config.node, compat: config.compat, transport };
    let blobs = config.storage.blobs()?;
    if let Some(bucket) = &config.storage.bucket {
        reach(&blobs, bucket).await?;
    }
    let mailer = transport_for_accounts.and_then(|transport| Mailer::new(transport, config.clock.clone()));
    let people = Arc::new(AccountsPeople::new(accounts.clone(), mailer.clone()));
    let around = Around { blobs, clock: config.clock.clone(), mint, people };
    let orgs = Orgs::new(database, around, Some(workers), config.open_orgs)?;
    let development = match config.mode {
        Mode::Development => {
            match development(&accounts, &orgs).await {
                Ok(()) => marks::check(&accounts, orgs.database(), &config.storage, kind).await?,
                // What is there can be read.
                Err(error) if kind.is_some() && trouble::code(&error) == Code::StorageFull => {
                    tracing::warn!(error = chain(&error), "there is no room left on the disk; reads go on");
                }
                Err(error) => return Err(error),
            }
            Some(Development {
                credentials: DevCredentials::PUBLISHED,
                org: fixed(DEV_ORG),
                zgid: fixed(DEV_ZGID),
            })
        }
        Mode::Production => None,
    };
    let metrics = Metrics::new()?;
    let unmatched = metrics.meter("unmatched");
    let state = Arc::new(ServerState {
        accounts,
        orgs,
        mode: config.mode,
        compat: config.compat,
        put_v3: config.put_v3,
        ceilings: config.ceilings,
        clock: config.clock,
        metrics,
        unmatched,
        request_ids: RequestIds::default(),
        control,
        folder: config.storage.folder_in_use().map(Path::to_owned),
        hold: tokio::sync::Mutex::default(),
    });
    fold_metrics(&state);
    upkeep::start(&state);
    worker::wake(&state);
    let desk = Desk { mailer, state: Some(Arc::clone(&state)) };
    let mut others = crate::accounts::router(state.accounts.clone(), desk);
    if let Some(mailbox) = mailbox {
        others = others.merge(crate::mail::mailbox::router(mailbox));
    }
    Ok((router(&state, others), state, development))
}

/// Looks whether the bucket answers: whoever starts the server should hear of it, not whoever sends the first file.
async fn reach(blobs: &BlobStore, bucket: &S3) -> Result<(), StartError> {
    let problem = match tokio::time::timeout(BUCKET_PATIENCE, blobs.is_empty()).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => chain(&error),
        Err(_) => format!("no answer within {} seconds", BUCKET_PATIENCE.as_secs()),
    };
    Err(StartError::Refused(format!(
        "the bucket {:?} cannot be read; look at --s3-endpoint, --s3-region and the access key: {problem}",
        bucket.bucket
    )))
}

/// Published credentials and real data never share a server.
fn check_kind(found: Option<InstallationKind>, mode: Mode) -> Result<(), StartError> {
    match (found, mode) {
        (None | Some(InstallationKind::Development), Mode::Development)
        | (Some(InstallationKind::Production), Mode::Production) => Ok(()),
        (Some(InstallationKind::Production), Mode::Development) => Err(StartError::Refused(
            "this data belongs to a production server, and --dev would let anybody in; \
             start without --dev, or name another folder or database (--data, --database)"
                .to_owned(),
        )),
        (Some(InstallationKind::Development), Mode::Production) => Err(StartError::Refused(
            "this data was made by a development server, whose passwords and tokens are published; \
             start with --dev, or name another folder or database (--data, --database)"
                .to_owned(),
        )),
        (None, Mode::Production) => Err(opening::no_administrator()),
    }
}

fn fixed(number: i64) -> Id {
    Id::new(number).expect("the published ids are positive")
}

async fn development(accounts: &Accounts, orgs: &Orgs) -> Result<(), StartError> {
    let (org, zgid, admin) = (fixed(DEV_ORG), fixed(DEV_ZGID), fixed(DEV_ADMIN));
    let dev = DevOrg { org: dealwright_accounts::Org { id: org, name: DEV_COMPANY.to_owned(), zgid }, admin };
    accounts.ensure_development(dev).await?;
    let new = NewOrg {
        id: org,
        zgid,
        company_name: DEV_COMPANY.to_owned(),
        time_zone: DEV_TIME_ZONE.to_owned(),
        home: Home::default(),
        admin: (admin, "Dev".to_owned(), "Admin".to_owned(), bootstrap::ADMIN_EMAIL.to_owned()),
    };
    orgs.open(org, Some(new)).await?;
    Ok(())
}

/// Ends by itself when the server is gone.
fn fold_metrics(state: &Arc<ServerState>) {
    let state = Arc::downgrade(state);
    tokio::spawn(async move {
        let mut ticks = tokio::time::interval(FOLD_EVERY);
        loop {
            ticks.tick().await;
            match state.upgrade() {
                Some(state) => state.metrics.fold(),
                None => break,
            }
        }
    });
}
