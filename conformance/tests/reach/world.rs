//! A random org: people in a tree of roles, what is open to whom, and records that point to each other.
//!
//! Everything comes from one seed, so that the same world can be made again. Calls name what is in it by its place
//! (`<Deals.3>`, `<user.0>`), and [`World::resolve`] gives the id.

use std::collections::{BTreeMap, HashMap};

use dealwright_testkit::{Answer, Api, TestServer};
use serde_json::{Map, Value, json};

use super::kinds::{self, HANGING, KINDS, WITH_TERRITORIES, kind};
use crate::model::Random;
use crate::people::{create, named};

/// People beside the administrator.
pub(super) const PEOPLE: usize = 6;
/// Records of each module.
pub(super) const RECORDS: usize = 6;
/// Roles, in a tree below the top.
const ROLES: usize = 6;
/// Profiles: one that may do everything with records, others that lack something or may change some settings.
const PROFILES: usize = 4;
const GROUPS: usize = 3;
const TERRITORIES: usize = 4;
const RULES: usize = 5;
const SHARES: usize = 12;

/// The permissions of the settings that can be given to somebody who is no administrator.
pub(super) const SETTINGS: [&str; 6] = [
    "Crm_Implied_Customize_Zoho_CRM",
    "Crm_Implied_Role_Prefix_Customize_Zoho_CRM",
    "Crm_Implied_Manage_Territories",
    "Crm_Implied_Manage_Users",
    "Crm_Implied_Manage_Profiles",
    "Crm_Implied_Manage_Data_Sharing",
];

/// An id that nothing has.
const UNKNOWN: &str = "1234567890123456789";

pub(super) struct Person {
    pub(super) id: String,
    pub(super) api: Api,
}

pub(super) struct World {
    pub(super) server: TestServer,
    pub(super) admin: Api,
    pub(super) people: Vec<Person>,
    /// Ids by their place: `Deals.3`.
    ids: HashMap<String, String>,
    /// How many places there are of a kind: `Deals` → 6.
    counts: HashMap<String, usize>,
    /// Ids of what the sequence that is played has made, by module.
    made: HashMap<String, Vec<String>>,
    /// The module of each sharing rule.
    pub(super) rules: Vec<&'static str>,
    /// Records that an administrator has deleted: by id the levels that people had with them.
    pub(super) bin: BTreeMap<String, HashMap<usize, u8>>,
    /// The first answer that was a fault of the server.
    pub(super) fault: Option<String>,
    seed: u64,
}

impl World {
    /// The world of that seed, in a fresh org.
    pub(super) async fn make(server: TestServer, seed: u64) -> Self {
        let mut random = Random(seed);
        let admin = server.api();
        let (ids, counts) = (HashMap::new(), HashMap::new());
        let (made, bin) = (HashMap::new(), BTreeMap::new());
        let (people, rules) = (Vec::new(), Vec::new());
        let mut world = Self { server, admin, people, ids, counts, made, rules, bin, fault: None, seed };
        world.hire(&mut random).await;
        world.divide(&mut random).await;
        world.open(&mut random).await;
        world.fill(&mut random).await;
        world.look_up().await;
        world.hang(&mut random).await;
        world.share(&mut random).await;
        world.throw_away(&mut random).await;
        world
    }

