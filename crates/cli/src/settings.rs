//! The configuration of `serve`: defaults, then the TOML file, then the environment, then the command line.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dealwright_server::mail::{Address, Mail, Security, Smtp};
use dealwright_server::{Ceilings, Limits, Proxies, S3, Secret, Storage};
use dealwright_wire::{Compat, PutV3};
use figment::Figment;
use figment::providers::{Format as _, Serialized, Toml};
use serde::{Deserialize, Serialize};

use crate::data_place::DataPlace;
use crate::failure::Failure;

/// The port on which mail servers speak TLS from the start.
const SMTPS: u16 = 465;

/// Options of `serve` as they were given: on the command line or, through clap, in the environment.
#[derive(Args, Serialize)]
pub(crate) struct ServeOptions {
    /// Development: published credentials, no set-up, for this machine only
    #[arg(long, env = "DEALWRIGHT_DEV", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[serde(skip_serializing_if = "Option::is_none")]
    dev: Option<bool>,

    #[command(flatten)]
    #[serde(flatten)]
    place: DataPlace,

    /// Address and port; port 0 takes a free one [default: 127.0.0.1:8080]
    #[arg(long, env = "DEALWRIGHT_LISTEN", value_name = "ADDR")]
    #[serde(skip_serializing_if = "Option::is_none")]
    listen: Option<SocketAddr>,

    /// How callers are treated where the reference service is stricter than its guides [default: lenient]
    #[arg(long, env = "DEALWRIGHT_COMPAT", value_name = "MODE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    compat: Option<CompatMode>,

    /// What PUT of one record does in v3, in lenient mode [default: guide]
    #[arg(long = "put-v3", env = "DEALWRIGHT_PUT_V3", value_name = "MODE")]
    #[serde(rename = "put_v3", skip_serializing_if = "Option::is_none")]
    put_v3: Option<PutMode>,

    /// Base URL at which clients reach this server [default: http:// and the address it listens on]
    #[arg(long, env = "DEALWRIGHT_PUBLIC_URL", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    public_url: Option<String>,

    /// Make the same ids in the same order at every start on an empty store
    #[arg(long, env = "DEALWRIGHT_SEED", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<u32>,

    /// Number of this server among those that share a database, 0 to 255 [default: 0]
    #[arg(long, env = "DEALWRIGHT_NODE", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<u8>,

    /// With --dev: write the addresses and credentials here once the server accepts connections
    #[arg(long, env = "DEALWRIGHT_ENV_FILE", value_name = "FILE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    env_file: Option<PathBuf>,

    /// With --dev: allow an address that other machines can reach, which lets them all in
    #[arg(
        long,
        env = "DEALWRIGHT_DEV_LISTEN_ANYWHERE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    #[serde(skip_serializing_if = "Option::is_none")]
    dev_listen_anywhere: Option<bool>,

    /// Mail server to send through, with its port: mail.example.com:587 [default: none; with --dev, a mailbox that
    /// can be read at /dev/mailbox]
    #[arg(long, env = "DEALWRIGHT_SMTP_SERVER", value_name = "HOST:PORT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    smtp_server: Option<String>,

    /// How the conversation with the mail server is kept from others [default: starttls; tls on port 465]
    #[arg(long, env = "DEALWRIGHT_SMTP_SECURITY", value_name = "MODE")]
    #[serde(skip_serializing_if = "Option::is_none")]
    smtp_security: Option<SmtpSecurity>,

    /// User to sign in as at the mail server
    #[arg(long, env = "DEALWRIGHT_SMTP_USER", value_name = "NAME")]
    #[serde(skip_serializing_if = "Option::is_none")]
    smtp_user: Option<String>,

    /// Password of that user; better given in the environment
    #[arg(long, env = "DEALWRIGHT_SMTP_PASSWORD", value_name = "PASSWORD", hide_env_values = true)]
    #[serde(skip_serializing_if = "Option::is_none")]
    smtp_password: Option<String>,

    /// Address of the organisation, which every user may send from: `Name <address>`
    #[arg(long, env = "DEALWRIGHT_MAIL_FROM", value_name = "ADDRESS")]
    #[serde(skip_serializing_if = "Option::is_none")]
    mail_from: Option<String>,

    /// Rows that one COQL query may ask for [default: as published for the version, 200 or 2000]
    #[arg(long, env = "DEALWRIGHT_COQL_ROWS", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    coql_rows: Option<u64>,

    /// Rows that limit and offset of COQL may reach [default: as published, 10000 or 100000]
    #[arg(long, env = "DEALWRIGHT_COQL_REACH", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    coql_reach: Option<u64>,

