//! Sets of signals, and queues of blocked signals, through the kernel's own calls. The calls of the C library leave out
//! the real-time signals that the library uses internally.

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd, RawFd};

use nix::errno::Errno;

use super::errno::from_rustix;

/// A set of signals; bit 0 is signal 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct SignalSet(u64);

/// The size of a set in bytes.
const SIZE: usize = size_of::<SignalSet>();

/// The size of one record in a queue, in bytes (`signalfd(2)`).
const RECORD: usize = 128;

impl SignalSet {
    /// No signal.
    pub const EMPTY: Self = Self(0);

    /// Every signal that a process can block.
    pub const ALL: Self = Self(u64::MAX).without(libc::SIGKILL).without(libc::SIGSTOP);

    /// This set and the signal.
    pub const fn with(self, signal: i32) -> Self {
        Self(self.0 | bit(signal))
    }

    /// This set without the signal.
    pub const fn without(self, signal: i32) -> Self {
        Self(self.0 & !bit(signal))
    }

    /// This set and the signals of the other.
    pub const fn with_all(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without the signals of the other.
    pub const fn without_all(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// True if the signal is in the set.
    pub const fn contains(self, signal: i32) -> bool {
        self.0 & bit(signal) != 0
    }

    /// The signals that this thread blocks.
    pub fn blocked() -> nix::Result<Self> {
        Self::EMPTY.block()
    }

    /// Blocks these signals too. Returns the set that was blocked before.
    pub fn block(self) -> nix::Result<Self> {
        self.change_mask(libc::SIG_BLOCK)
    }

    /// Unblocks these signals.
    pub fn unblock(self) -> nix::Result<()> {
        self.change_mask(libc::SIG_UNBLOCK).map(|_| ())
    }

    /// Blocks these signals and no others.
    pub fn block_only(self) -> nix::Result<()> {
        self.change_mask(libc::SIG_SETMASK).map(|_| ())
    }

    fn change_mask(self, how: i32) -> nix::Result<Self> {
        let mut before = Self::EMPTY;
        // SAFETY: both pointers lead to sets of the given size, and the second one may be written to.
        let answer = unsafe {
            libc::syscall(
                libc::SYS_rt_sigprocmask,
                how,
                &raw const self,
                &raw mut before,
                SIZE,
            )
        };
        Errno::result(answer).map(|_| before)
    }
}

/// The bit of a signal, or 0 for a number that is no signal.
const fn bit(signal: i32) -> u64 {
    if signal < 1 || signal > 64 {
        return 0;
    }
    1 << (signal - 1)
}

/// Blocked signals, to be read one by one (`signalfd(2)`).
#[derive(Debug)]
pub struct SignalQueue(OwnedFd);

/// A signal that was read from a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The signal.
    pub number: i32,
    /// The origin of the signal: `si_code` of `sigaction(2)`.
    pub code: i32,
    /// The PID of the sender, if it has one in this PID namespace.
    pub sender: u32,
    /// The value that came with the signal (`sigqueue(3)`).
    pub value: u64,
}

impl SignalQueue {
    /// A queue for these signals, which the caller has blocked.
    pub fn open(signals: SignalSet) -> nix::Result<Self> {
        let fd = signalfd(-1, signals)?;
        // SAFETY: the kernel has just made this descriptor for this process.
        Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    /// Changes the signals of the queue to these.
    pub fn choose(&self, signals: SignalSet) -> nix::Result<()> {
        signalfd(self.0.as_raw_fd(), signals).map(|_| ())
    }

    /// Reads the next signal. Returns `None` if there is none now.
    pub fn take(&self) -> nix::Result<Option<Received>> {
        let mut record = [0; RECORD];
        let read = || rustix::io::read(&self.0, &mut record[..]);
        match rustix::io::retry_on_intr(read) {
            Ok(RECORD) => Received::parse(&record).map(Some).ok_or(Errno::EBADMSG),
            Ok(_) => Err(Errno::EBADMSG),
            Err(rustix::io::Errno::AGAIN) => Ok(None),
            Err(errno) => Err(from_rustix(errno)),
        }
    }
}

/// Makes a queue, with -1, or changes this one (`signalfd4(2)`).
fn signalfd(fd: RawFd, signals: SignalSet) -> nix::Result<RawFd> {
    let flags = libc::SFD_CLOEXEC | libc::SFD_NONBLOCK;
    // SAFETY: the pointer leads to a set of the given size.
    let answer = unsafe { libc::syscall(libc::SYS_signalfd4, fd, &raw const signals, SIZE, flags) };
    RawFd::try_from(Errno::result(answer)?).map_err(|_| Errno::EBADF)
}

impl Received {
    fn parse(record: &[u8]) -> Option<Self> {
        let number = |start: usize| -> Option<[u8; 4]> { record.get(start..start + 4)?.try_into().ok() };
        Some(Self {
            number: i32::from_ne_bytes(number(0)?),
            code: i32::from_ne_bytes(number(8)?),
            sender: u32::from_ne_bytes(number(12)?),
            value: u64::from_ne_bytes(record.get(48..56)?.try_into().ok()?),
        })
    }
}

impl AsFd for SignalQueue {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_can_have_every_signal_that_can_be_blocked() {
        let missing: Vec<_> = (1..=64)
            .filter(|signal| !SignalSet::ALL.contains(*signal))
            .collect();
        assert_eq!(missing, [libc::SIGKILL, libc::SIGSTOP]);
        assert_eq!(SignalSet::EMPTY.with(65).with(0), SignalSet::EMPTY);
    }

    #[test]
    fn a_blocked_real_time_signal_stays_in_its_queue_with_its_value() {
        let set = SignalSet::EMPTY.with(libc::SIGRTMAX());
        let before = set.block().unwrap();
        let queue = SignalQueue::open(set).unwrap();
        assert_eq!(queue.take(), Ok(None));
        // SAFETY: takes numbers only. The process that gets the signal is this one, and the signal is blocked.
        let answer = unsafe {
            let value = libc::sigval {
                sival_ptr: std::ptr::without_provenance_mut(7),
            };
            libc::pthread_sigqueue(libc::pthread_self(), libc::SIGRTMAX(), value)
        };
        assert_eq!(answer, 0);
        let received = queue.take().unwrap().unwrap();
        assert_eq!((received.number, received.value), (libc::SIGRTMAX(), 7));
        assert_eq!(received.sender, std::process::id());
        before.block_only().unwrap();
    }
}
