//! Values that steps set: words that a person writes and the kernel reads.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use nix::mount::MsFlags;

use crate::{Error, Result};

/// The content of `/proc/PID/setgroups`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setgroups {
    /// `setgroups(2)` works.
    Allow,
    /// `setgroups(2)` is refused, permanently.
    Deny,
}

/// A clock of a time namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// `CLOCK_MONOTONIC`.
    Monotonic,
    /// `CLOCK_BOOTTIME`.
    Boottime,
}

/// How far a clock is ahead or behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockOffset {
    /// True if the clock is behind.
    pub behind: bool,
    /// The difference.
    pub by: Duration,
}

/// Propagation of mounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropagationType {
    /// No mount propagates in or out.
    Private,
    /// Mounts propagate in, and not out.
    Slave,
    /// Mounts propagate between the copies in both directions.
    Shared,
}

impl Setgroups {
    /// The word in `/proc/PID/setgroups`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
        }
    }
}

impl Clock {
    /// The word in `/proc/PID/timens_offsets`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Monotonic => "monotonic",
            Self::Boottime => "boottime",
        }
    }
}

impl ClockOffset {
    /// Seconds and nanoseconds in the kernel's form: the nanoseconds are never negative.
    pub fn kernel(self) -> String {
        let (seconds, nanoseconds) = (i128::from(self.by.as_secs()), self.by.subsec_nanos());
        match (self.behind, nanoseconds) {
            (false, _) => format!("{seconds} {nanoseconds}"),
            (true, 0) => format!("{} 0", -seconds),
            (true, _) => format!("{} {}", -seconds - 1, 1_000_000_000 - nanoseconds),
        }
    }
}

impl fmt::Display for ClockOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.behind { "-" } else { "+" };
        write!(f, "{sign}{} s", self.by.as_secs_f64())
    }
}

impl PropagationType {
    /// The word in options.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Slave => "slave",
            Self::Shared => "shared",
        }
    }

    /// The flag of `mount(2)`.
    pub const fn flag(self) -> MsFlags {
        match self {
            Self::Private => MsFlags::MS_PRIVATE,
            Self::Slave => MsFlags::MS_SLAVE,
            Self::Shared => MsFlags::MS_SHARED,
        }
    }
}

impl FromStr for Setgroups {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        [Self::Allow, Self::Deny]
            .into_iter()
            .find(|setgroups| setgroups.word() == text)
            .ok_or_else(|| Error::invalid("value for setgroups", text, "expected allow or deny"))
    }
}

/// The kernel's maximum of seconds, in both directions: 2^62 nanoseconds, half of what its clocks can hold.
pub const MOST_SECONDS: u64 = 4_611_686_017;

impl FromStr for ClockOffset {
    type Err = Error;

    /// Parses seconds with up to nine decimals: `1.5`, `-3600`.
    fn from_str(text: &str) -> Result<Self> {
        let invalid = |why: String| Error::invalid("clock offset", text, why);
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (seconds, decimals) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        if seconds.is_empty()
            || !digits(seconds)
            || !digits(decimals)
            || decimals.len() > 9
            || text.ends_with('.')
        {
            return Err(invalid(
                "expected a number of seconds, with at most nine decimals".into(),
            ));
        }
        let nanoseconds = format!("{decimals:0<9}").parse().unwrap_or_default();
        let by = seconds
            .parse()
            .ok()
            .map(|seconds| Duration::new(seconds, nanoseconds))
            .filter(|by| *by <= Duration::from_secs(MOST_SECONDS))
            .ok_or_else(|| {
                invalid(format!(
                    "the kernel accepts at most {MOST_SECONDS} seconds in either direction"
                ))
            })?;
        Ok(Self {
            behind: text.starts_with('-'),
            by,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offset_has_no_negative_nanoseconds() {
        let offset = |behind, milliseconds| {
            ClockOffset {
                behind,
                by: Duration::from_millis(milliseconds),
            }
            .kernel()
        };
        assert_eq!(offset(false, 1500), "1 500000000");
        assert_eq!(offset(true, 1500), "-2 500000000");
        assert_eq!(offset(true, 2000), "-2 0");
        assert_eq!(offset(true, 250), "-1 750000000");
    }

    #[test]
    fn an_offset_is_written_as_seconds() {
        let kernel = |text: &str| text.parse::<ClockOffset>().map(ClockOffset::kernel);
        assert_eq!(kernel("1.5").unwrap(), "1 500000000");
        assert_eq!(kernel("+10").unwrap(), "10 0");
        assert_eq!(kernel("-0.000000001").unwrap(), "-1 999999999");
        assert_eq!(kernel("4611686017").unwrap(), "4611686017 0");
        for text in [
            "",
            "-",
            "1.",
            ".5",
            "1e3",
            "0x5",
            "4611686018",
            "1.1234567890",
            "1:2",
        ] {
            assert!(text.parse::<ClockOffset>().is_err(), "{text}");
        }
    }
}
