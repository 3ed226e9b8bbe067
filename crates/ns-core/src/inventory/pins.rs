//! `/proc/PID/mountinfo`: namespaces that are pinned by a mount of their file, in every mount namespace that was found.

use std::collections::{HashMap, HashSet};
use std::os::fd::{AsFd, BorrowedFd};

use rustix::fs::{Mode, OFlags};

use crate::mounts::{MountTable, View, has_pins};
use crate::process::{Files, Pid, parse_link};
use crate::{Gathered, Kind, Kinds, Namespace};

use super::entry::Entry;
use super::holder::Holder;
use super::members::Found;
use super::search::Search;
use super::{ancestors, kernel};

/// A mount namespace whose mounts have to be read.
#[derive(Clone, Copy)]
pub(super) struct MountNamespace {
    /// The inode.
    pub inode: u64,
    /// A process or thread in it.
    pub pid: Pid,
}

/// The size of an ordinary table of mounts.
const TABLE: usize = 1 << 14;

/// Reads the mounts that a process sees.
pub(super) fn look(found: &mut Found, proc: BorrowedFd<'_>, mount_namespace: MountNamespace, kinds: Kinds) {
    // A thread has its own directory in /proc, which the listing of /proc does not show.
    match Files::of(&proc, mount_namespace.pid).read_with_room("mountinfo", TABLE) {
        Gathered::Known(table) => read(&table, kinds, |kind, inode, path| {
            let holder = Holder::Pin {
                path,
                mount_namespace: mount_namespace.inode,
                seen_by: Some(mount_namespace.pid),
            };
            found.hold(kind, inode, holder);
        }),
        // EINVAL: the process is a zombie.
        Gathered::Unreadable(errno) if errno != nix::errno::Errno::EINVAL => found.unread.mounts += 1,
        _ => {}
    }
}

/// Reads the mounts of a mount namespace in which no process sees all mounts. If it has pins, a child enters it. Returns
/// false if the child may not. Pinned namespaces are opened at once, because only the child can open them.
pub(super) fn look_into(search: &mut Search, namespace: &Namespace, kinds: Kinds) -> bool {
    // Most namespaces have none.
    if has_pins(namespace) == Gathered::Known(false) {
        return true;
    }
    let mount_namespace = namespace.identity().inode;
    let table = View::of_namespace(namespace).and_then(|view| Ok((view.read()?, view)));
    let Ok((table, view)) = table else {
        return false;
    };
    let mut pins = Vec::new();
    read(&table, kinds, |kind, inode, path| pins.push((kind, inode, path)));
    for (kind, inode, path) in pins {
        let is_new = search.is_new(inode);
        if is_new
            && let Ok(root) = view.root()
            && let Some(pinned) = open_below(root, &path)
            && pinned.identity().inode == inode
        {
            ancestors::describe(search, &pinned);
        }
        let holder = Holder::Pin {
            path,
            mount_namespace,
            seen_by: None,
        };
        search.hold(kind, inode, holder);
    }
    true
}

/// Opens a namespace file by its path below a root directory that is not the caller's.
pub(super) fn open_below(root: impl AsFd, path: &[u8]) -> Option<Namespace> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let below = path.strip_prefix(b"/")?;
    let file = rustix::fs::openat(root, below, flags, Mode::empty()).ok()?;
    Namespace::from_file(file).ok()
}

