//! The results, as a table of jobs and kernels.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use super::fetch::Kernel;

/// The result of one job on one kernel.
#[derive(Debug)]
pub struct JobResult {
    version: String,
    conditions: String,
    job: String,
    outcome: Outcome,
    /// The output, if it failed, or the reason if it was left out.
    output: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Skipped,
    Failed,
}

impl JobResult {
    /// True if the job did not do what it should.
    pub fn failed(&self) -> bool {
        self.outcome == Outcome::Failed
    }
}

/// Reads the console of a guest.
pub fn read(version: &str, console: &str) -> Vec<JobResult> {
    let mut results: Vec<JobResult> = Vec::new();
    let mut conditions = "";
    for line in console.lines() {
        let mark = line.find("== ").map(|start| &line[start + 3..]);
        if let Some(name) = mark.and_then(|text| text.strip_prefix("conditions ")) {
            conditions = name;
            continue;
        }
        let words = [
            ("ok ", Outcome::Passed),
            ("skipped ", Outcome::Skipped),
            ("failed ", Outcome::Failed),
        ];
        let result = mark.and_then(|text| {
            let mut found = words
                .iter()
                .filter_map(|(word, outcome)| Some((text.strip_prefix(word)?, *outcome)));
            found.next()
        });
        if let Some((job, outcome)) = result {
            results.push(JobResult {
                version: version.to_owned(),
                conditions: conditions.to_owned(),
                job: job.to_owned(),
                outcome,
                output: String::new(),
            });
        } else if let Some(last) = results.last_mut()
            && last.outcome != Outcome::Passed
            && mark != Some("end")
        {
            last.output.push_str(line);
            last.output.push('\n');
        }
    }
    results
}

/// A line for each job, with the output of those that failed.
pub fn text(results: &[JobResult]) -> String {
    results.iter().fold(String::new(), |mut text, result| {
        let word = match result.outcome {
            Outcome::Passed => "ok",
            Outcome::Skipped => "skipped",
            Outcome::Failed => "FAILED",
        };
        let JobResult {
            version,
            conditions,
            job,
            output,
            ..
        } = result;
        let _ = write!(text, "{word:<7} {version:<16} {conditions:<14} {job}\n{output}");
        text
    })
}

/// The document: a row for each job, a column for each kernel.
pub fn document(kernels: &[Kernel], results: &[JobResult]) -> String {
    let mut rows: BTreeMap<(&str, &str), BTreeMap<&str, Outcome>> = BTreeMap::new();
    for result in results {
        rows.entry((&result.conditions, &result.job))
            .or_default()
            .insert(&result.version, result.outcome);
    }
    let date = Command::new("date")
        .arg("+%Y-%m-%d")
        .output()
        .map(|output| output.stdout)
        .unwrap_or_default();
    let versions: Vec<&str> = kernels.iter().map(|kernel| &*kernel.version).collect();
    let mut text = format!(
        "# Kernels\n\n`cargo xtask kernels --record` boots kernels of Debian under qemu's software emulation, runs jobs of the\n\
         five programs there, and writes this table. It was written on {}. The numbers are versions of Debian's packages.\n\
         \"root\" and \"user\" say who did the job. A dash means that the kernel has nothing to try: Debian's kernels have no\n\
         restriction by AppArmor. SELinux is tried without a policy, because a policy needs a root file system with labels.\n\n| conditions | job | {} |\n|---|---|{}\n",
        String::from_utf8_lossy(&date).trim(),
        versions.join(" | "),
        "---|".repeat(versions.len())
    );
    for ((conditions, job), of_kernels) in rows {
        let _ = write!(text, "| {conditions} | {job} |");
        for version in &versions {
            let word = match of_kernels.get(version) {
                Some(Outcome::Passed) => "yes",
                Some(Outcome::Failed) => "no",
                Some(Outcome::Skipped) | None => "-",
            };
            let _ = write!(text, " {word} |");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_job_has_its_output() {
        let console = "boot\n== conditions x\n== ok root a\n[1.0] noise\n== failed user b\nns-ls: cannot\n\
                       == conditions y\n== ok root c\n== skipped root d\nno Yama\n== end\n";
        let results = read("6.1", console);
        let seen: Vec<_> = results
            .iter()
            .map(|result| (&*result.conditions, &*result.job, result.outcome, &*result.output))
            .collect();
        assert_eq!(
            seen,
            [
                ("x", "root a", Outcome::Passed, ""),
                ("x", "user b", Outcome::Failed, "ns-ls: cannot\n"),
                ("y", "root c", Outcome::Passed, ""),
                ("y", "root d", Outcome::Skipped, "no Yama\n"),
            ]
        );
    }
}
