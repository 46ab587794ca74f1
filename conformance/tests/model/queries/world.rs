//! Contacts with a field of every type, their accounts and owners: on the server, and as the naive copy has them.

use std::collections::BTreeMap;

use dealwright_testkit::Api;
use serde_json::{Map, Value, json};

use super::super::Random;
use super::super::kinds::{self, at};
use super::value::{Cell, Kind, numeral};

/// Contacts; one page of a list holds them.
pub(super) const CONTACTS: usize = 200;
const ACCOUNTS: usize = 24;

/// A field that can be asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// Only the server makes its values; they are read from it.
    is_made: bool,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_made: false }
}

const fn made(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_made: true }
}

const fn decimals(decimals: usize) -> Kind {
    Kind::Number { decimals, quoted: false }
}

const BIG: Kind = Kind::Number { decimals: 0, quoted: true };

pub(super) const CONTACT: &[Field] = &[
    field("Last_Name", Kind::Text),
    field("M_Text", Kind::Text),
    field("M_Area", Kind::Text),
    field("M_Email", Kind::Text),
    field("M_Phone", Kind::Text),
    field("M_Site", Kind::Text),
    field("M_Pick", Kind::Picklist),
    field("M_Picks", Kind::Options),
    field("M_Flag", Kind::Bool),
    field("M_Whole", decimals(0)),
    field("M_Big", BIG),
    field("M_Double", decimals(3)),
    field("M_Fine", decimals(9)),
    field("M_Money", decimals(2)),
    field("M_Most", decimals(2)),
    field("M_Share", decimals(2)),
    field("M_Date", Kind::Date),
    field("M_Time", Kind::Instant),
    field("M_User", Kind::User),
    field("Account_Name", Kind::Account),
    field("Owner", Kind::User),
    field("Tag", Kind::Tags),
    made("M_Serial", Kind::Serial),
    made("F_Double", decimals(2)),
    made("F_Money", decimals(2)),
    made("F_Text", Kind::Text),
    made("F_Day", Kind::Date),
    made("F_Moment", Kind::Instant),
    made("F_Test", Kind::Bool),
];

pub(super) const ACCOUNT: &[Field] = &[
    field("Account_Name", Kind::Text),
    field("Phone", Kind::Text),
    field("Website", Kind::Text),
    field("Industry", Kind::Picklist),
    field("Annual_Revenue", decimals(2)),
    field("Employees", decimals(0)),
    field("Parent_Account", Kind::Account),
    field("Owner", Kind::User),
];

/// The id, which every module has.
const ID: Field = made("id", BIG);

/// A record.
#[derive(Debug)]
pub(super) struct Row {
    pub id: String,
    pub values: BTreeMap<&'static str, Cell>,
}

#[derive(Debug)]
pub(super) struct User {
    pub id: String,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: String,
    pub profile: String,
}

impl User {
    /// What queries call it.
    fn attribute(&self, name: &str) -> Cell {
        let text = match name {
            "first_name" => self.first_name.clone(),
            "last_name" => self.last_name.clone(),
            "full_name" => self.full_name(),
            "email" => self.email.clone(),
            "role.name" => self.role.clone(),
            "profile.name" => self.profile.clone(),
            other => panic!("no {other} of a user"),
        };
        if text.is_empty() { Cell::Null } else { Cell::Text(text) }
    }

    pub(super) fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name).trim().to_owned()
    }
}

/// Both modules and the users.
pub(super) struct World {
    pub api: Api,
    pub contacts: Vec<Row>,
    pub accounts: Vec<Row>,
    pub users: Vec<User>,
    /// Id of the user who asks.
    pub me: String,
}

