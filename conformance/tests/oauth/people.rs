//! How people get in: invitations, links, forgotten passwords, and what administrators can do.

use std::time::Duration;

use dealwright_accounts::bootstrap;
use dealwright_server::mail::Mail;
use dealwright_testkit::{Answer, Browser, TestServer, on_both};
use reqwest::Method;
use serde_json::json;

use super::{add_user, administrator, link_in, mails, set_password};

const PASSWORD: &str = "correct horse battery";
const OTHER: &str = "another horse battery";

/// Sends the form for a forgotten password.
async fn forget(browser: &mut Browser, email: &str) -> Answer {
    let form_token = browser.get("/oauth/forgot").await.field("form_token");
    browser.submit("/oauth/forgot", &[("form_token", form_token.as_str()), ("email", email)]).await
}

async fn signs_in(server: &TestServer, email: &str, password: &str) -> bool {
    let answer = server.browser().sign_in("/console", email, password).await;
    assert!([303, 401].contains(&answer.status), "{}", answer.text);
    answer.status == 303
}

/// What an administrator does with a person of the development org.
async fn act(server: &TestServer, browser: &mut Browser, zuid: &str, action: &str) -> Answer {
    let form_token = browser.get("/console/people").await.field("form_token");
    let path = format!("/console/people/{}/{zuid}/{action}", server.development.org);
    browser.submit(&path, &[("form_token", form_token.as_str())]).await
}

