//! Indexes on demand: nobody sees them in an answer, and a restart keeps them.

use std::sync::Arc;

use dealwright_engine::Org;
use dealwright_engine::indexes::{Outcome, add, drop, list, make_wanted};
use dealwright_schema::indexes::{self, Index};
use dealwright_schema::{Cell, FieldDef, ModuleDef, Storage};
use dealwright_store::{Row, Sql, StoreError, Weight};
use dealwright_testkit::records::deal;
use dealwright_testkit::{Engine, TestServer, on_both};
use serde_json::json;

on_both! {
    async fn answers_are_the_same_with_an_index_and_it_survives_a_restart(server: TestServer) {
        let api = server.api();
        for (name, step) in [("a", "call"), ("b", "write"), ("c", "Call"), ("d", "wait")] {
            api.insert(deal(name).with("Next_Step", json!(step))).await;
        }
        let paths = [
            "Deals/search?criteria=(Next_Step:starts_with:ca)",
            "Deals/search?criteria=(Next_Step:equals:call)&sort_by=Next_Step&sort_order=asc",
            "Deals?fields=Deal_Name,Next_Step&sort_by=Next_Step&sort_order=desc",
            "Deals?fields=Deal_Name,Next_Step&sort_by=Next_Step&sort_order=asc&per_page=3",
            "settings/modules/Deals",
        ];
        let query = json!({ "select_query": "select Deal_Name from Deals where Next_Step = 'call' order by id" });
        let mut before = Vec::new();
        for path in paths {
            before.push(api.get(path).await.text);
        }
        let rows = api.post("coql", &query).await.text;
        assert!(before[0].contains("Call"), "{}", before[0]);
        server.advance(std::time::Duration::from_mins(1));

        let org = server.state.orgs.all().remove(0);
        let count = indexes(&server).await;
        assert_eq!(add(&org, "Deals", "Next_Step").await.unwrap(), Outcome::Done);
        assert_eq!(indexes(&server).await, count + 1);
        std::mem::drop(org);
        let server = server.restart(|_| {}).await;
        assert_eq!(indexes(&server).await, count + 1);
        let api = server.api();
        for (path, before) in paths.iter().zip(&before) {
            let after = api.get(path).await.text;
            // Page tokens carry the time.
            assert_eq!(without_token(&after), without_token(before), "{path}");
        }
        assert_eq!(api.post("coql", &query).await.text, rows);

        let org = server.state.orgs.all().remove(0);
        let asked = |one: &dealwright_engine::indexes::Indexed| one.is_asked.then(|| one.field.clone());
        let all = list(&org, Some("Deals")).unwrap();
        assert_eq!(all.iter().filter_map(asked).collect::<Vec<_>>(), ["Next_Step"]);
        assert_eq!(drop(&org, "Deals", "Next_Step").await.unwrap(), Outcome::Done);
        assert_eq!(indexes(&server).await, count);
    }

    async fn an_index_goes_with_its_field(server: TestServer) {
        let api = server.api();
        let field = json!({ "fields": [{ "field_label": "Colour", "data_type": "text", "length": 60 }] });
        let made = api.post("settings/fields?module=Deals", &field).await;
        let id = made.json()["fields"][0]["details"]["id"].as_str().expect("an id").to_owned();
        let org = server.state.orgs.all().remove(0);
        let count = indexes(&server).await;
        assert_eq!(add(&org, "Deals", "Colour").await.unwrap(), Outcome::Done);
        assert_eq!(indexes(&server).await, count + 1);
        let gone = api.delete(&format!("settings/fields/{id}?module=Deals")).await;
        assert_eq!(gone.status, 200, "{}", gone.text);
        assert_eq!(indexes(&server).await, count);
    }

    async fn what_a_large_module_is_asked_for_often_gets_an_index(server: TestServer) {
        let org = server.state.orgs.all().remove(0);
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i <= 20000) \
                    INSERT INTO {deals} (id) SELECT i FROM n";
        let filled = org.store.write(move |tx| Box::pin(async move { tx.exec(&Sql::from(fill), &[]).await }));
        let filled: Result<u64, StoreError> = filled.await;
        filled.expect("rows can be made");
        let count = indexes(&server).await;
        for _ in 0..200 {
            server.api().get("Deals/search?criteria=(Lead_Source:equals:Trade Show)").await;
        }
        let made = make_wanted(&org).await.expect("the fields can be looked at");
        let made: Vec<_> = made.iter().map(|(one, outcome)| (one.field.as_str(), outcome.as_ref().ok())).collect();
        assert_eq!(made, [("Lead_Source", Some(&Outcome::Done))]);
        assert_eq!(indexes(&server).await, count + 1);
    }

    async fn every_index_finds_what_it_is_for(server: TestServer) {
        crate::sharing::make(&server.api(), "Deals", "private").await;
        let org = server.state.orgs.all().remove(0);
        let snapshot = org.snapshot();
        let mut unused = Vec::new();
        let mut count = 0;
        for all in snapshot.schema.modules().iter().map(|module| made(module)) {
            for index in &all {
                for is_list in [false, true] {
                    count += 1;
                    let plan = plan(&org, index, is_list).await;
                    // Which of those that begin with the same column is the database's choice.
                    let mut alike = all.iter().filter(|other| other.columns[0] == index.columns[0]);
                    if !alike.any(|other| plan.contains(&other.name)) {
                        let what = if is_list { "one of" } else { "one" };
                        unused.push(format!("{}, {what}: {plan}", index.name));
                    }
                }
            }
        }
        assert!(count > 200, "{count} were looked at");
        assert_eq!(unused, Vec::<String>::new());
    }

    async fn a_module_that_is_made_private_gets_indexes_of_its_owners(server: TestServer) {
        let count = indexes(&server).await;
        crate::sharing::make(&server.api(), "Deals", "private").await;
        let snapshot = server.state.orgs.all().remove(0).snapshot();
        let groups = indexes::owner_groups(snapshot.schema.module("Deals").expect("Deals"));
        let fields = |group: &Vec<&FieldDef>| group.iter().map(|field| field.api_name.clone()).collect();
        let groups: Vec<Vec<String>> = groups.iter().map(fields).collect();
        assert_eq!(
            groups,
            [vec!["Owner", "Stage"], vec!["Owner", "Stage", "Amount"], vec!["Owner", "Deal_Name"]]
        );
        // And that of the order of changes.
        let of_owners = groups.len() as i64 + 1;
        for share_type in ["private", "public_read_only", "public", "private"] {
            crate::sharing::make(&server.api(), "Deals", share_type).await;
            assert_eq!(indexes(&server).await, count + of_owners, "{share_type}");
        }
    }
}

