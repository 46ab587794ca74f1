//! Pages of people who see some of the records hold what they see, in every order, however the server reads them.

use std::collections::BTreeSet;
use std::time::Duration;

use dealwright_engine::cx::Ceilings;
use dealwright_testkit::records::{account, data, deal};
use dealwright_testkit::{Api, TestServer, on_both};
use serde_json::{Value, json};

use crate::people::{Colleague, colleague, create, named};
use crate::sharing::make;

const DEALS: usize = 48;

/// Who sees what.
struct World {
    server: TestServer,
    grace: Colleague,
    deals: Vec<String>,
    territory: String,
}

impl World {
    async fn new(server: TestServer) -> Self {
        let api = server.api();
        let ceo = named(&api, "roles", "CEO").await;
        let mut roles = Vec::new();
        for name in ["North", "South", "West"] {
            let role = json!({"name": name, "reporting_to": {"id": ceo}});
            roles.push(create(&api, "settings/roles", "roles", role).await);
        }
        let role = |id: &str| json!({"type": "roles", "resource": {"id": id}, "subordinates": false});
        let mut owners = Vec::new();
        for (name, role) in [("Grace", "North"), ("Ada", "South"), ("Ben", "West"), ("Cleo", "West")] {
            owners.push(colleague(&server, name, role, "Standard").await);
        }
        make(&api, "Deals", "private").await;
        let rule = json!({
            "name": "To the north", "type": "Record_Owner_Based", "permission_type": "read",
            "shared_from": role(&roles[1]), "shared_to": role(&roles[0]), "superiors_allowed": false,
        });
        create(&api, "settings/data_sharing/rules?module=Deals", "sharing_rules", rule).await;
        let firm = api.insert(account("Shared")).await;
        let mut deals = Vec::new();
        for number in 0..DEALS {
            let owner = &owners[(number * 7 + number / 5) % owners.len()].id;
            let mut one =
                deal(&format!("Deal {}", (number * 31) % DEALS)).with("Owner", json!({"id": owner}));
            if number % 3 != 0 {
                one = one.with("Amount", json!((number * 13) % 17));
            }
            if number % 5 < 2 {
                one = one.with("Stage", json!("Needs Analysis"));
            }
            if number % 8 == 5 {
                one = one.with("Account_Name", json!({"id": firm}));
            }
            deals.extend(api.post("Deals", &data(&[one])).await.ids());
            if number % 4 == 0 {
                server.advance(Duration::from_mins(1));
            }
        }
        let territory = json!({"name": "Polar", "permission_type": "read_only", "manager": owners[2].id});
        let territory = create(&api, "settings/territories", "territories", territory).await;
        for at in [3, 9, 10, 22, 40] {
            let into = json!({"data": [{"Territories": [{"id": territory}]}]});
            let answer = api.post(&format!("Deals/{}/actions/assign_territories", deals[at]), &into).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        Self { grace: owners.swap_remove(0), server, deals, territory }
    }

    /// What Grace sees, asked record by record.
    async fn seen(&self) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        for id in &self.deals {
            if self.grace.api.get(&format!("Deals/{id}?fields=Deal_Name")).await.status == 200 {
                seen.insert(id.clone());
            }
        }
        seen
    }

    async fn share(&self, path: &str, with_related: bool) {
        let share = json!({"share": [{
            "shared_with": {"id": self.grace.id, "type": "users"}, "permission": "read_only",
            "share_related_records": with_related,
        }]});
        let answer = self.server.api().put(&format!("{path}/actions/share"), &share).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
}

/// All rows of a list, by number or by token.
async fn all(api: &Api, path: &str, by_token: bool) -> Vec<Value> {
    let (mut rows, mut next) = (Vec::new(), "page=1".to_owned());
    for page in 2.. {
        let answer = api.get(&format!("{path}&per_page=7&{next}")).await;
        if answer.status == 204 {
            return rows;
        }
        let body = answer.json();
        rows.extend(body["data"].as_array().expect("rows").iter().cloned());
        if body["info"]["more_records"] != true {
            return rows;
        }
        next = match body["info"]["next_page_token"].as_str().filter(|_| by_token) {
            Some(token) => format!("page_token={token}"),
            None => format!("page={page}"),
        };
        assert!(rows.len() <= DEALS, "{path} has no end");
    }
    rows
}

fn ids(rows: &[Value]) -> Vec<String> {
    rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
}

/// Every list that Grace can ask for has what she sees, in the order that the administrator has it in.
async fn agree(world: &World, what: &str) {
    let seen = world.seen().await;
    let admin = world.server.api();
    let lists = [
        ("v8", "Deals?fields=Deal_Name,Amount,Modified_Time"),
        ("v8", "Deals/search?criteria=(Amount:greater_equal:3)&fields=Deal_Name"),
        ("v8", "Deals/search?criteria=(Deal_Name:starts_with:Deal)&fields=Deal_Name"),
        ("v8", "Deals/search?criteria=(Stage:equals:needs analysis)&fields=Deal_Name"),
        (
            "v8",
            "Deals/search?criteria=((Stage:equals:Needs Analysis)and(Amount:between:3,12))&fields=Deal_Name",
        ),
        (
            "v8",
            "Deals/search?criteria=((Stage:in:Needs Analysis,Qualification)and(Amount:less_than:9))&fields=Deal_Name",
        ),
        ("v8", "Deals/search?criteria=((Stage:equals:Needs Analysis)or(Amount:equals:4))&fields=Deal_Name"),
        ("v8", "Deals/search?word=deal&fields=Deal_Name"),
        ("v2", "Deals?fields=Deal_Name"),
    ];
    for (version, list) in lists {
        for by in ["id", "Modified_Time", "Amount", "Deal_Name"] {
            if version == "v8" && !list.contains("search") && !matches!(by, "id" | "Modified_Time") {
                continue;
            }
            for order in ["asc", "desc"] {
                let path = format!("{list}&sort_by={by}&sort_order={order}");
                for by_token in [false, true] {
                    let (api, admin) = (world.grace.api.version(version), admin.version(version));
                    let everything = ids(&all(&admin, &path, by_token).await);
                    let wanted: Vec<String> = everything.into_iter().filter(|id| seen.contains(id)).collect();
                    assert_eq!(ids(&all(&api, &path, by_token).await), wanted, "{what}: {version} {path}");
                }
            }
        }
    }
    assert!(!seen.is_empty() && seen.len() < DEALS, "{what}: {} of {DEALS} are seen", seen.len());
}

async fn agrees_throughout(server: TestServer) {
    let world = World::new(server).await;
    agree(&world, "owners alone").await;
    world.share(&format!("Deals/{}", world.deals[2]), false).await;
    agree(&world, "a share").await;
    let firm = world.server.api().get("Accounts?fields=Account_Name").await.rows()[0].clone();
    world.share(&format!("Accounts/{}", firm["id"].as_str().expect("an id")), true).await;
    agree(&world, "what hangs on a share").await;
    let path = format!("settings/territories/{}/users/{}", world.territory, world.grace.id);
    assert_eq!(world.server.api().put(&path, &json!({})).await.status, 200);
    agree(&world, "a territory").await;
}

on_both! {
    async fn lists_show_what_is_seen(server: TestServer) {
        agrees_throughout(server).await;
    }

    async fn lists_show_what_is_seen_where_few_rows_are_tried(server: TestServer) {
        let ceilings = Ceilings { tried_rows: Some(9), ..Ceilings::default() };
        agrees_throughout(server.restart(|config| config.ceilings = ceilings).await).await;
    }
}
