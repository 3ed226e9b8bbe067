//! `probe`: the program that `cargo xtask trust` has started in namespaces. It prints what it finds there.
//!
//! `probe start OPTIONS -- COMMAND` makes itself the traced child of its parent, takes away what the options say, and
//! becomes the command.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use nix::errno::Errno;
use nix::sys::resource::{Resource, setrlimit};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    match arguments.next() {
        Some(word) if word == "start" => start(arguments),
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

/// Everything about this process that a step of a launch can have changed, as lines.
fn surroundings() -> String {
    let mut lines = vec![format!(
        "pid {}",
        if std::process::id() == 1 { "1" } else { "another" }
    )];
    for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
        lines.push(link(&format!("/proc/self/ns/{kind}")));
    }
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
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
        "net/fib_trie",
    ] {
        let text = fs::read_to_string(format!("/proc/{file}")).unwrap_or_else(|error| error.to_string());
        lines.push(format!("{file}: {text}"));
    }
    let interfaces = fs::read_to_string("/proc/net/dev").unwrap_or_default();
    let names = interfaces
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()));
    lines.extend(names.map(|name| format!("interface {name}")));
    for path in ["/proc/self/cwd", "/proc/self/root"] {
        lines.push(link(path));
    }
    lines.extend(mounts());
    let mut open: Vec<String> = fs::read_dir("/proc/self/fd").map_or_else(
        |_| Vec::new(),
        |entries| {
            let names = entries
                .flatten()
                .filter_map(|entry| entry.file_name().into_string().ok());
            names.collect()
        },
    );
    open.sort();
    lines.push(format!("descriptors {}", open.join(" ")));
    let mut environment: Vec<String> = std::env::vars_os().map(|entry| format!("{entry:?}")).collect();
    environment.sort();
    lines.extend(environment);
    lines.join("\n") + "\n"
}

fn link(path: &str) -> String {
    fs::read_link(path).map_or_else(
        |error| format!("{path}: {error}"),
        |link| format!("{path}: {}", link.display()),
    )
}

/// Each mount without its ids, with its propagation.
fn mounts() -> Vec<String> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
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
