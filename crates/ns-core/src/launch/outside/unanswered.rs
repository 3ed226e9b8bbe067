//! Calls that a file system may never answer, such as NFS or FUSE without its server. They are made in a child, so that
//! this process can still be ended by a signal, and ends with the process inside.

use std::cell::Cell;
use std::io::{PipeWriter, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use nix::errno::Errno;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::process::{OutsideProcess, patiently};
use crate::process::{in_child_while, in_child_within};

/// The time for an answer that only tells what must be undone.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

impl OutsideProcess<'_> {
    /// Makes the call in a child. `EINTR` if the launch ends before the answer comes; then the child is killed.
    pub(super) fn in_child(&self, call: impl FnOnce() -> nix::Result<()>) -> nix::Result<()> {
        self.answered(call, || (), Duration::ZERO)
    }

    /// Makes a call that leaves something to undo: if the launch ends, its answer is waited for a moment longer. If the
    /// child cannot answer, it undoes the call itself.
    pub(super) fn in_child_to_undo(
        &self,
        call: impl FnOnce() -> nix::Result<()>,
        undo: impl FnOnce(),
    ) -> nix::Result<()> {
        self.answered(call, undo, PATIENCE)
    }

    fn answered(
        &self,
        call: impl FnOnce() -> nix::Result<()>,
        undo: impl FnOnce(),
        longer: Duration,
    ) -> nix::Result<()> {
        let is_made = Cell::new(false);
        let answer = in_child_while(
            |pipe| match patiently(|| self.await_ready(pipe, PollFlags::IN)) {
                Err(Errno::EINTR) => {
                    let longer = Timespec::try_from(longer).map_err(|_| Errno::EINVAL)?;
                    let ready = poll(&mut [PollFd::new(&pipe.as_fd(), PollFlags::IN)], Some(&longer));
                    ready
                        .is_ok_and(|count| count > 0)
                        .then_some(())
                        .ok_or(Errno::EINTR)
                }
                answer => answer,
            },
            |pipe| {
                let answer = call();
                is_made.set(answer.is_ok());
                write_answer(answer, pipe)
            },
            || {
                if is_made.get() {
                    undo();
                }
            },
        );
        read_answer(&answer.map_err(|error| error.errno().unwrap_or(Errno::EIO))?)
    }
}

/// Undoes something that has a path, for a second at most. `None` if no answer has come by then.
pub(super) fn undone(call: impl Fn() -> nix::Result<()>) -> Option<nix::Result<()>> {
    match in_child_within(PATIENCE, &[], |pipe| write_answer(call(), pipe)) {
        Ok(answer) => answer.map(|answer| read_answer(&answer)),
        // There was no child to be had.
        Err(_) => Some(call()),
    }
}

/// 0 or the number of the error: the kernel has none above 133.
fn write_answer(answer: nix::Result<()>, pipe: &mut PipeWriter) -> std::io::Result<()> {
    let number = answer.map_or_else(|errno| u8::try_from(errno as i32).unwrap_or(u8::MAX), |()| 0);
    pipe.write_all(&[number])
}

fn read_answer(bytes: &[u8]) -> nix::Result<()> {
    match bytes.first() {
        Some(0) => Ok(()),
        errno => Err(errno.map_or(Errno::EIO, |errno| Errno::from_raw((*errno).into()))),
    }
}
