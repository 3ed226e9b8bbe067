//! The request of the arguments: implied options are set, contradictions are refused, and names and maps are looked up
//! outside.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use clap::CommandFactory as _;
use clap::error::ErrorKind;
use ns_core::cli::{CompatName, usage};

use ns_core::idmap::IdKind;
use ns_core::launch::inside::check_proc_below;
use ns_core::launch::{Clock, ClockOffset, Program, PropagationType, Setgroups, SignalNumber, Veth};
use ns_core::net::NsId;
use ns_core::output::{quoted, word};
use ns_core::process::caller;
use ns_core::{Error, Kind, Kinds};

use crate::cli::Cli;
use crate::id_maps::{self, IdMaps, Map, gid_is_single};
use crate::values::PropagationOption;
use crate::veth;

/// Everything that a plan is made from.
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
#[derive(Debug)]
pub struct Request {
    /// The new namespaces.
    pub kinds: Kinds,
    /// The files that they are bound to.
    pub pins: Vec<(Kind, PathBuf)>,
    /// The name for pinning them.
    pub name: Option<OsString>,
    /// The number of the network namespace in the caller's.
    pub nsid: Option<NsId>,
    /// True if the program runs in a child.
    pub fork: bool,
    /// True if signals are passed on to it.
    pub forward_signals: bool,
    /// The uid and gid that create the user namespace.
    pub owner: Option<(u32, u32)>,
    /// The text for `setgroups`, which is written before the maps.
    pub setgroups: Option<Setgroups>,
    /// The id maps.
    pub maps: Vec<Map>,
    /// The offsets of the clocks.
    pub clocks: Vec<(Clock, ClockOffset)>,
    /// The propagation of all mounts.
    pub propagation: Option<PropagationType>,
    /// True if the loopback interface is brought up.
    pub loopback: bool,
    /// The pairs of interfaces to other network namespaces.
    pub veth: Vec<Rc<Veth>>,
    /// The host name.
    pub host_name: Option<Vec<u8>>,
    /// The NIS domain name.
    pub domain_name: Option<Vec<u8>>,
    /// The root directory.
    pub root: Option<PathBuf>,
    /// The working directory.
    pub directory: Option<PathBuf>,
    /// The mount point of `/proc`.
    pub proc: Option<PathBuf>,
    /// The mount point of `binfmt_misc`.
    pub binfmt: Option<PathBuf>,
    /// The interpreter to register.
    pub interpreter: Option<Vec<u8>>,
    /// The gid of the program.
    pub gid: Option<u32>,
    /// The uid of the program.
    pub uid: Option<u32>,
    /// True if capabilities are passed on.
    pub keep_capabilities: bool,
    /// The signal to get when the parent ends.
    pub kill_child: Option<SignalNumber>,
    /// True if there is an init.
    pub init: bool,
    /// The file for the PID.
    pub pid_file: Option<PathBuf>,
    /// The descriptor for PID and namespaces.
    pub info_fd: Option<i32>,
    /// The program. Without one, the namespaces are only created and pinned.
    pub program: Option<Program>,
    /// Notes for the caller about it.
    pub notes: Vec<String>,
}

