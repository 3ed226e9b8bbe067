//! Mounts: why a namespace cannot be bound to a file, and why `/proc` cannot be mounted.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::finding::Finding;
use super::look::Look;
use super::{capability, limits, paths, restrictions};
use crate::escape::{quoted, word};
use crate::mounts::MountTable;
use crate::{Gathered, Kind, Namespace};

/// The namespace could not be bound to the file.
pub(crate) fn pin(look: &Look, kind: Kind, file: &Path, errno: Errno) -> Option<Finding> {
    match errno {
        Errno::EACCES | Errno::ENOENT => return paths::not_written(file, errno),
        Errno::ENOTDIR | Errno::EISDIR => {
            return is_directory(kind, file).or_else(|| paths::not_written(file, errno));
        }
        Errno::ENOSPC => return limits::mounts(look),
        _ => {}
    }
    if errno != Errno::EINVAL {
        return capability::missing(look, CapabilitySet::SYS_ADMIN).or_else(|| {
            let finding = capability::not_owner(look, Kind::Mnt)?;
            Some(finding.help("run it outside this user namespace, or in the shell of ns-unshare --mount"))
        });
    }
    if kind != Kind::Mnt {
        return None;
    }
    let file = file.canonicalize().ok()?;
    let bytes = look.mountinfo()?;
    let table = MountTable::parse(&bytes);
    let mount = table.mount_of(file.as_os_str().as_bytes())?;
    mount.propagation().shared?;
    let target = mount.target.decoded();
    let directory = word(file.parent().unwrap_or(Path::new("/")));
    Some(
        Finding::new(format!(
            "{} is on the shared mount {}, and a mount namespace can be bound only on a private mount",
            quoted(file.as_os_str().as_bytes()),
            quoted(&target)
        ))
        .help(format!(
            "mount --bind {directory} {directory} && mount --make-private {directory}"
        )),
    )
}

/// A namespace can be bound only to a file that is no directory.
fn is_directory(kind: Kind, file: &Path) -> Option<Finding> {
    file.is_dir().then(|| {
        let below = file.join("NAME");
        Finding::new(format!("{} is a directory", quoted(file.as_os_str().as_bytes()))).help(format!(
            "name a file in it: --{}={}",
            kind.option(),
            word(&below)
        ))
    })
}

/// Why `pivot_root(2)` cannot be used, if there is a reason that no change of mounts removes.
pub(crate) fn no_pivot(look: &Look) -> Option<&'static str> {
    if restrictions::no_mount_on_root(look) == Some(true) {
        return Some("the root directory is not a mount point");
    }
    let bytes = look.mountinfo()?;
    let table = MountTable::parse(&bytes);
    has_no_parent(&table).then_some("the root is the initial file system, which pivot_root(2) cannot replace")
}

/// True if the root is the file system that the kernel starts with (`rootfs`): it is mounted on nothing.
fn has_no_parent(table: &MountTable<'_>) -> bool {
    let mut mounts = table.mounts().iter();
    let root = mounts.rfind(|mount| mount.target.raw() == b"/");
    root.is_some_and(|root| root.parent == root.id)
}

/// The root directory must be a mount, for its propagation to change or for another root to replace it.
pub(crate) fn root_is_no_mount(look: &Look) -> Option<Finding> {
    (restrictions::no_mount_on_root(look)?).then(|| {
        Finding::new("the root directory is not a mount point, as in a chroot to a plain directory")
            .help("run mount --bind DIR DIR before chroot DIR, or use --propagation=unchanged")
    })
}

/// One of the paths of the bind mount does not exist: the file, or the place that it should cover.
pub(crate) fn nothing_there(from: &Path, on: &Path) -> Option<Finding> {
    let missing = [from, on].into_iter().find(|path| {
        path.symlink_metadata().is_err() || (!path.exists() && (*path == from || from.is_dir()))
    })?;
    let name = quoted(missing.as_os_str().as_bytes());
    if let Ok(target) = std::fs::read_link(missing) {
        let target = quoted(target.as_os_str().as_bytes());
        return Some(Finding::new(format!(
            "{name} is a link to {target}, which does not exist"
        )));
    }
    let finding = Finding::new(format!("{name} does not exist"));
    let make = if from.is_dir() { "mkdir" } else { "touch" };
    Some(if missing == on {
        finding.help(format!("{make} {}", word(on)))
    } else {
        finding
    })
}

