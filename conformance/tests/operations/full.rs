//! A disk without room: writes are refused with a code of their own, reads go on, also after a restart.
//!
//! The disk is a file system in memory. Mounting one takes rights that not every machine gives to tests; where it cannot be
//! mounted, the test says so and passes.

use std::path::Path;
use std::process::Command;

use dealwright_testkit::database::Place;
use dealwright_testkit::process::{ServerProcess, binary, command};
use dealwright_testkit::records::{deal, lead};
use dealwright_testkit::{Api, Engine};
use serde_json::json;

use crate::said;

/// A small disk, gone with this value.
struct Disk(tempfile::TempDir);

impl Disk {
    fn mount(options: &str) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder.path());
        mount.output().is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room there is, but so many bytes.
    fn fill(&self, but: u64) {
        let ballast = self.path().join("ballast");
        let mut file = std::fs::File::create(&ballast).expect("a file");
        let piece = vec![1_u8; 4096];
        while std::io::Write::write_all(&mut file, &piece).is_ok() {}
        let size = file.metadata().expect("it is there").len();
        file.set_len(size.saturating_sub(but)).expect("a shorter file");
    }

    fn empty(&self) {
        std::fs::remove_file(self.path().join("ballast")).expect("the ballast goes");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _may_be_busy = Command::new("umount").arg("--lazy").arg(self.path()).output();
    }
}

/// Writes until there is no room, and gives how many records were acknowledged.
async fn write_until_full(api: &Api) -> (u64, dealwright_testkit::Answer) {
    let long = "x".repeat(20_000);
    let record = deal("Boat").with("Description", long).value();
    let body = json!({ "data": vec![record; 20] });
    for round in 0..1_000 {
        let answer = api.post("Deals", &body).await;
        if answer.status != 201 {
            return (round * 20, answer);
        }
    }
    panic!("the disk is never full");
}

#[test]
fn a_full_disk_refuses_writes_and_goes_on_reading() {
    let Some(disk) = Disk::mount("size=40m") else {
        println!("skipped: no small disk can be mounted here");
        return;
    };
    let place = Place { engine: Engine::Sqlite, folder: disk.path().join("data"), postgres: None };
    tokio::runtime::Runtime::new().expect("a test may start threads").block_on(async {
        let binary = binary();
        let server = ServerProcess::start(&binary, &place).await;
        let api = server.api().await;
        let id = api.insert(lead("Files")).await;
        disk.fill(8 << 20);
        let (written, refused) = write_until_full(&api).await;
        assert_eq!((refused.status, refused.code().as_str()), (507, "STORAGE_FULL"), "{}", refused.text);
        let (status, text) = server.readiness().await.expect("it answers");
        assert!(status == 503 && text.contains("no room left"), "{status} {text}");
        disk.fill(0);
        // Files, tokens, whatever is written: refused in its own words. What is read is read.
        let file = api.upload(&format!("Leads/{id}/Attachments"), "file", "a.bin", &vec![7; 3 << 20]).await;
        assert_eq!((file.status, file.code().as_str()), (507, "STORAGE_FULL"), "{}", file.text);
        let token = Api::new(server.url(), "v8", None);
        let mut last = 0;
        for _ in 0..200 {
            last = token.form("/oauth/v2/token", &credentials()).await.status;
            if last != 200 {
                break;
            }
        }
        assert!(last == 507 || last == 200, "{last}");
        assert_eq!(api.count("Deals").await, written);
        assert_eq!(api.get("Deals?fields=Deal_Name").await.status, 200);
        let (succeeded, text) = said(&command(&binary, &place, &["admin", "user", "list"]));
        assert!(succeeded, "{text}");

        // It starts again, however it ended, and reads.
        server.kill();
        let mut server = ServerProcess::spawn(&binary, &place, &["--dev"]);
        let mut text = String::new();
        for _ in 0..400 {
            assert_eq!(server.ended(), None, "{}", server.log());
            text = server.readiness().await.map(|(_, text)| text).unwrap_or_default();
            if text.contains("no room left") {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        assert!(text.contains("no room left"), "{text} {}", server.log());
        let again = api.at(server.url());
        assert_eq!(again.count("Deals").await, written);

        // With room it goes on by itself.
        disk.empty();
        server.wait().await;
        let api = server.api().await;
        api.insert(deal("After")).await;
        assert_eq!(api.count("Deals").await, written + 1);
        assert!(server.terminate().await.0.success());
        let (succeeded, text) = said(&command(&binary, &place, &["admin", "verify"]));
        assert!(succeeded, "{text}");
    });
}

fn credentials() -> [(&'static str, &'static str); 4] {
    let client = dealwright_accounts::bootstrap::CLIENTS[0];
    [
        ("grant_type", "refresh_token"),
        ("client_id", client.client_id),
        ("client_secret", client.client_secret),
        ("refresh_token", dealwright_accounts::bootstrap::REFRESH_TOKEN),
    ]
}
