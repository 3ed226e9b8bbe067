//! Restrictions on creating namespaces: sysctls, a chroot, threads, a PID namespace that has ended.

use std::io::Write as _;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::capability;
use super::finding::Finding;
use super::look::Look;
use crate::error::{MOUNT_PROC, WITHOUT_PROC};
use crate::idmap::IdKind;
use crate::mounts::MountTable;
use crate::process::{caller, in_child, remedy};
use crate::{Gathered, Kind, Namespace};

/// Why the caller cannot create a user namespace.
pub(crate) fn no_user_namespace(look: &Look) -> Option<Finding> {
    in_chroot(look)
        .or_else(|| user_namespaces_off(look))
        .or_else(|| unmapped_caller(look))
}

/// User namespaces are switched off for ordinary users.
pub(crate) fn user_namespaces_off(look: &Look) -> Option<Finding> {
    for (name, off) in [
        ("user.max_user_namespaces", 0),
        ("kernel.unprivileged_userns_clone", 0),
        ("kernel.apparmor_restrict_unprivileged_userns", 1),
    ] {
        if look.sysctl(name) == Some(off) {
            return Some(switch(name, off));
        }
    }
    None
}

/// AppArmor permits the user namespace, and then forbids operations in it.
pub(crate) fn apparmor(look: &Look) -> Option<Finding> {
    let name = "kernel.apparmor_restrict_unprivileged_userns";
    (look.sysctl(name) == Some(1)).then(|| switch(name, 1))
}

/// An operation was refused although the process has the capability for it in its own user namespace.
pub(crate) fn in_user_namespace(look: &Look, errno: Errno) -> Option<Finding> {
    matches!(errno, Errno::EPERM | Errno::EACCES)
        .then(|| apparmor_inside(look))
        .flatten()
}

/// AppArmor restricts a user namespace in which the process seems to have its capabilities.
fn apparmor_inside(look: &Look) -> Option<Finding> {
    let user = Namespace::own(Kind::User).ok()?;
    (!user.is_initial() && capability::missing(look, CapabilitySet::SYS_ADMIN).is_none())
        .then(|| apparmor(look))
        .flatten()
}

fn switch(name: &str, value: i64) -> Finding {
    let on = match value {
        0 if name.starts_with("user.") => 10_000,
        0 => 1,
        _ => 0,
    };
    let finding = Finding::new(format!(
        "{name} is {value}: ordinary users cannot create user namespaces here"
    ));
    if name.contains("apparmor") {
        let set = remedy::sysctl(name, on);
        finding.help(format!(
            "{set}, or give this program an AppArmor profile with the rule \"userns\""
        ))
    } else {
        let root = remedy::as_root().map_or_else(String::new, |root| format!(", or {root} without --user"));
        let set = remedy::sysctl(name, on);
        finding.help(format!("{set}{root}"))
    }
}

/// The caller's root directory is not the root of its mount namespace. The kernel then creates no user namespace.
pub(crate) fn in_chroot(look: &Look) -> Option<Finding> {
    let is_chrooted =
        no_mount_on_root(look) == Some(true) || root_differs() == Some(true) || is_below_another_root(look);
    is_chrooted.then(|| {
        Finding::new("the caller is in a chroot, and the kernel creates no user namespace there")
            .help("leave the chroot, or set it up with pivot_root(2), as ns-unshare --mount --root does")
    })
}

/// In a chroot to a directory that nothing is mounted on, the mount table has no line for the root.
pub(crate) fn no_mount_on_root(look: &Look) -> Option<bool> {
    let Some(bytes) = look.mountinfo() else {
        return root_is_mount().map(|is_mount| !is_mount);
    };
    let table = MountTable::parse(&bytes);
    Some(table.mounts().iter().all(|mount| mount.target.raw() != b"/"))
}

/// True if something is mounted on the root directory. `None` before Linux 5.8.
fn root_is_mount() -> Option<bool> {
    use rustix::fs::{AtFlags, CWD, StatxAttributes, StatxFlags, statx};
    let stat = statx(CWD, "/", AtFlags::empty(), StatxFlags::empty()).ok()?;
    let is_told = stat.stx_attributes_mask.contains(StatxAttributes::MOUNT_ROOT);
    is_told.then(|| stat.stx_attributes.contains(StatxAttributes::MOUNT_ROOT))
}

