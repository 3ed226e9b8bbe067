//! The list of UTS namespaces with their names.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use ns_core::cli::{warn, width_of_terminal};
use ns_core::inventory::{Entry, Facts, Inventory, Places, Question, Representative, gather};
use ns_core::output::{Cell, Field as _, Listing, Row, Shape, Style, choose, write};
use ns_core::process::Cgroups;
use ns_core::users::UserNames;
use ns_core::uts::{Names, read_each};
use ns_core::{Gathered, Kind, Namespace};

use crate::cli::Cli;
use crate::columns::UtsColumn;
use crate::namespace_of;

/// UTS namespaces with their names.
pub struct Found {
    inventory: Inventory,
    names: HashMap<u64, Gathered<Names>>,
}

/// Finds every UTS namespace, and reads its names.
pub fn find(facts: Facts) -> anyhow::Result<Found> {
    let inventory = gather(&Question {
        kinds: [Kind::Uts].into_iter().collect(),
        // No UTS namespace lives through another namespace, and the kernel lists none.
        places: Places::all() - Places::KIN - Places::KERNEL,
        facts,
        ..Question::default()
    })?;
    let entries: Vec<_> = entries_of(&inventory).collect();
    let names = read_each(&entries, |entry| inventory.open(entry))?;
    let inodes = entries.iter().map(|entry| entry.identity.inode);
    let names = inodes.zip(names).collect();
    Ok(Found { inventory, names })
}

/// Mount namespaces are found on the way to what is pinned in them.
fn entries_of(inventory: &Inventory) -> impl Iterator<Item = &Entry> {
    inventory.entries().iter().filter(|entry| entry.kind == Kind::Uts)
}

impl Found {
    /// The names that could be read, with the inode and the 64-bit id of each namespace.
    pub fn known(&self) -> impl Iterator<Item = (u64, Option<u64>, Names)> {
        entries_of(&self.inventory).filter_map(|entry| {
            let names = self.names(entry).known()?.clone();
            Some((entry.identity.inode, entry.id().known(), names))
        })
    }

    fn names(&self, entry: &Entry) -> Gathered<&Names> {
        self.names
            .get(&entry.identity.inode)
            .map_or(Gathered::Absent, Gathered::as_ref)
    }

    /// The inodes of the namespaces with each host name.
    fn by_host(&self) -> HashMap<&[u8], Vec<u64>> {
        let mut by_host: HashMap<_, Vec<_>> = HashMap::new();
        for entry in entries_of(&self.inventory) {
            if let Gathered::Known(names) = self.names(entry) {
                by_host
                    .entry(&*names.host)
                    .or_default()
                    .push(entry.identity.inode);
            }
        }
        by_host
    }
}

/// Writes the list.
pub fn list(cli: &Cli) -> anyhow::Result<ExitCode> {
    let columns = columns(cli)?;
    let asked = cli
        .target
        .iter()
        .map(|target| Ok(namespace_of(std::slice::from_ref(target))?.identity()))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let facts = columns.iter().map(|column| column.facts());
    let found = find(facts.fold(Facts::empty(), Facts::union))?;
    let entries: Vec<_> = entries_of(&found.inventory)
        .filter(|entry| asked.is_empty() || asked.contains(&entry.identity))
        // Its processes have gone before it could be entered.
        .filter(|entry| entry.processes == 0 || found.names(entry) != Gathered::Absent)
        .collect();
    let missing = missing(&found, &entries);
    show(cli, &columns, &found, &entries, &missing)?;
    for reason in &missing {
        warn("ns-hostname", &format!("incomplete: {reason}"));
    }
    if cli.listing.strict && !missing.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

fn columns(cli: &Cli) -> anyhow::Result<Vec<UtsColumn>> {
    let listing = &cli.listing;
    if listing.output_all {
        return Ok(UtsColumn::ALL.iter().map(|(column, _)| *column).collect());
    }
    match &listing.output {
        Some(list) => Ok(choose(list, &UtsColumn::DEFAULT)?),
        None => Ok(UtsColumn::DEFAULT.to_vec()),
    }
}

fn show(
    cli: &Cli,
    columns: &[UtsColumn],
    found: &Found,
    entries: &[&Entry],
    missing: &[String],
) -> anyhow::Result<()> {
    let own = Namespace::own(Kind::Uts)?.identity();
    let by_host = found.by_host();
    let mut users = UserNames::default();
    let rows = entries.iter().map(|entry| {
        let lowest = entry.lowest;
        let subject = Subject {
            inventory: &found.inventory,
            entry,
            names: found.names(entry),
            representative: lowest.and_then(|pid| found.inventory.representative(pid)),
            own: entry.identity == own,
            json: cli.json,
            by_host: &by_host,
        };
        Row {
            depth: 0,
            cells: columns
                .iter()
                .map(|column| subject.cell(*column, &mut users))
                .collect(),
        }
    });
    let listing = Listing {
        name: "namespaces",
        columns: columns.iter().map(|column| column.column()).collect(),
        rows: rows.collect(),
        remarks: vec![("incomplete", missing.into())],
    };
    let mut out = io::stdout().lock();
    write(&mut out, &listing, style(cli))?;
    Ok(out.flush()?)
}

fn style(cli: &Cli) -> Style {
    let listing = &cli.listing;
    let shape = if cli.json {
        Shape::Json
    } else if listing.raw {
        Shape::Raw
    } else if listing.pairs {
        Shape::Pairs
    } else {
        Shape::Table
    };
    Style {
        shape,
        headings: !listing.noheadings,
        width: if listing.notruncate {
            None
        } else {
            width_of_terminal()
        },
        ..Style::default()
    }
}

/// What the list cannot say, a sentence each.
fn missing(found: &Found, entries: &[&Entry]) -> Vec<String> {
    let mut missing = Vec::new();
    missing.extend(found.inventory.unread().words());
    for entry in entries {
        let inode = entry.identity.inode;
        match found.names(entry) {
            Gathered::Known(_) => {}
            Gathered::Absent => missing.push(format!("what holds uts:[{inode}] could not be opened")),
            Gathered::Unreadable(errno) => missing.push(format!(
                "the names in uts:[{inode}] could not be read: {}",
                errno.desc()
            )),
        }
    }
    missing
}

/// A namespace, and what its row is made of.
struct Subject<'a> {
    inventory: &'a Inventory,
    entry: &'a Entry,
    names: Gathered<&'a Names>,
    representative: Option<&'a Representative>,
    own: bool,
    json: bool,
    by_host: &'a HashMap<&'a [u8], Vec<u64>>,
}

