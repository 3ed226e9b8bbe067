//! Showing one name.

use std::borrow::Cow;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use anyhow::bail;
use clap::error::ErrorKind;
use ns_core::cli::CompatName;
use ns_core::explain::explain_in;
use ns_core::net::{addresses, addresses_in};
use ns_core::output::escape_for_terminal;
use ns_core::uts::{Resolved, UNSET, after_first_dot, digits, name_of, up_to_first_dot};
use ns_core::{Kind, Target};

use crate::cli::{Cli, usage};
use crate::form::Form;
use crate::json;
use crate::namespace::{names_in, opened_target, place_of};

/// Writes the name that was asked for.
pub fn show(cli: &Cli) -> anyhow::Result<ExitCode> {
    let view = Form::of(cli);
    if let ([target, ..], Some(option)) = (&*cli.target, view.resolver_option()) {
        return Err(only_inside(target, option));
    }
    if cli.written.json {
        json::write_json(&place_of(&cli.target)?)?;
    } else if let Some(text) = text(cli, view)? {
        write_line(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The text to show; `None` if there is none, and so no line.
fn text(cli: &Cli, view: Form) -> anyhow::Result<Option<Vec<u8>>> {
    let names = || names_in(&place_of(&cli.target)?);
    Ok(match view {
        Form::Host => Some(names()?.host),
        Form::Nis => Some(set_domain(names()?.domain)?),
        Form::Short => Some(up_to_first_dot(&names()?.host).to_vec()),
        Form::Domain if cli.target.is_empty() => {
            after_first_dot(Resolved::own()?.canonical()).map(<[u8]>::to_vec)
        }
        Form::Domain => after_first_dot(&names()?.host).map(<[u8]>::to_vec),
        Form::Fqdn => Some(Resolved::own()?.canonical().to_vec()),
        Form::Addresses => Some(Resolved::own()?.addresses()?.join(" ").into()),
        Form::AllAddresses => Some(each_with_blank(&all_addresses(cli)?)),
        Form::AllFqdns => {
            let names: Vec<_> = addresses()?.iter().filter_map(name_of).collect();
            Some(each_with_blank(&names))
        }
        Form::Aliases => Some(Resolved::own()?.aliases().join(&b' ')),
    })
}

/// The words for the interface addresses, as hostname(1) writes them: each is followed by a blank.
fn each_with_blank(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    words
        .iter()
        .flat_map(|word| [word.as_ref(), b" "])
        .collect::<Vec<_>>()
        .concat()
}

/// The NIS domain name. hostname(1) fails if it is not set, except under the name `domainname`.
fn set_domain(domain: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let fails = match CompatName::current() {
        Some(
            CompatName::Hostname
            | CompatName::Nisdomainname
            | CompatName::Ypdomainname
            | CompatName::Dnsdomainname,
        ) => true,
        Some(_) | None => false,
    };
    if fails && domain == UNSET {
        bail!("the NIS domain name is not set");
    }
    Ok(domain)
}

fn all_addresses(cli: &Cli) -> anyhow::Result<Vec<String>> {
    let Some(opened) = opened_target(&cli.target)? else {
        return Ok(addresses()?.iter().map(digits).collect::<Result<_, _>>()?);
    };
    let namespace = opened.namespace(Kind::Net)?;
    let addresses = addresses_in(&namespace).map_err(|error| explain_in(&namespace, error))?;
    Ok(addresses.iter().map(ToString::to_string).collect())
}

/// The error for an answer that would be wrong from outside, with the right command.
fn only_inside(target: &Target, option: &str) -> anyhow::Error {
    let choice = match target {
        Target::Process(_) | Target::SameProcess(..) | Target::Unit(_) | Target::Container(_) => {
            format!("--target {target} --mount --uts --net")
        }
        Target::File(_) | Target::Name(_) | Target::Inode(..) | Target::Id(_) | Target::Host(_) => {
            format!("--uts={target}")
        }
    };
    usage(
        ErrorKind::ArgumentConflict,
        format!(
            "{option} cannot be used with --target, because the resolver of another namespace answers only inside it; run: ns-enter {choice} hostname {option}"
        ),
    )
}

/// Writes a line with the exact bytes, or escaped if stdout is a terminal.
pub fn write_line(text: &[u8]) -> io::Result<()> {
    let mut out = ns_core::cli::stdout()?;
    let text = if out.is_terminal() {
        Cow::Owned(escape_for_terminal(text).into_owned().into_bytes())
    } else {
        Cow::Borrowed(text)
    };
    out.write_all(&text)?;
    out.write_all(b"\n")?;
    out.flush()
}
