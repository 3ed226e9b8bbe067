//! Limits: the number of namespaces and processes, the depth of namespaces, and the range of clocks.

use std::os::fd::AsRawFd as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use nix::errno::Errno;
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::finding::Finding;
use super::look::Look;
use super::restrictions;
use crate::escape::{quoted, word};
use crate::mounts::{MountTable, cgroup_directory};
use crate::process::{Cgroups, caller, in_child, remedy};
use crate::sys::errno::from_io;
use crate::{Kind, Kinds};

/// How deep PID and user namespaces may be nested (`pid_namespaces(7)`, `user_namespaces(7)`).
const DEEPEST: usize = 32;

/// The sysctl that limits how many namespaces of this kind there may be for one user (`namespaces(7)`).
fn sysctl(kind: Kind) -> String {
    format!("user.max_{kind}_namespaces")
}

/// The value of the sysctl in a new user namespace, which is the highest number.
const UNLIMITED: i64 = i32::MAX as i64;

/// The limit that makes new namespaces fail with `ENOSPC`. None if the kernel creates them now: no limit is reached any
/// more.
pub(crate) fn reached(look: &Look, kinds: Kinds) -> Option<Finding> {
    match try_again(kinds) {
        Attempt::Refused(kind) => limit_of(look, Kinds::from_iter([kind])),
        Attempt::Unknown => limit_of(look, kinds),
        Attempt::Created => None,
    }
}

/// The limit of one of these kinds.
fn limit_of(look: &Look, kinds: Kinds) -> Option<Finding> {
    if kinds.contains(Kind::Pid) && depth_of_pid_namespace(look) == Some(DEEPEST + 1) {
        return Some(Finding::new(format!(
            "PID namespaces are nested {DEEPEST} deep here, which is the maximum"
        )));
    }
    if kinds.contains(Kind::Mnt)
        && let Some(finding) = too_many_mounts(look)
    {
        return Some(finding);
    }
    let limits: Vec<_> = kinds
        .iter()
        .filter_map(|kind| Some((kind, look.sysctl(&sysctl(kind))?)))
        .collect();
    if let Some((kind, _)) = limits.iter().find(|(_, limit)| *limit == 0) {
        return Some(zero(*kind));
    }
    let deep = if kinds.contains(Kind::User) || kinds.contains(Kind::Pid) {
        format!(", or the depth of {DEEPEST}")
    } else {
        String::new()
    };
    let (kind, smallest) = limits.iter().min_by_key(|(_, limit)| *limit)?;
    if *smallest >= UNLIMITED {
        let names: Vec<_> = limits.iter().map(|(kind, _)| sysctl(*kind)).collect();
        return Some(Finding::new(format!(
            "a limit of an enclosing user namespace is reached{deep}; {} sets no limit here",
            names.join(", ")
        )));
    }
    let values: Vec<_> = limits
        .iter()
        .map(|(kind, limit)| format!("{} is {limit}", sysctl(*kind)))
        .collect();
    let cause = format!(
        "{} here; the limit that is reached is this one or one of an enclosing user namespace{deep}",
        values.join(", ")
    );
    let more = smallest.saturating_mul(2).clamp(10_000, UNLIMITED);
    Some(Finding::new(cause).help(remedy::sysctl(&sysctl(*kind), more)))
}

/// A new mount namespace gets a copy of every mount, and the limit is lower than their number.
fn too_many_mounts(look: &Look) -> Option<Finding> {
    let bytes = look.mountinfo()?;
    let count = i64::try_from(MountTable::parse(&bytes).mounts().len()).ok()?;
    (count > look.sysctl("fs.mount-max")?)
        .then(|| mounts(look))
        .flatten()
}

/// The result of another attempt to create namespaces.
enum Attempt {
    /// There can be no more of this kind.
    Refused(Kind),
    /// Each kind was created.
    Created,
    /// The attempt failed for another reason.
    Unknown,
}

