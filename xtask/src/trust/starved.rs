//! Commands that start with less than usual: limits of resources, closed descriptors, system calls that are refused at
//! every occurrence.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::calls;
use super::commands::CommandLine;

/// The limits, each with its values.
const LIMITS: &[(&str, &[u64])] = &[
    ("nofile", &[3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
    ("stack", &[16 << 10, 32 << 10, 64 << 10, 128 << 10]),
    ("as", &[8 << 20, 12 << 20, 16 << 20, 32 << 20]),
    ("data", &[0, 1 << 20]),
    ("fsize", &[0, 1, 512]),
    ("memlock", &[0]),
];

/// Each combination of the first three descriptors.
const CLOSED: [&str; 7] = ["0", "1", "2", "0,1", "0,2", "1,2", "0,1,2"];

/// The command with `true` as its program, which the limits leave alone.
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
pub fn limits(command: CommandLine) -> Vec<Value> {
    let options = LIMITS
        .iter()
        .flat_map(|(name, values)| values.iter().map(move |value| format!("--limit={name}:{value}")));
    options
        .map(|option| json!({ "words": words(command), "options": [option] }))
        .collect()
}

/// A run with each combination of closed descriptors.
pub fn closed(command: CommandLine) -> Vec<Value> {
    CLOSED
        .iter()
        .map(|closed| json!({ "words": words(command), "options": [format!("--close={closed}")] }))
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
                "words": words(command), "process": "0", "call": calls::name(number), "nth": 0, "errno": errno,
            }));
        }
    }
    jobs
}
