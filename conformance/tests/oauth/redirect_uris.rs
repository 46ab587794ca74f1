//! Redirect URIs in the console's form. What was registered before the rules goes on working, and says so.

use dealwright_accounts::ClientKind::{self, Mobile, Server, Web};
use dealwright_store::{Database, Sql, StoreError};
use dealwright_testkit::{TestServer, on_both};

use super::{administrator, authorize, set_client};

async fn register(server: &TestServer, kind: ClientKind, uri: &str) -> String {
    let mut browser = administrator(server).await;
    let path = format!("/console/new/{}", kind.text());
    let form_token = browser.get(&path).await.field("form_token");
    let fields = [
        ("form_token", form_token.as_str()),
        ("name", "Mine"),
        ("redirect_uris", uri),
        ("js_domains", "https://app.example.com"),
    ];
    browser.submit(&path, &fields).await.text
}

on_both! {
    async fn each_refusal_says_what_to_write(server: TestServer) {
        for (kind, uri, expected) in [
            (Server, "https://app.example.com/callback", "Client secret"),
            (Server, "http://localhost:3000/callback", "Client secret"),
            (Web, "http://127.0.0.1:3000/callback", "Client secret"),
            (Mobile, "http://[::1]:3000/callback", "Client secret"),
            (Mobile, "com.example.app:/callback", "Client secret"),
            (Server, "http://app.example.com/callback", "others need https://"),
            (Mobile, "http://10.0.0.1/callback", "others need https://"),
            (Server, "https://user@app.example.com/callback", "no user name"),
            (Server, "https://user:secret@app.example.com/callback", "no user name"),
            (Server, "http://localhost@evil.test/callback", "no user name"),
            (Server, "https://app.example.com/callback#part", "no fragment"),
            (Server, "com.example.app:/callback", "must begin with https://"),
            (Web, "com.example.app:/callback", "must begin with https://"),
            (Mobile, "javascript:alert(1)", "belongs to no app"),
            (Mobile, "data:text/html,x", "belongs to no app"),
            (Mobile, "file:///etc/passwd", "belongs to no app"),
            (Server, "/callback", "cannot be a redirect URI"),
        ] {
            let page = register(&server, kind, uri).await;
            assert!(page.contains(expected), "{uri} for {kind:?}: {page}");
        }
    }

    async fn a_client_cannot_be_changed_to_one_that_does_not_fit(server: TestServer) {
        let page = set_client(&server, Server, &[("redirect_uris", "http://app.example.com/callback")]).await;
        assert!(page.text.contains("others need https://"), "{}", page.text);
        let page = set_client(&server, Server, &[]).await;
        assert!(page.text.contains("The changes are saved"), "{}", page.text);
    }

    async fn one_from_before_goes_on_working_and_says_that_it_does_not_fit(server: TestServer) {
        let client = server.state.accounts.client(server.client(Server).client_id).await.unwrap().unwrap();
        let old = "http://intranet.example/callback";
        let storage = server.storage();
        let database = match &storage.postgres {
            Some(url) => Database::postgres(url).await.expect("the database opens"),
            None => Database::sqlite(&storage.folder).expect("the folder opens"),
        };
        let control = database.store("control").await.expect("the accounts open");
        let id = client.id;
        let stored: Result<(), StoreError> = control.write(move |tx| Box::pin(async move {
            let sql = Sql::from("UPDATE {clients} SET redirect_uris = ?2 WHERE id = ?1");
            tx.exec(&sql, &[id.into(), old.into()]).await.map(drop)
        })).await;
        stored.expect("the client is changed");
        let mut browser = administrator(&server).await;
        let code = authorize(&server, &mut browser, Server, &[("redirect_uri", old)]).await;
        assert!(code.is_ok(), "{code:?}");
        let page = browser.get(&format!("/console/clients/{}", client.client_id)).await;
        assert!(page.text.contains("could not be registered today") && page.text.contains(old), "{}", page.text);
    }
}
