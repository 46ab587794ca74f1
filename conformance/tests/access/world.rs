//! An org in which every module is private, and the people and records that calls are made with.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use dealwright_testkit::{Api, TestServer};
use serde_json::{Value, json};

use super::modules::{self, Module};
use crate::people::{Colleague, colleague, create, named};

/// Stands in every text of every record that the stranger must not see.
pub(super) const MARK: &str = "ZQSECRET";

/// How many values of a draft may be refused: the metadata does not tell everything.
const MOST_REFUSED: usize = 30;

/// How far the caller may go with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    /// The caller's own.
    Own,
    /// Shared with the caller to read.
    Seen,
    /// Somebody else's.
    Far,
    /// There is no such record.
    Absent,
}

/// A record, or the place where none is, with what hangs on it.
#[derive(Debug, Clone)]
pub(super) struct Slot {
    pub(super) module: String,
    pub(super) side: Side,
    pub(super) id: String,
    /// Stands in its name and its other texts, and nowhere else.
    pub(super) serial: String,
    /// Ids of notes, files, mails and so on, by kind.
    pub(super) things: BTreeMap<String, String>,
}

impl Slot {
    /// The text that its fields hold.
    pub(super) fn mark(&self) -> String {
        mark(&self.module, &self.serial)
    }
}

fn mark(module: &str, serial: &str) -> String {
    format!("{MARK} {} {serial}", module.replace('_', " "))
}

pub(super) struct World {
    pub(super) server: TestServer,
    pub(super) admin: Api,
    /// Who calls.
    pub(super) actor: Colleague,
    /// Who owns half of what is out of the caller's reach, in a role beside the caller's.
    pub(super) beside: Colleague,
    /// Whose records the caller may read, by rules.
    pub(super) open: Colleague,
    pub(super) modules: Vec<Module>,
    /// Ids that are no secret and that bodies need: `role`, `user`, `tag.Deals` and so on.
    pub(super) known: BTreeMap<String, String>,
    serials: AtomicUsize,
}

impl World {
    pub(super) async fn new(server: TestServer) -> Self {
        let admin = server.api();
        for role in ["North", "South", "East"] {
            create(&admin, "settings/roles", "roles", json!({ "name": role })).await;
        }
        let actor = colleague(&server, "Actor", "North", "Standard").await;
        let beside = colleague(&server, "Beside", "South", "Standard").await;
        let open = colleague(&server, "Open", "East", "Standard").await;
        fields(&admin).await;
        let mut world = Self {
            modules: modules::read(&admin).await,
            known: BTreeMap::new(),
            serials: AtomicUsize::new(1),
            server,
            admin,
            actor,
            beside,
            open,
        };
        world.close().await;
        world.learn().await;
        world
    }

    /// Makes every module private, but for what East shows to North.
    async fn close(&self) {
        let all = self.admin.get("settings/data_sharing").await.json()["data_sharing"].clone();
        let side = |id: &str| json!({"type": "roles", "resource": {"id": id}, "subordinates": false});
        let (north, east) =
            (named(&self.admin, "roles", "North").await, named(&self.admin, "roles", "East").await);
        for row in all.as_array().expect("modules that are shared") {
            let module = row["module"]["api_name"].as_str().expect("a name");
            let body = json!({"data_sharing": [{"share_type": "private", "module": {"api_name": module}}]});
            let answer = self.admin.put("settings/data_sharing", &body).await;
            assert_eq!(answer.status, 200, "{module}: {}", answer.text);
            let rule = json!({"sharing_rules": [{
                "name": format!("East to North {module}"), "type": "Record_Owner_Based", "permission_type": "read",
                "shared_from": side(&east), "shared_to": side(&north), "superiors_allowed": false,
            }]});
            let answer =
                self.admin.post(&format!("settings/data_sharing/rules?module={module}"), &rule).await;
            assert_eq!(answer.status, 201, "{module}: {}", answer.text);
        }
    }

