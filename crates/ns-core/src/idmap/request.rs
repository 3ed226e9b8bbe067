//! The ranges that a person asks for, before the files with subordinate ids are read.

use std::str::FromStr;

use super::IdRange;
use crate::{Error, Result};

/// One value of `--map-users` or `--map-groups`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapRequest {
    /// `inner:outer:count`.
    Range(IdRange),
    /// `auto`: the caller's subordinate ids, from 0 on.
    Auto,
    /// `subids`: the caller's subordinate ids, as themselves.
    Subordinate,
    /// `all`: every id of the caller's user namespace, as itself.
    All,
}

impl FromStr for MapRequest {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "auto" => Ok(Self::Auto),
            "subids" => Ok(Self::Subordinate),
            "all" => Ok(Self::All),
            _ => text.parse().map(Self::Range).map_err(|error| match error {
                Error::Invalid { what, text, why } if why.starts_with("expected ") => Error::Invalid {
                    what,
                    text,
                    why: format!("{why}; or auto, subids, all"),
                },
                error => error,
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_a_range_or_a_word() {
        assert_eq!("auto".parse(), Ok(MapRequest::Auto));
        assert_eq!(
            "0:5:1".parse(),
            Ok(MapRequest::Range(IdRange {
                inner: 0,
                outer: 5,
                count: 1
            }))
        );
        assert!(
            "al".parse::<MapRequest>()
                .unwrap_err()
                .to_string()
                .ends_with("or auto, subids, all")
        );
        // A range was meant.
        let error = "0:0:0".parse::<MapRequest>().unwrap_err().to_string();
        assert!(!error.contains("auto"), "{error}");
    }
}
