//! The values of `--pin` and `--unpin`: names to create and to remove.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use ns_core::{Kind, Kinds, pins};

/// A name to remove: `web`, `net:web`, `name:net:web`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpin {
    /// The name.
    pub name: OsString,
    /// The kinds whose name is removed.
    pub kinds: Kinds,
}

impl Unpin {
    /// Reads the value for clap.
    pub fn parse(text: &OsStr) -> Result<Self, String> {
        let kind_of = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<Kind>().ok();
        let bytes = text.as_bytes();
        let colon = bytes.iter().position(|byte| *byte == b':');
        let (kinds, name) = match colon.map(|colon| (&bytes[..colon], &bytes[colon + 1..])) {
            Some((b"name", name)) => (Kinds::ALL, name),
            Some((word, name)) => match kind_of(word) {
                Some(kind) => ([kind].into_iter().collect(), name),
                None => (Kinds::ALL, bytes),
            },
            None => (Kinds::ALL, bytes),
        };
        if name.contains(&b'/') {
            // Somebody has bound it with --net=FILE and the like.
            return Err(
                "must be a name, not a path; a namespace bound to FILE goes with: umount FILE; rm FILE"
                    .into(),
            );
        }
        Ok(Self {
            name: name_to_pin(OsStr::from_bytes(name))?,
            kinds,
        })
    }
}

/// Reads a name to create, for clap.
pub fn name_to_pin(name: &OsStr) -> Result<OsString, String> {
    pins::flaw_of(name).map_or_else(|| Ok(name.to_owned()), |flaw| Err(flaw.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_before_the_colon_is_that_of_the_name() {
        let parse = |text: &str| Unpin::parse(OsStr::new(text)).map(|unpin| (unpin.name, unpin.kinds));
        let net = [Kind::Net].into_iter().collect();
        assert_eq!(parse("web"), Ok(("web".into(), Kinds::ALL)));
        assert_eq!(parse("net:web"), Ok(("web".into(), net)));
        assert_eq!(parse("name:net:web"), Ok(("net:web".into(), Kinds::ALL)));
        assert_eq!(parse("eth0:1"), Ok(("eth0:1".into(), Kinds::ALL)));
        for bad in ["", "net:", "a/b", "net:..", "name:."] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
