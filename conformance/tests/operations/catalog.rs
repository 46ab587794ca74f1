//! What makes a database fit to be replicated, moved and spread: primary keys, one statement per message, nothing made
//! that is there already.

use dealwright_store::migrate::{Migration, migrate};
use dealwright_store::{Cell, Database, Row, Sql, Store, StoreError, Weight};
use dealwright_testkit::Engine;
use dealwright_testkit::database::{Place, TestDatabase};
use dealwright_testkit::process::{ServerProcess, binary, command};
use dealwright_testkit::records::lead;
use serde_json::json;

use crate::wire::Wire;
use crate::{on_each, said};

/// Tables without a primary key. Virtual tables cannot have one; theirs lie in tables beside them.
const KEYLESS_SQLITE: &str = "SELECT m.name FROM sqlite_schema m WHERE m.type = 'table' AND m.sql NOT LIKE 'CREATE VIRTUAL%' \
     AND NOT EXISTS (SELECT 1 FROM pragma_table_info(m.name) WHERE pk > 0)";
const KEYLESS_POSTGRES: &str = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' \
     AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)";
const TABLES_SQLITE: &str = "SELECT name FROM sqlite_schema WHERE type = 'table'";
const TABLES_POSTGRES: &str = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'";
/// Sequences, foreign tables, triggers, foreign keys and inheritance: a distributed database takes none of them.
const UNWANTED: &str = "SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
     WHERE relkind NOT IN ('r', 'i', 't') AND n.nspname ~ '^(control|org_.*)$' \
     UNION ALL SELECT tgname::text FROM pg_trigger UNION ALL SELECT conname::text FROM pg_constraint WHERE contype = 'f' \
     UNION ALL SELECT inhrelid::regclass::text FROM pg_inherits";

async fn open(place: &Place) -> Database {
    match &place.postgres {
        Some(url) => Database::postgres(url).await.expect("the database opens"),
        None => Database::sqlite(&place.folder).expect("the folder opens"),
    }
}

async fn texts(store: &Store, sql: &'static str) -> Vec<String> {
    let read = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
    let found = store
        .read(Weight::Scan, move |conn| Box::pin(async move { conn.all(&Sql::from(sql), &[], read).await }));
    found
        .await
        .unwrap_or_else(|error: StoreError| panic!("{sql}: {}", dealwright_store::error::chain(&error)))
}

/// Every store of a place has tables, and each of them a primary key.
async fn all_have_keys(database: &Database, engine: Engine) -> usize {
    let mut count = 0;
    for name in database.names().await.expect("names") {
        let store = database.existing(&name).await.expect("it opens").expect("it is there");
        let (tables, keyless) = match engine {
            Engine::Sqlite => (TABLES_SQLITE, KEYLESS_SQLITE),
            Engine::Postgres => (TABLES_POSTGRES, KEYLESS_POSTGRES),
        };
        count += texts(&store, tables).await.len();
        assert_eq!(texts(&store, keyless).await, Vec::<String>::new(), "{name}");
        if engine == Engine::Postgres {
            assert_eq!(texts(&store, UNWANTED).await, Vec::<String>::new(), "{name}");
        }
        store.close().await;
    }
    count
}

#[test]
fn every_table_of_a_fresh_installation_has_a_primary_key() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database| {
            let place = database.place();
            let server = ServerProcess::start(&binary(), &place).await;
            let api = server.api().await;
            // Tables that people make.
            let fields = json!({"fields": [
                {"field_label": "Helpers", "data_type": "multiuserlookup"},
                {"field_label": "Parts", "data_type": "subform", "subform": {"fields": [
                    {"field_label": "Part", "data_type": "text", "length": 50}
                ]}}
            ]});
            let _made_or_refused = api.post("settings/fields?module=Deals", &fields).await;
            assert!(server.terminate().await.0.success());
            let count = all_have_keys(&open(&place).await, engine).await;
            assert!(count > 60, "{count} tables");
        });
    }
}