    /// Looks up what bodies name beside records.
    async fn learn(&mut self) {
        let admin = self.admin.clone();
        let mut known = BTreeMap::new();
        let territory = create(&admin, "settings/territories", "territories", json!({"name": "Coast"})).await;
        known.insert("territory".to_owned(), territory);
        known.insert("role".to_owned(), named(&admin, "roles", "South").await);
        known.insert("north".to_owned(), named(&admin, "roles", "North").await);
        known.insert("profile".to_owned(), named(&admin, "profiles", "Standard").await);
        known.insert("user".to_owned(), self.beside.id.clone());
        known.insert("me".to_owned(), self.actor.id.clone());
        let roles = admin.get("Contacts/roles").await.json();
        known.insert(
            "contact_role".to_owned(),
            roles["contact_roles"][0]["id"].as_str().unwrap_or_default().to_owned(),
        );
        let group =
            json!({"name": "Group", "sources": [{"type": "users", "source": {"id": self.beside.id}}]});
        known.insert("group".to_owned(), create(&admin, "settings/user_groups", "user_groups", group).await);
        for (kind, path, key) in [
            ("email_template", "settings/email_templates", "email_templates"),
            ("inventory_template", "settings/inventory_templates", "inventory_templates"),
        ] {
            let id = admin.get(path).await.json()[key][0]["id"].as_str().map(str::to_owned);
            known.insert(kind.to_owned(), id.unwrap_or_else(|| "1234567890123456789".to_owned()));
        }
        for module in &self.modules {
            known.insert(format!("module.{}", module.name), module.id.clone());
            let path = format!("settings/tags?module={}", module.name);
            let made = admin.post(&path, &json!({"tags": [{"name": "public"}]})).await;
            if let Some(id) = made.json()["tags"][0]["details"]["id"].as_str() {
                known.insert(format!("tag.{}", module.name), id.to_owned());
            }
            for field in &module.fields {
                if let (Some(id), true) = (field["id"].as_str(), field["display_field"] == true) {
                    known.insert(format!("field.{}", module.name), id.to_owned());
                }
            }
        }
        self.known = known;
    }

    pub(super) fn module(&self, name: &str) -> &Module {
        let found = self.modules.iter().find(|module| module.name == name);
        found.unwrap_or_else(|| panic!("no module {name}"))
    }

    /// Modules with records that a call can make.
    pub(super) fn creatable(&self) -> impl Iterator<Item = &Module> {
        self.modules.iter().filter(|module| module.is_creatable && module.name != "Notes")
    }

    pub(super) fn serial(&self) -> String {
        format!("q{:05}q", self.serials.fetch_add(1, Ordering::Relaxed))
    }

    /// Who makes the records of a side.
    pub(super) fn maker(&self, side: Side) -> &Api {
        if side == Side::Own { &self.actor.api } else { &self.admin }
    }

    /// Makes records of a module, all alike but for their serials.
    pub(super) async fn make(&self, module: &str, side: Side, count: usize, all: bool) -> Vec<Slot> {
        let described = self.module(module);
        let needs = self.needs(module, side).await;
        let mut slots: Vec<Slot> = (0..count)
            .map(|_| Slot {
                module: module.to_owned(),
                side,
                id: String::new(),
                serial: self.serial(),
                things: BTreeMap::new(),
            })
            .collect();
        if side == Side::Absent {
            for slot in &mut slots {
                slot.id = self.absent();
            }
            return slots;
        }
        let records: Vec<Value> = slots
            .iter()
            .map(|slot| {
                let mut record = described.draft(&slot.mark(), all, &needs);
                for field in described.unique_fields() {
                    record.entry(field).or_insert_with(|| json!(unique(&slot.serial)));
                }
                let has = |name: &str| described.fields.iter().any(|field| field["api_name"] == name);
                if has("Key") {
                    record.insert("Key".to_owned(), json!(unique(&slot.serial)));
                }
                if has("Phone") {
                    record.insert("Phone".to_owned(), json!(modules::digits(&slot.mark())));
                }
                if described.fields.iter().any(|field| field["api_name"] == "Owner") {
                    // Half of the modules belong to the administrator.
                    let is_beside =
                        self.modules.iter().position(|one| one.name == module).is_some_and(|at| at % 2 == 0);
                    match side {
                        Side::Seen => record.insert("Owner".to_owned(), json!({"id": self.open.id})),
                        Side::Far if is_beside => {
                            record.insert("Owner".to_owned(), json!({"id": self.beside.id}))
                        }
                        _ => None,
                    };
                }
                Value::Object(record)
            })
            .collect();
        for (part, slots) in records.chunks(100).zip(slots.chunks_mut(100)) {
            let ids = self.insert(module, side, part.to_vec()).await;
            for (slot, id) in slots.iter_mut().zip(ids) {
                slot.id = id;
            }
        }
        slots
    }

    /// Inserts records, without the values that the server does not take.
    async fn insert(&self, module: &str, side: Side, mut records: Vec<Value>) -> Vec<String> {
        for _ in 0..MOST_REFUSED {
            let answer = self.maker(side).post(module, &json!({ "data": records })).await;
            if answer.status == 201 {
                return answer.ids();
            }
            let field = answer.details()["api_name"].as_str().map(str::to_owned);
            let Some(field) = field else { panic!("{side:?} {module}: {} to {}", answer.text, records[0]) };
            let given =
                if records[0].get(&field).is_none() { self.given(module, side, &field).await } else { None };
            for record in &mut records {
                let record = record.as_object_mut().expect("records are objects");
                match &given {
                    Some(value) => _ = record.insert(field.clone(), value.clone()),
                    None => _ = record.shift_remove(&field),
                }
            }
        }
        panic!("{side:?} {module}: nothing is taken");
    }

