//! `dealwright admin user`, beside a running server.

use dealwright_accounts::bootstrap::{ADMIN_EMAIL, ADMIN_PASSWORD};
use dealwright_accounts::{Link, Standing};
use dealwright_server::StartError;
use dealwright_server::user_admin::People;
use dealwright_testkit::{TestServer, on_both};
use serde_json::json;

use super::{add_user, administrator, link_in, set_password};

const EMAIL: &str = "grace@example.com";
const PASSWORD: &str = "correct horse battery";

async fn command(server: &TestServer) -> People {
    People::open(&server.storage(), server.clock.clone(), server.url.clone())
        .await
        .expect("the accounts open")
}

fn reason<T>(result: Result<T, StartError>) -> String {
    match result {
        Err(StartError::Refused(reason)) => reason,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was not refused"),
    }
}

async fn use_link(server: &TestServer, link: &Link, password: &str) -> u16 {
    assert!(link.url().starts_with(&server.url), "{}", link.url());
    assert!(!format!("{link:?}").contains("token="), "a link is not shown by accident");
    set_password(&mut server.browser(), &link_in(link.url()), password).await.status
}

async fn signs_in(server: &TestServer, email: &str, password: &str) -> bool {
    server.browser().sign_in("/console", email, password).await.status == 303
}

on_both! {
    async fn a_user_is_invited_listed_and_reset(server: TestServer) {
        add_user(&server, "Grace", "Standard").await;
        let people = command(&server).await;
        let standing = async |email: &str| {
            let all = people.list().await.expect("a list");
            all.into_iter().find(|entry| entry.identity.email == email).map(|entry| (entry.standing, entry.last_sign_in.is_some()))
        };
        assert_eq!(standing(EMAIL).await, Some((Standing::Invited, false)));
        let invitation = people.invite(EMAIL).await.expect("a link");
        assert!(invitation.is_invitation);
        assert_eq!(use_link(&server, &invitation, PASSWORD).await, 303);
        assert!(signs_in(&server, EMAIL, PASSWORD).await);
        assert_eq!(standing(EMAIL).await, Some((Standing::Active, true)));
        assert!(reason(people.invite(EMAIL).await).contains("has a password already"));
        let reset = people.reset("GRACE@example.com").await.expect("a link");
        assert_eq!(use_link(&server, &reset, "another horse battery").await, 303);
        assert!(!signs_in(&server, EMAIL, PASSWORD).await && signs_in(&server, EMAIL, "another horse battery").await);
        for unknown in ["nobody@example.com", ""] {
            assert!(reason(people.reset(unknown).await).contains("nobody here has the address"));
            assert!(reason(people.invite(unknown).await).contains("nobody here has the address"));
            assert!(reason(people.deactivate(unknown).await).contains("nobody here has the address"));
        }
    }

    async fn somebody_is_kept_out_and_let_in_again(server: TestServer) {
        let people = command(&server).await;
        let mut browser = administrator(&server).await;
        people.deactivate(ADMIN_EMAIL).await.expect("out");
        assert_eq!(browser.get("/console").await.status, 303);
        assert!(!signs_in(&server, ADMIN_EMAIL, ADMIN_PASSWORD).await);
        assert!(reason(people.reset(ADMIN_EMAIL).await).contains("is deactivated"));
        assert_eq!(people.list().await.expect("a list")[0].standing, Standing::Barred);
        people.activate(ADMIN_EMAIL).await.expect("in again");
        assert_eq!(browser.get("/console").await.status, 303, "what was ended stays ended");
        assert!(signs_in(&server, ADMIN_EMAIL, ADMIN_PASSWORD).await);
    }

    async fn somebody_is_signed_out(server: TestServer) {
        let people = command(&server).await;
        let mut browser = administrator(&server).await;
        people.sign_out(ADMIN_EMAIL, false).await.expect("out");
        assert_eq!(browser.get("/console").await.status, 303);
        let entry = people.list().await.expect("a list").remove(0);
        assert_eq!((entry.sign_ins, entry.refresh_tokens), (0, 1));
        people.sign_out(ADMIN_EMAIL, true).await.expect("out");
        assert_eq!(people.list().await.expect("a list")[0].refresh_tokens, 0);
    }

    async fn who_is_deactivated_in_the_crm_gets_no_link(server: TestServer) {
        let (id, _) = add_user(&server, "Grace", "Standard").await;
        server.api().put(&format!("users/{id}"), &json!({"users": [{"status": "inactive"}]})).await;
        let people = command(&server).await;
        assert!(reason(people.invite(EMAIL).await).contains("is deactivated"));
        people.activate(EMAIL).await.expect("nothing to do");
        assert!(reason(people.invite(EMAIL).await).contains("is deactivated"), "the CRM still says so");
    }
}
