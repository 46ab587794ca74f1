//! What hangs on a record, beside the plain read of one: a related list of 200 rows, a record with three subforms of 50
//! rows, the conversion of a lead. The plain read of the same run is the measure, so that only ratios count.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::{Value, json};

use crate::client::Connection;
use crate::load::{Figures, Outcome, Plan, drive};
use crate::report::Engine;
use crate::run::{Database, find_server};
use crate::system::System;

/// Accounts, each with a page of contacts.
const ACCOUNTS: usize = 10;
const CONTACTS: usize = 200;
/// Records with subforms, and rows in each of their three subforms.
const WHOLES: usize = 20;
const ROWS: usize = 50;
const SUBFORMS: [&str; 3] = ["Rows One", "Rows Two", "Rows Three"];
/// Leads to convert; each can be converted once.
const LEADS: usize = 1_000;
/// Reads take turns so often.
const ROUNDS: u32 = 3;

#[derive(Args)]
pub(crate) struct AroundOptions {
    /// The server's binary; by default the one beside this program
    #[arg(long)]
    server: Option<PathBuf>,
    /// A URL of a `PostgreSQL` whose user may create databases; without it SQLite is measured
    #[arg(long)]
    database: Option<String>,
    /// How long each read is measured
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
}

/// Measures and prints the table.
pub(crate) async fn around(options: AroundOptions) -> Result<()> {
    let directory = tempfile::Builder::new().prefix("dealwright-bench-").tempdir()?;
    let engine = if options.database.is_some() { Engine::Postgres } else { Engine::Sqlite };
    let database = Database::create(engine, "around", options.database.as_deref(), directory.path()).await?;
    let binary = find_server(options.server.as_deref())?;
    let url = options.database.is_some().then_some(database.location.as_str());
    let system = System::server(&binary, engine.name(), url, directory.path()).await?;
    let stage = Stage::fill(&system).await?;
    database.settle().await?;

    let seconds = Duration::from_secs_f64(options.seconds) / ROUNDS;
    let reads = [
        ("plain record read", &stage.plain),
        ("related list, 200 rows", &stage.lists),
        ("record, 3 × 50 rows", &stage.wholes),
    ];
    let mut outcomes: Vec<Outcome> = reads.iter().map(|_| Outcome::default()).collect();
    for _ in 0..ROUNDS {
        for ((_, requests), outcome) in reads.iter().zip(&mut outcomes) {
            outcome.append(
                drive(&system.target.endpoint, (*requests).clone(), 1, Plan::AtRandom(seconds)).await?,
            );
        }
    }
    let conversions = drive(&system.target.endpoint, stage.conversions, 1, Plan::Once).await?;
    let mut rows: Vec<(&str, Figures)> =
        reads.iter().zip(&outcomes).map(|((name, _), outcome)| (*name, outcome.figures())).collect();
    rows.push(("convert lead", conversions.figures()));
    for (name, figures) in &rows {
        ensure!(figures.errors == 0, "{name}: {} errors", figures.errors);
    }
    println!("{}", table(engine.name(), &rows).trim_end());
    drop(system);
    database.remove().await
}

fn table(engine: &str, rows: &[(&str, Figures)]) -> String {
    let plain = rows.first().map_or(1, |(_, figures)| figures.p50_us.max(1));
    let mut out = format!(
        "\n{engine}, one connection\n{:<24}{:>10}{:>10}{:>10}{:>10}\n",
        "", "req/s", "p50 µs", "p99 µs", "ratio"
    );
    for (name, figures) in rows {
        let ratio = f64::from(figures.p50_us) / f64::from(plain);
        let _infallible = writeln!(
            out,
            "{name:<24}{:>10.0}{:>10}{:>10}{ratio:>10.2}",
            figures.requests_per_second, figures.p50_us, figures.p99_us
        );
    }
    out
}

/// The requests of each measurement.
struct Stage {
    plain: Vec<Vec<u8>>,
    lists: Vec<Vec<u8>>,
    wholes: Vec<Vec<u8>>,
    conversions: Vec<Vec<u8>>,
}

