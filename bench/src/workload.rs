//! The workloads, and the requests that make them up.
//!
//! Requests are made before the clock starts. A floor and the server receive the same ones, but for searches: a floor
//! is given stage, bounds and prefix as parameters of their own, which makes it faster and the target harder. `PocketBase` is
//! asked in its own way, see [`crate::pocketbase`].

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Deserialize;
use serde_json::Value;

use crate::client::{Endpoint, percent_encode};
use crate::model::{MAX_AMOUNT, Random, STAGES, three_words, write_new_deal};
use crate::pocketbase;

/// Records in one insert or update.
pub(crate) const BATCH: u64 = 100;
/// How wide a search is: with ten stages and amounts up to a million it matches 0.2 % of the records.
pub(crate) const SEARCH_WIDTH: u64 = 20_000;
pub(crate) const LIST_FIELDS: &str =
    "Deal_Name,Amount,Stage,Closing_Date,Owner,Probability,Type,Lead_Source,Modified_Time";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Workload {
    /// One whole record by its id
    Get,
    /// A page of 200 records with ten fields, newest first
    List,
    /// One stage and a range of amounts, ten fields
    Search,
    /// The first three words of the name, ten fields
    Prefix,
    /// A hundred new records
    Insert,
    /// Four fields of a hundred records
    Update,
}

impl Workload {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Search => "search",
            Self::Prefix => "prefix",
            Self::Insert => "insert",
            Self::Update => "update",
        }
    }
}

/// How a system expects a search, and with it all else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Searches {
    /// `criteria=…`, as in the API
    Criteria,
    /// `stage=…&lo=…&hi=…` or `prefix=…`, as a floor reads it
    Parts,
    /// `filter=…`, and the paths and bodies of `PocketBase`
    Filter,
}

/// What one request asks for.
pub(crate) enum Ask<'a> {
    Get {
        id: &'a str,
    },
    List {
        page: u64,
    },
    Search {
        stage: &'a str,
        low: u64,
        high: u64,
    },
    Prefix {
        words: &'a str,
    },
    /// Records from the index `first` on
    Insert {
        first: u64,
        records: u64,
    },
    Update(&'a [Change<'a>]),
}

/// Four new values of a record.
pub(crate) struct Change<'a> {
    pub id: &'a str,
    /// As JSON, without the braces around them
    pub fields: String,
}

/// A system to be measured, as its client knows it.
pub(crate) struct Target {
    pub endpoint: Endpoint,
    pub authorization: Option<String>,
    pub searches: Searches,
    /// Of records that exist
    pub ids: Vec<String>,
}

impl Target {
    pub(crate) fn request(&self, method: &str, path: &str, body: &[u8]) -> Vec<u8> {
        self.endpoint.request(method, path, self.authorization.as_deref(), body)
    }

    /// Requests to draw from at random. Inserts are not drawn but sent once, see [`Target::inserts`].
    pub(crate) fn requests(&self, workload: Workload) -> Result<Vec<Vec<u8>>> {
        let (random, count) = match workload {
            Workload::Get => (&mut Random::new(11), 20_000),
            _ => (&mut Random::new(13), 400),
        };
        if matches!(workload, Workload::Get | Workload::Update) {
            ensure!(self.ids.len() as u64 >= BATCH, "{} ids are too few", self.ids.len());
        }
        Ok((0..count)
            .map(|_| match workload {
                Workload::Get => {
                    self.ask(&Ask::Get { id: &self.ids[random.below(self.ids.len() as u64) as usize] })
                }
                Workload::List => self.ask(&Ask::List { page: 1 + random.below(10) }),
                Workload::Search => {
                    let (stage, low) = (random.pick(&STAGES), random.below(MAX_AMOUNT - SEARCH_WIDTH));
                    self.ask(&Ask::Search { stage, low, high: low + SEARCH_WIDTH })
                }
                Workload::Prefix => self.ask(&Ask::Prefix { words: &three_words(random) }),
                Workload::Update => self.ask(&Ask::Update(&self.changes(random))),
                Workload::Insert => self.ask(&Ask::Insert { first: random.below(u64::MAX), records: BATCH }),
            })
            .collect())
    }

    /// Requests for `records` new records, the first with index `first`.
    pub(crate) fn inserts(&self, first: u64, records: u64) -> Vec<Vec<u8>> {
        let end = first + records;
        let batches = (first..end).step_by(BATCH as usize);
        batches.map(|first| self.ask(&Ask::Insert { first, records: BATCH.min(end - first) })).collect()
    }