impl World {
    /// Fields, users and records are made on a fresh server.
    pub(super) async fn new(api: Api, random: &mut Random) -> Self {
        fields(&api).await;
        let users = users(&api).await;
        let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].clone();
        let me = me.as_str().expect("somebody asks").to_owned();
        let mut world = Self { users, me, api, contacts: Vec::new(), accounts: Vec::new() };
        let accounts: Vec<_> = (0..ACCOUNTS).map(|at| world.account(random, at)).collect();
        world.accounts = world.insert("Accounts", accounts).await;
        // Parents are accounts too; some of them are parents of themselves in two steps.
        for at in 0..ACCOUNTS {
            if random.once_in(4) {
                continue;
            }
            let (id, parent) =
                (world.accounts[at].id.clone(), world.accounts[random.below(ACCOUNTS)].id.clone());
            if id == parent {
                continue;
            }
            let body = json!({"data": [{"id": id, "Parent_Account": {"id": parent}}]});
            let answer = world.api.put("Accounts", &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
            world.accounts[at].values.insert("Parent_Account", Cell::Reference(parent));
        }
        let contacts: Vec<_> = (0..CONTACTS).map(|at| world.contact(random, at)).collect();
        world.contacts = world.insert("Contacts", contacts).await;
        world.read_made().await;
        world
    }

    /// The field at the end of a path (`Account_Name.Industry`), and its value for a record: null behind an empty lookup.
    pub(super) fn at(&self, fields: &'static [Field], row: &Row, path: &str) -> (Kind, Cell) {
        let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
        let field = find(fields, first);
        let value = row.values.get(first).cloned().unwrap_or(Cell::Null);
        match (rest, field.kind) {
            (None, kind) | (Some("id"), kind @ (Kind::Account | Kind::User)) => (kind, value),
            (Some(rest), Kind::User) => {
                (Kind::Text, self.user_of(&value).map_or(Cell::Null, |user| user.attribute(rest)))
            }
            (Some(rest), Kind::Account) => match self.account_of(&value) {
                Some(account) => self.at(ACCOUNT, account, rest),
                None => (end(rest), Cell::Null),
            },
            (Some(rest), kind) => panic!("{path}: {rest} of {kind:?}"),
        }
    }

    /// Fields and records of a module.
    pub(super) fn module(&self, name: &str) -> (&'static [Field], &[Row]) {
        if name == "Accounts" { (ACCOUNT, &self.accounts) } else { (CONTACT, &self.contacts) }
    }

    /// The account that a lookup points to.
    pub(super) fn account_of(&self, value: &Cell) -> Option<&Row> {
        self.accounts.iter().find(|row| Cell::Reference(row.id.clone()) == *value)
    }

    pub(super) fn user_of(&self, value: &Cell) -> Option<&User> {
        self.users.iter().find(|user| Cell::Reference(user.id.clone()) == *value)
    }

    fn account(&self, random: &mut Random, at: usize) -> Values {
        let mut values = Values::new();
        for field in ACCOUNT {
            let cell = match field.name {
                // Two of each name, in different case.
                "Account_Name" if at.is_multiple_of(2) => Cell::Text(format!("{} {at}", text(random))),
                "Account_Name" => Cell::Text(["ACME Corp", "Acme corp", "Épée, (Ltd.)"][at % 3].to_owned()),
                "Parent_Account" => Cell::Null,
                "Owner" => Cell::Reference(random.pick(&self.users).id.clone()),
                _ if random.once_in(4) => Cell::Null,
                _ => self.value(random, field),
            };
            values.insert(field.name, cell);
        }
        values
    }

    fn contact(&self, random: &mut Random, at: usize) -> Values {
        let mut values = Values::new();
        for field in CONTACT.iter().filter(|field| !field.is_made) {
            let cell = match field.name {
                "Last_Name" => Cell::Text(format!("{} {}", random.pick::<&str>(WORDS), at % 50)),
                "Owner" => Cell::Reference(random.pick(&self.users).id.clone()),
                // A boolean is never empty.
                _ if random.once_in(5) && field.kind != Kind::Bool => Cell::Null,
                _ => self.value(random, field),
            };
            values.insert(field.name, cell);
        }
        values
    }

