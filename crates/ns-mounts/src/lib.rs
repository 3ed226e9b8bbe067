//! `ns-mounts`: show the mounts of any mount namespace.
#![forbid(unsafe_code)]

mod action;
mod busy;
mod cells;
pub mod cli;
mod columns;
mod compare;
mod context;
mod device;
mod events;
mod everywhere;
mod files;
mod ignored;
mod option_kinds;
mod options;
mod paths;
mod patience;
mod place;
mod propagation;
mod select;
mod show;
mod size;
mod source;
mod stats;
mod tables;
mod types;
mod verify;
mod wait;
mod watch;

use std::process::ExitCode;

use cli::Cli;

/// The program.
pub fn main() -> ExitCode {
    ns_core::cli::main(cli::LONG_OPTS, |cli: Cli| run(&cli))
}

fn run(cli: &Cli) -> anyhow::Result<ExitCode> {
    ignored::refuse(cli)?;
    if cli.show.written.list_columns {
        if cli.ask.busy {
            return busy::list_columns(&cli.show);
        }
        return show::list_columns(&cli.show);
    }
    if let Some(targets) = &cli.ask.diff {
        return compare::compare(cli, &targets[0], &targets[1]);
    }
    if cli.ask.busy {
        return busy::busy(cli);
    }
    if let Some(limit) = cli.ask.wait {
        return wait::wait(cli, limit);
    }
    if let Some(actions) = &cli.ask.watch {
        return watch::watch(cli, actions);
    }
    if cli.ask.verify {
        return verify::verify(cli);
    }
    if cli.ask.propagation {
        return propagation::propagation(cli);
    }
    if cli.ask.stats {
        return stats::stats(cli);
    }
    show::show(cli)
}