/// True if the root changes when the caller enters its own mount namespace again. `None` if the caller lacks the
/// privilege for that.
fn root_differs() -> Option<bool> {
    let root = || rustix::fs::stat("/").map(|stat| (stat.st_dev, stat.st_ino)).ok();
    let before = root()?;
    let mount = Namespace::own_anyway(Kind::Mnt)?;
    let answer = in_child(|pipe| {
        mount.enter()?;
        pipe.write_all(if root() == Some(before) { b"same" } else { b"other" })
    });
    Some(answer.ok()? == b"other")
}

/// True if a process sees the mount of the caller's root directory below its own root. A mount is in one mount namespace
/// only, so the root of the caller is not the root of its mount namespace.
fn is_below_another_root(look: &Look) -> bool {
    let root_of = |bytes: &[u8]| {
        let table = MountTable::parse(bytes);
        let mut mounts = table.mounts().iter();
        mounts
            .rfind(|mount| mount.target.raw() == b"/")
            .map(|mount| mount.id)
    };
    let Some(own) = look.mountinfo().and_then(|bytes| root_of(&bytes)) else {
        return false;
    };
    look.all_mountinfo().any(|bytes| {
        let table = MountTable::parse(&bytes);
        let mut mounts = table.mounts().iter();
        mounts.any(|mount| mount.id == own && mount.target.raw() != b"/")
    })
}

/// The caller's ids are not mapped in its own user namespace, so it may create no other.
pub(crate) fn unmapped_caller(_: &Look) -> Option<Finding> {
    let own = caller::ids();
    let cause = IdKind::BOTH.into_iter().find_map(|ids| {
        let id = match ids {
            IdKind::User => own.uid,
            IdKind::Group => own.gid,
        };
        let name = ids.name();
        if caller::id_map(ids).is_ok_and(|map| map.outer(id).is_none()) {
            Some(format!(
                "the caller's {name} {id} is not mapped in its own user namespace"
            ))
        } else {
            stands_for_another(ids, id).then(|| {
                format!(
                    "the caller's {name} is not mapped in its own user namespace, where it appears as {id}"
                )
            })
        }
    });
    Some(Finding::new(cause?).help("map it when you create that namespace: ns-unshare --map-root-user"))
}

/// True if the kernel does not let the caller take the id that it seems to have: the id is that of another user, and
/// stands for one that is not mapped.
fn stands_for_another(ids: IdKind, id: u32) -> bool {
    // With the capability, every id can be taken.
    if caller::may_map(ids) != Ok(false) {
        return false;
    }
    let answer = in_child(|pipe| {
        let taken = match ids {
            IdKind::User => {
                let uid = nix::unistd::Uid::from_raw(id);
                nix::unistd::setresuid(uid, uid, uid)
            }
            IdKind::Group => {
                let gid = nix::unistd::Gid::from_raw(id);
                nix::unistd::setresgid(gid, gid, gid)
            }
        };
        pipe.write_all(if taken == Err(Errno::EPERM) {
            b"other"
        } else {
            b"own"
        })
    });
    answer.is_ok_and(|answer| answer == b"other")
}

/// No `/proc` is mounted.
pub(crate) fn no_proc(look: &Look) -> Option<Finding> {
    look.lacks_proc()
        .then(|| Finding::new(WITHOUT_PROC).help(MOUNT_PROC))
}

/// A file in `/proc` cannot be written on a read-only mount.
pub(crate) fn read_only_proc() -> Finding {
    Finding::new("/proc is read-only here").help("mount -o remount,bind,rw /proc")
}

/// Another thread shares the state that should change.
pub(crate) fn several_threads(look: &Look) -> Option<Finding> {
    let threads = look.status()?.threads()?;
    (threads > 1).then(|| {
        Finding::new(format!(
            "the process has {threads} threads, and only a process with one thread can do this"
        ))
    })
}

