//! One module: its fields, its table, and what describes it.

use std::collections::HashMap;

use dealwright_wire::Id;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::field::FieldDef;
use crate::rows::PARENT_COLUMN;

/// A module as stored in the org. `described` holds the wire keys that the engine only passes on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub struct ModuleDef {
    pub id: Id,
    pub api_name: String,
    /// Table of its records; `None` for modules without records of their own. Whoever reads rows gets it by
    /// [`ModuleDef::table_name`].
    pub(crate) table: Option<String>,
    /// Field whose value names a record in lookups.
    pub display_field: Option<String>,
    /// Module that owns the rows (subforms, trackers).
    pub parent: Option<String>,
    /// Number the next field's column gets. Never reused.
    pub next_column: u32,
    pub layout_id: Id,
    pub layout_sections: Vec<Section>,
    /// Groups of fields that are indexed together, by `api_name`.
    pub indexes: Vec<Vec<String>>,
    /// Fields with an index of their own because queries ask for them often, or because an administrator said so, by
    /// `api_name`.
    pub asked_indexes: Vec<String>,
    pub described: Map<String, Value>,
    fields: Vec<FieldDef>,
    by_name: HashMap<String, usize>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    id: Id,
    api_name: String,
    table: Option<String>,
    display_field: Option<String>,
    parent: Option<String>,
    next_column: u32,
    layout_id: Id,
    layout_sections: Vec<Section>,
    indexes: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    asked_indexes: Vec<String>,
    described: Map<String, Value>,
    fields: Vec<FieldDef>,
}

/// A part of the module's layout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Id>,
    pub api_name: String,
    pub display_label: String,
    pub column_count: u8,
    pub sequence_number: u16,
}

impl ModuleDef {
    pub fn fields(&self) -> &[FieldDef] {
        &self.fields
    }

    pub fn field(&self, api_name: &str) -> Option<&FieldDef> {
        self.by_name.get(api_name).map(|&at| &self.fields[at])
    }

    pub fn field_index(&self, api_name: &str) -> Option<usize> {
        self.by_name.get(api_name).copied()
    }

    pub fn field_by_id(&self, id: Id) -> Option<&FieldDef> {
        self.fields.iter().find(|field| field.id == id)
    }

    /// The field, to be changed in place. Its `api_name` and column must stay as they are.
    pub fn field_by_id_mut(&mut self, id: Id) -> Option<&mut FieldDef> {
        self.fields.iter_mut().find(|field| field.id == id)
    }

    /// True for modules with records of their own.
    pub fn has_records(&self) -> bool {
        self.table.is_some()
    }

    /// Table of its records; `None` for modules without records of their own.
    ///
    /// The engine does not call this: it gets tables with the permission to read them (`engine/src/access/`).
    pub fn table_name(&self) -> Option<&str> {
        self.table.as_deref()
    }

    /// Gives a module that is described elsewhere the table of its records.
    pub fn set_table(&mut self, name: String) {
        self.table = Some(name);
    }

    /// A flag of the description; absent means no.
    pub fn flag(&self, key: &str) -> bool {
        self.described.get(key).and_then(Value::as_bool).unwrap_or(false)
    }

    /// A text of the description; absent means empty.
    pub fn text(&self, key: &str) -> &str {
        self.described.get(key).and_then(Value::as_str).unwrap_or("")
    }

    /// Name used in permission names: Deals are still called Potentials there.
    pub fn permission_name(&self) -> &str {
        if self.api_name == "Deals" { "Potentials" } else { self.text("module_name") }
    }

    /// True for modules that tell what became of records of another one. Their rows hang on those, and are written like
    /// records of their own where the module lets them be.
    pub fn is_tracker(&self) -> bool {
        self.text("generated_type") == "field_tracker"
    }

    /// True for the module whose records are the attachments of others.
    pub fn holds_attachments(&self) -> bool {
        self.api_name == "Attachments"
    }

    /// Column that says `Available` in rows that may be shown; `None` where all may. Attachments of deleted records
    /// are there and not available.
    pub fn availability_column(&self) -> Option<&str> {
        // Asked with every grant: the name first.
        self.holds_attachments().then(|| self.field("Record_Status__s")?.column.as_deref()).flatten()
    }

    /// The field that names the record which each record of this module hangs on: that of rows, links and trackers, of
    /// notes, attachments and locks. `None` for modules whose records stand for themselves.
    pub fn parent_field(&self) -> Option<&FieldDef> {
        let Some(parent) = self.parent.as_deref() else {
            // What stands for itself has a share type of its own.
            let is_shared = self.described.get("default_share_type").is_some_and(|value| !value.is_null());
            return self.fields.iter().find(|field| field.has_module()).filter(|_| !is_shared);
        };
        let own = |field: &&FieldDef| field.column.as_deref() == Some(PARENT_COLUMN);
        let names = |field: &&FieldDef| field.lookup_module() == Some(parent) && field.column.is_some();
        self.fields.iter().find(own).or_else(|| self.fields.iter().find(names))
    }

    /// Adds a field and gives it a column when its type stores something.
    pub fn add_field(&mut self, mut field: FieldDef) {
        if field.column.is_none() && field.data_type.get().storage.is_some() && self.table.is_some() {
            field.column = Some(format!("c{}", self.next_column));
            self.next_column += 1;
        }
        self.by_name.insert(field.api_name.clone(), self.fields.len());
        self.fields.push(field);
    }

    /// Takes a field out of the schema. Its column stays in the table as a tombstone; an index it was given goes.
    pub fn remove_field(&mut self, id: Id) -> Option<FieldDef> {
        let at = self.fields.iter().position(|field| field.id == id)?;
        let field = self.fields.remove(at);
        self.asked_indexes.retain(|name| *name != field.api_name);
        self.by_name = names(&self.fields);
        Some(field)
    }

    /// A module without fields yet.
    pub fn empty(id: Id, api_name: &str, layout_id: Id) -> Self {
        Self {
            id,
            api_name: api_name.to_owned(),
            table: None,
            display_field: None,
            parent: None,
            next_column: 1,
            layout_id,
            layout_sections: Vec::new(),
            indexes: Vec::new(),
            asked_indexes: Vec::new(),
            described: Map::new(),
            fields: Vec::new(),
            by_name: HashMap::new(),
        }
    }
}

fn names(fields: &[FieldDef]) -> HashMap<String, usize> {
    fields.iter().enumerate().map(|(at, field)| (field.api_name.clone(), at)).collect()
}

impl From<Stored> for ModuleDef {
    fn from(s: Stored) -> Self {
        Self {
            by_name: names(&s.fields),
            id: s.id,
            api_name: s.api_name,
            table: s.table,
            display_field: s.display_field,
            parent: s.parent,
            next_column: s.next_column,
            layout_id: s.layout_id,
            layout_sections: s.layout_sections,
            indexes: s.indexes,
            asked_indexes: s.asked_indexes,
            described: s.described,
            fields: s.fields,
        }
    }
}

impl From<ModuleDef> for Stored {
    fn from(m: ModuleDef) -> Self {
        Self {
            id: m.id,
            api_name: m.api_name,
            table: m.table,
            display_field: m.display_field,
            parent: m.parent,
            next_column: m.next_column,
            layout_id: m.layout_id,
            layout_sections: m.layout_sections,
            indexes: m.indexes,
            asked_indexes: m.asked_indexes,
            described: m.described,
            fields: m.fields,
        }
    }
}