impl Request {
    /// Makes the request of the arguments. A contradiction is an error of clap.
    pub fn new(cli: Cli) -> anyhow::Result<Self> {
        let kinds = kinds(&cli);
        contradictions(&cli, kinds)?;
        let first = kinds.contains(Kind::Pid) && !cli.no_fork;
        let IdMaps {
            maps,
            deny,
            mut notes,
        } = IdMaps::new(&cli, kinds)?;
        notes.extend(idle(&cli, kinds));
        let program = if cli.pin.is_some() && cli.program.is_empty() {
            None
        } else {
            Some(program(&cli)?)
        };
        let pins: Vec<_> = Kind::ALL
            .into_iter()
            .filter_map(|kind| Some((kind, cli.kind(kind)??.clone())))
            .collect();
        for (kind, file) in &pins {
            check_file(*kind, file)?;
        }
        let interpreter = cli.load_interp.map(OsString::into_vec);
        let binfmt = cli
            .mount_binfmt
            .clone()
            .or_else(|| interpreter.as_ref().map(|_| None));
        // The default place of binfmt_misc is below a new /proc.
        let proc_for_binfmt = matches!(binfmt, Some(None)).then_some(None);
        let shows_processes = kinds.contains(Kind::Pid) && kinds.contains(Kind::Mnt);
        let private = (cli.all && shows_processes).then_some(None);
        let proc = cli.mount_proc.or(proc_for_binfmt).or(private);
        let or = |path: Option<PathBuf>, default: &str| path.unwrap_or_else(|| default.into());
        Ok(Self {
            kinds,
            pins,
            name: cli.pin,
            nsid: cli.nsid,
            fork: cli.fork || first || cli.kill_child.is_some() || cli.forward_signals,
            forward_signals: !cli.no_forward_signals,
            owner: cli.owner,
            setgroups: cli.setgroups.or(deny.then_some(Setgroups::Deny)),
            maps,
            clocks: [(Clock::Boottime, cli.boottime), (Clock::Monotonic, cli.monotonic)]
                .into_iter()
                .filter_map(|(clock, offset)| Some((clock, offset?)))
                .collect(),
            propagation: match cli
                .propagation
                .unwrap_or(PropagationOption::Set(PropagationType::Private))
            {
                PropagationOption::Set(propagation) if kinds.contains(Kind::Mnt) => Some(propagation),
                _ => None,
            },
            loopback: kinds.contains(Kind::Net) && !cli.no_loopback,
            veth: veth::resolve(cli.veth)?,
            host_name: cli.hostname.map(OsString::into_vec),
            domain_name: cli.domainname.map(OsString::into_vec),
            root: cli.root,
            directory: cli.wd,
            proc: proc.map(|on| or(on, "/proc")),
            binfmt: binfmt.map(|on| or(on, "/proc/sys/fs/binfmt_misc")),
            interpreter,
            gid: cli.setgid.map(|group| group.0),
            uid: cli.setuid.map(|user| user.0),
            // Without a new user namespace, these would be capabilities of the system.
            keep_capabilities: cli.keep_caps && kinds.contains(Kind::User),
            kill_child: cli.kill_child.map(|signal| signal.unwrap_or(SignalNumber::KILL)),
            init: cli.init,
            pid_file: cli.pid_file,
            info_fd: cli.info_fd,
            program,
            notes,
        })
    }
}

impl Request {
    /// The mount point of `/proc` below the new root, if both are requested. The path is relative to the later working
    /// directory.
    pub fn proc_below(&self) -> Option<(&Path, PathBuf)> {
        let root = self.root.as_deref().filter(|_| self.kinds.contains(Kind::Mnt))?;
        let directory = self.directory.as_deref().unwrap_or(Path::new("/"));
        Some((root, directory.join(self.proc.as_ref()?)))
    }

    /// Looks for things that are missing, before anything is made.
    pub fn check(&self) -> ns_core::Result<()> {
        self.proc_below()
            .map_or(Ok(()), |(root, on)| check_proc_below(root, &on))
    }
}

/// Refuses to create a file without a slash in its path. The word may have another meaning elsewhere, such as `--net=host`.
fn check_file(kind: Kind, file: &Path) -> ns_core::Result<()> {
    if file.symlink_metadata().is_ok() {
        return check_sort(kind, file);
    }
    if file.as_os_str().as_bytes().contains(&b'/') {
        return Ok(());
    }
    let (option, noun, name) = (kind.option(), kind.noun(), word(file));
    let error = Error::NotFound(format!(
        "there is no file {} to bind the {noun} namespace to",
        quoted(file.as_os_str().as_bytes()),
    ));
    Err(error.with_help(format!(
        "to create the file, write --{option}=./{name}; to pin the namespace under a name, write --{option} --pin {name}; to stay in the caller's {noun} namespace, leave out --{option}, or use -a --share={option}"
    )))
}