    /// Records that the pages of a search may reach [default: as published, 2000]
    #[arg(long, env = "DEALWRIGHT_SEARCH_REACH", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    search_reach: Option<u32>,

    /// Records that page numbers of a list may reach [default: as published, 2000, and no end before v3]
    #[arg(long, env = "DEALWRIGHT_PAGE_REACH", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    page_reach: Option<u32>,

    /// Proxies that are believed when they name the address of a client in X-Forwarded-For: addresses and networks with
    /// commas between them, 127.0.0.1,10.0.0.0/8 [default: none]
    #[arg(long, env = "DEALWRIGHT_TRUSTED_PROXY", value_name = "LIST")]
    #[serde(skip_serializing_if = "Option::is_none")]
    trusted_proxy: Option<String>,

    /// Connections at a time [default: 10000, or what the limit of open files leaves]
    #[arg(long, env = "DEALWRIGHT_CONNECTIONS", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<usize>,

    /// Connections at a time from one address that is no trusted proxy [default: 1024]
    #[arg(long, env = "DEALWRIGHT_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    connections_per_address: Option<usize>,

    /// Organisations that are open at a time; of others, those close that nobody has asked for longest [default: 64]
    #[arg(long, env = "DEALWRIGHT_OPEN_ORGS", value_name = "NUMBER")]
    #[serde(skip_serializing_if = "Option::is_none")]
    open_orgs: Option<usize>,

    /// Form of the log lines [default: human on a terminal, json elsewhere]
    #[arg(long, env = "DEALWRIGHT_LOG_FORMAT", value_name = "FORMAT")]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_format: Option<LogFormat>,

    /// Least level that is logged: error, warn, info, debug (a line per request), trace; or a list of
    /// target=level [default: info]
    #[arg(long, env = "DEALWRIGHT_LOG_LEVEL", value_name = "LEVEL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    log_level: Option<String>,

    /// Send traces to this OpenTelemetry collector (OTLP over HTTP); off without it
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    #[serde(skip_serializing_if = "Option::is_none")]
    otlp_endpoint: Option<String>,
}

/// The configuration after all sources were read.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) dev: bool,
    pub(crate) data: PathBuf,
    pub(crate) listen: SocketAddr,
    pub(crate) database: Option<String>,
    pub(crate) s3_bucket: Option<String>,
    pub(crate) s3_prefix: Option<String>,
    pub(crate) s3_region: String,
    pub(crate) s3_endpoint: Option<String>,
    pub(crate) s3_access_key_id: Option<String>,
    pub(crate) s3_secret_access_key: Option<Hidden>,
    pub(crate) compat: CompatMode,
    pub(crate) put_v3: PutMode,
    pub(crate) public_url: Option<String>,
    pub(crate) seed: Option<u32>,
    pub(crate) node: u8,
    pub(crate) env_file: Option<PathBuf>,
    pub(crate) dev_listen_anywhere: bool,
    pub(crate) smtp_server: Option<String>,
    pub(crate) smtp_security: Option<SmtpSecurity>,
    pub(crate) smtp_user: Option<String>,
    pub(crate) smtp_password: Option<String>,
    pub(crate) mail_from: Option<String>,
    pub(crate) coql_rows: Option<u64>,
    pub(crate) coql_reach: Option<u64>,
    pub(crate) search_reach: Option<u32>,
    pub(crate) page_reach: Option<u32>,
    pub(crate) trusted_proxy: Option<String>,
    pub(crate) connections: Option<usize>,
    pub(crate) connections_per_address: Option<usize>,
    pub(crate) open_orgs: Option<usize>,
    pub(crate) log_format: Option<LogFormat>,
    pub(crate) log_level: String,
    pub(crate) otlp_endpoint: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            dev: false,
            data: "dealwright-data".into(),
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080),
            database: None,
            s3_bucket: None,
            s3_prefix: None,
            s3_region: "us-east-1".to_owned(),
            s3_endpoint: None,
            s3_access_key_id: None,
            s3_secret_access_key: None,
            compat: CompatMode::Lenient,
            put_v3: PutMode::Guide,
            public_url: None,
            seed: None,
            node: 0,
            env_file: None,
            dev_listen_anywhere: false,
            smtp_server: None,
            smtp_security: None,
            smtp_user: None,
            smtp_password: None,
            mail_from: None,
            coql_rows: None,
            coql_reach: None,
            search_reach: None,
            page_reach: None,
            trusted_proxy: None,
            connections: None,
            connections_per_address: None,
            open_orgs: None,
            log_format: None,
            log_level: "info".to_owned(),
            otlp_endpoint: None,
        }
    }
}

