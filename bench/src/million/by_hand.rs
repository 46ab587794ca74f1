//! The server's own tables, read without it: statements through the database's driver, rows written straight to the JSON
//! that the server answers with.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rusqlite::OpenFlags;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{Client, NoTls};

use crate::floor::record::{write_integer, write_time};
use crate::load::Outcome;
use crate::model::Random;

/// How a column of a statement becomes JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Kind {
    /// A string of digits
    Id,
    Text,
    /// Stored in hundredths
    Cents,
    Integer,
    /// `yyyy-MM-dd`
    Date,
    Time,
    /// A user, as an object
    Owner,
}

/// A statement with its arguments.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Statement {
    pub sql: String,
    pub arguments: Vec<Argument>,
    pub columns: Vec<(String, Kind)>,
}

impl Statement {
    pub(super) fn new(sql: String, arguments: Vec<Argument>, columns: &[(&str, Kind)]) -> Self {
        let columns = columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
        Self { sql, arguments, columns }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Argument {
    Number(i64),
    Text(String),
}

pub(super) struct ByHand {
    database: Connected,
    /// Tables of modules, and columns of `Module.Field`
    names: HashMap<String, String>,
    /// The one owner of all records, as JSON
    owner: Vec<u8>,
    buffer: Vec<u8>,
}

enum Connected {
    Sqlite(rusqlite::Connection),
    Postgres { client: Client, prepared: HashMap<String, tokio_postgres::Statement> },
}

impl ByHand {
    /// Opens the file of the one org in a server's folder, with the settings of the server's own readers.
    pub(super) fn sqlite(folder: &Path) -> Result<Self> {
        let is_org = |name: &str| {
            let number = name.strip_prefix("org_").and_then(|rest| rest.strip_suffix(".db"));
            number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let mut files = std::fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path()));
        let path = files
            .find(|path| path.file_name().and_then(|name| name.to_str()).is_some_and(is_org))
            .with_context(|| format!("no org in {}", folder.display()))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = rusqlite::Connection::open_with_flags(&path, flags)?;
        connection.create_collation("dw_letters", dealwright_wire::letters::compare)?;
        connection.execute_batch(
            "PRAGMA cache_size = -16384; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY;",
        )?;
        let documents = connection
            .prepare("SELECT doc FROM _modules")?
            .query_map([], |row| row.get::<_, String>(0))?
            .collect::<Result<Vec<_>, _>>()?;
        let names = names(&documents, |table| format!("\"{table}\""))?;
        Ok(Self::new(Connected::Sqlite(connection), names))
    }

    /// Connects to a server's database, in which one org has its schema.
    pub(super) async fn postgres(url: &str) -> Result<Self> {
        let (client, connection) =
            tokio_postgres::connect(url, NoTls).await.context("connecting to the database")?;
        tokio::spawn(connection);
        let find = "SELECT table_schema FROM information_schema.tables WHERE table_name = '_modules'";
        let schema: String = client.query_one(find, &[]).await.context("looking for the org")?.get(0);
        let rows = client.query(&format!("SELECT doc FROM \"{schema}\"._modules"), &[]).await?;
        let documents: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
        let names = names(&documents, |table| format!("\"{schema}\".\"{table}\""))?;
        Ok(Self::new(Connected::Postgres { client, prepared: HashMap::new() }, names))
    }

    fn new(database: Connected, names: HashMap<String, String>) -> Self {
        Self { database, names, owner: Vec::new(), buffer: Vec::new() }
    }

    /// What stands where a record shows its owner.
    pub(super) fn set_owner(&mut self, owner: &Value) {
        self.owner = owner.to_string().into_bytes();
    }

    /// The table of a module, or the column of a field, called `Module.Field`.
    pub(super) fn name(&self, of: &str) -> &str {
        self.names.get(of).map_or("missing", String::as_str)
    }

    /// A text expression as it is compared, without regard to case, so that the server's indexes serve it.
    pub(super) fn folded(&self, text: &str) -> String {
        match self.database {
            Connected::Sqlite(_) => format!("{text} COLLATE dw_letters"),
            Connected::Postgres { .. } => {
                let schema = self.name("Deals").split_once('.').map_or("public", |(schema, _)| schema);
                format!("{schema}.\"_letters_1\"({text} COLLATE \"C\")")
            }
        }
    }

    /// A text expression in the order of its exact case.
    pub(super) fn exact(&self, text: &str) -> String {
        match self.database {
            Connected::Sqlite(_) => text.to_owned(),
            Connected::Postgres { .. } => format!("{text} COLLATE \"C\""),
        }
    }

    /// Answers statements at random until the time is over, at least one.
    pub(super) async fn drive(&mut self, statements: &[Statement], duration: Duration) -> Result<Outcome> {
        let mut random = Random::new(17);
        let mut latencies_us = Vec::new();
        let started = Instant::now();
        while latencies_us.is_empty() || started.elapsed() < duration {
            let statement = &statements[random.below(statements.len() as u64) as usize];
            let asked = Instant::now();
            self.answer(statement).await?;
            latencies_us.push(asked.elapsed().as_micros() as u32);
        }
        Ok(Outcome::of(latencies_us, started.elapsed()))
    }

    /// The rows of a statement as the body of an answer.
    pub(super) async fn answer(&mut self, statement: &Statement) -> Result<Vec<u8>> {
        let Self { database, owner, buffer, .. } = self;
        let mut out = Answer { out: std::mem::take(buffer), owner };
        out.out.clear();
        out.out.extend_from_slice(b"{\"data\":[");
        match database {
            Connected::Sqlite(connection) => out.sqlite(connection, statement)?,
            Connected::Postgres { client, prepared } => {
                if !prepared.contains_key(&statement.sql) {
                    let text = statement.sql.replace('?', "$");
                    let one = client.prepare(&text).await.with_context(|| format!("preparing {text}"))?;
                    prepared.insert(statement.sql.clone(), one);
                }
                out.postgres(client, &prepared[&statement.sql], statement).await?;
            }
        }
        out.out.extend_from_slice(b"]}");
        let body = out.out;
        // The next answer has as much room again.
        *buffer = Vec::with_capacity(body.len());
        Ok(body)
    }
}

/// Tables and columns by the names of modules and fields.
fn names(documents: &[String], table: impl Fn(&str) -> String) -> Result<HashMap<String, String>> {
    let mut names = HashMap::new();
    for document in documents {
        let module: Value = serde_json::from_str(document).context("reading a module")?;
        let name = module["api_name"].as_str().unwrap_or_default();
        if let Some(stored) = module["table"].as_str() {
            names.insert(name.to_owned(), table(stored));
        }
        for field in module["fields"].as_array().into_iter().flatten() {
            if let (Some(field), Some(column)) = (field["api_name"].as_str(), field["column"].as_str()) {
                names.insert(format!("{name}.{field}"), format!("\"{column}\""));
            }
        }
    }
    Ok(names)
}

/// A body that is being written.
struct Answer<'a> {
    out: Vec<u8>,
    owner: &'a [u8],
}

