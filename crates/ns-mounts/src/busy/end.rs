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
        (Way::Below | Way::Pin | Way::Mount | Way::Part, _) => Some(unmount(&found.path, elsewhere)),
        (Way::WorkingDirectory, Some(user)) if ancestors.contains(&user.pid) => Some("cd /".into()),
        // The end of the first process is the end of the system.
        (_, Some(user)) if user.pid == Pid::INIT => None,
        (_, Some(user)) => Some(match cgroups.and_then(Cgroups::unit).and_then(service) {
            Some(unit) => format!("systemctl stop {}", word(OsStr::from_bytes(unit))),
            None => format!("kill {}", user.pid),
        }),
        (_, None) => None,
    }
}

fn unmount(path: &[u8], elsewhere: Option<u64>) -> String {
    let path = word(OsStr::from_bytes(path));
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
        ] {
            assert_eq!(of(way, pid, path, elsewhere, cgroup).as_deref(), Some(end));
        }
        assert_eq!(of(cwd, Some(1), "/m", None, "/init.scope"), None);
    }
}
