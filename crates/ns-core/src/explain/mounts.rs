//! Mounts: why a namespace is not bound to a file, and why no `/proc` is mounted.

use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use rustix::thread::CapabilitySet;

use super::look::Look;
use super::{Finding, capability, restrictions};
use crate::escape::quoted;
use crate::mounts::{Mount, MountTable};
use crate::{Gathered, Kind, Namespace};

/// The namespace was not bound to the file.
pub(super) fn pin(look: &Look, kind: Kind, file: &Path, errno: Errno) -> Option<Finding> {
    if errno != Errno::EINVAL {
        return capability::missing(look, CapabilitySet::SYS_ADMIN)
            .map(|finding| finding.help("binding a namespace to a file takes root: run it as root"));
    }
    if kind != Kind::Mnt {
        return None;
    }
    let file = file.canonicalize().ok()?;
    let bytes = look.mountinfo()?;
    let table = MountTable::parse(&bytes);
    let mount = mount_of(table.mounts(), file.as_os_str().as_bytes())?;
    mount.propagation().shared?;
    let target = mount.target.decoded();
    let directory = file.parent().unwrap_or(Path::new("/")).display();
    Some(
        Finding::new(format!(
            "{} is on the shared mount {}, and a mount namespace can be bound on a private one only",
            quoted(file.as_os_str().as_bytes()),
            quoted(&target)
        ))
        .help(format!(
            "mount --bind {directory} {directory} && mount --make-private {directory}"
        )),
    )
}

/// Propagation is a property of a mount, and only a mount can give way to another root.
pub(super) fn root_is_no_mount(look: &Look) -> Option<Finding> {
    (restrictions::no_mount_on_root(look)?).then(|| {
        Finding::new("the root directory is no mount point, as in a chroot to a plain directory")
            .help("mount --bind DIR DIR before the chroot to DIR, or --propagation=unchanged without --root")
    })
}

/// No name was given or taken away: that takes mounts, and a directory of root's.
pub(super) fn names(look: &Look, errno: Errno) -> Option<Finding> {
    use std::os::unix::fs::MetadataExt as _;
    if let Some(finding) = capability::missing(look, CapabilitySet::SYS_ADMIN) {
        return Some(finding.help("a name is a mount below /run: run it as root"));
    }
    let owner = std::fs::metadata("/run").ok()?.uid();
    let own = nix::unistd::geteuid().as_raw();
    (errno == Errno::EACCES && owner != own).then(|| {
        Finding::new(format!(
            "/run belongs to uid {owner}, and this is uid {own} of a user namespace"
        ))
        .help("in a mount namespace of one's own: mount -t tmpfs run /run")
    })
}

/// The mount that a path is on: the last of those whose target leads to it.
fn mount_of<'a, 'b>(mounts: &'b [Mount<'a>], path: &[u8]) -> Option<&'b Mount<'a>> {
    let leads = |target: &[u8]| {
        target == b"/"
            || path
                .strip_prefix(target)
                .is_some_and(|rest| rest.is_empty() || rest[0] == b'/')
    };
    // Of several the longest; of several on the same place the last, which covers the others.
    mounts
        .iter()
        .filter(|mount| leads(&mount.target.decoded()))
        .max_by_key(|mount| mount.target.decoded().len())
}

/// Nothing is at the path that something was to be bound over.
pub(super) fn nothing_there(on: &Path) -> Option<Finding> {
    let name = quoted(on.as_os_str().as_bytes());
    if on.exists() {
        return None;
    }
    Some(match std::fs::read_link(on) {
        Ok(target) => Finding::new(format!(
            "{name} is a link to {}, which does not exist",
            quoted(target.as_os_str().as_bytes())
        )),
        Err(_) => Finding::new(format!("{name} does not exist")).help(format!("touch {}", on.display())),
    })
}

/// An interpreter is registered in a file that belongs to uid 0 of the user namespace.
pub(super) fn registered_by_root() -> Option<Finding> {
    let uid = nix::unistd::geteuid();
    (!uid.is_root()).then(|| {
        Finding::new(format!(
            "that is for uid 0 of the user namespace, and this is uid {uid}"
        ))
        .help("add --map-root-user")
    })
}

/// No `/proc` was mounted.
pub(super) fn proc(look: &Look) -> Option<Finding> {
    let pid = Namespace::own(Kind::Pid).ok()?;
    if matches!(pid.owner(), Gathered::Unreadable(_)) {
        return Some(
            Finding::new(format!(
                "the PID namespace {pid} does not belong to this user namespace"
            ))
            .help("add --pid, for a PID namespace of one's own"),
        );
    }
    if let Some(finding) = capability::missing(look, CapabilitySet::SYS_ADMIN) {
        return Some(finding);
    }
    covered(look)
}

/// The kernel mounts no `/proc` in a user namespace that would show more than the one that is there.
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
            "parts of /proc are mounted over ({first}{more}), and a new one would show them"
        ))
        .help("in a container: run that one with its /proc unmasked"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mount_of_a_path_is_the_nearest_and_uppermost() {
        let table = b"1 0 8:1 / / rw shared:1 - ext4 a rw\n\
                      2 1 0:5 / /run rw - tmpfs b rw\n\
                      3 2 0:6 / /run rw shared:9 - tmpfs c rw\n\
                      4 1 0:7 / /runner rw - tmpfs d rw\n";
        let table = MountTable::parse(table);
        let source = |path: &[u8]| mount_of(table.mounts(), path).unwrap().source.raw().to_vec();
        assert_eq!(source(b"/run/x"), b"c");
        assert_eq!(source(b"/run"), b"c");
        assert_eq!(source(b"/etc/x"), b"a");
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