/// How the database finds the rows that have one value, or one of several, in the first column of an index, where it reads
/// a whole table only for want of another way.
async fn plan(org: &Arc<Org>, index: &Index, is_list: bool) -> String {
    let dialect = org.store.dialect();
    let (column, storage, exact) = &index.columns[0];
    let column = format!("t.\"{column}\"");
    let key = match (storage, exact) {
        (Storage::Text, true) => dialect.exact(&column),
        (Storage::Text, false) => dialect.fold(&column),
        _ => column,
    };
    let argument = match storage {
        Storage::Text if is_list => Cell::Texts(vec!["a".to_owned(), "b".to_owned()].into()),
        Storage::Text => "a".to_owned().into(),
        Storage::Int if is_list => Cell::Ids(vec![1, 2].into()),
        Storage::Int => Cell::Int(1),
        // Times and days are asked for by ranges.
        Storage::Instant | Storage::Date | Storage::Bool => Cell::Null,
    };
    let test = match storage {
        Storage::Text if is_list => dialect.in_texts(&key, "?1"),
        Storage::Int if is_list => dialect.in_ids(&key, "?1"),
        Storage::Text | Storage::Int => format!("{key} = ?1"),
        _ => format!("{key} IS NOT NULL ORDER BY {key}"),
    };
    let arguments = if argument.is_null() { Vec::new() } else { vec![argument] };
    let sql = format!("{}SELECT t.id FROM {{{}}} t WHERE {test} LIMIT 10", dialect.explain(), index.table);
    let at = dialect.explained_column();
    let hint = (dialect.name() == "postgres").then_some("SET LOCAL enable_seqscan = off");
    let lines: Result<Vec<String>, StoreError> = org
        .store
        .write(move |tx| {
            Box::pin(async move {
                if let Some(hint) = hint {
                    tx.script(&Sql::from(hint)).await?;
                }
                tx.all(&Sql::from(sql), &arguments, |row| Row::must(row.text(at)?.map(str::to_owned), at))
                    .await
            })
        })
        .await;
    lines.expect("a plan").join("; ")
}

/// The indexes of a module that hold more than one kind of value.
fn made(module: &ModuleDef) -> Vec<Index> {
    indexes::indexes(module).into_iter().filter(|index| index.columns[0].1 != Storage::Bool).collect()
}

/// The indexes of the table of deals that the database itself knows and can use.
async fn indexes(server: &TestServer) -> i64 {
    let org = server.state.orgs.all().remove(0);
    let sql = match server.engine() {
        Engine::Sqlite => {
            "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'deals'".to_owned()
        }
        Engine::Postgres => format!(
            "SELECT count(*) FROM pg_indexes i \
             JOIN pg_index x ON x.indexrelid = format('%I.%I', i.schemaname, i.indexname)::regclass \
             WHERE i.schemaname = '{}' AND i.tablename = 'deals' AND x.indisvalid",
            org.store.name()
        ),
    };
    let count: Result<Option<i64>, StoreError> = org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { conn.first(&Sql::from(sql), &[], |row| Row::must(row.int(0)?, 0)).await })
        })
        .await;
    count.expect("the database knows its indexes").expect("one row")
}

fn without_token(text: &str) -> serde_json::Value {
    let mut json: serde_json::Value = serde_json::from_str(text).expect("an answer");
    if let Some(info) = json["info"].as_object_mut() {
        info.retain(|key, _| !key.contains("token"));
    }
    json
}
