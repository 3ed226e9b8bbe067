//! Any bytes as a saved list of namespaces.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| ns_ls::check_saved(bytes));