/// Tries to create namespaces of these kinds, one at a time, each in a child.
fn try_again(kinds: Kinds) -> Attempt {
    use std::io::Write as _;
    let user: Kinds = kinds.iter().filter(|kind| *kind == Kind::User).collect();
    let mut attempt = Attempt::Created;
    for kind in user.iter().chain(kinds.iter()) {
        // A user namespace gives the right to create the others.
        let alone: Kinds = user.iter().chain([kind]).collect();
        let answer = in_child(|pipe| match nix::sched::unshare(alone.flags()) {
            Err(Errno::ENOSPC | Errno::EUSERS) => pipe.write_all(b"full"),
            Err(_) => Ok(()),
            Ok(()) => pipe.write_all(b"created"),
        });
        match answer.as_deref() {
            Ok(b"full") => return Attempt::Refused(kind),
            Ok(b"created") => {}
            _ => attempt = Attempt::Unknown,
        }
    }
    attempt
}

/// Why even a small write to a file fails with `EFBIG`.
pub(crate) fn file_size() -> Option<Finding> {
    let (limit, _) = getrlimit(Resource::RLIMIT_FSIZE).ok()?;
    let cause = format!("a file can have at most {limit} bytes here (RLIMIT_FSIZE)");
    (limit != RLIM_INFINITY).then(|| Finding::new(cause).help("raise the limit: ulimit -f"))
}

/// Why nothing can be opened any more (`EMFILE`).
pub(super) fn files(errno: Errno) -> Option<Finding> {
    let (limit, _) = getrlimit(Resource::RLIMIT_NOFILE).ok()?;
    let cause = format!("the process can have descriptors only below {limit} (RLIMIT_NOFILE)");
    let is_cause = errno == Errno::EMFILE && are_used_up(limit);
    is_cause.then(|| Finding::new(cause).help("raise the limit: ulimit -n"))
}

/// The most descriptors that a failed operation closes before its error is explained.
const CLOSED_SINCE: u64 = 16;

/// True if nearly all descriptors below the limit are open: the kernel gives the lowest free one.
fn are_used_up(limit: u64) -> bool {
    match std::io::pipe() {
        Ok((_, writer)) => {
            let lowest = u64::try_from(writer.as_raw_fd()).unwrap_or_default();
            lowest + CLOSED_SINCE >= limit
        }
        Err(error) => from_io(&error) == Errno::EMFILE,
    }
}

/// The caller gave a descriptor that is not open, or, as `is_open` says, not open for writing.
pub(crate) fn unusable(fd: i32, is_open: bool) -> Finding {
    let how = if is_open { " for writing" } else { "" };
    Finding::new(format!("descriptor {fd} is not open{how}")).help(format!("open it in the shell: {fd}>FILE"))
}

/// Why `fork(2)` fails.
pub(crate) fn fork(look: &Look, errno: Errno) -> Option<Finding> {
    match errno {
        Errno::ENOMEM => restrictions::first_process_gone(look),
        Errno::EAGAIN => processes(look),
        _ => None,
    }
}

/// Why `fork(2)` fails with `EAGAIN`: the user or the cgroup has reached its limit of processes.
pub(crate) fn processes(look: &Look) -> Option<Finding> {
    let (limit, _) = getrlimit(Resource::RLIMIT_NPROC).ok()?;
    too_many(look, caller::ids().real_uid, limit).or_else(|| full_cgroup(look))
}

/// The kernel counts threads (`getrlimit(2)`, `RLIMIT_NPROC`).
fn too_many(look: &Look, uid: u32, limit: u64) -> Option<Finding> {
    let own = look.processes().filter(|status| status.real_uid() == Some(uid));
    let count: u64 = own.filter_map(|status| status.threads()).map(u64::from).sum();
    (count >= limit).then(|| {
        Finding::new(format!(
            "uid {uid} has {count} processes and threads, and the limit is {limit} (RLIMIT_NPROC)"
        ))
        .help("end some of them, or raise the limit: ulimit -u")
    })
}