/// The PID namespace that children would be born in has lost its PID 1.
pub(crate) fn first_process_gone(_: &Look) -> Option<Finding> {
    let own = Namespace::own(Kind::Pid).ok()?;
    let next = Namespace::open("/proc/self/ns/pid_for_children").ok()?;
    (own.identity() != next.identity() && matches!(next.owner(), Gathered::Known(_))).then(|| {
        Finding::new(format!(
            "PID 1 of {next} has ended, and no new process can start there"
        ))
        .help("create a new PID namespace")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> Option<Finding> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("sys").join(name.replace('.', "/"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, value).unwrap();
        user_namespaces_off(&Look::record(directory.path()))
    }

    #[test]
    fn the_switches_of_the_distributions_are_known() {
        let found = with("kernel.apparmor_restrict_unprivileged_userns", "1\n").unwrap();
        assert!(
            found
                .cause
                .starts_with("kernel.apparmor_restrict_unprivileged_userns is 1"),
            "{found:?}"
        );
        assert!(
            found
                .help
                .unwrap()
                .contains("kernel.apparmor_restrict_unprivileged_userns=0")
        );
        let found = with("kernel.unprivileged_userns_clone", "0\n").unwrap();
        assert!(
            found
                .help
                .unwrap()
                .contains("sysctl kernel.unprivileged_userns_clone=1")
        );
        let directory = tempfile::tempdir().unwrap();
        let sysctls = directory.path().join("sys/kernel");
        std::fs::create_dir_all(&sysctls).unwrap();
        let look = Look::record(directory.path());
        assert_eq!(apparmor(&look), None);
        std::fs::write(sysctls.join("apparmor_restrict_unprivileged_userns"), "1\n").unwrap();
        assert!(apparmor(&look).unwrap().help.unwrap().contains("userns"));
        assert_eq!(with("kernel.unprivileged_userns_clone", "1\n"), None);
        assert_eq!(with("kernel.apparmor_restrict_unprivileged_userns", "0\n"), None);
        assert_eq!(with("user.max_user_namespaces", "96365\n"), None);
    }

    #[test]
    fn threads_are_read_from_the_status() {
        let look = |status: &str| {
            let directory = tempfile::tempdir().unwrap();
            std::fs::create_dir(directory.path().join("self")).unwrap();
            std::fs::write(directory.path().join("self/status"), status).unwrap();
            (Look::record(directory.path()), directory)
        };
        let (alone, _kept) = look("Name:\tx\nThreads:\t1\n");
        assert_eq!(several_threads(&alone), None);
        let (crowd, _kept) = look("Name:\tx\nThreads:\t3\n");
        let cause = several_threads(&crowd).unwrap().cause;
        assert_eq!(
            cause,
            "the process has 3 threads, and only a process with one thread can do this"
        );
    }

    #[test]
    fn a_root_that_another_process_sees_below_its_own_is_that_of_a_chroot() {
        let directory = tempfile::tempdir().unwrap();
        let tables = |own: &str, other: &str| {
            for (process, table) in [("self", own), ("7", other)] {
                let directory = directory.path().join(process);
                std::fs::create_dir_all(&directory).unwrap();
                std::fs::write(directory.join("mountinfo"), table).unwrap();
            }
            is_below_another_root(&Look::record(directory.path()))
        };
        let root = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
        let below = format!("{root}40 22 0:5 / /mnt rw - tmpfs tmpfs rw\n");
        assert!(tables("40 22 0:5 / / rw - tmpfs tmpfs rw\n", &below));
        assert!(!tables(&below, &below));
        assert!(!tables("50 1 0:5 / / rw - tmpfs tmpfs rw\n", &below));
    }

    #[test]
    fn a_table_without_a_root_is_that_of_a_chroot() {
        let look = |table: &str| {
            let directory = tempfile::tempdir().unwrap();
            std::fs::create_dir(directory.path().join("self")).unwrap();
            std::fs::write(directory.path().join("self/mountinfo"), table).unwrap();
            no_mount_on_root(&Look::record(directory.path()))
        };
        assert_eq!(look("22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"), Some(false));
        assert_eq!(look("23 22 0:5 / /proc rw - proc proc rw\n"), Some(true));
    }
}
