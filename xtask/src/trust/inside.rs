//! The first process of a sandbox: sets it up, does the runs, and says after each what has changed.

use std::fs::{self, File};
use std::io::{BufRead as _, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use nix::errno::Errno;
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::fs::CWD;
use rustix::mount::{MoveMountFlags, OpenTreeFlags, move_mount, open_tree};
use serde_json::{Value, json};

use super::state::{PROC, State};
use super::tracer::{self, Injection, Site};
use super::{calls, filters, races, scenes, starved};

/// The arguments of `cargo xtask trust cell`.
#[derive(Debug, Parser)]
pub struct CellOptions {
    /// The directory of the programs.
    programs: PathBuf,
    /// Set up the sandbox with this script.
    set_up: String,
}

/// The directory of the programs and of the files of the runs.
const PLACE: &str = "/mnt";

/// How long a run may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A run took too long, and everything was killed.
pub static IS_HANGING: AtomicBool = AtomicBool::new(false);

/// Serves until stdin ends, or a run has changed the sandbox.
pub fn run(options: &CellOptions) -> Result<()> {
    ensure!(std::process::id() == 1, "this is no sandbox");
    let target = set_up(options)?;
    let others = tracer::own_processes();
    let before = State::now();
    let watch = watchdog();
    let last_pid = fs::read_to_string(format!("{PROC}/sys/kernel/ns_last_pid"))?;
    for line in std::io::stdin().lock().lines() {
        // The PIDs are the same in each run.
        fs::write(format!("{PROC}/sys/kernel/ns_last_pid"), last_pid.trim())?;
        let job: Value = serde_json::from_str(&line?)?;
        let answer = if job["race"].is_string() {
            races::run(&job, &watch)?
        } else {
            one(&job, &target, &others, &before, &watch)?
        };
        println!("{answer}");
        if answer["is_dirty"] == true {
            break;
        }
    }
    Ok(())
}

/// Mounts what the sandbox has of its own, and gives the PID that the script wrote.
fn set_up(options: &CellOptions) -> Result<String> {
    let nothing = None::<&str>;
    // The programs may be on a mount that goes, or below /tmp.
    let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
    let programs = open_tree(CWD, &options.programs, flags).context("cannot open the programs")?;
    // A mount of the machine can disappear here too, at any moment.
    for place in mount_points()?.iter().rev() {
        let is_kept = ["/", "/proc"].contains(&place.as_str()) || place.starts_with("/dev");
        if !is_kept {
            match umount2(place.as_str(), MntFlags::MNT_DETACH) {
                Ok(()) | Err(Errno::ENOENT | Errno::EINVAL) => {}
                Err(error) => return Err(error).with_context(|| format!("cannot unmount {place}")),
            }
        }
    }
    for place in ["/run", "/tmp", PLACE] {
        mount(Some("own"), place, Some("tmpfs"), MsFlags::empty(), nothing)
            .with_context(|| format!("cannot mount {place}"))?;
    }
    mount(Some("own"), "/sys", Some("sysfs"), MsFlags::empty(), nothing).context("cannot mount /sys")?;
    fs::create_dir(PROC)?;
    mount(Some("own"), PROC, Some("proc"), MsFlags::empty(), nothing).context("cannot mount /proc")?;
    let kind = Some("cgroup2");
    mount(Some("own"), "/sys/fs/cgroup", kind, MsFlags::empty(), nothing).context("cannot mount cgroups")?;
    let bin = Path::new(PLACE).join("bin");
    fs::create_dir(&bin)?;
    move_mount(&programs, "", CWD, &bin, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
        .context("cannot mount the programs")?;
    nix::unistd::sethostname("cell")?;
    let output = bare("sh")
        .args(["-euc", &options.set_up])
        .stderr(Stdio::inherit())
        .output()?;
    ensure!(
        output.status.success(),
        "the sandbox cannot be set up: {}",
        options.set_up
    );
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

/// Every mount point, outer ones first.
fn mount_points() -> Result<Vec<String>> {
    let table = fs::read_to_string("/proc/self/mountinfo")?;
    Ok(table
        .lines()
        .filter_map(|line| Some(line.split(' ').nth(4)?.to_owned()))
        .collect())
}

/// A command with the environment and the directory that every command has here.
pub fn bare(program: &str) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("LC_ALL", "C")
        .env("HOME", "/root")
        .current_dir("/");
    command.env("PATH", format!("{PLACE}/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
    command.stdin(Stdio::null());
    command
}

/// Kills all other processes of the sandbox if a run takes too long. A message starts the clock or stops it.
fn watchdog() -> Sender<()> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        while receiver.recv().is_ok() {
            if receiver.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                IS_HANGING.store(true, Ordering::SeqCst);
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
                let _ = receiver.recv();
            }
        }
    });
    sender
}

