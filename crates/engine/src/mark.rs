//! What an org's places carry, so that another's place, or an empty one, is noticed: its id and its mark.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use dealwright_store::{Row, Sql, Store, StoreError, Weight, private};
use dealwright_wire::Id;

use crate::documents::OrgDetails;
use crate::error::Error;

/// Key of the mark in `_meta`.
const KEY: &str = "mark";
/// Name of the file among the uploaded files. None of those begins so.
pub const FILE: &str = "_mark";

/// What a store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marked {
    pub org: Id,
    /// `None` in an org of an earlier release.
    pub mark: Option<String>,
}

/// Reads which org a store is. `None` when it was never set up.
pub async fn read(store: &Store) -> Result<Option<Marked>, Error> {
    let (details, mark) = store
        .read(Weight::Point, |conn| {
            Box::pin(async move {
                let there = Sql::from(conn.dialect().has_table("_meta"));
                if conn.each(&there, &[], &mut |_| Ok(())).await? == 0 {
                    return Ok((None, None));
                }
                let sql = Sql::from("SELECT value FROM {_meta} WHERE key = ?1");
                let text = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
                let details = conn.first(&sql, &["org".into()], text).await?;
                Ok::<_, StoreError>((details, conn.first(&sql, &[KEY.into()], text).await?))
            })
        })
        .await?;
    let Some(details) = details else { return Ok(None) };
    let details: OrgDetails =
        serde_json::from_str(&details).map_err(Error::internal("reading which org a store is"))?;
    Ok(Some(Marked { org: details.id, mark }))
}

/// Marks a store that has no mark yet.
pub async fn write(store: &Store, mark: String) -> Result<(), Error> {
    store
        .write(move |tx| {
            Box::pin(async move {
                let sql = Sql::from("INSERT INTO {_meta} (key, value) VALUES (?1, ?2)");
                tx.exec(&sql, &[KEY.into(), mark.into()]).await?;
                Ok(())
            })
        })
        .await
}

/// The mark in a folder of uploaded files; `None` where there is none.
pub fn of_files(folder: &Path, org: Id) -> io::Result<Option<String>> {
    match std::fs::read_to_string(file(folder)) {
        // The mark of another org is another mark.
        Ok(text) => Ok(Some(match text.trim().split_once(' ') {
            Some((id, mark)) if id == org.to_string() => mark.to_owned(),
            _ => String::new(),
        })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Marks a folder of uploaded files, which is made when it is missing.
pub fn mark_files(folder: &Path, org: Id, mark: &str) -> io::Result<()> {
    private::make_folder(folder)?;
    let mut file = private::new_file(&file(folder))?;
    writeln!(file, "{org} {mark}")?;
    file.sync_all()
}

fn file(folder: &Path) -> PathBuf {
    folder.join(FILE)
}
