//! `PocketBase` as a peer: a backend in one binary over SQLite, with an API for the same records and none of a CRM's rules.
//!
//! What it cannot do like the server is in its favour, or said here. It commits with `synchronous=NORMAL` and knows nothing
//! else, so that its writes do not wait for the disk. A batch answers with all its records. Ids of eighteen digits are texts,
//! because its numbers are floating-point. `Created_Time` and `Modified_Time` are the server's own to set, as everywhere; what
//! our server works out (`Owner`, `Expected_Revenue`), the client sends.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::client::{Connection, Endpoint, percent_encode};
use crate::model::{NewDeal, write_new_deal};
use crate::system::{Process, START_LIMIT, System, free_address};
use crate::workload::{Ask, Change, LIST_FIELDS, Searches, Target, array_length};

pub(crate) const NAME: &str = "pocketbase";
const RECORDS: &str = "/api/collections/deals/records";
const MAIL: &str = "bench@example.com";
const PASSWORD: &str = "only-on-the-loopback-address";

/// Starts the binary on a folder of its own, and makes the collection.
pub(crate) async fn start(binary: &Path, directory: &Path) -> Result<System> {
    let data = directory.join(NAME);
    let command = |arguments: &[&str]| {
        let mut command = Command::new(binary);
        command.args(arguments).arg("--dir").arg(&data);
        command
    };
    let made = command(&["superuser", "upsert", MAIL, PASSWORD]).output();
    let made = made.with_context(|| format!("starting {}", binary.display()))?;
    ensure!(made.status.success(), "PocketBase: {}", String::from_utf8_lossy(&made.stderr));

    let address = free_address()?;
    let serve = command(&["serve", "--http", &address, "--automigrate=false"]);
    let mut process = Process::start(serve, directory.join(format!("{NAME}.log")))?;
    while tokio::net::TcpStream::connect(&address).await.is_err() {
        process.wait_a_little(START_LIMIT).await?;
    }
    let endpoint = Endpoint::parse(&format!("http://{address}"))?;
    let target = Target { endpoint, authorization: None, searches: Searches::Filter, ids: Vec::new() };
    let mut system = System::settle(NAME.to_owned(), process, target, data, PathBuf::new()).await?;
    system.target.authorization = Some(token(&system.target).await.context("signing in to PocketBase")?);
    set_up(&system.target).await.context("setting PocketBase up")?;
    Ok(system)
}

async fn token(target: &Target) -> Result<String> {
    let body = json!({"identity": MAIL, "password": PASSWORD}).to_string();
    let path = "/api/collections/_superusers/auth-with-password";
    let answer = call(target, "POST", path, &body).await?;
    Ok(answer["token"].as_str().with_context(|| format!("no token in {answer}"))?.to_owned())
}

/// Batches as large as the others', no log of requests, and the collection with the five indexes of the floors.
async fn set_up(target: &Target) -> Result<()> {
    let settings = json!({
        "batch": {"enabled": true, "maxRequests": 200, "timeout": 30, "maxBodySize": 64 << 20},
        "logs": {"maxDays": 0},
        "rateLimits": {"enabled": false},
    });
    call(target, "PATCH", "/api/settings", &settings.to_string()).await?;
    let of_type = |kind: &'static str, names: &[&str]| -> Vec<Value> {
        names.iter().map(|name| json!({"name": name, "type": kind})).collect()
    };
    let texts = [
        "Deal_Name",
        "Stage",
        "Account_Ref",
        "Contact_Ref",
        "Campaign_Ref",
        "Owner",
        "Type",
        "Lead_Source",
        "Next_Step",
        "Description",
        "Currency_Code",
        "Email_Address",
        "Phone_Number",
        "Website_Address",
        "External_Key",
        "Region",
    ];
    let mut fields = of_type("text", &texts);
    fields.extend(of_type("number", &["Amount", "Expected_Revenue", "Probability", "Rate", "Score"]));
    fields.extend(of_type("date", &["Closing_Date"]));
    fields.extend(of_type("bool", &["Is_Won"]));
    fields.push(json!({"name": "Created_Time", "type": "autodate", "onCreate": true}));
    fields.push(json!({"name": "Modified_Time", "type": "autodate", "onCreate": true, "onUpdate": true}));
    let indexes = [
        "CREATE INDEX deals_name ON deals (Deal_Name)",
        "CREATE INDEX deals_stage ON deals (Stage, Amount)",
        "CREATE INDEX deals_owner ON deals (Owner)",
        "CREATE INDEX deals_modified ON deals (Modified_Time)",
        "CREATE UNIQUE INDEX deals_key ON deals (External_Key)",
    ];
    let collection = json!({"name": "deals", "type": "base", "fields": fields, "indexes": indexes});
    call(target, "POST", "/api/collections", &collection.to_string()).await?;
    Ok(())
}