impl Stage {
    async fn fill(system: &System) -> Result<Self> {
        let mut connection = Connection::open(&system.target.endpoint).await?;
        let mut filler = Filler { system, connection: &mut connection };
        filler.subforms().await?;
        let accounts: Vec<Value> =
            (0..ACCOUNTS).map(|n| json!({"Account_Name": format!("Account {n}")})).collect();
        let accounts = filler.insert("Accounts", &accounts).await?;
        let mut contacts = Vec::new();
        for account in &accounts {
            let new: Vec<Value> = (0..CONTACTS)
                .map(|n| {
                    json!({
                        "Last_Name": format!("Contact {n}"), "First_Name": "Ada", "Account_Name": account,
                        "Email": format!("c{n}@a{account}.example.com"), "Phone": "+1 555 0100", "Mailing_City": "Nantucket",
                    })
                })
                .collect();
            contacts.extend(filler.insert("Contacts", &new).await?);
        }
        let row =
            |n: usize| json!({"Label": format!("Row {n}"), "Count": n, "Price": 12.5, "Due": "2030-01-31"});
        let rows: Vec<Value> = (0..ROWS).map(row).collect();
        let wholes: Vec<Value> = (0..WHOLES)
            .map(|n| {
                let mut record = json!({"Vendor_Name": format!("Vendor {n}")});
                for name in SUBFORMS {
                    record[name.replace(' ', "_")] = json!(rows);
                }
                record
            })
            .collect();
        let mut vendors = Vec::new();
        for part in wholes.chunks(5) {
            vendors.extend(filler.insert("Vendors", part).await?);
        }
        let leads: Vec<Value> = (0..LEADS)
            .map(|n| {
                json!({
                    "Last_Name": format!("Lead {n}"), "First_Name": "Ada", "Company": format!("Company {n}"),
                    "Email": format!("lead{n}@example.com"), "Phone": "+1 555 0100", "City": "Nantucket",
                })
            })
            .collect();
        let leads = filler.insert("Leads", &leads).await?;

        let target = &system.target;
        let read = |path: String| target.request("GET", &format!("/crm/v8/{path}"), b"");
        let fields = "Last_Name,First_Name,Email,Phone,Account_Name,Owner,Mailing_City,Modified_Time";
        let whole = filler.whole(&vendors[0]).await?;
        for name in SUBFORMS {
            let shown = whole[name.replace(' ', "_")].as_array().map_or(0, Vec::len);
            ensure!(shown == ROWS, "{name} shows {shown} rows");
        }
        let body = json!({"data": [{"Deals": {"Deal_Name": "Boat", "Closing_Date": "2030-01-31", "Stage": "Qualification"}}]});
        let body = serde_json::to_vec(&body)?;
        Ok(Self {
            plain: contacts.iter().map(|id| read(format!("Contacts/{id}"))).collect(),
            lists: accounts
                .iter()
                .map(|id| read(format!("Accounts/{id}/Contacts?fields={fields}&per_page=200")))
                .collect(),
            wholes: vendors.iter().map(|id| read(format!("Vendors/{id}"))).collect(),
            conversions: leads
                .iter()
                .map(|id| target.request("POST", &format!("/crm/v8/Leads/{id}/actions/convert"), &body))
                .collect(),
        })
    }
}

/// Makes the records.
struct Filler<'a> {
    system: &'a System,
    connection: &'a mut Connection,
}

impl Filler<'_> {
    async fn subforms(&mut self) -> Result<()> {
        for label in SUBFORMS {
            let field = json!({
                "field_label": label,
                "data_type": "subform",
                "subform": {"fields": [
                    {"field_label": "Label", "data_type": "text", "length": 80},
                    {"field_label": "Count", "data_type": "integer"},
                    {"field_label": "Price", "data_type": "currency"},
                    {"field_label": "Due", "data_type": "date"},
                ]},
            });
            let body = serde_json::to_vec(&json!({"fields": [field]}))?;
            let request = self.system.target.request("POST", "/crm/v8/settings/fields?module=Vendors", &body);
            self.connection.json(&request).await.with_context(|| format!("creating the subform {label}"))?;
        }
        Ok(())
    }

    async fn insert(&mut self, module: &str, records: &[Value]) -> Result<Vec<String>> {
        let mut ids = Vec::with_capacity(records.len());
        for part in records.chunks(100) {
            let body = serde_json::to_vec(&json!({"data": part}))?;
            let request = self.system.target.request("POST", &format!("/crm/v8/{module}"), &body);
            let answer = self.connection.json(&request).await.with_context(|| format!("filling {module}"))?;
            let rows = answer["data"].as_array().map_or(&[][..], Vec::as_slice);
            ids.extend(rows.iter().filter_map(|row| row["details"]["id"].as_str().map(str::to_owned)));
        }
        ensure!(ids.len() == records.len(), "{} of {} {module} were stored", ids.len(), records.len());
        Ok(ids)
    }

    async fn whole(&mut self, id: &str) -> Result<Value> {
        let request = self.system.target.request("GET", &format!("/crm/v8/Vendors/{id}"), b"");
        Ok(self.connection.json(&request).await?["data"][0].clone())
    }
}
