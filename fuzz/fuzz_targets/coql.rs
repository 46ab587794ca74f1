//! What parses as a query prints to text that parses back to the same tree; what does not is refused with a place in it.

#![no_main]

use dealwright_query::coql::{CoqlError, LENGTH, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let query = match parse(text) {
        Ok(query) => query,
        Err(CoqlError::Unexpected { line, column, near, .. }) => {
            // The place is where the text says so.
            let line = text.split('\n').nth(line - 1).expect("a line of the text");
            let rest: String = line.chars().skip(column - 1).collect();
            let first = near.split('\n').next().unwrap_or_default();
            return assert!(
                rest.starts_with(first),
                "{text:?} has no {near:?} in line {line:?}, column {column}"
            );
        }
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!query.select.is_empty() && query.limit != Some(0));

    let printed = query.to_string();
    match parse(&printed) {
        Ok(again) => assert_eq!(again, query, "{text:?} printed as {printed:?}"),
        // Quotes and the brackets of mixed groups make the printed text larger than the input.
        Err(CoqlError::TooLong) => assert!(printed.chars().count() > LENGTH),
        Err(CoqlError::TooDeep) => assert!(text.contains('(')),
        Err(error) => panic!("{text:?} printed as {printed:?}: {error}"),
    }
});
