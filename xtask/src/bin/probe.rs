//! `probe`: the program that `cargo xtask trust` has started in namespaces. It prints what it finds there.
//!
//! `probe start OPTIONS -- COMMAND` makes itself the traced child of its parent, takes away what the options say, and
//! becomes the command. `probe hold RACE NAME` is a target that changes while it is entered, and `probe identity` prints
//! where it is.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nix::errno::Errno;
use nix::sched::{CloneFlags, unshare};
use nix::sys::resource::{Resource, setrlimit};
use nix::unistd::setresuid;
use rustix::fs::{Dir, Mode, OFlags};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(word) if word == "start" => start(arguments),
        Some(word) if word == "hold" => hold(arguments),
        Some(word) if word == "identity" => {
            println!("{}", identity());
            Ok(())
        }
        _ => {
            print!("{}", surroundings());
            Ok(())
        }
    }
}

/// Becomes the command after `--`, in a session of its own.
fn start(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    nix::unistd::setsid()?;
    let mut closed = Vec::new();
    let mut limits = Vec::new();
    let mut filters = Vec::new();
    let mut is_traced = false;
    loop {
        let option = arguments.next().context("there is no command")?;
        let option = option.to_str().context("an option is text")?;
        match option.split_once('=') {
            None if option == "--" => break,
            None if option == "--trace" => is_traced = true,
            Some(("--close", fds)) => closed.extend(fds.split(',').map(str::parse::<i32>)),
            Some(("--limit", limit)) => limits.push(limit.to_owned()),
            Some(("--filter", filter)) => filters.push(filter.to_owned()),
            _ => bail!("{option} is unknown"),
        }
    }
    let program = arguments.next().context("there is no command")?;
    let mut command = Command::new(program);
    command.args(arguments);
    for limit in &limits {
        let (name, value) = limit.split_once(':').context("a limit is NAME:VALUE")?;
        let value = value.parse()?;
        setrlimit(resource(name)?, value, value)?;
    }
    for fd in closed {
        let fd = fd?;
        ensure!((0..=2).contains(&fd), "only the first three are closed");
        nix::unistd::close(fd)?;
    }
    if is_traced {
        nix::sys::ptrace::traceme()?;
    }
    for filter in &filters {
        let (call, action) = filter.split_once(':').context("a filter is NUMBER:ACTION")?;
        load_filter(call.parse()?, action)?;
    }
    Err(command.exec().into())
}

/// Has the kernel answer every call with this number with an error, or with a signal that ends the process.
fn load_filter(call: i64, action: &str) -> Result<()> {
    let action = match action {
        "EPERM" => SeccompAction::Errno(Errno::EPERM as u32),
        "ENOSYS" => SeccompAction::Errno(Errno::ENOSYS as u32),
        "KILL" => SeccompAction::KillProcess,
        _ => bail!("there is no action {action}"),
    };
    let rules = BTreeMap::from([(call, Vec::new())]);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        action,
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program).context("cannot load a filter")
}

/// The limit with this name, as `prlimit(1)` spells it.
fn resource(name: &str) -> Result<Resource> {
    Ok(match name {
        "as" => Resource::RLIMIT_AS,
        "data" => Resource::RLIMIT_DATA,
        "fsize" => Resource::RLIMIT_FSIZE,
        "memlock" => Resource::RLIMIT_MEMLOCK,
        "nofile" => Resource::RLIMIT_NOFILE,
        "nproc" => Resource::RLIMIT_NPROC,
        "stack" => Resource::RLIMIT_STACK,
        _ => bail!("there is no limit {name}"),
    })
}

/// The text of a file in `/proc`: in the directory that is stdin, if it is a `/proc`, because a `/proc` of the machine that
/// is another one or none must not change the result.
fn read(file: &str) -> std::io::Result<String> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    match rustix::fs::openat(rustix::stdio::stdin(), file, flags, Mode::empty()) {
        Ok(opened) => std::io::read_to_string(File::from(opened)),
        Err(_) => fs::read_to_string(Path::new("/proc").join(file)),
    }
}