    /// A value for a field that a record cannot do without, although the metadata does not say so.
    async fn given(&self, module: &str, side: Side, field: &str) -> Option<Value> {
        let described = self.module(module).fields.iter().find(|one| one["api_name"] == field)?;
        let target = modules::target(described);
        if self.modules.iter().any(|module| module.name == target) {
            let target = Box::pin(self.make(target, side, 1, false)).await.remove(0);
            return Some(json!({"id": target.id}));
        }
        modules::value(described, MARK)
    }

    /// An id of the usual shape that nothing has.
    pub(super) fn absent(&self) -> String {
        // The numbers below the first record's: they rise with time.
        let number: u64 = self.actor.id.parse().expect("an id is a number");
        (number - 1_000_000 + self.serials.fetch_add(1, Ordering::Relaxed) as u64).to_string()
    }

    /// What the id of a thing of that kind looks like that nothing has.
    pub(super) fn absent_thing(&self, kind: &str) -> String {
        match kind {
            "file" | "mail" => {
                let number = self.serials.fetch_add(1, Ordering::Relaxed);
                format!("{number:064x}")
            }
            _ => self.absent(),
        }
    }

    /// What a record cannot do without and that refers to others of the same side.
    pub(super) async fn needs(&self, module: &str, side: Side) -> BTreeMap<String, Value> {
        let mut needs = BTreeMap::new();
        if side == Side::Absent {
            return needs;
        }
        for field in &self.module(module).fields {
            let name = field["api_name"].as_str().unwrap_or_default();
            if field["data_type"] == "subform" && field["custom_field"] == true {
                needs.insert(name.to_owned(), json!([{"Boat_Name": MARK}]));
            }
            let is_items = field["data_type"] == "subform" && field["custom_field"] != true;
            if is_items {
                let product = Box::pin(self.make("Products", side, 1, false)).await.remove(0);
                needs.insert(
                    name.to_owned(),
                    json!([{"Product_Name": product.id, "Quantity": 1, "Description": product.mark()}]),
                );
            }
        }
        if module == "Services__s" {
            let member = if side == Side::Own { &self.actor.id } else { &self.beside.id };
            needs.insert("Members".to_owned(), json!([{"Members": {"id": member}}]));
        }
        if module == "Appointments__s" {
            let service = Box::pin(self.make("Services__s", side, 1, false)).await.remove(0);
            let person = Box::pin(self.make("Contacts", side, 1, false)).await.remove(0);
            needs.insert("Service_Name".to_owned(), json!({"id": service.id}));
            needs.insert(
                "Appointment_For".to_owned(),
                json!({"id": person.id, "module": {"api_name": "Contacts"}}),
            );
        }
        needs
    }
}

/// The value that a record holds in each field that nobody else may have the same in.
pub(super) fn unique(serial: &str) -> String {
    format!("{}.{serial}@example.com", MARK.to_lowercase())
}

/// Fields that the org gets on top, so that every type that refers to something is there.
async fn fields(admin: &Api) {
    for (module, field) in [
        (
            "Leads",
            json!({"field_label": "Wishes", "data_type": "multiselectlookup", "multiselectlookup": {"connected_module": {"api_name": "Products"}}}),
        ),
        ("Leads", json!({"field_label": "Team", "data_type": "multiuserlookup"})),
        ("Leads", json!({"field_label": "Papers", "data_type": "fileupload", "length": 3})),
        (
            "Leads",
            json!({"field_label": "Boats", "data_type": "subform", "subform": {"fields": [
                {"field_label": "Boat Name", "data_type": "text", "length": 60},
                {"field_label": "Harbour", "data_type": "lookup", "lookup": {"module": {"api_name": "Accounts"}}},
            ]}}),
        ),
        ("Leads", key()),
        ("Deals", key()),
        ("Contacts", key()),
    ] {
        let made =
            admin.post(&format!("settings/fields?module={module}"), &json!({ "fields": [field] })).await;
        assert_eq!(made.status, 201, "{module}: {}", made.text);
    }
}

/// A field to name records by in place of their ids.
fn key() -> Value {
    json!({"field_label": "Key", "data_type": "text", "length": 60, "external": {"type": "user", "show": false}})
}
