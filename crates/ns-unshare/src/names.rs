//! Names of existing namespaces: created with `--pin --from`, removed with `--unpin`. No program is run.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::usage;
use ns_core::launch::inside::NameStep;
use ns_core::launch::{NetworkNumber, Plan, Steps};
use ns_core::output::quoted;
use ns_core::target::Destination;
use ns_core::{Error, Identity, Kind, Kinds, Target, pins};

use crate::cli::Cli;
use crate::pin::Unpin;

/// The plan, if the command line is only about names. Adds notes for the caller.
pub fn plan(cli: &Cli, kinds: Kinds, notes: &mut Vec<String>) -> Result<Option<Plan>> {
    let mut steps = Steps::default();
    if !cli.unpin.is_empty() {
        for Unpin { name, kinds } in &cli.unpin {
            steps.inside(NameStep::Unpin(name.clone(), *kinds));
        }
    } else if cli.unpin_stale {
        for pins::Leftover {
            name,
            kind,
            is_of_init,
        } in pins::leftovers()?
        {
            if is_of_init {
                notes.push(kept(kind, &name));
            } else {
                steps.inside(NameStep::UnpinStale(name, kind));
            }
        }
    } else if let (Some(name), Some(id), true) = (&cli.pin, cli.nsid, kinds.is_empty()) {
        if !cli.program.is_empty() {
            let text = "--pin with --nsid alone numbers an existing network namespace, and runs no program: add --net for a new one";
            return Err(usage(Cli::command(), ErrorKind::ArgumentConflict, text).into());
        }
        let network = Target::Name(name.clone()).open()?.destination(Kind::Net)?;
        steps.inside(NameStep::Number(network, NetworkNumber::by_rtnetlink(id)));
    } else if let (Some(name), Some(target)) = (&cli.pin, &cli.from) {
        steps.inside(NameStep::PinExisting(name.clone(), namespaces(target, kinds)?));
    } else {
        return Ok(None);
    }
    Ok(Some(steps.end()))
}

/// The note about a name that --unpin-stale keeps: without its file, the name would be lost for process 1 too.
fn kept(kind: Kind, name: &OsStr) -> String {
    let file = pins::directory(kind).join(name);
    format!(
        "{} is kept: a namespace is mounted on it in the mount namespace of process 1",
        quoted(file.as_os_str().as_bytes())
    )
}

/// The namespaces of the target: of these kinds or, if none is given, the namespaces that differ from the caller's.
fn namespaces(target: &Target, kinds: Kinds) -> Result<Vec<Destination>> {
    let target = target.open()?;
    let wanted = if kinds.is_empty() { target.kinds() } else { kinds };
    let mut found = Vec::new();
    for kind in wanted.iter() {
        let destination = target.destination(kind)?;
        if !kinds.is_empty() || destination.identity() != Identity::own(kind)? {
            found.push(destination);
        }
    }
    if found.is_empty() {
        let words = target.words();
        let error = Error::NotFound(match target.process() {
            Some(_) => format!("no namespace {words} differs from the caller's"),
            None => format!("the caller is already in every namespace that {words} names"),
        });
        return Err(error
            .with_help("name a kind to pin it anyway: add --net, --uts …")
            .into());
    }
    Ok(found)
}
