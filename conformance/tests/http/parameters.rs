//! Parameters and headers that are doubled, empty, misspelled or of another type, at every operation of the registry:
//! never our fault, and never another meaning without a word.

use dealwright_server::ops::{Method, Operation, Root, operations};
use dealwright_testkit::records::{account, contact, deal, lead};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Value, json};

use crate::outcome;

/// The parameters that the published descriptions know, and a value that none of them takes. Lists are those that a
/// caller may say twice.
const PARAMETERS: [(&str, &str); 44] = [
    ("active", "perhaps"),
    ("approval_state", "perhaps"),
    ("approved", "perhaps"),
    ("category", "perhaps"),
    ("converted", "perhaps"),
    ("criteria", "((("),
    ("cross_filters", "[1"),
    ("cvid", "perhaps"),
    ("data_type", "perhaps"),
    ("email", "perhaps"),
    ("fields", "Nothing_Of_This_Name"),
    ("fields_attachment_id", "perhaps"),
    ("filters", "{\"x\""),
    ("group", "perhaps"),
    ("id", "perhaps"),
    ("ids", "perhaps"),
    ("include", "perhaps"),
    ("include_child", "perhaps"),
    ("include_inner_details", "perhaps"),
    ("index", "perhaps"),
    ("job_id", "perhaps"),
    ("message_id", "perhaps"),
    ("module", "Perhaps"),
    ("my_tags", "perhaps"),
    ("name", "perhaps"),
    ("over_write", "perhaps"),
    ("owner_id", "perhaps"),
    ("page", "perhaps"),
    ("page_token", "perhaps"),
    ("per_page", "perhaps"),
    ("phone", "perhaps"),
    ("sharedTo", "perhaps"),
    ("sort_by", "Nothing_Of_This_Name"),
    ("sort_order", "perhaps"),
    ("status", "perhaps"),
    ("tag_names", "perhaps"),
    ("territory_id", "perhaps"),
    ("transfer_to", "perhaps"),
    ("transfer_to_id", "perhaps"),
    ("type", "perhaps"),
    ("user_id", "perhaps"),
    ("view", "perhaps"),
    ("wf_trigger", "perhaps"),
    ("word", "p"),
];
const LISTS: [&str; 7] = ["approval_state", "data_type", "fields", "ids", "include", "status", "tag_names"];

/// Parameters that are taken as they are said and find what they find: names of fields that are not there are passed
/// over, and texts are looked for.
const TAKEN: [&str; 8] = ["fields", "name", "email", "phone", "word", "ids", "include", "data_type"];

struct World {
    record: String,
    contact: String,
}

async fn world(api: &Api) -> World {
    api.insert(account("Acme")).await;
    api.insert(deal("Boat")).await;
    World { contact: api.insert(contact("Ray")).await, record: api.insert(lead("Ada")).await }
}

/// The path of an operation with what is there in each placeholder, and what the operation does not go without.
fn path(operation: &Operation, world: &World) -> (String, Vec<(&'static str, String)>) {
    let mut path = operation.route().replace("{version}", "v8").replace("{module}", "Leads");
    let mut is_first = true;
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        let record = if path.contains("Contacts") { &world.contact } else { &world.record };
        path.replace_range(from..=to, if is_first { record } else { "1234567890123456789" });
        is_first = false;
    }
    let mut needed = Vec::new();
    if path.contains("/settings/") {
        needed.push(("module", "Leads".to_owned()));
    } else if path.ends_with("/search") {
        needed.push(("word", "Ada".to_owned()));
    } else if operation.method == Method::Get {
        needed.push(("fields", "id,Last_Name".to_owned()));
    }
    (path, needed)
}

async fn call(api: &Api, operation: &Operation, path: &str, params: &[(&str, String)]) -> Answer {
    let params: Vec<(&str, &str)> = params.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let path = dealwright_testkit::api::with_params(path, &params);
    api.send_to(operation.method.text().parse().expect("a method"), &path, Vec::new()).await
}

/// What an answer means: its status and body, without what differs from call to call.
fn meaning(answer: &Answer) -> (u16, Value) {
    let mut body = serde_json::from_str(&answer.text).unwrap_or(Value::Null);
    if let Some(info) = body.get_mut("info").and_then(Value::as_object_mut) {
        info.retain(|key, _| !key.contains("token"));
    }
    (answer.status, body)
}

/// The operations that are served and can be called again and again.
fn reading() -> impl Iterator<Item = &'static Operation> {
    operations().filter(|operation| {
        operation.is_served() && operation.root == Root::Crm && operation.method == Method::Get
    })
}

