//! Commands that start with less than usual: limits of resources, closed descriptors, system calls that are refused at
//! every occurrence.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::calls;
use super::commands::CommandLine;

/// The limits, each with its values.
const LIMITS: &[(&str, &[u64])] = &[
    ("nofile", &[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    ("stack", &[16 << 10, 32 << 10, 64 << 10, 128 << 10]),
    ("data", &[0, 1 << 20]),
    ("fsize", &[0, 1, 512]),
    ("memlock", &[0]),
];

/// The limits of the address space, in KiB beyond what the program has mapped when it begins: the same question for every
/// build. The first are too small for its stack.
const ROOMS: [u64; 8] = [0, 1 << 10, 1792, 2 << 10, 2304, 3 << 10, 6 << 10, 16 << 10];

/// The start of a limit of the address space beyond what is mapped.
const ROOM: &str = "--limit=as:+";

/// Each combination of the first three descriptors.
const CLOSED: [&str; 7] = ["0", "1", "2", "0,1", "0,2", "1,2", "0,1,2"];

/// The command with `true` as its program, which needs less than the probe. The tracer sees its start.
pub fn words(command: CommandLine) -> Vec<&'static str> {
    let words = command.words().into_iter();
    words
        .map(|word| {
            if word.ends_with("probe") {
                "/bin/true"
            } else {
                word
            }
        })
        .collect()
}

/// The command without a fault, to compare with.
pub fn clean(command: CommandLine) -> Value {
    json!({ "words": words(command) })
}

/// A run under each limit.
pub fn limits(command: CommandLine, clean: &Value) -> Vec<Value> {
    let options = LIMITS
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("--limit={name}:{value}")));
    let rooms = ROOMS.iter().map(|room| format!("{ROOM}{room}"));
    options
        .chain(rooms)
        .map(|option| json!({ "words": words(command), "options": [option], "mapped": clean["mapped"] }))
        .collect()
}

/// The option as the probe takes it, with the limit in bytes.
pub fn with_bytes(option: String, job: &Value) -> Result<String> {
    let Some(room) = option.strip_prefix(ROOM) else {
        return Ok(option);
    };
    let mapped = job["mapped"].as_u64().context("nobody knows what it maps")?;
    Ok(format!("--limit=as:{}", mapped + room.parse::<u64>()? * 1024))
}

/// A run with each combination of closed descriptors.
pub fn closed(command: CommandLine) -> Vec<Value> {
    CLOSED
        .iter()
        .map(|closed| json!({ "words": command.words(), "options": [format!("--close={closed}")] }))
        .collect()
}

/// A run for each call of the command and each of two errors, in which every such call of every process fails, as behind a
/// filter (`seccomp(2)`).
pub fn refused(command: CommandLine, clean: &Value) -> Vec<Value> {
    let sites = clean["sites"].as_array().into_iter().flatten();
    let numbers: BTreeSet<i64> = sites.filter_map(|site| site[1].as_i64()).collect();
    let mut jobs = Vec::new();
    for number in numbers
        .into_iter()
        .filter(|number| !calls::errors(*number).is_empty())
    {
        for errno in ["EPERM", "ENOSYS"] {
            jobs.push(json!({
                "words": command.words(), "process": "0", "call": calls::name(number), "nth": 0, "errno": errno,
            }));
        }
    }
    jobs
}
