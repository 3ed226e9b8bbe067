//! `--busy`: everything that keeps a mount or a device in use.

mod columns;
mod end;

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use ns_core::busy::{Busy, Subject};
use ns_core::cli::usage;
use ns_core::mounts::{Device, View, parse_tag};
use ns_core::output::{Listing, Row, headings, quoted};

use crate::cli::{Cli, OutputOptions, usage as wrong_use};
use crate::context::{Shared, TableContext};
use crate::{everywhere, paths, show, tables};

pub use columns::ALL as COLUMNS;

/// Lists the columns.
pub fn list_columns(layout: &OutputOptions) -> anyhow::Result<ExitCode> {
    let listing = ns_core::output::list_columns("findmnt-columns", COLUMNS);
    show::write(&listing, layout.written.style_of_columns(layout.pairs))?;
    Ok(ExitCode::SUCCESS)
}

/// Shows everything that keeps the operand busy. The status is 0, even if nothing does.
pub fn busy(cli: &Cli) -> anyhow::Result<ExitCode> {
    let operand = match cli.operand.as_deref() {
        Some(operand) if !operand.is_empty() => operand,
        _ => return Err(wrong_use("--busy needs a mount point or a device")),
    };
    let columns = columns(cli)?;
    let subject = subject(cli, operand)?;
    let everywhere = everywhere::find(false)?;
    let mut incomplete = everywhere.incomplete();
    let Busy {
        uses,
        namespaces,
        processes,
        files,
    } = everywhere.busy(&subject)?;
    if let (Subject::Device(device @ Device { major: 0, .. }), true) = (&subject, uses.is_empty()) {
        bail!("no file system has the number {device}");
    }
    incomplete.unread.mounts = namespaces;
    incomplete.unread.descriptors += processes;
    for errno in files {
        let place = ns_core::output::Cell::Unreadable(errno);
        incomplete.count(&columns::PATH.heading, &place);
    }
    let context = columns::Context::new(&everywhere)?;
    let facts: Vec<_> = uses.iter().map(|found| context.facts(found)).collect();
    let mut rows = Vec::new();
    for facts in &facts {
        let cells: Vec<_> = columns.iter().map(|column| (column.cell)(facts)).collect();
        for (column, cell) in columns.iter().zip(&cells) {
            incomplete.count(&column.heading, cell);
        }
        rows.push(Row { depth: 0, cells });
    }
    let listing = Listing {
        name: "holders",
        columns: headings(&columns),
        rows,
        incomplete: Some(incomplete.json(show::key(&cli.show))),
        remarks: vec![everywhere.not_looked()],
    };
    if !listing.rows.is_empty() || cli.show.written.json {
        show::write(&listing, show::plain_style(&cli.show, None))?;
    }
    Ok(show::conclude(cli, &incomplete, true))
}

/// The columns: in a table, the ones that a person needs; for programs, all of them.
fn columns(cli: &Cli) -> anyhow::Result<Vec<columns::BusyColumn>> {
    let written = &cli.show.written;
    let for_programs = written.json || written.raw || cli.show.pairs.pairs;
    let default = if for_programs { COLUMNS } else { columns::DEFAULT };
    written.columns(COLUMNS, default).map_err(|error| {
        let command = <Cli as clap::CommandFactory>::command();
        let text = format!("--busy has other columns: {error}");
        usage(command, clap::error::ErrorKind::ArgumentConflict, &text).into()
    })
}

/// The mount or the device that the operand names.
fn subject(cli: &Cli, operand: &OsStr) -> anyhow::Result<Subject> {
    let shared = Shared::default();
    if let Some((tag, value)) = parse_tag(operand) {
        let devices = shared.tagged(tag, value);
        return match devices.numbers[..] {
            [device] => Ok(Subject::Device(device)),
            [] => bail!("no device has {}", quoted(operand.as_bytes())),
            _ => bail!(
                "several devices have {}: name one of them",
                quoted(operand.as_bytes())
            ),
        };
    }
    let view = match &cli.whose.tasks[..] {
        [] => View::own()?,
        [task] => tables::view(task)?,
        _ => return Err(wrong_use("--busy looks for one path: give --task once")),
    };
    let bytes = view.read()?;
    let context = TableContext::of(&bytes, view.name(), Some(&view), &shared);
    if let Some(device) = operand.to_str().and_then(|text| text.parse::<Device>().ok()) {
        // A file system without a device may be in use without a mount.
        if device.major == 0 || Path::new(&format!("/sys/dev/block/{device}")).exists() {
            return Ok(Subject::Device(device));
        }
        bail!("there is no block device {device}");
    }
    let path = Path::new(operand);
    let place = context.resolve(path)?;
    if let Some(device) = place.as_ref().and_then(|place| place.device) {
        return Ok(Subject::Device(device));
    }
    let target = place.map_or_else(|| context.given(path), |place| paths::plain(&place.path));
    let mounts = context.table.mounts();
    let is_at = |index: &usize| {
        *paths::mount_point(&mounts[*index]) == *target && context.covered_by(*index).is_none()
    };
    if let Some(index) = (0..mounts.len()).rfind(is_at) {
        return Ok(Subject::Mount(mounts[index].id));
    }
    let name = quoted(operand.as_bytes());
    let error = format!("{name} is neither a mount point nor a block device");
    let error = ns_core::Error::NotFound(error);
    Err(match context.table.mount_of(&target) {
        Some(mount) => {
            let above = mount.target.decoded();
            let above = ns_core::output::word(OsStr::from_bytes(&above));
            error.with_help(format!("it is on the mount at {above}: ns-mounts --busy {above}"))
        }
        None => error,
    }
    .into())
}
