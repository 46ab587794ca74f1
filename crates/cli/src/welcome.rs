//! What a development server tells whoever starts it, on the screen and in a file.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use dealwright_server::Development;

use crate::failure::Failure;
use crate::version::VERSION;

/// Names and values for the environment of a client.
pub(crate) struct Environment(Vec<(&'static str, String)>);

impl Environment {
    pub(crate) fn new(public_url: &str, development: &Development) -> Self {
        let credentials = &development.credentials;
        Self(vec![
            ("CRM_BASE_URL", public_url.to_owned()),
            ("CRM_ACCOUNTS_URL", public_url.to_owned()),
            ("CRM_UPLOAD_URL", public_url.to_owned()),
            ("CRM_CLIENT_ID", credentials.client_id.to_owned()),
            ("CRM_CLIENT_SECRET", credentials.client_secret.to_owned()),
            ("CRM_REFRESH_TOKEN", credentials.refresh_token.to_owned()),
            ("CRM_GRANT_TOKEN", credentials.grant_token.to_owned()),
            ("CRM_ACCESS_TOKEN", credentials.access_token.to_owned()),
            ("CRM_EXPIRED_TOKEN", credentials.expired_token.to_owned()),
            ("CRM_ORG_ID", development.zgid.to_string()),
        ])
    }

    /// Prints what can be pasted into a shell.
    pub(crate) fn print(&self, development: &Development) -> io::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(
            out,
            "Dealwright {VERSION} for development. Everything below is public: keep real data out.\n"
        )?;
        for (name, value) in &self.0 {
            writeln!(out, "export {name}={}", in_shell(value))?;
        }
        let credentials = &development.credentials;
        writeln!(
            out,
            "\n# A call, with the token that never ends here (CRM_EXPIRED_TOKEN is answered as one that has ended):\n\
             curl -s \"$CRM_BASE_URL/crm/v8/org\" -H \"Authorization: Zoho-oauthtoken $CRM_ACCESS_TOKEN\"\n\n\
             # A token for an hour, as clients get it:\n\
             TOKEN=$(curl -s \"$CRM_ACCOUNTS_URL/oauth/v2/token\" -d grant_type=refresh_token \\\n  \
             -d client_id=$CRM_CLIENT_ID -d client_secret=$CRM_CLIENT_SECRET -d refresh_token=$CRM_REFRESH_TOKEN \\\n  \
             | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n\n\
             # Sign in at {}\n#   email     {}\n#   password  {}\n",
            self.0[1].1, credentials.admin_email, credentials.admin_password,
        )?;
        out.flush()
    }

    /// `NAME=value` lines, which a shell reads as they stand: `. FILE`.
    fn lines(&self) -> String {
        let lines: Vec<String> =
            self.0.iter().map(|(name, value)| format!("{name}={}\n", in_shell(value))).collect();
        lines.concat()
    }
}

/// The value as a shell reads it back: as it stands where nothing in it means anything to a shell, else in quotes.
fn in_shell(value: &str) -> Cow<'_, str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/@%+,[]".contains(&byte);
    if value.bytes().all(is_plain) {
        return value.into();
    }
    format!("'{}'", value.replace('\'', r"'\''")).into()
}

/// The file that says that a development server is ready: it is there only as long as one is.
pub(crate) struct EnvFile {
    path: PathBuf,
    /// What this server has written; `None` before it is ready.
    written: Option<String>,
}

impl EnvFile {
    /// Takes away what an earlier server left there.
    pub(crate) fn begin(path: &Path) -> Result<Self, Failure> {
        let removed = std::fs::remove_file(path);
        if removed.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::NotFound) {
            removed.with_context(|| format!("removing the old {}", path.display()))?;
        }
        Ok(Self { path: path.to_owned(), written: None })
    }

    /// Writes the file. Whoever waits for it sees all of it or nothing.
    pub(crate) fn write(&mut self, environment: &Environment) -> Result<(), Failure> {
        let text = environment.lines();
        let mut draft = self.path.as_os_str().to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        std::fs::write(&draft, &text)
            .and_then(|()| std::fs::rename(&draft, &self.path))
            .with_context(|| format!("writing {}", self.path.display()))?;
        self.written = Some(text);
        Ok(())
    }

    /// Takes the file away, unless another server has put its own in its place.
    pub(crate) fn end(&self) {
        let is_own = self.written.is_some() && std::fs::read_to_string(&self.path).ok() == self.written;
        if is_own && let Err(error) = std::fs::remove_file(&self.path) {
            tracing::warn!(%error, "removing {} failed", self.path.display());
        }
    }
}

/// `dealwright coverage`
pub(crate) fn coverage() -> Result<(), Failure> {
    Ok(io::stdout().write_all(dealwright_server::ops::coverage::page().as_bytes())?)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_shell_reads_the_lines_as_programs_do() {
        let values =
            ["http://127.0.0.1:8080", "http://[::1]:8080", "1000.dea1.dea1", "http://a;b $c'd`e", ""];
        let names = ["A", "B", "C", "D", "E"];
        let environment = Environment(names.into_iter().zip(values.map(str::to_owned)).collect());
        let folder = tempfile::tempdir().unwrap();
        let mut file = EnvFile::begin(&folder.path().join("env")).unwrap();
        file.write(&environment).unwrap();
        assert!(environment.lines().starts_with("A=http://127.0.0.1:8080\nB=http://[::1]:8080\n"));
        for read in [". ./env", "set -a; . ./env"] {
            let script = format!("{read}; printf '%s\n' \"$A\" \"$B\" \"$C\" \"$D\" \"$E\"");
            let output =
                Command::new("sh").args(["-eu", "-c", &script]).current_dir(folder.path()).output().unwrap();
            assert_eq!(
                String::from_utf8(output.stdout).unwrap(),
                values.map(|value| format!("{value}\n")).concat()
            );
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left of the draft");
    }

    #[test]
    fn the_file_goes_with_its_server_and_not_with_another() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("env");
        std::fs::write(&path, "A=yesterday\n").unwrap();
        let mut file = EnvFile::begin(&path).unwrap();
        assert!(!path.exists());
        file.end();
        file.write(&Environment(vec![("A", "today".to_owned())])).unwrap();
        std::fs::write(&path, "A=another\n").unwrap();
        file.end();
        assert!(path.exists());
        file.write(&Environment(vec![("A", "today".to_owned())])).unwrap();
        file.end();
        assert!(!path.exists());
    }
}
