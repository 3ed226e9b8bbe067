//! Work done in a child, so that the caller stays in its own namespaces.

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::Result;
use crate::error::Doing;
use crate::sys::fd::close_all_but;
use crate::sys::fork::{Fork, SingleThread, exit, fork};
use crate::sys::signals::on_death_of_parent;

/// The pipe that the child writes its result to.
const DONE: u8 = b'.';

/// Runs `work` in a forked child, and returns what it wrote. The child ends after `work`.
///
/// The child has a copy of the caller's memory, and shares only open files with the caller. Fails if no child can be
/// forked (`EDEADLK`: the caller has threads), or if the child dies before its work is done.
pub fn in_child(work: impl FnOnce(&mut PipeWriter) -> io::Result<()>) -> Result<Vec<u8>> {
    in_child_while(|_| Ok(()), work, || ())
}

/// Runs `work` in a child as [`in_child`] does, if it may take long: `wait` returns once the pipe is readable, or fails
/// if the work is given up. The child is killed then. If its result cannot be written, the child calls `unsent`.
pub(crate) fn in_child_while(
    wait: impl FnOnce(&PipeReader) -> nix::Result<()>,
    work: impl FnOnce(&mut PipeWriter) -> io::Result<()>,
    unsent: impl FnOnce(),
) -> Result<Vec<u8>> {
    let doing = || "run a child";
    let (mut reader, mut writer) = io::pipe().doing(doing)?;
    match SingleThread::check().and_then(fork).doing(doing)? {
        Fork::Child => {
            drop(reader);
            // The work is of no use without its parent. If this is refused, the work is only left to itself.
            let _ = on_death_of_parent(Some(Signal::SIGKILL as i32));
            let done = work(&mut writer).and_then(|()| writer.write_all(&[DONE]));
            if done.is_err() {
                unsent();
            }
            exit(done.is_err().into())
        }
        Fork::Parent(child) => {
            drop(writer);
            if let Err(errno) = wait(&reader) {
                leave_behind(child);
                return Err(errno).doing(doing);
            }
            let mut bytes = Vec::new();
            // A second time after an error: the child may have made something, and only its answer says so.
            let read = reader
                .read_to_end(&mut bytes)
                .or_else(|_| reader.read_to_end(&mut bytes));
            await_end(child).doing(doing)?;
            read.doing(doing)?;
            match bytes.pop() {
                Some(DONE) => Ok(bytes),
                _ => Err(Errno::ECHILD).doing(doing),
            }
        }
    }
}

