//! `--watch`: changes of the mounts of one namespace or of all, one event on each line.

mod all;
mod watched;

use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use ns_core::cli::CompatName;
use ns_core::mounts::{Notices, View};
use ns_core::process::{Process, Woken};
use ns_core::{Kind, Namespace};

use crate::action::Action;
use crate::cli::{Cli, usage};
use crate::columns;
use crate::context::Shared;
use crate::events::Events;
use crate::{show, tables};
use watched::{Scene, Watched};

/// The note of a watch without reports of the kernel.
const COMPARED: &str =
    "changes in quick succession may be one event: only root on Linux 6.15 or newer is told of each mount";

/// Reports changes until the time is up, the watched process has ended, or the output is closed. With --first-only, the
/// first change ends the watch.
pub fn watch(cli: &Cli, actions: &[Action]) -> anyhow::Result<ExitCode> {
    let time = cli.ask.timeout.flatten().map(Duration::from_millis);
    let end = time.and_then(|time| Instant::now().checked_add(time));
    if cli.whose.all_namespaces {
        return all::watch(cli, actions, end);
    }
    one(cli, actions, end)
}

/// Watches one namespace. That keeps it alive, with everything that is mounted in it.
fn one(cli: &Cli, actions: &[Action], end: Option<Instant>) -> anyhow::Result<ExitCode> {
    let (view, namespace, process) = match &cli.whose.tasks[..] {
        [] => (View::own()?, Namespace::own(Kind::Mnt), None),
        [task] => {
            let opened = task.open()?;
            let namespace = opened.namespace(Kind::Mnt);
            (tables::view_of(&opened)?, namespace, opened.into_process().ok())
        }
        _ => {
            return Err(usage(
                "--watch watches one namespace, or all: give --task once, or --all-namespaces",
            ));
        }
    };
    let columns = show::columns(cli, columns::EVENTS)?;
    // Under the name findmnt, the tables are compared, as findmnt(8) does.
    let is_compat = CompatName::current().is_some();
    let namespace = namespace.ok().filter(|_| !is_compat);
    let notices = namespace.and_then(|namespace| Notices::of(&view, &namespace));
    if notices.is_none() && !is_compat {
        note(COMPARED);
    }
    let mut watched = Watched::start(&view, notices)?;
    let mut events = Events::new(cli, actions, &columns);
    let shared = Shared::default();
    let scene = Scene::of(&view, None, &shared);
    follow(&mut watched, &view, scene, &mut events, process.as_ref(), end)?;
    events.report();
    Ok(ExitCode::SUCCESS)
}

fn follow(
    watched: &mut Watched,
    view: &View,
    scene: Scene<'_>,
    events: &mut Events<'_>,
    process: Option<&Process>,
    end: Option<Instant>,
) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    while !events.is_over() {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        if view.wait(left, process, Some(stdout.as_fd()), watched.notices())? != Woken::Changed {
            break;
        }
        watched.look(view, scene, events)?;
    }
    Ok(())
}

fn note(text: &str) {
    ns_core::cli::note("ns-mounts", text);
}
