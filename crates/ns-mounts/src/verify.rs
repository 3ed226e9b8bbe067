//! `--verify`: faults in an fstab(5), and differences from the present mounts.

mod checks;
mod device;
mod finding;
mod now;
mod same;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use ns_core::cli::shown;
use ns_core::mounts::{TableForm, View};
use ns_core::output::escape_for_terminal;

use crate::cli::{Cli, Whose};
use crate::context::{Shared, TableContext};
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
    let files = files_of(&cli.whose)?;
    let (mut errors, mut warnings) = (0, 0);
    let mut out = ns_core::cli::stdout()?;
    for file in &files {
        let bytes = tables::saved(file)?;
        let name = shown(file);
        let context = TableContext::of_saved(&bytes, &name, TableForm::Fstab, Some(&own), &shared);
        if context.is_of_mounts() {
            anyhow::bail!("cannot verify {name}: it has mounts, and --verify checks file systems to mount");
        }
        let unread = context
            .table
            .flaws()
            .iter()
            .filter_map(|flaw| Some((flaw.line, flaw.reason?)));
        let mut found: Vec<(String, Vec<FstabFinding>)> = unread
            .map(|(line, reason)| {
                let help = "write SOURCE, MOUNTPOINT, TYPE and OPTIONS, with blanks between them";
                (
                    format!("line {line}"),
                    vec![FstabFinding::new(Level::Error, reason, help)],
                )
            })
            .collect();
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
            if findings.is_empty() {
                continue;
            }
            writeln!(out, "{subject}")?;
            for FstabFinding { level, text, help } in findings {
                let letter = match level {
                    Level::Error => 'E',
                    Level::Warning => 'W',
                    Level::Fine => ' ',
                };
                errors += usize::from(level == Level::Error);
                warnings += usize::from(level == Level::Warning);
                writeln!(out, "   [{letter}] {text}")?;
                if let Some(help) = help {
                    writeln!(out, "       help: {help}")?;
                }
            }
        }
    }
    if errors + warnings == 0 {
        writeln!(out, "no errors, no warnings")?;
    } else {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        writeln!(
            out,
            "{errors} error{}, {warnings} warning{}",
            plural(errors),
            plural(warnings)
        )?;
    }
    out.flush()?;
    Ok(ExitCode::from(u8::from(errors > 0)))
}
