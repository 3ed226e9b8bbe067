//! Setting the names.

use std::borrow::Cow;
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::error::ErrorKind;
use ns_core::cli::{CompatName, note, note_error, tell};
use ns_core::inventory::{Question, gather};
use ns_core::output::escape_for_terminal;
use ns_core::uts::{Change, Flaw, UNSET, UtsNamespace, check_bytes, check_host_name, clean};
use ns_core::{Kind, Namespace};

use crate::cli::{Cli, Setting, usage};
use crate::name_kind::NameKind;
use crate::namespace::{explain, names_in, place_of};
use crate::{file, show};

/// The name of a machine before it has one, as hostname(1) and systemd use it.
const DEFAULT: &[u8] = b"localhost";

/// A name to set, and its source: an argument, or a line of a file.
struct Given<'a> {
    which: NameKind,
    name: Cow<'a, [u8]>,
    line: Option<(String, usize)>,
}

/// Sets the names; `None` if a name should be shown instead.
pub fn set(cli: &Cli) -> anyhow::Result<Option<ExitCode>> {
    let given = given(cli)?;
    if given.is_empty() && !cli.setting.boot && cli.setting.file.is_none() {
        if cli.setting.force || cli.setting.clean {
            let error = "--force and --clean need a NAME to set, or one to --check";
            return Err(usage(ErrorKind::MissingRequiredArgument, error));
        }
        return Ok(None);
    }
    let mut change = Change::default();
    for given in given {
        let name = accept(&cli.setting, &given)?;
        match given.which {
            NameKind::Host => change.host = Some(name),
            NameKind::Domain => change.domain = Some(name),
        }
    }
    let place = place_of(&cli.target)?;
    if cli.setting.boot && change.host.is_none() && cli.name_kind() == NameKind::Host {
        let host = names_in(&place)?.host;
        if host.is_empty() || host == UNSET {
            change.host = Some(DEFAULT.to_vec());
        }
    }
    if change == Change::default() && cli.setting.file.is_none() {
        // --boot alone only makes sure that there is a host name.
        return Ok(None);
    }
    let changed = change.apply(&place).map_err(|error| explain(&place, error))?;
    if cli.setting.clean
        && let Some(host) = &change.host
    {
        show::write_line(host)?;
    }
    if cli.verbose {
        report(&change, changed.anything(), &place);
    }
    Ok(Some(ExitCode::SUCCESS))
}

/// The names in the arguments and in the file.
fn given(cli: &Cli) -> anyhow::Result<Vec<Given<'_>>> {
    let argument = |which, name: &'_ std::ffi::OsString| Given {
        which,
        name: Cow::Owned(name.as_bytes().to_vec()),
        line: None,
    };
    let mut given = Vec::new();
    let domain = cli.nis.as_ref().and_then(Option::as_ref);
    given.extend(domain.map(|name| argument(NameKind::Domain, name)));
    // hostname(1) accepts options in any place: `corp -y` is `-y corp`, and `-y -F FILE` sets the domain.
    let which = if domain.is_some() {
        NameKind::Host
    } else {
        cli.name_kind()
    };
    given.extend(cli.name.as_ref().map(|name| {
        let given = argument(which, name);
        // hostname(1) removes blanks and line ends around a host name, as those of a file with the line ends of DOS.
        if which == NameKind::Host && CompatName::current().is_some() && !name.is_empty() {
            let name = given.name.trim_ascii().to_vec();
            return Given {
                name: name.into(),
                ..given
            };
        }
        given
    }));
    if let Some(path) = &cli.setting.file {
        let found = file::read(path, cli.setting.boot)?;
        match found.name {
            Some((name, line)) => given.push(Given {
                which,
                name: name.into(),
                line: Some((found.file, line)),
            }),
            None if cli.setting.boot => {}
            None => bail!("{} has no name in it", found.file),
        }
    }
    Ok(given)
}

