//! Signal dispositions: what this process does on a signal, and what it was started with.

use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};

/// Whether `SIGPIPE` was ignored when the process started. The standard library ignores it before `main`.
static PIPE_IGNORED: AtomicBool = AtomicBool::new(false);

/// Runs before `main`, and so before the standard library.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember_pipe;

extern "C" fn remember_pipe() {
    // SAFETY: a sigaction is plain data, and without a new one the call only writes the old one to it.
    let ignored = unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(libc::SIGPIPE, std::ptr::null(), &raw mut old) == 0
            && old.sa_sigaction == libc::SIG_IGN
    };
    PIPE_IGNORED.store(ignored, Ordering::Relaxed);
}

/// Gives `SIGPIPE` back the disposition that the process was started with.
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

/// The signal that this process gets when the thread that made it ends, one of the real-time signals perhaps; none with
/// `None` (`PR_SET_PDEATHSIG` of `prctl(2)`).
pub fn on_death_of_parent(signal: Option<i32>) -> nix::Result<()> {
    let signal = libc::c_long::from(signal.unwrap_or(0));
    // SAFETY: takes numbers only; one that is no signal is answered with EINVAL.
    nix::errno::Errno::result(unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) }).map(|_| ())
}

/// Makes the signal do what it does by default.
pub fn restore_default(signal: Signal) -> nix::Result<()> {
    dispose(signal, SigHandler::SigDfl)
}

/// Ends this process by the signal, whatever it was to do on it so far. Comes back where that cannot be: this is PID 1 of
/// its namespace, or the C library keeps the signal for itself.
pub fn die_of(signal: i32) {
    // SAFETY: a sigaction without a handler, and a set that sigemptyset makes one: both are plain data that the calls read
    // or fill. Numbers that are no signals are answered with EINVAL.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        libc::kill(libc::getpid(), signal);
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, signal);
        libc::sigprocmask(libc::SIG_UNBLOCK, &raw const set, std::ptr::null_mut());
    }
}

/// Whether one of these signals has come that this process has blocked (`sigpending(2)`).
pub fn are_pending(signals: &[Signal]) -> bool {
    // SAFETY: a set that sigpending fills, and that is only read where it has; both take no other pointer.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigpending(&raw mut set) == 0
            && signals
                .iter()
                .any(|signal| libc::sigismember(&raw const set, *signal as i32) == 1)
    }
}

/// Makes the process ignore the signal.
pub fn ignore(signal: Signal) -> nix::Result<()> {
    dispose(signal, SigHandler::SigIgn)
}

/// While this lives, the process ignores the signal.
#[derive(Debug)]
pub struct Ignored {
    signal: Signal,
    before: SigAction,
}

impl Ignored {
    /// From here on.
    pub fn start(signal: Signal) -> nix::Result<Self> {
        let before = set(signal, SigHandler::SigIgn)?;
        Ok(Self { signal, before })
    }
}

impl Drop for Ignored {
    fn drop(&mut self) {
        // SAFETY: what was there before is as safe as it was: nothing of ours has a handler.
        let _ = unsafe { sigaction(self.signal, &self.before) };
    }
}

fn dispose(signal: Signal, handler: SigHandler) -> nix::Result<()> {
    set(signal, handler).map(|_| ())
}

/// Gives what was set before.
fn set(signal: Signal, handler: SigHandler) -> nix::Result<SigAction> {
    debug_assert!(matches!(handler, SigHandler::SigDfl | SigHandler::SigIgn));
    let action = SigAction::new(handler, SaFlags::empty(), SigSet::empty());
    // SAFETY: no handler of ours runs: the signal is ignored, or does what it does by default.
    unsafe { sigaction(signal, &action) }
}
