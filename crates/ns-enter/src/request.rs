//! The request of the arguments. Everything is found and opened outside.

use std::ffi::OsStr;
use std::io::IsTerminal as _;
use std::path::PathBuf;

use anyhow::Result;
use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::usage;
use ns_core::idmap::IdKind;
use ns_core::launch::{Directory, OpenCgroups, Program, WantedId, security_context};
use ns_core::process::{Process, caller};
use ns_core::target::Opened;
use ns_core::users::{GroupsOfUser, groups_of};
use ns_core::{Gathered, Kind, Target};

use crate::cli::{Cli, Id};
use crate::etc::{self, Etc};
use crate::namespaces::{Namespaces, no_target, process_of};

/// How often everything is opened again if the target enters other namespaces meanwhile.
const ATTEMPTS: u32 = 20;

/// Everything that a plan is made from.
#[derive(Debug)]
pub struct Request {
    /// The cgroups to join.
    pub cgroups: Option<OpenCgroups>,
    /// The namespaces to enter.
    pub namespaces: Namespaces,
    /// The root directory.
    pub root: Option<Directory>,
    /// The working directory.
    pub working: Working,
    /// The directory to mount `/proc` on.
    pub proc: Option<PathBuf>,
    /// The bind mounts in `/etc`, if they are requested.
    pub etc: Option<Etc>,
    /// True if the program runs in a child.
    pub fork: bool,
    /// True if signals are passed on to it.
    pub forward_signals: bool,
    /// The process whose environment will be read.
    pub environment: Option<Process>,
    /// The uid to take.
    pub uid: Option<WantedId>,
    /// The gid to take.
    pub gid: Option<WantedId>,
    /// The supplementary groups to take.
    pub groups: Vec<u32>,
    /// True if the program keeps the capabilities.
    pub keep_capabilities: bool,
    /// The SELinux context to run in.
    pub context: Option<Vec<u8>>,
    /// The program.
    pub program: Program,
    /// Notes for the person.
    pub notes: Vec<String>,
}

/// The working directory of the program.
#[derive(Debug)]
pub enum Working {
    /// The directory that the namespaces and the root lead to.
    Default,
    /// This directory.
    Directory(Directory),
    /// This directory, or the root if it cannot be entered.
    Perhaps(Directory),
    /// The directory with this path, inside.
    Inside(PathBuf),
}

impl Request {
    /// Finds and opens everything that the arguments name, as it is at one moment.
    pub fn new(cli: &Cli) -> Result<Self> {
        for _ in 0..ATTEMPTS {
            if let Some(request) = Self::at_one_moment(cli)? {
                return Ok(request);
            }
        }
        anyhow::bail!("the target enters other namespaces again and again while they are opened")
    }

    /// `None` if the target has entered other namespaces meanwhile.
    fn at_one_moment(cli: &Cli) -> Result<Option<Self>> {
        if cli.target.is_none() && !cli.names_kinds() {
            return Err(nothing(cli).into());
        }
        if cli.no_fork && cli.mount_proc.is_some() {
            let text = "--mount-proc shows the PID namespace of the process that mounts it; with --no-fork, that is the old one";
            return Err(usage(Cli::command(), ErrorKind::ArgumentConflict, text).into());
        }
        let of_user = groups_of_user(cli)?;
        let target = cli.target.as_ref().map(Target::open).transpose()?;
        let target = target.as_ref();
        let process = target.and_then(Opened::process);
        let namespaces = Namespaces::find(cli, target)?;
        let etc = etc::find(cli, &namespaces)?;
        let root = root(cli, target, namespaces.enters(Kind::Mnt))?;
        let working = working(cli, target, root.is_some())?;
        let cgroups = for_process(cli.join_cgroup, target, "--join-cgroup", |process| {
            Ok(OpenCgroups::of(process, cli.frozen)?)
        })?;
        let context = for_process(cli.follow_context, target, "--follow-context", |process| {
            Ok(security_context(process)?)
        })?;
        // If it cannot be read yet, it may be readable inside the user namespace.
        let environment = for_process(cli.env, target, "--env", |process| Ok(process.environment()))?;
        let changes = cli.variables.changes::<anyhow::Error>(Cli::command)?;
        let program = ns_core::cli::program(&cli.program, caller::environment())?;
        let mut program = program.with_changes(changes);
        if let Some(Ok(environment)) = &environment {
            program = program.with_environment(environment.clone());
        }
        let entered: Vec<_> = [&namespaces.owner, &namespaces.user]
            .into_iter()
            .flatten()
            .collect();
        let wanted = |ids, id: Option<Id<u32>>| match id {
            Some(Id::Is(id)) => Ok(Some(WantedId::Is(id))),
            Some(Id::Follow) => for_process(true, target, "follow", |process| {
                Ok(WantedId::of_process(ids, process, &entered)?)
            }),
            None => Ok((namespaces.enters_user() && !cli.preserve_credentials).then_some(WantedId::Root)),
        };
        let uid = wanted(IdKind::User, cli.setuid.map(|id| id.map(|uid| uid.0)))?;
        let gid = wanted(IdKind::Group, cli.setgid.map(|id| id.map(|gid| gid.0)))?;
        let gid = match &of_user {
            Some(groups) if cli.setgid.is_none() => Some(WantedId::Is(groups.primary)),
            _ => gid,
        };
        let notes = notes(cli, target, &namespaces)?;
        if let Some(process) = process {
            if Namespaces::find(cli, target)?.identities() != namespaces.identities() {
                return Ok(None);
            }
            // If the process is alive now, everything was opened of this process, and not of another one with its
            // PID.
            process.check_alive()?;
        }
        Ok(Some(Self {
            cgroups: cgroups.filter(|cgroups| !cgroups.is_empty()),
            root,
            working,
            proc: cli
                .mount_proc
                .clone()
                .map(|on| on.unwrap_or_else(|| "/proc".into())),
            etc,
            fork: namespaces.enters(Kind::Pid) && !cli.no_fork,
            forward_signals: !cli.no_forward_signals,
            environment: process.cloned().filter(|_| matches!(environment, Some(Err(_)))),
            uid,
            gid,
            groups: of_user.map_or_else(Vec::new, |groups| groups.all),
            // In the caller's own user namespace, capabilities cannot be kept.
            keep_capabilities: cli.keep_caps && namespaces.enters_user(),
            namespaces,
            context: context.flatten(),
            program,
            notes,
        }))
    }