/// A directory cannot cover a file, nor a file a directory.
pub(crate) fn not_alike(from: &Path, on: &Path) -> Option<Finding> {
    let (from_is, on_is) = (from.is_dir(), on.is_dir());
    let what = |is_directory| if is_directory { "a directory" } else { "a file" };
    (from_is != on_is).then(|| {
        Finding::new(format!(
            "{} is {}, and {} is {}",
            quoted(from.as_os_str().as_bytes()),
            what(from_is),
            quoted(on.as_os_str().as_bytes()),
            what(on_is)
        ))
    })
}

/// Why the kernel does not register the interpreter in this line.
pub(crate) fn not_registered(line: &[u8], binfmt: &Path, errno: Errno) -> Option<Finding> {
    if errno == Errno::EACCES {
        return registered_by_root();
    }
    let delimiter = line.first()?;
    let fields: Vec<_> = line[1..].split(|byte| byte == delimiter).collect();
    let path = |bytes| Path::new(OsStr::from_bytes(bytes));
    let name = quoted(fields.first()?);
    if errno == Errno::EEXIST {
        let name_is_there = binfmt.join(path(fields.first()?)).symlink_metadata().is_ok();
        return name_is_there.then(|| Finding::new(format!("the name {name} is registered already")));
    }
    // With the flag F, the kernel opens the interpreter now.
    let [.., interpreter, flags] = fields[..] else {
        return None;
    };
    if !flags.contains(&b'F') {
        return None;
    }
    let interpreter = path(interpreter);
    let missing = || {
        let cause = format!(
            "the interpreter {} does not exist",
            quoted(interpreter.as_os_str().as_bytes())
        );
        interpreter
            .symlink_metadata()
            .is_err()
            .then(|| Finding::new(cause))
    };
    paths::refused(interpreter, errno).or_else(|| (errno == Errno::ENOENT).then(missing).flatten())
}

/// An interpreter is registered in a file that belongs to uid 0 of the user namespace.
fn registered_by_root() -> Option<Finding> {
    let uid = nix::unistd::geteuid();
    (!uid.is_root()).then(|| {
        Finding::new(format!(
            "only uid 0 of the user namespace can register one, and this is uid {uid}"
        ))
        .help("add --map-root-user")
    })
}

/// `/proc` could not be mounted.
pub(crate) fn proc(look: &Look) -> Option<Finding> {
    let pid = Namespace::own(Kind::Pid).ok()?;
    if matches!(pid.owner(), Gathered::Unreadable(Errno::EPERM)) {
        return Some(
            Finding::new(format!(
                "the PID namespace {pid} does not belong to this user namespace"
            ))
            .help("add --pid, to create a PID namespace"),
        );
    }
    if let Some(finding) = capability::missing(look, CapabilitySet::SYS_ADMIN) {
        return Some(finding);
    }
    covered(look)
}

/// In a user namespace, the kernel refuses a new `/proc` that would show more than the existing one.
fn covered(look: &Look) -> Option<Finding> {
    let bytes = look.mountinfo()?;
    let table = MountTable::parse(&bytes);
    let over: Vec<_> = table
        .mounts()
        .iter()
        .map(|mount| mount.target.decoded())
        .filter(|target| target.starts_with(b"/proc/"))
        .collect();
    let first = quoted(over.first()?);
    let more = if over.len() > 1 {
        format!(" and {} more", over.len() - 1)
    } else {
        String::new()
    };
    Some(
        Finding::new(format!(
            "other mounts hide parts of /proc ({first}{more}), and a new /proc would show them"
        ))
        .help("in a container: run the container with an unmasked /proc"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_initial_file_system_is_mounted_on_nothing() {
        let no_parent = |table: &str| has_no_parent(&MountTable::parse(table.as_bytes()));
        let rootfs = "1 1 0:2 / / rw - rootfs rootfs rw\n";
        assert!(no_parent(rootfs));
        assert!(!no_parent(&format!(
            "{rootfs}22 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
        )));
        assert!(!no_parent("23 22 0:5 / /proc rw - proc proc rw\n"));
    }

    #[test]
    fn masked_parts_of_proc_are_named() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("self")).unwrap();
        let table = "1 0 0:5 / /proc rw - proc proc rw\n2 1 0:6 / /proc/kcore ro - tmpfs tmpfs rw\n";
        std::fs::write(directory.path().join("self/mountinfo"), table).unwrap();
        let found = covered(&Look::record(directory.path())).unwrap();
        assert!(found.cause.contains("\"/proc/kcore\""), "{found:?}");
    }
}
