//! The command that ends a use.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use ns_core::busy::{Use, Way};
use ns_core::output::word;
use ns_core::process::{Cgroups, Pid};

/// The command that ends a use; `None` if no command is known. `elsewhere` is the namespace of the mount if it is not the
/// caller's. `ancestors` are the processes that the caller descends from.
pub fn command(
    found: &Use,
    elsewhere: Option<u64>,
    cgroups: Option<&Cgroups>,
    ancestors: &[Pid],
) -> Option<String> {
    match (found.way, found.user) {
        (Way::Below | Way::Pin | Way::Mount | Way::Part | Way::Above, _) => {
            Some(unmount(&found.path, elsewhere))
        }
        (Way::Loop, _) => found
            .device
            .as_ref()
            .map(|device| format!("losetup -d {}", shell(device))),
        (Way::Swap, _) => Some(format!("swapoff {}", shell(&found.path))),
        (Way::Holder, _) => take_apart(&found.path),
        (Way::WorkingDirectory, Some(user)) if ancestors.contains(&user.pid) => Some("cd /".into()),
        // The end of the first process is the end of the system.
        (_, Some(user)) if user.pid == Pid::INIT => None,
        (_, Some(user)) => Some(match cgroups.and_then(Cgroups::unit).and_then(service) {
            Some(unit) => format!("systemctl stop {}", shell(unit)),
            None => format!("kill {}", user.pid),
        }),
        (_, None) => None,
    }
}

/// A path as a word for the shell.
fn shell(path: &[u8]) -> String {
    word(OsStr::from_bytes(path))
}

/// The command that takes a device apart that is made from others.
fn take_apart(path: &[u8]) -> Option<String> {
    if let Some(name) = path.strip_prefix(b"/dev/mapper/") {
        return Some(format!("dmsetup remove {}", shell(name)));
    }
    path.starts_with(b"/dev/md")
        .then(|| format!("mdadm --stop {}", shell(path)))
}

fn unmount(path: &[u8], elsewhere: Option<u64>) -> String {
    let path = shell(path);
    match elsewhere {
        Some(namespace) => format!("ns-enter --mount={namespace} umount {path}"),
        None => format!("umount {path}"),
    }
}

/// The unit, if to stop it stops no more than one service. All programs of a user are in `user@UID.service`.
fn service(unit: &[u8]) -> Option<&[u8]> {
    (unit.ends_with(b".service") && !unit.starts_with(b"user@")).then_some(unit)
}

#[cfg(test)]
mod tests {
    use ns_core::busy::{Keeps, User};

    use super::*;

    fn of(way: Way, pid: Option<i32>, path: &str, elsewhere: Option<u64>, cgroup: &str) -> Option<String> {
        let user = pid.map(|pid| {
            let pid = pid.to_string().parse().unwrap();
            User { pid, tid: pid }
        });
        let found = Use {
            keeps: Keeps::Mount,
            way,
            user,
            fd: None,
            namespace: None,
            path: path.into(),
            device: (way == Way::Loop).then(|| b"/dev/loop7".to_vec()),
        };
        let cgroups = Cgroups::new(format!("0::{cgroup}\n").into_bytes());
        command(&found, elsewhere, Some(&cgroups), &["7".parse().unwrap()])
    }

    #[test]
    fn a_command_ends_each_use() {
        let (cwd, below) = (Way::WorkingDirectory, Way::Below);
        for (way, pid, path, elsewhere, cgroup, end) in [
            (cwd, Some(4711), "/m", None, "/", "kill 4711"),
            (cwd, Some(7), "/m", None, "/", "cd /"),
            (Way::Root, Some(7), "/m", None, "/", "kill 7"),
            (
                cwd,
                Some(9),
                "/m",
                None,
                "/system.slice/nginx.service",
                "systemctl stop nginx.service",
            ),
            (
                cwd,
                Some(9),
                "/m",
                None,
                "/user.slice/user-1000.slice/user@1000.service/app.slice/a.service",
                "kill 9",
            ),
            (
                cwd,
                Some(9),
                "/m",
                None,
                "/user.slice/user-1000.slice/session-3.scope",
                "kill 9",
            ),
            (below, None, "/m/a b", None, "/", "umount '/m/a b'"),
            (below, None, "/m", Some(42), "/", "ns-enter --mount=42 umount /m"),
            (Way::Loop, None, "/m/image", None, "/", "losetup -d /dev/loop7"),
            (Way::Swap, None, "/m/a b", None, "/", "swapoff '/m/a b'"),
            (
                Way::Holder,
                None,
                "/dev/mapper/vg-a",
                None,
                "/",
                "dmsetup remove vg-a",
            ),
            (Way::Holder, None, "/dev/md0", None, "/", "mdadm --stop /dev/md0"),
        ] {
            assert_eq!(of(way, pid, path, elsewhere, cgroup).as_deref(), Some(end));
        }
        assert_eq!(of(cwd, Some(1), "/m", None, "/init.scope"), None);
    }
}
