//! Many runs of one command, each with a fault, in as many sandboxes as there are workers.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::cell::Cell;
use super::commands::CommandLine;
use super::report::{Finding, Row};
use super::verdict;

/// Does the runs.
pub struct Runner {
    /// The directory of the programs.
    pub programs: PathBuf,
    /// How many runs are done at a time.
    pub workers: usize,
}

impl Runner {
    /// A runner that does this many runs at a time.
    pub fn with_workers(&self, workers: usize) -> Self {
        Self {
            programs: self.programs.clone(),
            workers,
        }
    }

    /// Does this run of the command without a fault.
    pub fn clean(&self, command: CommandLine, job: &Value) -> Result<Value> {
        let clean = self.ask_once(command, job)?;
        ensure!(
            clean["status"] == 0,
            "{} fails without a fault: {clean}",
            command.words
        );
        ensure!(
            clean["left"] == json!([]),
            "{} leaves processes: {clean}",
            command.words
        );
        Ok(clean)
    }

    /// Does one run in a sandbox of its own.
    pub fn ask_once(&self, command: CommandLine, job: &Value) -> Result<Value> {
        Cell::new(&self.programs, command.set_up)?.ask(job)
    }

    /// Runs the command once with each fault, and compares it with the run without.
    pub fn run(&self, command: CommandLine, clean: &Value, jobs: VecDeque<Value>, row: Row) -> Result<Row> {
        let jobs = Mutex::new(jobs);
        let row = Mutex::new(row);
        let work = || {
            let mut cell = None;
            while let Some(job) = next(&jobs) {
                let answer = ask(&mut cell, &self.programs, command, &job)?;
                let mut row = row.lock().expect("no worker panics");
                row.runs += 1;
                let is_missed = job["call"].is_string() && answer["is_hit"] == false;
                row.missed += u32::from(is_missed || answer["is_unmapped"] == true);
                for (failure, what) in verdict::failures(clean, &answer, &job) {
                    row.findings.push(Finding {
                        failure,
                        repeat: repeat(command.words, &job),
                        what,
                    });
                }
            }
            anyhow::Ok(())
        };
        self.share(work)?;
        row.into_inner().context("no worker panics")
    }

    /// Does the tries of a race, each job in a sandbox of its own.
    pub fn race(&self, jobs: VecDeque<Value>, row: Row) -> Result<Row> {
        let jobs = Mutex::new(jobs);
        let row = Mutex::new(row);
        self.share(|| {
            while let Some(job) = next(&jobs) {
                let answer = Cell::new(&self.programs, "")?.ask(&job)?;
                let mut row = row.lock().expect("no worker panics");
                row.runs += u32::try_from(answer["runs"].as_u64().unwrap_or_default())?;
                row.entered += u32::try_from(answer["entered"].as_u64().unwrap_or_default())?;
                for finding in answer["findings"].as_array().into_iter().flatten() {
                    let race = job["race"].as_str().unwrap_or_default();
                    row.findings.push(Finding {
                        failure: verdict::of_race(finding[0].as_str().unwrap_or_default()),
                        repeat: format!("cargo xtask trust --part races --only {race}"),
                        what: finding[1].as_str().unwrap_or_default().to_owned(),
                    });
                }
            }
            Ok(())
        })?;
        row.into_inner().context("no worker panics")
    }

    /// Does the same work in every worker.
    pub fn share(&self, work: impl Fn() -> Result<()> + Copy + Send + Sync) -> Result<()> {
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..self.workers).map(|_| scope.spawn(work)).collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().expect("no worker panics"))
        })
    }
}

/// Takes the next of the things to do.
pub fn next<T>(jobs: &Mutex<VecDeque<T>>) -> Option<T> {
    jobs.lock().expect("no worker panics").pop_front()
}

/// Does a run in the sandbox, which is made anew if an earlier run has changed it.
fn ask(cell: &mut Option<Cell>, programs: &Path, command: CommandLine, job: &Value) -> Result<Value> {
    let mut asked = match cell.take() {
        Some(cell) => cell,
        None => Cell::new(programs, command.set_up)?,
    };
    let answer = asked.ask(job)?;
    if answer["is_dirty"] == false {
        *cell = Some(asked);
    }
    Ok(answer)
}

/// The command that repeats the run alone.
fn repeat(words: &str, job: &Value) -> String {
    let mut parts = vec![format!("cargo xtask trust --only '{words}'")];
    for name in ["process", "call", "nth", "errno"] {
        match &job[name] {
            Value::Null => {}
            Value::String(text) => parts.push(format!("--{name} {text}")),
            other => parts.push(format!("--{name} {other}")),
        }
    }
    for option in job["options"].as_array().into_iter().flatten() {
        parts.push(format!("--option={}", option.as_str().unwrap_or_default()));
    }
    parts.join(" ")
}