    /// Roles, profiles and the people who have them.
    async fn hire(&mut self, random: &mut Random) {
        let admin = self.admin.clone();
        for number in 0..ROLES {
            let mut role = json!({"name": format!("Role {number}"), "share_with_peers": random.once_in(4)});
            if number > 0 && !random.once_in(5) {
                // Mostly below the one before, so that the tree is deep.
                let above = if random.once_in(2) { number - 1 } else { random.below(number) };
                role["reporting_to"] = json!(self.id("role", above));
            }
            let id = create(&admin, "settings/roles", "roles", role).await;
            self.put("role", id);
        }
        for name in ["Manager", "CEO"] {
            let id = named(&admin, "roles", name).await;
            self.put("role", id);
        }
        let standard = named(&admin, "profiles", "Standard").await;
        let shown = admin.get(&format!("settings/profiles/{standard}")).await.json();
        let details = shown["profiles"][0]["permissions_details"].as_array().cloned().unwrap_or_default();
        let mut of_records = Vec::new();
        for one in &details {
            let name = text(&one["name"]);
            self.ids.insert(format!("permission.{name}"), text(&one["id"]));
            let is_known = |module: &Value| {
                KINDS.iter().any(|kind| module == kind.module) || HANGING.iter().any(|name| module == name)
            };
            if is_known(&one["module"]) {
                of_records.push(name);
            }
        }
        for number in 0..PROFILES {
            let body = json!({"profiles": [{"name": format!("Profile {number}")}]});
            let made = admin.post(&format!("settings/profiles/{standard}/actions/clone"), &body).await;
            let id = text(&made.json()["profiles"][0]["details"]["id"]);
            let mut changes = Vec::new();
            if number % 2 == 1 {
                changes.extend((0..4).map(|_| (random.pick(&of_records).clone(), false)));
            }
            if number >= 2 {
                changes.extend((1..number).map(|_| ((*random.pick(&SETTINGS)).to_owned(), true)));
            }
            let details: Vec<Value> = changes
                .iter()
                .map(|(name, enabled)| json!({"id": self.ids[&format!("permission.{name}")], "enabled": enabled}))
                .collect();
            if !details.is_empty() {
                let body = json!({"profiles": [{"permissions_details": details}]});
                succeeded(&admin.put(&format!("settings/profiles/{id}"), &body).await);
            }
            self.put("profile", id);
        }
        self.put("profile", standard);
        let administrator = named(&admin, "profiles", "Administrator").await;
        self.put("profile", administrator);
        for number in 0..PEOPLE {
            let profile = if number < PROFILES { number } else { random.below(PROFILES) };
            let user = json!({
                "last_name": format!("Person {number}"), "email": format!("person.{number}@example.com"),
                "role": self.id("role", random.below(ROLES)), "profile": {"id": self.id("profile", profile)},
            });
            let id = create(&admin, "users", "users", user).await;
            self.put("user", id);
        }
        let users = admin.get("users?type=AllUsers").await.json();
        let users = users["users"].as_array().cloned().unwrap_or_default();
        for number in 0..PEOPLE {
            let id = self.id("user", number);
            let row =
                users.iter().find(|user| user["id"] == id.as_str()).expect("a user that was made is listed");
            let api = self.server.api_of(&text(&row["zuid"])).await;
            self.people.push(Person { id, api });
        }
        let first = users.iter().find(|user| user["email"] == dealwright_accounts::bootstrap::ADMIN_EMAIL);
        self.put("user", text(&first.expect("the administrator is a user")["id"]));
    }

    /// Groups and territories.
    async fn divide(&mut self, random: &mut Random) {
        let admin = self.admin.clone();
        for number in 0..TERRITORIES {
            let kind = if random.once_in(2) { "read_only" } else { "read_write_delete" };
            let mut territory = json!({"name": format!("Territory {number}"), "permission_type": kind});
            if number > 0 && random.once_in(2) {
                territory["reporting_to"] = json!(self.id("territory", random.below(number)));
            }
            if random.once_in(3) {
                territory["manager"] = json!(self.id("user", random.below(PEOPLE)));
            }
            let id = create(&admin, "settings/territories", "territories", territory).await;
            if random.once_in(2) {
                let users = json!({"users": [{"id": self.id("user", random.below(PEOPLE))}]});
                succeeded(&admin.put(&format!("settings/territories/{id}/users"), &users).await);
            }
            self.put("territory", id);
        }
        for number in 0..GROUPS {
            let sources: Vec<Value> = (0..=random.below(2))
                .map(|_| {
                    let kinds = ["user", "role", "territory", "group"];
                    let kind = *random.pick(&kinds[..if number == 0 { 3 } else { 4 }]);
                    let place = random.below(self.count(kind).min(PEOPLE));
                    json!({
                        "type": format!("{}s", if kind == "territory" { "territorie" } else { kind }),
                        "source": {"id": self.id(kind, place)},
                        "subordinates": random.once_in(2), "sub_territories": random.once_in(2),
                    })
                })
                .collect();
            let group = json!({"name": format!("Group {number}"), "sources": sources});
            let id = create(&admin, "settings/user_groups", "user_groups", group).await;
            self.put("group", id);
        }
    }

