//! Sign-in, registering clients, the mark of the installation, what tokens tell.

use crate::stage::{ADMIN, ORG, Stage, error, id};
use dealwright_accounts::{ClientDraft, ClientKind, InstallationKind, Origin, Policy, SignInOutcome};

fn from(address: &str) -> Origin<'_> {
    Origin { address, agent: "test", mark: "" }
}

#[tokio::test]
async fn signing_in_needs_the_right_password() {
    let stage = Stage::new().await;
    let accounts = &stage.accounts;
    let outcome = accounts.sign_in("ADMIN@dealwright.test", "dealwright", from("here")).await.unwrap();
    let SignInOutcome::SignedIn { cookie, identity, mark } = outcome else { panic!("{outcome:?}") };
    assert_eq!((identity.id, identity.full_name().as_str()), (id(ADMIN), "Dev Admin"));
    let sign_in = accounts.signed_in(cookie.expose()).await.unwrap().unwrap();
    assert!(sign_in.owns_form(sign_in.form_token()) && !sign_in.owns_form(""));
    assert!(accounts.signed_in("other").await.unwrap().is_none());
    accounts.sign_out(cookie.expose()).await.unwrap();
    assert!(accounts.signed_in(cookie.expose()).await.unwrap().is_none());

    let stranger = accounts.sign_in("nobody@dealwright.test", "dealwright", from("here")).await.unwrap();
    assert!(matches!(stranger, SignInOutcome::Refused));
    for _ in 0..10 {
        let wrong = accounts.sign_in("admin@dealwright.test", "wrong", from("here")).await.unwrap();
        assert!(matches!(wrong, SignInOutcome::Refused));
    }
    let locked = accounts.sign_in("admin@dealwright.test", "dealwright", from("here")).await.unwrap();
    assert!(matches!(locked, SignInOutcome::Wait(_)));
    // Whoever has signed in with this browser before is not kept out by what others do.
    let known = Origin { mark: &mark, ..from("here") };
    let known = accounts.sign_in("admin@dealwright.test", "dealwright", known).await.unwrap();
    assert!(matches!(known, SignInOutcome::SignedIn { .. }));
    let elsewhere = accounts.sign_in("admin@dealwright.test", "dealwright", from("there")).await.unwrap();
    assert!(matches!(elsewhere, SignInOutcome::SignedIn { .. }));
}

#[tokio::test]
async fn an_email_belongs_to_one_person() {
    let stage = Stage::new().await;
    let made = stage
        .accounts
        .create_admin("new@example.com", "long enough", ("New", "Person"), id(ORG))
        .await
        .unwrap();
    assert_eq!(stage.accounts.orgs_of(made.id).await.unwrap().len(), 1);
    let again = stage.accounts.create_admin("New@Example.com", "long enough", ("", ""), id(ORG)).await;
    assert!(again.unwrap_err().to_string().contains("already"));
    assert!(stage.accounts.create_admin("no email", "long enough", ("", ""), id(ORG)).await.is_err());
    assert!(stage.accounts.create_admin("a@b.c", "short", ("", ""), id(ORG)).await.is_err());
}

fn draft(kind: ClientKind, redirect: &str, domain: &str) -> ClientDraft {
    let list = |text: &str| text.lines().map(str::to_owned).collect();
    ClientDraft {
        kind,
        name: "Mine".to_owned(),
        homepage: String::new(),
        redirect_uris: list(redirect),
        js_domains: list(domain),
        policy: Policy::default(),
    }
}

#[tokio::test]
async fn clients_have_the_documented_form_and_checked_redirects() {
    let stage = Stage::new().await;
    let accounts = &stage.accounts;
    let made =
        accounts.create_client(id(ADMIN), draft(ClientKind::Server, "https://x.test/cb", "")).await.unwrap();
    assert_eq!((made.client.client_id.len(), made.secret.expose().len()), (35, 42));
    for bad in [
        "",
        "/cb",
        "javascript:alert(1)",
        "https://x.test/#f",
        "app://x",
        "http://x.test/cb",
        "https://a@x.test/cb",
    ] {
        assert!(
            accounts.create_client(id(ADMIN), draft(ClientKind::Server, bad, "")).await.is_err(),
            "{bad}"
        );
    }
    assert!(accounts.create_client(id(ADMIN), draft(ClientKind::Mobile, "app://x", "")).await.is_ok());
    assert!(accounts.create_client(id(ADMIN), draft(ClientKind::Mobile, "javascript:x", "")).await.is_err());
    assert!(accounts.create_client(id(ADMIN), draft(ClientKind::Web, "https://x.test", "")).await.is_err());
    assert!(
        accounts
            .create_client(id(ADMIN), draft(ClientKind::Web, "https://x.test", "https://x.test/a"))
            .await
            .is_err()
    );
    assert!(
        accounts
            .create_client(id(ADMIN), draft(ClientKind::Web, "https://x.test", "https://x.test"))
            .await
            .is_ok()
    );
    let second = accounts.create_client(id(ADMIN), draft(ClientKind::SelfClient, "", "")).await;
    assert!(second.err().is_some_and(|error| error.to_string().contains("one self client")));
}

