//! Fields created, changed and deleted in an org on SQLite.

use serde_json::{Value, json};

use super::{create, delete, update};
use crate::error::Error;
use crate::fresh::Fresh;
use crate::metadata::{fields, related_lists};
use crate::request::{Body, Params, Reply, Request};

trait Fields {
    async fn create(&self, fields: Value) -> (u16, Value);
    async fn change(&self, id: &str, field: Value) -> (u16, Value);
    async fn field(&self, id: &str) -> Value;
}

impl Fields for Fresh {
    async fn create(&self, fields: Value) -> (u16, Value) {
        read(create(&self.cx(), &request(None, json!({"fields": fields}))).await)
    }

    async fn change(&self, id: &str, field: Value) -> (u16, Value) {
        read(update(&self.cx(), &request(Some(id), json!({"fields": [field]}))).await)
    }

    async fn field(&self, id: &str) -> Value {
        read(fields::get(&self.cx(), &request(Some(id), Value::Null)).await).1["fields"][0].clone()
    }
}

fn request(id: Option<&str>, body: Value) -> Request {
    Request {
        path: id.map(str::to_owned).into_iter().collect(),
        params: Params::new(vec![("module".to_owned(), "Campaigns".to_owned())]),
        body: body.to_string().into(),
        ..Request::default()
    }
}

fn read(reply: Result<Reply, Error>) -> (u16, Value) {
    let reply = reply.unwrap();
    let body = match reply.body {
        Body::Json(bytes) => serde_json::from_slice(&bytes).unwrap(),
        _ => Value::Null,
    };
    (reply.status, body)
}

