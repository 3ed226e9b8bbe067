//! The signals that the cases start with.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Those that the cases send, and that the programs pass on.
const WANTED: [(&str, u32); 4] = [("HUP", 1), ("INT", 2), ("QUIT", 3), ("TERM", 15)];

/// Starts the tests once more if their caller ignores some signals, as nohup(1) and a background job of a script do: a
/// shell could then set no handler for them, and the cases would wait without end.
pub fn restore() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let Some(ignored) = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()) else {
        return;
    };
    let names: Vec<_> = WANTED
        .iter()
        .filter(|(_, number)| ignored & (1 << (number - 1)) != 0)
        .map(|(name, _)| *name)
        .collect();
    if names.is_empty() {
        return;
    }
    let mut arguments = std::env::args_os();
    let error = Command::new("env")
        .arg(format!("--default-signal={}", names.join(",")))
        .args(arguments.next())
        .args(arguments)
        .exec();
    panic!(
        "{} ignored, and env(1) does not change that: {error}",
        names.join(", ")
    );
}