impl<'a> Subject<'a> {
    fn cell(&self, column: UtsColumn, users: &mut UserNames) -> Cell<'a> {
        let entry = self.entry;
        match column {
            UtsColumn::Ns => entry.identity.inode.into(),
            UtsColumn::Id => Cell::gathered(entry.id(), Cell::Number),
            UtsColumn::Own => self.own.into(),
            UtsColumn::Hostname => Cell::gathered(self.names, |names| Cell::text(&*names.host)),
            UtsColumn::Domain => Cell::gathered(self.names, |names| match names.domain_if_set() {
                // Text has what the kernel calls a domain that was never set; JSON says that there is none.
                None if self.json => Cell::Absent,
                _ => Cell::text(&*names.domain),
            }),
            UtsColumn::Nprocs => u64::from(entry.processes).into(),
            UtsColumn::Pid => entry.lowest.map_or(Cell::Absent, |pid| {
                Cell::Number(pid.as_raw().unsigned_abs().into())
            }),
            UtsColumn::User => {
                let uid = self
                    .representative
                    .map_or(entry.owner_uid(), |process| process.uid);
                Cell::gathered(uid, |uid| Cell::string(&users.name_or_number(uid)))
            }
            UtsColumn::Command => self
                .of_process(|process| Cell::gathered(process.command.as_ref(), |line| Cell::text(&**line))),
            UtsColumn::Unit => self.of_cgroups(Cgroups::unit),
            UtsColumn::Container => {
                self.of_cgroups(|cgroups| cgroups.container().map(|container| container.id))
            }
            UtsColumn::Name => {
                let names = entry.names(self.inventory.own_mount_namespace());
                Cell::List(names.into_iter().map(Cow::Borrowed).collect())
            }
            UtsColumn::Owner => Cell::gathered(entry.owner(), |owner| owner.inode.into()),
            UtsColumn::Initial => entry.is_initial().into(),
            UtsColumn::Same => Cell::gathered(self.names, |names| self.same(names)),
        }
    }

    fn of_process(&self, cell: impl FnOnce(&'a Representative) -> Cell<'a>) -> Cell<'a> {
        self.representative.map_or(Cell::Absent, cell)
    }

    /// What the cgroups of the oldest process tell.
    fn of_cgroups(&self, text: impl FnOnce(&'a Cgroups) -> Option<&'a [u8]>) -> Cell<'a> {
        let leader = self
            .entry
            .leader
            .and_then(|pid| self.inventory.representative(pid));
        leader.map_or(Cell::Absent, |process| {
            Cell::gathered(process.cgroups.as_ref(), |cgroups| {
                text(cgroups).map_or(Cell::Absent, Cell::text)
            })
        })
    }

    /// The other namespaces with this host name.
    fn same(&self, names: &Names) -> Cell<'a> {
        let inodes = self.by_host.get(&*names.host).map_or(&[][..], Vec::as_slice);
        let others = inodes.iter().filter(|inode| **inode != self.entry.identity.inode);
        Cell::List(
            others
                .map(|inode| inode.to_string().into_bytes().into())
                .collect(),
        )
    }
}
