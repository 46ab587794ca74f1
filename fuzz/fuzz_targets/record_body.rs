//! No body of a write makes the parser panic, strict and lenient alike, for a plain module and for one with rows.

#![no_main]

use std::sync::LazyLock;

use dealwright_engine::fuzzing::parse_body;
use dealwright_schema::{ModuleDef, catalog};
use dealwright_wire::{Compat, Mint};
use libfuzzer_sys::fuzz_target;

static MODULES: LazyLock<Vec<ModuleDef>> = LazyLock::new(|| {
    let modules = catalog::standard_modules(&Mint::seeded(1));
    let wanted = ["Deals", "Leads", "Products", "Quotes", "Quoted_Items", "Events", "Tasks"];
    modules.into_iter().filter(|module| wanted.contains(&module.api_name.as_str())).collect()
});

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, body)) = bytes.split_first() else {
        return;
    };
    let module = &MODULES[usize::from(*choice) % MODULES.len()];
    let strict = parse_body(module, body, Compat::Strict);
    let lenient = parse_body(module, body, Compat::Lenient);
    // Lenient mode reads whatever strict mode does.
    assert!(lenient >= strict, "{strict:?} values when strict, {lenient:?} when lenient");
});
