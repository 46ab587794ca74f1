//! `/{module}/{id}/photo`

use dealwright_testkit::on_both;
use dealwright_testkit::records::{deal, lead};

use crate::{assert_answer, outcome};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nthe rest of a picture";

on_both! {
    async fn a_photo_is_put_read_replaced_and_removed(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/photo", api.insert(lead("Lovelace")).await);
        assert_eq!(api.get(&path).await.status, 204);
        assert_answer("photo__put", &api.upload(&path, "file", "ada.png", PNG).await);
        let photo = api.get(&path).await;
        assert_eq!((photo.status, photo.bytes.as_slice(), photo.header("content-type")), (200, PNG, Some("application/x-download")));
        assert!(photo.header("content-disposition").unwrap().starts_with("attachment"));
        assert_eq!(photo.header("x-content-type-options"), Some("nosniff"));
        let other = b"GIF89a other";
        assert_eq!(api.upload(&path, "file", "ada.png", other).await.status, 200);
        assert_eq!(api.get(&path).await.bytes, other);
        assert_answer("photo__delete", &api.delete(&path).await);
        assert_eq!(api.get(&path).await.status, 204);
        assert_eq!(api.delete(&path).await.status, 204);
    }

    async fn what_is_no_picture_is_refused(server: TestServer) {
        let api = server.api();
        let path = format!("Leads/{}/photo", api.insert(lead("Lovelace")).await);
        assert_answer("photo__no_picture", &api.upload(&path, "file", "ada.png", b"<svg onload=alert(1)>").await);
        assert_eq!(outcome(&api.upload(&path, "file", "ada.png", b"").await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.post(&path, &serde_json::json!({})).await), "400 INVALID_DATA");
        let mut large = PNG.to_vec();
        large.resize((10 << 20) + 1, 0);
        assert_answer("photo__too_large", &api.upload(&path, "file", "ada.png", &large).await);
        large.resize(10 << 20, 0);
        assert_eq!(api.upload(&path, "file", "ada.png", &large).await.status, 200);
    }

    async fn records_without_photos_say_so(server: TestServer) {
        let api = server.api();
        let path = format!("Deals/{}/photo", api.insert(deal("Boat")).await);
        assert_answer("photo__no_photos", &api.upload(&path, "file", "a.png", PNG).await);
        assert_eq!(outcome(&api.get(&path).await), "400 NOT_SUPPORTED");
        let unknown = "Leads/1234567890123456789/photo";
        assert_answer("photo__unknown_record", &api.upload(unknown, "file", "a.png", PNG).await);
        assert_eq!(api.get(unknown).await.status, 204);
        assert_eq!(outcome(&api.delete(unknown).await), "400 INVALID_DATA");
        assert_eq!(outcome(&api.get("Leads/abc/photo").await), "400 INVALID_DATA");
    }
}
