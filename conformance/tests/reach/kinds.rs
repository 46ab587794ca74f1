//! The modules of a random world: what a record there needs, and where it can point.

use serde_json::{Map, Value, json};

use crate::model::Random;

/// A module whose records are in the world.
pub(super) struct Kind {
    pub(super) module: &'static str,
    /// The field that names a record.
    pub(super) name: &'static str,
    /// Fields that point to records, and the modules they can point to.
    pub(super) lookups: &'static [(&'static str, &'static [&'static str])],
    /// What a record cannot do without, beside its name.
    needs: fn(&mut Map<String, Value>, usize),
    /// The field of its line items, each of which names a product.
    pub(super) items: Option<&'static str>,
}

/// What activities can belong to.
const WHAT: &[&str] = &["Accounts", "Deals", "Quotes", "Cases", "Leads"];

/// Those with owners, each after the ones it points to.
pub(super) const KINDS: &[Kind] = &[
    Kind { lookups: &[("Parent_Account", &["Accounts"])], ..plain("Accounts", "Account_Name") },
    Kind { lookups: &[("Parent_Campaign", &["Campaigns"])], ..plain("Campaigns", "Campaign_Name") },
    plain("Products", "Product_Name"),
    Kind {
        lookups: &[("Account_Name", &["Accounts"]), ("Reporting_To", &["Contacts"])],
        needs: |record, number| _ = record.insert("Email".to_owned(), json!(email("Contacts", number))),
        ..plain("Contacts", "Last_Name")
    },
    Kind {
        // Some leads are of companies that are accounts, and have the address of a contact.
        needs: |record, number| {
            record.insert("Lead_Status".to_owned(), json!("Not Contacted"));
            record.insert("Company".to_owned(), json!(label("Accounts", number)));
            record.insert("Email".to_owned(), json!(email("Contacts", number + 1)));
        },
        ..plain("Leads", "Last_Name")
    },
    Kind {
        lookups: &[
            ("Account_Name", &["Accounts"]),
            ("Contact_Name", &["Contacts"]),
            ("Campaign_Source", &["Campaigns"]),
        ],
        needs: |record, _| {
            record.insert("Stage".to_owned(), json!("Qualification"));
            record.insert("Closing_Date".to_owned(), json!("2027-06-30"));
        },
        ..plain("Deals", "Deal_Name")
    },
    Kind {
        lookups: &[
            ("Account_Name", &["Accounts"]),
            ("Contact_Name", &["Contacts"]),
            ("Deal_Name", &["Deals"]),
        ],
        items: Some("Quoted_Items"),
        ..plain("Quotes", "Subject")
    },
    Kind {
        lookups: &[
            ("Account_Name", &["Accounts"]),
            ("Contact_Name", &["Contacts"]),
            ("Deal_Name", &["Deals"]),
            ("Quote_Name", &["Quotes"]),
        ],
        items: Some("Ordered_Items"),
        ..plain("Sales_Orders", "Subject")
    },
    Kind {
        lookups: &[
            ("Account_Name", &["Accounts"]),
            ("Related_To", &["Contacts"]),
            ("Deal_Name", &["Deals"]),
            ("Product_Name", &["Products"]),
        ],
        needs: |record, _| {
            record.insert("Status".to_owned(), json!("New"));
            record.insert("Case_Origin".to_owned(), json!("Web"));
        },
        ..plain("Cases", "Subject")
    },
    Kind { lookups: &[("Who_Id", &["Contacts"]), ("What_Id", WHAT)], ..plain("Tasks", "Subject") },
    Kind {
        lookups: &[("Who_Id", &["Contacts"]), ("What_Id", WHAT)],
        needs: |record, _| {
            record.insert("Start_DateTime".to_owned(), json!("2027-06-05T12:00:00Z"));
            record.insert("End_DateTime".to_owned(), json!("2027-06-05T13:00:00Z"));
        },
        ..plain("Events", "Event_Title")
    },
    Kind {
        lookups: &[("Who_Id", &["Contacts"]), ("What_Id", WHAT)],
        needs: |record, _| {
            record.insert("Call_Type".to_owned(), json!("Outbound"));
            record.insert("Call_Start_Time".to_owned(), json!("2027-06-05T12:00:00Z"));
            record.insert("Call_Duration".to_owned(), json!("10:00"));
        },
        ..plain("Calls", "Subject")
    },
];

/// Modules that hang on the record of another one, whose reach is theirs, and a field that every row has.
pub(super) const HANGING: &[&str] = &["Notes", "Attachments"];

/// Modules whose records can be in territories, and the field that tells.
pub(super) const WITH_TERRITORIES: &[(&str, &str)] = &[
    ("Leads", "Territories"),
    ("Contacts", "Territories"),
    ("Accounts", "Territories"),
    ("Deals", "Territory"),
];

const fn plain(module: &'static str, name: &'static str) -> Kind {
    Kind { module, name, lookups: &[], needs: |_, _| (), items: None }
}

impl Kind {
    /// A record without lookups. Its number makes its name.
    pub(super) fn record(&self, number: usize) -> Map<String, Value> {
        let mut record = Map::new();
        record.insert(self.name.to_owned(), json!(label(self.module, number)));
        (self.needs)(&mut record, number);
        record
    }

    /// Where a field of a record can point, with whatever has to stand beside it.
    pub(super) fn point(
        &self,
        record: &mut Map<String, Value>,
        field: &str,
        target: &'static str,
        value: Value,
    ) {
        record.insert(field.to_owned(), value);
        if field == "What_Id" {
            record.insert("$se_module".to_owned(), json!(target));
        }
    }

    /// A lookup of the module and one of the modules it can point to.
    pub(super) fn lookup(&self, random: &mut Random) -> Option<(&'static str, &'static str)> {
        if self.lookups.is_empty() {
            return None;
        }
        let (field, targets) = *random.pick(self.lookups);
        Some((field, *random.pick(targets)))
    }
}

/// The kind of that module.
pub(super) fn kind(module: &str) -> &'static Kind {
    KINDS.iter().find(|kind| kind.module == module).unwrap_or_else(|| panic!("{module} is in the world"))
}

/// The name of the world's record of that number.
pub(super) fn label(module: &str, number: usize) -> String {
    format!("{module} {number}")
}

pub(super) fn email(module: &str, number: usize) -> String {
    format!("{}.{number}@example.com", module.to_lowercase())
}
