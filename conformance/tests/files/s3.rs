//! Files in a bucket: the same behaviour, through the protocol of S3.

use dealwright_server::{S3, Secret, ServerConfig, StartError, Storage, backup};
use dealwright_testkit::records::lead;
use dealwright_testkit::{Engine, on_both};

use super::fake_s3::FakeS3;
use super::{PNG, uploaded};
use crate::outcome;

fn bucket(fake: &FakeS3) -> S3 {
    S3 {
        bucket: "crm".to_owned(),
        prefix: "files".to_owned(),
        region: "us-east-1".to_owned(),
        endpoint: Some(fake.url.clone()),
        access_key_id: "key".to_owned(),
        secret_access_key: Secret("secret".to_owned()),
    }
}

on_both! {
    async fn files_live_in_a_bucket(server: TestServer) {
        let fake = FakeS3::start();
        let server = server.restart(|config| config.storage.bucket = Some(bucket(&fake))).await;
        let api = server.api();
        let record = api.insert(lead("Lovelace")).await;
        let path = format!("Leads/{record}/Attachments");
        // One that is sent at once, one in parts.
        let large: Vec<u8> = (0..=250).cycle().take(11 << 20).collect();
        let mut ids = Vec::new();
        for bytes in [&b"small"[..], &large] {
            let made = api.upload(&path, "file", "a.bin", bytes).await;
            assert_eq!(made.status, 200, "{}", made.text);
            ids.push(made.ids().remove(0));
            let file = api.get(&format!("{path}/{}", ids[ids.len() - 1])).await;
            assert!(file.status == 200 && file.bytes == bytes, "{} {}", file.status, file.bytes.len());
        }
        let keys = fake.keys();
        assert!(keys.len() == 2 && keys.iter().all(|key| key.starts_with("crm/files/org_")), "{keys:?}");
        assert_eq!(server.blobs().len(), 0);
        assert_eq!(outcome(&api.delete(&format!("{path}?ids={}", ids.join(","))).await), "200 SUCCESS SUCCESS");
        fake.wait_for(0).await;

        let photo = format!("Leads/{record}/photo");
        assert_eq!(api.upload(&photo, "file", "a.png", PNG).await.status, 200);
        assert_eq!(api.get(&photo).await.bytes, PNG);
        let handle = uploaded(&api, "a.txt", b"a").await;
        assert_eq!(api.get(&format!("files?id={handle}")).await.bytes, b"a");
    }

    async fn a_refused_upload_leaves_nothing_in_the_bucket(server: TestServer) {
        let fake = FakeS3::start();
        let server = server.restart(|config| config.storage.bucket = Some(bucket(&fake))).await;
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        let large = vec![0; (20 << 20) + 1];
        assert_eq!(outcome(&api.upload(&path, "file", "a", &large).await), "413 FILE_SIZE_MORE_THAN_ALLOWED_SIZE");
        assert_eq!(outcome(&api.upload("Leads/1234567890123456789/Attachments", "file", "a", b"a").await), "400 INVALID_DATA");
        fake.wait_for(0).await;
        fake.wait_for_parts(0).await;
    }

    async fn a_bucket_that_fails_is_our_fault(server: TestServer) {
        let fake = FakeS3::start();
        let server = server.restart(|config| config.storage.bucket = Some(bucket(&fake))).await;
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        fake.refuse();
        let answer = api.upload(&path, "file", "a", b"a").await;
        assert_eq!(outcome(&answer), "500 INTERNAL_ERROR");
        assert!(!answer.text.contains("secret"));
        assert_eq!(api.get(&format!("{path}?fields=id")).await.status, 204);
    }

    async fn another_bucket_is_not_taken_for_an_empty_one(server: TestServer) {
        let (fake, other) = (FakeS3::start(), FakeS3::start());
        let server = server.restart(|config| config.storage.bucket = Some(bucket(&fake))).await;
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        assert_eq!(api.upload(&path, "file", "a", b"a").await.status, 200);
        let (storage, clock) = (server.storage(), server.clock.clone());
        server.stop().await;
        let wrong = Storage { bucket: Some(bucket(&other)), ..storage.clone() };
        let config = ServerConfig { clock: clock.clone(), ..ServerConfig::development(storage.folder.clone()) };
        match dealwright_server::build(ServerConfig { storage: wrong, ..config }).await {
            Err(StartError::Refused(reason)) => {
                assert!(reason.contains("the bucket crm does not hold the uploaded files"), "{reason}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("the server starts"),
        }
        assert!(other.keys().is_empty());
        let storage = Storage { bucket: Some(bucket(&fake)), ..storage };
        let config = ServerConfig { clock, ..ServerConfig::development(storage.folder.clone()) };
        let app = dealwright_server::build(ServerConfig { storage, ..config }).await.expect("the right bucket");
        app.state.close().await;
    }

    async fn files_of_a_bucket_are_in_a_backup(server: TestServer) {
        let (fake, other) = (FakeS3::start(), FakeS3::start());
        let server = server.restart(|config| config.storage.bucket = Some(bucket(&fake))).await;
        let api = server.api();
        let path = format!("Leads/{}/Attachments", api.insert(lead("Lovelace")).await);
        let large: Vec<u8> = (0..=250).cycle().take(6 << 20).collect();
        for bytes in [&b"small"[..], &large] {
            assert_eq!(api.upload(&path, "file", "a.bin", bytes).await.status, 200);
        }
        let storage = Storage { bucket: Some(bucket(&fake)), ..server.storage() };
        let folder = tempfile::tempdir().expect("a folder");
        let copy = folder.path().join("backup");
        let made = backup::make(&storage, &server.clock, &copy, &mut |_| {}).await.expect("a backup");
        assert_eq!((made.orgs, made.files, made.absent.len()), (1, 2, 0));
        let found = backup::verify(&copy, &mut |_| {}).await.expect("a backup");
        assert_eq!(found.problems, Vec::<String>::new());
        // Into a bucket that holds something already it is not restored, into an empty one it is.
        if server.engine() == Engine::Sqlite {
            let fresh = |name: &str, fake: &FakeS3| Storage {
                folder: folder.path().join(name),
                bucket: Some(bucket(fake)),
                ..storage.clone()
            };
            let taken = backup::restore(&fresh("one", &fake), &copy, &mut |_| {}).await;
            assert!(matches!(taken, Err(StartError::Refused(reason)) if reason.contains("bucket is not empty")));
            let fresh = fresh("two", &other);
            backup::restore(&fresh, &copy, &mut |_| {}).await.expect("it is restored");
            assert_eq!(other.keys(), fake.keys());
            let found = backup::verify_live(&fresh, &mut |_| {}).await.expect("it is there");
            assert_eq!((found.stores, found.files, found.problems.len()), (2, 2, 0));
        }
    }
}
