//! The floor over `PostgreSQL`: eight connections that pipeline, prepared statements, one statement for a batch.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed};

use anyhow::{Context, Result};
use bytes::Bytes;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, NoTls, Statement};

use super::record::{Answer, COLUMNS, Cell, Column, Kind, LIST_COLUMNS, LIST_NAMES, Row, create_table, now};
use super::{Deals, Durability, ListQuery};
use crate::model::{ChangedDeal, FIRST_ID, NewDeal, parse_body};

const POOL_SIZE: usize = 8;

#[derive(Clone)]
pub(super) struct Postgres(Arc<Pool>);

struct Pool {
    sessions: Vec<Session>,
    turn: AtomicUsize,
    next_id: AtomicI64,
}

struct Session {
    client: Client,
    get: Statement,
    page: Statement,
    search: Statement,
    prefix: Statement,
    insert: Statement,
    update: Statement,
}

fn type_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Id | Kind::Time => "int8",
        // Compared by bytes, as SQLite does, so that an index serves a prefix.
        Kind::Text => "text COLLATE \"C\"",
        Kind::Decimal => "float8",
        Kind::Integer => "int4",
        Kind::Flag => "bool",
    }
}

impl Postgres {
    /// Connects the pool, with an empty table when there is none.
    pub(super) async fn connect(url: &str, durability: Durability) -> Result<Self> {
        let client = connect(url, durability).await?;
        if client.query_one("SELECT to_regclass('deals') IS NULL", &[]).await?.get(0) {
            client.batch_execute(&create_table(type_name, "Modified_Time, id")).await?;
        }
        let last_id: Option<i64> = client.query_one("SELECT max(id) FROM deals", &[]).await?.get(0);
        let mut sessions = Vec::with_capacity(POOL_SIZE);
        for _ in 0..POOL_SIZE {
            sessions.push(Session::prepare(connect(url, durability).await?).await?);
        }
        let next_id = AtomicI64::new(last_id.map_or(FIRST_ID, |id| id + 1));
        Ok(Self(Arc::new(Pool { sessions, turn: AtomicUsize::new(0), next_id })))
    }

    fn session(&self) -> &Session {
        &self.0.sessions[self.0.turn.fetch_add(1, Relaxed) % POOL_SIZE]
    }
}

async fn connect(url: &str, durability: Durability) -> Result<Client> {
    let (client, connection) =
        tokio_postgres::connect(url, NoTls).await.context("connecting to the database")?;
    tokio::spawn(connection);
    if durability == Durability::Normal {
        client.batch_execute("SET synchronous_commit = off").await?;
    }
    Ok(client)
}

impl Session {
    async fn prepare(client: Client) -> Result<Self> {
        let select = |rest: &str| format!("SELECT {LIST_NAMES} FROM deals {rest} LIMIT 200");
        let arrays: Vec<String> = COLUMNS
            .iter()
            .zip(1..)
            .map(|(column, number)| {
                let element = type_name(column.kind).split(' ').next().unwrap_or_default();
                format!("${number}::{element}[]")
            })
            .collect();
        Ok(Self {
            get: client.prepare("SELECT * FROM deals WHERE id = $1").await?,
            page: client.prepare(&(select("ORDER BY Modified_Time DESC, id DESC") + " OFFSET $1")).await?,
            search: client.prepare(&select("WHERE Stage = $1 AND Amount BETWEEN $2 AND $3")).await?,
            prefix: client.prepare(&select("WHERE Deal_Name >= $1 AND Deal_Name < $2")).await?,
            insert: client
                .prepare(&format!("INSERT INTO deals SELECT * FROM unnest({})", arrays.join(", ")))
                .await?,
            update: client
                .prepare(
                    "UPDATE deals SET Amount = new.amount, Stage = new.stage, Next_Step = new.step, \
                     Score = new.score, Modified_Time = $6 \
                     FROM unnest($1::int8[], $2::float8[], $3::text[], $4::text[], $5::int4[]) \
                     AS new (id, amount, stage, step, score) WHERE deals.id = new.id",
                )
                .await?,
            client,
        })
    }

    async fn select(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
        columns: &[Column],
    ) -> Result<Bytes> {
        let rows = self.client.query(statement, values).await?;
        let mut answer = Answer::with_capacity(64 + rows.len() * columns.len() * 40);
        for row in &rows {
            answer.push(columns, row)?;
        }
        Ok(answer.finish())
    }
}

