//! `/{module}/{id}/Attachments`

use dealwright_testkit::records::{deal, lead};
use dealwright_testkit::{Api, on_both};
use serde_json::json;

use super::{PNG, Part, send};
use crate::{assert_answer, outcome};

/// Attaches a file to a record and gives the attachment's id.
async fn attached(api: &Api, path: &str, name: &str, bytes: &[u8]) -> String {
    let answer = api.upload(path, "file", name, bytes).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.ids().remove(0)
}

on_both! {
    async fn a_file_is_attached_listed_downloaded_and_deleted(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        assert_eq!(api.get(&format!("{path}?fields=id")).await.status, 204);
        let bytes: Vec<u8> = (0..=255).cycle().take(70_000).collect();
        let made = api.upload(&path, "file", "report v1.bin", &bytes).await;
        assert_answer("attachments__create", &made);
        assert_answer("attachments__list", &api.get(&format!("{path}?fields=File_Name")).await);
        let one = format!("{path}/{}", made.ids()[0]);
        let file = api.get(&one).await;
        assert!(file.status == 200 && file.bytes == bytes);
        for (header, value) in [
            ("content-type", "application/x-download"),
            ("content-length", "70000"),
            ("content-disposition", "attachment;filename*=UTF-8''report v1.bin"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
        ] {
            assert_eq!(file.header(header), Some(value));
        }
        assert_eq!(server.blobs().len(), 1);
        assert_answer("attachments__delete_one", &api.delete(&one).await);
        assert_answer("attachments__get_unknown", &api.get(&one).await);
        assert_answer("attachments__delete_unknown", &api.delete(&one).await);
        assert_eq!(api.get(&format!("{path}?fields=id")).await.status, 204);
        server.wait_for_blobs(0).await;
    }

    async fn a_link_is_attached_and_not_downloaded(server: TestServer) {
        let api = server.api();
        let path = format!("Deals/{}/Attachments", api.insert(deal("Boat")).await);
        let link = [("attachmentUrl", "https://example.com/spec.pdf"), ("title", "Spec")];
        let query = dealwright_testkit::api::with_params(&path, &link);
        let made = api.send(reqwest::Method::POST, &query, Vec::new()).await;
        assert_eq!(outcome(&made), "200 SUCCESS", "{}", made.text);
        assert_answer("attachments__list_link", &api.get(&format!("{path}?fields=id")).await);
        let one = format!("{path}/{}", made.ids()[0]);
        assert_answer("attachments__get_link", &api.get(&one).await);
        assert_eq!(outcome(&api.delete(&one).await), "200 SUCCESS");

        let form = [Part::Field("attachmentUrl", "http://example.com"), Part::Field("title", "")];
        assert_eq!(outcome(&send(&api, &path, &form).await), "200 SUCCESS");
        let rows = api.get(&format!("{path}?fields=id")).await.rows();
        assert_eq!((&rows[0]["File_Name"], &rows[0]["$link_url"]), (&json!("http://example.com"), &json!("http://example.com")));
        let bad = [Part::Field("attachmentUrl", "javascript:alert(1)")];
        assert_answer("attachments__bad_url", &send(&api, &path, &bad).await);
        let long = format!("https://example.com/{}", "x".repeat(3_000));
        assert_answer("attachments__long_url", &send(&api, &path, &[Part::Field("attachmentUrl", &long)]).await);
        let long = "x".repeat(256);
        let titled = [Part::Field("attachmentUrl", "https://example.com"), Part::Field("title", &long)];
        assert_answer("attachments__long_title", &send(&api, &path, &titled).await);
    }

    async fn an_empty_file_beside_a_link_is_none(server: TestServer) {
        let lead = server.api().insert(lead("Lovelace")).await;
        let link = "https://example.com/spec.pdf";
        let query = dealwright_testkit::api::with_params(&format!("Leads/{lead}/Attachments"), &[("attachmentUrl", link)]);
        let path = format!("Leads/{lead}/Attachments");
        for version in ["v2", "v2.1", "v3", "v4", "v5", "v6", "v7", "v8"] {
            let api = server.version(version);
            // In either order, without a name as browsers send it and with one, and with the link in the query.
            for (path, parts) in [
                (&path, vec![Part::File("", b""), Part::Field("attachmentUrl", link)]),
                (&path, vec![Part::Field("attachmentUrl", link), Part::File("", b"")]),
                (&path, vec![Part::Field("attachmentUrl", link), Part::File("nothing.txt", b"")]),
                (&query, vec![Part::File("", b"")]),
                (&query, vec![Part::File("", b""), Part::Field("attachmentUrl", "")]),
                (&query, vec![Part::File("", b""), Part::Field("attachmentUrl", link)]),
            ] {
                let made = send(&api, path, &parts).await;
                assert_eq!(outcome(&made), "200 SUCCESS", "{version}: {}", made.text);
                let row = api.get(&format!("Leads/{lead}/Attachments?fields=File_Name&ids={}", made.ids()[0])).await.rows()[0].clone();
                assert_eq!((&row["$link_url"], &row["$type"]), (&json!(link), &json!("Link URL")), "{version}");
            }
            // An empty link says nothing either, and two links say two things.
            let empty_link = [Part::File("a.txt", b"a"), Part::Field("attachmentUrl", "")];
            assert_eq!(outcome(&send(&api, &path, &empty_link).await), "200 SUCCESS");
            let two = [Part::Field("attachmentUrl", "https://example.com/a"), Part::Field("attachmentUrl", link)];
            assert_eq!(outcome(&send(&api, &path, &two).await), "400 AMBIGUITY_DURING_PROCESSING");
            assert_eq!(outcome(&send(&api, &query, &two[..1]).await), "400 AMBIGUITY_DURING_PROCESSING");
        }
    }

    async fn one_file_or_one_link_comes_in_a_call(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        assert_answer("attachments__nothing", &send(&api, &path, &[Part::Field("title", "x")]).await);
        assert_eq!(outcome(&api.post(&path, &json!({})).await), "400 MANDATORY_NOT_FOUND");
        let both = [Part::File("a", b"a"), Part::Field("attachmentUrl", "https://example.com")];
        assert_answer("attachments__both", &send(&api, &path, &both).await);
        let two = [Part::File("a", b"a"), Part::File("b", b"b")];
        assert_answer("attachments__two", &send(&api, &path, &two).await);
        let many: Vec<Part<'_>> = (0..21).map(|_| Part::Field("x", "y")).collect();
        assert_eq!(outcome(&send(&api, &path, &many).await), "400 UNABLE_TO_PARSE_DATA_TYPE");
        // What was refused was not kept.
        server.wait_for_blobs(0).await;
        assert_eq!(api.get(&format!("{path}?fields=id")).await.status, 204);
    }

    async fn names_and_types_are_what_the_server_makes_of_them(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        for (given, bytes, name) in [
            ("../../etc/passwd", &b"root"[..], "passwd"),
            ("C:\\boot.ini", b"x", "boot.ini"),
            ("a\u{202e}gnp.exe", b"MZ", "agnp.exe"),
            ("page.html", b"<script>alert(1)</script>", "page.html"),
            ("a.svg", b"<svg onload=alert(1)>", "a.svg"),
            ("a.png", PNG, "a.png"),
            ("日本語.csv", b"a,b", "日本語.csv"),
            ("..", b"", "file"),
        ] {
            let id = attached(&api, &path, given, bytes).await;
            let rows = api.get(&format!("{path}?fields=id")).await.rows();
            let row = rows.iter().find(|row| row["id"] == json!(id)).unwrap();
            assert_eq!((&row["File_Name"], &row["Size"]), (&json!(name), &json!(bytes.len().to_string())));
            let file = api.get(&format!("{path}/{id}")).await;
            assert_eq!((file.header("content-type"), file.bytes.as_slice()), (Some("application/x-download"), bytes));
            assert!(file.header("content-disposition").unwrap().starts_with("attachment;filename*=UTF-8''"));
        }
    }

    async fn attachments_belong_to_their_record(server: TestServer) {
        let api = server.api();
        let (one, other) = (api.insert(lead("Lovelace")).await, api.insert(lead("Byron")).await);
        let path = format!("Leads/{one}/Attachments");
        let id = attached(&api, &path, "a.txt", b"a").await;
        for wrong in [format!("Leads/{other}/Attachments/{id}"), format!("Leads/{one}/Attachments/abc")] {
            assert_eq!(outcome(&api.get(&wrong).await), "400 INVALID_DATA");
            assert_eq!(outcome(&api.delete(&wrong).await), "400 INVALID_DATA");
        }
        assert_answer("attachments__unknown_record", &api.get("Leads/1234567890123456789/Attachments?fields=id").await);
        assert_eq!(outcome(&api.upload("Leads/1234567890123456789/Attachments", "file", "a", b"a").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("Deals/{one}/Attachments?fields=id")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("Boats/{one}/Attachments?fields=id")).await), "400 INVALID_MODULE");
        assert_answer("attachments__no_relation", &api.get(&format!("DealHistory/{one}/Attachments?fields=id")).await);
        // They are not written as records of their own.
        let body = json!({"data": [{"File_Name": "x", "Parent_Id": one, "$se_module": "Leads"}]});
        assert_eq!(outcome(&api.post("Attachments", &body).await), "400 NOT_SUPPORTED");
        assert_eq!(outcome(&api.delete(&format!("Attachments/{id}")).await), "400 NOT_SUPPORTED");
        server.wait_for_blobs(1).await;
    }

    async fn several_are_deleted_each_by_itself(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        let a = attached(&api, &path, "a.txt", b"a").await;
        let b = attached(&api, &path, "b.txt", b"b").await;
        assert_answer("attachments__delete_many", &api.delete(&format!("{path}?ids={a},1234567890123456789,{a}")).await);
        assert_answer("attachments__delete_no_ids", &api.delete(&path).await);
        assert_eq!(outcome(&api.delete(&format!("{path}?ids=x")).await), "400 INVALID_DATA");
        let many = vec!["1"; 101].join(",");
        assert_eq!(outcome(&api.delete(&format!("{path}?ids={many}")).await), "400 LIMIT_EXCEEDED");
        let left = api.get(&format!("{path}?fields=id")).await.rows();
        assert_eq!(left.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), [b]);
    }

    async fn deleting_a_record_hides_its_attachments(server: TestServer) {
        let api = server.api();
        let (gone, there) = (api.insert(lead("Lovelace")).await, api.insert(lead("Byron")).await);
        let path = format!("Leads/{gone}/Attachments");
        let id = attached(&api, &path, "a.txt", b"a").await;
        let kept = attached(&api, &format!("Leads/{there}/Attachments"), "b.txt", b"b").await;
        let handle = api.get(&format!("{path}?fields=id")).await.rows()[0]["$file_id"].as_str().unwrap().to_owned();
        assert_eq!(api.get(&format!("files?id={handle}")).await.bytes, b"a");
        assert_eq!(outcome(&api.delete(&format!("Leads/{gone}")).await), "200 SUCCESS");
        assert_eq!(outcome(&api.get(&format!("{path}?fields=id")).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get(&format!("files?id={handle}")).await), "400 INVALID_DATA");
        let all = api.get("Attachments?fields=File_Name").await.rows();
        assert_eq!(all.iter().map(|row| row["id"].as_str().unwrap()).collect::<Vec<_>>(), [kept]);
        assert_eq!(api.get(&format!("Attachments/{id}")).await.status, 204);
        // The bin keeps the file: the record may come back.
        assert_eq!(server.blobs().len(), 2);
    }

    async fn a_file_goes_along_when_its_attachment_is_moved(server: TestServer) {
        let api = server.api();
        let (master, child) = (api.insert(lead("Lovelace")).await, api.insert(lead("Byron")).await);
        let id = attached(&api, &format!("Leads/{child}/Attachments"), "a.txt", b"a").await;
        let merge = json!({"merge": [{"data": [{"id": child}]}]});
        assert_eq!(outcome(&api.post(&format!("Leads/{master}/actions/merge"), &merge).await), "201 SUCCESS");
        let path = format!("Leads/{master}/Attachments");
        let rows = api.get(&format!("{path}?fields=id")).await.rows();
        assert_eq!(rows.len(), 1);
        assert_eq!(api.get(&format!("{path}/{id}")).await.bytes, b"a");
        let handle = rows[0]["$file_id"].as_str().unwrap();
        assert_eq!(api.get(&format!("files?id={handle}")).await.bytes, b"a");
    }

    async fn notes_take_attachments(server: TestServer) {
        let api = server.api();
        let lead = api.insert(lead("Lovelace")).await;
        let note = json!({"data": [{"Note_Content": "x", "Parent_Id": {"id": lead, "module": {"api_name": "Leads"}}}]});
        let note = api.post("Notes", &note).await;
        assert_eq!(note.status, 201, "{}", note.text);
        let note = note.ids().remove(0);
        let path = format!("Notes/{note}/Attachments");
        let id = attached(&api, &path, "a.txt", b"a").await;
        let rows = api.get(&format!("{path}?fields=id")).await.rows();
        assert_eq!((&rows[0]["id"], &rows[0]["$se_module"]), (&json!(id), &json!("Notes")));
        assert_eq!(api.get(&format!("{path}/{id}")).await.bytes, b"a");
    }

    async fn the_list_needs_fields_from_v5_on(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        attached(&api, &path, "a.txt", b"a").await;
        assert_eq!(api.get(&path).await.note(), Some("list-without-fields"));
        assert_eq!(api.version("v4").get(&path).await.note(), None);
        let old = api.version("v2").get(&path).await;
        assert_answer("attachments__list_v2", &old);
        let server = server.strict().await;
        assert_answer("attachments__no_fields", &server.api().get(&path).await);
        for version in ["v2", "v2.1", "v3", "v4"] {
            assert_eq!(server.version(version).get(&path).await.status, 200, "{version}");
        }
    }

    async fn long_lists_come_in_pages(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        for name in ["a", "b", "c"] {
            attached(&api, &path, name, b"x").await;
        }
        let names = |answer: &dealwright_testkit::Answer| {
            answer.rows().iter().map(|row| row["File_Name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let first = api.get(&format!("{path}?fields=id&per_page=2")).await;
        assert_eq!((names(&first), &first.json()["info"]["more_records"]), (vec!["c".to_owned(), "b".to_owned()], &json!(true)));
        let token = first.json()["info"]["next_page_token"].as_str().unwrap().to_owned();
        let second = api.get(&format!("{path}?fields=id&per_page=2&page_token={token}")).await;
        assert_eq!((names(&second), &second.json()["info"]["more_records"]), (vec!["a".to_owned()], &json!(false)));
        let second = api.version("v2").get(&format!("{path}?per_page=2&page=2")).await;
        assert_eq!(names(&second), ["a"]);
    }

    async fn both_scopes_are_needed(server: TestServer) {
        let path = format!("Leads/{}/Attachments?fields=id", server.api().insert(lead("Lovelace")).await);
        for (scopes, status) in [
            ("ZohoCRM.modules.leads.ALL", 401),
            ("ZohoCRM.modules.attachments.ALL", 401),
            ("ZohoCRM.modules.leads.READ,ZohoCRM.modules.attachments.CREATE", 401),
            ("ZohoCRM.modules.leads.READ,ZohoCRM.modules.attachments.READ", 204),
            ("ZohoCRM.modules.READ", 204),
        ] {
            assert_eq!(server.api_with_scopes(scopes).await.get(&path).await.status, status, "{scopes}");
        }
    }
}