    /// A value that a field can have.
    fn value(&self, random: &mut Random, field: &Field) -> Cell {
        let number = |from: &[&str], random: &mut Random| {
            let text = *random.pick(from);
            let sign = if random.once_in(3) { "-" } else { "" };
            Kind::Number { decimals: 9, quoted: false }.read(&format!("{sign}{text}")).unwrap_or(Cell::Null)
        };
        match (field.name, field.kind) {
            ("M_Email", _) => Cell::Text(format!(
                "{}{}@Example.com",
                random.pick::<&str>(&["user", "User"]),
                random.below(12)
            )),
            ("M_Phone" | "Phone", _) => Cell::Text(format!("+1 (555) 0{}", random.below(12))),
            ("M_Site" | "Website", _) => {
                Cell::Text(format!("www.example{}.com/a?b=c&d=%2B", random.below(9)))
            }
            ("M_Area", _) => Cell::Text(format!("{}\n{}", text(random), text(random))),
            ("Industry", _) => {
                Cell::text(random.pick::<&str>(&["Government/Military", "ERP", "Large Enterprise"]))
            }
            ("M_Whole" | "Employees", _) => number(&["0", "1", "2", "7", "40", "999999999"], random),
            ("M_Big", _) => {
                number(&["0", "5", "12345678901", "9007199254740993", "999999999999999999"], random)
            }
            ("M_Double", _) => number(&["0", "0.001", "1.5", "2.25", "12.125", "99999999999.999"], random),
            ("M_Fine", _) => number(&["0", "0.000000001", "0.1", "1.000000001", "123456.789"], random),
            ("M_Most", _) => {
                number(&["0", "0.01", "9999999999999999.99", "9999999999999999.98", "1"], random)
            }
            ("M_Share", _) => number(&["0", "100", "12.5", "33.33", "250"], random),
            (_, Kind::Number { .. }) => {
                number(&["0", "0.01", "0.99", "1", "10.5", "1000", "12345678901.23"], random)
            }
            (_, Kind::Text) => Cell::Text(text(random)),
            (_, Kind::Picklist) if random.once_in(4) => Cell::text(random.pick(RENAMED).0),
            (_, Kind::Picklist) => Cell::text(random.pick::<&str>(OPTIONS)),
            (_, Kind::Options) => {
                let first = random.below(OPTIONS.len());
                let last = first + random.below(OPTIONS.len() - first);
                Cell::List(OPTIONS[first..=last].iter().map(|text| (*text).to_owned()).collect())
            }
            (_, Kind::Tags) => {
                let first = random.below(TAGS.len());
                Cell::List(TAGS[first..].iter().take(2).map(|text| (*text).to_owned()).collect())
            }
            (_, Kind::Bool) => Cell::Bool(random.once_in(2)),
            (_, Kind::Date) => Cell::Date((*random.pick(DATES)).to_owned()),
            (_, Kind::Instant) => Cell::Instant(*random.pick(INSTANTS) + random.below(3) as i64),
            (_, Kind::Account) => Cell::Reference(random.pick(&self.accounts).id.clone()),
            (_, Kind::User) => Cell::Reference(random.pick(&self.users).id.clone()),
            (name, Kind::Serial) => panic!("{name} is the server's"),
        }
    }

    async fn insert(&self, module: &'static str, rows: Vec<Values>) -> Vec<Row> {
        let sent: Vec<Value> = rows
            .iter()
            .enumerate()
            .map(|(at, values)| {
                let given = values.iter().filter(|(_, cell)| !cell.is_null());
                Value::Object(given.map(|(name, cell)| ((*name).to_owned(), sent(cell, at))).collect())
            })
            .collect();
        let ids = self.api.insert_all(module, &sent).await;
        let id = |id: String, mut values: Values| {
            values.insert("id", BIG.read(&id).unwrap_or(Cell::Null));
            Row { id, values }
        };
        ids.into_iter().zip(rows).map(|(found, values)| id(found, values)).collect()
    }

