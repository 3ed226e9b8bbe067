//! Targets that change while they are entered: each try ends in the namespaces of one process, all of one moment, or in an
//! error before the program starts.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::Duration;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::inside::{IS_HANGING, bare};
use super::state::PROC;

/// The races, each with what the target does.
pub const ALL: [(&str, &str); 6] = [
    ("exec", "the target executes itself again and again"),
    ("exit", "the target ends"),
    ("setuid", "the target changes its uid and back"),
    ("unshare", "the target enters new namespaces"),
    ("fork", "the target starts children"),
    ("reuse", "the target ends, and another process gets its PID"),
];

/// How many tries a sandbox does.
pub const AT_ONCE: u64 = 100;

/// The requests for a race with this many tries.
pub fn jobs(race: &str, tries: u64) -> impl Iterator<Item = Value> {
    let starts = (0..tries).step_by(usize::try_from(AT_ONCE).unwrap_or(usize::MAX));
    starts.map(move |start| json!({ "race": race, "start": start, "tries": AT_ONCE.min(tries - start) }))
}

/// A process in namespaces of its own. It is killed when this is dropped.
struct Holder {
    child: Child,
    stdout: BufReader<std::process::ChildStdout>,
    /// The namespaces that it was in, as the probe prints them.
    places: HashSet<String>,
}

impl Holder {
    fn start(race: &str, name: &str) -> Result<Self> {
        let mut child = bare("probe")
            .args(["hold", race, name])
            .stdout(Stdio::piped())
            .spawn()?;
        let mut stdout = BufReader::new(child.stdout.take().context("stdout is a pipe")?);
        let mut place = String::new();
        stdout.read_line(&mut place)?;
        let places = HashSet::from([place]);
        Ok(Self {
            child,
            stdout,
            places,
        })
    }

    /// Ends it, and gives every place that it has told of.
    fn end(mut self) -> Result<HashSet<String>> {
        self.child.kill()?;
        self.child.wait()?;
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest)?;
        self.places.extend(rest.lines().map(|line| format!("{line}\n")));
        Ok(std::mem::take(&mut self.places))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Does some tries of a race in this sandbox.
pub fn run(job: &Value, watch: &Sender<()>) -> Result<Value> {
    let race = job["race"].as_str().context("no race")?;
    let (start, tries) = (
        job["start"].as_u64().unwrap_or(0),
        job["tries"].as_u64().unwrap_or(1),
    );
    // PIDs come again soon.
    if has_own_limit()? {
        fs::write(format!("{PROC}/sys/kernel/pid_max"), "400")?;
    }
    let mut answer = json!({ "runs": 0, "entered": 0, "findings": [] });
    let mut lasting = None;
    for number in start..start + tries {
        watch.send(())?;
        let (output, places) = match race {
            "exit" | "reuse" => ending(race, number)?,
            // The target is a new one now and then.
            _ => changing(race, number, &mut lasting)?,
        };
        watch.send(())?;
        answer["runs"] = json!(number + 1 - start);
        let entered = answer["entered"].as_u64().unwrap_or(0) + u64::from(output.status.success());
        answer["entered"] = json!(entered);
        if let Some((failure, what)) = failure(&output, &places) {
            let findings = answer["findings"].as_array_mut().context("it is a list")?;
            findings.push(json!([failure, format!("try {number}: {what}")]));
        }
        if IS_HANGING.load(Ordering::SeqCst) {
            let findings = answer["findings"].as_array_mut().context("it is a list")?;
            findings.push(json!(["hang", format!("try {number}")]));
            break;
        }
    }
    drop(lasting);
    Ok(answer)
}

/// True if a PID namespace has its own greatest PID (Linux 6.14).
fn has_own_limit() -> Result<bool> {
    let name = nix::sys::utsname::uname()?;
    let release = name.release().to_string_lossy();
    let mut numbers = release
        .split(['.', '-'])
        .map(|number| number.parse::<u32>().unwrap_or(0));
    Ok((numbers.next(), numbers.next()) >= (Some(6), Some(14)))
}

fn enter(pid: u32) -> Command {
    let mut command = bare("ns-enter");
    command.args([
        "-t",
        &pid.to_string(),
        "-u",
        "-i",
        "-m",
        "-n",
        "probe",
        "identity",
    ]);
    command
}

/// A target that ends at some moment while it is entered.
fn ending(race: &str, number: u64) -> Result<(Output, HashSet<String>)> {
    let target = Holder::start(race, "first")?;
    let pid = target.child.id();
    let entering = enter(pid).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    // 7919 is a prime: the moments spread over 12 ms.
    std::thread::sleep(Duration::from_micros(number * 7919 % 12_000));
    let mut places = target.end()?;
    let mut other = None;
    if race == "reuse" {
        fs::write(format!("{PROC}/sys/kernel/ns_last_pid"), (pid - 1).to_string())?;
        let holder = Holder::start(race, "second")?;
        places.extend(holder.places.iter().cloned());
        // The second one was here before it entered namespaces of its own.
        let here = bare("probe").arg("identity").output()?;
        places.insert(String::from_utf8(here.stdout)?);
        other = Some(holder);
    }
    let output = entering.wait_with_output()?;
    drop(other);
    Ok((output, places))
}

/// A target that goes on changing.
fn changing(race: &str, number: u64, lasting: &mut Option<Holder>) -> Result<(Output, HashSet<String>)> {
    let target = match lasting.take() {
        Some(target) if !number.is_multiple_of(10) => target,
        _ => Holder::start(race, "first")?,
    };
    std::thread::sleep(Duration::from_micros(number * 7919 % 1000));
    let output = enter(target.child.id()).output()?;
    if race == "unshare" {
        // Its present place is in the list when two more have come.
        let lines = || fs::read_to_string("/mnt/places").unwrap_or_default();
        let count = lines().lines().count();
        for _ in 0..1000 {
            if lines().lines().count() > count + 1 {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        let mut places = target.end()?;
        places.extend(lines().lines().map(|line| format!("{line}\n")));
        fs::remove_file("/mnt/places").context("the target has written no place")?;
        return Ok((output, places));
    }
    let places = target.places.clone();
    *lasting = Some(target);
    Ok((output, places))
}

/// The failure of a try, if its end is wrong.
fn failure(output: &Output, places: &HashSet<String>) -> Option<(&'static str, String)> {
    let place = String::from_utf8_lossy(&output.stdout).into_owned();
    let messages = String::from_utf8_lossy(&output.stderr);
    match output.status.code() {
        Some(0) if places.contains(&place) => None,
        Some(0) => Some(("mixed", format!("{place:?} is none of {places:?}"))),
        Some(101) | None => Some(("panic", messages.into_owned())),
        Some(_) if !place.is_empty() => Some(("started", messages.into_owned())),
        Some(_) if messages.is_empty() => Some(("silent", String::new())),
        // The only causes that are facts here are those about an ended process.
        Some(_) if messages.contains("cause:") && !is_fact(&messages) => {
            Some(("cause", messages.into_owned()))
        }
        Some(_) => None,
    }
}

/// Causes that a target in this state gives: it has ended, or is a dead process that nobody has waited for.
fn is_fact(messages: &str) -> bool {
    ["ended", "no longer", "zombie", "exited"]
        .iter()
        .any(|word| messages.contains(word))
}
