//! The list of UTS namespaces with their names.

use std::collections::HashMap;
use std::io::{self, Write as _};
use std::process::ExitCode;

use ns_core::cli::{warn, width_of_terminal};
use ns_core::inventory::{Entry, Facts, Inventory, Question, Representative, gather};
use ns_core::output::{Cell, Field as _, Listing, Row, Shape, Style, choose, write};
use ns_core::process::Process;
use ns_core::users::UserNames;
use ns_core::uts::{Names, read_each};
use ns_core::{Error, Gathered, Kind, Namespace};

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
        facts,
        ..Question::default()
    })?;
    let names = read_each(inventory.entries(), |entry| open(&inventory, entry))?;
    let inodes = inventory.entries().iter().map(|entry| entry.identity.inode);
    let names = inodes.zip(names).collect();
    Ok(Found { inventory, names })
}

impl Found {
    /// The names that could be read, with the inodes of their namespaces.
    pub fn known(self) -> impl Iterator<Item = (u64, Names)> {
        self.names
            .into_iter()
            .filter_map(|(inode, names)| Some((inode, names.known()?)))
    }

    fn names(&self, entry: &Entry) -> Gathered<&Names> {
        self.names
            .get(&entry.identity.inode)
            .map_or(Gathered::Absent, Gathered::as_ref)
    }

    /// The inodes of the namespaces with each host name.
    fn by_host(&self) -> HashMap<&[u8], Vec<u64>> {
        let mut by_host: HashMap<_, Vec<_>> = HashMap::new();
        for entry in self.inventory.entries() {
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

/// Opens the namespace through the first process that is still in it.
fn open(inventory: &Inventory, entry: &Entry) -> ns_core::Result<Namespace> {
    for member in inventory.members_of(Kind::Uts, entry.identity.inode) {
        match Process::open(member.pid).and_then(|process| process.namespace(Kind::Uts)) {
            Ok(namespace) if namespace.identity() == entry.identity => return Ok(namespace),
            Ok(_) | Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(Error::NotFound("nobody is in it any more".into()))
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
    let entries: Vec<_> = found
        .inventory
        .entries()
        .iter()
        .filter(|entry| asked.is_empty() || asked.contains(&entry.identity))
        // Gone before it could be entered.
        .filter(|entry| found.names(entry) != Gathered::Absent)
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
    let unread = found.inventory.unread();
    if unread.processes > 0 {
        let help = unread.help().map_or(String::new(), |help| format!("; {help}"));
        missing.push(format!(
            "{} of {} processes could not be read{help}",
            unread.processes, unread.of_processes
        ));
    }
    for entry in entries {
        if let Gathered::Unreadable(errno) = found.names(entry) {
            missing.push(format!(
                "the names in uts:[{}] could not be read: {}",
                entry.identity.inode,
                errno.desc()
            ));
        }
    }
    missing
}

/// A namespace, and what its row is made of.
struct Subject<'a> {
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
            UtsColumn::User => self.of_process(|process| {
                Cell::gathered(process.uid, |uid| Cell::string(&users.name_or_number(uid)))
            }),
            UtsColumn::Command => self
                .of_process(|process| Cell::gathered(process.command.as_ref(), |line| Cell::text(&**line))),
            UtsColumn::Owner => Cell::gathered(entry.owner(), |owner| owner.inode.into()),
            UtsColumn::Initial => entry.is_initial().into(),
            UtsColumn::Same => Cell::gathered(self.names, |names| self.same(names)),
        }
    }

    fn of_process(&self, cell: impl FnOnce(&'a Representative) -> Cell<'a>) -> Cell<'a> {
        self.representative.map_or(Cell::Absent, cell)
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