/// Runs `work` in a forked child as [`in_child`] does, and gives `None` if it takes longer than `limit`.
///
/// The child is then killed and left behind, as a server that does not answer can keep it from ending. Of the caller's
/// descriptors it has only `needed`, so that nobody waits for the end of a stream or for a lock that it holds.
pub fn in_child_within(
    limit: Duration,
    needed: &[BorrowedFd<'_>],
    work: impl FnOnce(&mut PipeWriter) -> io::Result<()>,
) -> Result<Option<Vec<u8>>> {
    let doing = || "run a child";
    let (reader, mut writer) = io::pipe().doing(doing)?;
    match SingleThread::check().and_then(fork).doing(doing)? {
        Fork::Child => {
            drop(reader);
            keep_only(needed, &writer);
            let done = work(&mut writer).and_then(|()| writer.write_all(&[DONE]));
            exit(done.is_err().into())
        }
        Fork::Parent(child) => {
            drop(writer);
            let read = read_within(reader, limit).doing(doing)?;
            let Some(mut bytes) = read else {
                leave_behind(child);
                return Ok(None);
            };
            await_end(child).doing(doing)?;
            match bytes.pop() {
                Some(DONE) => Ok(Some(bytes)),
                _ => Err(Errno::ECHILD).doing(doing),
            }
        }
    }
}

/// Asks `look` about each of `count` items in a forked child, and returns the answers, in order. An item that takes longer
/// than `limit` has no answer: that child is left behind, and another one goes on. Nothing more is asked after `together`.
pub(crate) fn each_in_child<const N: usize>(
    limit: Duration,
    together: Duration,
    needed: &[BorrowedFd<'_>],
    count: usize,
    look: impl Fn(usize) -> [u8; N],
) -> Result<Vec<Option<[u8; N]>>> {
    let doing = || "run a child";
    let mut answers = Vec::with_capacity(count);
    let mut left = together;
    while answers.len() < count && !left.is_zero() {
        let (mut reader, mut writer) = io::pipe().doing(doing)?;
        match SingleThread::check().and_then(fork).doing(doing)? {
            Fork::Child => {
                drop(reader);
                keep_only(needed, &writer);
                let mut items = answers.len()..count;
                let done = items.try_for_each(|item| writer.write_all(&look(item)));
                exit(done.is_err().into())
            }
            Fork::Parent(child) => {
                drop(writer);
                let start = Instant::now();
                let mut bytes = Vec::new();
                let is_over = read_steadily(&mut reader, limit.min(left), &mut bytes).doing(doing)?;
                answers.extend(bytes.as_chunks().0.iter().copied().map(Some));
                if is_over {
                    await_end(child).doing(doing)?;
                    if answers.len() < count {
                        return Err(Errno::ECHILD).doing(doing);
                    }
                } else {
                    leave_behind(child);
                    answers.push(None);
                    left = left.saturating_sub(start.elapsed());
                }
            }
        }
    }
    answers.resize(count, None);
    Ok(answers)
}

/// Reads until the writer is closed. False if nothing comes for longer than `limit`.
fn read_steadily(reader: &mut PipeReader, limit: Duration, bytes: &mut Vec<u8>) -> io::Result<bool> {
    let mut part = [0; 4096];
    while is_ready_within(reader, Instant::now() + limit)? {
        match reader.read(&mut part)? {
            0 => return Ok(true),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
    Ok(false)
}

/// True if `fact` is known to be true within `limit`, found out in a child as by [`in_child_within`]. If its answer cannot
/// be read, its exit status is the answer.
pub(crate) fn is_known_within(
    limit: Duration,
    needed: &[BorrowedFd<'_>],
    fact: impl FnOnce() -> bool,
) -> bool {
    let Ok((mut reader, mut writer)) = io::pipe() else {
        return false;
    };
    match SingleThread::check().and_then(fork) {
        Ok(Fork::Child) => {
            drop(reader);
            keep_only(needed, &writer);
            let is_true = fact();
            if is_true {
                let _ = writer.write_all(&[DONE]);
            }
            exit((!is_true).into())
        }
        Ok(Fork::Parent(child)) => {
            drop(writer);
            if is_ready_within(&reader, Instant::now() + limit).is_ok_and(|is_ready| is_ready) {
                let answer = reader.read(&mut [0]);
                let ended = await_end(child);
                return answer.map_or(ended.is_ok(), |count| count > 0);
            }
            leave_behind(child);
            false
        }
        Err(_) => false,
    }
}

/// Prepares a child that may be left behind: it ends with its parent, and has only these descriptors and its pipe.
fn keep_only(needed: &[BorrowedFd<'_>], pipe: &PipeWriter) {
    let _ = on_death_of_parent(Some(Signal::SIGKILL as i32));
    close_all_but(&[needed, &[pipe.as_fd()]].concat());
}

/// Kills a child that has taken too long. It may have ended by itself, and one that cannot be killed at once is left to the
/// kernel.
fn leave_behind(child: Pid) {
    let _ = kill(child, Signal::SIGKILL);
    let _ = waitpid(child, Some(WaitPidFlag::WNOHANG));
}

/// True if something can be read from the pipe before this time, or the other end is closed.
fn is_ready_within(reader: &PipeReader, end: Instant) -> io::Result<bool> {
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let left = Timespec::try_from(left).map_err(io::Error::other)?;
        match poll(&mut [PollFd::new(reader, PollFlags::IN)], Some(&left)) {
            Ok(count) => return Ok(count > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// All that is written until the writer is closed; `None` if that takes longer than `limit`.
fn read_within(mut reader: PipeReader, limit: Duration) -> io::Result<Option<Vec<u8>>> {
    let end = Instant::now() + limit;
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    while is_ready_within(&reader, end)? {
        match reader.read(&mut part)? {
            0 => return Ok(Some(bytes)),
            count => bytes.extend_from_slice(&part[..count]),
        }
    }
    Ok(None)
}

/// Runs `look` with the PID of a forked child that has done `work` and now waits, so that `look` can read its files in
/// `/proc`.
///
/// Fails with the error of `work`, or as [`in_child`] does.
pub(crate) fn beside_child<T>(
    work: impl FnOnce() -> nix::Result<()>,
    look: impl FnOnce(Pid) -> T,
) -> Result<T> {
    let doing = || "run a child";
    let (mut ready, mut tell) = io::pipe().doing(doing)?;
    // The child waits until the other end is closed. The end of the parent closes it too.
    let (mut end, hold) = io::pipe().doing(doing)?;
    match SingleThread::check().and_then(fork).doing(doing)? {
        Fork::Child => {
            drop((ready, hold));
            // The kernel has no number above 133.
            let answer = work().map_or_else(|errno| u8::try_from(errno as i32).unwrap_or(u8::MAX), |()| 0);
            let told = tell.write_all(&[answer]).and_then(|()| end.read(&mut [0]));
            exit(told.is_err().into())
        }
        Fork::Parent(child) => {
            drop((tell, end));
            let mut answer = [0];
            let looked = match ready.read_exact(&mut answer) {
                Ok(()) if answer == [0] => Ok(look(child)),
                Ok(()) => Err(Errno::from_raw(answer[0].into())),
                Err(_) => Err(Errno::ECHILD),
            };
            drop(hold);
            await_end(child).doing(doing)?;
            looked.doing(doing)
        }
    }
}

/// Waits for the child. A child that failed or was killed is an error.
///
/// If the caller was started with SIGCHLD ignored, the kernel keeps no status of the child. Then its output must do.
fn await_end(child: Pid) -> nix::Result<()> {
    loop {
        match waitpid(child, None) {
            Ok(WaitStatus::Exited(_, 0)) | Err(Errno::ECHILD) => return Ok(()),
            Ok(_) => return Err(Errno::ECHILD),
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}
