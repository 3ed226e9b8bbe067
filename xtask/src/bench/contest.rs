//! Commands that run in turn, and their medians. Other work of the machine affects all commands alike.

use std::ffi::OsString;
use std::time::Duration;

use anyhow::Result;

use super::runner::{Run, measure};

/// One side of a comparison.
pub struct Contestant {
    /// Its name in the table.
    pub name: String,
    /// The command; its output is thrown away.
    pub command: Vec<OsString>,
    /// The exit statuses that count as success.
    pub allowed: Vec<i32>,
}

impl Contestant {
    /// A command that must succeed, named by its words.
    pub fn new(name: &str, command: impl IntoIterator<Item: Into<OsString>>) -> Self {
        Self {
            name: name.into(),
            command: command.into_iter().map(Into::into).collect(),
            allowed: vec![0],
        }
    }
}

/// The cost of one side: medians, and the largest peak.
pub struct Standing {
    /// The name.
    pub name: String,
    /// The median of the time from start to end.
    pub wall: Duration,
    /// The median of the time on a processor.
    pub cpu: Duration,
    /// The median of the page faults.
    pub faults: u64,
    /// The largest of the peaks, in KiB.
    pub peak: u64,
}

/// Runs the commands in turn, after one run of each that does not count.
pub fn alternating(rounds: usize, contestants: &[Contestant]) -> Result<Vec<Standing>> {
    for contestant in contestants {
        measure(&contestant.command, &contestant.allowed)?;
    }
    let mut runs: Vec<Vec<Run>> = vec![Vec::new(); contestants.len()];
    for round in 0..rounds {
        // The order alternates too, because the second command finds warmer caches.
        let order: Vec<usize> = if round % 2 == 0 {
            (0..contestants.len()).collect()
        } else {
            (0..contestants.len()).rev().collect()
        };
        for index in order {
            let contestant = &contestants[index];
            runs[index].push(measure(&contestant.command, &contestant.allowed)?);
        }
    }
    Ok(contestants
        .iter()
        .zip(runs)
        .map(|(contestant, runs)| Standing {
            name: contestant.name.clone(),
            wall: median(runs.iter().map(|run| run.wall)),
            cpu: median(runs.iter().map(|run| run.cpu)),
            faults: median(runs.iter().map(|run| run.faults)),
            peak: runs.iter().map(|run| run.peak).max().unwrap_or_default(),
        })
        .collect())
}

/// Prints a table with ratios to the time of the first command, which is the relative. Less is faster.
pub fn print(title: &str, results: &[Standing]) {
    println!("{title}");
    let wide = results.iter().map(|result| result.name.len()).max().unwrap_or(0);
    println!(
        "  {:wide$}  {:>10}  {:>7}  {:>10}  {:>7}  {:>8}  {:>9}",
        "", "median", "ratio", "cpu", "ratio", "faults", "peak KiB"
    );
    let Some(first) = results.first() else { return };
    for result in results {
        println!(
            "  {:wide$}  {:>7.2} ms  {:>7.3}  {:>7.2} ms  {:>7.3}  {:>8}  {:>9}",
            result.name,
            result.wall.as_secs_f64() * 1e3,
            result.wall.as_secs_f64() / first.wall.as_secs_f64(),
            result.cpu.as_secs_f64() * 1e3,
            result.cpu.as_secs_f64() / first.cpu.as_secs_f64(),
            result.faults,
            result.peak,
        );
    }
}

/// The median, or the default if there is no value.
fn median<T: Ord + Copy + Default>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median([5, 1, 9].into_iter()), 5);
        assert_eq!(median(std::iter::empty::<u8>()), 0);
    }
}
