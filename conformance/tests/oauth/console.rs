//! `/console`: a person's own clients

use dealwright_accounts::bootstrap;
use dealwright_testkit::on_both;

on_both! {
    async fn a_person_makes_a_client(server: TestServer) {
        let mut browser = server.browser();
        assert!(browser.get("/console").await.location().starts_with("/oauth/signin"));
        browser.sign_in("/console", bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await;
        let page = browser.get("/console").await;
        assert!(page.text.contains("Development self client"), "{}", page.text);
        let form_token = page.field("form_token");
        let fields = [("form_token", form_token.as_str()), ("name", "Mine"), ("redirect_uris", "https://a.test/cb")];
        let made = browser.post("/console/new/server", &fields).await;
        assert_eq!(made.status, 303, "{}", made.text);
        let page = made.location().to_owned();
        assert!(browser.get(&page).await.text.contains("Copy it now"));
        assert!(!browser.get(&page).await.text.contains("Copy it now"), "shown once");
        assert!(browser.get("/console").await.text.contains("Mine"));
        let forged = [("form_token", "0"), ("name", "Other"), ("redirect_uris", "https://a.test/cb")];
        assert_eq!(browser.post("/console/new/server", &forged).await.status, 403);
    }

    async fn a_wrong_password_lets_nobody_in(server: TestServer) {
        let mut browser = server.browser();
        assert_eq!(browser.sign_in("/console", bootstrap::ADMIN_EMAIL, "wrong").await.status, 401);
        assert_eq!(browser.sign_in("/console", "nobody@example.com", "wrong").await.status, 401);
        assert!(browser.get("/console").await.location().starts_with("/oauth/signin"));
    }
}
