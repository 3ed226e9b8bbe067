//! The files of a named network namespace that replace files in `/etc` (`ip-netns(8)`).

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::{shown, usage};
use ns_core::{Kind, Target, pins};

use crate::cli::Cli;
use crate::namespaces::Namespaces;

/// The bind mounts: source and target.
#[derive(Debug)]
pub struct Etc(pub Vec<(PathBuf, PathBuf)>);

/// The bind mounts of `--etc`; none if it was not given.
pub fn find(cli: &Cli, namespaces: &Namespaces) -> Result<Option<Etc>> {
    if !cli.etc {
        return Ok(None);
    }
    let name = name(cli)?;
    if cli.mount.is_some() || cli.root.is_some() || namespaces.enters(Kind::Mnt) {
        let text = "--etc changes mounts for the caller's mount namespace, and cannot be combined with another mount namespace or root directory";
        return Err(usage(Cli::command(), ErrorKind::ArgumentConflict, text).into());
    }
    let Some(name) = name else {
        return Ok(Some(Etc(Vec::new())));
    };
    let directory = Path::new("/etc/netns").join(name);
    let entries = entries(&directory).with_context(|| format!("cannot read {}", shown(&directory)))?;
    Ok(Some(Etc(entries)))
}

/// The name of the network namespace that is entered, if it is given by its name or by the file of its name.
fn name(cli: &Cli) -> Result<Option<&OsStr>, clap::Error> {
    let of_target = cli.all || cli.is_bare();
    let target = match &cli.net {
        _ if cli.net_socket.is_some() => return Ok(None),
        Some(Some(target)) => target,
        Some(None) => match &cli.target {
            Some(target) => target,
            None => return Ok(None),
        },
        None => {
            let Some(target) = cli.target.as_ref().filter(|_| of_target) else {
                let text = "--etc needs a network namespace: add --net=NAME, with a name that ip netns lists";
                return Err(usage(Cli::command(), ErrorKind::MissingRequiredArgument, text));
            };
            target
        }
    };
    let names = pins::directory(Kind::Net);
    Ok(match target {
        Target::Name(name) if names.join(name).exists() => Some(name),
        Target::File(file) if file.parent() == Some(&names) => file.file_name(),
        _ => None,
    })
}

/// The entries of the directory, in order of their names; none if it does not exist.
fn entries(directory: &Path) -> io::Result<Vec<(PathBuf, PathBuf)>> {
    let read = match std::fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        read => read?,
    };
    let mut names = read
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort_unstable();
    Ok(names
        .into_iter()
        .map(|name| (directory.join(&name), Path::new("/etc").join(&name)))
        .collect())
}
