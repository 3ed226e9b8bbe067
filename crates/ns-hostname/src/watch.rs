//! Watching the names: sleeping until one is set, then writing a line for each name that changed.

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::error::ErrorKind;
use ns_core::cli::tell;
use ns_core::inventory::Facts;
use ns_core::output::{Cell, Heading, Row, Style, escape_for_raw, write_json_line};
use ns_core::process::{Process, Woken};
use ns_core::uts::{Names, UNSET, UtsNamespace, Watch};

use crate::cli::{Cli, usage};
use crate::name_kind::NameKind;
use crate::namespace::{names_in, opened_target, place};
use crate::{found, show};

/// The names of each namespace that is watched.
type KnownNames = BTreeMap<Key, Names>;

/// The key of a namespace: its inode, and its 64-bit id if the kernel has one, because inodes are reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    inode: u64,
    id: Option<u64>,
}

/// The watched namespaces.
enum Scope {
    /// One namespace, and the process that the target named.
    One(UtsNamespace, Option<Process>),
    /// All namespaces with processes.
    All,
}

/// A changed name.
#[derive(Debug, PartialEq, Eq)]
struct Event<'a> {
    key: Key,
    which: NameKind,
    /// `None` for a namespace that is new.
    old: Option<&'a [u8]>,
    new: &'a [u8],
}

/// Prints changes until the time is up, the named process has ended, or the reader has gone. With --first-only, the first
/// printed change ends the watch.
pub fn watch(cli: &Cli) -> anyhow::Result<ExitCode> {
    let scope = scope(cli)?;
    // The watch starts before the names are read, so no change is missed in between.
    let watch = Watch::new()?;
    let mut known = read(&scope)?;
    if cli.verbose {
        // A script that waits for this line misses nothing that comes after it.
        match &scope {
            Scope::One(place, _) => tell("ns-hostname", &format!("watching {}", place.namespace()?)),
            Scope::All => tell(
                "ns-hostname",
                &format!("watching {} UTS namespaces and new ones", known.len()),
            ),
        }
    }
    let process = match &scope {
        Scope::One(_, process) => process.as_ref(),
        Scope::All => None,
    };
    let out = io::stdout();
    if cli.listing.list && !cli.written.json && !cli.written.noheadings {
        let mut out = ns_core::cli::stdout()?;
        writeln!(out, "NS NAME OLD NEW")?;
        out.flush()?;
    }
    let limit = cli.listing.timeout.map(Duration::from_millis);
    let end = limit.and_then(|limit| Instant::now().checked_add(limit));
    loop {
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        match watch.wait(process, Some(out.as_fd()), left)? {
            Woken::Ended | Woken::Unread | Woken::TimeUp => return Ok(ExitCode::SUCCESS),
            Woken::Changed => {
                let now = read(&scope)?;
                for event in events(&known, &now) {
                    if write(cli, &event)? && cli.listing.first_only {
                        return Ok(ExitCode::SUCCESS);
                    }
                }
                known = now;
            }
        }
    }
}

fn scope(cli: &Cli) -> anyhow::Result<Scope> {
    if cli.listing.list && cli.target.is_empty() {
        return Ok(Scope::All);
    }
    if cli.listing.list {
        let error = "--watch needs --list for all namespaces, or --target for one";
        return Err(usage(ErrorKind::ArgumentConflict, error));
    }
    let Some(opened) = opened_target(&cli.target)? else {
        return Ok(Scope::One(UtsNamespace::Own, None));
    };
    Ok(Scope::One(place(&opened)?, opened.into_process().ok()))
}

/// The current names. Namespaces that may not be entered are left out.
fn read(scope: &Scope) -> anyhow::Result<KnownNames> {
    match scope {
        Scope::One(place, _) => {
            let namespace = place.namespace()?;
            let key = Key {
                inode: namespace.identity().inode,
                id: namespace.id().known(),
            };
            Ok([(key, names_in(place)?)].into())
        }
        Scope::All => {
            let inventory = found::find(Facts::RELATIONSHIPS)?;
            let known = found::entries(&inventory).filter_map(|entry| {
                let key = Key {
                    inode: entry.identity.inode,
                    id: entry.id().known(),
                };
                Some((key, entry.uts_names.clone().known()?))
            });
            Ok(known.collect())
        }
    }
}

/// The changes from `before` to `now`. Creating a namespace wakes nobody, so a new namespace may have been created only
/// or also set. Both are reported.
fn events<'a>(before: &'a KnownNames, now: &'a KnownNames) -> Vec<Event<'a>> {
    let mut events = Vec::new();
    for (key, new) in now {
        let old = before.get(key);
        for which in NameKind::ALL {
            let (old, new) = (old.map(|old| which.of(old)), which.of(new));
            if old != Some(new) {
                events.push(Event {
                    key: *key,
                    which,
                    old,
                    new,
                });
            }
        }
    }
    events
}

/// The keys of an event in JSON.
static COLUMNS: [Heading; 5] = [
    Heading::number("NS", ""),
    Heading::number("ID", ""),
    Heading::text("NAME", ""),
    Heading::text("OLD", ""),
    Heading::text("NEW", ""),
];

/// A name in JSON. A domain that was never set is null.
fn value(which: NameKind, name: &[u8]) -> Cell<'_> {
    match which {
        NameKind::Domain if name == UNSET => Cell::Absent,
        NameKind::Domain | NameKind::Host => Cell::text(name),
    }
}

/// Writes the event as a line, if its name was asked for. Returns true if it was.
fn write(cli: &Cli, event: &Event<'_>) -> anyhow::Result<bool> {
    let mut out = ns_core::cli::stdout()?;
    if cli.written.json {
        let row = Row {
            depth: 0,
            cells: vec![
                event.key.inode.into(),
                event.key.id.map_or(Cell::Absent, Cell::Number),
                Cell::string(event.which.key()),
                event.old.map_or(Cell::Absent, |old| value(event.which, old)),
                value(event.which, event.new),
            ],
        };
        write_json_line(&mut out, &COLUMNS.each_ref(), &row, Style::default())?;
    } else if cli.listing.list {
        let name = |name: &[u8]| match name {
            b"" => "-".to_owned(),
            name => escape_for_raw(name).into_owned(),
        };
        let (old, new) = (name(event.old.unwrap_or_default()), name(event.new));
        writeln!(out, "{} {} {old} {new}", event.key.inode, event.which.key())?;
    } else if event.which == cli.name_kind() {
        drop(out);
        show::write_line(event.new)?;
        return Ok(true);
    } else {
        return Ok(false);
    }
    out.flush()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(inode: u64) -> Key {
        Key { inode, id: None }
    }

    fn known(names: &[(u64, &str, &str)]) -> KnownNames {
        names
            .iter()
            .map(|(inode, host, domain)| {
                let names = Names {
                    host: (*host).into(),
                    domain: (*domain).into(),
                };
                (key(*inode), names)
            })
            .collect()
    }

    #[test]
    fn what_differs_is_an_event() {
        let before = known(&[(1, "a", "(none)"), (2, "b", "corp")]);
        assert_eq!(events(&before, &before), []);
        let now = known(&[(1, "a", "x"), (3, "c", "(none)")]);
        let event = |inode, which, old: Option<&'static str>, new: &'static str| Event {
            key: key(inode),
            which,
            old: old.map(str::as_bytes),
            new: new.as_bytes(),
        };
        assert_eq!(
            events(&before, &now),
            [
                event(1, NameKind::Domain, Some("(none)"), "x"),
                event(3, NameKind::Host, None, "c"),
                event(3, NameKind::Domain, None, "(none)"),
            ]
        );
    }
}
