//! What is asked: as requests to the server, and as statements that give the same rows.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::by_hand::{Argument, ByHand, Kind, Statement};
use crate::client::{Connection, percent_encode};
use crate::model::{MAX_AMOUNT, Random, STAGES};
use crate::workload::{LIST_FIELDS, SEARCH_WIDTH, Target};

/// Different requests of a question.
const REQUESTS: u64 = 100;
/// The row whose page a token leads to, where there are so many.
const DEEP: u64 = 90_000;
const PAGE: u64 = 200;

/// The ten fields of a list.
const LISTED: [(&str, Kind); 10] = [
    ("Deal_Name", Kind::Text),
    ("Amount", Kind::Cents),
    ("Stage", Kind::Text),
    ("Closing_Date", Kind::Date),
    ("Owner", Kind::Owner),
    ("Probability", Kind::Integer),
    ("Type", Kind::Text),
    ("Lead_Source", Kind::Text),
    ("Modified_Time", Kind::Time),
    ("id", Kind::Id),
];

/// Ten columns of a query, three of them of other records.
const JOINED: [(&str, Kind); 10] = [
    ("Deal_Name", Kind::Text),
    ("Amount", Kind::Cents),
    ("Stage", Kind::Text),
    ("Closing_Date", Kind::Date),
    ("Probability", Kind::Integer),
    ("Type", Kind::Text),
    ("Account_Name.Account_Name", Kind::Text),
    ("Account_Name.Industry", Kind::Text),
    ("Account_Name.Parent_Account.Account_Name", Kind::Text),
    ("id", Kind::Id),
];

pub(super) struct Question {
    pub name: &'static str,
    pub requests: Vec<Vec<u8>>,
    /// One for each request; none where there is no plain statement for it
    pub by_hand: Vec<Statement>,
    /// What tells rows apart
    pub key: &'static str,
    /// Answers are long enough for the ratio to have a target.
    pub has_target: bool,
}

/// What has to be looked up in a filled server.
pub(super) struct Stage {
    pub owner: Value,
    /// The token of the deep page, and the last id before it
    deep: (String, i64),
    deals: u64,
}

impl Stage {
    /// Walks from page to page until the deep one is reached.
    pub(super) async fn look(target: &Target, connection: &mut Connection, deals: u64) -> Result<Self> {
        let pages = (DEEP.min(deals - 1) / PAGE).max(1);
        let mut token = None;
        let (mut owner, mut last) = (Value::Null, 0);
        for page in 0..pages {
            let path = page_path(token.as_deref());
            let answer = connection.json(&target.request("GET", &path, b"")).await?;
            let next = answer["info"]["next_page_token"].as_str();
            token = Some(next.with_context(|| format!("page {page} has no token"))?.to_owned());
            let row = answer["data"].as_array().and_then(|rows| rows.last()).cloned().unwrap_or_default();
            last = row["id"].as_str().unwrap_or_default().parse().context("the id of a row")?;
            owner = row["Owner"].clone();
        }
        Ok(Self { owner, deep: (token.unwrap_or_default(), last), deals })
    }
}

fn page_path(token: Option<&str>) -> String {
    let token = token.map_or_else(String::new, |token| format!("&page_token={}", percent_encode(token)));
    format!("/crm/v8/Deals?fields={LIST_FIELDS}&per_page={PAGE}{token}")
}

/// All questions, in the order in which they are asked.
pub(super) fn questions(target: &Target, by_hand: &ByHand, stage: &Stage) -> Vec<Question> {
    let ask = Asking { target, by_hand, stage };
    vec![
        ask.list(),
        ask.first_page(),
        ask.deep_page(),
        ask.search(),
        ask.word("word, of one deal", |random| random.below(stage.deals).to_string()),
        ask.word("word, of many deals", |random| random.pick(&["turbines", "sensors", "valves"]).to_owned()),
        ask.joins(),
        ask.groups(),
    ]
}

