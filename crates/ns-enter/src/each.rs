//! `--each`: the program once for each name of a kind, as `ip -all netns exec` runs it.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::usage;
use ns_core::launch::{self, Ended, SignalNumber, mirror};
use ns_core::output::escape_for_terminal;
use ns_core::{Kind, pins};

use crate::PROGRAM;
use crate::cli::Cli;
use crate::plan;
use crate::request::Request;

/// Runs the program for each name. The status is the highest one. A program that HUP, INT, QUIT or TERM has ended is the
/// last. So is the program that runs when another process sends INT or TERM to ns-enter, if signals are not passed on.
pub fn run(cli: &Cli, kind: Kind) -> Result<ExitCode> {
    if cli.kind(kind).is_some() {
        let text = format!("--each {kind} gives --{} its targets", kind.option());
        return Err(usage(Cli::command(), ErrorKind::ArgumentConflict, text).into());
    }
    if !cli.dry_run {
        launch::run_from_unwritable_copy(PROGRAM)?;
    }
    let mut highest = 0;
    for (name, kinds) in pins::names()? {
        if !kinds.contains(kind) {
            continue;
        }
        if let Some(error) = flaw(&name, kind)? {
            ns_core::cli::note(PROGRAM, &format!("{error}: left out"));
            continue;
        }
        heading(kind, &name)?;
        let (ended, asked) = one(&cli.for_name(kind, name))?;
        if let Some(signal) = asked {
            return Ok(mirror(Ended::Killed(signal)).into());
        }
        // Such a signal is passed on to one program, and is about all of them.
        if matches!(ended, Ended::Killed(signal) if signal.asks_to_end()) {
            return Ok(mirror(ended).into());
        }
        highest = highest.max(ended.status());
    }
    Ok(highest.into())
}

/// Why the name leads to no namespace of the kind, if it does not.
fn flaw(name: &OsStr, kind: Kind) -> Result<Option<String>> {
    let mut pins = pins::find(name)?.into_iter().filter(|pin| pin.kind == kind);
    Ok(pins
        .next()
        .and_then(|pin| pin.namespace.err())
        .map(|error| error.to_string()))
}

/// Writes the name on a line of its own, as `ip -all netns exec` does.
fn heading(kind: Kind, name: &OsStr) -> Result<()> {
    let mut out = ns_core::cli::stdout()?;
    writeln!(out, "\n{kind}ns: {}", escape_for_terminal(name.as_bytes()))?;
    Ok(out.flush()?)
}

/// Runs the program, or shows its plan. A failure is reported, and the other names follow. Also returns the signal that
/// asked ns-enter to end, if the program did not get it.
fn one(cli: &Cli) -> Result<(Ended, Option<SignalNumber>)> {
    let request = match Request::new(cli) {
        Ok(request) => request,
        // The arguments are wrong for every name.
        Err(error) if error.is::<clap::Error>() => return Err(error),
        Err(error) => {
            ns_core::cli::report(PROGRAM, error.as_ref());
            return Ok((Ended::Exited(1), None));
        }
    };
    let plan = plan::plan(&request).in_child();
    if cli.dry_run {
        ns_core::cli::show_plan(&plan, false)?;
        return Ok((Ended::Exited(0), None));
    }
    for note in &request.notes {
        ns_core::cli::note(PROGRAM, note);
    }
    drop(request);
    Ok(ns_core::cli::launch_one::<Cli>(plan))
}
