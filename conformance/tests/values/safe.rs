//! What somebody stores does not run at somebody else's: addresses, rich text, notes and mails.
//!
//! Payloads go through every field of text of every module, derived from its metadata, and are read back in every way.

use std::collections::BTreeMap;

use dealwright_testkit::records::{account, lead};
use dealwright_testkit::{Answer, Api, on_both};
use serde_json::{Map, Value, json};

use super::field;
use crate::outcome;

const ADDRESSES: [&str; 14] = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " \u{1}javascript:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    "java\u{200B}script:alert(1)",
    "javascript&colon;alert(1)",
    "&#x6A;avascript:alert(1)",
    "javascript&amp;colon;alert(1)",
    "javascript:1/alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "blob:https://example.com/1",
    "file:///etc/passwd",
];

const MARKUP: [&str; 16] = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" java\tscript&colon;alert(1)\">x</a>",
    "<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
    "<iframe src=\"javascript:alert(1)\"></iframe>",
    "<form action=\"https://evil.example\"><input name=p autofocus onfocus=alert(1)></form>",
    "<object data=\"data:text/html;base64,PHNjcmlwdD4=\"></object>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\"></noscript>",
    "<p style=\"background:url(javascript:alert(1));position:fixed\">x</p>",
    "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "<base href=\"https://evil.example/\"><link rel=stylesheet href=//evil.example>",
    "<img src=\"data:image/svg+xml;base64,PHN2Zz4=\">",
    "<b/onmouseover=alert(1)>x</b><template><script>alert(1)</script></template>",
];

/// Elements and parts of tags that must not come out.
const ELEMENTS: [&str; 16] = [
    "script", "iframe", "object", "embed", "svg", "math", "form", "input", "meta", "base", "link", "style",
    "template", "noscript", "frame", "applet",
];
const PARTS: [&str; 9] =
    [" on", "/on", "javascript", "vbscript", "data:text", "data:image/svg", "url(", "position", "srcdoc"];

/// Refuses HTML with anything in its tags that runs.
fn assert_safe(html: &str, from: &str) {
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap_or_default().to_ascii_lowercase();
        let name = tag
            .trim_start_matches('/')
            .split(|c: char| !c.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default();
        assert!(!ELEMENTS.contains(&name), "{from}: {html}");
        let dense: String = tag.chars().filter(|c| *c == ' ' || !c.is_whitespace()).collect();
        assert!(!PARTS.iter().any(|part| dense.contains(part)), "{from}: {html}");
    }
}

/// JSON that no browser takes for a page.
fn assert_json(answer: &Answer) {
    let kind = answer.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/json"), "{kind}");
}

/// A module with records that can be made here, what they cannot do without, and its fields of text.
struct Module {
    name: String,
    needs: Map<String, Value>,
    /// Name and data type; `rich_text` for rich text.
    fields: Vec<(String, String)>,
}

async fn modules(api: &Api) -> Vec<Module> {
    let all = api.get("settings/modules").await.json();
    let mut found = Vec::new();
    for module in all["modules"].as_array().expect("modules") {
        let name = module["api_name"].as_str().expect("a name").to_owned();
        if module["api_supported"] != true || module["creatable"] != true {
            continue;
        }
        for (label, kind) in [
            ("Their Page", json!({"data_type": "website"})),
            ("Their Story", json!({"data_type": "textarea", "textarea": {"type": "rich_text"}})),
        ] {
            let mut field = kind;
            field["field_label"] = json!(label);
            // Modules that take no fields keep their own.
            api.post(&format!("settings/fields?module={name}"), &json!({"fields": [field]})).await;
        }
        let fields = api.get(&format!("settings/fields?module={name}")).await.json();
        let fields = fields["fields"].as_array().cloned().unwrap_or_default();
        let mut needs = Map::new();
        let mut texts = Vec::new();
        for field in &fields {
            let (api_name, kind) = (
                field["api_name"].as_str().unwrap_or_default(),
                field["data_type"].as_str().unwrap_or_default(),
            );
            if field["system_mandatory"] == true && field["read_only"] != true {
                let value = match kind {
                    "date" => json!("2027-06-30"),
                    "datetime" => json!("2027-06-30T08:00:00+00:00"),
                    "picklist" => field["pick_list_values"]
                        .as_array()
                        .and_then(|all| all.last())
                        .map_or(Value::Null, |one| one["actual_value"].clone()),
                    "currency" | "double" | "integer" => json!(1),
                    "text" | "textarea" => json!("Some"),
                    _ => continue,
                };
                needs.insert(api_name.to_owned(), value);
            }
            let is_open = field["read_only"] != true
                && field["field_read_only"] != true
                && field["view_type"]["create"] != false;
            if is_open && matches!(kind, "text" | "textarea" | "website" | "phone" | "email") {
                let kind = if field["textarea"]["type"] == "rich_text" { "rich_text" } else { kind };
                texts.push((api_name.to_owned(), kind.to_owned()));
            }
        }
        if api.post(&name, &json!({"data": [needs]})).await.status == 201 {
            found.push(Module { name, needs, fields: texts });
        }
    }
    found
}