impl Answer<'_> {
    fn sqlite(&mut self, connection: &rusqlite::Connection, asked: &Statement) -> Result<()> {
        let mut statement = connection.prepare_cached(&asked.sql)?;
        for (at, argument) in asked.arguments.iter().enumerate() {
            match argument {
                Argument::Number(number) => statement.raw_bind_parameter(at + 1, number)?,
                Argument::Text(text) => statement.raw_bind_parameter(at + 1, text)?,
            }
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            for (at, (key, kind)) in asked.columns.iter().enumerate() {
                self.key(at, key);
                let value = row.get_ref(at)?;
                match value {
                    rusqlite::types::ValueRef::Null => self.out.extend_from_slice(b"null"),
                    rusqlite::types::ValueRef::Text(text) => self.text(std::str::from_utf8(text)?),
                    _ => self.number(*kind, value.as_i64()?),
                }
            }
            self.out.push(b'}');
        }
        Ok(())
    }

    async fn postgres(
        &mut self,
        client: &Client,
        statement: &tokio_postgres::Statement,
        asked: &Statement,
    ) -> Result<()> {
        let arguments: Vec<&(dyn ToSql + Sync)> = asked
            .arguments
            .iter()
            .map(|argument| match argument {
                Argument::Number(number) => number as &(dyn ToSql + Sync),
                Argument::Text(text) => text as &(dyn ToSql + Sync),
            })
            .collect();
        for row in client.query(statement, &arguments).await? {
            for (at, (key, kind)) in asked.columns.iter().enumerate() {
                self.key(at, key);
                let value: Option<Bytes<'_>> = row.try_get(at)?;
                let Some(Bytes(bytes, of)) = value else {
                    self.out.extend_from_slice(b"null");
                    continue;
                };
                match of {
                    Of::Text => self.text(std::str::from_utf8(bytes)?),
                    Of::Number => self.number(*kind, integer(bytes)?),
                    // Days and microseconds since 2000.
                    Of::Date => self.date(integer(bytes)? + 10_957),
                    Of::Time => self.number(*kind, integer(bytes)?.div_euclid(1_000_000) + 946_684_800),
                }
            }
            self.out.push(b'}');
        }
        Ok(())
    }

    fn key(&mut self, at: usize, key: &str) {
        let before: &[u8] = match (at, self.out.last()) {
            (0, Some(b'}')) => b",{\"",
            (0, _) => b"{\"",
            _ => b",\"",
        };
        self.out.extend_from_slice(before);
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
    }

    fn text(&mut self, text: &str) {
        serde_json::to_writer(&mut self.out, text).expect("a Vec takes every byte");
    }

    fn number(&mut self, kind: Kind, number: i64) {
        match kind {
            Kind::Id => {
                self.out.push(b'"');
                write_integer(&mut self.out, number);
                self.out.push(b'"');
            }
            Kind::Cents => {
                write_integer(&mut self.out, number / 100);
                let cents = number % 100;
                if cents != 0 {
                    self.out.extend_from_slice(&[b'.', b'0' + (cents / 10) as u8, b'0' + (cents % 10) as u8]);
                }
            }
            Kind::Time => write_time(&mut self.out, number),
            Kind::Owner => self.out.extend_from_slice(self.owner),
            Kind::Integer | Kind::Text | Kind::Date => write_integer(&mut self.out, number),
        }
    }

    /// A day since 1970: the first ten characters of its midnight.
    fn date(&mut self, day: i64) {
        let start = self.out.len();
        write_time(&mut self.out, day * 86_400);
        self.out.truncate(start + 11);
        self.out.push(b'"');
    }
}

/// What a value of `PostgreSQL` is, as far as it matters here.
#[derive(Clone, Copy)]
enum Of {
    Text,
    Number,
    Date,
    Time,
}

/// A value as it comes over the wire.
struct Bytes<'a>(&'a [u8], Of);

impl<'a> FromSql<'a> for Bytes<'a> {
    fn from_sql(
        kind: &Type,
        raw: &'a [u8],
    ) -> std::result::Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(
            raw,
            match *kind {
                Type::TEXT | Type::VARCHAR => Of::Text,
                Type::DATE => Of::Date,
                Type::TIMESTAMPTZ => Of::Time,
                _ => Of::Number,
            },
        ))
    }

    fn accepts(kind: &Type) -> bool {
        [Type::TEXT, Type::VARCHAR, Type::INT4, Type::INT8, Type::DATE, Type::TIMESTAMPTZ].contains(kind)
    }
}

fn integer(bytes: &[u8]) -> Result<i64> {
    Ok(match bytes.len() {
        4 => i32::from_be_bytes(bytes.try_into()?).into(),
        8 => i64::from_be_bytes(bytes.try_into()?),
        other => bail!("{other} bytes are no number"),
    })
}
