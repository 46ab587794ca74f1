//! Builders of records: what a module cannot do without, and whatever a test adds.

use serde_json::{Map, Value, json};

/// A record on its way to the server.
#[derive(Debug, Clone)]
pub struct Record {
    pub module: &'static str,
    fields: Map<String, Value>,
}

impl Record {
    /// A record with nothing in it.
    pub fn empty(module: &'static str) -> Self {
        Self { module, fields: Map::new() }
    }

    /// The record with one field more, or changed.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(field.to_owned(), value.into());
        self
    }

    #[must_use]
    pub fn without(mut self, field: &str) -> Self {
        self.fields.shift_remove(field);
        self
    }

    /// The record alone.
    pub fn value(&self) -> Value {
        Value::Object(self.fields.clone())
    }

    /// The body that writes it.
    pub fn body(&self) -> Value {
        json!({ "data": [self.value()] })
    }
}

/// A deal that is being qualified.
pub fn deal(name: &str) -> Record {
    Record::empty("Deals")
        .with("Deal_Name", name)
        .with("Stage", "Qualification")
        .with("Closing_Date", "2027-06-30")
}

/// A lead with a last name and a company.
pub fn lead(last_name: &str) -> Record {
    Record::empty("Leads").with("Last_Name", last_name).with("Company", "Acme")
}

pub fn account(name: &str) -> Record {
    Record::empty("Accounts").with("Account_Name", name)
}

pub fn contact(last_name: &str) -> Record {
    Record::empty("Contacts").with("Last_Name", last_name)
}

pub fn product(name: &str) -> Record {
    Record::empty("Products").with("Product_Name", name)
}

/// A body with these records.
pub fn data(records: &[Record]) -> Value {
    json!({ "data": records.iter().map(Record::value).collect::<Vec<_>>() })
}