#[tokio::test]
async fn a_new_secret_replaces_the_old_one_and_deleting_ends_all_tokens() {
    let stage = Stage::new().await;
    let accounts = &stage.accounts;
    let client = accounts.client(stage.dev.client_id).await.unwrap().unwrap();
    let token = stage.refresh(stage.dev.refresh_token).await.unwrap().access_token;
    assert!(stage.is_alive(&token).await);
    let secret = accounts.regenerate_secret(client.id).await.unwrap();
    assert_eq!(error(stage.refresh(stage.dev.refresh_token).await), "invalid_client_secret");
    let pairs = [
        ("grant_type", "refresh_token"),
        ("client_id", stage.dev.client_id),
        ("client_secret", secret.expose()),
        ("refresh_token", stage.dev.refresh_token),
    ];
    assert!(accounts.token(&pairs.into_iter().collect()).await.is_ok());
    assert!(stage.is_alive(&token).await);

    let entry = accounts.tokens_of(client.id).await.unwrap().remove(0);
    assert_eq!((entry.live_access_tokens, entry.email.as_str()), (2, "admin@dealwright.test"));
    assert!(!accounts.revoke_entry(id(1), entry.id).await.unwrap(), "another client's token");

    accounts.delete_client(client.id).await.unwrap();
    assert!(accounts.cached(&token).is_none() && !stage.is_alive(&token).await);
    assert_eq!(error(stage.refresh(stage.dev.refresh_token).await), "invalid_client");
}

#[tokio::test]
async fn development_data_refuses_to_become_production() {
    let stage = Stage::new().await;
    assert_eq!(stage.accounts.installation_kind().await.unwrap(), Some(InstallationKind::Development));
    let refused = stage.accounts.set_installation_kind(InstallationKind::Production).await;
    assert!(refused.unwrap_err().to_string().contains("development installation"));
    stage.accounts.set_installation_kind(InstallationKind::Development).await.unwrap();
}

#[tokio::test]
async fn tokens_tell_about_themselves_within_their_scopes() {
    let stage = Stage::new().await;
    let accounts = &stage.accounts;
    let token = stage.refresh(stage.dev.refresh_token).await.unwrap().access_token;
    let session = accounts.authenticate(&token).await.unwrap().unwrap();
    let user = accounts.user_info(&session).await.unwrap().unwrap();
    // As a text, because JavaScript would read so long a number as another one.
    assert_eq!(
        serde_json::to_value(&user).unwrap(),
        serde_json::json!({"First_Name": "Dev", "Last_Name": "Admin", "Display_Name": "Dev Admin",
            "Email": "admin@dealwright.test", "ZUID": ADMIN.to_string()})
    );
    assert_eq!(accounts.claims(&session).await.unwrap().unwrap().name.as_deref(), Some("Dev Admin"));
    assert_eq!(accounts.token_info(&token).await.unwrap().expires_in, 3600);

    let own = stage.params(ClientKind::SelfClient, &[("token", &token)]);
    let told = accounts.introspect(&own).await.unwrap();
    assert!(told.active && told.exp == Some(1_800_003_600));
    let foreign = stage.params(ClientKind::Server, &[("token", &token)]);
    assert_eq!(
        serde_json::to_string(&accounts.introspect(&foreign).await.unwrap()).unwrap(),
        "{\"active\":false}"
    );

    let narrow = [
        ("grant_type", "refresh_token"),
        ("refresh_token", stage.dev.refresh_token),
        ("scope", "ZohoCRM.org.READ"),
    ];
    let narrow = stage.token(ClientKind::SelfClient, &narrow).await.unwrap().access_token;
    let session = accounts.authenticate(&narrow).await.unwrap().unwrap();
    assert!(accounts.user_info(&session).await.unwrap().is_none());
    assert!(accounts.claims(&session).await.unwrap().is_none());
}