    /// The request of a question, as the system wants to be asked.
    fn ask(&self, ask: &Ask<'_>) -> Vec<u8> {
        if self.searches == Searches::Filter {
            return pocketbase::request(self, ask);
        }
        match ask {
            Ask::Get { id } => self.request("GET", &format!("/crm/v8/Deals/{id}"), b""),
            Ask::List { page } => {
                let order = "sort_by=Modified_Time&sort_order=desc";
                let path = format!("/crm/v8/Deals?fields={LIST_FIELDS}&{order}&per_page=200&page={page}");
                self.request("GET", &path, b"")
            }
            Ask::Search { stage, low, high } => self.find(&match self.searches {
                Searches::Parts => format!("stage={}&lo={low}&hi={high}", percent_encode(stage)),
                _ => criteria(&format!("((Stage:equals:{stage})and(Amount:between:{low},{high}))")),
            }),
            Ask::Prefix { words } => self.find(&match self.searches {
                Searches::Parts => format!("prefix={}", percent_encode(words)),
                _ => criteria(&format!("(Deal_Name:starts_with:{words})")),
            }),
            Ask::Insert { first, records } => self.insert(*first, *records),
            Ask::Update(changes) => self.update(changes),
        }
    }

    fn insert(&self, first: u64, records: u64) -> Vec<u8> {
        let mut body = b"{\"data\":[".to_vec();
        for index in 0..records {
            if index > 0 {
                body.push(b',');
            }
            write_new_deal(&mut body, first.wrapping_add(index));
        }
        body.extend_from_slice(b"]}");
        self.request("POST", "/crm/v8/Deals", &body)
    }

    fn find(&self, query: &str) -> Vec<u8> {
        self.request("GET", &format!("/crm/v8/Deals/search?{query}"), b"")
    }

    /// A hundred different records, in no order.
    fn changes(&self, random: &mut Random) -> Vec<Change<'_>> {
        let mut chosen: Vec<&str> = Vec::with_capacity(BATCH as usize);
        while chosen.len() < BATCH as usize {
            let id = self.ids[random.below(self.ids.len() as u64) as usize].as_str();
            if !chosen.contains(&id) {
                chosen.push(id);
            }
        }
        let change = |id| {
            let cents = random.below(MAX_AMOUNT * 100);
            let fields = format!(
                r#""Amount":{}.{:02},"Stage":"{}","Next_Step":"Visit {}","Score":{}"#,
                cents / 100,
                cents % 100,
                random.pick(&STAGES),
                random.below(1_000),
                random.below(1_000),
            );
            Change { id, fields }
        };
        chosen.into_iter().map(change).collect()
    }

    fn update(&self, changes: &[Change<'_>]) -> Vec<u8> {
        let mut body = String::from("{\"data\":[");
        for (position, Change { id, fields }) in changes.iter().enumerate() {
            let separator = if position == 0 { "" } else { "," };
            write!(body, r#"{separator}{{"id":"{id}",{fields}}}"#).expect("a String takes every byte");
        }
        body.push_str("]}");
        self.request("PUT", "/crm/v8/Deals", body.as_bytes())
    }

    /// How many records an answer has.
    pub(crate) fn rows(&self, body: &Value) -> usize {
        if self.searches == Searches::Filter { pocketbase::rows(body) } else { array_length(&body["data"]) }
    }

    /// The ids in the answers to inserts or updates. An error if a record was refused, with what the system said of it.
    pub(crate) fn stored_ids(&self, answers: &[Vec<u8>]) -> Result<Vec<String>> {
        if self.searches == Searches::Filter { pocketbase::stored_ids(answers) } else { stored_ids(answers) }
    }
}

pub(crate) fn array_length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

fn criteria(text: &str) -> String {
    format!("criteria={}&fields={LIST_FIELDS}&per_page=200&page=1", percent_encode(text))
}

/// [`Target::stored_ids`] of the API.
pub(crate) fn stored_ids(answers: &[Vec<u8>]) -> Result<Vec<String>> {
    #[derive(Deserialize)]
    struct Body {
        data: Vec<Outcome>,
    }
    #[derive(Deserialize)]
    struct Outcome {
        code: String,
        #[serde(default)]
        message: String,
        details: serde_json::Value,
    }
    let mut ids = Vec::with_capacity(answers.len() * BATCH as usize);
    for answer in answers {
        let body: Body = serde_json::from_slice(answer).context("reading the answer to a write")?;
        for outcome in body.data {
            let Outcome { code, message, details } = outcome;
            ensure!(code == "SUCCESS", "a record was refused: {code}, {message}, {details}");
            ids.push(details["id"].as_str().context("a stored record has no id")?.to_owned());
        }
    }
    Ok(ids)
}