/// The cgroup of the caller, or one above it, that has reached its limit (`pids.max`), in any hierarchy.
fn full_cgroup(look: &Look) -> Option<Finding> {
    let cgroups = Cgroups::new(look.read("self/cgroup")?.into_bytes());
    let bytes = look.mountinfo()?;
    let table = MountTable::parse(&bytes);
    let full = |directory: &Path| {
        let number = |file: &str| -> Option<u64> {
            let text = std::fs::read_to_string(directory.join(file)).ok()?;
            text.trim().parse().ok()
        };
        let (current, most) = (number("pids.current")?, number("pids.max")?);
        let limit = directory.join("pids.max");
        (current >= most).then(|| {
            let cause = format!(
                "the cgroup {} has {current} processes or threads, and its limit is {most} (pids.max)",
                quoted(directory.as_os_str().as_bytes())
            );
            Finding::new(cause).help(format!(
                "end some of them, or raise the limit: echo max >{}",
                word(limit)
            ))
        })
    };
    cgroups.all().find_map(|cgroup| {
        let mut places = table
            .mounts()
            .iter()
            .filter_map(|mount| cgroup_directory(mount, cgroup));
        places.find_map(|place| place.ancestors().find_map(full))
    })
}

/// The limit of mounts that makes mount(2) fail with `ENOSPC`. None if not even a copy of every mount here reaches it:
/// then the file system has no space, or a mount namespace that gets the new mount is full.
pub(crate) fn mounts(look: &Look) -> Option<Finding> {
    let name = "fs.mount-max";
    let limit = look.sysctl(name)?;
    let bytes = look.mountinfo()?;
    let count = i64::try_from(MountTable::parse(&bytes).mounts().len()).ok()?;
    if count.saturating_mul(2) <= limit {
        return None;
    }
    let cause = format!("this mount namespace has {count} mounts, and the limit is {limit} ({name})");
    Some(Finding::new(cause).help(remedy::sysctl(name, limit.saturating_mul(2).max(100_000))))
}

fn zero(kind: Kind) -> Finding {
    let name = sysctl(kind);
    let instead = match kind {
        Kind::User => ", or run without --user as root".to_owned(),
        kind => format!(", or run without --{}", kind.option()),
    };
    let set = remedy::sysctl(&name, 10_000);
    Finding::new(format!("{name} is 0 here")).help(format!("{set}{instead}"))
}

/// The number of PID namespaces in which the calling process has a PID, if `/proc` belongs to the outermost.
fn depth_of_pid_namespace(look: &Look) -> Option<usize> {
    Some(look.status()?.pids()?.len())
}

/// Why setting a clock fails with `ERANGE`: it can be set neither before 0 nor after `most`, the highest number of
/// seconds in the kernel.
pub(crate) fn clock(look: &Look, name: &str, behind: bool, most: u64) -> Option<Finding> {
    let id = match name {
        "boottime" => ClockId::Boottime,
        _ => ClockId::Monotonic,
    };
    let offset = offset_in(&look.read("self/timens_offsets")?, name)?;
    // The kernel counts from the clock of the initial time namespace, and the caller may be in another one.
    let seconds = clock_gettime(id).tv_sec.checked_sub(offset)?;
    let help = if behind {
        format!("choose an offset of more than -{seconds} s")
    } else {
        let most = i64::try_from(most).ok()?;
        format!("choose an offset of less than {} s", most.checked_sub(seconds)?)
    };
    let cause = format!(
        "the {name} clock of the initial time namespace is at about {seconds} s, and must stay between 0 and {most} s"
    );
    Some(Finding::new(cause).help(help))
}