impl Deals for Postgres {
    async fn get(&self, id: i64) -> Result<Bytes> {
        let session = self.session();
        session.select(&session.get, &[&id], &COLUMNS).await
    }

    async fn list(&self, query: ListQuery) -> Result<Bytes> {
        let session = self.session();
        match query {
            ListQuery::Page { offset } => session.select(&session.page, &[&offset], &LIST_COLUMNS).await,
            ListQuery::Search { stage, low, high } => {
                session.select(&session.search, &[&stage, &low, &high], &LIST_COLUMNS).await
            }
            ListQuery::Prefix { from, until } => {
                session.select(&session.prefix, &[&from, &until], &LIST_COLUMNS).await
            }
        }
    }

    async fn insert(&self, body: Bytes) -> Result<Bytes> {
        let deals: Vec<NewDeal<'_>> = parse_body(&body)?;
        let first_id = self.0.next_id.fetch_add(deals.len() as i64, Relaxed);
        let now = now();
        let ids: Vec<i64> = (first_id..).take(deals.len()).collect();
        let owners: Vec<i64> = deals.iter().map(NewDeal::owner).collect();
        let revenues: Vec<f64> = deals.iter().map(NewDeal::expected_revenue).collect();
        let times = vec![now; deals.len()];
        // The column of one field, as an array parameter.
        macro_rules! array {
            ($field:ident) => {
                &deals.iter().map(|deal| deal.$field).collect::<Vec<_>>()
            };
        }
        let session = self.session();
        session
            .client
            .execute(
                &session.insert,
                &[
                    &ids,
                    array!(Deal_Name),
                    array!(Amount),
                    array!(Stage),
                    array!(Closing_Date),
                    array!(Account_Ref),
                    array!(Contact_Ref),
                    &owners,
                    array!(Probability),
                    &revenues,
                    array!(Type),
                    array!(Lead_Source),
                    array!(Next_Step),
                    array!(Campaign_Ref),
                    array!(Description),
                    array!(Currency_Code),
                    array!(Rate),
                    array!(Email_Address),
                    array!(Phone_Number),
                    array!(Website_Address),
                    array!(Is_Won),
                    array!(Score),
                    array!(External_Key),
                    array!(Region),
                    &times,
                    &times,
                ],
            )
            .await?;
        Ok(stored(&ids, now, "record added"))
    }

    async fn update(&self, body: Bytes) -> Result<Bytes> {
        let mut deals: Vec<ChangedDeal<'_>> = parse_body(&body)?;
        // Two requests that lock the same rows in different orders would deadlock.
        deals.sort_unstable_by_key(|deal| deal.id);
        let now = now();
        let ids: Vec<i64> = deals.iter().map(|deal| deal.id).collect();
        let amounts: Vec<f64> = deals.iter().map(|deal| deal.Amount).collect();
        let stages: Vec<&str> = deals.iter().map(|deal| deal.Stage).collect();
        let steps: Vec<&str> = deals.iter().map(|deal| deal.Next_Step).collect();
        let scores: Vec<i32> = deals.iter().map(|deal| deal.Score).collect();
        let session = self.session();
        session.client.execute(&session.update, &[&ids, &amounts, &stages, &steps, &scores, &now]).await?;
        Ok(stored(&ids, now, "record updated"))
    }
}

fn stored(ids: &[i64], modified: i64, message: &str) -> Bytes {
    let mut answer = Answer::with_capacity(16 * 1024);
    for &id in ids {
        answer.push_stored(id, modified, message);
    }
    answer.finish()
}

impl Row for tokio_postgres::Row {
    fn cell(&self, position: usize, kind: Kind) -> Result<Cell<'_>> {
        Ok(match kind {
            Kind::Id => Cell::Id(self.try_get(position)?),
            Kind::Text => Cell::Text(self.try_get(position)?),
            Kind::Decimal => Cell::Decimal(self.try_get(position)?),
            Kind::Integer => Cell::Integer(self.try_get::<_, i32>(position)?.into()),
            Kind::Flag => Cell::Flag(self.try_get(position)?),
            Kind::Time => Cell::Time(self.try_get(position)?),
        })
    }
}
