//! Every mount namespace of the host, one after the other: few files are open at a time, however many there are.

use std::collections::BTreeMap;

use nix::errno::Errno;

use super::{MountTable, Peers, View};
use crate::process::{LinkDirectory, Pid, Process, parse_stat, scan};
use crate::sys::ioctl::{ns_mnt_get_next, ns_mnt_get_prev};
use crate::{Gathered, Kind, Kinds, Namespace, Result};

/// A mount namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountNamespace {
    /// The number in `mnt:[4026531832]`.
    pub inode: u64,
    /// The processes in it, by their PIDs; none where something else keeps it alive.
    pub processes: Vec<Pid>,
}

/// What could not be looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// Processes whose mount namespace the kernel would not tell.
    pub processes: usize,
    /// Namespaces whose mounts could not be read.
    pub namespaces: usize,
    /// Why namespaces without a process could not be looked for: the kernel is too old, or the caller may not.
    pub without_process: Option<Errno>,
}

impl Unread {
    /// Whether everything was seen.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Why namespaces without a process could not be looked for, in words.
    pub fn why_none_without_process(&self) -> Option<&'static str> {
        self.without_process.map(Errno::desc)
    }
}

/// Shows `visit` every mount namespace with its view: those of processes by their inodes, then those without one.
///
/// Fails where `/proc` cannot be read, and where `visit` does.
pub fn each_namespace<E: From<crate::Error>>(
    mut visit: impl FnMut(&MountNamespace, &View) -> Result<(), E>,
) -> Result<Unread, E> {
    let (of_processes, mut unread) = MountNamespace::of_processes()?;
    for namespace in of_processes.values() {
        match namespace.view() {
            Some(view) => visit(namespace, &view)?,
            None => unread.namespaces += 1,
        }
    }
    let walked = without_process(|namespace| {
        let inode = namespace.identity().inode;
        if of_processes.contains_key(&inode) {
            return Ok(());
        }
        let processes = Vec::new();
        let Ok(view) = View::of_namespace(namespace) else {
            unread.namespaces += 1;
            return Ok(());
        };
        visit(&MountNamespace { inode, processes }, &view)
    });
    unread.without_process = walked?;
    Ok(unread)
}

impl Peers {
    /// The peer groups of every mount namespace.
    pub fn everywhere() -> Result<(Self, Unread)> {
        let mut peers = Self::default();
        let mut failed = 0;
        let mut unread = each_namespace::<crate::Error>(|namespace, view| {
            match view.read() {
                Ok(bytes) => peers.add(namespace.inode, &MountTable::parse(&bytes)),
                Err(_) => failed += 1,
            }
            Ok(())
        })?;
        unread.namespaces += failed;
        Ok((peers, unread))
    }
}

impl MountNamespace {
    /// Those that processes are in, by their inodes. Fails where `/proc` cannot be read.
    pub fn of_processes() -> Result<(BTreeMap<u64, Self>, Unread)> {
        let mut unread = Unread::default();
        let mut by_inode: BTreeMap<u64, Self> = BTreeMap::new();
        let only = Kinds::from_iter([Kind::Mnt]);
        let mut scan = scan()?;
        while let Some(pid) = scan.next() {
            let pid = pid?;
            let links = LinkDirectory::open(scan.proc(), pid, None).links(only);
            match links.get(Kind::Mnt) {
                Gathered::Known(inode) => {
                    let processes = Vec::new();
                    let namespace = by_inode.entry(inode).or_insert(Self { inode, processes });
                    namespace.processes.push(pid);
                }
                Gathered::Unreadable(_) => unread.processes += 1,
                Gathered::Absent => {}
            }
        }
        for namespace in by_inode.values_mut() {
            namespace.processes.sort_unstable();
        }
        Ok((by_inode, unread))
    }

    /// All of its mounts where the caller may enter it, and else what a process in it sees; `None` where neither may be.
    fn view(&self) -> Option<View> {
        self.processes.iter().find_map(|pid| {
            let process = Process::open(*pid).ok()?;
            let namespace = process.namespace(Kind::Mnt).ok()?;
            if namespace.identity().inode != self.inode {
                return None;
            }
            View::of_namespace(&namespace)
                .or_else(|_| View::of_process(&process))
                .ok()
        })
    }

    /// The processes whose parents are in other mount namespaces, with their names: those that brought it up, or came in.
    pub fn leaders(&self) -> Vec<(Pid, Vec<u8>)> {
        self.processes
            .iter()
            .filter_map(|pid| parse_stat(&std::fs::read(format!("/proc/{pid}/stat")).ok()?))
            .filter(|stat| {
                let parent = stat.parent;
                parent.is_none_or(|parent| self.processes.binary_search(&parent).is_err())
            })
            .map(|stat| (stat.pid, stat.name))
            .collect()
    }
}

/// Walks over the mount namespaces by their ids, from the caller's own to both sides. Gives what stopped it before the end.
fn without_process<E>(mut visit: impl FnMut(&Namespace) -> Result<(), E>) -> Result<Option<Errno>, E> {
    let steps: [fn(&Namespace) -> nix::Result<std::os::fd::OwnedFd>; 2] =
        [|from| ns_mnt_get_prev(from), |from| ns_mnt_get_next(from)];
    for step in steps {
        let Ok(mut namespace) = Namespace::own(Kind::Mnt) else {
            return Ok(Some(Errno::EACCES));
        };
        loop {
            match step(&namespace).map(Namespace::from_file) {
                Ok(Ok(next)) => {
                    visit(&next)?;
                    namespace = next;
                }
                Err(Errno::ENOENT) => break,
                Ok(Err(error)) => return Ok(error.errno().or(Some(Errno::EIO))),
                Err(errno) => return Ok(Some(errno)),
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ones_own_namespace_is_among_them_once() {
        let own = Namespace::own(Kind::Mnt).unwrap().identity().inode;
        let mut found = Vec::new();
        each_namespace::<crate::Error>(|namespace, view| {
            assert_eq!(view.namespace(), Gathered::Known(namespace.inode));
            found.push(namespace.clone());
            Ok(())
        })
        .unwrap();
        let found: Vec<_> = found.iter().filter(|namespace| namespace.inode == own).collect();
        let [namespace] = &found[..] else {
            panic!("{found:?}")
        };
        assert!(namespace.processes.contains(&Pid::own()));
        assert!(namespace.processes.is_sorted() && !namespace.leaders().is_empty());
    }
}
