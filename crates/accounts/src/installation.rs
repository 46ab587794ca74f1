//! What kind of installation the data belongs to, written down with the data itself.
//!
//! Development data holds published passwords and tokens; a production server must refuse to start on it.

use dealwright_store::{Row, Sql, Weight};

use crate::{Accounts, Error};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstallationKind {
    Development,
    Production,
}

impl InstallationKind {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl Accounts {
    /// What the data says it is; `None` for a new store.
    pub async fn installation_kind(&self) -> Result<Option<InstallationKind>, Error> {
        let kind = self
            .store()
            .read(Weight::Point, |conn| {
                Box::pin(async move {
                    let sql = Sql::from("SELECT kind FROM {installation}");
                    conn.first(&sql, &[], |row| Ok(Row::must(row.text(0)?, 0)?.to_owned())).await
                })
            })
            .await?;
        match kind.as_deref() {
            None => Ok(None),
            Some("development") => Ok(Some(InstallationKind::Development)),
            Some("production") => Ok(Some(InstallationKind::Production)),
            Some(other) => Err(Error::Shape(format!("the kind of installation {other:?}"))),
        }
    }

    /// Marks a new store. Data that is marked as the other kind stays as it is and the call is refused.
    pub async fn set_installation_kind(&self, kind: InstallationKind) -> Result<(), Error> {
        match self.installation_kind().await? {
            Some(found) if found == kind => return Ok(()),
            Some(found) => {
                return Err(Error::refused(format!(
                    "this data belongs to a {} installation and cannot serve a {} one",
                    found.text(),
                    kind.text()
                )));
            }
            None => {}
        }
        self.store()
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from("INSERT INTO {installation} (id, kind) VALUES (?1, ?2)");
                    tx.exec(&sql, &[1_i64.into(), kind.text().into()]).await?;
                    Ok(())
                })
            })
            .await
    }
}
