//! Filters of system calls (`seccomp(2)`). A filter that exists can be the reason of any refusal, so it is only a note.
//! It is the cause if a call gets another answer than the kernel gives.

use nix::errno::Errno;
use nix::sched::CloneFlags;

use super::finding::Finding;
use super::look::Look;
use crate::{Error, Kinds};

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
pub(crate) fn refuses_unshare(kinds: Kinds, refused: Errno) -> Option<Finding> {
    // The kernel looks at the flags first, and knows no such flag here.
    let answer = nix::sched::unshare(kinds.flags() | CloneFlags::CLONE_PTRACE);
    (answer == Err(refused)).then(|| refusing("unshare(2)"))
}

/// A filter refuses to enter namespaces.
pub(crate) fn refuses_setns(refused: Errno) -> Option<Finding> {
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
    use crate::Kind;

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
        for errno in [Errno::EPERM, Errno::ENOSYS] {
            assert_eq!(refuses_unshare([Kind::User].into_iter().collect(), errno), None);
            assert_eq!(refuses_setns(errno), None);
        }
    }
}
