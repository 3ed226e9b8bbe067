//! `fork(2)` for programs with one thread. There it is safe: no lock is held by a thread that the child lacks.

use std::time::Duration;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::{ForkResult, Pid};

/// The side of a fork that the caller is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// The caller is the parent; the child has this PID.
    Parent(Pid),
    /// The caller is the child.
    Child,
}

/// Proof that the process has one thread. Nothing in this crate starts a thread while a caller holds this proof.
#[derive(Clone, Copy, Debug)]
pub struct SingleThread(());

impl SingleThread {
    /// Checks the number of threads. Fails with `EDEADLK` if there is another thread.
    pub fn check() -> nix::Result<Self> {
        // A joined thread is counted for a moment longer: it has left the memory, but not yet the list of threads.
        for _ in 0..PATIENCE {
            // The call does nothing, and is refused if there are several threads (unshare(2)). Unlike a look at /proc,
            // it also works if no /proc is mounted. A filter of system calls may refuse it with other errors, which say
            // nothing about threads.
            match nix::sched::unshare(CloneFlags::CLONE_THREAD) {
                Err(Errno::EINVAL) => std::thread::sleep(MOMENT),
                _ => return Ok(Self(())),
            }
        }
        Err(Errno::EDEADLK)
    }
}

/// The time of one wait for a thread that has ended.
const MOMENT: Duration = Duration::from_micros(100);

/// The maximum number of waits.
const PATIENCE: u32 = 200;

/// Makes a child (`fork(2)`).
pub fn fork(_: SingleThread) -> nix::Result<Fork> {
    // SAFETY: there is one thread, so the child may do everything that its parent may.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Fork::Parent(child)),
        ForkResult::Child => Ok(Fork::Child),
    }
}

/// Makes a sibling: a process with the caller's parent as its parent (`CLONE_PARENT` of `clone(2)`). The caller will
/// end, and the parent will wait for the sibling instead.
pub fn fork_sibling(_: SingleThread) -> nix::Result<Fork> {
    let flags = libc::c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with a stack of 0, this is fork(2) with another parent; there is one thread, as
    // above.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match i32::try_from(Errno::result(child)?) {
        Ok(0) => Ok(Fork::Child),
        Ok(child) => Ok(Fork::Parent(Pid::from_raw(child))),
        Err(_) => Err(Errno::ESRCH),
    }
}

/// Ends the process (`_exit(2)`) without the exit handlers that its parent has registered.
pub fn exit(status: i32) -> ! {
    // SAFETY: does not return, and runs no code of this process.
    unsafe { libc::_exit(status) }
}
