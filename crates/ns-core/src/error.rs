//! The error of this crate: what was tried, on what, and the kernel's answer, in words a person can act on.

use nix::errno::Errno;
use rustix::thread::{SecureComputingMode, secure_computing_mode};

use crate::escape::quoted;
use crate::sys::errno::{from_io, from_rustix};
use crate::sys::uname;

/// The result of this crate's functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An operation that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The kernel refused: `cannot join the network namespace of process 4711: Operation not permitted`.
    #[error("cannot {doing}: {}", words(*.errno))]
    Kernel {
        /// The operation and its object, as they read after "cannot".
        doing: String,
        /// The error number of the kernel.
        errno: Errno,
    },

    /// The named thing does not exist: `process 4711 does not exist`.
    #[error("{0}")]
    NotFound(String),

    /// The name fits several things: `2 containers have an id that starts with "3f"`.
    #[error("{0}")]
    Ambiguous(String),

    /// The named thing exists, and is of another sort than it should be: `/tmp/x is not a namespace`.
    #[error("{0}")]
    Unfit(String),

    /// An invalid text: `invalid id map "1:2": …`.
    #[error("invalid {what} {}: {why}", quoted(.text))]
    Invalid {
        /// The expected kind of text.
        what: &'static str,
        /// The text as it was given.
        text: Vec<u8>,
        /// Why the text is invalid.
        why: String,
    },

    /// Any of these, with what was found out about it.
    #[error("{error}")]
    Explained {
        /// The error itself.
        error: Box<Error>,
        /// The cause: a fact that was looked up, never a guess.
        cause: Option<String>,
        /// A caveat, such as how many processes could not be searched.
        note: Option<String>,
        /// A command to type, or one sentence about what to do.
        help: Option<String>,
    },
}

/// True if a proc file system is mounted on `/proc`, and nothing that only looks like one.
pub(crate) fn has_proc() -> bool {
    use nix::sys::statfs::{PROC_SUPER_MAGIC, statfs};
    statfs("/proc").is_ok_and(|system| system.filesystem_type() == PROC_SUPER_MAGIC)
}

impl Error {
    /// An error number of the kernel. `doing` reads after "cannot".
    pub fn kernel(doing: impl Into<String>, errno: Errno) -> Self {
        Self::Kernel {
            doing: doing.into(),
            errno,
        }
    }

    /// A text that is not a valid `what`.
    pub fn invalid(what: &'static str, text: impl AsRef<[u8]>, why: impl Into<String>) -> Self {
        Self::Invalid {
            what,
            text: text.as_ref().to_vec(),
            why: why.into(),
        }
    }

    /// Adds a help text to the error.
    #[must_use]
    pub fn with_help(self, help: impl Into<String>) -> Self {
        let cause = self.cause().map(str::to_owned);
        self.explained(cause, Some(help.into()))
    }

    /// This kernel has no interface for the operation, which reads after "cannot". `since` is the version that has it.
    ///
    /// If this kernel is that version or a later one, something else hides the interface from the caller.
    pub fn needs_linux(doing: &str, since: &str) -> Self {
        let own = uname::release().unwrap_or_default();
        let (own, needed) = (versions(&own).next(), versions(since).max());
        if own < needed {
            return Self::Unfit(format!("cannot {doing}: that needs Linux {since}"));
        }
        let error = Self::kernel(doing, Errno::ENOSYS);
        if secure_computing_mode() == Ok(SecureComputingMode::Filter) {
            let (major, minor) = own.unwrap_or_default();
            let cause = format!("Linux {major}.{minor} can do that, and a seccomp filter hides it");
            let help = "in a container: run the container with another seccomp profile";
            error.explained(Some(cause), Some(help.into()))
        } else {
            error
        }
    }

    /// Adds a cause and a help text to the error.
    #[must_use]
    pub fn explained(self, cause: Option<String>, help: Option<String>) -> Self {
        let note = self.note().map(str::to_owned);
        Self::Explained {
            error: Box::new(self.unexplained()),
            cause,
            note,
            help,
        }
    }

