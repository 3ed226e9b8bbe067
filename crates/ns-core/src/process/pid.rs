//! A process id.

use std::fmt;
use std::num::NonZero;
use std::str::FromStr;

use crate::Error;

/// A process id: positive, as the caller's `/proc` counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pid(NonZero<i32>);

impl Pid {
    /// The first process of the PID namespace that `/proc` shows.
    pub const INIT: Self = Self(rustix::process::Pid::INIT.as_raw_nonzero());

    /// The caller's own.
    pub fn own() -> Self {
        rustix::process::getpid().into()
    }

    /// `None` for 0 and negative numbers, which name no process.
    pub fn new(number: i32) -> Option<Self> {
        NonZero::new(number).filter(|pid| pid.get() > 0).map(Self)
    }

    /// As rustix has it.
    pub(crate) fn to_rustix(self) -> rustix::process::Pid {
        // The number is positive by construction.
        rustix::process::Pid::from_raw(self.0.get()).expect("a PID is positive")
    }

    /// As a number.
    pub fn as_raw(self) -> i32 {
        self.0.get()
    }
}

impl From<rustix::process::Pid> for Pid {
    fn from(pid: rustix::process::Pid) -> Self {
        Self(pid.as_raw_nonzero())
    }
}

impl From<Pid> for u64 {
    fn from(pid: Pid) -> Self {
        pid.as_raw().unsigned_abs().into()
    }
}

impl From<Pid> for nix::unistd::Pid {
    fn from(pid: Pid) -> Self {
        Self::from_raw(pid.as_raw())
    }
}

impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_raw().to_string().as_str())
    }
}

impl FromStr for Pid {
    type Err = Error;

    /// Blanks around the number are no part of it.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim_ascii();
        // parse() would take a plus sign.
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok().and_then(Self::new))
            .flatten()
            .ok_or_else(|| {
                Error::invalid(
                    "process id",
                    text,
                    format!("expected a number from 1 to {}", i32::MAX),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_positive_numbers_name_a_process() {
        assert_eq!("4711".parse::<Pid>().unwrap().to_string(), "4711");
        assert_eq!(" 4711\n".parse::<Pid>().unwrap().to_string(), "4711");
        for text in ["", " ", "0", "-1", "+1", "1x", "1 2", "4294967297"] {
            assert!(text.parse::<Pid>().is_err(), "{text}");
        }
    }
}
