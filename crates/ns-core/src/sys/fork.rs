//! `fork(2)` for programs of one thread, in which it is safe: no lock is held by a thread that the child lacks.

use std::time::Duration;

use nix::errno::Errno;
use nix::sched::CloneFlags;
use nix::unistd::{ForkResult, Pid};

/// On which side of a fork the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fork {
    /// In the process that was there before; the child has this PID.
    Parent(Pid),
    /// In the new process.
    Child,
}

/// That the process has one thread. Nothing in this crate makes another one behind the back of who holds this.
#[derive(Clone, Copy, Debug)]
pub struct SingleThread(());

impl SingleThread {
    /// `EDEADLK` where there is another thread.
    pub fn check() -> nix::Result<Self> {
        // A thread that was joined is counted a moment longer: it has left the memory, and has yet to leave the list.
        for _ in 0..PATIENCE {
            // Does nothing, and is refused where there are several threads (unshare(2)). Unlike a look at /proc it works
            // where none is mounted. A filter of system calls may refuse it otherwise, which says nothing of threads.
            match nix::sched::unshare(CloneFlags::CLONE_THREAD) {
                Err(Errno::EINVAL) => std::thread::sleep(MOMENT),
                _ => return Ok(Self(())),
            }
        }
        Err(Errno::EDEADLK)
    }
}

/// How long a thread that has ended is waited for at a time.
const MOMENT: Duration = Duration::from_micros(100);

/// How many times.
const PATIENCE: u32 = 200;

/// Makes a child (`fork(2)`).
pub fn fork(_: SingleThread) -> nix::Result<Fork> {
    // SAFETY: there is one thread, so that the child may do all that its parent may.
    match unsafe { nix::unistd::fork() }? {
        ForkResult::Parent { child } => Ok(Fork::Parent(child)),
        ForkResult::Child => Ok(Fork::Child),
    }
}

/// Makes a sibling: a process whose parent is that of the caller (`CLONE_PARENT` of `clone(2)`), as the caller is to end
/// and the other to be waited for by whoever waited for the caller.
pub fn fork_sibling(_: SingleThread) -> nix::Result<Fork> {
    let flags = libc::c_long::from(libc::CLONE_PARENT | libc::SIGCHLD);
    // SAFETY: without CLONE_VM and with a stack of 0 this is fork(2) with another parent; there is one thread, as there.
    let child = unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) };
    match i32::try_from(Errno::result(child)?) {
        Ok(0) => Ok(Fork::Child),
        Ok(child) => Ok(Fork::Parent(Pid::from_raw(child))),
        Err(_) => Err(Errno::ESRCH),
    }
}

/// Ends the process (`_exit(2)`) without what its parent has registered for its own end.
pub fn exit(status: i32) -> ! {
    // SAFETY: does not come back, and runs nothing of ours.
    unsafe { libc::_exit(status) }
}
