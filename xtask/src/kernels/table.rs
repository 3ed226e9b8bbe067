//! The results, as tables of jobs, tests and kernels.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Result;

/// The result of one job on one kernel.
#[derive(Debug)]
pub struct JobResult {
    version: String,
    /// When the guest was started.
    time: String,
    conditions: String,
    job: String,
    outcome: Outcome,
    /// The output, if it failed, or the reason if it was left out.
    output: String,
    /// How many tests passed, failed and were ignored, if the job runs tests.
    counts: Option<[u32; 3]>,
    /// Why tests were ignored.
    ignored: BTreeSet<String>,
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

    /// The result in a table.
    fn cell(&self) -> String {
        match (self.outcome, self.counts) {
            (Outcome::Passed, None) => "yes".to_owned(),
            (Outcome::Passed, Some([passed, _, 0])) => passed.to_string(),
            (Outcome::Passed, Some([passed, _, ignored])) => format!("{passed} + {ignored}"),
            (Outcome::Failed, None) => "no".to_owned(),
            (Outcome::Failed, Some([_, failed, _])) => format!("{failed} failed"),
            (Outcome::Skipped, _) => "-".to_owned(),
        }
    }
}

/// The results in the files of all consoles of these kernels, the oldest first.
pub fn saved(consoles: &Path, versions: &[String]) -> Result<Vec<JobResult>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(consoles)? {
        let entry = entry?;
        files.push((entry.metadata()?.modified()?, entry.path()));
    }
    files.sort();
    let mut results = Vec::new();
    for (_, file) in files {
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let of = |version: &&String| name.split(' ').next() == Some(version);
        if let Some(version) = versions.iter().find(of) {
            let console = String::from_utf8_lossy(&std::fs::read(&file)?).replace('\r', "");
            results.extend(read(version, &console));
        }
    }
    Ok(results)
}

/// Reads the console of a guest.
pub fn read(version: &str, console: &str) -> Vec<JobResult> {
    let mut results: Vec<JobResult> = Vec::new();
    let (mut conditions, mut time) = ("", "");
    for line in console.lines() {
        let mark = line.find("== ").map(|start| &line[start + 3..]);
        if let Some(name) = mark.and_then(|text| text.strip_prefix("conditions ")) {
            conditions = name;
            continue;
        }
        if let Some(started) = mark.and_then(|text| text.strip_prefix("time ")) {
            time = started;
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
                time: time.to_owned(),
                conditions: conditions.to_owned(),
                job: job.to_owned(),
                outcome,
                output: String::new(),
                counts: None,
                ignored: BTreeSet::new(),
            });
        } else if let (Some(text), Some(last)) = (mark, results.last_mut())
            && let Some((word @ ("counted" | "ignored"), rest)) = text.split_once(' ')
        {
            if word == "counted" {
                last.counts = counts(rest);
            } else {
                // The kernel is in the heading.
                let reason = rest
                    .split_once(", and this is ")
                    .map_or(rest, |(reason, _)| reason);
                last.ignored.insert(reason.to_owned());
            }
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

/// The numbers of tests that passed, failed and were ignored in `12 passed; 0 failed; 3 ignored; …`.
fn counts(text: &str) -> Option<[u32; 3]> {
    let mut parts = text.split("; ");
    let mut count = |word| parts.next()?.strip_suffix(word)?.trim().parse().ok();
    Some([count("passed")?, count("failed")?, count("ignored")?])
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
            counts,
            ignored,
            ..
        } = result;
        let numbers = counts.map_or_else(String::new, |[passed, failed, ignored]| {
            format!(": {passed} passed, {failed} failed, {ignored} ignored")
        });
        let _ = writeln!(text, "{word:<7} {version:<16} {conditions:<14} {job}{numbers}");
        for reason in ignored {
            let _ = writeln!(text, "        ignored: {reason}");
        }
        text.push_str(output);
        text
    })
}

/// The document: a table of the jobs and one of the tests, with a column for each kernel, and why tests were ignored.
pub fn document(versions: &[String], results: &[JobResult], before: &str) -> String {
    let versions: Vec<&str> = versions.iter().map(String::as_str).collect();
    let (tests, jobs): (Vec<_>, Vec<_>) = results.iter().partition(|result| result.counts.is_some());
    let mut text = String::from(
        "# Kernels\n\n`cargo xtask kernels --record` boots kernels of Debian under qemu's software emulation, runs jobs of the\n\
         five programs and tests there, and writes these tables. The numbers of the kernels are versions of Debian's\n\
         packages. \"root\" and \"user\" say who ran the job or the tests.\n",
    );
    if jobs.is_empty() {
        text.push_str(section(before, "\n## Jobs\n"));
    } else {
        text.push_str(
            "\n## Jobs\n\nA dash means that the kernel has nothing to try: Debian's kernels have no restriction by AppArmor.\n\
             SELinux is tried without a policy, because a policy needs a root file system with labels.\n\n",
        );
        text.push_str(&rows("conditions | job", &versions, &jobs, |result| {
            format!("{} | {}", result.conditions, result.job)
        }));
    }
    if tests.is_empty() {
        text.push_str(section(before, "\n## Tests\n"));
    } else {
        text.push_str(
            "\n## Tests\n\nThe unit tests of each package, and the cases of `tests` whose names contain this. \"12 + 3\" means\n\
             that 12 tests passed, none failed, and 3 were ignored. A dash means that they were not run.\n\n",
        );
        text.push_str(&rows("tests", &versions, &tests, |result| result.job.clone()));
        text.push_str("\nWhy tests were ignored:\n\n");
        text.push_str(&reasons(&versions, &tests));
    }
    text
}

