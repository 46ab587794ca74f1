//! `GET /{module}/search`

use dealwright_testkit::records::{account, contact, deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use crate::{assert_answer, outcome};

/// Five deals, the shelf of the founding guide's own tests.
async fn shelf(api: &Api) {
    let deals = [
        deal("shelf alpha one")
            .with("Amount", 100)
            .with("Next_Step", "call back")
            .with("Closing_Date", "2031-01-10"),
        deal("shelf alpha two")
            .with("Amount", 200)
            .with("Next_Step", "send offer")
            .with("Closing_Date", "2031-02-10"),
        deal("shelf beta three")
            .with("Amount", 300)
            .with("Next_Step", "call again")
            .with("Closing_Date", "2031-03-10"),
        deal("shelf beta four")
            .with("Amount", 400)
            .with("Closing_Date", "2031-04-10")
            .with("Stage", "Proposal Sent"),
        deal("shelf gamma five").with("Closing_Date", "2031-05-10").with("Stage", "Proposal Sent"),
    ];
    api.insert_all("Deals", &deals.map(|deal| deal.value())).await;
}

/// The last words of the names that the criteria find.
async fn found(api: &Api, criteria: &str) -> String {
    let mut names = api.found("Deals", criteria, "Deal_Name").await;
    let order = ["one", "two", "three", "four", "five"];
    for name in &mut names {
        *name = name.rsplit(' ').next().unwrap_or_default().to_owned();
    }
    names.sort_by_key(|name| order.iter().position(|one| one == name));
    names.join(" ")
}

const OPERATORS: &[(&str, &str)] = &[
    ("(Stage:equals:Proposal Sent)", "four five"),
    ("(Stage:not_equal:Proposal Sent)", "one two three"),
    ("(Stage:in:Proposal Sent,Qualification)", "one two three four five"),
    ("(Stage:starts_with:Prop)", "four five"),
    ("(Next_Step:equals:call back)", "one"),
    ("(Next_Step:equals:CALL BACK)", "one"),
    ("(Next_Step:not_equal:call back)", "two three four five"),
    ("(Next_Step:in:call back,send offer)", "one two"),
    ("(Next_Step:starts_with:call)", "one three"),
    ("(Next_Step:starts_with:back)", ""),
    ("(Next_Step:ends_with:again)", "three"),
    ("(Next_Step:ends_with:call)", ""),
    ("(Next_Step:contains:off)", "two"),
    ("(Next_Step:contains:%)", ""),
    ("(Next_Step:contains:_)", ""),
    ("(Next_Step:is_empty)", "four five"),
    ("(Next_Step:is_empty:)", "four five"),
    ("(Next_Step:is_not_empty)", "one two three"),
    ("(Next_Step:equals:${EMPTY})", "four five"),
    ("(Amount:equals:300)", "three"),
    ("(Amount:equals:300.00)", "three"),
    ("(Amount:not_equal:300)", "one two four five"),
    ("(Amount:in:100,400)", "one four"),
    ("(Amount:between:200,300)", "two three"),
    ("(Amount:greater_than:200)", "three four"),
    ("(Amount:less_than:200)", "one"),
    ("(Amount:greater_equal:200)", "two three four"),
    ("(Amount:less_equal:200)", "one two"),
    ("(Amount:is_empty)", "five"),
    ("(Closing_Date:equals:2031-03-10)", "three"),
    ("(Closing_Date:between:2031-01-01,2031-02-28)", "one two"),
    ("(Closing_Date:greater_than:2031-04-01)", "four five"),
    ("(Closing_Date:less_equal:2031-01-10)", "one"),
    ("(Created_Time:greater_equal:2027-01-15T00:00:00-08:00)", "one two three four five"),
    ("(Created_Time:less_than:2027-01-15T08:00:00Z)", ""),
    ("(Owner:equals:Dev Admin)", "one two three four five"),
    ("(Owner:equals:Nobody)", ""),
    ("(Owner:not_equal:Nobody)", "one two three four five"),
    ("(Deal_Name:equals:shelf alpha two)", "two"),
    ("(Deal_Name:equals:beta)", "three four"),
    ("(Deal_Name:equals:bet)", ""),
];

const JOINED: &[(&str, &str)] = &[
    ("(Stage:equals:Proposal Sent)and(Amount:greater_than:100)", "four"),
    ("(Amount:equals:100)or(Amount:equals:300)", "one three"),
    ("(Amount:greater_than:100)and(Next_Step:is_not_empty)and(Deal_Name:contains:beta)", "three"),
    ("((Stage:equals:Proposal Sent)and(Amount:greater_than:100))", "four"),
    ("((Amount:less_than:200)or((Stage:equals:Proposal Sent)and(Amount:is_empty)))", "one five"),
];

on_both! {
    async fn a_search_is_sorted_by_any_field(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let found = async |order: &str| {
            let params = format!("Deals/search?criteria=(Deal_Name:starts_with:shelf)&fields=Amount&{order}");
            let rows = api.get(&params).await.rows();
            rows.iter().map(|row| row["Amount"].as_i64().unwrap_or(-1)).collect::<Vec<_>>()
        };
        assert_eq!(found("sort_by=Amount&sort_order=asc").await, [-1, 100, 200, 300, 400]);
        assert_eq!(found("sort_by=Amount&sort_order=desc&per_page=2&page=2").await, [200, 100]);
        assert_eq!(api.get("Deals?fields=id&sort_by=Amount").await.status, 400);
    }

    async fn page_numbers_near_the_largest_do_not_wrap_round(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("x")).await;
        assert_eq!(outcome(&api.get("Deals/search?word=xx&page=4294967295").await), "400 LIMIT_REACHED");
        let path = format!("Deals/{id}/__timeline?page={}", u64::MAX);
        assert_eq!(api.get(&path).await.status, 204);
    }

    async fn a_lookup_leads_to_the_fields_of_its_target(server: TestServer) {
        let api = server.api();
        let account = api.insert(dealwright_testkit::records::account("Far Away").with("Industry", "ASP (Application Service Provider)")).await;
        api.insert(deal("near")).await;
        api.insert(deal("far").with("Account_Name", account.as_str())).await;
        for criteria in [
            format!("(Account_Name.id:equals:{account})"),
            "(Account_Name.Account_Name:equals:far)".to_owned(),
            r"(Account_Name.Industry:equals:ASP \(Application Service Provider\))".to_owned(),
        ] {
            assert_eq!(api.found("Deals", &criteria, "Deal_Name").await, ["far"], "{criteria}");
        }
        for criteria in ["(Account_Name.Nothing:equals:1)", "(Account_Name.Parent_Account.id:equals:1)", "(Stage.id:equals:1)"] {
            let answer = api.get_with("Deals/search", &[("criteria", criteria)]).await;
            assert_eq!(outcome(&answer), "400 INVALID_QUERY", "{criteria}");
        }
    }

    async fn every_operator_finds_what_it_says(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        for (criteria, expected) in OPERATORS.iter().chain(JOINED) {
            assert_eq!(found(&api, criteria).await, *expected, "{criteria}");
        }
    }

    async fn one_page_of_a_search(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let params = [("criteria", "(Amount:greater_than:100)"), ("fields", "Deal_Name,Amount"), ("per_page", "2")];
        assert_answer("search__page", &api.get_with("Deals/search", &params).await);
        let rows = api.get_with("Deals/search", &[("criteria", "(Amount:equals:100)")]).await.rows();
        assert!(rows[0].get("$editable").is_some(), "a search without fields shows whole records");
    }

    async fn nothing_found_is_204(server: TestServer) {
        let api = server.api();
        let answer = api.get_with("Deals/search", &[("criteria", "(Deal_Name:equals:nothing)")]).await;
        assert_eq!((answer.status, answer.text.as_str()), (204, ""));
    }

    async fn lookups_are_found_by_id_and_by_name(server: TestServer) {
        let api = server.api();
        let acme = api.insert(account("Acme Corp")).await;
        api.insert(deal("with one").with("Account_Name", acme.as_str())).await;
        api.insert(deal("without two")).await;
        for criteria in [
            format!("(Account_Name:equals:{acme})"),
            "(Account_Name:equals:Acme Corp)".to_owned(),
            "(Account_Name:starts_with:acme)".to_owned(),
            format!("(Account_Name:in:{acme},1234567890123456789)"),
            "(Account_Name:is_not_empty)".to_owned(),
        ] {
            assert_eq!(found(&api, &criteria).await, "one", "{criteria}");
        }
        assert_eq!(found(&api, "(Account_Name:not_equal:Acme Corp)").await, "two");
        let id = api.get("Deals?fields=id&sort_order=asc&per_page=1").await.rows()[0]["id"].clone();
        assert_eq!(found(&api, &format!("(id:equals:{})", id.as_str().unwrap())).await, "one");
    }

    async fn values_with_signs_are_escaped(server: TestServer) {
        let api = server.api();
        api.insert(deal("a (b), c one").with("Next_Step", "50% of \\ it's")).await;
        api.insert(deal("other two").with("Next_Step", "500 of")).await;
        for criteria in [
            "(Deal_Name:equals:a \\(b\\)\\, c one)",
            "(Next_Step:contains:50%)",
            "(Next_Step:contains:it's)",
        ] {
            assert_eq!(found(&api, criteria).await, "one", "{criteria}");
        }
    }

    async fn people_are_found_by_address_number_and_word(server: TestServer) {
        let api = server.api();
        api.insert(lead("Lovelace").with("Email", "Ada@Example.com").with("Phone", "+1 (555) 010-99").with("City", "London Town")).await;
        api.insert(lead("Babbage").with("Secondary_Email", "charles@example.com").with("Mobile", "555 8877")).await;
        for (param, value, expected) in [
            ("email", "ada@example.com", "Lovelace"),
            ("email", "CHARLES@example.com", "Babbage"),
            ("phone", "55501099", "Lovelace"),
            ("phone", "555-8877", "Babbage"),
            ("word", "london", "Lovelace"),
            ("word", "Love", "Lovelace"),
            ("word", "acme babb", "Babbage"),
        ] {
            let rows = api.get_with("Leads/search", &[(param, value)]).await.rows();
            let names: Vec<&Value> = rows.iter().map(|row| &row["Last_Name"]).collect();
            assert_eq!(names, [expected], "{param}={value}");
        }
        assert_eq!(api.get_with("Leads/search", &[("word", "nowhere")]).await.status, 204);
        assert_eq!(api.get_with("Deals/search", &[("word", "nowhere")]).await.status, 204);
    }

    async fn letters_beyond_ascii_are_the_same_on_both_databases(server: TestServer) {
        let api = server.api();
        api.insert(contact("Müller Straße")).await;
        api.insert(contact("Łukasz")).await;
        for (criteria, count) in [
            ("(Last_Name:equals:Müller Straße)", 1),
            ("(Last_Name:starts_with:Mü)", 1),
            ("(Last_Name:contains:ß)", 1),
            ("(Last_Name:starts_with:Łu)", 1),
            ("(Last_Name:equals:MÜLLER STRASSE)", 1),
        ] {
            assert_eq!(api.found("Contacts", criteria, "Last_Name").await.len(), count, "{criteria}");
        }
    }

    async fn bad_criteria_are_refused(server: TestServer) {
        let api = server.api();
        for (name, criteria) in [
            ("operator", "(Amount:bigger:3)"),
            ("field", "(No_Such_Field:equals:1)"),
            ("open", "((Amount:equals:1)and"),
            ("bare", "Amount"),
            ("value", "(Amount:equals:much)"),
            ("unfit", "(Amount:starts_with:1)"),
            ("date", "(Closing_Date:equals:tomorrow)"),
        ] {
            let answer = api.get_with("Deals/search", &[("criteria", criteria)]).await;
            assert_answer(&format!("search__bad_{name}"), &answer);
        }
        let many = vec!["(Amount:equals:1)"; 16].join("and");
        let answer = api.get_with("Deals/search", &[("criteria", &many)]).await;
        assert_eq!(outcome(&answer), "400 CRITERIA_LIMIT_EXCEEDED");
        let values: Vec<String> = (0..101).map(|n| n.to_string()).collect();
        let answer = api.get_with("Deals/search", &[("criteria", &format!("(Amount:in:{})", values.join(",")))]).await;
        assert_eq!(outcome(&answer), "400 INVALID_QUERY");
    }

    async fn something_has_to_be_searched_for(server: TestServer) {
        let api = server.api();
        assert_answer("search__nothing", &api.get("Deals/search").await);
        assert_eq!(outcome(&api.get("Deals/search?email=a@b.co").await), "400 FIELD_TYPE_UNAVAILABLE");
        assert_eq!(outcome(&api.get("Leads/search?word=a").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Leads/search?word=a*b*").await), "400 INVALID_QUERY");
        assert_eq!(outcome(&api.get("Leads/search?phone=none").await), "400 INVALID_QUERY");
        assert_eq!(outcome(&api.get("Boats/search?word=abc").await), "400 INVALID_MODULE");
    }

    async fn pages_of_a_search_follow_each_other(server: TestServer) {
        let api = server.api();
        shelf(&api).await;
        let mut seen = Vec::new();
        for page in 1..=3 {
            let params = [("criteria", "(Deal_Name:starts_with:shelf)"), ("per_page", "2"), ("page", &page.to_string())];
            let answer = api.get_with("Deals/search", &params).await;
            let info = answer.json()["info"].clone();
            assert_eq!((&info["page"], &info["more_records"]), (&json!(page), &json!(page < 3)));
            seen.extend(answer.rows().into_iter().map(|row| row["id"].to_string()));
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 5);
    }
}
