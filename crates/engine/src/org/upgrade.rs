//! Orgs made by an earlier version get what the standard modules have come to have since.

use dealwright_schema::{FieldDef, ModuleDef, catalog, indexes, rows, upgrade};
use dealwright_store::ddl::Twice;
use dealwright_wire::{Id, Mint};

use super::{By, Change, Org, meta};
use crate::error::Error;
use crate::snapshot::Snapshot;

/// Key of the catalog's fingerprint in `_meta`.
pub(super) const CATALOG: &str = "catalog";

/// Tells the administrator that a unique field has values twice, which an earlier release took for different ones. The
/// records stay; what they have in common is nobody's but the org's.
pub(super) fn tell(org: Id, snapshot: &Snapshot, twice: &Twice) {
    let is_it = |module: &ModuleDef, field: &FieldDef| {
        field.unique.is_some()
            && indexes::index_of(module, field).is_some_and(|index| index.name == twice.index)
    };
    let mut modules = snapshot.schema.modules().iter();
    let found = modules.find_map(|module| {
        let field = module.fields().iter().find(|field| is_it(module, field))?;
        Some((module, &field.api_name))
    });
    let Some((module, field)) = found else { return };
    let records: Vec<String> = twice.rows.iter().map(|(one, other)| format!("{one} and {other}")).collect();
    tracing::warn!(
        org.id = %org,
        module = module.api_name,
        field,
        values = twice.values,
        records = records.join(", "),
        "{} values of the unique field {field} of {} are in several records, which differ by case at most; the \
         records stay as they are, new ones are refused, and the field is unique again at the first start after \
         they were made different",
        twice.values,
        module.api_name,
    );
}

impl Org {
    /// Adds missing standard modules and what is new in those that are there, in one change of the metadata. Nothing is
    /// compared when the org has seen this catalog already.
    pub(super) async fn upgrade(&self) -> Result<(), Error> {
        let current = catalog::fingerprint();
        if meta(&self.store, CATALOG).await?.as_ref() == Some(&current) {
            return Ok(());
        }
        let standard = catalog::standard_modules(&self.mint);
        self.change(By::Server, |all| {
            for module in standard {
                let Some(stored) = all.schema().module(&module.api_name) else {
                    all.add_module(module)?;
                    continue;
                };
                let mut renewed = ModuleDef::clone(stored);
                if upgrade::upgrade(&mut renewed, &module) {
                    all.module(renewed.id, |stored| {
                        *stored = renewed.clone();
                        Ok(())
                    })?;
                }
            }
            add_uploads(&self.mint, all)?;
            all.exec("DELETE FROM {_meta} WHERE key = ?1".to_owned(), vec![CATALOG.into()]);
            all.exec(
                "INSERT INTO {_meta} (key, value) VALUES (?1, ?2)",
                vec![CATALOG.into(), current.into()],
            );
            Ok(())
        })
        .await
    }
}