/// The section of a document that starts with this heading.
fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let Some(start) = document.find(heading) else {
        return "";
    };
    let inner = start + heading.len();
    let end = document[inner..].find("\n## ");
    &document[start..end.map_or(document.len(), |end| inner + end)]
}

/// A table with a column for each kernel, and a row for each job; the first cells of a row are its name.
fn rows(
    heading: &str,
    versions: &[&str],
    results: &[&JobResult],
    name: impl Fn(&JobResult) -> String,
) -> String {
    let mut rows: BTreeMap<String, BTreeMap<&str, String>> = BTreeMap::new();
    let mut times: BTreeMap<&str, &str> = BTreeMap::new();
    for result in results {
        rows.entry(name(result))
            .or_default()
            .insert(&result.version, result.cell());
        let time = times.entry(&result.version).or_insert(&result.time);
        *time = (*time).min(&result.time);
    }
    let columns = heading.split(" | ").count() + versions.len();
    let mut text = format!(
        "| {heading} | {} |\n|{}\n",
        versions.join(" | "),
        "---|".repeat(columns)
    );
    let started = versions.iter().map(|version| {
        let time = times.get(version).copied().unwrap_or("-");
        format!(" {time} |")
    });
    let blanks = " |".repeat(heading.split(" | ").count() - 1);
    let _ = writeln!(text, "| *started* |{blanks}{}", started.collect::<String>());
    for (name, of_kernels) in rows {
        let cells = versions.iter().map(|version| {
            let cell = of_kernels.get(version).map_or("-", String::as_str);
            format!(" {cell} |")
        });
        let _ = writeln!(text, "| {name} |{}", cells.collect::<String>());
    }
    text
}

/// A table of the reasons for which tests were ignored, with the kernels.
fn reasons(versions: &[&str], results: &[&JobResult]) -> String {
    let mut kernels: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for result in results {
        let column = versions.iter().position(|version| **version == result.version);
        for reason in &result.ignored {
            kernels.entry(reason).or_default().extend(column);
        }
    }
    kernels.iter().fold(
        String::from("| reason | kernels |\n|---|---|\n"),
        |mut text, (reason, columns)| {
            let all = columns.len() == versions.len();
            let names: Vec<&str> = columns.iter().map(|column| versions[*column]).collect();
            let _ = writeln!(
                text,
                "| {reason} | {} |",
                if all { "all".to_owned() } else { names.join(", ") }
            );
            text
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_before_the_next_one() {
        let document = "# K\n\n## Jobs\n\na\n\n## Tests\n\nb\n";
        assert_eq!(section(document, "\n## Jobs\n"), "\n## Jobs\n\na\n");
        assert_eq!(section(document, "\n## Tests\n"), "\n## Tests\n\nb\n");
        assert_eq!(section(document, "\n## Other\n"), "");
    }

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

    #[test]
    fn the_numbers_of_tests_and_the_reasons_are_in_the_document() {
        let console = "== time 2026-11-30 20:00\n== conditions tests\n== ok root cases ls\n== counted 12 passed; 0 failed; 2 ignored; 0 measured\n\
                       == ignored needs Linux 6.9\n== failed user cases ls\nassertion `left == right` failed\n\
                       == counted 3 passed; 1 failed; 0 ignored; 0 measured\n== end\n";
        let results = read("6.1", console);
        assert_eq!(results[1].output, "assertion `left == right` failed\n");
        let tests: Vec<&JobResult> = results.iter().collect();
        assert_eq!(
            rows("tests", &["6.1", "7.0"], &tests, |result| result.job.clone()),
            "| tests | 6.1 | 7.0 |\n|---|---|---|\n| *started* | 2026-11-30 20:00 | - |\n| root cases ls | 12 + 2 | - |\n| user cases ls | 1 failed | - |\n"
        );
        assert_eq!(
            reasons(&["6.1", "7.0"], &tests),
            "| reason | kernels |\n|---|---|\n| needs Linux 6.9 | 6.1 |\n"
        );
    }
}
