//! The org that calls are measured in: some thousand deals, and leads to convert.

use std::time::Duration;

use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, TestServer};
use serde_json::Value;

use crate::deals::{custom_fields, deal};
use crate::log::Log;

/// Records that one call of many writes.
pub(crate) const MANY: usize = 100;
/// Calls of many that fill the world.
pub(crate) const DEALS: usize = 12;

pub(crate) struct World {
    pub server: TestServer,
    pub api: Api,
    pub log: Log,
    /// Ids of deals that stay.
    pub deals: Vec<String>,
    /// Number of the next deal.
    next: u64,
    /// How often a call was made.
    pub round: u64,
}

impl World {
    pub(crate) async fn new(server: TestServer) -> Self {
        let api = server.api();
        // It would do its work in the middle of any call.
        server.state.orgs.all().remove(0).rest_full_text(true);
        for fields in custom_fields() {
            let answer = api.post("settings/fields?module=Deals", &fields).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
        }
        let log = Log::open(&server).await;
        let mut world = Self { server, api, log, deals: Vec::new(), next: 0, round: 0 };
        for _ in 0..DEALS {
            let deals = world.insert_deals(MANY).await;
            world.deals.extend(deals);
            // Lists by time have something to order.
            world.server.advance(Duration::from_secs(1));
        }
        let org = world.server.state.orgs.all().remove(0);
        org.catch_up_full_text().await.expect("full text can be brought up to date");
        world.log.settle().await;
        world
    }

    /// Deals that nobody has inserted yet.
    pub(crate) fn new_deals(&mut self, count: usize) -> Vec<Value> {
        let first = self.next;
        self.next += count as u64;
        (first..self.next).map(deal).collect()
    }

    /// Inserts deals and gives their ids.
    pub(crate) async fn insert_deals(&mut self, count: usize) -> Vec<String> {
        let deals = self.new_deals(count);
        self.api.insert_all("Deals", &deals).await
    }

    /// Inserts a lead and gives its id.
    pub(crate) async fn insert_lead(&self) -> String {
        let name = format!("Lovelace {}", self.round);
        let rich =
            lead(&name).with("Company", format!("Analytical {}", self.round)).with("Phone", "+1-555-0100");
        self.api.insert(rich.with("Email", format!("ada{}@engine.example", self.round))).await
    }

    /// Ids of deals that stay, others in every round.
    pub(crate) fn some_deals(&self, count: usize) -> &[String] {
        let first = self.round as usize * count % (self.deals.len() - count);
        &self.deals[first..first + count]
    }
}
