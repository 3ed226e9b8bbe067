//! `--diff`: the differences between the mounts of two namespaces.

use std::borrow::Cow;
use std::path::Path;
use std::process::ExitCode;

use ns_core::Target;
use ns_core::cli::shown;
use ns_core::mounts::{Aspect, DeviceNumbers, Difference, Mount, TableForm, View, differences, merged};
use ns_core::output::{Cell, Heading, Listing, Row};

use crate::cli::Cli;
use crate::context::{Shared, TableContext};
use crate::{select, show, tables};

/// The columns of the comparison.
static COLUMNS: [Heading; 4] = [
    Heading::text("CHANGE", "only-a, only-b, or the property that differs"),
    Heading::text("TARGET", "mount point"),
    Heading::text("A", "value in the first namespace"),
    Heading::text("B", "value in the second namespace"),
];

/// One side of the comparison.
struct Compared {
    name: String,
    view: Option<View>,
    bytes: Vec<u8>,
    /// True if the kernel that runs now has written the table.
    is_of_this_boot: bool,
}

impl Compared {
    /// Reads a saved table if the target is a file with text. Otherwise opens the namespace.
    fn of(target: &Target) -> anyhow::Result<Self> {
        if let Target::File(path) = target
            && is_saved(path)
        {
            return Ok(Self {
                name: shown(path).into_owned(),
                view: None,
                bytes: tables::saved(path)?,
                // This is `/proc/PID/mountinfo`.
                is_of_this_boot: path.starts_with("/proc"),
            });
        }
        let view = tables::view(target)?;
        Ok(Self {
            name: view.name().to_owned(),
            bytes: view.read()?,
            view: Some(view),
            is_of_this_boot: true,
        })
    }

    /// The selected mounts.
    fn mounts<'a>(&'a self, cli: &Cli, shared: &'a Shared) -> anyhow::Result<Vec<Mount<'a>>> {
        let view = self.view.as_ref();
        let context = TableContext::of_saved(&self.bytes, &self.name, TableForm::Mountinfo, view, shared);
        if !context.is_of_mounts() {
            anyhow::bail!("cannot compare {}: it has file systems, and no mounts", self.name);
        }
        context.report();
        let found = select::select(cli, &context)?;
        Ok(found
            .into_iter()
            .map(|index| context.table.mounts()[index])
            .collect())
    }
}

/// True if a file has text. The file of a namespace cannot be read.
fn is_saved(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|file| file.is_file()) && std::fs::read(path).is_ok()
}

/// Shows the differences. The status is 1 if there are any.
pub fn compare(cli: &Cli, first: &Target, second: &Target) -> anyhow::Result<ExitCode> {
    let shared = Shared::default();
    let (first, second) = (Compared::of(first)?, Compared::of(second)?);
    let numbers = if first.is_of_this_boot && second.is_of_this_boot {
        DeviceNumbers::Comparable
    } else {
        DeviceNumbers::OfDevices
    };
    let (first, second) = (first.mounts(cli, &shared)?, second.mounts(cli, &shared)?);
    let found = differences(&first, &second, numbers);
    let listing = Listing {
        name: "differences",
        columns: COLUMNS.iter().collect(),
        rows: found.iter().flat_map(rows).collect(),
        incomplete: Some(serde_json::Value::Null),
        remarks: Vec::new(),
    };
    if !listing.rows.is_empty() || cli.show.written.json {
        show::write(&listing, show::plain_style(&cli.show, None))?;
    }
    Ok(ExitCode::from(u8::from(!listing.rows.is_empty())))
}

fn rows<'a>(difference: &Difference<'_, 'a>) -> Vec<Row<'a>> {
    match difference {
        Difference::OnlyFirst(mount) => vec![row("only-a", mount, whole(mount), Cell::Absent)],
        Difference::OnlySecond(mount) => vec![row("only-b", mount, Cell::Absent, whole(mount))],
        Difference::Differs(first, second, aspects) => aspects
            .iter()
            .map(|aspect| {
                row(
                    name(*aspect),
                    first,
                    value(*aspect, first),
                    value(*aspect, second),
                )
            })
            .collect(),
    }
}

fn row<'a>(change: &'static str, mount: &Mount<'a>, first: Cell<'a>, second: Cell<'a>) -> Row<'a> {
    Row {
        depth: 0,
        cells: vec![
            Cell::text(change.as_bytes()),
            Cell::Text(mount.target.decoded()),
            first,
            second,
        ],
    }
}

/// The description of a mount that only one side has.
fn whole<'a>(mount: &Mount<'a>) -> Cell<'a> {
    let parts = [Aspect::Source, Aspect::FsType, Aspect::Options].map(|aspect| value(aspect, mount));
    let parts: Vec<_> = parts.iter().map(Cell::plain).collect();
    Cell::Text(Cow::Owned(parts.join(&b' ')))
}

fn name(aspect: Aspect) -> &'static str {
    match aspect {
        Aspect::Source => "source",
        Aspect::FsType => "fstype",
        Aspect::Device => "maj:min",
        Aspect::Options => "options",
        Aspect::Propagation => "propagation",
    }
}

fn value<'a>(aspect: Aspect, mount: &Mount<'a>) -> Cell<'a> {
    match aspect {
        Aspect::Source if mount.is_part() => {
            let (source, root) = (mount.source.decoded(), mount.root.decoded());
            Cell::Text(Cow::Owned([&source, &b"["[..], &root, b"]"].concat()))
        }
        Aspect::Source => Cell::Text(mount.source.decoded()),
        Aspect::FsType => Cell::Text(mount.fs_type.decoded()),
        Aspect::Device => Cell::string(&mount.device),
        Aspect::Options => Cell::Text(merged(mount.vfs_options, mount.fs_options)),
        Aspect::Propagation => Cell::text(mount.propagation().words().as_bytes()),
    }
}
