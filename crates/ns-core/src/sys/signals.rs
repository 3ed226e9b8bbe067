//! Signals: the dispositions of this process now and at its start, and sending signals.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::Pid;

use super::signal_set::SignalSet;

/// True if `SIGPIPE` was ignored when the process started. The standard library ignores it before `main`.
static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Runs before `main`, and so before the standard library.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember_pipe;

extern "C" fn remember_pipe() {
    PIPE_IGNORED.store(is_ignored(Signal::SIGPIPE), Ordering::Relaxed);
}

/// Restores the disposition of `SIGPIPE` that the process was started with.
pub fn restore_pipe() -> nix::Result<()> {
    let ignored = PIPE_IGNORED.load(Ordering::Relaxed);
    dispose(
        Signal::SIGPIPE,
        if ignored {
            SigHandler::SigIgn
        } else {
            SigHandler::SigDfl
        },
    )
}

/// Sets the signal that this process gets when the thread that made it ends, which may be a real-time signal; `None`
/// clears it (`PR_SET_PDEATHSIG` of `prctl(2)`).
pub fn on_death_of_parent(signal: Option<i32>) -> nix::Result<()> {
    let signal = libc::c_long::from(signal.unwrap_or(0));
    // SAFETY: takes numbers only; a number that is no signal is answered with EINVAL.
    Errno::result(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) }).map(|_| ())
}

/// Gives the signal its default effect.
pub fn restore_default(signal: Signal) -> nix::Result<()> {
    dispose(signal, SigHandler::SigDfl)
}

/// Ends this process by the signal, even if the process handles or ignores it so far. Returns if that is impossible
/// because this is PID 1 of its namespace.
pub fn die_of(signal: i32) {
    // SAFETY: a sigaction without a handler is plain data that the call reads. Numbers that are no signals are answered
    // with EINVAL. So are the signals that the C library uses internally, which never had a handler here.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
    }
    // If this fails, this process goes on, and the caller sees that.
    let _ = send(nix::unistd::getpid(), signal);
    let _ = SignalSet::EMPTY.with(signal).unblock();
}

/// Sends a signal of any number (`kill(2)`).
pub fn send(process: Pid, signal: i32) -> nix::Result<()> {
    // SAFETY: takes numbers only; invalid numbers are answered with an error.
    Errno::result(unsafe { libc::kill(process.as_raw(), signal) }).map(|_| ())
}

/// Sends a signal of any number, and a value (`sigqueue(3)`).
pub fn send_with(process: Pid, signal: i32, value: u64) -> nix::Result<()> {
    let value = libc::sigval {
        // The kernel only passes the value on.
        sival_ptr: std::ptr::without_provenance_mut(usize::try_from(value).unwrap_or_default()),
    };
    // SAFETY: takes numbers only, including the one in the pointer; invalid numbers are answered with an error.
    Errno::result(unsafe { libc::sigqueue(process.as_raw(), signal, value) }).map(|_| ())
}

/// True if this process ignores the signal.
pub fn is_ignored(signal: Signal) -> bool {
    disposition(signal) == Some(libc::SIG_IGN)
}

/// The disposition of the signal in this process.
fn disposition(signal: Signal) -> Option<libc::sighandler_t> {
    // SAFETY: a sigaction is plain data; without a new one, the call only writes the old one to it.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        (libc::sigaction(signal as i32, std::ptr::null(), &raw mut old) == 0).then_some(old.sa_sigaction)
    }
}

/// Makes the process ignore the signal.
pub fn ignore(signal: Signal) -> nix::Result<()> {
    dispose(signal, SigHandler::SigIgn)
}

/// While this value lives, the process ignores the signal.
#[derive(Debug)]
pub struct Ignored {
    signal: Signal,
    before: SigAction,
}

impl Ignored {
    /// Ignores the signal from now on.
    pub fn start(signal: Signal) -> nix::Result<Self> {
        let before = set(signal, SigHandler::SigIgn)?;
        Ok(Self { signal, before })
    }
}

impl Drop for Ignored {
    fn drop(&mut self) {
        // SAFETY: the former disposition is as safe as it was: this process has no signal handlers.
        let _ = unsafe { sigaction(self.signal, &self.before) };
    }
}

fn dispose(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    set(signal, handler).map(|_| ())
}

/// Sets the disposition, and returns the former one.
fn set(signal: Signal, handler: SigHandler) -> nix::Result<SigAction> {
    debug_assert!(matches!(handler, SigHandler::SigDfl | SigHandler::SigIgn));
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: this sets no handler: the signal is ignored, or has its default effect.
    unsafe { sigaction(signal, &action) }
}
