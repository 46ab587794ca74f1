//! What parses as criteria prints to text that parses back to the same tree, and keeps the limits.

#![no_main]

use dealwright_query::criteria::{Limits, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let limits = Limits::default();
    let Ok(criteria) = parse(text, &limits) else {
        return;
    };
    assert!(criteria.conditions().count() <= limits.conditions);

    // Escapes and the brackets of mixed groups may make the printed text larger than the input.
    let room = Limits {
        length: usize::MAX,
        depth: 2 * limits.depth,
        ..limits
    };
    let printed = criteria.to_string();
    assert_eq!(
        parse(&printed, &room).as_ref(),
        Ok(&criteria),
        "{text:?} printed as {printed:?}"
    );
});