    /// What is open to everybody, and rules.
    async fn open(&mut self, random: &mut Random) {
        let admin = self.admin.clone();
        let rows: Vec<Value> = KINDS
            .iter()
            .map(|kind| {
                let types =
                    ["private", "private", "private", "public_read_only", "public_read_write", "public"];
                json!({"share_type": random.pick(&types), "module": {"api_name": kind.module}})
            })
            .collect();
        succeeded(&admin.put("settings/data_sharing", &json!({"data_sharing": rows})).await);
        for number in 0..RULES {
            let module = random.pick(KINDS).module;
            let side = |random: &mut Random, world: &Self| match random.below(5) {
                0 => json!({"type": "all_users"}),
                1 | 2 => {
                    json!({"type": "groups", "resource": {"id": world.id("group", random.below(GROUPS))}})
                }
                _ => {
                    json!({"type": "roles", "resource": {"id": world.id("role", random.below(ROLES))}, "subordinates": random.once_in(2)})
                }
            };
            let rule = json!({
                "name": format!("Rule {number}"), "type": "Record_Owner_Based",
                "permission_type": if random.once_in(2) { "read" } else { "read_write_delete" },
                "shared_from": side(random, self), "shared_to": side(random, self),
                "superiors_allowed": random.once_in(2),
            });
            let path = format!("settings/data_sharing/rules?module={module}");
            let id = create(&admin, &path, "sharing_rules", rule).await;
            self.put("rule", id);
            self.rules.push(module);
        }
    }

    /// Records of everybody's, which point to earlier ones.
    async fn fill(&mut self, random: &mut Random) {
        let admin = self.admin.clone();
        for kind in KINDS {
            let records: Vec<Value> = (0..RECORDS)
                .map(|number| {
                    let mut record = kind.record(number);
                    record
                        .insert("Owner".to_owned(), json!({"id": self.id("user", random.below(PEOPLE + 1))}));
                    for (field, targets) in kind.lookups {
                        let target = *random.pick(targets);
                        let count = self.count(target);
                        if count > 0 && !random.once_in(3) {
                            let id = json!({"id": self.id(target, random.below(count))});
                            kind.point(&mut record, field, target, id);
                        }
                    }
                    if let Some(items) = kind.items {
                        record.insert(items.to_owned(), self.items(random));
                    }
                    Value::Object(record)
                })
                .collect();
            for id in admin.insert_all(kind.module, &records).await {
                self.put(kind.module, id);
            }
        }
        for (module, field) in WITH_TERRITORIES {
            for number in 0..RECORDS / 2 {
                let territory = json!({"id": self.id("territory", random.below(TERRITORIES))});
                let value = if *field == "Territory" { territory } else { json!([territory]) };
                let id = self.id(module, number);
                let path = format!("{module}/{id}/actions/assign_territories");
                succeeded(&admin.post(&path, &json!({"data": [{*field: value}]})).await);
            }
        }
    }

    fn items(&self, random: &mut Random) -> Value {
        json!([{"Product_Name": {"id": self.id("Products", random.below(RECORDS))}, "Quantity": 1}])
    }

