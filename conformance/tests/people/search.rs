//! `GET users/search`

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::people::colleague;
use crate::{assert_answer, outcome};

/// Last names of the users that a search finds, in its order.
async fn found(api: &Api, query: &str) -> Vec<String> {
    let answer = api.get(&format!("users/search?{query}")).await;
    if answer.status == 204 {
        return Vec::new();
    }
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    let users = answer.json()["users"].as_array().cloned().unwrap_or_default();
    users.iter().filter_map(|user| user["last_name"].as_str().map(str::to_owned)).collect()
}

on_both! {
    async fn users_are_found_as_records_are(server: TestServer) {
        let api = server.api();
        let grace = colleague(&server, "Hopper", "Manager", "Standard").await;
        let alan = colleague(&server, "Turing", "Manager", "Administrator").await;
        let changed = json!({"users": [{"id": grace.id, "first_name": "Grace", "phone": "+1 (555) 000-1111", "city": "New York"}]});
        assert_eq!(api.put("users", &changed).await.status, 200);
        let alan_off = json!({"users": [{"status": "inactive"}]});
        assert_eq!(api.put(&format!("users/{}", alan.id), &alan_off).await.status, 200);

        let one = api.get("users/search?email=hopper@").await;
        assert_eq!(one.json()["users"][0]["id"], json!(grace.id));
        assert_eq!(one.json()["info"], json!({"per_page": 200, "count": 1, "page": 1, "more_records": false}));
        let (hopper, turing, both) = (vec!["Hopper"], vec!["Turing"], vec!["Hopper", "Turing"]);
        let by_id = format!("criteria=(id:equals:{})", grace.id);
        for (query, expected) in [
            ("email=EXAMPLE.com", &both),
            ("phone=5550001111", &hopper),
            ("phone=000-11", &hopper),
            ("word=hop", &hopper),
            ("word=grace%20york", &hopper),
            ("word=grace%20tur", &vec![]),
            ("criteria=(last_name:equals:turing)", &turing),
            ("criteria=(last_name:starts_with:Tur)", &turing),
            ("criteria=(city:equals:york)", &hopper),
            ("criteria=(city:equals:yor)", &vec![]),
            ("criteria=((last_name:equals:Hopper)or(last_name:equals:Turing))", &both),
            ("criteria=((last_name:equals:Hopper)and(last_name:equals:Turing))", &vec![]),
            ("criteria=(role:equals:Manager)", &both),
            ("criteria=((role:equals:Manager)and(profile:equals:Standard))", &hopper),
            ("criteria=((role:equals:Manager)and(profile:not_equal:Standard))", &turing),
            ("criteria=(status:equals:inactive)", &turing),
            ("criteria=(status:equals:active)&type=DeactiveUsers", &vec![]),
            ("criteria=(role:equals:Manager)&type=ActiveUsers", &hopper),
            ("criteria=((city:equals:${EMPTY})and(role:equals:Manager))", &turing),
            ("criteria=(last_name:in:Hopper,Turing,Lovelace)", &both),
            ("criteria=(created_time:less_than:2001-01-01T00:00:00Z)", &vec![]),
            ("criteria=((created_time:greater_than:2001-01-01T00:00:00Z)and(role:equals:Manager))", &both),
            (by_id.as_str(), &hopper),
            // The first of them counts.
            ("word=turing&email=hopper", &hopper),
            ("criteria=(role:equals:Manager)&per_page=1&page=2", &turing),
            ("criteria=(role:equals:Manager)&per_page=1&page=3", &vec![]),
        ] {
            let query = query.replace("${EMPTY}", "%24%7BEMPTY%7D");
            assert_eq!(&found(&api, &query).await, expected, "{query}");
        }
    }

    async fn a_search_that_says_nothing_or_too_much_is_refused(server: TestServer) {
        let api = server.api();
        assert_answer("users_search__nothing", &api.get("users/search").await);
        assert_answer("users_search__field", &api.get("users/search?criteria=(Shoe_Size:equals:9)").await);
        for (expected, query) in [
            ("400 INVALID_QUERY", "criteria=(last_name:equals"),
            ("400 INVALID_QUERY", "criteria=(role:greater_than:CEO)"),
            ("400 INVALID_QUERY", "criteria=(created_time:equals:yesterday)"),
            ("400 INVALID_QUERY", "phone=none"),
            ("400 INVALID_DATA", "word=a"),
            ("400 INVALID_QUERY", "word=a*b*"),
            ("400 LIMIT_REACHED", "word=admin&page=11"),
            ("400 INVALID_DATA", "word=admin&type=Nobodies"),
        ] {
            let answer = api.get(&format!("users/search?{query}")).await;
            assert_eq!(outcome(&answer), expected, "{query}: {}", answer.text);
        }
    }

    async fn the_search_has_a_scope_of_its_own_in_strict_mode(server: TestServer) {
        const SEARCH: &str = "users/search?word=admin";
        assert_eq!(server.api_with_scopes("ZohoCRM.users.READ").await.get(SEARCH).await.status, 200);
        let server = server.strict().await;
        let answer = server.api_with_scopes("ZohoCRM.users.READ").await.get(SEARCH).await;
        assert_eq!(outcome(&answer), "401 OAUTH_SCOPE_MISMATCH");
        let both = server.api_with_scopes("ZohoCRM.users.READ,ZohoSearch.securesearch.READ").await;
        assert_eq!(both.get(SEARCH).await.json()["users"].as_array().map(Vec::len), Some(1));
        let found: Value = both.get("users/search?criteria=(confirm:equals:true)").await.json();
        assert_eq!(found["users"][0]["confirm"], json!(true));
    }
}
