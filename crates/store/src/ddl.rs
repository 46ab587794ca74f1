//! Record tables from the difference of two schemas. Steps come from `dealwright_schema`; text from here.

use std::collections::HashSet;

use dealwright_schema::Storage;
use dealwright_schema::diff::Step;
use dealwright_schema::full_text::FullText;
use dealwright_schema::indexes::{Index, open_name};

use crate::conn::Conn;
use crate::database::{Store, Weight};
use crate::dialect::Dialect;
use crate::error::StoreError;
use crate::row::Row;
use crate::sql::Sql;

/// Carries out the steps in the running transaction.
pub async fn apply(tx: &mut Conn, steps: &[Step]) -> Result<(), StoreError> {
    let dialect = tx.dialect();
    let script: Vec<String> = steps.iter().map(|step| text(dialect, step)).collect();
    if script.is_empty() {
        return Ok(());
    }
    tx.script(&Sql::from(script.join(";\n"))).await
}

fn text(dialect: &dyn Dialect, step: &Step) -> String {
    match step {
        Step::CreateTable { table, columns } => {
            let columns: Vec<String> =
                columns.iter().map(|(name, storage)| column(dialect, name, *storage)).collect();
            format!("CREATE TABLE {{{table}}} (id {{{{id}}}}, {})", columns.join(", "))
        }
        Step::AddColumn { table, column: name, storage } => {
            format!("ALTER TABLE {{{table}}} ADD COLUMN {}", column(dialect, name, *storage))
        }
        Step::CreateIndex(index) => create_index(dialect, index, ""),
        Step::DropIndex { name } => {
            format!("{};\n{}", drop_index(dialect, name), drop_index(dialect, &open_name(name)))
        }
        Step::CreateFullText { text, fill: false } => full_text(text),
        Step::CreateFullText { text, fill: true } => format!("{};\n{}", full_text(text), walk(&text.table)),
        Step::DropFullText(text) => format!("DELETE FROM {{_search_texts}} WHERE tbl = '{}'", text.table),
    }
}

/// Says what the full text of a table is made of.
fn full_text(text: &FullText) -> String {
    let (table, name) = (&text.table, text.name());
    format!(
        "DELETE FROM {{_search_texts}} WHERE tbl = '{table}';\n\
         INSERT INTO {{_search_texts}} (tbl, name) VALUES ('{table}', '{name}')"
    )
}

/// Has the records of a table that are there already looked at once more, from the newest to the oldest. It is the first
/// time where no segment knows any of them.
fn walk(table: &str) -> String {
    format!(
        "DELETE FROM {{_search_walks}} WHERE tbl = '{table}';\n\
         INSERT INTO {{_search_walks}} (tbl, place, is_first) SELECT '{table}', max(id) + 1, \
         NOT EXISTS (SELECT 1 FROM {{_search_segments}} WHERE tbl = '{table}') FROM {{{table}}} HAVING max(id) IS NOT NULL"
    )
}

fn drop_index(dialect: &dyn Dialect, name: &str) -> String {
    format!("DROP INDEX IF EXISTS {}", dialect.index_to_drop(name))
}

