//! Fields that hold files: `fileupload` and `imageupload`.

use dealwright_testkit::records::{deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::{PNG, uploaded};
use crate::{assert_answer, assert_shown, outcome};

/// Fields of both types in the module Leads: `Papers`, for three files, and `Pictures`.
async fn with_fields(api: &Api) {
    let made = api
        .post(
            "settings/fields?module=Leads",
            &json!({"fields": [
                {"field_label": "Papers", "data_type": "fileupload", "length": 3},
                {"field_label": "Pictures", "data_type": "imageupload"},
            ]}),
        )
        .await;
    assert_eq!(outcome(&made), "201 SUCCESS SUCCESS", "{}", made.text);
}

async fn change(api: &Api, id: &str, values: Value) -> dealwright_testkit::Answer {
    api.put(&format!("Leads/{id}"), &json!({"data": [values]})).await
}

/// Names of the files in a field.
async fn names(api: &Api, id: &str, field: &str) -> Vec<String> {
    let record = api.record("Leads", id).await;
    let rows = record[field].as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row["File_Name__s"].as_str().unwrap().to_owned()).collect()
}

on_both! {
    async fn fields_for_files_are_made(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let fields = api.get("settings/fields?module=Leads").await.json();
        let found = |name: &str| fields["fields"].as_array().unwrap().iter().find(|one| one["api_name"] == name).cloned().unwrap();
        for (name, data_type, length) in [("Papers", "fileupload", 3), ("Pictures", "imageupload", 10)] {
            let field = found(name);
            assert_eq!((&field["data_type"], &field["json_type"], &field["length"]), (&json!(data_type), &json!("jsonarray"), &json!(length)));
            assert_eq!((&field["sortable"], &field["filterable"], &field["mass_update"]), (&json!(false), &json!(false), &json!(false)));
        }
        let bad = api.post("settings/fields?module=Leads", &json!({"fields": [
            {"field_label": "A", "data_type": "fileupload", "length": 6},
            {"field_label": "B", "data_type": "imageupload", "default_value": []},
            {"field_label": "C", "data_type": "fileupload", "unique": {"case_sensitive": false}},
        ]})).await;
        assert_eq!(outcome(&bad), "400 DEPENDENT_MISMATCH DEPENDENT_MISMATCH DEPENDENT_MISMATCH");
        let rows = api.post("settings/fields?module=Quoted_Items", &json!({"fields": [{"field_label": "A", "data_type": "fileupload"}]})).await;
        assert_eq!(outcome(&rows), "400 FIELD_TYPE_UNAVAILABLE");
        assert_eq!(outcome(&api.get("Leads/search?criteria=(Papers:equals:x)").await), "400 INVALID_QUERY");
    }

    async fn files_are_written_read_and_downloaded(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let (a, picture) = (uploaded(&api, "a.pdf", b"%PDF-1.7 x").await, uploaded(&api, "a.png", PNG).await);
        let record = lead("Lovelace")
            .with("Papers", json!([{"File_Id__s": a}]))
            .with("Pictures", json!([{"File_Id__s": picture, "Description__s": "Ada"}]));
        let id = api.insert(record).await;
        for version in ["v8", "v4", "v2"] {
            let answer = api.version(version).get(&format!("Leads/{id}?fields=Papers,Pictures")).await;
            let mut shown = answer.shown();
            if let Some(url) = shown["body"]["data"][0]["Papers"][0].get_mut("download_Url") {
                let path = url.as_str().unwrap().to_owned();
                assert_eq!(api.send_to(reqwest::Method::GET, &path, Vec::new()).await.bytes, b"%PDF-1.7 x");
                *url = json!("[path]");
            }
            assert_shown(&format!("field_values__{version}"), shown);
        }
        let row = api.record("Leads", &id).await["Papers"][0].clone();
        let download = format!("Leads/{id}/actions/download_fields_attachment");
        let file = api.get(&format!("{download}?fields_attachment_id={}", row["id"].as_str().unwrap())).await;
        assert_eq!((file.bytes.as_slice(), file.header("content-type")), (&b"%PDF-1.7 x"[..], Some("application/x-download")));
        assert_eq!(file.header("content-disposition"), Some("attachment;filename*=UTF-8''a.pdf"));
        assert_eq!(api.get(&format!("files?id={}", row["File_Id__s"].as_str().unwrap())).await.bytes, b"%PDF-1.7 x");
        assert_answer("field_values__no_param", &api.get(&download).await);
        assert_answer("field_values__unknown_row", &api.get(&format!("{download}?fields_attachment_id={id}")).await);
        assert_answer("field_values__unknown_record", &api.get("Leads/1234567890123456789/actions/download_fields_attachment?fields_attachment_id=1").await);
        let deal = api.insert(deal("Boat")).await;
        assert_eq!(outcome(&api.get(&format!("Deals/{deal}/actions/download_fields_attachment?fields_attachment_id=1")).await), "400 INVALID_DATA");
        let listed = api.get("Leads?fields=Papers").await.rows();
        assert_eq!(listed[0]["Papers"][0]["File_Name__s"], "a.pdf");
    }

    async fn a_master_takes_the_files_that_are_named(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let [a, b, c] = [uploaded(&api, "a", b"a").await, uploaded(&api, "b", b"b").await, uploaded(&api, "c", b"c").await];
        let picture = uploaded(&api, "p.png", PNG).await;
        let master = api.insert(lead("Lovelace").with("Papers", json!([{"file_id": c}]))).await;
        let child = lead("Byron").with("Papers", json!([{"file_id": a}, {"file_id": b}]));
        let child = api.insert(child.with("Pictures", json!([{"File_Id__s": picture}]))).await;
        let row = api.record("Leads", &child).await["Papers"][1]["id"].clone();
        let merge = |rows: Value| json!({"merge": [{"data": [{"id": child, "_fields": [
            {"api_name": "Papers", "_data": rows}, {"api_name": "Pictures", "_data": null}
        ]}]}]});
        let path = format!("Leads/{master}/actions/merge");
        let unknown = api.post(&path, &merge(json!([{"id": "1234567890123456789"}]))).await;
        assert_eq!(outcome(&unknown), "400 INVALID_DATA", "{}", unknown.text);
        assert_eq!(names(&api, &child, "Papers").await, ["a", "b"]);
        let done = api.post(&path, &merge(json!([{"id": row}]))).await;
        assert_eq!(outcome(&done), "201 SUCCESS", "{}", done.text);
        assert_eq!(names(&api, &master, "Papers").await, ["b"]);
        assert_eq!(names(&api, &master, "Pictures").await, ["p.png"]);
        let record = api.record("Leads", &master).await;
        let download = format!("Leads/{master}/actions/download_fields_attachment");
        for (field, bytes) in [("Papers", &b"b"[..]), ("Pictures", PNG)] {
            let id = record[field][0]["id"].as_str().unwrap();
            assert_eq!(api.get(&format!("{download}?fields_attachment_id={id}")).await.bytes, bytes, "{field}");
        }
    }

    async fn rows_are_added_changed_and_taken_away(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let [a, b, c] = [uploaded(&api, "a", b"a").await, uploaded(&api, "b", b"b").await, uploaded(&api, "c", b"c").await];
        let id = api.insert(lead("Lovelace").with("Papers", json!([{"file_id": a}]))).await;
        assert_eq!(outcome(&change(&api, &id, json!({"Papers": [{"File_Id__s": b}]})).await), "200 SUCCESS");
        assert_eq!(names(&api, &id, "Papers").await, ["a", "b"]);
        // The whole record sent back changes nothing.
        let record = api.record("Leads", &id).await;
        assert_eq!(outcome(&change(&api, &id, record.clone()).await), "200 SUCCESS");
        assert_eq!(names(&api, &id, "Papers").await, ["a", "b"]);
        let row = record["Papers"][0]["id"].clone();
        let swapped = change(&api, &id, json!({"Papers": [{"id": row, "_delete": null}, c]})).await;
        assert_eq!(outcome(&swapped), "200 SUCCESS", "{}", swapped.text);
        assert_eq!(names(&api, &id, "Papers").await, ["b", "c"]);
        server.wait_for_blobs(2).await;
        assert_eq!(outcome(&api.get(&format!("files?id={a}")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&change(&api, &id, json!({"Papers": []})).await), "200 SUCCESS");
        assert_eq!(api.record("Leads", &id).await["Papers"], json!(null));
        server.wait_for_blobs(0).await;
    }

    async fn images_keep_their_order_and_nothing_else_is_one(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let mut handles = Vec::new();
        for name in ["1.png", "2.png", "3.png"] {
            handles.push(json!({"File_Id__s": uploaded(&api, name, PNG).await}));
        }
        handles[2]["Sequence_Number__s"] = json!(1);
        let id = api.insert(lead("Lovelace").with("Pictures", handles)).await;
        assert_eq!(names(&api, &id, "Pictures").await, ["3.png", "1.png", "2.png"]);
        let rows = api.record("Leads", &id).await["Pictures"].clone();
        let moved = json!([{"id": rows[0]["id"], "Sequence_Number__s": 3, "Description__s": "last"}]);
        assert_eq!(outcome(&change(&api, &id, json!({"Pictures": moved})).await), "200 SUCCESS");
        assert_eq!(names(&api, &id, "Pictures").await, ["1.png", "2.png", "3.png"]);
        assert_eq!(api.record("Leads", &id).await["Pictures"][2]["Description__s"], "last");
        for sequence in [0, 4, -1] {
            let bad = json!([{"id": rows[0]["id"], "Sequence_Number__s": sequence}]);
            assert_answer("field_values__bad_sequence", &change(&api, &id, json!({"Pictures": bad})).await);
        }
        let text = uploaded(&api, "a.png", b"no picture").await;
        assert_answer("field_values__no_image", &change(&api, &id, json!({"Pictures": [{"File_Id__s": text}]})).await);
    }

    async fn bad_rows_are_named(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let mut handles = Vec::new();
        for name in ["a", "b", "c", "d"] {
            handles.push(uploaded(&api, name, b"x").await);
        }
        let id = api.insert(lead("Lovelace").with("Papers", json!([handles[0]]))).await;
        let mut shown = serde_json::Map::new();
        for (name, papers) in [
            ("no list", json!("x")),
            ("no object", json!([1])),
            ("unknown handle", json!([{"File_Id__s": "x"}])),
            ("taken handle", json!([{"File_Id__s": handles[0], "id": "1"}])),
            ("unknown row", json!([{"id": "1234567890123456789", "_delete": null}])),
            ("bad row id", json!([{"id": "x"}])),
            ("no handle", json!([{"Description__s": "x"}])),
            ("too many", json!([handles[1], handles[2], handles[3]])),
        ] {
            let answer = change(&api, &id, json!({"Papers": papers})).await;
            shown.insert(name.to_owned(), answer.shown());
        }
        assert_shown("field_values__bad_rows", Value::Object(shown));
        assert_eq!(names(&api, &id, "Papers").await, ["a"]);
        // One record's fault is not the other's, and a file goes to one record only.
        let both = json!({"data": [
            lead("One").with("Papers", json!([handles[1]])).value(),
            lead("Two").with("Papers", json!([handles[1]])).value(),
            lead("Three").with("Papers", json!([handles[2]])).value(),
        ]});
        assert_eq!(outcome(&api.post("Leads", &both).await), "207 SUCCESS INVALID_DATA SUCCESS");
        let other = api.insert(lead("Four")).await;
        assert_eq!(outcome(&change(&api, &other, json!({"Papers": [handles[0]]})).await), "400 INVALID_DATA");
    }

    async fn a_record_that_fails_takes_no_file(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let file = uploaded(&api, "a", b"a").await;
        let bad = lead("Lovelace").without("Last_Name").with("Papers", json!([file]));
        assert_eq!(outcome(&api.post("Leads", &bad.body()).await), "400 MANDATORY_NOT_FOUND");
        let id = api.insert(lead("Lovelace").with("Papers", json!([file]))).await;
        assert_eq!(names(&api, &id, "Papers").await, ["a"]);
    }

    async fn a_copy_has_no_files_and_a_replaced_record_loses_them(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let file = uploaded(&api, "a", b"a").await;
        let id = api.insert(lead("Lovelace").with("Papers", json!([file]))).await;
        let copy = api.send(reqwest::Method::POST, &format!("Leads/{id}/actions/clone"), Vec::new()).await;
        assert_eq!(copy.status, 201, "{}", copy.text);
        let copy = copy.ids().remove(0);
        assert_eq!(api.record("Leads", &copy).await["Papers"], json!(null));
        let replaced = api.version("v3").put(&format!("Leads/{id}"), &lead("Byron").body()).await;
        assert_eq!(replaced.note(), Some("put-replaces"));
        assert_eq!(api.record("Leads", &id).await["Papers"], json!(null));
        server.wait_for_blobs(0).await;
    }

    async fn a_deleted_field_lets_its_files_go(server: TestServer) {
        let api = server.api();
        with_fields(&api).await;
        let file = uploaded(&api, "a", b"a").await;
        api.insert(lead("Lovelace").with("Papers", json!([file]))).await;
        let fields = api.get("settings/fields?module=Leads").await.json();
        let field = fields["fields"].as_array().unwrap().iter().find(|one| one["api_name"] == "Papers").unwrap()["id"].clone();
        assert_eq!(outcome(&api.delete(&format!("settings/fields/{}?module=Leads", field.as_str().unwrap())).await), "200 SUCCESS");
        server.wait_for_blobs(0).await;
    }
}

on_both! {
    async fn a_field_of_uploads_brings_a_hidden_module(server: TestServer) {
        let api = server.api();
        let make = async |label: &str, kind: &str| {
            let body = json!({"fields": [{"field_label": label, "data_type": kind, "length": 1}]});
            let made = api.post("settings/fields?module=Solutions", &body).await;
            assert_eq!(made.status, 201, "{}", made.text);
            let id = made.json()["fields"][0]["details"]["id"].as_str().unwrap().to_owned();
            let field = api.get(&format!("settings/fields/{id}?module=Solutions")).await.json()["fields"][0].clone();
            (id, field["associated_module"].clone())
        };
        let (papers, of_papers) = make("Papers", "fileupload").await;
        let (_, more) = make("More Papers", "fileupload").await;
        let (_, pictures) = make("Pictures", "imageupload").await;
        let names = [&of_papers, &more, &pictures].map(|of| of["module"].as_str().unwrap().to_owned());
        assert_eq!(names, ["File_Upload_1__s", "File_Upload_2__s", "Image_Upload_1__s"]);
        let module = api.get(&format!("settings/modules/{}", names[0])).await.json()["modules"][0].clone();
        assert_eq!((&module["id"], &module["parent_module"]["api_name"], &module["status"]), (&of_papers["id"], &json!("Solutions"), &json!("system_hidden")));
        // It has no records of its own.
        assert_eq!(crate::outcome(&api.get(&format!("{}?fields=id", names[0])).await), "400 NOT_SUPPORTED");
        assert_eq!(api.delete(&format!("settings/fields/{papers}?module=Solutions")).await.status, 200);
        assert_eq!(api.get(&format!("settings/modules/{}", names[0])).await.status, 204);
        // An org that an earlier release left without gets them when it is opened.
        let org = server.state.orgs.get(server.development.org).await.expect("the org is open");
        let done = org.store.write(|tx| Box::pin(async move {
            use dealwright_store::{Row, Sql};
            let read = |row: &Row<'_>| Ok((Row::must(row.int(0)?, 0)?, row.text(1)?.unwrap_or_default().to_owned()));
            for (id, text) in tx.all(&Sql::from("SELECT id, doc FROM {_modules}"), &[], read).await? {
                let mut doc: serde_json::Value = serde_json::from_str(&text).expect("a module is JSON");
                if doc["api_name"].as_str().is_some_and(|name| name.contains("_Upload_")) {
                    tx.exec(&Sql::from("DELETE FROM {_modules} WHERE id = ?1"), &[id.into()]).await?;
                } else if doc["api_name"] == "Solutions" {
                    for field in doc["fields"].as_array_mut().expect("fields") {
                        if let Some(described) = field["described"].as_object_mut() {
                            described.shift_remove("uploads_module");
                        }
                    }
                    tx.exec(&Sql::from("UPDATE {_modules} SET doc = ?2 WHERE id = ?1"), &[id.into(), doc.to_string().into()]).await?;
                }
            }
            tx.exec(&Sql::from("DELETE FROM {_meta} WHERE key = 'catalog'"), &[]).await?;
            Ok::<_, dealwright_engine::Error>(())
        }));
        done.await.expect("the org can be made older");
        drop(org);
        let server = server.restart(|_| {}).await;
        let fields = server.fresh_api().await.get("settings/fields?module=Solutions").await.json()["fields"].clone();
        let named = |name: &str| fields.as_array().unwrap().iter().find(|field| field["field_label"] == name).unwrap()["associated_module"]["module"].clone();
        assert_eq!([named("More Papers"), named("Pictures")], [json!("File_Upload_1__s"), json!("Image_Upload_1__s")]);
    }
}
