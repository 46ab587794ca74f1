//! Orgs made by an earlier version get what the standard modules have come to have since.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dealwright_engine::{Error, Org};
use dealwright_store::{Cell, Sql, Weight};
use dealwright_testkit::on_both;
use dealwright_testkit::records::{account, lead};
use serde_json::{Value, json};

/// Accounts of the large org. `DEALWRIGHT_TEST_UPGRADE_ROWS` asks for another number; two hundred thousand is what the
/// times in the operations manual are from.
#[expect(clippy::disallowed_methods, reason = "tests are programs of their own and read their environment")]
fn rows() -> u64 {
    let given = std::env::var("DEALWRIGHT_TEST_UPGRADE_ROWS").ok();
    given.map_or(2_000, |text| text.parse().expect("DEALWRIGHT_TEST_UPGRADE_ROWS is a number"))
}

#[expect(clippy::print_stdout, reason = "figures for whoever asks for them")]
fn println(text: &str) {
    println!("{text}");
}

/// The stored text of a module.
async fn stored(org: &Arc<Org>, module: &'static str) -> Value {
    let sql = Sql::from("SELECT doc FROM {_modules}");
    let docs = org.store.read(Weight::Point, move |conn| {
        Box::pin(async move {
            Ok::<_, Error>(conn.all(&sql, &[], |row| Ok(row.text(0)?.unwrap_or_default().to_owned())).await?)
        })
    });
    let docs = docs.await.expect("modules can be read");
    let mut docs = docs.iter().map(|doc| serde_json::from_str::<Value>(doc).expect("a module is JSON"));
    docs.find(|doc| doc["api_name"] == module).expect("the module is there")
}

async fn run(
    org: &Arc<Org>,
    statements: Vec<(String, Vec<Cell<'static>>)>,
) -> Result<(), dealwright_store::StoreError> {
    let done = org.store.write(move |tx| {
        Box::pin(async move {
            for (sql, args) in &statements {
                tx.exec(&Sql::from(sql.as_str()), args).await?;
            }
            Ok(())
        })
    });
    done.await
}

async fn exec(org: &Arc<Org>, statements: Vec<(&'static str, Vec<Cell<'static>>)>) {
    let done = org.store.write(move |tx| {
        Box::pin(async move {
            for (sql, args) in &statements {
                tx.exec(&Sql::from(*sql), args).await?;
            }
            Ok::<_, Error>(())
        })
    });
    done.await.expect("the org can be made older");
}

fn id(of: &Value) -> Cell<'static> {
    of["id"].as_i64().or_else(|| of["id"].as_str()?.parse().ok()).expect("an id").into()
}

