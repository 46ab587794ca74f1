//! What parses as a formula prints to text that parses back to the same tree; what has a type is computed without fail.

#![no_main]

use dealwright_engine::fuzzing::compute_formula;
use dealwright_query::formula::{Limits, parse};
use dealwright_wire::Zone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let limits = Limits::default();
    let expression = match parse(text, &limits) {
        Ok(expression) => expression,
        Err(error) => return assert!(error.at <= text.len() && text.is_char_boundary(error.at)),
    };

    // Brackets around operands may make the printed text larger than the input.
    let room = Limits {
        length: usize::MAX,
        depth: 2 * limits.depth,
    };
    let printed = expression.to_string();
    assert_eq!(
        parse(&printed, &room).as_ref(),
        Ok(&expression),
        "{text:?} printed as {printed:?}"
    );

    let zone = Zone::named("America/Los_Angeles").unwrap_or(Zone::UTC);
    compute_formula(&expression, &zone);
});
