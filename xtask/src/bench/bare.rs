//! The minimum work of a listing of namespaces: `readlinkat(2)` on the eight links of every process and one read of its
//! `stat`, on one thread. The rest of the time of `ns-ls` is its own.

use std::mem::MaybeUninit;

use anyhow::{Context as _, Result};
use rustix::fs::{Dir, Mode, OFlags};

const LINKS: [&str; 8] = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

/// Runs the loop once.
pub fn run() -> Result<()> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let proc = rustix::fs::open("/proc", flags, Mode::empty()).context("cannot open /proc")?;
    let mut bytes = 0;
    for entry in Dir::read_from(&proc)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !name.iter().all(u8::is_ascii_digit) {
            continue;
        }
        let mut path = Vec::with_capacity(40);
        let mut target = [MaybeUninit::uninit(); 64];
        for link in LINKS {
            path.clear();
            path.extend_from_slice(name);
            path.extend_from_slice(b"/ns/");
            path.extend_from_slice(link.as_bytes());
            if let Ok((link, _)) = rustix::fs::readlinkat_raw(&proc, &path[..], &mut target) {
                bytes += link.len();
            }
        }
        path.clear();
        path.extend_from_slice(name);
        path.extend_from_slice(b"/stat");
        let mut stat = [0; 1024];
        if let Ok(file) =
            rustix::fs::openat(&proc, &path[..], OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        {
            bytes += rustix::io::read(&file, &mut stat).unwrap_or_default();
        }
    }
    // This keeps the compiler from removing the work.
    println!("{bytes}");
    Ok(())
}
