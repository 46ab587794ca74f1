//! Orgs made by an earlier version get what the standard modules have come to have since.

use std::sync::Arc;

use dealwright_engine::{Error, Org};
use dealwright_store::{Cell, Sql, Weight};
use dealwright_testkit::on_both;
use dealwright_testkit::records::lead;
use serde_json::{Value, json};

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
