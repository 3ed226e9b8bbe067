//! Any bytes as the environment of a process.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| ns_core::process::check_environment(bytes));
