//! What the arguments come to: everything found and held open while still outside.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::launch::{Cgroups, Directory, HeldProcess, Program, WantedId, security_context};
use ns_core::{Gathered, Kind};

use crate::cli::{Cli, Id};
use crate::destinations::{Held, Places, no_target, process_of};

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Request {
    /// The cgroups to join.
    pub cgroups: Option<Cgroups>,
    /// The namespaces to enter.
    pub places: Places,
    /// The root directory.
    pub root: Option<Directory>,
    /// The working directory.
    pub working: Working,
    /// Where `/proc` is mounted.
    pub proc: Option<PathBuf>,
    /// Whether the program runs in a child.
    pub fork: bool,
    /// Whether signals are passed on to it.
    pub forward_signals: bool,
    /// Whose environment is still to be read.
    pub environment: Option<HeldProcess>,
    /// The uid to take.
    pub uid: Option<WantedId>,
    /// The gid to take.
    pub gid: Option<WantedId>,
    /// Whether capabilities are handed on.
    pub keep_capabilities: bool,
    /// The SELinux context to run in.
    pub context: Option<Vec<u8>>,
    /// The program.
    pub program: Program,
    /// What a person would like to know.
    pub notes: Vec<String>,
}

/// The working directory of the program.
#[derive(Debug)]
pub enum Working {
    /// Wherever the namespaces and the root lead to.
    Default,
    /// This one.
    Directory(Directory),
    /// This one, or the root where it cannot be.
    Perhaps(Directory),
    /// The one with this path, inside.
    Inside(PathBuf),
}

impl Request {
    /// Finds and opens what was asked for.
    pub fn new(cli: &Cli) -> Result<Self> {
        if cli.target.is_none() && !cli.names_kinds() {
            return Err(nothing(cli).into());
        }
        let target = cli.target.as_ref().map(Held::open).transpose()?;
        let held = target.as_ref();
        let places = Places::find(cli, held)?;
        let process = |option: &str| process_of(held, option);
        let cgroups = cli
            .join_cgroup
            .then(|| Ok::<_, anyhow::Error>(Cgroups::of(process("--join-cgroup")?)?))
            .transpose()?
            .filter(|cgroups| !cgroups.is_empty());
        let root = root(cli, held)?;
        let mut working = working(cli, held)?;
        if let (Some(_), Some(_), Working::Directory(_) | Working::Perhaps(_)) =
            (&cli.mount_proc, &root, &working)
        {
            // Inside a copy of the mounts only the path leads there.
            if let (None | Some(None), Some(process)) = (&cli.wd, held.and_then(Held::process)) {
                working = Working::Inside(process.working_path()?);
            }
        }
        let context = match cli.follow_context {
            true => security_context(process("--follow-context")?)?,
            false => None,
        };
        let program = ns_core::cli::program(&cli.program, std::env::vars_os().collect())?;
        let read = match cli.env {
            true => Some(process("--env")?.environment()),
            false => None,
        };
        let program = match &read {
            Some(Ok(environment)) => program.with_environment(environment.clone()),
            _ => program,
        };
        let notes = notes(cli, held, &places)?;
        if let Some(process) = held.and_then(Held::process) {
            // What was opened before it ended is its own; later it could have been another's.
            process.check_alive()?;
        }
        let follows = [
            cli.setuid.map(|id| id == Id::Follow),
            cli.setgid.map(|id| id == Id::Follow),
        ]
        .contains(&Some(true));
        if follows {
            process("--setuid=follow")?;
        }
        let process = target.and_then(Held::into_process).map(HeldProcess::from);
        let wanted = |id: Option<Id<u32>>| match id {
            Some(Id::Is(id)) => Some(WantedId::Is(id)),
            Some(Id::Follow) => process.clone().map(WantedId::Of),
            None => (places.enters_user() && !cli.preserve_credentials).then_some(WantedId::Root),
        };
        Ok(Self {
            cgroups,
            root,
            working,
            proc: cli
                .mount_proc
                .clone()
                .map(|on| on.unwrap_or_else(|| "/proc".into())),
            fork: places.enters(Kind::Pid) && !cli.no_fork,
            forward_signals: !cli.no_forward_signals,
            uid: wanted(cli.setuid.map(|id| id.map(|uid| uid.0))),
            gid: wanted(cli.setgid.map(|id| id.map(|gid| gid.0))),
            environment: process.clone().filter(|_| matches!(read, Some(Err(_)))),
            places,
            keep_capabilities: cli.keep_caps,
            context,
            program,
            notes,
        })
    }

    /// Whether processes of somebody else's may come near this one before it is the program.
    pub fn is_exposed(&self) -> bool {
        [Kind::Mnt, Kind::Pid, Kind::User]
            .into_iter()
            .any(|kind| self.places.enters(kind))
    }
}

fn root(cli: &Cli, target: Option<&Held>) -> Result<Option<Directory>> {
    Ok(match &cli.root {
        Some(Some(path)) => Some(Directory::open(path)?),
        Some(None) => Some(Directory::root_of(process_of(target, "--root")?)?),
        None if cli.is_bare() => target
            .and_then(Held::process)
            .map(Directory::root_of)
            .transpose()?,
        None => None,
    })
}

fn working(cli: &Cli, target: Option<&Held>) -> Result<Working> {
    Ok(match (&cli.wd, &cli.wdns) {
        (Some(Some(path)), _) => Working::Directory(Directory::open(path)?),
        (Some(None), _) => Working::Directory(Directory::working_of(process_of(target, "--wd")?)?),
        (None, Some(path)) => Working::Inside(path.clone()),
        (None, None) => match target.and_then(Held::process).filter(|_| cli.is_bare()) {
            Some(process) => Working::Perhaps(Directory::working_of(process)?),
            None => Working::Default,
        },
    })
}

/// What may not be as it looks.
fn notes(cli: &Cli, target: Option<&Held>, places: &Places) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let of_target = matches!(cli.pid, Some(None)) || cli.all || cli.is_bare();
    if let Some(process) = target.and_then(Held::process)
        && of_target
        && !cli.for_children
        && let Gathered::Known(children) = process.inode_for_children(Kind::Pid)
    {
        let own = process.namespace(Kind::Pid)?;
        if own.identity().inode != children {
            notes.push(format!(
                "process {} is in {own}, and its children are in pid:[{children}]: --for-children enters that one",
                process.pid()
            ));
        }
    }
    let shows_old = places.enters(Kind::Pid) && !places.enters(Kind::Mnt) && cli.mount_proc.is_none();
    if shows_old && !cli.no_fork && std::io::stdout().is_terminal() {
        notes.push("/proc shows the PID namespace that was left: --mount-proc mounts one for the new".into());
    }
    Ok(notes)
}

fn nothing(cli: &Cli) -> clap::Error {
    if cli.all {
        return no_target("--all");
    }
    let text =
        "nothing says what to enter: add --target, or a kind with what it is, such as --net=/run/netns/blue";
    Cli::command().error(ErrorKind::MissingRequiredArgument, text)
}
