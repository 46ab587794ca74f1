//! Redirect URIs in the console's form (F29 of the review is older than these rules: what was registered before goes on
//! working, and says so).

use dealwright_accounts::ClientKind::{self, Mobile, Server, Web};
use dealwright_testkit::{TestServer, on_both};

use super::{administrator, set_client};

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
    browser.post(&path, &fields).await.text
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
}