/// Makes what folding and full text need in every store, and those of `wanted` indexes that are not there: an org of an
/// earlier release gets them when it is opened, at once and for all its rows, and loses those in whose place they come.
/// Full text of a module that is made of something else goes: on SQLite its triggers would go on writing other terms.
///
/// A unique index that rows have a value twice for cannot be made. An open one stands in for it until a later opening
/// finds no such rows; the indexes are returned, with what is twice.
pub async fn complete(store: &Store, wanted: Vec<Step>) -> Result<Vec<Twice>, StoreError> {
    let names = names(store).await?;
    let dialect = store.dialect();
    let bases: Vec<String> = dialect
        .bases()
        .into_iter()
        .filter(|(base, _)| !names.contains(*base))
        .map(|(_, make)| make)
        .collect();
    let is_missing = |step: &Step| match step {
        Step::CreateIndex(index) => !names.contains(&index.name),
        Step::CreateFullText { text, .. } => !names.contains(&text.name()),
        _ => false,
    };
    let texts = wanted.iter().filter_map(|step| match step {
        Step::CreateFullText { text, .. } => Some((text, text.name())),
        _ => None,
    });
    let mut stale: Vec<String> = texts
        .flat_map(|(text, own)| names.iter().filter(move |name| **name != own && text.has_name(name)))
        .map(|name| dialect.drop_former_full_text(name))
        .collect();
    let former = wanted.iter().flat_map(|step| match step {
        Step::CreateIndex(index) => index.former_names(),
        _ => Vec::new(),
    });
    let bases_of_earlier = dialect.former_bases().iter().filter(|(name, _)| names.contains(*name));
    stale.extend(bases_of_earlier.map(|(_, remove)| (*remove).to_owned()));
    stale.extend(former.filter(|name| names.contains(name)).map(|name| drop_index(dialect, &name)));
    let missing: Vec<Step> = wanted.into_iter().filter(is_missing).collect();
    if bases.is_empty() && missing.is_empty() && stale.is_empty() {
        return Ok(Vec::new());
    }
    store
        .write(move |tx| {
            Box::pin(async move {
                // Each alone: PostgreSQL takes a statement apart only when what it names is there.
                for make in &bases {
                    tx.script(&Sql::from(make.as_str())).await?;
                }
                if !stale.is_empty() {
                    tx.script(&Sql::from(stale.join(";\n"))).await?;
                }
                let (mut steps, mut twice) = (Vec::with_capacity(missing.len()), Vec::new());
                for step in missing {
                    let Step::CreateIndex(index) = &step else {
                        steps.push(step);
                        continue;
                    };
                    let Some(open) = index.open() else {
                        steps.push(step);
                        continue;
                    };
                    if let Some(found) = Twice::of(tx, index).await? {
                        twice.push(found);
                        steps.push(Step::CreateIndex(open));
                    } else {
                        let unique = step.clone();
                        steps.extend([Step::DropIndex { name: open.name }, unique]);
                    }
                }
                apply(tx, &steps).await?;
                Ok(twice)
            })
        })
        .await
}

/// Values that are in several rows, though no two rows shall have the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twice {
    /// Name of the index that was to keep them from it.
    pub index: String,
    /// How many values.
    pub values: i64,
    /// Of some of them, two rows that have it.
    pub rows: Vec<(i64, i64)>,
}

impl Twice {
    /// Of how many values rows are named.
    const SHOWN: usize = 5;

    async fn of(tx: &mut Conn, index: &Index) -> Result<Option<Self>, StoreError> {
        let [(column, storage, exact)] = index.columns.as_slice() else { return Ok(None) };
        let name = format!("\"{column}\"");
        let value = match (storage, exact) {
            (Storage::Text, true) => tx.dialect().exact(&name),
            (Storage::Text, false) => tx.dialect().fold(&name),
            _ => name.clone(),
        };
        let table = &index.table;
        let groups = format!(
            "SELECT min(id) AS one, max(id) AS other FROM {{{table}}} WHERE {name} IS NOT NULL \
             GROUP BY {value} HAVING count(*) > 1"
        );
        let count = Sql::from(format!("SELECT count(*) FROM ({groups}) found"));
        let values = tx.first(&count, &[], |row| Row::must(row.int(0)?, 0)).await?.unwrap_or_default();
        if values == 0 {
            return Ok(None);
        }
        let some = Sql::from(format!("{groups} ORDER BY one LIMIT {}", Self::SHOWN));
        let pair = |row: &Row<'_>| Ok((Row::must(row.int(0)?, 0)?, Row::must(row.int(1)?, 1)?));
        let rows = tx.all(&some, &[], pair).await?;
        Ok(Some(Self { index: index.name.clone(), values, rows }))
    }
}

