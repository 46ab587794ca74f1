//! What a development server tells whoever starts it, on the screen and in a file.

use std::io::{self, Write};
use std::path::Path;

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
            writeln!(out, "export {name}={value}")?;
        }
        let credentials = &development.credentials;
        writeln!(
            out,
            "\n# A token, then a call:\n\
             TOKEN=$(curl -s \"$CRM_ACCOUNTS_URL/oauth/v2/token\" -d grant_type=refresh_token \\\n  \
             -d client_id=$CRM_CLIENT_ID -d client_secret=$CRM_CLIENT_SECRET -d refresh_token=$CRM_REFRESH_TOKEN \\\n  \
             | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n\
             curl -s \"$CRM_BASE_URL/crm/v8/org\" -H \"Authorization: Zoho-oauthtoken $TOKEN\"\n\n\
             # Sign in at {}\n#   email     {}\n#   password  {}\n",
            self.0[1].1, credentials.admin_email, credentials.admin_password,
        )?;
        out.flush()
    }

    /// Writes `NAME=value` lines. Whoever waits for the file sees all of it or nothing.
    pub(crate) fn write(&self, file: &Path) -> Result<(), Failure> {
        let mut text = String::new();
        for (name, value) in &self.0 {
            text.push_str(name);
            text.push('=');
            text.push_str(value);
            text.push('\n');
        }
        let mut draft = file.as_os_str().to_owned();
        draft.push(format!(".{}.part", std::process::id()));
        std::fs::write(&draft, text)
            .and_then(|()| std::fs::rename(&draft, file))
            .with_context(|| format!("writing {}", file.display()))?;
        Ok(())
    }
}

/// `dealwright coverage`
pub(crate) fn coverage() -> Result<(), Failure> {
    Ok(io::stdout().write_all(dealwright_server::ops::coverage::page().as_bytes())?)
}