/// Refuses to cover a device, a FIFO or a socket, which others use, and a link to nowhere. unshare(1) covers them.
fn check_sort(kind: Kind, file: &Path) -> ns_core::Result<()> {
    let name = quoted(file.as_os_str().as_bytes());
    let what = match file.metadata() {
        // The kernel refuses directories, and the error says more.
        Ok(data) if data.is_file() || data.is_dir() => return Ok(()),
        Ok(data) if data.file_type().is_fifo() => "a FIFO",
        Ok(data) if data.file_type().is_socket() => "a socket",
        Ok(_) => "a device",
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "a link to nowhere",
        Err(_) => return Ok(()),
    };
    if CompatName::current().is_some() {
        return Ok(());
    }
    let (noun, option) = (kind.noun(), kind.option());
    let error = Error::Unfit(format!(
        "cannot bind the {noun} namespace to {name}: it is {what}"
    ));
    Err(error.with_help(format!(
        "name a regular file, or one that does not exist: --{option}=./NAME"
    )))
}

/// Notes about options that have no effect without a new namespace.
fn idle(cli: &Cli, kinds: Kinds) -> impl Iterator<Item = String> {
    let options = [
        (
            "--setgroups=allow",
            cli.setgroups == Some(Setgroups::Allow),
            Kind::User,
        ),
        ("--propagation", cli.propagation.is_some(), Kind::Mnt),
    ];
    let is_own_name = CompatName::current().is_none();
    options
        .into_iter()
        .filter(move |(_, is_given, kind)| is_own_name && *is_given && !kinds.contains(*kind))
        .map(|(option, _, kind)| {
            let (noun, add) = (kind.noun(), kind.option());
            format!("{option} has no effect without a new {noun} namespace: add --{add}")
        })
}

/// The requested kinds, and kinds that other options imply.
pub fn kinds(cli: &Cli) -> Kinds {
    if cli.all {
        let is_shared = |kind: &Kind| cli.share.contains(kind);
        return Kinds::ALL.iter().filter(|kind| !is_shared(kind)).collect();
    }
    needed(cli).into_iter().map(|(kind, _)| kind).collect()
}

/// The kinds of which an option needs a new namespace, each with the option.
fn needed(cli: &Cli) -> Vec<(Kind, String)> {
    let binfmt = cli.mount_binfmt.is_some() || cli.load_interp.is_some();
    let implied = [
        (Kind::Mnt, "--mount-proc", cli.mount_proc.is_some()),
        (Kind::Mnt, "--mount-binfmt", binfmt),
        (Kind::User, "an id map", id_maps::are_requested(cli)),
        (Kind::User, "--mount-binfmt", binfmt),
        (Kind::Uts, "--hostname", cli.hostname.is_some()),
        (Kind::Uts, "--domainname", cli.domainname.is_some()),
        (Kind::Net, "--veth", !cli.veth.is_empty()),
        (Kind::Pid, "--init", cli.init),
    ];
    let implied = implied.into_iter().filter(|(.., is_given)| *is_given);
    let said = Kind::ALL.into_iter().filter(|kind| cli.kind(*kind).is_some());
    said.map(|kind| (kind, format!("--{}", kind.option())))
        .chain(implied.map(|(kind, option, _)| (kind, option.to_owned())))
        .collect()
}

