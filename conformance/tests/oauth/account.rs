//! `/console/account`: a person's own password and sign-ins.

use std::time::Duration;

use dealwright_accounts::bootstrap::{ADMIN_EMAIL, ADMIN_PASSWORD};
use dealwright_testkit::{Answer, Browser, on_both};

use super::{add_user, administrator};

const NEW: &str = "correct horse battery";

async fn change(browser: &mut Browser, old: &str, new: &str, again: &str) -> Answer {
    let form_token = browser.get("/console/account").await.field("form_token");
    let fields = [
        ("form_token", form_token.as_str()),
        ("old_password", old),
        ("password", new),
        ("password_again", again),
    ];
    browser.submit("/console/account/password", &fields).await
}

/// Posts a form of the account page that has no fields of its own.
async fn post(browser: &mut Browser, path: &str, more: &[(&str, &str)]) -> Answer {
    let form_token = browser.get("/console/account").await.field("form_token");
    let mut fields = vec![("form_token", form_token.as_str())];
    fields.extend(more);
    browser.submit(path, &fields).await
}

async fn is_in(browser: &mut Browser) -> bool {
    browser.get("/console").await.status == 200
}

/// Paths that end the sign-ins on the page, the latest used first.
fn ends(page: &str) -> Vec<String> {
    let paths = page.split("action=\"").skip(1).filter_map(|rest| rest.split('"').next());
    paths.filter(|path| path.ends_with("/end")).map(str::to_owned).collect()
}

on_both! {
    async fn a_password_is_changed_by_who_knows_the_old_one(server: TestServer) {
        let (mut here, mut there) = (administrator(&server).await, administrator(&server).await);
        for (old, new, again, problem) in [
            ("wrong", NEW, NEW, "old password is not right"),
            ("", NEW, NEW, "old password is not right"),
            (ADMIN_PASSWORD, NEW, "other horse battery", "differ"),
            (ADMIN_PASSWORD, "short", "short", "at least 10 characters"),
            (ADMIN_PASSWORD, ADMIN_PASSWORD, ADMIN_PASSWORD, "is the old one"),
            (ADMIN_PASSWORD, "Admin@Dealwright.test", "Admin@Dealwright.test", "email address is no password"),
        ] {
            let page = change(&mut here, old, new, again).await;
            assert!(page.status == 200 && page.text.contains(problem), "{problem}: {}", page.text);
        }
        assert!(is_in(&mut there).await, "nothing has changed");
        let page = change(&mut here, ADMIN_PASSWORD, NEW, NEW).await;
        assert!(page.text.contains("Your password is changed"), "{}", page.text);
        assert!(is_in(&mut here).await && !is_in(&mut there).await);
        assert_eq!(server.browser().sign_in("/console", ADMIN_EMAIL, ADMIN_PASSWORD).await.status, 401);
        assert_eq!(server.browser().sign_in("/console", ADMIN_EMAIL, NEW).await.status, 303);
    }

    async fn old_passwords_cannot_be_guessed_through_it(server: TestServer) {
        let mut browser = administrator(&server).await;
        for _ in 0..10 {
            change(&mut browser, "wrong", NEW, NEW).await;
        }
        let page = change(&mut browser, ADMIN_PASSWORD, NEW, NEW).await;
        assert!(page.text.contains("too many attempts"), "{}", page.text);
    }

    async fn forms_from_elsewhere_change_nothing(server: TestServer) {
        let mut browser = administrator(&server).await;
        for path in [
            "/console/account/password",
            "/console/account/sign-ins/end-others",
            "/console/account/sign-ins/1/end",
            "/console/account/sign-out-everywhere",
        ] {
            let forged = [("form_token", "0"), ("old_password", ADMIN_PASSWORD), ("password", NEW), ("password_again", NEW)];
            assert_eq!(browser.post(path, &forged).await.status, 403, "{path}");
            assert_eq!(server.browser().post(path, &forged).await.status, 303, "{path}");
            let looked_at = browser.get(path).await;
            assert_eq!((looked_at.status, looked_at.location()), (303, "/console/account"), "{path}");
        }
        assert!(is_in(&mut browser).await);
    }

    async fn sign_ins_are_listed_and_ended(server: TestServer) {
        let mut first = administrator(&server).await;
        server.advance(Duration::from_mins(5));
        let (mut second, mut third) = (administrator(&server).await, administrator(&server).await);
        let page = third.get("/console/account").await;
        assert_eq!(ends(&page.text).len(), 3, "{}", page.text);
        assert!(page.text.contains("This browser") && page.text.contains("127.0.0.1"), "{}", page.text);
        assert!(page.text.contains("2027-01-15 08:00:00 UTC") && page.text.contains("2027-01-15 08:05:00 UTC"), "{}", page.text);
        // The last in the list is the one used least lately.
        let oldest = ends(&page.text).pop().unwrap();
        assert!(post(&mut third, &oldest, &[]).await.text.contains("That sign-in is ended"));
        assert!(!is_in(&mut first).await && is_in(&mut second).await);
        assert!(post(&mut third, &oldest, &[]).await.text.contains("had ended already"));
        assert!(post(&mut third, "/console/account/sign-ins/end-others", &[]).await.text.contains("everywhere else"));
        assert!(!is_in(&mut second).await && is_in(&mut third).await);
        assert_eq!(ends(&third.get("/console/account").await.text).len(), 1);
    }

    async fn nobody_ends_the_sign_ins_of_others(server: TestServer) {
        let mut browser = administrator(&server).await;
        let own = ends(&browser.get("/console/account").await.text).pop().unwrap();
        let (_, zuid) = add_user(&server, "Grace", "Administrator").await;
        server.state.accounts.set_password(zuid.parse().unwrap(), NEW).await.unwrap();
        let mut hers = server.browser();
        hers.sign_in("/console", "grace@example.com", NEW).await;
        assert!(post(&mut hers, &own, &[]).await.text.contains("had ended already"));
        assert!(is_in(&mut browser).await);
    }

    async fn signing_out_everywhere_can_take_applications_along(server: TestServer) {
        let (mut here, mut there) = (administrator(&server).await, administrator(&server).await);
        let page = post(&mut here, "/console/account/sign-out-everywhere", &[]).await;
        assert!(page.text.contains("signed out everywhere"), "{}", page.text);
        assert!(!is_in(&mut here).await && !is_in(&mut there).await);
        assert_eq!(server.api().get("org").await.status, 200);
        let mut again = administrator(&server).await;
        post(&mut again, "/console/account/sign-out-everywhere", &[("tokens", "all")]).await;
        assert_eq!(server.api().get("org").await.status, 401);
    }

    async fn a_sign_in_ends_when_it_is_not_used_and_at_the_latest_after_a_week(server: TestServer) {
        let (mut idle, mut used) = (administrator(&server).await, administrator(&server).await);
        server.advance(Duration::from_hours(11));
        assert!(is_in(&mut used).await);
        server.advance(Duration::from_hours(1));
        assert!(is_in(&mut used).await && !is_in(&mut idle).await);
        let mut hours = 12;
        while hours + 8 < 24 * 7 {
            server.advance(Duration::from_hours(8));
            hours += 8;
            assert!(is_in(&mut used).await, "after {hours} hours");
        }
        server.advance(Duration::from_hours(24 * 7 - hours));
        assert!(!is_in(&mut used).await, "a week is the end");
    }
}
