//! Limits: how many namespaces there may be, how deep, and how far clocks may be set.

use super::Finding;
use super::look::Look;
use crate::launch::Clock;
use crate::{Kind, Kinds};

/// How deep PID and user namespaces may be nested (`pid_namespaces(7)`, `user_namespaces(7)`).
const DEEPEST: usize = 32;

/// The sysctl that limits how many namespaces of this kind there may be for one user (`namespaces(7)`).
fn sysctl(kind: Kind) -> String {
    format!("user.max_{kind}_namespaces")
}

/// Which limit makes `ENOSPC` of a new namespace.
pub(super) fn reached(look: &Look, kinds: Kinds) -> Option<Finding> {
    if kinds.contains(Kind::Pid) && depth_of_pid_namespace(look) == Some(DEEPEST + 1) {
        return Some(Finding::new(format!(
            "PID namespaces are nested {DEEPEST} deep here, the most there may be"
        )));
    }
    let limits: Vec<_> = kinds
        .iter()
        .filter_map(|kind| Some((kind, look.sysctl(&sysctl(kind))?)))
        .collect();
    if let Some((kind, _)) = limits.iter().find(|(_, limit)| *limit == 0) {
        return Some(zero(*kind));
    }
    let values: Vec<_> = limits
        .iter()
        .map(|(kind, limit)| format!("{} is {limit}", sysctl(*kind)))
        .collect();
    let deep = if kinds.contains(Kind::User) {
        format!(", or the depth of {DEEPEST}")
    } else {
        String::new()
    };
    let smallest = limits.iter().min_by_key(|(_, limit)| *limit)?;
    let cause = format!(
        "{} here: a limit is reached, this one or one of an enclosing user namespace{deep}",
        values.join(", ")
    );
    let more = smallest.1.saturating_mul(2).max(10_000);
    Some(Finding::new(cause).help(format!("sysctl {}={more}", sysctl(smallest.0))))
}

fn zero(kind: Kind) -> Finding {
    let name = sysctl(kind);
    let instead = match kind {
        Kind::User => ", or run without --user as root".to_owned(),
        kind => format!(", or run without --{}", kind.option()),
    };
    Finding::new(format!("{name} is 0 here")).help(format!("sysctl {name}=10000{instead}"))
}

/// In how many PID namespaces the calling process has a PID, the `/proc` at hand being that of the outermost.
fn depth_of_pid_namespace(look: &Look) -> Option<usize> {
    Some(look.status()?.pids()?.len())
}

/// Why `ERANGE` of a clock: it cannot be set before the start of time, nor beyond what the kernel can count.
pub(super) fn clock(look: &Look, clock: Clock) -> Option<Finding> {
    let uptime = look.read("uptime")?;
    let seconds = uptime.split_whitespace().next()?;
    let name = clock.word();
    Some(
        Finding::new(format!(
            "the {name} clock is near {seconds} s, and must stay between 0 and 4611686017 s"
        ))
        .help(format!("choose an offset of more than -{seconds} s")),
    )
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
        let found = reached(&look, [Kind::User, Kind::Mnt].into_iter().collect()).unwrap();
        assert_eq!(found.cause, "user.max_user_namespaces is 0 here");
        assert_eq!(
            found.help.unwrap(),
            "sysctl user.max_user_namespaces=10000, or run without --user as root"
        );
    }

    #[test]
    fn a_limit_that_may_be_another_ones_is_not_claimed() {
        let (_kept, look) = record(&[("sys/user/max_uts_namespaces", "7\n")]);
        let found = reached(&look, [Kind::Uts].into_iter().collect()).unwrap();
        assert_eq!(
            found.cause,
            "user.max_uts_namespaces is 7 here: a limit is reached, this one or one of an enclosing user namespace"
        );
    }

    #[test]
    fn the_deepest_pid_namespace_is_counted() {
        let pids = "\t1".repeat(33);
        let (_kept, look) = record(&[("self/status", &format!("NSpid:{pids}\n"))]);
        let found = reached(&look, [Kind::Pid].into_iter().collect()).unwrap();
        assert_eq!(
            found.cause,
            "PID namespaces are nested 32 deep here, the most there may be"
        );
    }
}
