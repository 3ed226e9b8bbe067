//! A signal in the notations that people use: `TERM`, `SIGTERM`, `15`, `RTMIN+3`.

use std::fmt;
use std::str::FromStr;

use nix::sys::signal::Signal;

use crate::{Error, Result};

/// The number of a signal, which may be a real-time signal (`signal(7)`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignalNumber(i32);

impl SignalNumber {
    /// The signal that cannot be caught, blocked or ignored.
    pub const KILL: Self = Self(libc::SIGKILL);

    /// The signal with the kernel's number.
    pub(super) const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// True for the signals by which a terminal or another program asks a program to end.
    pub const fn asks_to_end(self) -> bool {
        matches!(
            self.0,
            libc::SIGHUP | libc::SIGINT | libc::SIGQUIT | libc::SIGTERM
        )
    }

    /// The number of the signal.
    pub fn as_raw(self) -> i32 {
        self.0
    }
}

impl From<Signal> for SignalNumber {
    fn from(signal: Signal) -> Self {
        Self(signal as i32)
    }
}

impl FromStr for SignalNumber {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let invalid = || {
            let most = libc::SIGRTMAX();
            Error::invalid(
                "signal",
                text,
                format!("expected a name such as TERM or RTMIN+1, or a number from 1 to {most}"),
            )
        };
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        let upper = text.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        let number = if let Some(more) = name.strip_prefix("RTMIN") {
            offset(more, '+')
                .map(|more| real_time.start() + more)
                .filter(|number| real_time.contains(number))
        } else if let Some(less) = name.strip_prefix("RTMAX") {
            offset(less, '-')
                .map(|less| real_time.end() - less)
                .filter(|number| real_time.contains(number))
        } else if let Ok(number) = name.parse::<i32>() {
            (1..=*real_time.end()).contains(&number).then_some(number)
        } else {
            format!("SIG{name}")
                .parse::<Signal>()
                .ok()
                .map(|signal| signal as i32)
        };
        number.map(Self).ok_or_else(invalid)
    }
}

/// The offset after RTMIN or RTMAX: nothing, or a sign and a number.
fn offset(text: &str, sign: char) -> Option<i32> {
    if text.is_empty() {
        return Some(0);
    }
    let digits = text.strip_prefix(sign)?;
    digits
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| digits.parse().ok())
        .flatten()
}

impl fmt::Display for SignalNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Signal::try_from(self.0) {
            Ok(signal) => f.write_str(signal.as_str()),
            Err(_) if self.0 < libc::SIGRTMIN() => write!(f, "signal {}", self.0),
            Err(_) => write!(f, "SIGRTMIN+{}", self.0 - libc::SIGRTMIN()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_has_names_and_a_number() {
        for text in ["TERM", "SIGTERM", "sigterm", "15"] {
            assert_eq!(text.parse::<SignalNumber>().unwrap().to_string(), "SIGTERM");
        }
        assert_eq!(
            "RTMIN+3".parse::<SignalNumber>().unwrap().to_string(),
            "SIGRTMIN+3"
        );
        // The C library uses this signal internally.
        assert_eq!("33".parse::<SignalNumber>().unwrap().to_string(), "signal 33");
        assert_eq!(
            "rtmax".parse::<SignalNumber>().unwrap().as_raw(),
            libc::SIGRTMAX()
        );
        for text in [
            "", "SIG", "0", "65", "-1", "TREM", "RTMIN-1", "RTMAX+1", "RTMIN+40",
        ] {
            assert!(text.parse::<SignalNumber>().is_err(), "{text}");
        }
    }
}
