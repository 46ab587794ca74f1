//! How large a query may be in each version.

use dealwright_testkit::records::lead;
use dealwright_testkit::{Api, on_both};

use super::ask;

async fn code(api: &Api, query: &str) -> String {
    let answer = ask(api, query).await;
    if answer.status == 200 {
        return String::new();
    }
    let json = answer.json();
    format!("{} {}", json["code"].as_str().unwrap_or_default(), json["details"]["limit"])
}

on_both! {
    async fn each_version_has_its_limits(server: TestServer) {
        let api = server.api();
        api.insert(lead("One")).await;
        let part = |part: &str| format!("select id from Leads where id is not null {part}");
        for (version, rows, reach) in
            [("v2", 200, 10_000), ("v3", 200, 10_000), ("v5", 2_000, 10_000), ("v8", 2_000, 100_000)]
        {
            let api = api.version(version);
            assert_eq!(code(&api, &part(&format!("limit {rows}"))).await, "", "{version}");
            let over = format!("LIMIT_EXCEEDED {rows}");
            assert_eq!(code(&api, &part(&format!("limit {}", rows + 1))).await, over, "{version}");
            let last = ask(&api, &part(&format!("limit 200 offset {}", reach - 200))).await;
            assert_eq!(last.status, 204, "{version}: {}", last.text);
            let over = format!("LIMIT_EXCEEDED {reach}");
            assert_eq!(
                code(&api, &part(&format!("limit 200 offset {}", reach - 199))).await,
                over,
                "{version}"
            );
        }
    }

    async fn lists_and_clauses_have_an_end(server: TestServer) {
        let api = server.api();
        api.insert(lead("One")).await;
        let many = |one: &str, count: usize, between: &str| vec![one; count].join(between);
        let list = |count| format!("select id from Leads where Last_Name in ({})", many("'One'", count, ","));
        assert_eq!(code(&api, &list(100)).await, "");
        assert_eq!(code(&api, &list(101)).await, "LIMIT_EXCEEDED 100");
        assert_eq!(code(&api.version("v6"), &list(51)).await, "LIMIT_EXCEEDED 50");
        let conditions =
            |count| format!("select id from Leads where {}", many("Last_Name = 'One'", count, " and "));
        assert_eq!(code(&api, &conditions(25)).await, "");
        assert_eq!(code(&api, &conditions(26)).await, "LIMIT_EXCEEDED 25");
        let orders = |count| {
            format!("select id from Leads where id is not null order by {}", many("City", count, ","))
        };
        assert_eq!(code(&api, &orders(10)).await, "");
        assert_eq!(code(&api, &orders(11)).await, "LIMIT_EXCEEDED 10");
        let columns = |count: usize| {
            let names: Vec<String> = (0..count).map(|n| format!("City as c{n}")).collect();
            format!("select {} from Leads where id is not null", names.join(","))
        };
        assert_eq!(code(&api, &columns(500)).await, "");
        assert_eq!(code(&api, &columns(501)).await, "LIMIT_EXCEEDED 500");
        assert_eq!(code(&api.version("v6"), &columns(51)).await, "LIMIT_EXCEEDED 50");
    }

    async fn whoever_runs_the_server_can_lift_them(server: TestServer) {
        use dealwright_testkit::Ceilings;
        let server = server
            .restart(|config| {
                config.ceilings = Ceilings {
                    coql_rows: Some(5_000),
                    coql_reach: Some(1_000_000),
                    search_reach: Some(10),
                    page_reach: Some(4_000),
                    ..Ceilings::default()
                };
            })
            .await;
        let api = server.api();
        api.insert(lead("One")).await;
        let part = |part: &str| format!("select id from Leads where id is not null {part}");
        assert_eq!(code(&api, &part("limit 5000")).await, "");
        assert_eq!(ask(&api, &part("limit 5000 offset 995000")).await.status, 204);
        assert_eq!(code(&api, &part("limit 5001")).await, "LIMIT_EXCEEDED 5000");
        let search = api.get("Leads/search?criteria=(Last_Name:equals:One)&per_page=11").await;
        assert_eq!(crate::outcome(&search), "400 LIMIT_REACHED");
        let list = async |page: u32| api.get(&format!("Leads?fields=Last_Name&page={page}")).await;
        assert_eq!(list(20).await.status, 204);
        assert_eq!(crate::outcome(&list(21).await), "400 DISCRETE_PAGINATION_LIMIT_EXCEEDED");
    }
}