on_both! {
    async fn values_that_differ_by_case_alone_stay_and_their_field_is_unique_again_later(server: TestServer) {
        let api = server.api();
        let made = json!({"fields": [{"field_label": "Code", "data_type": "text", "length": 50, "unique": {"case_sensitive": false}}]});
        assert_eq!(api.post("settings/fields?module=Leads", &made).await.status, 201);
        let one = api.insert(lead("One").with("Code", "МИР")).await;
        let other = api.insert(lead("Other").with("Code", "x")).await;
        let org = server.state.orgs.get(server.development.org).await.expect("the org is open");
        let leads = stored(&org, "Leads").await;
        let code = leads["fields"].as_array().unwrap().iter().find(|field| field["api_name"] == "Code").unwrap();
        let column = code["column"].as_str().unwrap();
        // As an earlier release had it: only ASCII letters have no case.
        let folded = match server.engine() {
            dealwright_testkit::Engine::Sqlite => format!("\"{column}\""),
            dealwright_testkit::Engine::Postgres => format!("lower(\"{column}\" COLLATE \"C\")"),
        };
        let name = org.store.dialect().index_to_drop(&format!("leads_{column}_u_p"));
        let set = format!("UPDATE {{leads}} SET \"{column}\" = ?2 WHERE id = ?1");
        let at = |id: &str, text: &'static str| vec![id.parse::<i64>().unwrap().into(), text.into()];
        run(&org, vec![
            (format!("DROP INDEX {name}"), Vec::new()),
            (format!("CREATE UNIQUE INDEX \"leads_{column}_u\" ON {{leads}} ({folded}) WHERE \"{column}\" IS NOT NULL"), Vec::new()),
            (set.clone(), at(&other, "мир")),
        ]).await.expect("the org can be made older");
        drop(org);
        let server = server.restart(|_| {}).await;
        let api = server.fresh_api().await;
        // Both are there, and can be written as they were read.
        assert_eq!(api.found("Leads", "(Code:equals:Мир)", "Last_Name").await, ["One", "Other"]);
        for (id, code) in [(&one, "МИР"), (&other, "мир")] {
            let same = json!({"data": [{"Code": code, "Company": "Acme"}]});
            assert_eq!(crate::outcome(&api.put(&format!("Leads/{id}"), &same).await), "200 SUCCESS");
        }
        let third = api.post("Leads", &lead("Third").with("Code", "Мир").body()).await;
        assert_eq!((crate::outcome(&third).as_str(), &third.details()["id"]), ("400 DUPLICATE_DATA", &json!(one)));
        // Nothing but the checks keeps them apart until they differ and the server starts again.
        let server = server.restart(|_| {}).await;
        let api = server.fresh_api().await;
        let apart = json!({"data": [{"Code": "война"}]});
        assert_eq!(crate::outcome(&api.put(&format!("Leads/{other}"), &apart).await), "200 SUCCESS");
        let server = server.restart(|_| {}).await;
        let org = server.state.orgs.get(server.development.org).await.expect("the org is open");
        let refused = run(&org, vec![(set, at(&other, "мир"))]).await.expect_err("the field is unique");
        assert!(matches!(refused, dealwright_store::StoreError::Unique { .. }), "{refused:?}");
    }

    async fn an_org_of_many_accounts_that_became_the_same_opens_and_says_so(server: TestServer) {
        let rows = rows();
        let api = server.api();
        let made = json!({"fields": [{"field_label": "Code", "data_type": "text", "length": 50, "unique": {"case_sensitive": false}}]});
        assert_eq!(api.post("settings/fields?module=Accounts", &made).await.status, 201);
        let first = api.insert(account("Фирма 0").with("Code", "Код 0")).await;
        let org = server.state.orgs.get(server.development.org).await.expect("the org is open");
        let accounts = stored(&org, "Accounts").await;
        let columns: Vec<(&str, &str)> = accounts["fields"].as_array().unwrap().iter()
            .filter_map(|field| Some((field["api_name"].as_str()?, field["column"].as_str()?))).collect();
        let code = columns.iter().find(|(name, _)| *name == "Code").unwrap().1;
        // Copies of the first one: each two have a name and a code that differ by the case of one letter.
        let copied = |(name, column): &(&str, &str)| match *name {
            "id" => "t.id + n.i".to_owned(),
            "Account_Name" => "CASE n.i % 2 WHEN 0 THEN 'Фирма ' ELSE 'фирма ' END || CAST((n.i + 1) / 2 AS TEXT)".to_owned(),
            "Code" => "CASE n.i % 2 WHEN 0 THEN 'Код ' ELSE 'код ' END || CAST((n.i + 1) / 2 AS TEXT)".to_owned(),
            _ => format!("t.\"{column}\""),
        };
        let (into, from): (Vec<String>, Vec<String>) = columns.iter().map(|one| (format!("\"{}\"", one.1), copied(one))).unzip();
        let fill = format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) \
             INSERT INTO {{accounts}} ({}) SELECT {} FROM n, {{accounts}} t WHERE t.id = ?1",
            into.join(", "), from.join(", "),
        );
        let folded = match server.engine() {
            dealwright_testkit::Engine::Sqlite => format!("\"{code}\""),
            dealwright_testkit::Engine::Postgres => format!("lower(\"{code}\" COLLATE \"C\")"),
        };
        let name = org.store.dialect().index_to_drop(&format!("accounts_{code}_u_p"));
        run(&org, vec![
            (format!("DROP INDEX {name}"), Vec::new()),
            (fill, vec![first.parse::<i64>().unwrap().into()]),
            (format!("CREATE UNIQUE INDEX \"accounts_{code}_u\" ON {{accounts}} ({folded}) WHERE \"{code}\" IS NOT NULL"), Vec::new()),
        ]).await.expect("the org can be made older");
        drop(org);
        let begun = Instant::now();
        let server = server.restart(|_| {}).await;
        let api = server.fresh_api().await;
        assert_eq!(api.get("Accounts?fields=Code&per_page=1").await.status, 200);
        let upgraded = begun.elapsed();
        // Nothing went and nothing was changed: each of two is found by either spelling, and can be written as it is.
        assert_eq!(api.count("Accounts").await, rows + 1);
        let middle = rows / 4;
        let found = api.found("Accounts", &format!("(Code:equals:КОД {middle})"), "Code").await;
        assert_eq!(found, [format!("Код {middle}"), format!("код {middle}")]);
        let ids = api.found("Accounts", &format!("(Code:equals:код {middle})"), "id").await;
        let same = json!({"data": [{"id": ids[0], "Phone": "1"}, {"id": ids[1], "Phone": "2"}]});
        assert_eq!(crate::outcome(&api.put("Accounts", &same).await), "200 SUCCESS SUCCESS");
        let begun = Instant::now();
        let third = api.post("Accounts", &account("Third").with("Code", format!("коД {middle}")).body()).await;
        assert_eq!(crate::outcome(&third), "400 DUPLICATE_DATA");
        let refused = begun.elapsed();
        // A later start finds the same, and takes no longer.
        let begun = Instant::now();
        let server = server.restart(|_| {}).await;
        assert_eq!(server.fresh_api().await.get("Accounts?fields=Code&per_page=1").await.status, 200);
        let again = begun.elapsed();
        let engine = server.engine();
        println(&format!("{engine:?}, {rows} accounts: first start {upgraded:?}, a refused value {refused:?}, later start {again:?}"));
        // A bound that holds on a slow machine: what takes longer reads the table for each of its rows.
        let bound = Duration::from_secs(30) + Duration::from_millis(rows);
        assert!(upgraded < bound && again < bound && refused < Duration::from_secs(10), "{upgraded:?} {again:?} {refused:?}");
    }

    async fn an_older_org_gets_what_is_new_and_keeps_what_is_its_own(server: TestServer) {
        let before = server.api().insert(lead("Before").with("Website", "old.example")).await;
        let org = server.state.orgs.get(server.development.org).await.expect("the org is open");
        let (mut leads, solutions) = (stored(&org, "Leads").await, stored(&org, "Solutions").await);
        let fields = leads["fields"].as_array_mut().expect("fields");
        let count = fields.len();
        fields.retain(|field| field["api_name"] != "Website");
        assert_eq!(fields.len(), count - 1);
        leads["described"]["plural_label"] = json!("Prospects");
        exec(&org, vec![
            ("DELETE FROM {_modules} WHERE id = ?1", vec![id(&solutions)]),
            ("DROP TABLE {solutions}", Vec::new()),
            ("UPDATE {_modules} SET doc = ?2 WHERE id = ?1", vec![id(&leads), leads.to_string().into()]),
            ("DELETE FROM {_meta} WHERE key = 'catalog'", Vec::new()),
        ]).await;
        drop(org);
        let server = server.restart(|_| {}).await;
        let api = server.fresh_api().await;
        let module = api.get("settings/modules/Leads").await.json();
        assert_eq!(module["modules"][0]["plural_label"], "Prospects");
        // The new field begins empty, in a column of its own, and is found like any other.
        assert_eq!(api.record("Leads", &before).await["Website"], Value::Null);
        let after = api.insert(lead("After").with("Website", "new.example")).await;
        assert_eq!(api.record("Leads", &after).await["Website"], "new.example");
        assert_eq!(api.found("Leads", "(Website:equals:new.example)", "Last_Name").await, ["After"]);
        let found = api.get("Leads/search?word=new.example").await;
        assert_eq!((found.status, found.rows().len()), (200, 1), "{}", found.text);
        let solution = json!({"data": [{"Solution_Title": "Turn it off and on again"}]});
        assert_eq!(crate::outcome(&api.post("Solutions", &solution).await), "201 SUCCESS");
        // Nothing is new the second time.
        let fields = api.get("settings/fields?module=Leads").await.text;
        let server = server.restart(|_| {}).await;
        assert_eq!(server.fresh_api().await.get("settings/fields?module=Leads").await.text, fields);
    }
}
