//! Any bytes as a target: they are read or refused, and what is read is written so that it is read as the same.
#![no_main]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use libfuzzer_sys::fuzz_target;
use ns_core::Target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(target) = Target::parse(OsStr::from_bytes(bytes)) {
        let _ = target.to_string();
        assert_eq!(Target::parse(target.to_os_string()), Ok(target));
    }
});
