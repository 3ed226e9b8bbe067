//! Any text as `/etc/subuid`.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| ns_core::idmap::check_subordinate(text));