/// A text that is never shown.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden(String);

impl From<String> for Hidden {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum CompatMode {
    /// Accept what guides show and the reference service refuses
    Lenient,
    /// Answer as the reference service does, refusals and limits included
    Strict,
}

impl From<CompatMode> for Compat {
    fn from(mode: CompatMode) -> Self {
        match mode {
            CompatMode::Lenient => Self::Lenient,
            CompatMode::Strict => Self::Strict,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum PutMode {
    /// Replace the record when the body holds every mandatory field and no official SDK sent it; else merge
    Guide,
    /// Change the fields that are named, as the reference service does
    Merge,
    /// Empty the fields that are not named
    Replace,
}

impl From<PutMode> for PutV3 {
    fn from(mode: PutMode) -> Self {
        match mode {
            PutMode::Guide => Self::Guide,
            PutMode::Merge => Self::Merge,
            PutMode::Replace => Self::Replace,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SmtpSecurity {
    /// In the clear until both agree on TLS, which they must
    #[value(name = "starttls")]
    StartTls,
    /// TLS from the start
    Tls,
    /// In the clear, for a mail server on the same machine or network
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    Human,
    Json,
}

impl Settings {
    /// Puts the sources together and refuses what cannot work.
    pub(crate) fn read(options: ServeOptions) -> Result<Self, Failure> {
        let settings = Self::gather(options.place.config.clone(), options)?;
        settings.check()?;
        Ok(settings)
    }

    /// Puts the sources together: defaults, a file, what was given on the command line and in the environment.
    pub(crate) fn gather(config: Option<PathBuf>, options: impl Serialize) -> Result<Self, Failure> {
        let mut sources = Figment::from(Serialized::defaults(Self::default()));
        if let Some(file) = &config {
            if !file.is_file() {
                return Err(Failure::Configuration(format!(
                    "there is no configuration file {}",
                    file.display()
                )));
            }
            sources = sources.merge(Toml::file_exact(file));
        }
        let settings: Self = sources
            .merge(Serialized::defaults(options))
            .extract()
            .map_err(|error| Failure::Configuration(error.to_string().replace('\n', " ")))?;
        check_database(settings.database.as_deref())?;
        Ok(settings)
    }

    /// How much queries may ask for.
    pub(crate) fn ceilings(&self) -> Ceilings {
        Ceilings {
            coql_rows: self.coql_rows,
            coql_reach: self.coql_reach,
            search_reach: self.search_reach,
            page_reach: self.page_reach,
            tried_rows: None,
        }
    }

    /// What connections may take.
    pub(crate) fn limits(&self) -> Result<Limits, Failure> {
        let usual = Limits::default();
        let proxies = Proxies::parse(self.trusted_proxy.as_deref().unwrap_or_default())
            .map_err(|error| Failure::Configuration(format!("--trusted-proxy: {error}")))?;
        let connections = self.connections.unwrap_or(usual.connections);
        let per_address = self.connections_per_address.unwrap_or(usual.per_address);
        if connections == 0 || per_address == 0 {
            return Err(Failure::Configuration(
                "nobody could connect; give --connections and --connections-per-address a number".to_owned(),
            ));
        }
        Ok(Limits { proxies, connections, per_address, ..usual })
    }

    fn check(&self) -> Result<(), Failure> {
        let refuse = |text: String| Err(Failure::Configuration(text));
        if self.dev && !self.listen.ip().is_loopback() && !self.dev_listen_anywhere {
            return refuse(format!(
                "a development server has published credentials and listens on loopback only, not on {}; \
                 add --dev-listen-anywhere if everybody who reaches this machine may have the data",
                self.listen
            ));
        }
        if self.env_file.is_some() && !self.dev {
            return refuse(
                "--env-file goes with --dev: a production server has no credentials to publish".to_owned(),
            );
        }
        if let Some(url) = &self.public_url {
            check_public_url(url)?;
        }
        if self.coql_rows == Some(0) || self.coql_reach == Some(0) {
            return refuse(
                "a query has to reach at least one row; give --coql-rows and --coql-reach a number"
                    .to_owned(),
            );
        }
        self.limits()?;
        self.bucket()?;
        self.mail()?;
        check_database(self.database.as_deref())
    }

    /// The bucket for uploaded files, if there is one: named, with both halves of its key.
    fn bucket(&self) -> Result<Option<S3>, Failure> {
        let refuse = |text: &str| Err(Failure::Configuration(text.to_owned()));
        let Some(bucket) = &self.s3_bucket else {
            if self.s3_endpoint.is_some()
                || self.s3_access_key_id.is_some()
                || self.s3_secret_access_key.is_some()
            {
                return refuse("options of S3 are given without a bucket; name one with --s3-bucket");
            }
            return Ok(None);
        };
        let (Some(access_key_id), Some(secret)) = (&self.s3_access_key_id, &self.s3_secret_access_key) else {
            return refuse(
                "the bucket needs an access key: DEALWRIGHT_S3_ACCESS_KEY_ID and DEALWRIGHT_S3_SECRET_ACCESS_KEY",
            );
        };
        if let Some(endpoint) = &self.s3_endpoint
            && !endpoint.starts_with("http://")
            && !endpoint.starts_with("https://")
        {
            return refuse("the endpoint of S3 does not start with http:// or https://");
        }
        Ok(Some(S3 {
            bucket: bucket.clone(),
            prefix: self.s3_prefix.clone().unwrap_or_default(),
            region: self.s3_region.clone(),
            endpoint: self.s3_endpoint.clone(),
            access_key_id: access_key_id.clone(),
            secret_access_key: Secret(secret.0.clone()),
        }))
    }

    /// How mail is sent: through the mail server that is named, else into the mailbox of a development server, else
    /// not at all.
    pub(crate) fn mail(&self) -> Result<Mail, Failure> {
        let Some(server) = &self.smtp_server else {
            let useless = [
                ("--smtp-security", self.smtp_security.is_some()),
                ("--smtp-user", self.smtp_user.is_some()),
                ("--smtp-password", self.smtp_password.is_some()),
                ("--mail-from", self.mail_from.is_some()),
            ];
            return match useless.iter().find(|(_, given)| *given) {
                Some((option, _)) => Err(Failure::Configuration(format!(
                    "{option} goes with --smtp-server, which names the mail server"
                ))),
                None if self.dev => Ok(Mail::Mailbox),
                None => Ok(Mail::Off),
            };
        };
        let refuse = |text: String| Failure::Configuration(text);
        let (host, port) = server
            .rsplit_once(':')
            .and_then(|(host, port)| {
                Some((host.trim_matches(['[', ']']).to_owned(), port.parse::<u16>().ok()?))
            })
            .filter(|(host, _)| !host.is_empty())
            .ok_or_else(|| {
                refuse(format!("the mail server {server:?} is no name and port: mail.example.com:587"))
            })?;
        let security = match self.smtp_security {
            Some(SmtpSecurity::Tls) => Security::Tls,
            Some(SmtpSecurity::None) => Security::None,
            None if port == SMTPS => Security::Tls,
            None | Some(SmtpSecurity::StartTls) => Security::StartTls,
        };
        let login = match (&self.smtp_user, &self.smtp_password) {
            (Some(user), Some(password)) => Some((user.clone(), password.clone())),
            (None, None) => None,
            _ => return Err(refuse("--smtp-user and --smtp-password go together".to_owned())),
        };
        let org_address = match &self.mail_from {
            None => None,
            Some(text) => {
                Some(address(text).ok_or_else(|| refuse(format!("{text:?} is no address to send from")))?)
            }
        };
        Ok(Mail::Smtp(Smtp { host, port, security, login, org_address }))
    }

    pub(crate) fn storage(&self) -> Result<Storage, Failure> {
        let bucket = self.bucket()?;
        Ok(Storage { folder: self.data.clone(), postgres: self.database.clone(), bucket })
    }
}

/// `Name <address>`, or the address alone.
fn address(text: &str) -> Option<Address> {
    match text.trim().strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, email)) => Address::new(Some(name.trim().trim_matches('"')), email.trim()),
        None => Address::new(None, text.trim()),
    }
}

pub(crate) fn check_public_url(url: &str) -> Result<(), Failure> {
    let rest = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let Some(host) = rest else {
        let text = format!("the public URL {url:?} does not start with http:// or https://");
        return Err(Failure::Configuration(text));
    };
    let host = host.trim_end_matches('/');
    if host.is_empty() || host.contains(['/', '?', '#', '@', ' ']) {
        return Err(Failure::Configuration(format!(
            "the public URL {url:?} is more than a scheme, a host and perhaps a port; the server answers at the root of a host"
        )));
    }
    Ok(())
}

/// Only the scheme is looked at; the URL is not repeated, it may hold a password.
pub(crate) fn check_database(url: Option<&str>) -> Result<(), Failure> {
    match url {
        Some(url) if !url.starts_with("postgres://") && !url.starts_with("postgresql://") => {
            Err(Failure::Configuration(
                "the database URL does not start with postgres:// or postgresql://".to_owned(),
            ))
        }
        _ => Ok(()),
    }
}
