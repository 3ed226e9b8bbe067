//! Paths below `/proc`, made on the stack: a listing makes a dozen of them for every process.

use std::fmt;
use std::io::Write as _;

use super::Pid;

/// `PID/…`, relative to `/proc`.
#[derive(Clone, Debug)]
pub(crate) struct ProcPath {
    bytes: [u8; 64],
    prefix: usize,
}

impl ProcPath {
    /// Below the directory of a process.
    pub fn of(pid: Pid) -> Self {
        Self::new(format_args!("{}/", pid.as_raw()))
    }

    /// Below the directory of a thread.
    pub fn of_thread(pid: Pid, thread: Pid) -> Self {
        Self::new(format_args!("{}/task/{}/", pid.as_raw(), thread.as_raw()))
    }

    fn new(prefix: fmt::Arguments<'_>) -> Self {
        let mut bytes = [0; 64];
        let room = bytes.len();
        let mut rest = &mut bytes[..];
        // The longest has 28 bytes.
        let _ = rest.write_fmt(prefix);
        let prefix = room - rest.len();
        Self { bytes, prefix }
    }

    /// The path of this file. Its name can have at most 36 bytes, which is enough for the kernel's files.
    pub fn file(&mut self, name: &str) -> &[u8] {
        let end = self.prefix + name.len();
        self.bytes[self.prefix..end].copy_from_slice(name.as_bytes());
        &self.bytes[..end]
    }

    /// The path of this namespace file.
    pub fn namespace(&mut self, name: &str) -> &[u8] {
        self.bytes[self.prefix..self.prefix + 3].copy_from_slice(b"ns/");
        let end = self.prefix + 3 + name.len();
        self.bytes[self.prefix + 3..end].copy_from_slice(name.as_bytes());
        &self.bytes[..end]
    }

    /// The path of this descriptor.
    pub fn descriptor(&mut self, fd: u32) -> &[u8] {
        let room = self.bytes.len() - self.prefix;
        let mut rest = &mut self.bytes[self.prefix..];
        let _ = write!(rest, "fd/{fd}");
        let end = self.prefix + room - rest.len();
        &self.bytes[..end]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_paths_have_room() {
        let pid = Pid::new(i32::MAX).unwrap();
        let mut path = ProcPath::of_thread(pid, pid);
        assert_eq!(
            path.namespace("time_for_children"),
            b"2147483647/task/2147483647/ns/time_for_children"
        );
        assert_eq!(
            path.descriptor(u32::MAX),
            b"2147483647/task/2147483647/fd/4294967295"
        );
        assert_eq!(ProcPath::of(pid).file("task"), b"2147483647/task");
    }
}