on_both! {
    async fn a_user_made_by_the_api_is_invited_by_mail_and_comes_in(server: TestServer) {
        let (id, zuid) = add_user(&server, "Grace", "Standard").await;
        let sent = mails(&server, 1).await;
        assert_eq!(sent[0].0, "grace@example.com");
        assert!(sent[0].1.contains("You have been added as a user of Dealwright Development"), "{}", sent[0].1);
        let link = link_in(&sent[0].1);
        assert!(!signs_in(&server, "grace@example.com", PASSWORD).await);

        let mut browser = server.browser();
        let answer = set_password(&mut browser, &link, PASSWORD).await;
        assert_eq!((answer.status, answer.location()), (303, "/oauth/signin?done=password"), "{}", answer.text);
        assert!(browser.get(answer.location()).await.text.contains("Your password is set"));
        assert!(signs_in(&server, "Grace@Example.com", PASSWORD).await);
        let claims = server.api_of(&zuid).await.send_to(Method::GET, "/oauth/v2/userinfo", Vec::new()).await.json();
        assert_eq!((&claims["email"], &claims["email_verified"]), (&json!("grace@example.com"), &json!(true)));
        assert_eq!(server.api().get(&format!("users/{id}")).await.json()["users"][0]["status"], "active");
        // She is no administrator.
        browser.sign_in("/console", "grace@example.com", PASSWORD).await;
        assert_eq!(browser.get("/console/people").await.status, 404);
        assert!(!browser.get("/console").await.text.contains("/console/people"));
    }

    async fn an_address_that_no_mail_has_reached_is_not_verified(server: TestServer) {
        let claims = server.api().send_to(Method::GET, "/oauth/v2/userinfo", Vec::new()).await.json();
        assert_eq!(claims["email_verified"], json!(false), "{claims}");
        let (_, zuid) = add_user(&server, "Grace", "Standard").await;
        let mut admin = administrator(&server).await;
        let link = link_in(&act(&server, &mut admin, &zuid, "link").await.text);
        set_password(&mut server.browser(), &link, PASSWORD).await;
        let claims = server.api_of(&zuid).await.send_to(Method::GET, "/oauth/v2/userinfo", Vec::new()).await.json();
        assert_eq!(claims["email_verified"], json!(false), "{claims}");
    }

    async fn without_mail_the_administrator_hands_a_link_on(server: TestServer) {
        let server = server.restart(|config| config.mail = Mail::Off).await;
        let (_, zuid) = add_user(&server, "Grace", "Standard").await;
        assert!(server.browser().get("/oauth/forgot").await.text.contains("This server sends no mail"));
        let mut admin = administrator(&server).await;
        let page = admin.get("/console/people").await;
        assert!(page.text.contains("grace@example.com") && page.text.contains("invited"), "{}", page.text);
        assert!(!page.text.contains("Mail it"));
        let page = act(&server, &mut admin, &zuid, "link").await;
        let link = link_in(&page.text);
        assert!(!admin.get("/console/people").await.text.contains(&link), "shown once");
        assert_eq!(set_password(&mut server.browser(), &link, PASSWORD).await.status, 303);
        assert!(signs_in(&server, "grace@example.com", PASSWORD).await);
        assert!(admin.get("/console/people").await.text.contains("active"));
    }

    async fn a_link_works_once_for_a_while_and_alone(server: TestServer) {
        let (_, zuid) = add_user(&server, "Grace", "Standard").await;
        let mut admin = administrator(&server).await;
        let first = link_in(&act(&server, &mut admin, &zuid, "link").await.text);
        let second = link_in(&act(&server, &mut admin, &zuid, "link").await.text);
        let gone = async |link: &str| {
            let mut browser = server.browser();
            browser.get(link).await;
            let page = browser.get("/oauth/password").await;
            (page.status, page.text.contains("no longer good"))
        };
        assert_eq!(gone(&first).await, (410, true), "a new one takes its place");
        for nonsense in ["/oauth/link", "/oauth/link?token=", "/oauth/link?token=x", &format!("/oauth/link?token={}", "0".repeat(64))] {
            assert_eq!(gone(nonsense).await, (410, true), "{nonsense}");
        }
        // Looking uses nothing up, nor does a password that does not fit.
        let mut browser = server.browser();
        let long = "xy".repeat(150);
        for (password, again, problem) in [
            ("short", "short", "at least 10 characters"),
            (long.as_str(), long.as_str(), "at most 256 bytes"),
            ("aaaaaaaaaaaa", "aaaaaaaaaaaa", "over and over"),
            ("grace@example.com", "grace@example.com", "email address is no password"),
            (PASSWORD, OTHER, "differ"),
        ] {
            browser.get(&second).await;
            let form_token = browser.get("/oauth/password").await.field("form_token");
            let fields = [("form_token", form_token.as_str()), ("password", password), ("password_again", again)];
            let page = browser.post("/oauth/password", &fields).await;
            assert!(page.status == 422 && page.text.contains(problem), "{problem}: {}", page.text);
        }
        let forged = [("form_token", "0"), ("password", PASSWORD), ("password_again", PASSWORD)];
        assert_eq!(browser.post("/oauth/password", &forged).await.status, 422);
        assert!(!signs_in(&server, "grace@example.com", PASSWORD).await);

        assert_eq!(set_password(&mut browser, &second, PASSWORD).await.status, 303);
        assert_eq!(gone(&second).await, (410, true), "used");
        let reset = link_in(&act(&server, &mut admin, &zuid, "link").await.text);
        server.advance(Duration::from_mins(61));
        assert_eq!(gone(&reset).await, (410, true), "too old");
    }

    async fn a_link_stands_in_no_address_and_no_form(server: TestServer) {
        let (_, zuid) = add_user(&server, "Grace", "Standard").await;
        let mut admin = administrator(&server).await;
        let link = link_in(&act(&server, &mut admin, &zuid, "link").await.text);
        let secret = link.split('=').next_back().unwrap();
        let mut browser = server.browser();
        let door = browser.get(&link).await;
        assert_eq!((door.location(), door.header("cache-control")), ("/oauth/password", Some("no-store")));
        assert!(door.header("set-cookie").unwrap().contains("; HttpOnly; SameSite=Lax"));
        let page = browser.get("/oauth/password").await;
        assert!(!page.text.contains(secret));
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    }

    async fn a_forgotten_password_is_set_by_mail_and_ends_sign_ins(server: TestServer) {
        let mut browser = administrator(&server).await;
        let mut guest = server.browser();
        assert!(forget(&mut guest, bootstrap::ADMIN_EMAIL).await.text.contains("is on its way"));
        let sent = mails(&server, 1).await;
        assert_eq!(sent[0].0, bootstrap::ADMIN_EMAIL);
        assert!(sent[0].1.contains("asked to set a new password"), "{}", sent[0].1);
        assert_eq!(browser.get("/console").await.status, 200, "asking changes nothing");
        assert!(signs_in(&server, bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await);

        assert_eq!(set_password(&mut guest, &link_in(&sent[0].1), PASSWORD).await.status, 303);
        assert!(browser.get("/console").await.location().starts_with("/oauth/signin"));
        assert!(!signs_in(&server, bootstrap::ADMIN_EMAIL, bootstrap::ADMIN_PASSWORD).await);
        assert!(signs_in(&server, bootstrap::ADMIN_EMAIL, PASSWORD).await);
    }

    async fn asking_for_a_link_tells_nothing_about_addresses(server: TestServer) {
        let (id, _) = add_user(&server, "Grace", "Standard").await;
        mails(&server, 1).await;
        server.api().put(&format!("users/{id}"), &json!({"users": [{"status": "inactive"}]})).await;
        let mut seen = Vec::new();
        for email in [bootstrap::ADMIN_EMAIL, "nobody@example.com", "grace@example.com", "ADMIN@dealwright.TEST"] {
            let mut browser = server.browser();
            let page = forget(&mut browser, email).await;
            let headers: Vec<String> = page.headers.keys().map(ToString::to_string).filter(|name| name != "x-request-id").collect();
            seen.push((page.status, page.text.replace(email, ""), headers));
        }
        assert!(seen.windows(2).all(|pair| pair[0] == pair[1]), "{seen:?}");
        // Only who is let in got one, by whatever case of the address.
        let sent = mails(&server, 2).await;
        assert!(sent[..sent.len() - 1].iter().all(|(to, _)| to == bootstrap::ADMIN_EMAIL), "{sent:?}");
    }

    async fn nobody_is_flooded_with_mails(server: TestServer) {
        for _ in 0..8 {
            assert!(forget(&mut server.browser(), bootstrap::ADMIN_EMAIL).await.text.contains("is on its way"));
        }
        mails(&server, 3).await;
        for number in 0..30 {
            let answer = forget(&mut server.browser(), &format!("nobody{number}@example.com")).await;
            assert_eq!(answer.status, if number < 12 { 200 } else { 429 }, "{number}");
        }
        assert_eq!(mails(&server, 3).await.len(), 3);
    }

    async fn only_administrators_make_links_and_only_for_their_people(server: TestServer) {
        let (_, grace) = add_user(&server, "Grace", "Standard").await;
        let (_, ada) = add_user(&server, "Ada", "Administrator").await;
        let mut admin = administrator(&server).await;
        let link = link_in(&act(&server, &mut admin, &grace, "link").await.text);
        set_password(&mut server.browser(), &link, PASSWORD).await;
        let mut hers = server.browser();
        hers.sign_in("/console", "grace@example.com", PASSWORD).await;
        let form_token = hers.get("/console/account").await.field("form_token");
        let org = server.development.org;
        for action in ["link", "mail", "sign-out"] {
            for (org, person) in [(org.to_string(), &ada), (org.to_string(), &grace), ("1".to_owned(), &ada), ("x".to_owned(), &ada)] {
                let path = format!("/console/people/{org}/{person}/{action}");
                assert_eq!(hers.post(&path, &[("form_token", form_token.as_str())]).await.status, 404, "{path}");
            }
            let path = format!("/console/people/{org}/{ada}/{action}");
            assert_eq!(admin.post(&path, &[("form_token", "0")]).await.status, 403, "a forged form");
            assert_eq!(server.browser().post(&path, &[]).await.status, 303, "nobody is signed in");
            let form_token = admin.get("/console/people").await.field("form_token");
            for stranger in ["1", "999999999999999999", "x"] {
                let path = format!("/console/people/{org}/{stranger}/{action}");
                assert_eq!(admin.post(&path, &[("form_token", form_token.as_str())]).await.status, 404, "{path}");
            }
        }
        // Whoever is at home in another org as well is not taken over from here.
        let accounts = &server.state.accounts;
        let elsewhere = dealwright_accounts::Org { id: "77".parse().unwrap(), name: "Other".to_owned(), zgid: "78".parse().unwrap() };
        accounts.ensure_org(elsewhere).await.unwrap();
        accounts.add_member(grace.parse().unwrap(), "77".parse().unwrap()).await.unwrap();
        for action in ["link", "mail", "sign-out"] {
            let page = act(&server, &mut admin, &grace, action).await;
            assert!(page.text.contains("belong to other organisations") && !page.text.contains("/oauth/link"), "{}", page.text);
        }
        assert_eq!(hers.get("/console").await.status, 200);
    }

    async fn an_administrator_mails_links_and_signs_people_out(server: TestServer) {
        let (_, zuid) = add_user(&server, "Grace", "Standard").await;
        let mut admin = administrator(&server).await;
        let invited = link_in(&mails(&server, 1).await[0].1);
        set_password(&mut server.browser(), &invited, PASSWORD).await;
        assert!(act(&server, &mut admin, &zuid, "mail").await.text.contains("on its way"));
        let sent = mails(&server, 2).await;
        let mut hers = server.browser();
        assert_eq!(set_password(&mut hers, &link_in(&sent[0].1), OTHER).await.status, 303);
        hers.sign_in("/console", "grace@example.com", OTHER).await;
        let api = server.api_of(&zuid).await;
        assert!(act(&server, &mut admin, &zuid, "sign-out").await.text.contains("signed out everywhere"));
        assert_eq!(hers.get("/console").await.status, 303);
        assert_eq!(api.get("Leads?fields=id").await.status, 204, "applications keep their access");
        let form_token = admin.get("/console/people").await.field("form_token");
        let path = format!("/console/people/{}/{zuid}/sign-out", server.development.org);
        admin.post(&path, &[("form_token", form_token.as_str()), ("tokens", "all")]).await;
        assert_eq!(api.get("Leads?fields=id").await.status, 401);
    }
}