/// Fills the tables that get their keys late, as an earlier release left them.
const ROWS: [&str; 10] = [
    "INSERT INTO {_meta} (key, value) VALUES ('a', '1')",
    "INSERT INTO {_counters} (field_id, next) VALUES (1, 5)",
    "INSERT INTO {_links} (kind, one, other, number, text) VALUES (1, 2, 3, 4, 'five')",
    "INSERT INTO {_record_territories} (record_id, territory_id, module_id, assigned_by, assigned_time) VALUES (1, 2, 3, 4, 5)",
    "INSERT INTO {_mail_recipients} (mail_id, address, state, reason, at) VALUES (1, 'a@b.c', 'sent', NULL, 2)",
    "INSERT INTO {_mail_files} (mail_id, file_id, is_inline) VALUES (1, 2, 0)",
    "INSERT INTO {_mail_blocked} (address, reason, at, mail_id) VALUES ('a@b.c', 'bounced', 1, 2)",
    "INSERT INTO {_mail_shares} (module_id, record_id, user_id, at) VALUES (1, 2, 3, 4)",
    "INSERT INTO {_share_owners} (share_id, owner_id) VALUES (1, 2)",
    "INSERT INTO {_share_owners} (share_id, owner_id) VALUES (1, 3)",
];
const ACCOUNT_ROWS: [&str; 3] = [
    "INSERT INTO {memberships} (identity, org, is_active) VALUES (1, 2, FALSE)",
    "INSERT INTO {spent_refresh_tokens} (hash, refresh, spent) VALUES ('a', 1, 2)",
    "INSERT INTO {links} (hash, identity, is_mailed, expires) VALUES ('a', 1, TRUE, 2)",
];

