//! What the arguments come to: everything found and held open while still outside.

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::launch::{Destination, Program, WantedId};
use ns_core::target::Subject;
use ns_core::{Kind, Namespace, Target};

use crate::cli::Cli;

/// The order in which namespaces are entered, but for the user namespace: what a later step needs stays reachable.
const ORDER: [Kind; 7] = [
    Kind::Cgroup,
    Kind::Ipc,
    Kind::Uts,
    Kind::Net,
    Kind::Pid,
    Kind::Mnt,
    Kind::Time,
];

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Request {
    /// The user namespace.
    pub user: Option<Destination>,
    /// The other namespaces, in order.
    pub others: Vec<Destination>,
    /// Whether the program runs in a child.
    pub fork: bool,
    /// Whether signals are passed on to it.
    pub forward_signals: bool,
    /// The uid to take.
    pub uid: Option<WantedId>,
    /// The gid to take.
    pub gid: Option<WantedId>,
    /// Whether capabilities are handed on.
    pub keep_capabilities: bool,
    /// The program.
    pub program: Program,
}

impl Request {
    /// Finds and opens what was asked for.
    pub fn new(cli: &Cli) -> anyhow::Result<Self> {
        let target = cli.target.as_ref().map(Held::open).transpose()?;
        if target.is_none() && Kind::ALL.iter().all(|kind| cli.kind(*kind).is_none()) {
            return Err(nothing(cli).into());
        }
        let others = ORDER
            .into_iter()
            .filter_map(|kind| destination(cli, target.as_ref(), kind).transpose())
            .collect::<anyhow::Result<Vec<_>>>()?;
        let user = destination(cli, target.as_ref(), Kind::User)?;
        if let Some(process) = target.as_ref().and_then(|held| held.subject.process()) {
            // What was opened before it ended is its own; later it could have been another's.
            process.check_alive()?;
        }
        let enters_pid = others
            .iter()
            .any(|destination| destination.namespace.kind() == Kind::Pid);
        let root = (user.is_some() && !cli.preserve_credentials).then_some(WantedId::Root);
        Ok(Self {
            user,
            others,
            fork: enters_pid && !cli.no_fork,
            forward_signals: !cli.no_forward_signals,
            uid: cli.setuid.map(|uid| WantedId::Is(uid.0)).or(root),
            gid: cli.setgid.map(|gid| WantedId::Is(gid.0)).or(root),
            keep_capabilities: cli.keep_caps,
            program: ns_core::cli::program(&cli.program, std::env::vars_os().collect())?,
        })
    }
}

/// The target, held open.
struct Held {
    subject: Subject,
    name: String,
}

impl Held {
    fn open(target: &Target) -> anyhow::Result<Self> {
        let subject = target.open()?;
        let name = match subject.process() {
            Some(process) => format!("of process {}", process.pid()),
            None => target.to_string(),
        };
        Ok(Self { subject, name })
    }
}

/// The namespace of this kind to enter, where one is to be: that was asked for, and is not ours already.
fn destination(cli: &Cli, target: Option<&Held>, kind: Kind) -> anyhow::Result<Option<Destination>> {
    let found = match cli.kind(kind) {
        Some(Some(named)) => {
            let held = Held::open(named)?;
            Some(Destination::new(held.subject.namespace(kind)?, held.name))
        }
        Some(None) => Some(of_target(target, kind)?.ok_or_else(|| no_target(kind))?),
        None if cli.all || is_bare(cli) => {
            let gives = |held: &&Held| held.subject.kinds().contains(kind);
            of_target(target.filter(gives), kind)?
        }
        None => None,
    };
    let Some(destination) = found else { return Ok(None) };
    let own = Namespace::own(kind)?;
    Ok((own.identity() != destination.namespace.identity()).then_some(destination))
}

/// The target's namespace of this kind; `None` where there is no target.
fn of_target(target: Option<&Held>, kind: Kind) -> anyhow::Result<Option<Destination>> {
    let Some(held) = target else { return Ok(None) };
    let namespace = held.subject.namespace(kind)?;
    Ok(Some(Destination::new(namespace, &held.name)))
}

/// Whether there is a target and not a word on what of it to enter: then everything is.
fn is_bare(cli: &Cli) -> bool {
    cli.target.is_some() && Kind::ALL.iter().all(|kind| cli.kind(*kind).is_none())
}

fn nothing(cli: &Cli) -> clap::Error {
    let text = if cli.all {
        "--all needs to know whose namespaces: add --target"
    } else {
        "nothing says what to enter: add --target, or a kind with what it is, such as --net=/run/netns/blue"
    };
    Cli::command().error(ErrorKind::MissingRequiredArgument, text)
}

fn no_target(kind: Kind) -> clap::Error {
    Cli::command().error(
        ErrorKind::MissingRequiredArgument,
        format!(
            "--{0} needs to know whose: add --target, or name it with --{0}=TARGET",
            kind.option()
        ),
    )
}
