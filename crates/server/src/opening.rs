//! From a configuration to a database: beside a running server, alone, or to serve.
//!
//! What keeps metadata in memory holds the data alone. What changes rows that a server reads anew each time, or only
//! reads, works beside it.

use std::time::Duration;

use dealwright_store::{Busy, Database, Hold, Holder, Store, StoreError, private};

use crate::config::{Mode, Storage};
use crate::start_error::StartError;
use crate::waiting::Waiting;

/// Name of the store of the accounts.
pub(crate) const CONTROL: &str = "control";
/// How long a starting server waits for a database that cannot be reached, and how often it tries.
const PATIENCE: Duration = Duration::from_secs(30);
const TRY_EVERY: Duration = Duration::from_millis(500);

/// A database that this process holds alone.
pub(crate) struct Held {
    pub database: Database,
    pub control: Store,
    pub hold: Hold,
}

/// An installation as it is, beside a server that may be running. Refused where there is none; nothing is made.
pub(crate) async fn beside(storage: &Storage) -> Result<(Database, Store), StartError> {
    if storage.postgres.is_none() && !storage.folder.is_dir() {
        return Err(StartError::Refused(format!("there is no folder {}", storage.folder.display())));
    }
    let database = connect(storage).await?;
    match database.existing(CONTROL).await? {
        Some(control) => Ok((database, control)),
        None => Err(StartError::Refused("there is no installation in this data yet".to_owned())),
    }
}

/// For a command that no server may run beside: made when missing, refused while somebody else holds it.
pub(crate) async fn alone(storage: &Storage, command: &str) -> Result<Held, StartError> {
    let database = connect(storage).await?;
    check_strays(&database).await?;
    let hold = match Hold::try_take(storage.folder_in_use(), &database, &Holder::this(command)).await? {
        Ok(hold) => hold,
        Err(busy) => return Err(StartError::Refused(format!("{busy}; stop it first"))),
    };
    let control = database.store(CONTROL).await?;
    Ok(Held { database, control, hold })
}

/// For a server: waits for the database to be up, and for another server to end.
pub(crate) async fn to_serve(storage: &Storage, mode: Mode, waiting: &Waiting) -> Result<Held, StartError> {
    if mode == Mode::Production && storage.postgres.is_none() && !storage.folder.is_dir() {
        return Err(no_administrator());
    }
    let database = reach(storage, waiting).await?;
    check_strays(&database).await?;
    // What is not there is not made by a mistyped option.
    if mode == Mode::Production && !database.has(CONTROL).await? {
        return Err(no_administrator());
    }
    let say = |busy: &Busy| waiting.say(busy.to_string());
    let holder = Holder::this("dealwright serve");
    let hold = Hold::take(storage.folder_in_use(), &database, &holder, say).await?;
    warn_of_open_folder(storage);
    let control = database.store(CONTROL).await?;
    Ok(Held { database, control, hold })
}

pub(crate) fn no_administrator() -> StartError {
    StartError::Refused(
        "there is no administrator yet; make one first: dealwright admin create --email you@example.com \
         (with the same --data and --database), or start with --dev to try things out"
            .to_owned(),
    )
}

pub(crate) async fn connect(storage: &Storage) -> Result<Database, StoreError> {
    match &storage.postgres {
        Some(url) => Database::postgres(url).await,
        None => Database::sqlite(&storage.folder),
    }
}

/// Tries until the database is up, for a while: both may have been started by the same boot.
async fn reach(storage: &Storage, waiting: &Waiting) -> Result<Database, StoreError> {
    let tries = PATIENCE.as_millis() / TRY_EVERY.as_millis();
    for at in 0..tries {
        match connect(storage).await {
            Err(error) if error.is_unreachable() => {
                if at == 0 {
                    waiting.say("the database is not up yet".to_owned());
                }
            }
            other => return other,
        }
        tokio::time::sleep(TRY_EVERY).await;
    }
    connect(storage).await
}

/// Orgs without the accounts that know of them: a file is missing, so nothing may be made in its place.
async fn check_strays(database: &Database) -> Result<(), StartError> {
    // An empty file is as good as none.
    if database.has(CONTROL).await? {
        return Ok(());
    }
    match database.names().await?.iter().find(|name| *name != CONTROL) {
        Some(stray) => Err(StartError::Refused(format!(
            "{} is missing or empty, although {} is there: is a disk not mounted? Put it back, or restore a backup \
             into an empty place",
            database.place_of(CONTROL),
            database.place_of(stray)
        ))),
        None => Ok(()),
    }
}

fn warn_of_open_folder(storage: &Storage) {
    let Some(folder) = storage.folder_in_use() else { return };
    if private::is_open_to_others(folder).unwrap_or(false) {
        let folder = folder.display();
        tracing::warn!(
            "other users of this machine can look into {folder}; take that away with: chmod 700 {folder}"
        );
    }
}
