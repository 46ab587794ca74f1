//! Putting a query together takes no more than its length allows: each subquery is planned once, and the statements are
//! not much longer than the text.

#![no_main]

use std::sync::LazyLock;

use dealwright_engine::fuzzing::CoqlPlans;
use dealwright_query::coql::SUBQUERIES;
use dealwright_wire::Profile;
use libfuzzer_sys::fuzz_target;

/// Bytes of statements for each byte of a query, and for each query in it whatever it says.
const PER_BYTE: usize = 100;
const PER_QUERY: usize = 2_000;

static PROFILE: LazyLock<&'static Profile> =
    LazyLock::new(|| dealwright_server::versions::ApiVersion::V8.profile());

thread_local! {
    static PLANS: CoqlPlans = {
        let folder = std::env::temp_dir().join(format!("dealwright-fuzz-coql-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder for the org");
        futures::executor::block_on(CoqlPlans::new(&folder, *PROFILE)).expect("an org")
    };
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let cost = PLANS.with(|plans| plans.cost(text));
    let queries = text.to_ascii_lowercase().matches("select").count();
    let layers = queries.min(SUBQUERIES + 1);
    assert!(cost.planners <= layers, "{} planners for {queries} queries: {text}", cost.planners);
    let most = layers * (text.len() * PER_BYTE + queries * PER_QUERY);
    assert!(cost.bytes.is_none_or(|bytes| bytes <= most), "{cost:?}, at most {most}: {text}");
});
