//! What has to change in the tables so that they fit a new schema.

use crate::cell::Storage;
use crate::field::FieldDef;
use crate::field_types::Form;
use crate::full_text::FullText;
use crate::module::ModuleDef;

/// One change of the tables, the same for both databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    CreateTable {
        table: String,
        columns: Vec<(String, Storage)>,
    },
    AddColumn {
        table: String,
        column: String,
        storage: Storage,
    },
    CreateIndex(Index),
    DropIndex {
        name: String,
    },
    /// `fill`: rows that are there may have to be found.
    CreateFullText {
        text: FullText,
        fill: bool,
    },
    DropFullText(FullText),
}

/// An index over columns of one table. A unique one ignores nulls, as both databases do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    pub name: String,
    pub table: String,
    /// Column, storage, and whether text is compared by its exact case.
    pub columns: Vec<(String, Storage, bool)>,
    pub unique: bool,
    /// Leave out rows where the first column is empty.
    pub partial: bool,
}

impl Index {
    fn new(name: &str, table: &str, columns: Vec<(String, Storage, bool)>) -> Self {
        let folds = folds(&columns);
        let name = format!("{name}{}", if folds { FOLDED } else { "" });
        Self { name, table: table.to_owned(), columns, unique: false, partial: false }
    }

    /// Name of the index that stood in this one's place when only ASCII letters were compared without case.
    pub fn former_name(&self) -> Option<&str> {
        self.name.strip_suffix(FOLDED).filter(|_| folds(&self.columns))
    }

    /// What stands in for a unique index where rows that are there have a value twice.
    pub fn open(&self) -> Option<Self> {
        self.unique.then(|| Self { name: open_name(&self.name), unique: false, ..self.clone() })
    }
}

/// Ends the names of indexes that compare texts without regard to case in every script.
const FOLDED: &str = "_f";

/// Name of what may stand in for a unique index.
pub fn open_name(name: &str) -> String {
    format!("{name}_open")
}

fn folds(columns: &[(String, Storage, bool)]) -> bool {
    columns.iter().any(|(_, storage, exact)| *storage == Storage::Text && !exact)
}

/// Steps from `old` (nothing when the module is new) to `new`. Columns of removed fields stay as tombstones:
/// dropping one rewrites every row on SQLite.
pub fn diff(old: Option<&ModuleDef>, new: &ModuleDef) -> Vec<Step> {
    let Some(table) = &new.table else { return Vec::new() };
    let mut steps = Vec::new();
    match old {
        None => {
            let mut columns = vec![("hist".to_owned(), Storage::Int)];
            columns.extend(new.fields().iter().flat_map(columns_of).filter(|(name, _)| name != "id"));
            steps.push(Step::CreateTable { table: table.clone(), columns });
        }
        Some(old) => {
            let added = new.fields().iter().filter(|field| old.field_by_id(field.id).is_none());
            for (column, storage) in added.flat_map(columns_of) {
                steps.push(Step::AddColumn { table: table.clone(), column, storage });
            }
        }
    }
    let before = old.map(indexes).unwrap_or_default();
    let after = indexes(new);
    for index in before.iter().filter(|index| !after.contains(index)) {
        steps.push(Step::DropIndex { name: index.name.clone() });
    }
    steps.extend(after.into_iter().filter(|index| !before.contains(index)).map(Step::CreateIndex));
    steps.extend(full_text(old, new));
    steps
}

/// What becomes of the full text index. New columns are empty, so they alone give no row anything to be found by.
fn full_text(old: Option<&ModuleDef>, new: &ModuleDef) -> Vec<Step> {
    let (before, after) = (old.and_then(FullText::of), FullText::of(new));
    if before == after {
        return Vec::new();
    }
    let held = |column: &str| {
        old.is_some_and(|old| old.fields().iter().any(|field| field.column.as_deref() == Some(column)))
    };
    let only_added = match (&before, &after) {
        (Some(before), Some(after)) => {
            let pairs = [
                (&before.words, &after.words),
                (&before.mails, &after.mails),
                (&before.phones, &after.phones),
            ];
            pairs.iter().all(|(before, after)| {
                before.iter().all(|column| after.contains(column))
                    && after.iter().all(|column| before.contains(column) || !held(column))
            })
        }
        _ => old.is_none(),
    };
    let mut steps: Vec<Step> = before.map(Step::DropFullText).into_iter().collect();
    steps.extend(after.map(|text| Step::CreateFullText { text, fill: !only_added }));
    steps
}

