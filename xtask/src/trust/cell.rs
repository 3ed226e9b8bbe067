//! A sandbox for runs: namespaces of every kind but user, with a /run, a /tmp, a cgroup and network of its own. Its first
//! process is this program again (`cargo xtask trust cell`), which does the runs that it is asked for, one JSON line each.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A sandbox, as this side sees it. All its processes end when it is dropped.
pub struct Cell {
    child: Child,
    stdout: BufReader<ChildStdout>,
    cgroup: PathBuf,
}

/// Moves the shell into the cgroup, so that this one is the root of the cgroup namespace; then becomes unshare(1). It ends
/// with this process.
const SCRIPT: &str = r#"echo $$ >"$1/cgroup.procs" && shift && exec setpriv --pdeathsig KILL unshare --mount --propagation private --pid --net --uts --ipc --cgroup --fork --kill-child --mount-proc "$@""#;

static COUNT: AtomicU32 = AtomicU32::new(0);

impl Cell {
    /// Makes a sandbox with the programs of this directory in its PATH, and runs `set_up` there with a shell.
    pub fn new(programs: &Path, set_up: &str) -> Result<Self> {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let cgroup = cgroups()?.join(format!("ns-utils-trust-{}-{count}", std::process::id()));
        std::fs::create_dir(&cgroup).with_context(|| format!("cannot make {}", cgroup.display()))?;
        let mut child = Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(&cgroup)
            .arg(std::env::current_exe()?)
            .args(["trust", "cell"])
            .arg(programs)
            .arg(set_up)
            .env("LC_ALL", "C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot run sh")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout is a pipe")?);
        Ok(Self {
            child,
            stdout,
            cgroup,
        })
    }

    /// Does one run, and gives its answer.
    pub fn ask(&mut self, job: &Value) -> Result<Value> {
        let stdin = self.child.stdin.as_mut().context("stdin is a pipe")?;
        writeln!(stdin, "{job}")?;
        let mut line = String::new();
        self.stdout.read_line(&mut line)?;
        ensure!(!line.is_empty(), "the sandbox has ended during {job}");
        Ok(serde_json::from_str(&line)?)
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // unshare(1) ends after the first process of the sandbox, and the kernel ends the others.
        let _ = self.child.wait();
        remove(&self.cgroup);
    }
}

/// Removes a cgroup and those below it. A process that was killed can be in it for a moment.
pub fn remove(cgroup: &Path) {
    for entry in std::fs::read_dir(cgroup).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove(&entry.path());
        }
    }
    for _ in 0..200 {
        if std::fs::remove_dir(cgroup).is_ok() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    eprintln!("cargo xtask trust: {} is left", cgroup.display());
}

/// The directory on which the hierarchy of cgroup v2 is mounted.
fn cgroups() -> Result<PathBuf> {
    let mounts = std::fs::read_to_string("/proc/self/mounts")?;
    mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .find(|fields| fields.get(2) == Some(&"cgroup2"))
        .map(|fields| PathBuf::from(fields[1]))
        .context("cgroup v2 is not mounted")
}