async fn call(target: &Target, method: &str, path: &str, body: &str) -> Result<Value> {
    let mut connection = Connection::open(&target.endpoint).await?;
    connection.json(&target.request(method, path, body.as_bytes())).await
}

/// A request of the workloads.
pub(crate) fn request(target: &Target, ask: &Ask<'_>) -> Vec<u8> {
    let page = |rest: &str| {
        let path = format!("{RECORDS}?fields=id,{LIST_FIELDS}&perPage=200&skipTotal=1&{rest}");
        target.request("GET", &path, b"")
    };
    match ask {
        Ask::Get { id } => target.request("GET", &format!("{RECORDS}/{id}"), b""),
        Ask::List { page: number } => page(&format!("sort=-Modified_Time&page={number}")),
        Ask::Search { stage, low, high } => {
            let filter = format!("Stage='{stage}' && Amount>={low} && Amount<={high}");
            page(&format!("filter={}", percent_encode(&filter)))
        }
        Ask::Prefix { words } => {
            page(&format!("filter={}", percent_encode(&format!("Deal_Name ~ '{words}%'"))))
        }
        Ask::Insert { first, records } => {
            let deals =
                (0..*records).map(|at| ("POST", RECORDS.to_owned(), new_deal(first.wrapping_add(at))));
            batch(target, deals)
        }
        Ask::Update(changes) => {
            let change = |Change { id, fields }: &Change<'_>| {
                ("PATCH", format!("{RECORDS}/{id}"), format!("{{{fields}}}"))
            };
            batch(target, changes.iter().map(change))
        }
    }
}

/// The record as the others are sent it, and with what they work out.
fn new_deal(index: u64) -> String {
    let mut body = Vec::new();
    write_new_deal(&mut body, index);
    let deal: NewDeal<'_> = serde_json::from_slice(&body).expect("the generator writes deals");
    let (owner, revenue) = (deal.owner(), deal.expected_revenue());
    let mut text = String::from_utf8_lossy(&body).into_owned();
    text.pop();
    text + &format!(r#","Owner":"{owner}","Expected_Revenue":{revenue}}}"#)
}

fn batch(target: &Target, requests: impl Iterator<Item = (&'static str, String, String)>) -> Vec<u8> {
    let requests =
        requests.map(|(method, url, body)| format!(r#"{{"method":"{method}","url":"{url}","body":{body}}}"#));
    let body = format!(r#"{{"requests":[{}]}}"#, requests.collect::<Vec<_>>().join(","));
    target.request("POST", "/api/batch", body.as_bytes())
}

/// How many records an answer has: a page, the outcomes of a batch, or one record.
pub(crate) fn rows(body: &Value) -> usize {
    match body {
        Value::Array(_) => array_length(body),
        _ if body["items"].is_array() => array_length(&body["items"]),
        _ => usize::from(body["id"].is_string()),
    }
}

/// The ids in the answers to batches.
pub(crate) fn stored_ids(answers: &[Vec<u8>]) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Outcome {
        status: u16,
        body: Value,
    }
    let mut ids = Vec::new();
    for answer in answers {
        let outcomes: Vec<Outcome> =
            serde_json::from_slice(answer).context("reading the answer to a batch")?;
        for Outcome { status, body } in outcomes {
            ensure!(status == 200, "a record was refused: {status}, {body}");
            ids.push(body["id"].as_str().context("a stored record has no id")?.to_owned());
        }
    }
    Ok(ids)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deal_is_sent_with_all_its_fields() {
        let deal: Value = serde_json::from_str(&new_deal(4321)).expect("JSON");
        assert_eq!(deal.as_object().map(serde_json::Map::len), Some(23));
        assert!(deal["Owner"].is_string() && deal["Expected_Revenue"].is_number());
    }
}
