//! Waiting for a file of `/proc` to change, for the end of a process, or for the end of the reader of the output.

use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::Process;

/// The time between two checks of a process that has no pidfd.
const STEP: Duration = Duration::from_millis(500);

/// The event that ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// The file has changed.
    Changed,
    /// The process has ended.
    Ended,
    /// The reader of the output has gone.
    Unread,
    /// The time is up.
    TimeUp,
}

/// Sleeps until one of these files has changed, a queue has something to read, `process` ends, `output` loses its
/// reader, or the time is up. Without a limit the sleep has no end.
pub(crate) fn wait(
    files: &[BorrowedFd<'_>],
    queues: &[BorrowedFd<'_>],
    process: Option<&Process>,
    output: Option<BorrowedFd<'_>>,
    limit: Option<Duration>,
) -> rustix::io::Result<Woken> {
    // The kernel reports a change with POLLPRI and POLLERR, the end of a process with POLLIN, and a pipe without
    // readers with POLLERR even if it was not asked for.
    let changed = files
        .iter()
        .map(|file| (Woken::Changed, PollFd::from_borrowed_fd(*file, PollFlags::PRI)));
    let reported = queues
        .iter()
        .map(|queue| (Woken::Changed, PollFd::from_borrowed_fd(*queue, PollFlags::IN)));
    let pidfd = process.and_then(Process::pidfd);
    let ended = pidfd.map(|pidfd| (Woken::Ended, PollFd::from_borrowed_fd(pidfd, PollFlags::IN)));
    let unread = output.map(|output| {
        (
            Woken::Unread,
            PollFd::from_borrowed_fd(output, PollFlags::empty()),
        )
    });
    let (meanings, mut fds): (Vec<_>, Vec<_>) = changed.chain(reported).chain(ended).chain(unread).unzip();
    // A time that no clock reaches means no limit.
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    // Without a pidfd, nothing tells that the process has ended.
    let unheld = process.filter(|process| process.pidfd().is_none());
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        let step = unheld.map_or(left, |_| Some(left.map_or(STEP, |left| left.min(STEP))));
        let timeout = step.map(|step| Timespec {
            tv_sec: i64::try_from(step.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: step.subsec_nanos().into(),
        });
        match poll(&mut fds, timeout.as_ref()) {
            Ok(0) if unheld.is_some_and(|process| process.check_alive().is_err()) => return Ok(Woken::Ended),
            Ok(0) if left.is_some() && left == step => return Ok(Woken::TimeUp),
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            answer => {
                answer?;
                break;
            }
        }
    }
    // A change wakes the caller once, so it is checked first. The other states stay until they are asked for.
    let woken = fds.iter().position(|fd| !fd.revents().is_empty());
    Ok(woken.map_or(Woken::Changed, |index| meanings[index]))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::os::fd::AsFd as _;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::process::Pid;

    #[test]
    fn each_end_of_a_wait_is_told_apart() {
        let table = std::fs::File::open("/proc/self/mountinfo").unwrap();
        let files = [table.as_fd()];
        let soon = Some(Duration::from_millis(1));
        assert_eq!(wait(&[], &[], None, None, soon), Ok(Woken::TimeUp));
        let (reader, writer) = std::io::pipe().unwrap();
        assert_eq!(wait(&[], &[reader.as_fd()], None, None, soon), Ok(Woken::TimeUp));
        (&writer).write_all(b"1").unwrap();
        assert_eq!(wait(&[], &[reader.as_fd()], None, None, None), Ok(Woken::Changed));
        drop(reader);
        assert_eq!(
            wait(&[], &[], None, Some(writer.as_fd()), None),
            Ok(Woken::Unread)
        );
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let process = Process::open(Pid::new(i32::try_from(child.id()).unwrap()).unwrap()).unwrap();
        assert_eq!(wait(&[], &[], Some(&process), None, soon), Ok(Woken::TimeUp));
        drop(child.stdin.take());
        assert_eq!(wait(&[], &[], Some(&process), None, None), Ok(Woken::Ended));
        child.wait().unwrap();
        // If the table has changed meanwhile, the change comes first.
        let woken = wait(&files, &[], Some(&process), None, Some(Duration::MAX)).unwrap();
        assert!([Woken::Changed, Woken::Ended].contains(&woken), "{woken:?}");
    }
}
