//! The table of results, and the findings with the command that repeats each.

use super::verdict::{FAILURES, Failure};

/// Something that must not happen.
#[derive(Debug)]
pub struct Finding {
    /// Its kind.
    pub failure: Failure,
    /// The command that brings it about again.
    pub repeat: String,
    /// The difference that shows it.
    pub what: String,
}

/// The results of one command.
#[derive(Debug)]
pub struct Row {
    /// The command.
    pub name: String,
    /// How many runs there were.
    pub runs: u32,
    /// In how many of them the fault did not happen, because an earlier call was not the same, or because the kernel could
    /// not map the command.
    pub missed: u32,
    /// How many tries of a race entered the target.
    pub entered: u32,
    /// The failures.
    pub findings: Vec<Finding>,
}

impl Row {
    /// A row without runs.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            runs: 0,
            missed: 0,
            entered: 0,
            findings: Vec::new(),
        }
    }

    fn count(&self, failure: Failure) -> usize {
        self.findings
            .iter()
            .filter(|finding| finding.failure == failure)
            .count()
    }

    /// Adds the results of another row.
    pub fn add(&mut self, other: Self) {
        self.runs += other.runs;
        self.missed += other.missed;
        self.entered += other.entered;
        self.findings.extend(other.findings);
    }

    /// Prints the row.
    pub fn print_counts(&self) {
        let counts: Vec<String> = FAILURES
            .iter()
            .map(|(failure, name)| format!("{:>w$}", self.count(*failure), w = name.len()))
            .collect();
        println!(
            "{:60} {:>6} {:>6}  {}",
            self.name,
            self.runs,
            self.missed,
            counts.join("  ")
        );
    }

    /// Prints the row, and its findings below.
    pub fn print(&self) {
        self.print_counts();
        if self.entered > 0 {
            println!("    {} tries entered the target", self.entered);
        }
        for finding in &self.findings {
            println!(
                "    {:?}: {}\n        {}",
                finding.failure,
                finding.repeat,
                finding.what.trim_end().replace('\n', "\n        ")
            );
        }
    }
}

/// Prints the title of a part, and the names of the columns.
pub fn heading(title: &str) {
    println!("== {title}");
    let names: Vec<&str> = FAILURES.iter().map(|(_, name)| *name).collect();
    println!(
        "{:60} {:>6} {:>6}  {}",
        "command",
        "runs",
        "missed",
        names.join("  ")
    );
}
