//! The calls that are measured. Another one is a line in [`CALLS`].

use reqwest::Method;
use serde_json::{Value, json};

use crate::deals::{change, deal};
use crate::world::{DEALS, MANY, World};

/// Ten fields, those of the benchmark.
const FIELDS: &str = "Deal_Name,Amount,Stage,Closing_Date,Owner,Probability,Type,Lead_Source,Modified_Time";

pub(crate) struct Call {
    /// As in the file of limits.
    pub name: &'static str,
    /// Id in the registry.
    pub operation: &'static str,
    /// Records that one call writes or shows.
    pub records: u64,
    pub is_write: bool,
    /// Sets up what the call needs, which is not measured, and gives it.
    pub request: AsyncRequest,
}

pub(crate) type AsyncRequest =
    for<'w> fn(&'w mut World) -> std::pin::Pin<Box<dyn Future<Output = Request> + 'w>>;

pub(crate) struct Request {
    pub method: Method,
    pub path: String,
    pub body: Option<Value>,
}

macro_rules! call {
    ($name:literal $operation:literal reads $records:literal, $world:ident => $request:expr) => {
        call!($name $operation $records false, $world => $request)
    };
    ($name:literal $operation:literal writes $records:literal, $world:ident => $request:expr) => {
        call!($name $operation $records true, $world => $request)
    };
    ($name:literal $operation:literal $records:literal $is_write:literal, $world:ident => $request:expr) => {
        Call {
            name: $name,
            operation: $operation,
            records: $records,
            is_write: $is_write,
            request: |$world| Box::pin(async move { $request }),
        }
    };
}

pub(crate) static CALLS: &[Call] = &[
    call!("get" "records.get" reads 1, world => get(&format!("Deals/{}", world.some_deals(1)[0]))),
    call!("list_200_by_time" "records.list" reads 200, world => {
        let page = 1 + world.round % 5;
        get(&format!("Deals?fields={FIELDS}&sort_by=Modified_Time&sort_order=desc&per_page=200&page={page}"))
    }),
    call!("list_200_by_id" "records.list" reads 200, _world => get(&format!("Deals?fields={FIELDS}&per_page=200"))),
    call!("search_criteria" "records.search" reads 200, world => {
        let least = 1_000 * (world.round % 10);
        let criteria = format!("((Type:equals:New Business)and(Amount:between:{least},900000))");
        get(&format!("Deals/search?criteria={criteria}&fields={FIELDS}&per_page=200"))
    }),
    call!("search_word" "records.search" reads 200, world => {
        let word = ["awnings", "cables", "engines", "filters"][world.round as usize % 4];
        get(&format!("Deals/search?word={word}&fields={FIELDS}&per_page=200"))
    }),
    call!("coql" "coql.run" reads 200, _world => {
        let query = "select Deal_Name, Amount from Deals where Type = 'New Business' and Amount < 900000 limit 200";
        Request { method: Method::POST, path: "coql".to_owned(), body: Some(json!({ "select_query": query })) }
    }),
    call!("count" "records.count" reads 1, _world => get("Deals/actions/count")),
    call!("insert_1" "records.insert" writes 1, world => {
        let deals = world.new_deals(1);
        write(Method::POST, "Deals", deals)
    }),
    call!("insert_100" "records.insert" writes 100, world => {
        let deals = world.new_deals(MANY);
        write(Method::POST, "Deals", deals)
    }),
    call!("update_one" "records.update_one" writes 1, world => {
        let id = &world.some_deals(1)[0];
        write(Method::PUT, &format!("Deals/{id}"), vec![change(id, world.round)])
    }),
    call!("update_100" "records.update_many" writes 100, world => {
        let changes = world.some_deals(MANY).iter().map(|id| change(id, world.round)).collect();
        write(Method::PUT, "Deals", changes)
    }),
    call!("upsert_100_new" "records.upsert" writes 100, world => {
        let deals = world.new_deals(MANY);
        upsert(deals)
    }),
    call!("upsert_100_known" "records.upsert" writes 100, world => {
        let first = world.round % DEALS as u64 * MANY as u64;
        upsert((first..first + MANY as u64).map(|number| changed(number, world.round)).collect())
    }),
    call!("delete_one" "records.delete_one" writes 1, world => {
        let ids = world.insert_deals(1).await;
        write(Method::DELETE, &format!("Deals/{}", ids[0]), Vec::new())
    }),
    call!("delete_100" "records.delete_many" writes 100, world => {
        let ids = world.insert_deals(MANY).await;
        write(Method::DELETE, &format!("Deals?ids={}", ids.join(",")), Vec::new())
    }),
    call!("convert" "convert.run" writes 1, world => {
        let id = world.insert_lead().await;
        let deal = json!({"Deal_Name": "Boat", "Stage": "Qualification", "Closing_Date": "2027-06-30"});
        write(Method::POST, &format!("Leads/{id}/actions/convert"), vec![json!({ "Deals": deal })])
    }),
];

/// Operations on records that are not measured, and why.
pub(crate) static NOT_MEASURED: &[(&str, &str)] = &[
    ("records.patch_many", "the same as records.update_many"),
    ("records.patch_one", "the same as records.update_one"),
    ("records.clone", "reads a record and inserts it"),
    ("records.deleted", "a list of tombstones, asked for seldom"),
    ("records.full_data_one", "records.get with the subforms"),
    ("records.full_data_many", "records.list with the subforms"),
    ("records.timeline", "a list of the history, asked for one record"),
];

fn get(path: &str) -> Request {
    Request { method: Method::GET, path: path.to_owned(), body: None }
}

fn write(method: Method, path: &str, records: Vec<Value>) -> Request {
    let body = (!records.is_empty()).then(|| json!({ "data": records }));
    Request { method, path: path.to_owned(), body }
}

fn upsert(deals: Vec<Value>) -> Request {
    let body = json!({ "data": deals, "duplicate_check_fields": ["External_Key"] });
    Request { method: Method::POST, path: "Deals/upsert".to_owned(), body: Some(body) }
}

/// A deal that is there, found by its key, with four other values.
fn changed(number: u64, round: u64) -> Value {
    let mut record = change(&number.to_string(), round);
    record["External_Key"] = deal(number)["External_Key"].clone();
    record["Deal_Name"] = deal(number)["Deal_Name"].clone();
    if let Some(fields) = record.as_object_mut() {
        fields.shift_remove("id");
    }
    record
}
