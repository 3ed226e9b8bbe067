//! The results, as a table of jobs and kernels.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::Command;

use super::fetch::Kernel;
use super::jobs::Conditions;

/// The result of one job on one kernel.
#[derive(Debug)]
pub struct JobResult {
    version: String,
    conditions: &'static str,
    job: String,
    passed: bool,
    /// The output, if it failed.
    output: String,
}

impl JobResult {
    /// True if the job did what it should.
    pub fn passed(&self) -> bool {
        self.passed
    }
}

/// Reads the console of a guest.
pub fn read(version: &str, conditions: Conditions, console: &str) -> Vec<JobResult> {
    let mut results: Vec<JobResult> = Vec::new();
    for line in console.lines() {
        let mark = line.find("== ").map(|start| &line[start + 3..]);
        let result = mark.and_then(|text| {
            let passed = text.starts_with("ok ");
            let job = text
                .strip_prefix("ok ")
                .or_else(|| text.strip_prefix("failed "))?;
            Some((passed, job))
        });
        if let Some((passed, job)) = result {
            results.push(JobResult {
                version: version.to_owned(),
                conditions: conditions.name,
                job: job.to_owned(),
                passed,
                output: String::new(),
            });
        } else if let Some(last) = results.last_mut()
            && !last.passed
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
        let word = if result.passed { "ok" } else { "FAILED" };
        let JobResult {
            version,
            conditions,
            job,
            output,
            ..
        } = result;
        let _ = write!(text, "{word:<6} {version:<16} {conditions:<14} {job}\n{output}");
        text
    })
}

/// The document: a row for each job, a column for each kernel.
pub fn document(kernels: &[Kernel], results: &[JobResult]) -> String {
    let mut rows: BTreeMap<(&str, &str), BTreeMap<&str, bool>> = BTreeMap::new();
    for result in results {
        rows.entry((result.conditions, &result.job))
            .or_default()
            .insert(&result.version, result.passed);
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
         \"root\" and \"user\" say who did the job.\n\n| conditions | job | {} |\n|---|---|{}\n",
        String::from_utf8_lossy(&date).trim(),
        versions.join(" | "),
        "---|".repeat(versions.len())
    );
    for ((conditions, job), of_kernels) in rows {
        let _ = write!(text, "| {conditions} | {job} |");
        for version in &versions {
            let word = match of_kernels.get(version) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "-",
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
        let console =
            "boot\n== ok root a\n[1.0] noise\n== failed user b\nns-ls: cannot\n== ok root c\n== end\n";
        let results = read("6.1", Conditions::USUAL, console);
        let seen: Vec<_> = results
            .iter()
            .map(|result| (&*result.job, result.passed, &*result.output))
            .collect();
        assert_eq!(
            seen,
            [
                ("root a", true, ""),
                ("user b", false, "ns-ls: cannot\n"),
                ("root c", true, "")
            ]
        );
    }
}
