//! The indexes of a module's table: which there shall be, and which one serves what.

use crate::cell::Storage;
use crate::field::FieldDef;
use crate::field_types::Form;
use crate::module::ModuleDef;

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
    fn new(name: &str, table: &str, columns: Vec<(String, Storage, bool)>, partial: bool) -> Self {
        let name = format!("{name}{}", ends(&columns, partial).first().copied().unwrap_or_default());
        Self { name, table: table.to_owned(), columns, unique: false, partial }
    }

    /// Names of the indexes that stood in this one's place in earlier releases.
    pub fn former_names(&self) -> Vec<String> {
        let ends = ends(&self.columns, self.partial);
        let Some(base) = ends.first().and_then(|end| self.name.strip_suffix(end)) else { return Vec::new() };
        let former: Vec<String> = ends[1..].iter().map(|end| format!("{base}{end}")).collect();
        former.iter().map(|name| open_name(name)).chain(former.iter().cloned()).collect()
    }

    /// What stands in for a unique index where rows that are there have a value twice.
    pub fn open(&self) -> Option<Self> {
        self.unique.then(|| Self { name: open_name(&self.name), unique: false, ..self.clone() })
    }
}

/// How the names of indexes end, that of today first, by what they hold: once only ASCII letters were compared without
/// case, and then PostgreSQL did not see that a value that is asked for is in an index without the empty ones.
fn ends(columns: &[(String, Storage, bool)], partial: bool) -> &'static [&'static str] {
    let folds = columns.iter().any(|(_, storage, exact)| *storage == Storage::Text && !exact);
    match (folds, partial) {
        (false, _) => &[""],
        (true, false) => &["_f", ""],
        (true, true) => &["_p", "_f", ""],
    }
}

/// Name of what may stand in for a unique index.
pub fn open_name(name: &str) -> String {
    format!("{name}_open")
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

/// Indexes that `new` has and `old` has not.
pub fn added(old: &ModuleDef, new: &ModuleDef) -> Vec<Index> {
    let before = indexes(old);
    indexes(new).into_iter().filter(|index| !before.contains(index)).collect()
}

/// Names of the module's indexes.
pub fn names(module: &ModuleDef) -> Vec<String> {
    indexes(module).into_iter().map(|index| index.name).collect()
}

/// The index that begins with the field, whatever it is there for.
pub fn index_of(module: &ModuleDef, field: &FieldDef) -> Option<Index> {
    let column = field.column.as_deref()?;
    indexes(module).into_iter().find(|index| index.columns.first().is_some_and(|(first, ..)| first == column))
}

/// Name of the index over just these fields, where there is one over all rows.
pub fn over_fields(module: &ModuleDef, names: &[&str]) -> Option<String> {
    let columns: Option<Vec<&str>> = names.iter().map(|name| module.field(name)?.column.as_deref()).collect();
    over(module, &columns?)
}

fn over(module: &ModuleDef, columns: &[&str]) -> Option<String> {
    let is_it = |index: &Index| {
        !index.partial && index.columns.iter().map(|(column, ..)| column.as_str()).eq(columns.iter().copied())
    };
    indexes(module).into_iter().find(is_it).map(|index| index.name)
}

/// Indexes a module's table shall have: the groups it names, one for each field that records are looked up by, one for
/// each field that was given one, those of owners, and one per unique or external field.
pub fn indexes(module: &ModuleDef) -> Vec<Index> {
    let Some(table) = &module.table else { return Vec::new() };
    let mut found: Vec<Index> = Vec::new();
    for fields in groups(module) {
        let columns = columns_of_all(&fields);
        let Some((first, ..)) = columns.first() else { continue };
        let partial = (fields[0].data_type.get().is_lookup() && first != "owner") || first == "tag";
        let index = Index::new(&format!("{table}_{first}_{}", columns.len()), table, columns, partial);
        if !found.iter().any(|one| one.name == index.name) {
            found.push(index);
        }
    }
    for fields in owner_groups(module) {
        let columns = columns_of_all(&fields);
        let Some((second, ..)) = columns.get(1) else { continue };
        let name = format!("{table}_owner_{second}_{}", columns.len());
        found.push(Index::new(&name, table, columns, false));
    }
    for field in module.fields() {
        let (Some(column), Some(storage)) = (&field.column, field.data_type.get().storage) else { continue };
        let exact = field.unique.is_some_and(|unique| unique.case_sensitive);
        if field.unique.is_some() || field.external.is_some() {
            let columns = vec![(column.clone(), storage, exact)];
            let index = Index::new(&format!("{table}_{column}_u"), table, columns, true);
            found.push(Index { unique: field.unique.is_some(), ..index });
        }
    }
    found
}

fn columns_of_all(fields: &[&FieldDef]) -> Vec<(String, Storage, bool)> {
    let column = |field: &&FieldDef| Some((field.column.clone()?, field.data_type.get().storage?, false));
    fields.iter().filter_map(column).collect()
}

/// Fields with an index together: the groups that the module names, and single ones.
fn groups(module: &ModuleDef) -> impl Iterator<Item = Vec<&FieldDef>> {
    let alone = looked_up_by(module).chain(module.asked_indexes.iter().filter_map(|name| module.field(name)));
    let alone = alone.filter(|field| can_be_indexed(module, field)).map(|field| vec![field]);
    let named = |group: &Vec<String>| group.iter().filter_map(|name| module.field(name)).collect();
    module.indexes.iter().map(named).chain(alone)
}

/// The fields of the index that orders the records of each owner. A module has it from when not everybody sees all of it.
pub const OF_OWNERS: [&str; 2] = ["Owner", "Modified_Time"];

/// The index of a group that begins with the owner.
pub fn of_owners(module: &ModuleDef, group: &[&FieldDef]) -> Option<String> {
    let columns: Vec<&str> = group.iter().filter_map(|field| field.column.as_deref()).collect();
    over(module, &columns)
}

/// The owner before each group of fields that searches ask for, and before its first field, where not everybody sees all
/// records: what somebody finds among the records of some owners is then read owner by owner, and none of the others'.
/// The first field alone keeps what has one value in the order of ids.
pub fn owner_groups(module: &ModuleDef) -> Vec<Vec<&FieldDef>> {
    if !module.indexes.iter().any(|group| *group == OF_OWNERS) {
        return Vec::new();
    }
    let Some(owner) = module.field("Owner") else { return Vec::new() };
    let is_searched = |field: &FieldDef| {
        let is_tag = field.column.as_deref() == Some("tag");
        let is_in_order = field.id == owner.id || field.api_name == "Modified_Time";
        !field.data_type.get().is_lookup() && !is_tag && !is_in_order
    };
    let mut found: Vec<Vec<&FieldDef>> = Vec::new();
    for group in groups(module).filter(|group| group.first().is_some_and(|first| is_searched(first))) {
        for length in [1, group.len()] {
            let with_owner: Vec<&FieldDef> =
                [owner].into_iter().chain(group[..length].iter().copied()).collect();
            let is_same = |one: &Vec<&FieldDef>| {
                one.iter().map(|field| field.id).eq(with_owner.iter().map(|field| field.id))
            };
            if !found.iter().any(is_same) {
                found.push(with_owner);
            }
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
