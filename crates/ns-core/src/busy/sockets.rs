//! `/proc/PID/net/unix`: the sockets that have a path (`unix(7)`). Each keeps the mount busy that its path is on.

use std::collections::{HashMap, HashSet};
use std::os::fd::BorrowedFd;

use crate::process::path::ProcPath;
use crate::process::{Files, Pid};

/// The paths of all sockets with one, by the inodes of the sockets, in the network namespaces of these processes.
pub(super) fn bound(proc: BorrowedFd<'_>, pids: &[Pid]) -> HashMap<u64, Vec<u8>> {
    let mut paths = HashMap::new();
    let mut known = HashSet::new();
    for pid in pids {
        let link = rustix::fs::readlinkat(proc, ProcPath::of(*pid).namespace("net"), Vec::new());
        if !link.is_ok_and(|link| known.insert(link)) {
            continue;
        }
        let table = Files::of(&proc, *pid).read_with_room("net/unix", 1 << 13);
        let table = table.known().unwrap_or_default();
        paths.extend(table.split(|byte| *byte == b'\n').filter_map(socket));
    }
    paths
}

/// The inode and the path in a line; `None` if the socket has none. A name that starts with `@` is no path.
fn socket(line: &[u8]) -> Option<(u64, Vec<u8>)> {
    let mut rest = line;
    for _ in 0..6 {
        rest = rest.trim_ascii_start();
        rest = &rest[rest.iter().position(|byte| *byte == b' ')?..];
    }
    rest = rest.trim_ascii_start();
    let (inode, path) = rest.split_at(rest.iter().position(|byte| *byte == b' ')?);
    let inode = std::str::from_utf8(inode).ok()?.parse().ok()?;
    (!path.starts_with(b" @")).then(|| (inode, path[1..].to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sockets_with_a_path_are_read() {
        let line = "00000000774e4755: 00000002 00000000 00010000 0001 01 ";
        let of = |rest: &str| socket(format!("{line}{rest}").as_bytes());
        assert_eq!(of("178012 /a b  c"), Some((178_012, b"/a b  c".to_vec())));
        assert_eq!(of("   12 x"), Some((12, b"x".to_vec())));
        assert_eq!(of("178012 @name"), None);
        assert_eq!(of("178012"), None);
        assert_eq!(
            socket(b"Num       RefCount Protocol Flags    Type St Inode Path"),
            None
        );
    }
}
