//! Operations made without thought of access, planted to show that the matrix and the sweep find them.
//!
//! There are none in the server, and no way to put one in. What such an operation would do is done here in its place: it
//! does what it is asked without asking who asks, which is what the same call does for the administrator. Everything else
//! is the matrix itself, on a real server: the places are listed, the records made, the answers compared, the records read
//! again.

use std::pin::Pin;
use std::sync::Arc;

use dealwright_testkit::{Answer, on_both};
use reqwest::Method;

use super::bodies::{self, Body, Entry};
use super::matrix::{Report, Straight, Way, run, send};
use super::operations::Listed;
use super::places::Content;
use super::sweep;
use super::trials::Call;
use super::world::World;

/// The planted operations: id, method, path, and what each really does.
const PLANTED: [(&str, Method, &str); 5] = [
    ("planted.read", Method::GET, "{module}/{id}/actions/planted"),
    ("planted.write", Method::PUT, "{module}/{id}/actions/planted"),
    ("planted.body", Method::POST, "actions/planted"),
    ("planted.without_entry", Method::POST, "{module}/{id}/actions/planted"),
    ("planted.odd_id", Method::GET, "settings/planted/{planted_id}"),
];

const ENTRIES: [Entry; 2] = [
    ("planted.write", "", Body::Json(r#"{"data":[{<change>}]}"#)),
    ("planted.body", "Deals", Body::Json(r#"{"data":[{"id":"<Deals>","Next_Step":"taken"}]}"#)),
];

fn planted(id: &str) -> Listed {
    let found = PLANTED.iter().find(|planted| planted.0 == id).expect("it is planted");
    Listed { id: id.to_owned(), method: found.1.clone(), path: found.2.to_owned(), is_described: false }
}

/// A server with the planted operations: they run with the administrator's rights, or with the caller's.
struct Garden {
    is_careless: bool,
}

impl Way for Garden {
    fn call<'a>(
        &'a self,
        world: &'a World,
        call: &'a Call,
    ) -> Pin<Box<dyn Future<Output = Answer> + Send + 'a>> {
        let path = match call.operation.as_str() {
            "planted.body" => "Deals".to_owned(),
            _ => call.path.replace("/actions/planted", ""),
        };
        let method = if call.operation == "planted.body" { Method::PUT } else { call.method.clone() };
        let real = Call { method, path, ..call.clone() };
        Box::pin(async move {
            let api = if self.is_careless { &world.admin } else { &world.actor.api };
            send(api, &real).await
        })
    }
}

async fn tried(world: &Arc<World>, way: impl Way + 'static, id: &str) -> Report {
    let entries: Vec<&Entry> = bodies::all().iter().chain(&ENTRIES).collect();
    // Some modules are enough, and of each field that refers to something one.
    let keep = |case: &super::places::Case| ["Deals", "Leads", "Quotes"].contains(&case.module.as_str());
    run(world, Arc::new(way), &[planted(id)], &entries, keep).await
}

fn kinds(report: &Report) -> Vec<&str> {
    report.findings.keys().copied().collect()
}

on_both! {
    async fn an_operation_that_asks_for_no_grant_is_found(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let careless = || Garden { is_careless: true };
        let read = tried(&world, careless(), "planted.read").await;
        assert_eq!(kinds(&read), ["told apart from what is not there"], "{}", read.text());
        let write = tried(&world, careless(), "planted.write").await;
        let changed = ["out of reach and changed", "to be read only and changed", "told apart from what is not there"];
        assert!(changed.iter().all(|kind| kinds(&write).contains(kind)), "{}", write.text());
        let body = tried(&world, careless(), "planted.body").await;
        assert_eq!(kinds(&body), changed, "{}", body.text());
        // The same operations with the caller's own rights are not found fault with.
        for id in ["planted.read", "planted.body"] {
            let careful = tried(&world, Garden { is_careless: false }, id).await;
            assert!(careful.findings.is_empty() && careful.calls > 0, "{}", careful.text());
        }
    }

    async fn an_operation_that_nobody_described_is_found(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        for (id, told) in [("planted.without_entry", "tests/access/bodies.rs"), ("planted.odd_id", "tests/access/places.rs")] {
            let report = tried(&world, Straight, id).await;
            assert_eq!(kinds(&report), ["nothing written down for it"], "{}", report.text());
            assert!(report.text().contains(told), "{}", report.text());
        }
    }

    async fn a_list_that_shows_what_is_everybodys_is_found(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let secrets = sweep::plant(&world).await;
        let call = Call {
            operation: "planted.list".to_owned(),
            method: Method::GET,
            path: "Deals?fields=Deal_Name".to_owned(),
            external: None,
            content: Content::Nothing,
        };
        let stranger = send(&world.actor.api, &call).await;
        assert_eq!(sweep::told(&secrets, &call, &stranger), None);
        let careless = send(&world.admin, &call).await;
        let told = sweep::told(&secrets, &call, &careless).expect("it is found");
        assert!(told.starts_with("the mark"), "{told}");
        let ids = Call { path: "Deals?fields=id".to_owned(), ..call };
        let told = sweep::told(&secrets, &ids, &send(&world.admin, &ids).await).expect("it is found");
        assert!(told.starts_with("the id of a record of Deals"), "{told}");
    }
}