/// The field's value in every way that records are read.
async fn everywhere(api: &Api, module: &str, id: &str, field: &str) -> Vec<(String, Answer)> {
    let mut answers = Vec::new();
    for path in [
        format!("{module}/{id}"),
        format!("{module}?fields={field}&ids={id}"),
        format!("{module}/search?criteria=(id:equals:{id})&fields={field}"),
        format!("{module}/{id}/actions/fetch_full_data?fields={field}"),
        format!("{module}/actions/fetch_full_data?fields={field}&ids={id}"),
    ] {
        answers.push((path.clone(), api.get(&path).await));
    }
    let query = json!({"select_query": format!("select {field} from {module} where id = '{id}'")});
    answers.push((format!("coql of {module}"), api.post("coql", &query).await));
    answers
}

on_both! {
    async fn no_field_of_any_module_gives_out_what_runs(server: TestServer) {
        let api = server.api();
        let modules = modules(&api).await;
        let names: Vec<&str> = modules.iter().map(|module| module.name.as_str()).collect();
        for wanted in ["Leads", "Contacts", "Accounts", "Deals", "Vendors", "Products", "Campaigns", "Tasks"] {
            assert!(names.contains(&wanted), "{wanted} is not among {names:?}");
        }
        let mut tried = BTreeMap::new();
        for module in &modules {
            for (name, kind) in &module.fields {
                *tried.entry(kind.as_str()).or_insert(0) += 1;
                let payloads: Vec<&str> = if kind == "website" { ADDRESSES.to_vec() } else { MARKUP.to_vec() };
                let records: Vec<Value> = payloads
                    .iter()
                    .map(|payload| {
                        let mut record = module.needs.clone();
                        record.insert(name.clone(), json!(payload));
                        Value::Object(record)
                    })
                    .collect();
                let answer = api.post(&module.name, &json!({"data": records})).await;
                let rows = answer.rows();
                assert_eq!(rows.len(), payloads.len(), "{}.{name}: {}", module.name, answer.text);
                for (row, payload) in rows.iter().zip(&payloads) {
                    let place = format!("{}.{name} with {payload:?}", module.name);
                    if kind == "website" {
                        assert_eq!((&row["code"], &row["details"]["api_name"]), (&json!("INVALID_DATA"), &json!(name)), "{place}: {row}");
                        continue;
                    }
                    let Some(id) = row["details"]["id"].as_str().filter(|_| row["status"] == "success") else { continue };
                    for (path, answer) in everywhere(&api, &module.name, id, name).await {
                        assert!(answer.status < 500, "{place}: {path}: {}", answer.text);
                        if answer.status != 200 {
                            continue;
                        }
                        assert_json(&answer);
                        if let Some(text) = answer.rows()[0][name].as_str().filter(|_| kind == "rich_text") {
                            assert_safe(text, &place);
                        }
                    }
                }
            }
        }
        assert!(tried["website"] >= 8 && tried["rich_text"] >= 8 && tried["textarea"] >= 8, "{tried:?}");
    }

    async fn addresses_are_refused_on_every_way_in(server: TestServer) {
        let api = server.api();
        let id = api.insert(lead("x").with("Website", "example.com:8080/x").with("Email", "x@example.com")).await;
        assert_eq!(api.record("Leads", &id).await["Website"], "example.com:8080/x");
        for bad in ADDRESSES {
            let body = json!({"data": [{"id": id, "Website": bad, "Last_Name": "x", "Company": "y", "Email": "x@example.com"}], "duplicate_check_fields": ["Email"]});
            let mass = json!({"data": [{"Website": bad}], "ids": [id], "over_write": true});
            for answer in [
                api.put("Leads", &body).await, api.put(&format!("Leads/{id}"), &body).await, api.patch("Leads", &body).await,
                api.post("Leads/upsert", &body).await, api.post("Leads/actions/mass_update", &mass).await,
            ] {
                assert_eq!(outcome(&answer), "400 INVALID_DATA", "{bad:?}: {}", answer.text);
                assert!(answer.text.contains("Website"), "{}", answer.text);
            }
            let me = api.get("users?type=CurrentUser").await.json()["users"][0]["id"].as_str().unwrap().to_owned();
            let answer = api.put(&format!("users/{me}"), &json!({"users": [{"website": bad}]})).await;
            assert_eq!(outcome(&answer), "400 INVALID_DATA", "{bad:?}: {}", answer.text);
            assert!(answer.text.contains("website"), "{}", answer.text);
            let link = dealwright_testkit::api::with_params(&format!("Leads/{id}/Attachments"), &[("attachmentUrl", bad)]);
            let answer = api.post(&link, &Value::Null).await;
            assert!(answer.status >= 400 && answer.status < 500, "{bad:?}: {}", answer.text);
        }
        let field = json!({"field_label": "Page", "data_type": "website", "default_value": "javascript:alert(1)"});
        let made = api.post("settings/fields?module=Leads", &json!({"fields": [field]})).await;
        assert_eq!(outcome(&made), "400 INVALID_DATA", "{}", made.text);
        assert_eq!(api.record("Leads", &id).await["Website"], "example.com:8080/x");
        // What was kept before some were refused is still looked for.
        assert_eq!(api.get_with("Leads/search", &[("criteria", "(Website:equals:javascript\\:alert)")]).await.status, 204);
    }

    async fn what_a_lead_says_becomes_no_address_and_no_markup(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", json!({"field_label": "Their Page", "data_type": "text"})).await;
        let page = field(&api, "Accounts", json!({"field_label": "Their Page", "data_type": "website"})).await;
        field(&api, "Accounts", json!({"field_label": "Story", "data_type": "textarea", "textarea": {"type": "rich_text"}})).await;
        for (name, to) in [("Their_Page", "Their_Page"), ("Description", "Story")] {
            let all = api.get("settings/fields?module=Leads").await.json();
            let found = all["fields"].as_array().unwrap().iter().find(|one| one["api_name"] == name).unwrap().clone();
            let path = format!("settings/fields/{}?module=Leads", found["id"].as_str().unwrap());
            let answer = api.patch(&path, &json!({"fields": [{"convert_mapping": {"Accounts": to}}]})).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        assert_eq!(page["data_type"], "website");
        let id = api.insert(lead("x").with("Their_Page", "javascript:alert(1)").with("Description", MARKUP[1])).await;
        let answer = api.post(&format!("Leads/{id}/actions/convert"), &json!({"data": [{}]})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let account = api.record("Accounts", answer.details()["Accounts"]["id"].as_str().unwrap()).await;
        assert_eq!((&account["Their_Page"], &account["Story"]), (&Value::Null, &json!("<img src=\"x\">")));
    }

    async fn notes_come_as_they_were_sent_and_safe_to_show(server: TestServer) {
        let api = server.api();
        let parent = api.insert(account("x")).await;
        let note = async |content: &str| {
            let body = json!({"data": [{"Note_Content": content, "Parent_Id": {"id": parent, "module": {"api_name": "Accounts"}}}]});
            let made = api.post("Notes", &body).await;
            assert_eq!(made.status, 201, "{}", made.text);
            made.ids().remove(0)
        };
        for payload in MARKUP {
            let id = note(payload).await;
            assert_eq!(api.get(&format!("Notes/{id}?fields=Note_Content")).await.rows()[0]["Note_Content"], payload);
            for path in [format!("Notes/{id}/actions/fetch_full_data?fields=Note_Content&display=html"), format!("Notes/actions/fetch_full_data?fields=Note_Content&ids={id}&display=html")] {
                let shown = api.get(&path).await;
                assert_eq!(shown.status, 200, "{}", shown.text);
                assert_safe(shown.rows()[0]["Note_Content"].as_str().unwrap(), payload);
            }
        }
        let shown = async |content: &str| {
            let id = note(content).await;
            api.get(&format!("Notes/{id}/actions/fetch_full_data?display=html")).await.rows()[0]["Note_Content"].clone()
        };
        assert_eq!(shown("from Ada <ada@example.com>:\n1 < 2 & 3").await, "from Ada &lt;ada@example.com&gt;:<br>\n1 &lt; 2 &amp; 3");
        assert_eq!(shown("<b>bold</b> <i>move</i>").await, "<b>bold</b> <i>move</i>");
        let id = note("x").await;
        assert_eq!(outcome(&api.get(&format!("Notes/{id}/actions/fetch_full_data?display=pdf")).await), "400 INVALID_DATA");
    }

    async fn rich_text_keeps_its_looks_and_loses_what_runs(server: TestServer) {
        let api = server.api();
        field(&api, "Leads", json!({"field_label": "Story", "data_type": "textarea", "textarea": {"type": "rich_text"}})).await;
        let rich = "<p style=\"color:red\">Hello <b>Ada</b></p><ul><li>one</li></ul><a href=\"https://example.com\" rel=\"noopener noreferrer\">x</a>";
        let id = api.insert(lead("x").with("Story", format!("{rich}<script>alert(1)</script>"))).await;
        assert_eq!(api.record("Leads", &id).await["Story"], rich);
        let change = json!({"data": [{"Story": format!("<img src=x onerror=alert(1)>{rich}")}]});
        assert_eq!(outcome(&api.put(&format!("Leads/{id}"), &change).await), "200 SUCCESS");
        let full = api.get(&format!("Leads/{id}/actions/fetch_full_data?fields=Story&display=html")).await;
        assert_eq!(full.rows()[0]["Story"], format!("<img src=\"x\">{rich}"));
        let deep = "<div>".repeat(9_000);
        let answer = api.put(&format!("Leads/{id}"), &json!({"data": [{"Story": deep}]})).await;
        assert!(answer.status < 500, "{}", answer.text);
    }
}