/// Indexes a module's table shall have.
pub fn wanted(module: &ModuleDef) -> Vec<Step> {
    let text = FullText::of(module).map(|text| Step::CreateFullText { text, fill: true });
    indexes(module).into_iter().map(Step::CreateIndex).chain(text).collect()
}

/// Columns of one field: none, one, or the value and its module.
pub fn columns_of(field: &FieldDef) -> Vec<(String, Storage)> {
    let (Some(column), Some(storage)) = (&field.column, field.data_type.get().storage) else {
        return Vec::new();
    };
    let mut columns = vec![(column.clone(), storage)];
    columns.extend(field.module_column().map(|column| (column, Storage::Int)));
    columns
}

/// Characters of a text that still has an index of its own. PostgreSQL refuses a row whose entry in an index is longer
/// than 2704 bytes, so that a longer one could no longer be stored.
const INDEXED_CHARACTERS: u32 = 255;

/// True when an index over the field alone can serve a test or an order: single values that are compared as a whole. A
/// boolean has too few of them.
pub fn can_be_indexed(module: &ModuleDef, field: &FieldDef) -> bool {
    let fits = match field.data_type.get().form {
        Form::Text => field.length.is_some_and(|length| length <= INDEXED_CHARACTERS),
        Form::Int
        | Form::BigInt
        | Form::Decimal
        | Form::Date
        | Form::Instant
        | Form::Lookup
        | Form::AnyLookup
        | Form::User => true,
        _ => false,
    };
    fits && module.table.is_some() && field.column.as_deref().is_some_and(|column| column != "id")
}

/// The index that begins with the field, whatever it is there for.
pub fn index_of(module: &ModuleDef, field: &FieldDef) -> Option<Index> {
    let column = field.column.as_deref()?;
    indexes(module).into_iter().find(|index| index.columns.first().is_some_and(|(first, ..)| first == column))
}

/// Name of the index over just these fields, where there is one over all rows.
pub fn index_over(module: &ModuleDef, names: &[&str]) -> Option<String> {
    let columns: Option<Vec<&str>> = names.iter().map(|name| module.field(name)?.column.as_deref()).collect();
    let columns = columns?;
    let is_it = |index: &Index| {
        !index.partial && index.columns.iter().map(|(column, ..)| column.as_str()).eq(columns.iter().copied())
    };
    indexes(module).into_iter().find(is_it).map(|index| index.name)
}

/// Indexes a module's table shall have: the groups it names, one for each field that records are looked up by, one for
/// each field that was given one, and one per unique or external field.
fn indexes(module: &ModuleDef) -> Vec<Index> {
    let Some(table) = &module.table else { return Vec::new() };
    let mut found: Vec<Index> = Vec::new();
    let alone = looked_up_by(module).chain(module.asked_indexes.iter().filter_map(|name| module.field(name)));
    let alone = alone.filter(|field| can_be_indexed(module, field)).map(|field| vec![field]);
    let named = |group: &Vec<String>| group.iter().filter_map(|name| module.field(name)).collect();
    for fields in module.indexes.iter().map(named).chain(alone) {
        let fields: Vec<&FieldDef> = fields;
        let columns: Vec<_> = fields
            .iter()
            .filter_map(|field| Some((field.column.clone()?, field.data_type.get().storage?, false)))
            .collect();
        let Some((first, ..)) = columns.first() else { continue };
        let partial = (fields[0].data_type.get().is_lookup() && first != "owner") || first == "tag";
        let index = Index::new(&format!("{table}_{first}_{}", columns.len()), table, columns);
        if !found.iter().any(|one| one.name == index.name) {
            found.push(Index { partial, ..index });
        }
    }
    for field in module.fields() {
        let (Some(column), Some(storage)) = (&field.column, field.data_type.get().storage) else { continue };
        let exact = field.unique.is_some_and(|unique| unique.case_sensitive);
        if field.unique.is_some() || field.external.is_some() {
            let columns = vec![(column.clone(), storage, exact)];
            let index = Index::new(&format!("{table}_{column}_u"), table, columns);
            found.push(Index { unique: field.unique.is_some(), partial: true, ..index });
        }
    }
    found
}

/// Fields that always have an index: lists come in the order of changes, related lists are read by lookups, and a
/// lookup may be given by the name of its record. Rows of another record are only read with that.
fn looked_up_by(module: &ModuleDef) -> impl Iterator<Item = &FieldDef> {
    module.fields().iter().filter(|field| {
        let is_name = module.display_field.as_deref() == Some(&field.api_name) && field.unique.is_none();
        module.parent.is_none()
            && (is_name || field.api_name == "Modified_Time" || field.data_type.get().is_lookup())
    })
}
