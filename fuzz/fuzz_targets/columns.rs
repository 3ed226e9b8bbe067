//! Any text as a list of columns: it is read or refused, and the names of the columns choose the same columns.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::listing::NAMESPACE_COLUMNS;
use ns_core::output::choose;

fuzz_target!(|text: &str| {
    let default = &NAMESPACE_COLUMNS[..2];
    if let Ok(chosen) = choose(text, NAMESPACE_COLUMNS, default) {
        let names: Vec<_> = chosen.iter().map(|column| column.heading.name).collect();
        assert_eq!(choose(&names.join(","), NAMESPACE_COLUMNS, default), Ok(chosen));
    }
});