on_both! {
    async fn an_empty_parameter_is_one_that_was_not_sent(server: TestServer) {
        let api = server.api();
        let world = world(&api).await;
        for operation in reading() {
            let (path, needed) = path(operation, &world);
            let without = meaning(&call(&api, operation, &path, &needed).await);
            let mut empty = needed.clone();
            empty.extend(PARAMETERS.iter().filter(|(name, _)| !needed.iter().any(|(own, _)| own == name)).map(|(name, _)| (*name, String::new())));
            assert_eq!(meaning(&call(&api, operation, &path, &empty).await), without, "{}", operation.id);
            // Nor does it stand in the way of the one that says something.
            let mut both: Vec<_> = needed.iter().map(|(name, _)| (*name, String::new())).collect();
            both.extend(needed.clone());
            assert_eq!(meaning(&call(&api, operation, &path, &both).await), without, "{}", operation.id);
        }
    }

    async fn a_doubled_parameter_says_one_thing_or_is_refused(server: TestServer) {
        let api = server.api();
        let world = world(&api).await;
        // Which operation is asked does not matter: all of them, each with other parameters, and every parameter.
        let served: Vec<_> = operations().filter(|operation| operation.is_served()).collect();
        for (at, operation) in served.iter().enumerate() {
            let (path, needed) = path(operation, &world);
            for step in 0..3 {
                let (name, _) = PARAMETERS[(at * 3 + step) % PARAMETERS.len()];
                let twice = |one: &str, other: &str| {
                    let mut params: Vec<_> = needed.iter().filter(|(own, _)| *own != name).cloned().collect();
                    params.extend([(name, one.to_owned()), (name, other.to_owned())]);
                    params
                };
                let answer = call(&api, operation, &path, &twice("1", "2")).await;
                assert!(answer.status < 500, "{} {name}: {}", operation.id, answer.text);
                let is_refused = outcome(&answer) == "400 AMBIGUITY_DURING_PROCESSING" && answer.details()["param_name"] == name;
                assert_eq!(is_refused, !LISTS.contains(&name), "{} {name}: {}", operation.id, answer.text);
                if operation.method == Method::Get {
                    let mut once = twice("1", "1");
                    once.pop();
                    let once = meaning(&call(&api, operation, &path, &once).await);
                    assert_eq!(meaning(&call(&api, operation, &path, &twice("1", "1")).await), once, "{} {name}", operation.id);
                }
            }
        }
    }

    async fn a_parameter_of_another_type_is_refused_or_unknown(server: TestServer) {
        let api = server.api();
        let world = world(&api).await;
        let mut wrong = Vec::new();
        for operation in reading() {
            let (path, needed) = path(operation, &world);
            let without = meaning(&call(&api, operation, &path, &needed).await);
            for (name, value) in PARAMETERS {
                let mut params: Vec<_> = needed.iter().filter(|(own, _)| *own != name).cloned().collect();
                params.push((name, value.to_owned()));
                let answer = call(&api, operation, &path, &params).await;
                assert!(answer.status < 500 || answer.status == 501, "{} {name}={value}: {}", operation.id, answer.text);
                let is_said = (400..=501).contains(&answer.status) || TAKEN.contains(&name) || answer.status == 204;
                if !is_said && meaning(&answer) != without {
                    wrong.push(format!("{} {name}={value}: {}", operation.id, answer.text.chars().take(200).collect::<String>()));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    async fn parameters_that_nobody_knows_are_passed_over(server: TestServer) {
        let api = server.api();
        let world = world(&api).await;
        for operation in reading() {
            let (path, needed) = path(operation, &world);
            let without = meaning(&call(&api, operation, &path, &needed).await);
            let mut more = needed.clone();
            more.extend(["Per_Page", "per-page", "pagee", "_", "sortOrder"].map(|name| (name, "1".to_owned())));
            assert_eq!(meaning(&call(&api, operation, &path, &more).await), without, "{}", operation.id);
        }
    }

    async fn a_time_that_guards_a_record_is_never_passed_over(server: TestServer) {
        let api = server.api();
        let id = api.insert(deal("Boat")).await;
        let body = json!({"data": [{"id": id, "Amount": 5}]});
        for bad in ["yesterday", "1", "2027-13-01T00:00:00Z", "2027-01-01T00:00:00Z, 2027-01-02T00:00:00Z"] {
            let answer = api.header("if-unmodified-since", bad).put("Deals", &body).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{bad}: {}", answer.text);
            assert_eq!(answer.details()["header"], "if-unmodified-since");
        }
        assert_eq!(api.record("Deals", &id).await["Amount"], Value::Null);
        assert_eq!(outcome(&api.header("if-unmodified-since", "").put("Deals", &body).await), "200 SUCCESS");
        // One that only spares an answer is passed over, as HTTP has it.
        assert_eq!(api.header("if-modified-since", "yesterday").get(&format!("Deals/{id}")).await.status, 200);
    }

    async fn a_header_that_says_two_things_is_refused(server: TestServer) {
        let api = server.api();
        api.insert(lead("Ada")).await;
        let twice = [
            ("authorization", "Zoho-oauthtoken 1000.a.b", "Bearer 1000.c.d"),
            ("content-type", "application/json", "multipart/form-data; boundary=x"),
            ("content-encoding", "identity", "gzip"),
            ("if-modified-since", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
            ("if-unmodified-since", "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"),
        ];
        for (name, one, other) in twice {
            let answer = api.header(name, one).header_again(name, other).get("Leads?fields=Last_Name").await;
            assert_eq!(outcome(&answer), "400 AMBIGUITY_DURING_PROCESSING", "{name}");
            assert_eq!(answer.details()["header"], name);
        }
        for (name, value) in [("content-type", "application/json"), ("if-modified-since", "2026-01-01T00:00:00Z")] {
            let answer = api.header(name, value).header_again(name, value).get("Leads?fields=Last_Name").await;
            assert_eq!(answer.status, 200, "{name}");
        }
        // A list of values may come in several lines.
        let answer = api.header("accept-encoding", "gzip").header_again("accept-encoding", "br").get("org").await;
        assert_eq!(answer.status, 200);
    }
}
