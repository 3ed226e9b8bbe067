//! Setting the names.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use ns_core::Namespace;
use ns_core::output::escape_for_terminal;
use ns_core::uts::{Change, Flaw, check_bytes, check_host_name};

use crate::cli::Cli;
use crate::usage;

/// The change that is asked for; `None` where a name is to be shown.
pub fn change(cli: &Cli) -> anyhow::Result<Option<Change>> {
    let (host, domain) = match (&cli.name, &cli.nis) {
        // hostname(1) takes its options in any place: `web -y` is `-y web`.
        (Some(name), Some(None)) => (None, Some(name)),
        (name, nis) => (name.as_ref(), nis.as_ref().and_then(Option::as_ref)),
    };
    if host.is_none() && domain.is_none() {
        return Ok(None);
    }
    let valid = |name: &OsStr, argument: &str, flaw: Result<(), Flaw>| match flaw {
        Ok(()) => Ok(name.as_bytes().to_vec()),
        Err(flaw) => Err(usage(
            ErrorKind::ValueValidation,
            format!(
                "invalid value '{}' for '{argument}': {flaw}",
                escape_for_terminal(name.as_bytes())
            ),
        )),
    };
    Ok(Some(Change {
        host: host
            .map(|name| valid(name, "[NAME]", check_host_name(name.as_bytes())))
            .transpose()?,
        domain: domain
            .map(|name| valid(name, "--nis [<DOMAIN>]", check_bytes(name.as_bytes())))
            .transpose()?,
    }))
}

/// Sets the names in this UTS namespace.
pub fn set(change: &Change, namespace: &Namespace) -> anyhow::Result<ExitCode> {
    change.apply(namespace)?;
    Ok(ExitCode::SUCCESS)
}