/// Everything about this process that a step of a launch can have changed, as lines.
fn surroundings() -> String {
    let mut lines = vec![format!(
        "pid {}",
        if std::process::id() == 1 { "1" } else { "another" }
    )];
    for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
        lines.push(link(&format!("self/ns/{kind}")));
    }
    let status = read("self/status").unwrap_or_default();
    let kept = ["Uid:", "Gid:", "Groups:", "NoNewPrivs:", "Sig", "Cap", "Umask:"];
    let is_kept = |line: &&str| kept.iter().any(|start| line.starts_with(start)) && !line.starts_with("SigQ");
    lines.extend(status.lines().filter(is_kept).map(str::to_owned));
    for file in [
        "self/uid_map",
        "self/gid_map",
        "self/setgroups",
        "self/timens_offsets",
        "sys/kernel/hostname",
        "sys/kernel/domainname",
        "self/cgroup",
        "self/net/fib_trie",
    ] {
        let text = read(file).unwrap_or_else(|error| error.to_string());
        lines.push(format!("{file}: {text}"));
    }
    let interfaces = read("self/net/dev").unwrap_or_default();
    let names = interfaces
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()));
    lines.extend(names.map(|name| format!("interface {name}")));
    for path in ["self/cwd", "self/root"] {
        lines.push(link(path));
    }
    let own =
        fs::read_link("/proc/self").is_ok_and(|own| own.as_os_str() == &*std::process::id().to_string());
    lines.push(format!("own /proc {own}"));
    lines.extend(mounts());
    let mut open = descriptors();
    open.sort();
    lines.push(format!("descriptors {}", open.join(" ")));
    let mut environment: Vec<String> = std::env::vars_os().map(|entry| format!("{entry:?}")).collect();
    environment.sort();
    lines.extend(environment);
    lines.join("\n") + "\n"
}

/// The target of a link in `/proc`, found as [`read`] finds a file.
fn link(path: &str) -> String {
    let target = rustix::fs::readlinkat(rustix::stdio::stdin(), path, Vec::new())
        .or_else(|_| rustix::fs::readlink(format!("/proc/{path}"), Vec::new()));
    target.map_or_else(
        |error| format!("{path}: {error}"),
        |link| format!("{path}: {}", link.to_string_lossy()),
    )
}

/// The open descriptors, with the one that reads them.
fn descriptors() -> Vec<String> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::openat(rustix::stdio::stdin(), "self/fd", flags, Mode::empty())
        .or_else(|_| rustix::fs::open("/proc/self/fd", flags, Mode::empty()));
    let entries = opened.and_then(Dir::new).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.file_name().to_str().ok()?.to_owned()))
        .filter(|name| !name.starts_with('.'))
        .collect()
}

/// Enters namespaces of its own, says so, and then behaves as a race needs it.
fn hold(mut arguments: impl Iterator<Item = OsString>) -> Result<()> {
    let mut next = || arguments.next()?.into_string().ok();
    let (race, name) = (next().context("no race")?, next().context("no name")?);
    if next().is_none() {
        let kinds = CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC | CloneFlags::CLONE_NEWNS;
        unshare(kinds | CloneFlags::CLONE_NEWNET)?;
        nix::unistd::sethostname(&name)?;
        println!("{}", identity());
    }
    let mut random = std::process::id();
    loop {
        match &*race {
            "exec" => {
                random = random.wrapping_mul(1_103_515_245).wrapping_add(12345);
                std::thread::sleep(Duration::from_micros(u64::from(random >> 21)));
                return Err(Command::new("/proc/self/exe")
                    .args(["hold", "exec", &name, "again"])
                    .exec()
                    .into());
            }
            "setuid" => {
                setresuid(1000.into(), 1000.into(), 0.into())?;
                setresuid(0.into(), 0.into(), 0.into())?;
            }
            "unshare" => {
                unshare(CloneFlags::CLONE_NEWUTS | CloneFlags::CLONE_NEWIPC)?;
                // A pipe could be full.
                let mut places = File::options().create(true).append(true).open("/mnt/places")?;
                writeln!(places, "{}", identity())?;
            }
            "fork" => drop(Command::new("/proc/self/exe").arg("identity").output()?),
            _ => std::thread::sleep(Duration::from_secs(1000)),
        }
    }
}

/// The namespaces of this process that a race looks at.
fn identity() -> String {
    ["uts", "ipc", "mnt", "net"]
        .map(|kind| link(&format!("self/ns/{kind}")))
        .join(" ")
}

/// Each mount without its ids, with its propagation.
fn mounts() -> Vec<String> {
    let table = read("self/mountinfo").unwrap_or_default();
    let line = |line: &str| {
        let fields: Vec<&str> = line.split(' ').collect();
        let shared: Vec<&str> = fields
            .get(6..)?
            .iter()
            .take_while(|field| **field != "-")
            .map(|field| field.split(':').next().unwrap_or_default())
            .collect();
        let kind = fields.iter().skip_while(|field| **field != "-").nth(1)?;
        Some(format!(
            "mount {} {} {} {} {kind}",
            fields[3],
            fields[4],
            fields[5],
            shared.join(",")
        ))
    };
    table.lines().filter_map(line).collect()
}
