//! Any bytes as the buffer that statmount(2) fills.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| ns_core::mounts::check_buffer(bytes));
