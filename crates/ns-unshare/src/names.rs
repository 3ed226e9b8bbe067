//! Names of namespaces that are there already: given with `--pin --from`, taken away with `--unpin`. Nothing is run.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

use anyhow::Result;
use ns_core::launch::{Plan, Step};
use ns_core::target::Destination;
use ns_core::{Error, Kind, Kinds, Namespace, Target, pins};

use crate::cli::Cli;

/// What is to lose its name: `web`, `net:web`, `name:net:web`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unpin {
    name: OsString,
    kinds: Kinds,
}

impl Unpin {
    /// Reads it for clap.
    pub fn parse(text: &OsStr) -> Result<Self, String> {
        let kind_of = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<Kind>().ok();
        let bytes = text.as_bytes();
        let colon = bytes.iter().position(|byte| *byte == b':');
        let (kinds, name) = match colon.map(|colon| (&bytes[..colon], &bytes[colon + 1..])) {
            Some((b"name", name)) => (Kinds::ALL, name),
            Some((word, name)) if let Some(kind) = kind_of(word) => ([kind].into_iter().collect(), name),
            _ => (Kinds::ALL, bytes),
        };
        Ok(Self {
            name: name_to_pin(OsStr::from_bytes(name))?,
            kinds,
        })
    }
}

/// Reads a name to give, for clap.
pub fn name_to_pin(name: &OsStr) -> Result<OsString, String> {
    pins::flaw_of(name).map_or_else(|| Ok(name.to_owned()), |flaw| Err(flaw.into()))
}

/// The plan, where the command line is about names alone.
pub fn plan(cli: &Cli, kinds: Kinds) -> Result<Option<Plan>> {
    let mut plan = Plan::default();
    if !cli.unpin.is_empty() {
        for Unpin { name, kinds } in &cli.unpin {
            plan.inside(Step::Unpin(name.clone(), *kinds));
        }
    } else if let (Some(name), Some(target)) = (&cli.pin, &cli.from) {
        plan.inside(Step::PinExisting(name.clone(), namespaces(target, kinds)?));
    } else {
        return Ok(None);
    }
    plan.inside(Step::End);
    Ok(Some(plan))
}

/// The namespaces of the target: of these kinds, or, where none is said, those that differ from the caller's.
fn namespaces(target: &Target, kinds: Kinds) -> Result<Vec<Destination>> {
    let target = target.open()?;
    let wanted = if kinds.is_empty() { target.kinds() } else { kinds };
    let mut found = Vec::new();
    for kind in wanted.iter() {
        let destination = target.destination(kind)?;
        if !kinds.is_empty() || destination.identity() != Namespace::own(kind)?.identity() {
            found.push(destination);
        }
    }
    if found.is_empty() {
        let words = target.words();
        let error = Error::NotFound(match target.process() {
            Some(_) => format!("no namespace {words} differs from the caller's"),
            None => format!("what {words} gives are namespaces of the caller's own"),
        });
        return Err(error
            .with_help("a kind that is named is pinned all the same: add --net, --uts …")
            .into());
    }
    Ok(found)
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
