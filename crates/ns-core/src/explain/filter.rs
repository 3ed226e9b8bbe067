//! Filters of system calls (`seccomp(2)`). A filter that exists can be the reason of any refusal, so it is only a note.
//! It is the cause if a call gets another answer than the kernel gives.

use nix::errno::Errno;
use nix::sched::CloneFlags;

use super::finding::Finding;
use super::look::Look;
use crate::{Error, Kind, Kinds};

/// The help if a filter is the cause.
pub(crate) const OTHER_PROFILE: &str = "in a container: run the container with another seccomp profile";

/// The error with a note, if a filter may be the reason. A filter can answer with any error number, and mostly answers
/// with one of these.
pub(super) fn noted(look: &Look, error: Error, errno: Errno) -> Error {
    let is_likely = matches!(errno, Errno::EPERM | Errno::ENOSYS) && error.note().is_none();
    if is_likely && is_active(look) == Some(true) {
        error.with_note("a seccomp filter is active: it may be the reason")
    } else {
        error
    }
}

/// True if a filter applies to this process.
fn is_active(look: &Look) -> Option<bool> {
    look.status()?.has_seccomp_filter()
}

/// A filter refuses to create namespaces of these kinds.
pub(crate) fn refuses_unshare(look: &Look, kinds: Kinds, refused: Errno) -> Option<Finding> {
    // Debian's kernel looks at its setting before the flags.
    let is_switched_off =
        kinds.contains(Kind::User) && look.sysctl("kernel.unprivileged_userns_clone") == Some(0);
    if is_active(look) == Some(false) || is_switched_off {
        return None;
    }
    // The kernel looks at the flags first, and knows no such flag here.
    let answer = nix::sched::unshare(kinds.flags() | CloneFlags::CLONE_PTRACE);
    (answer == Err(refused)).then(|| refusing("unshare(2)"))
}

/// A filter refuses to enter namespaces.
pub(crate) fn refuses_setns(look: &Look, refused: Errno) -> Option<Finding> {
    if is_active(look) == Some(false) {
        return None;
    }
    // The kernel first looks at the file, and this is no namespace.
    let (no_namespace, _writer) = std::io::pipe().ok()?;
    let answer = nix::sched::setns(no_namespace, CloneFlags::empty());
    (answer == Err(refused)).then(|| refusing("setns(2)"))
}

fn refusing(call: &str) -> Finding {
    Finding::new(format!("a seccomp filter refuses {call}")).help(OTHER_PROFILE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_that_may_be_the_reason_is_a_note() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("self")).unwrap();
        let noted = |seccomp: &str, errno| {
            std::fs::write(directory.path().join("self/status"), seccomp).unwrap();
            let look = Look::record(directory.path());
            noted(&look, Error::kernel("x", errno), errno)
        };
        let error = noted("Seccomp:\t2\n", Errno::EPERM);
        assert_eq!(
            (error.cause(), error.note()),
            (None, Some("a seccomp filter is active: it may be the reason"))
        );
        assert_eq!(noted("Seccomp:\t0\n", Errno::EPERM).note(), None);
        assert_eq!(noted("Seccomp:\t2\n", Errno::ENOENT).note(), None);
    }

    #[test]
    fn the_answers_of_the_kernel_are_not_those_of_a_filter() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::create_dir(directory.path().join("self")).unwrap();
        std::fs::write(directory.path().join("self/status"), "Seccomp:\t2\n").unwrap();
        let look = Look::record(directory.path());
        for errno in [Errno::EPERM, Errno::ENOSYS] {
            assert_eq!(refuses_unshare(&look, Kinds::of(Kind::User), errno), None);
            assert_eq!(refuses_setns(&look, errno), None);
        }
    }

    #[test]
    fn a_kernel_that_answers_otherwise_is_no_filter() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, text| {
            let file = directory.path().join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        };
        // This answer is the kernel's, and stands for the one of a kernel that looks at something before the flags.
        let refused = |kind| {
            let look = Look::record(directory.path());
            refuses_unshare(&look, Kinds::of(kind), Errno::EINVAL).is_some()
        };
        file("self/status", "Seccomp:\t0\n");
        assert!(!refused(Kind::User));
        file("self/status", "Seccomp:\t2\n");
        assert!(refused(Kind::User));
        file("sys/kernel/unprivileged_userns_clone", "0\n");
        assert!(!refused(Kind::User) && refused(Kind::Uts));
    }
}