    /// True if processes of another user may see this one before it becomes the program.
    pub fn is_exposed(&self) -> bool {
        [Kind::Mnt, Kind::Pid, Kind::User]
            .into_iter()
            .any(|kind| self.namespaces.enters(kind))
    }
}

/// The groups for `--groups`, looked up outside, where the name of the user was too.
fn groups_of_user(cli: &Cli) -> Result<Option<GroupsOfUser>> {
    if !cli.groups {
        return Ok(None);
    }
    match cli.setuid {
        Some(Id::Is(uid)) => Ok(Some(groups_of(uid.0)?)),
        Some(Id::Follow) | None => {
            let text = "--groups takes the groups of the USER of --setuid, and \"follow\" names no user";
            Err(usage(Cli::command(), ErrorKind::ArgumentConflict, text).into())
        }
    }
}

/// The value that an option takes from the target, which must be a process.
fn for_process<T>(
    wanted: bool,
    target: Option<&Opened>,
    option: &str,
    get: impl FnOnce(&Process) -> Result<T>,
) -> Result<Option<T>> {
    wanted
        .then(|| process_of(target, option).and_then(get))
        .transpose()
}

fn root(cli: &Cli, target: Option<&Opened>, other_mounts: bool) -> Result<Option<Directory>> {
    Ok(match &cli.root {
        Some(Some(path)) => Some(Directory::open(path)?),
        Some(None) => Some(Directory::root_of(process_of(target, "--root")?)?),
        // In another mount namespace, only a look inside shows whether this is the root anyway.
        None if cli.is_bare() => target
            .and_then(Opened::process)
            .map(Directory::root_of)
            .transpose()?
            .filter(|root| other_mounts || !root.is_at("/")),
        None => None,
    })
}

fn working(cli: &Cli, target: Option<&Opened>, has_root: bool) -> Result<Working> {
    let process = match (&cli.wd, &cli.wdns) {
        // Only the path leads into a copy of the mounts.
        (Some(Some(path)), _) if cli.etc => return Ok(Working::Inside(path.clone())),
        (Some(Some(path)), _) => return Ok(Working::Directory(Directory::open(path)?)),
        (None, Some(path)) => return Ok(Working::Inside(path.clone())),
        (Some(None), _) => process_of(target, "--wd")?,
        (None, None) => match target.and_then(Opened::process).filter(|_| cli.is_bare()) {
            Some(process) => process,
            None => return Ok(Working::Default),
        },
    };
    if cli.etc || (cli.mount_proc.is_some() && has_root) {
        return Ok(Working::Inside(process.working_path()?));
    }
    let directory = Directory::working_of(process)?;
    Ok(match cli.wd {
        Some(_) => Working::Directory(directory),
        None if directory.is_at(".") => Working::Default,
        None => Working::Perhaps(directory),
    })
}

/// Notes about things that may surprise.
fn notes(cli: &Cli, target: Option<&Opened>, namespaces: &Namespaces) -> Result<Vec<String>> {
    let mut notes = Vec::new();
    let of_target = matches!(cli.pid, Some(None)) || cli.all || cli.is_bare();
    if let Some(process) = target.and_then(Opened::process)
        && of_target
        && !cli.for_children
        && let Gathered::Known(children) = process.inode_for_children(Kind::Pid)
    {
        let own = process.namespace(Kind::Pid)?;
        if own.identity().inode != children {
            notes.push(format!(
                "process {} is in {own}, and its children are in pid:[{children}]: use --for-children to enter the latter",
                process.pid()
            ));
        }
    }
    let shows_old = namespaces.enters(Kind::Pid) && !namespaces.enters(Kind::Mnt) && cli.mount_proc.is_none();
    if shows_old && !cli.no_fork && std::io::stdout().is_terminal() {
        notes.push(
            "/proc still shows the old PID namespace: use --mount-proc to mount one for the new".into(),
        );
    }
    Ok(notes)
}

fn nothing(cli: &Cli) -> clap::Error {
    if cli.all {
        return no_target("--all");
    }
    let instead = match cli.program.first().and_then(|word| as_target(word)) {
        Some(target) => format!("to enter {target}, write --target={target}"),
        None => "add --target, or a kind with its namespace, such as --net=/run/netns/blue".into(),
    };
    let text = format!("there is nothing to enter: {instead}");
    usage(Cli::command(), ErrorKind::MissingRequiredArgument, text)
}

/// The word as a target, if it is a PID or exists.
fn as_target(word: &OsStr) -> Option<Target> {
    let target = Target::parse(word).ok()?;
    (matches!(target, Target::Process(_)) || target.open().is_ok()).then_some(target)
}