fn id_of(body: &Value, at: usize) -> String {
    body["fields"][at]["details"]["id"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
}

#[tokio::test]
async fn a_field_of_each_creatable_type_reads_back() {
    let fresh = Fresh::new("fields-types").await;
    for (label, more) in [
        ("Line", json!({"data_type": "text", "length": 60, "unique": {"case_sensitive": false}})),
        ("Area", json!({"data_type": "textarea"})),
        ("Mail", json!({"data_type": "email"})),
        ("Phone", json!({"data_type": "phone", "length": 30})),
        ("Site", json!({"data_type": "website", "length": 200})),
        ("Whole", json!({"data_type": "integer", "length": 9})),
        ("Long", json!({"data_type": "bigint"})),
        ("Ratio", json!({"data_type": "double", "decimal_place": 4})),
        ("Money", json!({"data_type": "currency", "length": 16})),
        ("Share", json!({"data_type": "percent"})),
        ("Day", json!({"data_type": "date"})),
        ("Moment", json!({"data_type": "datetime"})),
        ("Yes", json!({"data_type": "boolean", "default_value": true})),
        (
            "Number",
            json!({"data_type": "autonumber", "auto_number": {"prefix": "C-", "start_number": "100"}}),
        ),
        ("Person", json!({"data_type": "userlookup"})),
        ("Colour", json!({"data_type": "picklist", "pick_list_values": [{"display_value": "Red"}]})),
        (
            "Several",
            json!({"data_type": "multiselectpicklist", "pick_list_values": [{"display_value": "Red"}]}),
        ),
        ("Parent", json!({"data_type": "lookup", "lookup": {"module": {"api_name": "Accounts"}}})),
        ("Outer Key", json!({"data_type": "text", "external": {"type": "org"}})),
    ] {
        let mut entry = more.clone();
        entry["field_label"] = json!(format!("My {label}"));
        let (status, body) = fresh.create(json!([entry])).await;
        assert_eq!(status, 201, "{body}");
        let field = fresh.field(&id_of(&body, 0)).await;
        assert_eq!(field["data_type"], more["data_type"]);
        assert_eq!(field["api_name"], format!("My_{}", label.replace(' ', "_")));
        assert_eq!((&field["custom_field"], &field["created_source"]), (&true.into(), &"crm".into()));
        assert_eq!(field["layout_associations"][0]["name"], "Standard", "{label}");
    }
    let mut of_accounts = request(None, Value::Null);
    of_accounts.params = Params::new(vec![("module".to_owned(), "Accounts".to_owned())]);
    let lists = read(related_lists::list(&fresh.cx(), &of_accounts).await).1;
    let listed =
        lists["related_lists"].as_array().unwrap().iter().any(|list| list["api_name"] == "My_Parent");
    assert!(listed, "{lists}");
}

#[tokio::test]
async fn one_bad_field_fails_alone_and_says_why() {
    let fresh = Fresh::new("fields-batch").await;
    let (status, body) = fresh
        .create(json!([
            {"field_label": "Good", "data_type": "text"},
            {"data_type": "text"},
            {"field_label": "Sum", "data_type": "linetax"},
            {"field_label": "good", "data_type": "text"},
            {"field_label": "Key", "api_name": "Owner", "data_type": "text"},
        ]))
        .await;
    assert_eq!(status, 207);
    let codes: Vec<&Value> = body["fields"].as_array().unwrap().iter().map(|row| &row["code"]).collect();
    let expected =
        ["SUCCESS", "MANDATORY_NOT_FOUND", "INVALID_DATA", "DUPLICATE_DATA", "RESERVED_KEYWORD_NOT_ALLOWED"];
    assert_eq!(codes, expected);
    assert_eq!(body["fields"][2]["details"]["json_path"], "$.fields[2].data_type");
    assert!(body["fields"][2]["details"]["supported_values"].as_array().unwrap().contains(&json!("text")));

    let six = json!([{}, {}, {}, {}, {}, {}]);
    let refused = create(&fresh.cx(), &request(None, json!({"fields": six}))).await.unwrap_err();
    assert!(refused.to_string().starts_with("LIMIT_EXCEEDED"), "{refused}");
    assert_eq!(
        fresh.create(json!([{"field_label": "Long", "data_type": "text", "length": 300}])).await.0,
        400
    );
}

#[tokio::test]
async fn a_field_becomes_unique_only_when_its_values_are() {
    let fresh = Fresh::new("fields-unique").await;
    let (_, body) = fresh.create(json!([{"field_label": "Code", "data_type": "text"}])).await;
    let id = id_of(&body, 0);
    let snapshot = fresh.org.snapshot();
    let module = snapshot.module("Campaigns").unwrap();
    let column = module.field("Code").unwrap().column.clone().unwrap();
    let row = format!("INSERT INTO {{campaigns}} (id, \"{column}\") VALUES (?1, 'same')");
    for id in [1_i64, 2] {
        fresh.exec(row.clone(), vec![id.into()]).await;
    }
    let (status, body) = fresh.change(&id, json!({"unique": {"case_sensitive": false}})).await;
    assert_eq!((status, &body["fields"][0]["code"]), (400, &json!("DUPLICATE_DATA")));
    assert_eq!(fresh.field(&id).await["unique"], json!({}));

    fresh.exec("DELETE FROM {campaigns} WHERE id = 2", Vec::new()).await;
    assert_eq!(fresh.change(&id, json!({"unique": {"case_sensitive": false}})).await.0, 200);
    assert_eq!(fresh.field(&id).await["unique"]["case_sensitive"], false);
    let off = json!({"unique": {"case_sensitive": false, "_disable": null}});
    assert_eq!(fresh.change(&id, off).await.0, 200);
    assert_eq!(fresh.field(&id).await["unique"], json!({}));
}

#[tokio::test]
async fn what_was_read_can_be_sent_back_and_what_is_fixed_stays() {
    let fresh = Fresh::new("fields-change").await;
    let options = json!([{"display_value": "Red"}, {"display_value": "Green"}]);
    let (_, body) = fresh
        .create(json!([{"field_label": "Colour", "data_type": "picklist", "pick_list_values": options}]))
        .await;
    let id = id_of(&body, 0);
    let mut field = fresh.field(&id).await;
    field["field_label"] = json!("Shade");
    field["pick_list_values"][1]["display_value"] = json!("Rouge");
    let (status, body) = fresh.change(&id, field).await;
    assert_eq!((status, &body["fields"][0]["message"]), (200, &json!("field updated")), "{body}");
    let field = fresh.field(&id).await;
    assert_eq!((&field["field_label"], &field["api_name"]), (&json!("Shade"), &json!("Colour")));
    let shown: Vec<&Value> =
        field["pick_list_values"].as_array().unwrap().iter().map(|option| &option["display_value"]).collect();
    assert_eq!(shown, ["-None-", "Rouge", "Green"]);
    for fixed in [json!({"data_type": "text"}), json!({"api_name": "Shade"}), json!({"decimal_place": 2})] {
        let (status, body) = fresh.change(&id, fixed).await;
        assert_eq!((status, &body["fields"][0]["code"]), (400, &json!("NOT_ALLOWED")));
    }
}

#[tokio::test]
async fn only_custom_fields_can_be_deleted() {
    let fresh = Fresh::new("fields-delete").await;
    let target = json!({"module": {"api_name": "Accounts"}});
    let (_, body) =
        fresh.create(json!([{"field_label": "Partner", "data_type": "lookup", "lookup": target}])).await;
    let id = id_of(&body, 0);
    let (status, body) = read(delete(&fresh.cx(), &request(Some(&id), Value::Null)).await);
    assert_eq!((status, &body["fields"][0]["message"]), (200, &json!("field deleted")));
    assert_eq!(fresh.field(&id).await, Value::Null);

    let system = fresh.org.snapshot().module("Campaigns").unwrap().field("Campaign_Name").unwrap().id;
    let refused = delete(&fresh.cx(), &request(Some(&system.to_string()), Value::Null)).await.unwrap_err();
    assert!(refused.to_string().starts_with("NOT_ALLOWED"), "{refused}");
}