/// Does one run.
fn one(job: &Value, target: &str, others: &[i32], before: &State, watch: &Sender<()>) -> Result<Value> {
    let texts = |name: &str| -> Vec<String> {
        let words = job[name].as_array().into_iter().flatten();
        words.filter_map(|word| Some(word.as_str()?.to_owned())).collect()
    };
    let mut command = bare("probe");
    let (mut others, mut before) = (others.to_vec(), before.clone());
    if let Some(script) = scenes::script(job) {
        set_scene(script)?;
        (others, before) = (tracer::own_processes(), State::now());
        command.stdin(File::open(PROC)?);
    }
    let (others, before) = (&others[..], &before);
    command.args(["start", "--trace"]);
    for option in texts("options") {
        if !option.starts_with("--scene=") {
            command.arg(starved::with_bytes(filters::with_number(&option)?, job)?);
        }
    }
    command.arg("--");
    command.args(texts("words").iter().map(|word| {
        if *word == "TARGET" {
            target.to_owned()
        } else {
            word.clone()
        }
    }));
    let mut output = tempfile::tempfile_in(PLACE)?;
    let mut messages = tempfile::tempfile_in(PLACE)?;
    command.stdout(output.try_clone()?).stderr(messages.try_clone()?);
    let injection = injection(job)?;
    watch.send(())?;
    let trace = tracer::run(&mut command, injection.as_ref(), others)?;
    watch.send(())?;
    let changes = lasting_changes(before);
    let is_hanging = IS_HANGING.load(Ordering::SeqCst);
    let sites: Vec<_> = trace
        .sites
        .iter()
        .map(|site| json!([site.process, site.call, site.nth]))
        .collect();
    Ok(json!({
        "status": trace.status,
        "is_hit": trace.is_hit,
        "argument": trace.argument,
        "is_unmapped": trace.is_unmapped,
        "mapped": trace.mapped,
        "is_hanging": is_hanging,
        "is_dirty": is_hanging || scenes::script(job).is_some() || !changes.is_empty() || !trace.left.is_empty(),
        "output": text(&mut output, others)?,
        "messages": text(&mut messages, others)?,
        "programs": trace.programs,
        "left": trace.left,
        "changes": changes,
        "sites": sites,
    }))
}

/// Changes the surroundings of the commands.
fn set_scene(script: &str) -> Result<()> {
    let status = bare("sh").args(["-euc", script]).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "the scene cannot be set: {script}");
    std::env::set_current_dir("/")?;
    Ok(())
}

/// The changes of the sandbox. The kernel removes the interfaces of a namespace that has ended, one namespace after the
/// other of the whole machine, which can take seconds.
fn lasting_changes(before: &State) -> Vec<String> {
    for _ in 0..800 {
        let changes = before.changes(&State::now());
        if !changes.iter().any(|change| change.starts_with("+interface")) {
            return changes;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    before.changes(&State::now())
}

/// The failure that a run is asked for.
fn injection(job: &Value) -> Result<Option<Injection>> {
    let Some(process) = job["process"].as_str() else {
        return Ok(None);
    };
    let call = calls::number(job["call"].as_str().context("no call")?)?;
    let nth = u32::try_from(job["nth"].as_u64().context("no number")?)?;
    let errno = calls::errno(job["errno"].as_str().context("no error")?)?;
    let site = Site {
        process: process.to_owned(),
        call,
        nth,
    };
    Ok(Some(Injection { site, errno }))
}

/// The contents of a file, with names in place of the numbers of namespaces.
fn text(file: &mut File, others: &[i32]) -> Result<String> {
    file.flush()?;
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    for kind in ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"] {
        let held = others.iter().map(|pid| (*pid, "held"));
        let processes = [(1, "cell")].into_iter().chain(held);
        for (pid, name) in processes {
            if let Ok(link) = fs::read_link(format!("{PROC}/{pid}/ns/{kind}")) {
                text = text.replace(&*link.to_string_lossy(), &format!("{kind}:[{name}]"));
            }
        }
    }
    Ok(text)
}