    /// Notes, attachments and links of records.
    async fn hang(&mut self, random: &mut Random) {
        let admin = self.admin.clone();
        for number in 0..RECORDS {
            let (parent, id) = self.some(random);
            let note = json!({"data": [{"Note_Title": kinds::label("Notes", number), "Note_Content": "x",
                "Parent_Id": {"id": id, "module": {"api_name": parent}}}]});
            let made = admin.post("Notes", &note).await;
            succeeded(&made);
            self.put("Notes", made.ids().remove(0));
            let (parent, id) = self.some(random);
            let link =
                [("attachmentUrl", "https://example.com/a"), ("title", &kinds::label("Attachments", number))];
            let path = dealwright_testkit::api::with_params(&format!("{parent}/{id}/Attachments"), &link);
            let made = admin.send(reqwest::Method::POST, &path, Vec::new()).await;
            succeeded(&made);
            self.put("Attachments", made.ids().remove(0));
        }
        for (module, list, other) in LINKS {
            let path = format!(
                "{module}/{}/{list}/{}",
                self.id(module, random.below(RECORDS)),
                self.id(other, random.below(RECORDS))
            );
            let role = json!({"data": [{"Contact_Role": "Purchasing"}]});
            admin.put(&path, &role).await;
        }
    }

    /// Shares of single records, by the administrator and by whoever may share.
    async fn share(&mut self, random: &mut Random) {
        for _ in 0..SHARES {
            let (module, id) = self.some(random);
            let api = if random.once_in(2) { &self.admin } else { &random.pick(&self.people).api };
            let permission = *random.pick(&["read_only", "read_write", "full_access"]);
            let (kind, place) = match random.below(6) {
                0..=2 => ("user", random.below(PEOPLE)),
                3 => ("role", random.below(ROLES)),
                4 => ("group", random.below(GROUPS)),
                _ => ("public", 0),
            };
            let mut share = json!({"permission": permission, "share_related_records": random.once_in(2)});
            if kind == "public" {
                share["type"] = json!("public");
            } else {
                share["shared_with"] = json!({"type": format!("{kind}s"), "id": self.id(kind, place)});
            }
            // Those who may not are refused.
            api.post(&format!("{module}/{id}/actions/share"), &json!({"share": [share]})).await;
        }
    }

    /// Some records go into the recycle bin.
    async fn throw_away(&mut self, random: &mut Random) {
        for _ in 0..3 {
            let (module, id) = self.some(random);
            let mut levels = HashMap::new();
            for (at, person) in self.people.iter().enumerate() {
                let answer = person.api.get(&format!("{module}/{id}")).await;
                let level =
                    answer.rows().first().map_or(0, |row| super::levels::number(&row["$sharing_permission"]));
                levels.insert(at, level);
            }
            self.admin.delete(&format!("{module}/{id}")).await;
            self.put("bin", id.clone());
            self.bin.insert(id, levels);
        }
    }

    /// Views of all records, a process of leads, and what records were like at first.
    async fn look_up(&mut self) {
        let admin = self.admin.clone();
        for kind in KINDS {
            let views = admin.get(&format!("settings/custom_views?module={}", kind.module)).await.json();
            let views = views["custom_views"].as_array().cloned().unwrap_or_default();
            let all = views.iter().find(|view| view["system_name"] == "ALLVIEWS");
            let view = all.map(|view| text(&view["id"])).unwrap_or_default();
            self.ids.insert(format!("view.{}", kind.module), view);
            // The first record of each module had another owner once.
            let id = self.id(kind.module, 0);
            let owner = json!({"data": [{"id": id, "Owner": {"id": self.id("user", PEOPLE)}, "Description": "second"}]});
            admin.put(kind.module, &owner).await;
            let history = admin.get(&format!("{}/{id}/__history", kind.module)).await.json();
            let oldest =
                history["__history"].as_array().and_then(|all| all.last()).cloned().unwrap_or_default();
            self.ids.insert(format!("first.{}", kind.module), text(&oldest["id"]));
        }
        for items in KINDS.iter().filter_map(|kind| kind.items) {
            for row in super::levels::listed(&admin, items, "id").await {
                self.put(items, text(&row["id"]));
            }
        }
        let process = json!({
            "name": "Qualify", "module": {"api_name": "Leads"}, "field": {"api_name": "Lead_Status"},
            "transitions": [{"name": "Call", "from": ["Not Contacted"], "to": "Contacted",
                "fields": [{"api_name": "Description"}]}],
        });
        let process = create(&admin, "settings/blueprints", "blueprints", process).await;
        let shown = admin.get(&format!("settings/blueprints/{process}")).await.json();
        self.put("transition", text(&shown["blueprints"][0]["transitions"][0]["id"]));
    }

