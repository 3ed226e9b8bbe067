//! Each system call of a command fails in turn.

use std::collections::VecDeque;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::calls;
use super::commands::CommandLine;

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
            // Each job has its own place, so that one that comes or goes with the schedule moves no other.
            jobs.sort_by_cached_key(|job| mixed(seed, &job.to_string()));
            jobs.truncate(count);
        }
        jobs.into()
    }
}

/// A pseudo-random number that follows from the seed and the text alone (FNV-1a, and the end of splitmix64).
pub fn mixed(seed: u64, text: &str) -> u64 {
    let hash = text.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Each call of the run without a fault with each of its errors.
pub fn jobs(command: CommandLine, clean: &Value) -> Result<Vec<Value>> {
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
    Ok(jobs)
}
