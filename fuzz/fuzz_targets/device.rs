//! Any bytes on a block device: superblocks of file systems, and tables of partitions. The first byte is the place of
//! the others.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| ns_core::mounts::check_device(bytes));