    /// Some record of a module with owners.
    fn some(&self, random: &mut Random) -> (&'static str, String) {
        let module = random.pick(KINDS).module;
        (module, self.id(module, random.below(RECORDS)))
    }

    fn put(&mut self, kind: &str, id: String) {
        let count = self.counts.entry(kind.to_owned()).or_default();
        self.ids.insert(format!("{kind}.{count}"), id);
        *count += 1;
    }

    /// The id of a place.
    pub(super) fn id(&self, kind: &str, place: usize) -> String {
        self.ids.get(&format!("{kind}.{place}")).cloned().unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// How many places of a kind there are.
    pub(super) fn count(&self, kind: &str) -> usize {
        self.counts.get(kind).copied().unwrap_or(0)
    }

    /// The place of a record of the world.
    pub(super) fn place_of(&self, module: &str, id: &str) -> Option<usize> {
        (0..self.count(module)).find(|place| self.ids[&format!("{module}.{place}")] == id)
    }

    /// A text with ids in the place of what stands in angle brackets.
    pub(super) fn resolve(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            out.push_str(before);
            let Some((name, after)) = after.split_once('>') else {
                out.push('<');
                rest = after;
                continue;
            };
            out.push_str(&self.named(name));
            rest = after;
        }
        out.push_str(rest);
        out
    }

    fn named(&self, name: &str) -> String {
        if let Some((module, number)) = name.split_once(".new.") {
            let number: usize = number.parse().unwrap_or(0);
            let made = self.made.get(module).filter(|made| !made.is_empty());
            // What was not made after all is some record of the world.
            return made
                .map_or_else(|| self.id(module, number % RECORDS), |made| made[number % made.len()].clone());
        }
        self.ids.get(name).cloned().unwrap_or_else(|| UNKNOWN.to_owned())
    }

    /// Forgets what earlier sequences have made.
    pub(super) fn begin(&mut self) {
        self.made.clear();
    }

    /// Remembers what a call has made, as the answer tells.
    pub(super) fn learn(&mut self, path: &str, answer: &Answer) {
        let module = path.split(['/', '?']).next().unwrap_or_default();
        let body: Value = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
        let rows = body["data"].as_array().cloned().unwrap_or_default();
        for row in rows {
            let details = &row["details"];
            if let Some(id) = details["id"].as_str() {
                let module = if path.contains("/Notes") { "Notes" } else { module };
                self.made.entry(module.to_owned()).or_default().push(id.to_owned());
            }
            for (module, made) in details.as_object().into_iter().flatten() {
                if let Some(id) = made["id"].as_str() {
                    self.made.entry(module.clone()).or_default().push(id.to_owned());
                }
            }
        }
    }

    /// The field that names records of a module.
    pub(super) fn name_field(module: &str) -> &'static str {
        match module {
            "Notes" => "Note_Title",
            "Attachments" => "File_Name",
            _ => kind(module).name,
        }
    }
}

/// Related lists whose records are linked, and the modules on the other side.
pub(super) const LINKS: &[(&str, &str, &str)] = &[
    ("Deals", "Contact_Roles", "Contacts"),
    ("Deals", "Products", "Products"),
    ("Leads", "Products", "Products"),
    ("Accounts", "Products", "Products"),
    ("Contacts", "Products", "Products"),
    ("Products", "Deals", "Deals"),
    ("Products", "Accounts", "Accounts"),
    ("Contacts", "Campaigns", "Campaigns"),
    ("Leads", "Campaigns", "Campaigns"),
    ("Campaigns", "Contacts", "Contacts"),
    ("Campaigns", "Leads", "Leads"),
];

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the world of seed {}", self.seed)
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn succeeded(answer: &Answer) {
    assert!(answer.status < 300, "{}", answer.text);
}

/// A record's keys and values, for calls that write one.
pub(super) type Fields = Map<String, Value>;
