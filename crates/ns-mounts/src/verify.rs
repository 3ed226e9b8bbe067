//! `--verify`: faults in an fstab(5), and differences from the present mounts.

mod checks;
mod device;
mod finding;
mod now;
mod same;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use ns_core::cli::shown;
use ns_core::mounts::{TableForm, View};
use ns_core::output::escape_for_terminal;

use crate::cli::{Cli, Whose};
use crate::context::{Shared, TableContext, speaks_as_libmount};
use crate::{files, select, tables};
use checks::Checks;
use finding::{FstabFinding, Level};

/// The files to check. Under the name findmnt, the mounts of the kernel can be checked as a file in the form of fstab(5).
fn files_of(whose: &Whose) -> anyhow::Result<Vec<PathBuf>> {
    if whose.fstab || !whose.files.is_empty() {
        return files::of_fstab(whose);
    }
    if !whose.tasks.is_empty() {
        return whose
            .tasks
            .iter()
            .map(|task| Ok(format!("/proc/{}/mounts", task.open()?.into_process()?.pid()).into()))
            .collect();
    }
    if whose.kernel.is_some() || whose.mtab {
        return Ok(vec!["/proc/self/mounts".into()]);
    }
    files::of_fstab(whose)
}

/// Checks the tables. The status is 1 if there is an error.
pub fn verify(cli: &Cli) -> anyhow::Result<ExitCode> {
    let own = View::own()?;
    let shared = Shared::default();
    let mounted = own.read()?;
    let mounted = TableContext::of(&mounted, own.name(), Some(&own), &shared);
    let mut tally = Tally::default();
    let mut out = ns_core::cli::stdout()?;
    for file in &files_of(&cli.whose)? {
        let bytes = tables::saved(file)?;
        let name = shown(file);
        let context = TableContext::of_saved(&bytes, &name, TableForm::Fstab, Some(&own), &shared);
        if context.is_of_mounts() {
            anyhow::bail!("cannot verify {name}: it has mounts, and --verify checks file systems to mount");
        }
        let mut found = tally.unread(&context);
        let checks = Checks {
            context: &context,
            mounted: &mounted,
        };
        for index in select::select(cli, &context)? {
            let target = context.table.mounts()[index].target.decoded();
            found.push((escape_for_terminal(&target).into_owned(), checks.of(index)));
        }
        for (subject, mut findings) in found {
            findings.retain(|finding| finding.level != Level::Fine || cli.ask.verbose);
            if !findings.is_empty() {
                writeln!(out, "{subject}")?;
            }
            for finding in findings {
                tally.count(finding.level);
                write_finding(&mut out, &finding)?;
            }
        }
    }
    tally.write(&mut out)?;
    Ok(ExitCode::from(u8::from(tally.parse_errors + tally.errors > 0)))
}

fn write_finding(out: &mut impl Write, finding: &FstabFinding) -> std::io::Result<()> {
    let letter = match finding.level {
        Level::Error => 'E',
        Level::Warning => 'W',
        Level::Fine => ' ',
    };
    writeln!(out, "   [{letter}] {}", finding.text)?;
    match &finding.help {
        Some(help) => writeln!(out, "       help: {help}"),
        None => Ok(()),
    }
}

/// The number of findings.
#[derive(Default)]
struct Tally {
    /// Lines that could not be read.
    parse_errors: usize,
    errors: usize,
    warnings: usize,
}

impl Tally {
    /// The lines that could not be read. Under the name findmnt, they are noted instead.
    fn unread(&mut self, context: &TableContext<'_>) -> Vec<(String, Vec<FstabFinding>)> {
        let flaws = context.table.flaws().iter();
        let unread: Vec<_> = flaws.filter_map(|flaw| Some((flaw.line, flaw.reason?))).collect();
        if speaks_as_libmount() {
            self.parse_errors += unread.len();
            context.report();
            return Vec::new();
        }
        let finding = |(line, reason): (usize, &'static str)| {
            let help = if reason.ends_with("is not a number") {
                "write two numbers after the options, such as 0 0, or nothing; a comment needs a line of its own"
            } else {
                "write SOURCE, MOUNTPOINT, TYPE and OPTIONS, with blanks between them"
            };
            let finding = FstabFinding::new(Level::Error, reason, help);
            (format!("line {line}"), vec![finding])
        };
        unread.into_iter().map(finding).collect()
    }

    fn count(&mut self, level: Level) {
        match level {
            Level::Error => self.errors += 1,
            Level::Warning => self.warnings += 1,
            Level::Fine => {}
        }
    }

    /// The last line. Findings are summed up on stderr by findmnt(8).
    fn write(&self, out: &mut impl Write) -> std::io::Result<()> {
        let words = |count: usize, noun| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
        let (errors, warnings) = (words(self.errors, "error"), words(self.warnings, "warning"));
        let none = self.parse_errors + self.errors + self.warnings == 0;
        match (speaks_as_libmount(), none) {
            (true, true) => writeln!(out, "Success, no errors or warnings detected")?,
            (false, true) => writeln!(out, "no errors, no warnings")?,
            (false, false) => writeln!(out, "{errors}, {warnings}")?,
            (true, false) => {
                out.flush()?;
                let parse_errors = words(self.parse_errors, "parse error");
                // If stderr cannot be written to, nobody can be told.
                let _ = writeln!(std::io::stderr(), "\n{parse_errors}, {errors}, {warnings}");
            }
        }
        out.flush()
    }
}
