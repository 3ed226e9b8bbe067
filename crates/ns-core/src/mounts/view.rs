//! A view of mounts: the table of a process or of a namespace, and the root directory that its paths start at.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use nix::errno::Errno;
use rustix::fs::{CWD, Mode, OFlags, PROC_SUPER_MAGIC, fstatfs};

use super::Notices;
use crate::error::Doing;
use crate::process::{Pid, Process, Woken, linked_inode, open_in_namespace, wait};
use crate::sys::errno::from_rustix;
use crate::{Error, Gathered, Identity, Kind, Namespace, Result};

/// A table of mounts and the root directory that its mount points start at, both held open: paths in the table are
/// always looked up from that directory, never from the caller's root.
#[derive(Debug)]
pub struct View {
    name: String,
    pid: Option<Pid>,
    own: bool,
    namespace: Gathered<u64>,
    id: Gathered<u64>,
    table: OwnedFd,
    root: Result<OwnedFd>,
}

impl View {
    /// The view of the caller.
    pub fn own() -> Result<Self> {
        let proc = open_proc("/proc/self")?;
        let view = Self::of_parts(parts(proc.as_fd()), "this process".into(), None);
        let view = view.map_err(Error::or_without_proc)?;
        Ok(Self {
            own: true,
            id: Gathered::Known(0),
            ..view
        })
    }

    /// The view of a process. A process in a chroot sees only the mounts below its root.
    pub fn of_process(process: &Process) -> Result<Self> {
        let name = format!("process {}", process.pid());
        let view = Self::of_parts(process.ask(parts), name, Some(process.pid())).map(|view| Self {
            root: view.root.map_err(|error| process.explain(error)),
            id: match process.namespace(Kind::Mnt) {
                Ok(namespace) => namespace.id(),
                Err(error) => Gathered::Unreadable(error.errno().unwrap_or(Errno::ESRCH)),
            },
            ..view
        });
        // If the process has ended, that is the error, and not its last answer.
        process.check_alive()?;
        view.map_err(|error| process.explain(error))
    }

    /// This view as the view of its whole namespace, because the process has the root directory of the namespace.
    pub(crate) fn of_whole_namespace(self, identity: Identity) -> Self {
        Self {
            name: format!("{}:[{}]", Kind::Mnt, identity.inode),
            pid: None,
            ..self
        }
    }

    /// The view from inside this mount namespace. A child enters it, so the namespace needs no process.
    pub fn of_namespace(namespace: &Namespace) -> Result<Self> {
        let proc = open_proc("/proc")?;
        let [table, root] = open_in_namespace(namespace, "read its mounts", || {
            let there = |directory, path, flags| open(directory, path, flags).map_err(from_rustix);
            Ok([
                open_table(proc.as_fd(), "self/mountinfo").map_err(from_rustix)?,
                there(CWD, "/", OFlags::PATH)?,
            ])
        })?;
        Ok(Self {
            name: namespace.to_string(),
            pid: None,
            own: false,
            namespace: Gathered::Known(namespace.identity().inode),
            id: namespace.id(),
            table,
            root: Ok(root),
        })
    }

    fn of_parts(parts: rustix::io::Result<Parts>, name: String, pid: Option<Pid>) -> Result<Self> {
        let parts = parts.doing(|| format!("open the table of mounts of {name}"))?;
        let root = parts.root.doing(|| format!("open the root directory of {name}"));
        Ok(Self {
            name,
            pid,
            own: false,
            namespace: parts.namespace,
            id: Gathered::Absent,
            table: parts.table,
            root,
        })
    }

    /// The owner of the view, in a sentence.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process that has this view; `None` for the view of the caller and of a namespace.
    pub fn pid(&self) -> Option<Pid> {
        self.pid
    }

    /// True for the view of the caller itself.
    pub fn is_own(&self) -> bool {
        self.own
    }

    /// The inode of the mount namespace.
    pub fn namespace(&self) -> Gathered<u64> {
        self.namespace
    }

    /// The 64-bit id of the mount namespace; 0 for the caller's own, as statmount(2) takes it.
    pub fn id(&self) -> Gathered<u64> {
        self.id
    }

