//! What has to change in the tables so that they fit a new schema.

use crate::cell::Storage;
use crate::field::FieldDef;
use crate::full_text::FullText;
use crate::indexes::{Index, indexes};
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