/// Refuses contradictions, before anything is done.
fn contradictions(cli: &Cli, kinds: Kinds) -> Result<(), clap::Error> {
    let refuse = |kind, text: &str| Err(usage(Cli::command(), kind, text));
    let conflict = |text: &str| refuse(ErrorKind::ArgumentConflict, text);
    if !kinds.contains(Kind::Time) {
        for (option, offset) in [("--monotonic", cli.monotonic), ("--boottime", cli.boottime)] {
            if offset.is_some() {
                let text = format!("{option} needs a new time namespace: add --time");
                return refuse(ErrorKind::MissingRequiredArgument, &text);
            }
        }
    }
    let mut needed = needed(cli).into_iter();
    if let Some((kind, option)) = needed.find(|(kind, _)| cli.share.contains(kind)) {
        let (noun, share) = (kind.noun(), kind.option());
        return conflict(&format!(
            "{option} needs a new {noun} namespace, and --share={share} keeps the caller's"
        ));
    }
    if cli.info_fd == Some(0) {
        let text = "--info-fd 0: the program reads from descriptor 0: use 1, 2, or another one, as in --info-fd 3 3>FILE";
        return refuse(ErrorKind::ValueValidation, text);
    }
    if let Some(text) = veth::contradiction(&cli.veth) {
        return conflict(&text);
    }
    if cli.no_fork {
        if cli.init {
            return conflict(
                "--init needs a child as PID 1 of a new PID namespace, which --no-fork rules out",
            );
        }
        if cli.kill_child.is_some() {
            return conflict("--kill-child needs a child, which --no-fork rules out");
        }
        if cli.forward_signals {
            return conflict("--forward-signals needs a child, which --no-fork rules out");
        }
        if kinds.contains(Kind::Pid) && (cli.mount_proc.is_some() || cli.all) {
            return conflict(
                "--mount-proc shows the PID namespace of the process that mounts it; with --no-fork, that is the old one",
            );
        }
        if let Some(Some(_)) = &cli.pid {
            return conflict(
                "--pid=FILE: a PID namespace without a process cannot be bound to a file: leave out --no-fork",
            );
        }
    }
    if cli.nsid.is_some() && !kinds.contains(Kind::Net) {
        let text = "--nsid is about a network namespace: add --net, or name an existing one with --pin alone";
        return refuse(ErrorKind::MissingRequiredArgument, text);
    }
    if cli.pin.is_some() {
        if kinds.is_empty() {
            let text = "--pin: there is nothing to pin: add --net, --uts or another kind, or --from TARGET";
            return refuse(ErrorKind::MissingRequiredArgument, text);
        }
        if cli.program.is_empty() {
            named_without_program(cli, kinds)?;
        }
    }
    if cli.setgroups == Some(Setgroups::Allow) && gid_is_single(cli) {
        if CompatName::current().is_some() {
            return conflict(
                "--setgroups=allow and a map of a single gid exclude each other, as in unshare(1)",
            );
        }
        if caller::may_map(IdKind::Group) == Ok(false) {
            return conflict(
                "--setgroups=allow: without CAP_SETGID, a single gid can be mapped only with deny; map a range with --map-groups",
            );
        }
    }
    Ok(())
}

/// Refuses options that need a process, if none will run.
fn named_without_program(cli: &Cli, kinds: Kinds) -> Result<(), clap::Error> {
    let text = if kinds.contains(Kind::Pid) {
        "--pin: a PID namespace ends with its first process, so it needs a program, such as sleep infinity"
    } else if cli.pid_file.is_some() {
        "--pid-file needs a program: with --pin alone, no program is run"
    } else if cli.info_fd.is_some() {
        "--info-fd needs a program: with --pin alone, no program is run"
    } else {
        return Ok(());
    };
    Err(usage(Cli::command(), ErrorKind::MissingRequiredArgument, text))
}

/// The program, its arguments, and its environment: the caller's, except entries that options leave out.
fn program(cli: &Cli) -> anyhow::Result<Program> {
    let mut environment = caller::environment();
    if !cli.whitelist_env.is_empty() {
        let lists = cli.whitelist_env.iter().map(|names| names.as_bytes());
        let names: Vec<_> = lists.flat_map(|list| list.split(|byte| *byte == b',')).collect();
        environment.retain(|entry| sets_one_of(entry.to_bytes(), &names));
    } else if cli.clear_env {
        environment.clear();
    }
    let changes = cli.variables.changes::<anyhow::Error>(Cli::command)?;
    Ok(ns_core::cli::program(&cli.program, environment)?.with_changes(changes))
}

/// True if this entry of an environment sets one of these variables.
fn sets_one_of(entry: &[u8], names: &[&[u8]]) -> bool {
    let equals = entry.iter().position(|byte| *byte == b'=');
    equals.is_some_and(|at| at > 0 && names.contains(&&entry[..at]))
}