    /// Adds a note about what limits the error's claim.
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        let (cause, help) = (self.cause().map(str::to_owned), self.help().map(str::to_owned));
        Self::Explained {
            error: Box::new(self.unexplained()),
            cause,
            note: Some(note.into()),
            help,
        }
    }

    /// The error alone.
    fn unexplained(self) -> Self {
        match self {
            Self::Explained { error, .. } => *error,
            error => error,
        }
    }

    /// Names the missing `/proc` as the cause, if the error has no cause and no `/proc` is mounted.
    #[must_use]
    pub(crate) fn or_without_proc(self) -> Self {
        if self.cause().is_some() || has_proc() {
            return self;
        }
        self.explained(Some(WITHOUT_PROC.into()), Some(MOUNT_PROC.into()))
    }

    /// The error number of the kernel, if the kernel refused.
    pub fn errno(&self) -> Option<Errno> {
        match self {
            Self::Kernel { errno, .. } => Some(*errno),
            Self::Explained { error, .. } => error.errno(),
            Self::NotFound(_) | Self::Ambiguous(_) | Self::Unfit(_) | Self::Invalid { .. } => None,
        }
    }

    /// True if the named thing does not exist.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::NotFound(_) => true,
            Self::Explained { error, .. } => error.is_not_found(),
            _ => false,
        }
    }

    /// The cause, if one was found.
    pub fn cause(&self) -> Option<&str> {
        match self {
            Self::Explained { cause, .. } => cause.as_deref(),
            _ => None,
        }
    }

    /// The caveat.
    pub fn note(&self) -> Option<&str> {
        match self {
            Self::Explained { note, .. } => note.as_deref(),
            _ => None,
        }
    }

    /// The help text, if there is one.
    pub fn help(&self) -> Option<&str> {
        match self {
            Self::Explained { help, .. } => help.as_deref(),
            _ => None,
        }
    }
}

/// The cause if no process can be looked at, not even the caller.
pub(crate) const WITHOUT_PROC: &str = "no proc file system is mounted on /proc here";

/// The help for that cause.
pub(crate) const MOUNT_PROC: &str = "mount -t proc proc /proc, or enter this root with --mount-proc";

/// Adds the operation to an error number of the kernel.
pub trait Doing<T> {
    /// Turns the error number into an [`Error`]. The text of `doing` reads after "cannot".
    fn doing<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T>;
}

impl<T> Doing<T> for nix::Result<T> {
    fn doing<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|errno| Error::kernel(doing(), errno))
    }
}

impl<T> Doing<T> for rustix::io::Result<T> {
    fn doing<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(from_rustix).doing(doing)
    }
}

impl<T> Doing<T> for std::io::Result<T> {
    fn doing<S: Into<String>>(self, doing: impl FnOnce() -> S) -> Result<T> {
        self.map_err(|error| from_io(&error)).doing(doing)
    }
}

/// The error number in the words of the C library, which other programs use too: `Operation not permitted`.
pub(crate) fn words(errno: Errno) -> String {
    let text = std::io::Error::from(errno).to_string();
    // The standard library adds the number.
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// The versions of Linux in a text: major and minor number.
fn versions(text: &str) -> impl Iterator<Item = (u32, u32)> + '_ {
    let numbers = text.split(|c: char| !c.is_ascii_digit() && c != '.');
    numbers.filter_map(|number| {
        let mut parts = number.split('.').map(str::parse);
        Some((parts.next()?.ok()?, parts.next()?.ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_as_a_sentence_without_numbers() {
        let error = Error::kernel("join the network namespace of process 4711", Errno::EPERM);
        assert_eq!(
            error.to_string(),
            "cannot join the network namespace of process 4711: Operation not permitted"
        );
    }

    #[test]
    fn a_kernel_that_is_new_enough_is_not_called_too_old() {
        assert_eq!(versions("6.18.44-fc-v782").next(), Some((6, 18)));
        assert_eq!(versions("5.14.0-362.8.1.el9").next(), Some((5, 14)));
        assert_eq!(versions("6.8, or 6.12 for another").max(), Some((6, 12)));
        let version = "999.0";
        let later = Error::needs_linux("do it", version).to_string();
        assert_eq!(later, format!("cannot do it: that needs Linux {version}"));
        let earlier = Error::needs_linux("do it", "2.6").to_string();
        assert_eq!(earlier, "cannot do it: Function not implemented");
    }

    #[test]
    fn the_text_in_an_error_cannot_move_the_cursor() {
        let error = Error::invalid("id map", b"a\x1b[2J\xff\"", "three numbers are needed");
        assert_eq!(
            error.to_string(),
            r#"invalid id map "a\x1b[2J\xff\"": three numbers are needed"#
        );
    }

    #[test]
    fn an_explanation_keeps_the_error_and_its_number() {
        let error = Error::kernel("create a user namespace", Errno::ENOSPC)
            .explained(Some("the cause".into()), Some("the help".into()));
        assert_eq!(error.errno(), Some(Errno::ENOSPC));
        assert_eq!(
            error.to_string(),
            "cannot create a user namespace: No space left on device"
        );
        assert_eq!(
            (error.cause(), error.help()),
            (Some("the cause"), Some("the help"))
        );
    }
}