/// The name to set, after its check.
fn accept(setting: &Setting, given: &Given<'_>) -> anyhow::Result<Vec<u8>> {
    let name = &*given.name;
    if given.which == NameKind::Host && setting.clean {
        let clean = clean(name);
        if clean.is_empty() {
            return Err(refuse(given, "it has no character that a host name can have"));
        }
        return Ok(clean);
    }
    let judged = match given.which {
        NameKind::Host if !setting.force => check_host_name(name).map_err(|flaw| with_help(&flaw)),
        _ => check_bytes(name).map_err(|flaw| flaw.to_string()),
    };
    match judged {
        Ok(()) => Ok(name.to_vec()),
        Err(why) => Err(refuse(given, &why)),
    }
}

/// The flaw, and the option that accepts the name anyway.
fn with_help(flaw: &Flaw) -> String {
    match flaw {
        Flaw::TooLong(_) => format!("{flaw} (--clean cuts it)"),
        Flaw::TrailingDot { .. } => format!("{flaw} (--clean removes it)"),
        Flaw::Character { character, .. } if character == b"\n" || character == b"\0" => flaw.to_string(),
        flaw => format!("{flaw} (--force sets it anyway, --clean repairs it)"),
    }
}

fn refuse(given: &Given<'_>, why: &str) -> anyhow::Error {
    let name = escape_for_terminal(&given.name);
    let (what, argument) = (given.which.noun(), given.which.argument());
    match &given.line {
        Some((file, line)) => anyhow!("{file}: invalid {what} '{name}' in line {line}: {why}"),
        None => usage(
            ErrorKind::ValueValidation,
            format!("invalid value '{name}' for '{argument}': {why}"),
        ),
    }
}

/// Checks the name of `--check`.
pub fn check(cli: &Cli, name: &[u8]) -> anyhow::Result<ExitCode> {
    let judged = match cli.name_kind() {
        NameKind::Host if !cli.setting.force => check_host_name(name),
        NameKind::Host | NameKind::Domain => check_bytes(name),
    };
    match judged {
        Ok(()) => Ok(ExitCode::SUCCESS),
        Err(flaw) => bail!(
            "invalid {} '{}': {flaw}",
            cli.name_kind().noun(),
            escape_for_terminal(name)
        ),
    }
}

/// Reports which names were set, and how many processes the change affects.
fn report(change: &Change, anything: bool, place: &UtsNamespace) {
    if *change == Change::default() {
        return;
    }
    let names = [(NameKind::Host, &change.host), (NameKind::Domain, &change.domain)];
    let names = names.into_iter().filter_map(|(which, name)| {
        Some(format!(
            "{} '{}'",
            which.noun(),
            escape_for_terminal(name.as_ref()?)
        ))
    });
    let names = names.collect::<Vec<_>>().join(", ");
    let namespace = match place.namespace() {
        Ok(namespace) => namespace,
        // Early at boot no process can be counted. The name is set nevertheless.
        Err(error) => {
            tell("ns-hostname", &format!("{names}: set"));
            note_error("ns-hostname", &error);
            return;
        }
    };
    let initial = if namespace.is_initial() {
        " (the initial UTS namespace)"
    } else {
        ""
    };
    let subject = format!("{namespace}{initial}: {names}");
    if !anything {
        tell("ns-hostname", &format!("{subject}: set already"));
        return;
    }
    let (affected, unread) = match affected(&namespace) {
        Ok(affected) => affected,
        // Without /proc, no process can be counted. The name is set nevertheless.
        Err(error) => {
            tell("ns-hostname", &format!("{subject}: set"));
            note_error("ns-hostname", &error);
            return;
        }
    };
    tell("ns-hostname", &format!("{subject}: {affected}"));
    if let Some(unread) = unread {
        note("ns-hostname", &format!("the count is incomplete: {unread}"));
    }
}

/// How many processes a change in the namespace affects, and what could not be counted.
fn affected(namespace: &Namespace) -> ns_core::Result<(String, Option<String>)> {
    let inventory = gather(&Question {
        kinds: [Kind::Uts].into_iter().collect(),
        ..Question::default()
    })?;
    let entry = inventory.entry(namespace.identity().inode);
    // This process is in the namespace too, and does not count.
    let own = Namespace::own(Kind::Uts)?.identity() == namespace.identity();
    let members = entry
        .map_or(0, |entry| entry.processes)
        .saturating_sub(own.into());
    let plural = if members == 1 { "process" } else { "processes" };
    let text = format!("changed for {members} {plural}");
    Ok((text, inventory.incomplete(inventory.looked()).sentence()))
}