/// Forgets the pins of these namespaces that were unmounted during the search, so that a namespace that is gone does not
/// look like one that the caller may not open.
pub(super) fn forget_unmounted(proc: &impl AsFd, entries: &mut [Entry], numbers: &[usize]) {
    if numbers.is_empty() {
        return;
    }
    let own = Namespace::own(Kind::Mnt).map(|own| own.identity().inode);
    let mut tables = HashMap::new();
    let mut mounted = |pid: Pid, mount_namespace: u64, inode: u64, path: &[u8]| {
        let pins = tables.entry((pid, mount_namespace)).or_insert_with(|| {
            let table = |pid| Files::of(proc, pid).read_with_room("mountinfo", TABLE).known();
            // The process that was asked before may have ended.
            let of_own = || table(Pid::own()).filter(|_| own == Ok(mount_namespace));
            let table = table(pid).or_else(of_own)?;
            let mut pins = HashSet::new();
            read(&table, Kinds::ALL, |_, inode, path| {
                pins.insert((inode, path));
            });
            Some(pins)
        });
        // If the table cannot be read any more, nothing is known.
        pins.as_ref()
            .is_none_or(|pins| pins.contains(&(inode, path.to_vec())))
    };
    for number in numbers {
        let entry = &mut entries[*number];
        let inode = entry.identity.inode;
        entry.holders.retain(|holder| match holder {
            Holder::Pin {
                path,
                mount_namespace,
                seen_by: Some(pid),
            } => mounted(*pid, *mount_namespace, inode, path),
            _ => true,
        });
        // The kernel may know another holder.
        if entry.listed && !entry.is_held() {
            entry.only_listed = kernel::find(entry.kind, entry.identity).is_some();
        }
    }
}

/// Looks at the namespace files in a table of mounts.
fn read(table: &[u8], kinds: Kinds, mut pin: impl FnMut(Kind, u64, Vec<u8>)) {
    // Most tables have no namespace files, and need no parsing.
    const TYPE: &[u8] = b" nsfs ";
    if !table.windows(TYPE.len()).any(|bytes| bytes == TYPE) {
        return;
    }
    for mount in MountTable::parse(table).mounts() {
        if mount.fs_type.raw() != b"nsfs" {
            continue;
        }
        let root = mount.root.decoded();
        if let Some((name, inode)) = parse_link(&root)
            && let Some(kind) = kinds.iter().find(|kind| kind.name().as_bytes() == name)
        {
            pin(kind, inode, mount.target.decoded().into_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_whose_pin_was_unmounted_is_held_by_nothing() {
        let proc = std::fs::File::open("/proc").unwrap();
        let own = Namespace::own(Kind::Uts).unwrap().identity();
        let mut entry = Entry::new(Kind::Uts, own, crate::inventory::Facts::default());
        let pin = |pid| Holder::Pin {
            path: b"/no/such/pin".to_vec(),
            mount_namespace: 1,
            seen_by: pid,
        };
        entry.holders = vec![pin(Some(Pid::own())), pin(None)];
        let mut entries = [entry];
        forget_unmounted(&proc, &mut entries, &[0]);
        // Nobody can look at the mounts of the other one again.
        assert_eq!(entries[0].holders, [pin(None)]);
        entries[0].holders = vec![pin(Some(Pid::own()))];
        forget_unmounted(&proc, &mut entries, &[0]);
        assert!(!entries[0].is_held());
    }

    #[test]
    fn only_mounts_of_namespace_files_are_pins() {
        let table = b"22 27 0:21 / /proc rw - proc proc rw\n\
            40 22 0:4 net:[4026532281] /run/netns/a\\040b rw shared:5 - nsfs nsfs rw\n\
            41 22 0:4 uts:[4026532282] /run/utsns/a rw - nsfs nsfs rw\n\
            42 22 0:5 net:[4026532283] /run/netns/fake rw - tmpfs nsfs rw\n\
            43 22 0:4 odd:[4026532284] /run/odd rw - nsfs nsfs rw\n";
        let mut pins = Vec::new();
        read(table, Kinds::ALL, |kind, inode, path| {
            pins.push((kind, inode, String::from_utf8(path).unwrap()));
        });
        assert_eq!(
            pins,
            [
                (Kind::Net, 4_026_532_281, "/run/netns/a b".to_owned()),
                (Kind::Uts, 4_026_532_282, "/run/utsns/a".to_owned()),
            ]
        );
    }
}
