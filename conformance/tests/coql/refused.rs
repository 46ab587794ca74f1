//! What is no query, in the API's words.

use dealwright_testkit::on_both;
use serde_json::{Value, json};

use super::ask;

on_both! {
    async fn texts_that_are_no_query(server: TestServer) {
    let cases = [
        ("selec a frm b", "SYNTAX_ERROR", "given coql query not supported", json!({})),
        ("select id from Leads", "SYNTAX_ERROR", "missing clause", json!({ "clause": "where" })),
        (
            "select id, from Leads where a = 1",
            "SYNTAX_ERROR",
            "unexpected token",
            json!({ "line": 1, "column": 12, "near": "from", "expected": "a column" }),
        ),
        (
            "select id from Leads where City =",
            "SYNTAX_ERROR",
            "error occured while parsing the query",
            json!({ "near": "=", "expected": "a value" }),
        ),
        (
            "select id from Leads where not (City = 'x')",
            "SYNTAX_ERROR",
            "operator not supported",
            json!({ "operator": "not" }),
        ),
        (
            "select Testing from Leads where id is not null",
            "INVALID_QUERY",
            "column given seems to be invalid",
            json!({ "column_name": "Testing", "module": "Leads" }),
        ),
        (
            "select id from Leads where First_Name > 'a'",
            "INVALID_QUERY",
            "Invalid query formed",
            json!({ "reason": "invalid operator found", "column_name": "First_Name", "operator": ">" }),
        ),
        (
            "select id from Leads where Email_Opt_Out != true",
            "INVALID_QUERY",
            "Invalid query formed",
            json!({ "reason": "invalid operator found", "column_name": "Email_Opt_Out", "operator": "!=" }),
        ),
        (
            "select id from Leads where No_of_Employees = 'many'",
            "INVALID_QUERY",
            "value given seems to be invalid for the column",
            json!({ "column_name": "No_of_Employees", "expected_data_type": "integer" }),
        ),
        (
            "select id from Leads where id is not null limit s",
            "INVALID_QUERY",
            "limit given seems to be invalid",
            json!({ "limit": "s" }),
        ),
        (
            "select id from Leads where id is not null limit 0",
            "INVALID_DATA",
            "limit should be greater than 0",
            json!({}),
        ),
        (
            "select Last_Name as '' from Leads where id is not null",
            "INVALID_ALIAS",
            "alias name cannot be an empty string",
            json!({ "column_name": "Last_Name", "alias": "" }),
        ),
        (
            "select City as a, State as a from Leads where id is not null",
            "DUPLICATE_ALIAS",
            "same alias cannot refer more than one column",
            json!({ "referred_columns": ["City", "State"], "alias": "a" }),
        ),
        (
            "select City, State as City from Leads where id is not null",
            "INVALID_QUERY",
            "column name or property name given in select columns without alias name cannot be an alias name for \
             other select columns",
            json!({ "column_name": "State", "alias": "City" }),
        ),
        (
            "select City, City from Leads where id is not null",
            "DUPLICATE_DATA",
            "duplicate select column",
            json!({ "column_name": "City" }),
        ),
        (
            "select MAX(Annual_Revenue), MAX(Annual_Revenue) from Leads where id is not null",
            "DUPLICATE_DATA",
            "duplicate aggregate function",
            json!({ "column_name": "Annual_Revenue", "aggregate": "MAX" }),
        ),
        (
            "select Foo(Last_Name) from Leads where id is not null",
            "INVALID_DATA",
            "invalid data",
            json!({ "reason": "unsupported aggregate function", "column": "Foo(Last_Name)" }),
        ),
        (
            "select Last_Name from Nothing where id is not null",
            "INVALID_MODULE",
            "the given module is not supported in api",
            json!({}),
        ),
        (
            "select Quoted_Items from Quotes where id is not null",
            "INVALID_QUERY",
            "unsupported column",
            json!({ "column_name": "Quoted_Items" }),
        ),
    ];
        let api = server.api();
        for (query, code, message, details) in &cases {
            let answer = ask(&api, query).await;
            let expected = json!({ "code": code, "details": details, "message": message, "status": "error" });
            assert_eq!((answer.status, answer.json()), (400, expected), "{query}");
        }
    }

    async fn bodies_without_a_query(server: TestServer) {
        let api = server.api();
        let code = async |body: Value| {
            let answer = api.post("coql", &body).await;
            assert_eq!(answer.status, 400, "{}", answer.text);
            (answer.json()["code"].clone(), answer.json()["details"]["api_name"].clone())
        };
        assert_eq!(code(json!({})).await, (json!("MANDATORY_NOT_FOUND"), json!("select_query")));
        assert_eq!(
            code(json!({ "select_query": null })).await,
            (json!("MANDATORY_NOT_FOUND"), json!("select_query"))
        );
        assert_eq!(code(json!({ "select_query": 5 })).await, (json!("INVALID_DATA"), json!("select_query")));
        assert_eq!(code(json!([])).await.0, json!("INVALID_DATA"));
    }

    async fn tokens_that_must_not_read_a_module(server: TestServer) {
        let api = server.api_with_scopes("ZohoCRM.coql.READ,ZohoCRM.modules.contacts.READ").await;
        server.api().insert(dealwright_testkit::records::contact("Meier")).await;
        let outcome = async |query: &str| crate::outcome(&ask(&api, query).await);
        assert_eq!(outcome("select id from Contacts where id is not null").await, "200");
        let mismatch = "401 OAUTH_SCOPE_MISMATCH";
        assert_eq!(outcome("select id from Leads where id is not null").await, mismatch);
        let joined = "select Account_Name.Industry from Contacts where id is not null";
        assert_eq!(outcome(joined).await, mismatch);
        let inner = "select id from Contacts where Account_Name in (select id from Accounts where id is not null)";
        assert_eq!(outcome(inner).await, mismatch);
        let body = json!({ "select_query": "select id from Contacts where id is not null", "include_meta": ["fields"] });
        assert_eq!(crate::outcome(&api.post("coql", &body).await), mismatch);
    }
}
