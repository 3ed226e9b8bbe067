//! Running one command and measuring it.
//!
//! The kernel charges a new program with the memory of the process that started it, so that process must be small: this
//! program runs itself again for nothing else (`cargo xtask bench one`).

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nix::sys::resource::{UsageWho, getrusage};

/// The cost of one run of a command.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// The time from start to end.
    pub wall: Duration,
    /// The time in user mode and in the kernel, with its children.
    pub cpu: Duration,
    /// The peak of its memory, in KiB. It is at least the small memory of the measuring process.
    pub peak: u64,
    /// Page faults that needed no disk.
    pub faults: u64,
}

/// Runs a command once, in a separate process, with empty input and without its output.
///
/// # Errors
/// It is an error if it cannot be run, or ends with a status that is not in `allowed`.
pub fn measure(command: &[OsString], allowed: &[i32]) -> Result<Run> {
    let ran = Command::new("/proc/self/exe")
        .args(["bench", "one", "--"])
        .args(command)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run the measuring process")?;
    ensure!(ran.status.success(), "cannot measure {command:?}");
    let text = String::from_utf8(ran.stdout)?;
    let numbers: Vec<u64> = text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()
        .with_context(|| format!("{text:?} is no measurement"))?;
    let [status, wall, cpu, peak, faults] = numbers[..] else {
        anyhow::bail!("{text:?} is no measurement");
    };
    ensure!(
        allowed
            .iter()
            .any(|allowed| u64::try_from(*allowed) == Ok(status)),
        "{command:?} ended with status {status}"
    );
    Ok(Run {
        wall: Duration::from_nanos(wall),
        cpu: Duration::from_nanos(cpu),
        peak,
        faults,
    })
}

/// The measuring process: it has one child, and reports the kernel's counters for it.
pub fn one(command: &[OsString]) -> Result<()> {
    let since = Instant::now();
    let status = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot run {}", command[0].display()))?;
    let wall = since.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let time = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or_default() * 1000
    };
    println!(
        "{} {} {} {} {}",
        status.code().context("it died of a signal")?,
        wall.as_nanos(),
        time(usage.user_time()) + time(usage.system_time()),
        usage.max_rss(),
        usage.minor_page_faults(),
    );
    Ok(())
}