struct Asking<'a> {
    target: &'a Target,
    by_hand: &'a ByHand,
    stage: &'a Stage,
}

impl Asking<'_> {
    fn list(&self) -> Question {
        let pages = (self.stage.deals / PAGE).clamp(1, 10);
        let order = "sort_by=Modified_Time&sort_order=desc";
        let path =
            |page: u64| format!("/crm/v8/Deals?fields={LIST_FIELDS}&{order}&per_page={PAGE}&page={page}");
        let modified = self.by_hand.name("Deals.Modified_Time");
        let tail = format!("ORDER BY t.{modified} DESC, t.id DESC LIMIT {PAGE} OFFSET ?1");
        Question {
            name: "list, by time",
            requests: (1..=pages).map(|page| self.get(&path(page))).collect(),
            by_hand: (1..=pages)
                .map(|page| self.listed(&tail, vec![Argument::Number(((page - 1) * PAGE) as i64)]))
                .collect(),
            key: "id",
            has_target: true,
        }
    }

    fn first_page(&self) -> Question {
        Question {
            name: super::table::FIRST,
            requests: vec![self.get(&page_path(None))],
            by_hand: vec![self.listed(&format!("ORDER BY t.id DESC LIMIT {PAGE}"), Vec::new())],
            key: "id",
            has_target: true,
        }
    }

    fn deep_page(&self) -> Question {
        let (token, last) = &self.stage.deep;
        let tail = format!("WHERE t.id < ?1 ORDER BY t.id DESC LIMIT {PAGE}");
        Question {
            name: super::table::DEEP,
            requests: vec![self.get(&page_path(Some(token)))],
            by_hand: vec![self.listed(&tail, vec![Argument::Number(*last)])],
            key: "id",
            has_target: true,
        }
    }

    fn search(&self) -> Question {
        let of = |stage: &str, low: u64, high: u64| {
            let criteria = format!("((Stage:equals:{stage})and(Amount:between:{low},{high}))");
            let criteria = percent_encode(&criteria);
            self.get(&format!(
                "/crm/v8/Deals/search?criteria={criteria}&fields={LIST_FIELDS}&per_page={PAGE}"
            ))
        };
        let tail = format!("WHERE {} ORDER BY t.id DESC LIMIT {PAGE}", self.in_range());
        let (requests, by_hand) = ranges()
            .map(|(stage, low, high)| (of(stage, low, high), self.listed(&tail, arguments(stage, low, high))))
            .unzip();
        Question { name: "search, picklist and range", requests, by_hand, key: "id", has_target: true }
    }

    /// The index for words is the server's own business, so there is no plain statement beside it.
    fn word(&self, name: &'static str, word: impl Fn(&mut Random) -> String) -> Question {
        let random = &mut Random::new(19);
        let path =
            |word: String| format!("/crm/v8/Deals/search?word={word}&fields={LIST_FIELDS}&per_page={PAGE}");
        // Words of two letters and more.
        let words = (0..REQUESTS).map(|_| word(random)).filter(|word| word.len() > 1);
        let requests = words.map(|word| self.get(&path(word))).collect();
        Question { name, requests, by_hand: Vec::new(), key: "id", has_target: false }
    }

    fn joins(&self) -> Question {
        let names: Vec<&str> = JOINED.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let query = |stage: &str, low: u64, high: u64| {
            let condition = format!("Stage = '{stage}' and Amount between {low} and {high}");
            self.query(&format!("select {names} from Deals where {condition} limit {PAGE}"))
        };
        let columns: Vec<String> = JOINED.iter().map(|(name, _)| self.column(name)).collect();
        let (deals, accounts) = (self.by_hand.name("Deals"), self.by_hand.name("Accounts"));
        let sql = format!(
            "SELECT {} FROM {deals} t LEFT JOIN {accounts} a ON a.id = t.{} LEFT JOIN {accounts} p ON p.id = a.{} \
             WHERE {} ORDER BY t.id LIMIT {PAGE}",
            columns.join(", "),
            self.by_hand.name("Deals.Account_Name"),
            self.by_hand.name("Accounts.Parent_Account"),
            self.in_range(),
        );
        let statement = |stage: &str, low: u64, high: u64| {
            Statement::new(sql.clone(), arguments(stage, low, high), &JOINED)
        };
        let (requests, by_hand) =
            ranges().map(|(stage, low, high)| (query(stage, low, high), statement(stage, low, high))).unzip();
        Question { name: "query with two joins", requests, by_hand, key: "id", has_target: true }
    }

    fn groups(&self) -> Question {
        let (deals, stage, amount) =
            (self.by_hand.name("Deals"), self.by_hand.name("Deals.Stage"), self.by_hand.name("Deals.Amount"));
        // The sum of whole numbers is a `numeric` in PostgreSQL, which a plain client would cast as well.
        let sql = format!(
            "SELECT t.{stage}, count(t.id), CAST(sum(t.{amount}) AS BIGINT) FROM {deals} t \
             GROUP BY t.{stage} ORDER BY {}",
            self.by_hand.exact(&format!("t.{stage}"))
        );
        let columns = [("Stage", Kind::Text), ("COUNT(id)", Kind::Integer), ("SUM(Amount)", Kind::Cents)];
        Question {
            name: "query in groups, all deals",
            requests: vec![self.query(
                "select Stage, COUNT(id), SUM(Amount) from Deals where id is not null group by Stage",
            )],
            by_hand: vec![Statement::new(sql, Vec::new(), &columns)],
            // Stages are shown by other names than they are stored by.
            key: "SUM(Amount)",
            has_target: false,
        }
    }

    fn get(&self, path: &str) -> Vec<u8> {
        self.target.request("GET", path, b"")
    }

    fn query(&self, text: &str) -> Vec<u8> {
        let body = json!({"select_query": text}).to_string();
        self.target.request("POST", "/crm/v8/coql", body.as_bytes())
    }

    /// A statement for the ten fields of a list.
    fn listed(&self, tail: &str, arguments: Vec<Argument>) -> Statement {
        let columns: Vec<String> = LISTED.iter().map(|(name, _)| self.column(name)).collect();
        let sql = format!("SELECT {} FROM {} t {tail}", columns.join(", "), self.by_hand.name("Deals"));
        Statement::new(sql, arguments, &LISTED)
    }

    /// The column of a path: of the deal, of its account, or of that one's parent.
    fn column(&self, path: &str) -> String {
        if path == "id" {
            return "t.id".to_owned();
        }
        let (table, field) = match path.strip_prefix("Account_Name.") {
            None => ("t", format!("Deals.{path}")),
            Some(rest) => match rest.strip_prefix("Parent_Account.") {
                None => ("a", format!("Accounts.{rest}")),
                Some(rest) => ("p", format!("Accounts.{rest}")),
            },
        };
        format!("{table}.{}", self.by_hand.name(&field))
    }

    fn in_range(&self) -> String {
        let stage = self.by_hand.folded(&format!("t.{}", self.by_hand.name("Deals.Stage")));
        format!("{stage} = ?1 AND t.{} BETWEEN ?2 AND ?3", self.by_hand.name("Deals.Amount"))
    }
}

/// Stages with a range of amounts, 0.2 % of the deals each.
fn ranges() -> impl Iterator<Item = (&'static str, u64, u64)> {
    let mut random = Random::new(13);
    (0..REQUESTS).map(move |_| {
        let (stage, low) = (random.pick(&STAGES), random.below(MAX_AMOUNT - SEARCH_WIDTH));
        (stage, low, low + SEARCH_WIDTH)
    })
}

/// Stage and amounts as they are stored.
fn arguments(stage: &str, low: u64, high: u64) -> Vec<Argument> {
    vec![
        Argument::Text(stage.to_ascii_lowercase()),
        Argument::Number(low as i64 * 100),
        Argument::Number(high as i64 * 100),
    ]
}