    /// Reads what the server worked out. That it did so rightly is tested elsewhere.
    async fn read_made(&mut self) {
        let names: Vec<&str> = CONTACT.iter().filter(|field| field.is_made).map(|field| field.name).collect();
        let answer = self.api.get(&format!("Contacts?fields={}&per_page=200", names.join(","))).await;
        let shown: BTreeMap<String, Value> = answer
            .rows()
            .into_iter()
            .map(|row| (row["id"].as_str().unwrap_or_default().to_owned(), row))
            .collect();
        for row in &mut self.contacts {
            for field in CONTACT.iter().filter(|field| field.is_made) {
                let value = match &shown[&row.id][field.name] {
                    Value::Null => Cell::Null,
                    Value::String(text) => field.kind.read(text).expect("a value of its kind"),
                    other => {
                        let text = other.to_string();
                        let text = text.strip_suffix(".0").unwrap_or(&text);
                        field.kind.read(text).expect("a value of its kind")
                    }
                };
                row.values.insert(field.name, value);
            }
        }
        for name in names {
            let given = self.contacts.iter().filter(|row| !row.values[name].is_null()).count();
            assert!(given > CONTACTS / 4, "{name} has {given} values");
        }
    }
}

type Values = BTreeMap<&'static str, Cell>;

/// The field of that name.
pub(super) fn find(fields: &'static [Field], name: &str) -> &'static Field {
    if name == "id" {
        return const { &ID };
    }
    fields.iter().find(|field| field.name == name).unwrap_or_else(|| panic!("no field {name}"))
}

/// True for the id of the record itself, or of one that a lookup points to.
pub(super) fn is_id(path: &str) -> bool {
    path.rsplit('.').next() == Some("id")
}

/// The kind at the end of a path that begins at an account.
fn end(path: &str) -> Kind {
    let (first, rest) = path.split_once('.').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (find(ACCOUNT, first).kind, rest) {
        (kind, None | Some("id")) => kind,
        (Kind::User, Some(_)) => Kind::Text,
        (_, Some(rest)) => end(rest),
    }
}

/// A value as it is written. Numbers go as texts, because some have more digits than JSON numbers keep.
fn sent(cell: &Cell, at_row: usize) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Bool(yes) => json!(yes),
        Cell::Number(units) => json!(numeral(*units)),
        Cell::Text(text) | Cell::Date(text) => json!(text),
        Cell::Instant(seconds) => json!(at(*seconds, at_row as i64 % 25 - 12)),
        // Tags and picklists take names.
        Cell::List(items) if TAGS.contains(&items[0].as_str()) => {
            items.iter().map(|name| json!({"name": name})).collect()
        }
        Cell::List(items) => json!(items),
        Cell::Reference(id) => json!({"id": id}),
    }
}

pub(super) const WORDS: &[&str] = &[
    "alpha",
    "Alpha",
    "ALPHA",
    "beta",
    "Beta-max",
    "gamma",
    "Épsilon",
    "épsilon",
    "straße",
    "100%",
    "under_score",
    "it's",
    "(x)",
    "a,b",
    "back\\slash",
    "\"q\"",
    "漢字",
    "🚢",
    "x",
    "--",
    "[z]",
    "1",
];

const OPTIONS: &[&str] = &[
    "Red",
    "Green",
    "green tea",
    "Blue & White",
    "Ünter",
    "O'Hara; \"quoted\"",
    "a, b",
    "[c]",
    "back\\slash",
];
/// Options that are stored by one name and shown by another.
pub(super) const RENAMED: &[(&str, &str)] = &[("Violet", "Lila"), ("Grey", "Grau")];
const TAGS: &[&str] = &["Hot", "hot stuff", "Cold & Dry", "ÄÖ", "x"];
const DATES: &[&str] = &[
    "1900-01-01",
    "1999-12-31",
    "2000-02-29",
    "2024-02-29",
    "2027-01-14",
    "2027-01-15",
    "2027-01-16",
    "9999-12-30",
];
/// Around the ends of days at the org, and around changes of its clock.
const INSTANTS: &[i64] = &[
    -1,
    0,
    951_782_400,
    1_710_064_798,
    1_730_624_398,
    1_799_913_599,
    1_799_999_998,
    1_800_000_000,
    4_102_444_800,
];

/// One to three words.
pub(super) fn text(random: &mut Random) -> String {
    let mut text = String::new();
    for at in 0..=random.below(3) {
        if at > 0 {
            text.push_str(random.pick::<&str>(&[" ", " ", ", ", "-", "  "]));
        }
        text.push_str(random.pick::<&str>(WORDS));
    }
    text
}

