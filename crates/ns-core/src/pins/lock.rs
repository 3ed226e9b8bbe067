//! The lock of a directory of names (`flock(2)`): programs that follow the protocol create and remove names there one
//! after the other.

use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, major, minor};
use rustix::io::retry_on_intr;

use super::directory;
use crate::error::Doing;
use crate::escape::quoted;
use crate::{Error, Kinds, Result};

/// The locked directory of a kind, in which nobody else creates or removes a name.
///
/// The lock goes with the descriptor. A child that was forked meanwhile may have the descriptor too, for a moment.
pub(super) struct Locked {
    name: String,
    directory: OwnedFd,
}

impl Locked {
    /// Unlocks the directory now, even if other processes have the descriptor too.
    fn unlock(self) -> Result<()> {
        retry_on_intr(|| flock(&self.directory, FlockOperation::Unlock))
            .doing(|| format!("unlock {}", self.name))
    }
}

/// Unlocks these directories. The work in them is done. If one stays locked until this process ends, the caller is
/// told, and there is no other effect.
pub(super) fn unlock(locked: Vec<Locked>, waiting: Waiting<'_>) {
    for error in locked.into_iter().filter_map(|locked| locked.unlock().err()) {
        (waiting.say)(&error);
    }
}

/// The behaviour while another process holds the lock. Any process that may read the directory can hold it for any
/// time.
#[derive(Clone, Copy)]
pub struct Waiting<'a> {
    /// Reports that the lock takes longer, and who holds it.
    pub say: &'a dyn Fn(&Error),
    /// Tells whether to go on waiting.
    pub wanted: &'a dyn Fn() -> bool,
}

/// Locks the existing directories of these kinds, always in the same order to avoid a deadlock.
pub(super) fn lock(kinds: Kinds, waiting: Waiting<'_>) -> Result<Vec<Locked>> {
    let locked = kinds.iter().map(|kind| lock_one(&directory(kind), waiting));
    locked.filter_map(Result::transpose).collect()
}

/// Locks this directory, if it exists.
pub(super) fn lock_one(path: &Path, waiting: Waiting<'_>) -> Result<Option<Locked>> {
    let doing = || format!("lock {}", quoted(path.as_os_str().as_bytes()));
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let directory = match rustix::fs::open(path, flags, Mode::empty()) {
        Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => return Ok(None),
        answer => answer.doing(doing)?,
    };
    let mut pauses = PAUSES.into_iter();
    let mut said = false;
    loop {
        match retry_on_intr(|| flock(&directory, FlockOperation::NonBlockingLockExclusive)) {
            Ok(()) => {
                let name = quoted(path.as_os_str().as_bytes());
                return Ok(Some(Locked { name, directory }));
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {}
            Err(errno) => return Err(errno).doing(doing),
        }
        let pause = pauses.next();
        if pause.is_none() && !said {
            (waiting.say)(&held(path, &directory));
            said = true;
        }
        if !(waiting.wanted)() {
            let path = quoted(path.as_os_str().as_bytes());
            return Err(Error::Unfit(format!("gave up waiting for {path}")));
        }
        std::thread::sleep(Duration::from_millis(pause.unwrap_or(LONGEST)));
    }
}

/// The pauses between attempts before a report, in milliseconds. They add up to a second, which is much longer than
/// creating a name takes.
const PAUSES: [u64; 11] = [1, 2, 5, 10, 20, 40, 80, 100, 200, LONGEST, LONGEST];

/// The pause between later attempts, in milliseconds.
const LONGEST: u64 = 250;

/// The report that the directory is locked, and by whom (`/proc/locks`).
fn held(path: &Path, directory: &OwnedFd) -> Error {
    let path = quoted(path.as_os_str().as_bytes());
    let error = Error::Unfit(format!("waiting for {path}, which is locked"));
    let holder = || {
        let stat = fstat(directory).ok()?;
        let (major, minor) = (major(stat.st_dev), minor(stat.st_dev));
        let locks = std::fs::read_to_string("/proc/locks").ok()?;
        holder_in(&locks, &format!("{major:02x}:{minor:02x}:{}", stat.st_ino))
    };
    match holder() {
        Some(pid) => error.explained(Some(format!("process {pid} holds the lock")), None),
        None => error,
    }
}

/// The PID of the process that has locked the file: `1: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF`.
fn holder_in(locks: &str, file: &str) -> Option<u32> {
    let mut lines = locks
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>());
    // A waiting process has an arrow after the number. A process in a PID namespace that the caller cannot see has the
    // PID 0.
    lines.find_map(|words| match words[..] {
        [_, "FLOCK", _, _, pid, of, ..] if of == file => pid.parse().ok().filter(|pid| *pid != 0),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_holds_nothing() {
        let locks = "1: POSIX  ADVISORY  WRITE 12 fe:00:1234 0 EOF\n\
            2: FLOCK  ADVISORY  WRITE 4711 fe:00:1234 0 EOF\n\
            2: -> FLOCK  ADVISORY  WRITE 4712 fe:00:1234 0 EOF\n\
            3: FLOCK  ADVISORY  WRITE 0 fe:00:99 0 EOF\n";
        assert_eq!(holder_in(locks, "fe:00:1234"), Some(4711));
        assert_eq!(holder_in(locks, "fe:00:99"), None);
        assert_eq!(holder_in(locks, "fe:00:1"), None);
    }
}