/// Gives fields of files and images the hidden modules that they came without in earlier releases.
fn add_uploads(mint: &Mint, all: &mut Change) -> Result<(), Error> {
    let lacks = |field: &&FieldDef| {
        rows::uploads_name(field.data_type.name()).is_some() && field.associated_module().is_none()
    };
    let modules = all.schema().modules().iter();
    let found: Vec<(Id, Id)> = modules
        .flat_map(|module| module.fields().iter().filter(lacks).map(move |field| (module.id, field.id)))
        .collect();
    for (module, field) in found {
        let schema = all.schema().clone();
        let hidden = all.unseen(module, |module| {
            let parent = module.clone();
            let field = module.field_by_id_mut(field);
            Ok(field.and_then(|field| rows::of_uploads(mint, &schema, &parent, field)))
        })?;
        if let Some(hidden) = hidden {
            all.add_module(hidden)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use dealwright_schema::ModuleDef;
    use dealwright_store::{Cell, Row, Sql, Store};
    use dealwright_wire::Id;

    use super::super::{document, parse};
    use super::CATALOG;
    use crate::Org;
    use crate::error::Error;
    use crate::fresh::{Folder, new_org, open};

    async fn docs(store: &Store) -> Vec<String> {
        let sql = Sql::from("SELECT doc FROM {_modules} ORDER BY position, id");
        let text = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
        store
            .read(dealwright_store::Weight::Point, move |conn| {
                Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &[], text).await?) })
            })
            .await
            .unwrap()
    }

    async fn exec(store: &Store, statements: Vec<(String, Vec<Cell<'static>>)>) {
        store
            .write(move |tx| {
                Box::pin(async move {
                    for (sql, args) in &statements {
                        tx.exec(&Sql::from(sql.clone()), args).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await
            .unwrap();
    }

    /// Makes the org one of an earlier version: without Solutions, without a field of Leads, with a label of its own and
    /// a field whose options people chose.
    async fn age(org: &Org) {
        let snapshot = org.snapshot();
        let mut leads = ModuleDef::clone(snapshot.schema.module("Leads").unwrap());
        leads.remove_field(leads.field("Website").unwrap().id);
        leads.described.insert("plural_label".to_owned(), "Prospects".into());
        let source = leads.field("Lead_Source").unwrap().id;
        let source = leads.field_by_id_mut(source).unwrap();
        source.pick_list_values.truncate(2);
        source.described.insert("modified_time".to_owned(), "2026-09-21T00:00:00Z".into());
        let solutions = snapshot.schema.module("Solutions").unwrap().id;
        exec(
            &org.store,
            vec![
                ("DELETE FROM {_modules} WHERE id = ?1".to_owned(), vec![solutions.into()]),
                ("DROP TABLE {solutions}".to_owned(), Vec::new()),
                (
                    "UPDATE {_modules} SET doc = ?2 WHERE id = ?1".to_owned(),
                    vec![leads.id.into(), document(&leads).unwrap().into()],
                ),
                ("DELETE FROM {_meta} WHERE key = ?1".to_owned(), vec![CATALOG.into()]),
            ],
        )
        .await;
    }

    #[tokio::test]
    async fn an_older_org_gets_what_is_new_once() {
        let folder = Folder::new("upgrade");
        let org = open(&folder, 0, Some(new_org())).await;
        let fresh = docs(&org.store).await;
        age(&org).await;
        drop(org);
        let org = open(&folder, 1, None).await;
        let snapshot = org.snapshot();
        let leads = snapshot.schema.module("Leads").unwrap();
        let website = leads.field("Website").unwrap();
        assert_eq!(leads.text("plural_label"), "Prospects");
        assert_eq!(leads.field("Lead_Source").unwrap().pick_list_values.len(), 2);
        assert!(snapshot.schema.module("Solutions").is_some());
        let column = website.column.clone().unwrap();
        let before: Vec<ModuleDef> = fresh.iter().map(|doc| parse(doc).unwrap()).collect();
        let before = before.iter().find(|module| module.api_name == "Leads").unwrap();
        assert!(
            before.fields().iter().all(|field| field.column.as_ref() != Some(&column)),
            "{column} is new"
        );
        // Both tables are there.
        let sql = format!("UPDATE {{leads}} SET \"{column}\" = 'x'");
        exec(&org.store, vec![(sql, Vec::new()), ("DELETE FROM {solutions}".to_owned(), Vec::new())]).await;
        let upgraded = docs(&org.store).await;
        // Only what lacked something was written.
        let is_kept = |doc: &&String| upgraded.contains(doc);
        assert_eq!(fresh.iter().filter(is_kept).count(), fresh.len() - 2);
        drop(org);
        let org = open(&folder, 2, None).await;
        assert_eq!(docs(&org.store).await, upgraded);
        // Another catalog without anything new.
        let forget = "DELETE FROM {_meta} WHERE key = ?1".to_owned();
        exec(&org.store, vec![(forget, vec![CATALOG.into()])]).await;
        drop(org);
        let org = open(&folder, 3, None).await;
        assert_eq!(docs(&org.store).await, upgraded);
        assert!(super::meta(&org.store, CATALOG).await.unwrap().is_some());
    }

    /// SQLite takes five hundred parts in one union; an org with more tables could not be opened a second time.
    #[tokio::test]
    async fn an_org_with_many_modules_opens_again_above_its_highest_id() {
        let folder = Folder::new("many");
        let org = open(&folder, 0, Some(new_org())).await;
        let like = ModuleDef::clone(org.snapshot().schema.module("Services__s").unwrap());
        let ids: Vec<Id> = org.mint.ids(700).collect();
        let made = org.change(super::super::By::Server, move |all| {
            for (number, id) in ids.iter().enumerate() {
                let mut module = like.clone();
                (module.api_name, module.id) = (format!("Kind_{number}"), *id);
                module.set_table(format!("kind_{number}"));
                module.indexes.clear();
                all.add_module(module)?;
            }
            Ok(())
        });
        made.await.unwrap();
        let highest = org.mint.next().get() + 1_000;
        exec(&org.store, vec![("INSERT INTO {kind_699} (id) VALUES (?1)".to_owned(), vec![highest.into()])])
            .await;
        drop(org);
        let again = open(&folder, 1, None).await;
        assert!(again.snapshot().schema.module("Kind_699").is_some());
        assert!(again.mint.next().get() > highest);
    }
}