async fn run(store: &Store, statement: String) -> Result<u64, StoreError> {
    let work = store
        .write(move |tx| Box::pin(async move { tx.exec(&Sql::from(statement), &[] as &[Cell<'_>]).await }));
    work.await
}

/// A store of an earlier release keeps its rows, its indexes and its refusals.
async fn upgrades(store: &Store, steps: &'static [Migration], rows: &[&str]) {
    let before = steps.iter().position(|step| !step.keys.is_empty()).expect("a step that makes keys");
    migrate(store, &steps[..before]).await.expect("the earlier release's steps");
    for row in rows {
        run(store, (*row).to_owned()).await.unwrap_or_else(|error| panic!("{row}: {error:?}"));
    }
    assert_eq!(migrate(store, steps).await.expect("the other steps"), steps.len() - before);
    assert_eq!(migrate(store, steps).await.expect("nothing"), 0);
    for row in rows {
        let again = run(store, (*row).to_owned()).await;
        assert!(matches!(again, Err(StoreError::Unique { .. })), "{row}: {again:?}");
    }
    for keyed in steps.iter().flat_map(|step| step.keys) {
        let statement = format!("UPDATE {{{0}}} SET {1} = {1}", keyed.table, keyed.key[0]);
        let expected = match keyed.table {
            "_migrations" => steps.len(),
            table => rows.iter().filter(|row| row.contains(&format!("{{{table}}}"))).count(),
        };
        assert_eq!(run(store, statement).await.expect("an update"), expected as u64, "{}", keyed.table);
        // What was made for the table beside its key is there again: it cannot be made once more.
        for index in keyed.indexes {
            assert!(run(store, (*index).to_owned()).await.is_err(), "{index}");
        }
    }
}

#[test]
fn every_table_of_an_upgraded_installation_has_a_primary_key() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        on_each(engine, async |database: &TestDatabase| {
            let database = open(&database.place()).await;
            let store = database.store("org_7").await.expect("a store");
            upgrades(&store, dealwright_engine::MIGRATIONS, &ROWS).await;
            store.close().await;
            let store = database.store("control").await.expect("a store");
            upgrades(&store, dealwright_accounts::MIGRATIONS, &ACCOUNT_ROWS).await;
            store.close().await;
            assert!(all_have_keys(&database, engine).await > 40);
        });
    }
}

#[test]
fn every_message_to_postgres_holds_one_statement() {
    on_each(Engine::Postgres, async |database| {
        let (binary, place) = (binary(), database.place());
        let wire = Wire::to(place.postgres.as_deref().expect("a URL"));
        let through = Place { postgres: place.postgres.as_deref().map(|url| wire.url(url)), ..place.clone() };
        let server = ServerProcess::start(&binary, &through).await;
        let api = server.api().await;
        let id = api.insert(lead("Lovelace")).await;
        let field = json!({"fields": [{"field_label": "Scale", "data_type": "text", "length": 50, "unique": {"casesensitive": "false"}}]});
        assert_eq!(api.post("settings/fields?module=Leads", &field).await.status, 201);
        // Two that clash, so that a savepoint is rolled back.
        let twins = json!({"data": [{"Last_Name": "A", "Scale": "x"}, {"Last_Name": "B", "Scale": "x"}]});
        api.post("Leads", &twins).await;
        assert_eq!(api.upload(&format!("Leads/{id}/Attachments"), "file", "a.txt", b"a").await.status, 200);
        assert_eq!(
            api.post(&format!("Leads/{id}/actions/convert"), &json!({"data": [{}]})).await.status,
            200
        );
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("copy").to_string_lossy().into_owned();
        let (succeeded, text) = said(&command(&binary, &through, &["admin", "backup", &copy]));
        assert!(succeeded, "{text}");
        assert!(server.terminate().await.0.success());
        let heard = wire.heard();
        let simple: Vec<_> = heard.iter().filter(|message| message.statements.is_some()).collect();
        assert!(simple.len() > 300 && heard.len() > simple.len() + 50, "{} of {}", simple.len(), heard.len());
        let several: Vec<_> = simple.iter().filter(|message| message.statements != Some(1)).collect();
        assert!(several.is_empty(), "{several:?}");

        // A start on what is there makes nothing and changes no settings of a connection for good.
        let server = ServerProcess::start(&binary, &through).await;
        server.api().await.count("Leads").await;
        assert!(server.terminate().await.0.success());
        let heard = wire.heard();
        assert!(!heard.is_empty());
        let is_ddl = |text: &str| {
            ["CREATE", "ALTER", "DROP", "DO"]
                .iter()
                .any(|word| text.trim_start().starts_with(&format!("{word} ")))
        };
        let making: Vec<_> = heard.iter().filter(|message| is_ddl(&message.text)).collect();
        assert!(making.is_empty(), "{making:?}");
    });
}

/// Shows that the wire would hear of two statements in one message.
#[test]
fn two_statements_in_one_message_are_heard() {
    on_each(Engine::Postgres, async |database| {
        let url = database.place().postgres.expect("a URL");
        let wire = Wire::to(&url);
        let (client, connection) =
            tokio_postgres::connect(&wire.url(&url), tokio_postgres::NoTls).await.expect("it connects");
        tokio::spawn(connection);
        client.batch_execute("SELECT 1; SELECT 2").await.expect("it runs");
        assert_eq!(wire.heard()[0].statements, Some(2));
    });
}

/// A database that takes no writes, as a standby is one: the server starts, answers reads and refuses the rest.
#[test]
fn a_production_server_starts_on_a_database_that_is_read_only() {
    on_each(Engine::Postgres, async |database| {
        let (binary, place) = (binary(), database.place());
        let (succeeded, text) =
            said(&command(&binary, &place, &["admin", "create", "--email", "a@example.com"]));
        assert!(succeeded, "{text}");
        let mut server = ServerProcess::spawn(&binary, &place, &[]);
        server.wait().await;
        assert!(server.terminate().await.0.success());
        let url = place.postgres.as_deref().expect("a URL");
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.expect("it connects");
        tokio::spawn(connection);
        let name = url.rsplit_once('/').expect("a name").1.split('?').next().unwrap_or_default();
        let sql = format!("ALTER DATABASE {name} SET default_transaction_read_only = on");
        client.batch_execute(&sql).await.expect("it is set");
        let mut server = ServerProcess::spawn(&binary, &place, &[]);
        for _ in 0..200 {
            if server.readiness().await.is_some_and(|(_, text)| text.contains("takes no writes")) {
                break;
            }
            assert_eq!(server.ended(), None, "{}", server.log());
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        let (status, text) = server.readiness().await.expect("it listens");
        assert!(status == 503 && text.contains("takes no writes"), "{status} {text}");
        let api = dealwright_testkit::Api::new(server.url(), "v8", None);
        assert_eq!(api.get("Leads").await.code(), "AUTHENTICATION_FAILURE");
        assert!(server.terminate().await.0.success());
    });
}