    /// The current table, for [`super::MountTable::parse`].
    pub fn read(&self) -> Result<Vec<u8>> {
        let doing = || format!("read the table of mounts of {}", self.name);
        rustix::fs::seek(&self.table, rustix::fs::SeekFrom::Start(0)).doing(doing)?;
        // The kernel gives at most a page at a time, so the vector grows, and not the reads.
        let mut bytes = Vec::with_capacity(1 << 16);
        loop {
            bytes.reserve(1 << 12);
            match rustix::io::read(&self.table, rustix::buffer::spare_capacity(&mut bytes)) {
                Ok(0) => return Ok(bytes),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                // A zombie has no table any more.
                Err(rustix::io::Errno::INVAL) => {
                    return Err(Error::NotFound(format!("{} has ended", self.name)));
                }
                Err(errno) => return Err(errno).doing(doing),
            }
        }
    }

    /// Sleeps until the table has changed since the last call or since it was opened, there are `notices`, `process`
    /// ends, `output` loses its reader, or the time is up. Without a limit, the time is never up.
    pub fn wait(
        &self,
        limit: Option<Duration>,
        process: Option<&Process>,
        output: Option<BorrowedFd<'_>>,
        notices: Option<&Notices>,
    ) -> Result<Woken> {
        let queues: Vec<_> = notices.map(Notices::queue).into_iter().collect();
        wait(&[self.table.as_fd()], &queues, process, output, limit)
            .doing(|| format!("watch the table of mounts of {}", self.name))
    }

    /// The descriptors by which paths are looked up.
    pub(super) fn descriptors(&self) -> Vec<BorrowedFd<'_>> {
        let root = self.root.as_ref().ok().map(AsFd::as_fd);
        root.into_iter().chain([self.table.as_fd()]).collect()
    }

    /// The root directory of the view.
    pub fn root(&self) -> Result<BorrowedFd<'_>> {
        match &self.root {
            Ok(root) => Ok(root.as_fd()),
            Err(error) => Err(error.clone()),
        }
    }
}

/// The files of a view in a directory of `/proc`.
struct Parts {
    table: OwnedFd,
    root: rustix::io::Result<OwnedFd>,
    namespace: Gathered<u64>,
}

fn parts(directory: BorrowedFd<'_>) -> rustix::io::Result<Parts> {
    Ok(Parts {
        table: open_table(directory, "mountinfo")?,
        root: open(directory, "root", OFlags::PATH),
        namespace: namespace_of(directory),
    })
}

/// Opens a table of mounts: a file of the kernel, and not a FIFO or anything else that a mount puts there.
fn open_table(directory: BorrowedFd<'_>, path: &str) -> rustix::io::Result<OwnedFd> {
    let table = open(
        directory,
        path,
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY,
    )?;
    if fstatfs(&table)?.f_type == PROC_SUPER_MAGIC {
        Ok(table)
    } else {
        Err(rustix::io::Errno::NOENT)
    }
}

/// The number in the link `ns/mnt` of a directory in `/proc`.
fn namespace_of(directory: BorrowedFd<'_>) -> Gathered<u64> {
    match rustix::fs::readlinkat(directory, "ns/mnt", Vec::new()) {
        Ok(link) => linked_inode(link.to_bytes()),
        Err(errno) => Gathered::Unreadable(from_rustix(errno)),
    }
}

/// Opens `/proc`, or a directory in it. If no proc file system is mounted there, the error says so.
fn open_proc(path: &str) -> Result<OwnedFd> {
    let opened = open(CWD, path, OFlags::PATH).doing(|| format!("open {path}"));
    opened.map_err(Error::or_without_proc)
}

fn open(directory: impl AsFd, path: &str, flags: OFlags) -> rustix::io::Result<OwnedFd> {
    rustix::fs::openat(directory, path, flags | OFlags::CLOEXEC, Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::super::MountTable;
    use super::*;

    #[test]
    fn ones_own_view_is_that_of_ones_own_process() {
        let own = View::own().unwrap();
        let held = View::of_process(&Process::open(Pid::own()).unwrap()).unwrap();
        let (own, held) = (own.read().unwrap(), held.read().unwrap());
        assert_eq!(own, held);
        let table = MountTable::parse(&own);
        assert!(!table.mounts().is_empty() && table.flaws().is_empty());
        assert_eq!(table.print(), own);
    }
}
