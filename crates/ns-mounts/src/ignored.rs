//! Options without effect, and columns that nothing fills: usage errors, except where findmnt(8) takes them.

use ns_core::cli::CompatName;

use crate::cli::{Cli, usage};
use crate::columns::{self, Needs};

/// Refuses options that would have no effect.
pub fn refuse(cli: &Cli) -> anyhow::Result<()> {
    if cli.ask.watch.is_none() && !cli.ask.busy {
        refuse_events(cli)?;
    }
    if CompatName::current().is_some_and(CompatName::takes_options_without_effect) {
        return Ok(());
    }
    let (ask, which) = (&cli.ask, &cli.which);
    let names_mount_point = cli.searches() || cli.second.is_some();
    let without_effect = [
        (
            ask.timeout.is_some() && ask.watch.is_none(),
            "--timeout needs --watch",
        ),
        (ask.gone && ask.wait.is_none(), "--gone needs --wait"),
        (ask.verbose && !ask.verify, "--verbose needs --verify"),
        (
            which.stacked && !names_mount_point,
            "--stacked needs a mount point: add PATH, --mountpoint or --target",
        ),
        (ask.verify && cli.whose.kernel.is_some(), NO_FSTAB),
        (ask.verify && cli.whose.mtab, NO_FSTAB),
        (ask.verify && !cli.whose.tasks.is_empty(), NO_FSTAB),
    ];
    match without_effect.iter().find(|(is_given, _)| *is_given) {
        Some((_, message)) => Err(usage(message)),
        None => Ok(()),
    }
}

const NO_FSTAB: &str = "--verify checks an fstab, and no mounts: leave out --kernel, --mtab and --task";

/// Refuses the columns of events, which only --watch fills.
fn refuse_events(cli: &Cli) -> anyhow::Result<()> {
    let written = &cli.show.written;
    if written.output_all || written.list_columns {
        return Ok(());
    }
    let Ok(shown) = written.columns(columns::ALL, columns::DEFAULT) else {
        return Err(usage("these columns need --busy"));
    };
    match shown.iter().find(|column| column.needs == Needs::Event) {
        Some(column) => Err(usage(&format!(
            "the column {} needs --watch",
            column.heading.name
        ))),
        None => Ok(()),
    }
}
