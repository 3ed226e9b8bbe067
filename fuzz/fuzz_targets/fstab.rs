//! Any bytes as `/etc/fstab`: it is printed as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use ns_core::mounts::{MountTable, TableForm, parse_tag};

fuzz_target!(|bytes: &[u8]| {
    let table = MountTable::parse_any(bytes, TableForm::Fstab);
    assert_eq!(table.print(), bytes);
    assert!(table.mounts().len() + table.flaws().len() <= bytes.len());
    for mount in table.mounts() {
        let source = mount.source.decoded();
        let _ = parse_tag(std::os::unix::ffi::OsStrExt::from_bytes(&source));
        table.mount_of(&mount.target.decoded());
        mount.vfs_options.iter().for_each(drop);
    }
});
