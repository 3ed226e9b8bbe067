//! Any bytes as the answer of the kernel to a request about links and network namespaces.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| ns_core::net::check_answer(bytes));
