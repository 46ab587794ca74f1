//! What others have hung on the caller's own records: whatever the caller does with those, what hangs there stays out of
//! reach, stays, and stays whose it was. Sharing a record together with what hangs on it gives nothing that the caller does
//! not have.

use std::collections::BTreeMap;
use std::sync::Arc;

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::bodies;
use super::matrix::{chosen, send_all};
use super::modules::target;
use super::operations;
use super::places::{self, Case};
use super::trials::Trials;
use super::world::{MARK, Side, World};

/// A record of the administrator's that names one of the caller's: module, id, and the call made on that.
struct Hanging {
    module: String,
    id: String,
    call: String,
}

/// Lookups to a module: the module that has them, and the field, with what has to stand beside it.
fn lookups(world: &World, to: &str) -> Vec<(String, String, Value)> {
    let mut found = Vec::new();
    // Rows of a record are part of it.
    for module in world.creatable().filter(|module| module.parent != to) {
        for field in &module.fields {
            let name = field["api_name"].as_str().unwrap_or_default().to_owned();
            let may = field["operation_type"]["api_create"] == true;
            if may && field["data_type"] == "lookup" && target(field) == to {
                found.push((module.name.clone(), name, Value::Null));
            } else if may && field["data_type"] == "lookup" && target(field) == "se_module" {
                found.push((module.name.clone(), name, json!(to)));
            }
        }
    }
    found
}

/// Hangs a record of each kind on each of these.
async fn hang(world: &World, to: &str, records: &[(String, String)]) -> Vec<Hanging> {
    let mut hanging = Vec::new();
    for (module, field, se_module) in lookups(world, to) {
        let needs = world.needs(&module, Side::Far).await;
        let drafts: Vec<Value> = records
            .iter()
            .map(|(id, _)| {
                let mut record =
                    world.module(&module).draft(&format!("{MARK} {}", world.serial()), false, &needs);
                record.insert(field.clone(), json!({ "id": id }));
                if !se_module.is_null() {
                    record.insert("$se_module".to_owned(), se_module.clone());
                }
                Value::Object(record)
            })
            .collect();
        for (part, records) in drafts.chunks(100).zip(records.chunks(100)) {
            let made = world.admin.post(&module, &json!({ "data": part })).await;
            // Some modules are not for every field that could name them.
            for (row, (_, call)) in made.rows().iter().zip(records) {
                if let Some(id) = row["details"]["id"].as_str().filter(|_| row["status"] == "success") {
                    hanging.push(Hanging { module: module.clone(), id: id.to_owned(), call: call.clone() });
                }
            }
        }
    }
    hanging
}

/// Ids of what somebody reads, with its owner.
async fn read(api: &Api, hanging: &[Hanging]) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut by_module: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in hanging {
        by_module.entry(&one.module).or_default().push(&one.id);
    }
    for (module, ids) in by_module {
        for ids in ids.chunks(100) {
            let answer = api.get(&format!("{module}?fields=id,Owner&ids={}", ids.join(","))).await;
            assert!(matches!(answer.status, 200 | 204), "{module}: {}", answer.text);
            for row in answer.rows() {
                found.insert(row["id"].as_str().unwrap_or_default().to_owned(), row["Owner"]["id"].clone());
            }
        }
    }
    found
}

on_both! {
    async fn what_others_hung_on_ones_own_stays_out_of_reach(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let bodies: Vec<_> = bodies::all().iter().collect();
        let (cases, _) = places::cases(&world, &operations::served(), &bodies);
        let is_own = |case: &Case| {
            let mark = &case.marks()[case.place];
            !case.is_read() && mark.kind == "record" && mark.detail.is_empty()
        };
        let cases: Vec<Case> = chosen(cases.into_iter().filter(is_own).collect());
        let trials = Trials::prepare(&world, &cases, &[Side::Own]).await;
        let mut calls = Vec::new();
        let mut records: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
        for trial in &trials.trials {
            if let Some(call) = trials.call(&world, &cases, trial) {
                let slot = &trials.slots[trial.target];
                records.entry(slot.module.clone()).or_default().push((slot.id.clone(), call.shown()));
                calls.push(call);
            }
        }
        let mut hanging = Vec::new();
        for (module, records) in &records {
            hanging.extend(hang(&world, module, records).await);
        }
        let before = read(&world.admin, &hanging).await;
        assert!(read(&world.actor.api, &hanging).await.is_empty(), "what hangs there is out of reach at first");
        let count = calls.len();
        send_all(&world.actor.api, calls).await;
        let (after, reached) = (read(&world.admin, &hanging).await, read(&world.actor.api, &hanging).await);
        let mut found = Vec::new();
        for Hanging { module, id, call } in &hanging {
            if reached.contains_key(id) {
                found.push(format!("reached: {module} by {call}"));
            }
            match after.get(id) {
                None => found.push(format!("gone: {module} by {call}")),
                Some(owner) if *owner != before[id] => found.push(format!("of another owner: {module} by {call}")),
                Some(_) => {}
            }
        }
        found.sort();
        let text = found.iter().map(|one| format!("- {one}\n")).collect::<String>();
        println!("{count} calls, {} records hung on, {} findings\n{text}", hanging.len(), found.len());
        assert!(found.is_empty(), "{count} calls, {} records hung on, {} findings\n{text}", hanging.len(), found.len());
    }
}
