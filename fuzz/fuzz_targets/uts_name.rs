//! Any bytes as a host name: they are judged, and what is repaired is a host name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::uts::{check_bytes, check_host_name, clean};

fuzz_target!(|bytes: &[u8]| {
    let strict = check_host_name(bytes);
    if strict.is_ok() {
        assert_eq!(check_bytes(bytes), Ok(()));
        assert_eq!(clean(bytes), bytes);
    }
    let repaired = clean(bytes);
    assert!(repaired.is_empty() || check_host_name(&repaired).is_ok());
});
