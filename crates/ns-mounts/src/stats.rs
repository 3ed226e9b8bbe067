//! `--stats`: the counters that file systems keep of their work.

use std::process::ExitCode;

use ns_core::Kind;
use ns_core::mounts::{Statistics, parse_stats};
use ns_core::output::{Cell, Heading, Listing, Row};
use ns_core::process::{Pid, Process};

use crate::cli::{Cli, usage};
use crate::{show, size};

/// The columns.
#[rustfmt::skip] // a table is read by its columns
static COLUMNS: [Heading; 10] = [
    Heading::text("TARGET", "mount point"),
    Heading::text("SOURCE", "source"),
    Heading::text("FSTYPE", "type of the file system"),
    Heading::number("AGE", "seconds since the file system was mounted"),
    Heading::amount("READ", "bytes read from the server"),
    Heading::amount("WRITTEN", "bytes written to the server"),
    Heading::number("OPS", "operations"),
    Heading::number("RETRANS", "operations that were sent again"),
    Heading::number("TIMEOUTS", "operations without an answer in time"),
    Heading::number("MS/OP", "average milliseconds until an answer"),
];

/// Shows the counters of every mount that has any. The status is 1 if no mount has any.
pub fn stats(cli: &Cli) -> anyhow::Result<ExitCode> {
    let process = match &cli.whose.tasks[..] {
        [] => Process::open(Pid::own())?,
        [task] => {
            let opened = task.open()?;
            let Some(process) = opened.process() else {
                let namespace = opened.namespace(Kind::Mnt)?;
                anyhow::bail!("{namespace} has no counters of its own: name a process in it");
            };
            process.clone()
        }
        _ => return Err(usage("--stats shows one process's mounts: give --task once")),
    };
    let found = parse_stats(&process.read("mountstats")?)?;
    let listing = Listing {
        name: "statistics",
        columns: COLUMNS.iter().collect(),
        rows: found.iter().map(|mount| row(mount, cli.show.bytes)).collect(),
        incomplete: Some(serde_json::Value::Null),
        remarks: Vec::new(),
    };
    if found.is_empty() {
        ns_core::cli::note("ns-mounts", "no file system here keeps counters");
        return Ok(ExitCode::FAILURE);
    }
    show::write(&listing, show::plain_style(&cli.show, None))?;
    Ok(ExitCode::SUCCESS)
}

fn row(mount: &Statistics, in_bytes: bool) -> Row<'_> {
    let counters = &mount.counters;
    let operations = || counters.per_op_stats.values();
    let count: u64 = operations().map(|operation| operation.operations).sum();
    let sent: u64 = operations().map(|operation| operation.transmissions).sum();
    let time: u128 = operations()
        .map(|operation| operation.cum_resp_time.as_millis())
        .sum();
    let bytes = |bytes: u64| size::cell(bytes, in_bytes);
    let mean = time
        .checked_div(u128::from(count))
        .and_then(|mean| u64::try_from(mean).ok());
    Row {
        depth: 0,
        cells: vec![
            Cell::text(&mount.target[..]),
            Cell::text(&mount.source[..]),
            Cell::text(&mount.fs_type[..]),
            Cell::Number(counters.age.as_secs()),
            bytes(counters.bytes.server_read),
            bytes(counters.bytes.server_write),
            Cell::Number(count),
            Cell::Number(sent.saturating_sub(count)),
            Cell::Number(operations().map(|operation| operation.major_timeouts).sum()),
            mean.map_or(Cell::Absent, Cell::Number),
        ],
    }
}
