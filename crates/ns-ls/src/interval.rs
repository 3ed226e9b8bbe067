//! The interval of `--watch`.

use std::str::FromStr;
use std::time::Duration;

use ns_core::Error;

/// The time between two scans.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval(pub Duration);

impl FromStr for Interval {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let seconds: Option<f64> = text.parse().ok();
        seconds
            .filter(|seconds| *seconds >= 0.01)
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(Self)
            .ok_or_else(|| {
                let why = "expected a number of seconds, at least 0.01";
                Error::invalid("interval", text, why)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_a_number_of_seconds() {
        assert_eq!("1".parse(), Ok(Interval(Duration::from_secs(1))));
        assert_eq!("0.25".parse(), Ok(Interval(Duration::from_millis(250))));
        for text in ["", "0", "-1", "x", "inf", "NaN", "1e300"] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }
}