/// Users that own records. Names differ in more than their case, since both mean the same user.
async fn users(api: &Api) -> Vec<User> {
    let first = |path: &'static str, name: &'static str| {
        let api = api.clone();
        async move { json!(crate::people::named(&api, path, name).await) }
    };
    let (role, profile) = (first("roles", "Manager").await, first("profiles", "Standard").await);
    for (first_name, last_name) in [("Ada", "Lovelace"), ("Émilie", "du Châtelet"), ("Ada", "Byron")] {
        let email = format!("{}@example.com", last_name.split(' ').next().unwrap_or_default());
        let user = json!({"first_name": first_name, "last_name": last_name, "email": email, "role": role, "profile": profile});
        let answer = api.post("users", &json!({"users": [user]})).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
    }
    let all = api.get("users?type=AllUsers").await.json();
    let text = |user: &Value, key: &str| user[key].as_str().unwrap_or_default().to_owned();
    let all = all["users"].as_array().expect("a list of users");
    all.iter()
        .map(|user| User {
            id: text(user, "id"),
            first_name: text(user, "first_name"),
            last_name: text(user, "last_name"),
            email: text(user, "email"),
            role: text(&user["role"], "name"),
            profile: text(&user["profile"], "name"),
        })
        .collect()
}

async fn fields(api: &Api) {
    let known = kinds::KINDS.iter().filter(|kind| {
        CONTACT.iter().any(|field| field.name == kind.api_name)
            && !matches!(kind.api_name, "M_Pick" | "M_Picks")
    });
    let option = |shown: &str, stored: &str| json!({"display_value": shown, "actual_value": stored});
    let options: Vec<Value> = OPTIONS
        .iter()
        .map(|text| option(text, text))
        .chain(RENAMED.iter().map(|(stored, shown)| option(shown, stored)))
        .collect();
    let formula = |label: &str, gives: &str, expression: &str| {
        json!({"field_label": label, "data_type": "formula",
               "formula": {"return_type": gives, "expression": expression}})
    };
    let own = [
        json!({"field_label": "M Pick", "data_type": "picklist", "pick_list_values": options}),
        json!({"field_label": "M Picks", "data_type": "multiselectpicklist", "pick_list_values": options}),
        json!({"field_label": "M Fine", "data_type": "double", "length": 16, "decimal_place": 9}),
        json!({"field_label": "M Most", "data_type": "currency", "length": 16, "decimal_place": 2}),
        json!({"field_label": "M Serial", "data_type": "autonumber",
               "auto_number": {"prefix": "C-", "start_number": 95, "suffix": "/x"}}),
        formula("F Double", "double", "M_Whole * 2 + 0.25"),
        formula("F Money", "currency", "M_Money - 0.5"),
        formula("F Text", "text", "Concat(M_Text, ' of ', Last_Name)"),
        formula("F Day", "date", "Adddate(M_Date, 1, 'DAY')"),
        formula("F Moment", "datetime", "Adddate(M_Time, 1, 'HOUR')"),
        formula("F Test", "boolean", "M_Whole > 1"),
    ];
    for field in known.map(|kind| (kind.field)()).chain(own) {
        let answer = api.post("settings/fields?module=Contacts", &json!({"fields": [field]})).await;
        assert!(answer.status < 300, "{field}: {}", answer.text);
    }
}

/// What is asked about a record besides its own fields: those of its account.
pub(super) fn paths() -> Vec<String> {
    let own = CONTACT.iter().map(|field| field.name.to_owned());
    let theirs = ACCOUNT.iter().map(|field| format!("Account_Name.{}", field.name));
    own.chain(theirs).chain(["id".to_owned(), "Account_Name.id".to_owned()]).collect()
}

/// A record for messages: what is not empty.
pub(super) fn shown(row: &Row, fields: &[&str]) -> Value {
    let chosen = row.values.iter().filter(|(name, _)| fields.contains(name));
    let mut shown: Map<String, Value> =
        chosen.map(|(name, cell)| ((*name).to_owned(), json!(format!("{cell:?}")))).collect();
    shown.insert("id".to_owned(), json!(row.id));
    Value::Object(shown)
}
