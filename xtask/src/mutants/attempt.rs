//! One change at a time: the number is written into the programs, and the tests run until one of them fails.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::build::Built;
use super::weave;
use crate::trust::cell;

/// How a run of tests ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every test passed.
    Passed,
    /// These failed. The run ends after the first, unless all are wanted.
    Failed(Vec<String>),
    /// It took too long.
    TimedOut,
}

/// Tests, and which of them.
#[derive(Clone)]
pub struct Tests<'a> {
    /// The test program.
    pub program: &'a Path,
    /// Its directory.
    pub directory: &'a Path,
    /// Filters of names.
    pub filters: Vec<&'a str>,
    /// Tests that fail without a change.
    pub left_out: &'a [String],
    /// How long they may take.
    pub patience: Duration,
    /// All failures are wanted, not only the first.
    pub to_the_end: bool,
}

/// Chooses a change in everything that was built; 0 is none.
pub fn choose(built: &Built, number: u32) -> Result<()> {
    for path in built.programs.iter().chain([&built.unit]) {
        let mut bytes = fs::read(path)?;
        weave::choose(&mut bytes, number).with_context(|| format!("{} cannot be changed", path.display()))?;
        // A running program cannot be written to. One that another test left may still run.
        let other = path.with_extension("chosen");
        fs::write(&other, bytes)?;
        fs::set_permissions(&other, fs::metadata(path)?.permissions())?;
        fs::rename(&other, path)?;
    }
    Ok(())
}

/// Moves the shell into a cgroup of this name in each hierarchy that tests use, and makes it the root there: a test that
/// is killed leaves its cgroups, and the next one would find them. Then the tests run with a `/run` of their own.
const SCRIPT: &str = r#"
name=$1; shift
while read -r _ place kind options _; do
    case $kind,$options in cgroup2,*|cgroup,*freezer*|cgroup,*name=systemd*)
        mkdir "$place/$name" && { echo $$ >"$place/$name/cgroup.procs" || rmdir "$place/$name"; };;
    esac
done </proc/mounts 2>/dev/null
exec unshare --mount --cgroup --pid --fork --kill-child --mount-proc --propagation private sh -c '
    name=$1; shift
    for place in $(sed -n "s/^[^ ]* \([^ ]*\) cgroup2* .*/\1/p" /proc/mounts); do
        [ ! -d "$place/$name" ] || mount --bind "$place/$name" "$place"
    done
    mount -t tmpfs -o mode=755 run /run && exec "$@"
' sh "$name" "$@"
"#;

/// Removes the cgroups of a run.
fn remove_cgroups(name: &str) -> Result<()> {
    for line in fs::read_to_string("/proc/mounts")?.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let cgroup = Path::new(fields[1]).join(name);
        if fields[2].starts_with("cgroup") && cgroup.exists() {
            cell::remove(&cgroup);
        }
    }
    Ok(())
}

impl Tests<'_> {
    /// Runs them in mount, PID and cgroup namespaces of their own.
    pub fn run(&self) -> Result<Outcome> {
        let cgroup = format!("ns-utils-mutants-{}", std::process::id());
        let outcome = self.run_in(&cgroup);
        remove_cgroups(&cgroup)?;
        outcome
    }

    fn run_in(&self, cgroup: &str) -> Result<Outcome> {
        let skipped = self.left_out.iter().flat_map(|name| ["--skip", name]);
        let mut child = Command::new("sh")
            .current_dir(self.directory)
            .args(["-c", SCRIPT, "sh", cgroup])
            .arg(self.program)
            .args(&self.filters)
            .args(skipped)
            .env("RUST_BACKTRACE", "0")
            // A busy machine is no reason to fail.
            .env("NS_UTILS_ATTEMPTS", "2")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run sh")?;
        let stdout = BufReader::new(child.stdout.take().context("stdout is a pipe")?);
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let deadline = Instant::now() + self.patience;
        let mut failed = Vec::new();
        let ended = loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => failed.extend(failed_test(&line)),
                Err(reason) => break reason,
            }
            if !failed.is_empty() && !self.to_the_end {
                break RecvTimeoutError::Disconnected;
            }
        };
        let is_stopped = ended == RecvTimeoutError::Timeout || !failed.is_empty();
        if is_stopped && !self.to_the_end {
            child.kill()?;
        }
        let status = child.wait()?;
        Ok(match ended {
            RecvTimeoutError::Timeout => Outcome::TimedOut,
            RecvTimeoutError::Disconnected if !failed.is_empty() => Outcome::Failed(failed),
            RecvTimeoutError::Disconnected if status.success() => Outcome::Passed,
            RecvTimeoutError::Disconnected => Outcome::Failed(vec![format!("the tests ended with {status}")]),
        })
    }
}

/// The name of the test, if the line says that it failed.
fn failed_test(line: &str) -> Option<String> {
    let name = line.strip_prefix("test ")?.strip_suffix("FAILED")?;
    Some(name.trim_end().trim_end_matches("...").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_test_is_found_in_the_output() {
        let name = Some("pins::names::a_name".to_owned());
        assert_eq!(failed_test("test pins::names::a_name ... FAILED"), name);
        assert_eq!(failed_test("test pins::names::a_name   ... FAILED"), name);
        for line in [
            "test pins::names::a_name ... ok",
            "test result: FAILED. 1 passed",
            "FAILED",
        ] {
            assert_eq!(failed_test(line), None, "{line}");
        }
    }
}