/// The whole seconds of the offset of a clock in `/proc/PID/timens_offsets`.
fn offset_in(text: &str, name: &str) -> Option<i64> {
    let mut lines = text.lines().map(str::split_whitespace);
    let mut line = lines.find_map(|mut words| (words.next() == Some(name)).then_some(words))?;
    line.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(files: &[(&str, &str)]) -> (tempfile::TempDir, Look) {
        let directory = tempfile::tempdir().unwrap();
        for (name, contents) in files {
            let path = directory.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, contents).unwrap();
        }
        let look = Look::record(directory.path());
        (directory, look)
    }

    #[test]
    fn a_limit_of_nothing_is_named_alone() {
        let (_kept, look) = record(&[
            ("sys/user/max_user_namespaces", "0\n"),
            ("sys/user/max_mnt_namespaces", "100\n"),
        ]);
        let found = limit_of(&look, [Kind::User, Kind::Mnt].into_iter().collect()).unwrap();
        assert_eq!(found.cause, "user.max_user_namespaces is 0 here");
        let help = found.help.unwrap();
        assert!(
            help.ends_with("sysctl user.max_user_namespaces=10000, or run without --user as root"),
            "{help}"
        );
    }

    #[test]
    fn a_limit_that_may_be_another_ones_is_not_claimed() {
        let (_kept, look) = record(&[("sys/user/max_uts_namespaces", "7\n")]);
        let found = limit_of(&look, [Kind::Uts].into_iter().collect()).unwrap();
        assert_eq!(
            found.cause,
            "user.max_uts_namespaces is 7 here; the limit that is reached is this one or one of an enclosing user namespace"
        );
    }

    #[test]
    fn what_is_not_limited_here_is_not_what_is_reached() {
        let (_kept, look) = record(&[("sys/user/max_user_namespaces", "2147483647\n")]);
        let found = limit_of(&look, [Kind::User].into_iter().collect()).unwrap();
        assert_eq!(
            found.cause,
            "a limit of an enclosing user namespace is reached, or the depth of 32; user.max_user_namespaces sets no limit here"
        );
        assert_eq!(found.help, None);
    }

    #[test]
    fn a_limit_of_mounts_that_nothing_here_reaches_explains_nothing() {
        let line = "1 1 0:1 / / rw - tmpfs none rw\n";
        let of = |mounts: usize| {
            let (_kept, look) = record(&[
                ("sys/fs/mount-max", "100\n"),
                ("self/mountinfo", &line.repeat(mounts)),
            ]);
            super::mounts(&look).map(|found| found.cause)
        };
        assert_eq!(of(50), None);
        for count in [51, 100] {
            let cause =
                format!("this mount namespace has {count} mounts, and the limit is 100 (fs.mount-max)");
            assert_eq!(of(count), Some(cause));
        }
    }

    #[test]
    fn the_threads_of_a_user_are_counted() {
        let status = |uid: u32, threads: u32| format!("Uid:\t{uid}\t0\t0\t0\nThreads:\t{threads}\n");
        let (_kept, look) = record(&[
            ("7/status", &status(5, 3)),
            ("8/status", &status(5, 1)),
            ("9/status", &status(6, 9)),
            ("uptime", ""),
        ]);
        let cause = too_many(&look, 5, 4).unwrap().cause;
        assert_eq!(
            cause,
            "uid 5 has 4 processes and threads, and the limit is 4 (RLIMIT_NPROC)"
        );
        assert_eq!(too_many(&look, 5, 5), None);
    }

    #[test]
    fn a_full_cgroup_is_found_in_both_versions() {
        let top = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            let file = top.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        for (system, options, line) in [
            ("cgroup2", "rw", "0::/shop/till\n"),
            ("cgroup", "rw,pids", "8:pids:/shop/till\n0::/\n"),
        ] {
            write("shop/pids.max", "2\n");
            write("shop/pids.current", "2\n");
            write("shop/till/pids.max", "max\n");
            write("shop/till/pids.current", "1\n");
            let table = format!(
                "30 1 0:9 / {} rw - {system} cgroup {options}\n",
                top.path().display()
            );
            let (_kept, look) = record(&[("self/cgroup", line), ("self/mountinfo", &table)]);
            let cause = full_cgroup(&look).unwrap().cause;
            let of = format!(
                "the cgroup \"{}/shop\" has 2 processes or threads, and its limit is 2 (pids.max)",
                top.path().display()
            );
            assert_eq!(cause, of, "{system}");
            write("shop/pids.max", "3\n");
            assert_eq!(full_cgroup(&look), None);
        }
    }

    #[test]
    fn the_deepest_pid_namespace_is_counted() {
        let pids = "\t1".repeat(33);
        let (_kept, look) = record(&[("self/status", &format!("NSpid:{pids}\n"))]);
        let found = limit_of(&look, [Kind::Pid].into_iter().collect()).unwrap();
        assert_eq!(
            found.cause,
            "PID namespaces are nested 32 deep here, which is the maximum"
        );
    }
}
