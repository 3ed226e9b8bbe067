//! Each system call of a command fails in turn.

use std::collections::VecDeque;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::calls;
use super::commands::CommandLine;
use crate::random::Random;

/// Which of the faults are tried.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// At most this many of each command, chosen by the seed.
    pub sample: Option<(usize, u64)>,
    /// Only this process, call, occurrence and error.
    pub process: Option<String>,
    /// Only the call with this name.
    pub call: Option<String>,
    /// Only this occurrence.
    pub nth: Option<u64>,
    /// Only this error.
    pub errno: Option<String>,
    /// Only the run that starts with these options.
    pub options: Vec<String>,
}

impl Selection {
    pub fn chosen(&self, jobs: Vec<Value>) -> VecDeque<Value> {
        let is_wanted = |job: &Value| {
            let is = |name: &str, wanted: &Option<String>| {
                wanted.as_ref().is_none_or(|wanted| job[name] == **wanted)
            };
            is("process", &self.process)
                && is("call", &self.call)
                && is("errno", &self.errno)
                && (self.options.is_empty() || job["options"] == json!(self.options))
                && self.nth.is_none_or(|nth| job["nth"] == nth)
        };
        let mut jobs: Vec<Value> = jobs.into_iter().filter(is_wanted).collect();
        if let Some((count, seed)) = self.sample {
            let mut random = Random(seed);
            while jobs.len() > count {
                jobs.swap_remove(random.index(jobs.len()));
            }
        }
        jobs.into()
    }
}

/// Each call of the run without a fault with each of its errors, as far as they are selected.
pub fn jobs(command: CommandLine, clean: &Value, selection: &Selection) -> Result<VecDeque<Value>> {
    let words = command.words();
    let mut jobs = Vec::new();
    for site in clean["sites"].as_array().context("no calls")? {
        let call = site[1].as_i64().context("no number")?;
        for errno in calls::errors(call) {
            jobs.push(json!({
                "words": words,
                "process": site[0],
                "call": calls::name(call),
                "nth": site[2],
                "errno": format!("{errno:?}"),
            }));
        }
    }
    Ok(selection.chosen(jobs))
}
