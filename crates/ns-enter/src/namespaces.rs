//! The namespaces to enter: the requested ones that are not the caller's own, each held open, and a user namespace that
//! gives the right to enter them if that is missing.

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::usage;
use ns_core::process::{Process, caller};
use ns_core::target::{Destination, Opened};
use ns_core::{Error, Gathered, Identity, Kind, Namespace};

use crate::cli::Cli;

/// The order of entering, except for the user namespace. The mount namespace is last: before, causes can be looked up,
/// and afterwards the files belong to the target.
const ORDER: [Kind; 7] = [
    Kind::Cgroup,
    Kind::Ipc,
    Kind::Uts,
    Kind::Net,
    Kind::Pid,
    Kind::Time,
    Kind::Mnt,
];

/// The namespaces to enter.
#[derive(Debug, Default)]
pub struct Namespaces {
    /// The user namespace that gives the right to enter the others, if it must be entered before the requested one.
    pub owner: Option<Destination>,
    /// The requested user namespace.
    pub user: Option<Destination>,
    /// The others, in order.
    pub others: Vec<Destination>,
    /// The requested mount namespace, if it is the caller's own: entering it again leads to its root.
    pub mount_again: Option<Destination>,
}

impl Namespaces {
    /// Finds and opens the namespaces.
    pub fn find(cli: &Cli, target: Option<&Opened>) -> Result<Self> {
        let mut namespaces = Self::default();
        for kind in ORDER {
            let Some(destination) = asked_for(cli, target, kind)? else {
                continue;
            };
            // If this cannot be told, nothing is lost by entering it again.
            if Some(destination.identity()) != Identity::own(kind).ok() {
                namespaces.others.push(destination);
            } else if kind == Kind::Mnt && !cli.is_bare() {
                namespaces.mount_again = Some(destination);
            }
        }
        let user = asked_for(cli, target, Kind::User)?;
        let user = if cli.user_parent {
            Some(parent_user(user.as_ref(), target, &namespaces.others)?)
        } else {
            user
        };
        let own = Identity::own(Kind::User).ok();
        namespaces.user = user.filter(|user| Some(user.identity()) != own);
        namespaces.owner = owner_to_enter(&namespaces, own)?;
        Ok(namespaces)
    }

    /// The identity of each, in the same order for the same arguments.
    pub fn identities(&self) -> Vec<Identity> {
        let user = [&self.owner, &self.user, &self.mount_again];
        let all = user.into_iter().flatten().chain(&self.others);
        all.map(Destination::identity).collect()
    }

    /// True if a namespace of this kind is entered.
    pub fn enters(&self, kind: Kind) -> bool {
        match kind {
            Kind::User => self.enters_user(),
            kind => self.others.iter().any(|one| one.kind() == kind),
        }
    }

    /// True if a user namespace is entered, requested or not.
    pub fn enters_user(&self) -> bool {
        self.user.is_some() || self.owner.is_some()
    }
}

/// The requested namespace of this kind.
fn asked_for(cli: &Cli, target: Option<&Opened>, kind: Kind) -> Result<Option<Destination>> {
    let needs_target = || target.ok_or_else(|| no_target(&format!("--{}", kind.option())));
    if let (Kind::Net, Some(fd)) = (kind, cli.net_socket) {
        let process = process_of(target, "--net-socket")?;
        let words = format!("of descriptor {fd} of process {}", process.pid());
        return Ok(Some(Destination::new(process.namespace_of_socket(fd)?, words)));
    }
    let named;
    let opened = match cli.kind(kind) {
        Some(Some(target)) => {
            named = target.open_name_or_file()?;
            &named
        }
        Some(None) => needs_target()?,
        None if cli.all || cli.is_bare() => match target {
            Some(target) if target.kinds().contains(kind) => target,
            _ => return Ok(None),
        },
        None => return Ok(None),
    };
    if let (true, Some(_), Some(process)) = (cli.for_children, kind.for_children(), opened.process()) {
        let words = format!("of the children of process {}", process.pid());
        return Ok(Some(Destination::new(
            process.namespace_for_children(kind)?,
            words,
        )));
    }
    Ok(Some(opened.destination(kind)?))
}

/// The process that an option is about.
pub fn process_of<'a>(target: Option<&'a Opened>, option: &str) -> Result<&'a Process> {
    let target = target.ok_or_else(|| no_target(option))?;
    let needs_process = || {
        Error::Unfit(format!(
            "{option} needs a process, and {} is not a process",
            target.words()
        ))
    };
    Ok(target.process().ok_or_else(needs_process)?)
}

/// The parent of the requested user namespace, or of the target's, or the owner of the entered namespaces.
fn parent_user(
    user: Option<&Destination>,
    target: Option<&Opened>,
    others: &[Destination],
) -> Result<Destination> {
    let of_target = match (user, target.and_then(Opened::process)) {
        (None, Some(process)) => Some(Destination::of_process(process, Kind::User)?),
        _ => None,
    };
    let child = user.or(of_target.as_ref()).or(others.first());
    let child = child.ok_or_else(|| no_target("--user-parent"))?;
    match child.namespace()?.owner() {
        Gathered::Known(parent) => Ok(Destination::new(parent, format!("above {child}"))),
        Gathered::Absent | Gathered::NotTold | Gathered::NotAsked => {
            Err(Error::NotFound(format!("{child} has no user namespace above it")).into())
        }
        Gathered::Unreadable(_) if child.namespace()?.is_initial() => {
            let text = format!("{child} is the initial one, which has none above it");
            Err(Error::NotFound(text).into())
        }
        Gathered::Unreadable(errno) => {
            let error = Error::kernel(format!("look up the user namespace above {child}"), errno);
            let cause =
                "it is not below the caller's user namespace, and the kernel shows only those below it";
            Err(error.explained(Some(cause.into()), None).into())
        }
    }
}

/// The user namespace that the caller must enter first to enter the others. The caller created it, and has every
/// capability in it. If there are several, the one that encloses the rest.
fn owner_to_enter(namespaces: &Namespaces, own: Option<Identity>) -> Result<Option<Destination>> {
    if caller::has(caller::CapabilitySet::SYS_ADMIN)? {
        return Ok(None);
    }
    let mut outermost: Option<Destination> = None;
    for destination in &namespaces.others {
        let Ok(Gathered::Known(owner)) = destination.namespace().map(|namespace| namespace.owner()) else {
            continue;
        };
        let encloses = |other: &Destination| is_at_or_below(other, owner.identity());
        if Some(owner.identity()) != own && outermost.as_ref().is_none_or(encloses) {
            outermost = Some(Destination::new(owner, format!("that owns {destination}")));
        }
    }
    let user = namespaces.user.as_ref().map(Destination::identity);
    Ok(outermost.filter(|outermost| !user.is_some_and(|user| is_at_or_below(outermost, user))))
}

/// True if this user namespace is the other one, or below it.
fn is_at_or_below(destination: &Destination, other: Identity) -> bool {
    destination
        .namespace()
        .is_ok_and(|namespace| is_below(&namespace, other))
}

fn is_below(namespace: &Namespace, other: Identity) -> bool {
    if namespace.identity() == other {
        return true;
    }
    match namespace.parent() {
        Gathered::Known(parent) => is_below(&parent, other),
        _ => false,
    }
}

/// The usage error for an option that needs a target.
pub fn no_target(option: &str) -> clap::Error {
    usage(
        Cli::command(),
        ErrorKind::MissingRequiredArgument,
        format!("{option} needs a process or namespace: add --target"),
    )
}
