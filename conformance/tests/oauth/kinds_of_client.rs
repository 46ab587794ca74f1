//! Grants × kinds of client: who may do what at the token endpoint.

use dealwright_accounts::ClientKind::{self, Device, Mobile, SelfClient, Server, Web};
use dealwright_testkit::{Answer, TestServer, on_both};

use super::{is_alive, outcome, set_client, text, token};

const KINDS: [ClientKind; 5] = [Server, Web, Mobile, Device, SelfClient];

/// Each grant with what it answers to a server-based, web, mobile, device and self client that proves itself, but brings
/// nothing of its own: for `client_credentials` that is all it takes.
const TABLE: &[(&str, [&str; 5])] = &[
    ("client_credentials", ["access_denied", "access_denied", "access_denied", "access_denied", "tokens"]),
    ("authorization_code", ["invalid_code"; 5]),
    ("refresh_token", ["invalid_code"; 5]),
    ("device_token", ["expired"; 5]),
    ("urn:ietf:params:oauth:grant-type:device_code", ["expired"; 5]),
    ("password", ["unsupported_grant_type"; 5]),
    ("implicit", ["unsupported_grant_type"; 5]),
    ("urn:ietf:params:oauth:grant-type:jwt-bearer", ["unsupported_grant_type"; 5]),
    ("urn:ietf:params:oauth:grant-type:token-exchange", ["unsupported_grant_type"; 5]),
    ("CLIENT_CREDENTIALS", ["unsupported_grant_type"; 5]),
];

async fn ask(server: &TestServer, kind: ClientKind, grant: &str, more: &[(&str, &str)]) -> Answer {
    let soid = format!("ZohoCRM.{}", server.development.zgid);
    let nobodys = format!("1000.{0}.{0}", "0".repeat(32));
    let mut fields = vec![
        ("grant_type", grant),
        ("scope", "ZohoCRM.modules.READ"),
        ("soid", &soid),
        ("code", &nobodys),
        ("refresh_token", &nobodys),
        ("username", "admin@dealwright.test"),
        ("password", "dealwright"),
    ];
    for &(name, value) in more {
        fields.retain(|(known, _)| *known != name);
        fields.push((name, value));
    }
    token(server, kind, &fields).await
}

on_both! {
    async fn each_grant_is_for_its_kinds_of_client(server: TestServer) {
        for (grant, answers) in TABLE {
            for (kind, expected) in KINDS.into_iter().zip(answers) {
                let answer = ask(&server, kind, grant, &[]).await;
                assert_eq!((answer.status, outcome(&answer)), (200, (*expected).to_owned()), "{grant} by {kind:?}");
                // The secret is asked for first, whatever the grant and the kind.
                if *expected != "unsupported_grant_type" {
                    let wrong = ask(&server, kind, grant, &[("client_secret", "0000000000")]).await;
                    assert_eq!(outcome(&wrong), "invalid_client_secret", "{grant} by {kind:?}");
                    let none = ask(&server, kind, grant, &[("client_secret", "")]).await;
                    assert_eq!(outcome(&none), "invalid_client_secret", "{grant} by {kind:?}");
                    let unknown = ask(&server, kind, grant, &[("client_id", "1000.NOBODY")]).await;
                    assert_eq!(outcome(&unknown), "invalid_client", "{grant} by {kind:?}");
                }
            }
        }
    }

    async fn a_server_based_client_gets_what_its_owner_named_and_no_more(server: TestServer) {
        let saved = set_client(&server, Server, &[("credential_scopes", "ZohoCRM.modules.READ,ZohoCRM.org.READ")]).await;
        assert!(saved.text.contains("The changes are saved"), "{}", saved.text);
        for (scope, expected) in [
            ("ZohoCRM.modules.READ", "tokens"),
            ("ZohoCRM.modules.deals.READ", "tokens"),
            ("ZohoCRM.modules.READ,ZohoCRM.org.READ", "tokens"),
            ("ZohoCRM.modules.ALL", "invalid_scope"),
            ("ZohoCRM.modules.deals.ALL", "invalid_scope"),
            ("ZohoCRM.modules.READ,ZohoCRM.users.READ", "invalid_scope"),
            ("ZohoCRM.settings.ALL", "invalid_scope"),
            ("ZohoCRM.nothing.ALL", "invalid_scope"),
            ("", "general_error"),
        ] {
            let answer = ask(&server, Server, "client_credentials", &[("scope", scope)]).await;
            assert_eq!(outcome(&answer), expected, "{scope}");
        }
        let answer = ask(&server, Server, "client_credentials", &[]).await;
        let access = text(&answer, "access_token");
        assert!(answer.json()["refresh_token"].is_null());
        let api = server.api().with_token(&access);
        assert_eq!(api.get("Deals?fields=id").await.status, 204);
        assert_eq!(api.get("users").await.code(), "OAUTH_SCOPE_MISMATCH");

        // Other kinds cannot be given any, and what is taken away is taken at once.
        for kind in [Mobile, Web, Device, SelfClient] {
            let refused = set_client(&server, kind, &[("credential_scopes", "ZohoCRM.modules.READ")]).await;
            assert!(refused.text.contains("only a server-based application"), "{kind:?}: {}", refused.text);
        }
        let refused = set_client(&server, Server, &[("credential_scopes", "ZohoCRM.nothing.ALL")]).await;
        assert!(refused.text.contains("There is no scope ZohoCRM.nothing.ALL."), "{}", refused.text);
        assert!(is_alive(&server, &access).await, "a refused form changes nothing");
        set_client(&server, Server, &[("credential_scopes", "")]).await;
        assert!(!is_alive(&server, &access).await);
        assert_eq!(outcome(&ask(&server, Server, "client_credentials", &[]).await), "access_denied");
    }
}