/// Makes an index that is on no module's list yet, while the table is read and written as before. On SQLite, which has no
/// way to do that, nothing happens: the step of the change that puts the index on the list makes it.
///
/// PostgreSQL keeps what is left of an index that could not be finished, under its name and of no use; that goes first.
pub async fn create_index_aside(store: &Store, index: &Index) -> Result<(), StoreError> {
    let dialect = store.dialect();
    let Some(word) = dialect.aside() else { return Ok(()) };
    drop_index_aside(store, index).await?;
    let made = alone(store, create_index(dialect, index, &format!(" {word}"))).await;
    if made.is_err() {
        // The reason is worth more than what becomes of the rest, which the next attempt removes as well.
        let _rest = drop_index_aside(store, index).await;
    }
    made
}

/// Removes what [`create_index_aside`] made.
pub async fn drop_index_aside(store: &Store, index: &Index) -> Result<(), StoreError> {
    let dialect = store.dialect();
    let Some(word) = dialect.aside() else { return Ok(()) };
    alone(store, format!("DROP INDEX {word} IF EXISTS {}", dialect.index_to_drop(&index.name))).await
}

/// Runs one statement outside of transactions, as a unit of reading is on PostgreSQL.
async fn alone(store: &Store, statement: String) -> Result<(), StoreError> {
    let sql = Sql::from(statement);
    let store = store.patient();
    store.read(Weight::Scan, move |conn| Box::pin(async move { conn.script(&sql).await })).await
}

async fn names(store: &Store) -> Result<HashSet<String>, StoreError> {
    let (sql, texts) = (Sql::from(store.dialect().names()), Sql::from("SELECT name FROM {_search_texts}"));
    let names = store.read(Weight::Point, move |conn| {
        Box::pin(async move {
            let read = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
            let mut names = conn.all(&sql, &[], read).await?;
            if names.iter().any(|name| name == "_search_texts") {
                names.extend(conn.all(&texts, &[], read).await?);
            }
            Ok::<_, StoreError>(names)
        })
    });
    Ok(names.await?.into_iter().collect())
}

fn column(dialect: &dyn Dialect, name: &str, storage: Storage) -> String {
    format!("\"{name}\" {}", dialect.column_type(storage))
}

fn create_index(dialect: &dyn Dialect, index: &Index, aside: &str) -> String {
    let mut columns: Vec<String> = index
        .columns
        .iter()
        .map(|(name, storage, exact)| match (storage, exact) {
            (Storage::Text, true) => dialect.exact(&format!("\"{name}\"")),
            (Storage::Text, false) => dialect.fold(&format!("\"{name}\"")),
            _ => format!("\"{name}\""),
        })
        .collect();
    if !index.unique {
        columns.extend(dialect.index_tie_break().map(str::to_owned));
    }
    let unique = if index.unique { "UNIQUE " } else { "" };
    let only = match (index.columns.first(), columns.first()) {
        (Some((name, ..)), Some(key)) if index.partial => {
            format!(" WHERE {} IS NOT NULL", dialect.present(&format!("\"{name}\""), key))
        }
        _ => String::new(),
    };
    format!(
        "CREATE {unique}INDEX{aside} IF NOT EXISTS {} ON {{{}}} ({}){only}",
        dialect.index_to_create(&index.name),
        index.table,
        columns.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_say_it_their_way() {
        let step = Step::CreateIndex(Index {
            name: "deals_c1_u".into(),
            table: "deals".into(),
            columns: vec![("c1".into(), Storage::Text, false)],
            unique: true,
            partial: true,
        });
        assert_eq!(
            text(&crate::dialect::SQLITE, &step),
            "CREATE UNIQUE INDEX IF NOT EXISTS \"deals_c1_u\" ON {deals} (\"c1\" COLLATE dw_letters) WHERE \"c1\" IS NOT NULL"
        );
        assert_eq!(
            text(&crate::dialect::POSTGRES, &step),
            "CREATE UNIQUE INDEX IF NOT EXISTS \"deals_c1_u\" ON {deals} ({_letters_1}(\"c1\" COLLATE \"C\")) WHERE {_letters_1}(\"c1\" COLLATE \"C\") IS NOT NULL"
        );
    }
}
