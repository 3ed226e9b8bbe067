//! The query that the arguments make.

use ns_core::cli::CompatName;
use ns_core::inventory::{Entry, Inventory, Places, Question};
use ns_core::listing::{self, NAMESPACE_COLUMNS, NamespaceColumn, facts};
use ns_core::output::{Filter, Heading, Incomplete};
use ns_core::process::{Pid, Process};
use ns_core::{Error, Gathered, Kind, Kinds, Target};

use crate::cli::Cli;
use crate::columns::{self, ADDED};
use crate::records::Records;
use crate::show::{Said, tree_column};
use crate::tree::Relation;

/// The namespaces to show, and the shape of the output.
pub struct Query<'a> {
    pub cli: &'a Cli,
    /// The columns that are shown.
    pub columns: Vec<NamespaceColumn>,
    /// True if a column of [`ADDED`] is added when a row needs it.
    adds: bool,
    /// The relation of the tree, if one is drawn.
    pub tree: Option<Relation>,
    /// The kinds that are shown.
    pub kinds: Kinds,
    /// The process whose namespaces are shown, held until then.
    task: Option<Process>,
    /// The process whose capabilities are shown, held until then.
    caps: Option<Process>,
}

impl<'a> Query<'a> {
    /// Fails if there is no such process.
    pub fn of(cli: &'a Cli) -> anyhow::Result<Self> {
        let kinds: Kinds = cli.kinds.iter().copied().collect();
        let kinds = if kinds.is_empty() { Kinds::ALL } else { kinds };
        let mut columns = columns(cli)?;
        let list = cli.written.output.as_deref();
        let usual = list.is_none_or(|list| list.starts_with('+')) && !cli.written.output_all;
        let adds = usual
            && cli.namespace.is_none()
            && cli.graph.is_none()
            && CompatName::current().is_none_or(CompatName::adds_columns);
        // Programs need the same columns every time.
        let for_programs = cli.written.json || cli.written.raw || cli.watch.is_some();
        if adds && for_programs {
            for column in ADDED {
                columns::add(&mut columns, column);
            }
        }
        let for_all = cli.written.json || cli.graph.is_some();
        let is_drawn = |relation: &Relation| for_all || tree_column(&columns, *relation).is_some();
        let tree = relation(cli).filter(is_drawn);
        Ok(Self {
            cli,
            columns,
            adds: adds && !for_programs,
            tree,
            kinds,
            task: cli.task.as_ref().map(process).transpose()?,
            caps: cli.caps.as_ref().map(process).transpose()?,
        })
    }

    /// All columns that the output, the filter and the tree need.
    pub fn wanted(&self) -> Vec<NamespaceColumn> {
        let mut wanted = self.columns.clone();
        if self.adds {
            wanted.extend(ADDED);
            wanted.push(&listing::NPROCS);
        }
        wanted.extend(self.tree.into_iter().flat_map(Relation::columns));
        if self.cli.colours.are_used() {
            wanted.extend::<[NamespaceColumn; 2]>([&listing::OWN, &listing::TYPE]);
        }
        if self.cli.graph.is_some() {
            wanted.extend::<[NamespaceColumn; 2]>([&listing::NS, &listing::TYPE]);
        }
        if let Some(filter) = &self.cli.filter {
            wanted.extend(filter.columns());
        }
        if self.cli.persistent {
            wanted.push(&listing::NPROCS);
        }
        if self.cli.watch.is_some() {
            wanted.extend::<[NamespaceColumn; 2]>([&listing::NS, &listing::ID]);
        }
        let mut once = Vec::new();
        for column in wanted {
            if !once.contains(&column) {
                once.push(column);
            }
        }
        once
    }

    /// The question to the inventory.
    pub fn question(&self) -> Question {
        let mut kinds = self.kinds;
        if matches!(self.tree, Some(Relation::Owner)) || self.caps.is_some() {
            // Every namespace has an owner, which is a user namespace.
            kinds.insert(Kind::User);
        }
        Question {
            kinds,
            places: self.places() | Places::PROCESSES,
            facts: facts(&self.wanted()),
            members_of: None,
        }
    }

    /// The columns to show for these records: NAME is added if a namespace has a name, and HELD-BY if one has no process.
    pub fn shown(&self, records: &Records<'_>) -> Vec<NamespaceColumn> {
        let any = |needs: &dyn Fn(usize) -> bool| self.adds && (0..records.len()).any(needs);
        let mut shown = self.columns.clone();
        if any(&|record| records.cell(record, &listing::NAME).is_known()) {
            columns::add(&mut shown, &listing::NAME);
        }
        if any(&|record| {
            records.number(record, &listing::NPROCS) == Some(0)
                && records.cell(record, &listing::HELD_BY).is_known()
        }) {
            columns::add(&mut shown, &listing::HELD_BY);
        }
        shown
    }

    /// The places to search. lsns(8) looks at mounts only to fill NSFS.
    fn places(&self) -> Places {
        let default = if !self.only_of_processes() {
            Places::all()
        } else if self.wanted().contains(&&listing::NSFS) {
            Places::PROCESSES | Places::PINS
        } else {
            Places::PROCESSES
        };
        self.cli.look.unwrap_or(default)
    }

    /// True if only namespaces of processes are listed, as lsns(8) lists them.
    fn only_of_processes(&self) -> bool {
        CompatName::current() == Some(CompatName::Lsns) && self.cli.look.is_none() && !self.cli.persistent
    }

    /// The process of `--caps`.
    pub fn caps(&self) -> Option<Pid> {
        self.caps.as_ref().map(Process::pid)
    }

    /// The namespaces to show, before the filter.
    pub fn select<'i>(&self, inventory: &'i Inventory) -> anyhow::Result<Vec<&'i Entry>> {
        let mut entries: Vec<_> = inventory
            .entries()
            .iter()
            .filter(|entry| self.kinds.contains(entry.kind))
            .filter(|entry| !self.only_of_processes() || entry.processes > 0)
            .collect();
        if let Some(task) = &self.task {
            let links = inventory.member(task.pid()).map(|member| member.links);
            task.check_alive()?;
            let Some(links) = links else {
                if task.is_thread()? {
                    return of_thread(task, entries);
                }
                let gone = format!("process {} is not in /proc", task.pid());
                return Err(Error::NotFound(gone).into());
            };
            if let Some(errno) = links.refused() {
                let doing = format!("read the namespaces of process {}", task.pid());
                return Err(task.explain(Error::kernel(doing, errno)).into());
            }
            entries.retain(|entry| links.get(entry.kind) == Gathered::Known(entry.identity.inode));
        }
        if let Some(caps) = &self.caps {
            caps.check_alive()?;
        }
        Ok(entries)
    }

    /// Drops the records that `--persistent` and the filter leave out.
    pub fn narrow(&self, records: &mut Records<'_>, incomplete: &mut Incomplete) {
        if self.cli.persistent {
            records.retain(|records, record| records.number(record, &listing::NPROCS) == Some(0));
        }
        self.filter(records, incomplete);
    }

    /// Drops the records that the filter leaves out. Values that the filter could not compare count as missing, even if
    /// they are not shown.
    pub fn filter(&self, records: &mut Records<'_>, incomplete: &mut Incomplete) {
        if let Some(filter) = &self.cli.filter {
            records.count(&filter.columns(), incomplete);
            records.retain(|records, record| filter.matches(|column| records.cell(record, column).clone()));
        }
    }
}

impl Query<'_> {
    /// The columns that are shown, and those that the filter compares.
    pub fn shown_and_compared(&self) -> Vec<NamespaceColumn> {
        let mut columns = self.columns.clone();
        let compared = self.cli.filter.as_ref().map(Filter::columns);
        columns.extend(compared.unwrap_or_default());
        columns
    }

    /// Counts the shown values that could not be read, except those that the filter has already counted.
    pub fn count_shown(&self, records: &Records<'_>, incomplete: &mut Incomplete) {
        let counted = self.cli.filter.as_ref().map(Filter::columns).unwrap_or_default();
        let rest = self.columns.iter().copied();
        let rest: Vec<_> = rest.filter(|column| !counted.contains(column)).collect();
        records.count(&rest, incomplete);
    }
}

/// The fields of JSON beside the namespaces.
pub fn said(inventory: &Inventory, incomplete: &Incomplete) -> Said {
    Said {
        incomplete: Some(incomplete.json(Heading::key)),
        remarks: vec![inventory.not_looked()],
    }
}

fn process(target: &Target) -> anyhow::Result<Process> {
    Ok(target.open()?.into_process()?)
}

fn columns(cli: &Cli) -> anyhow::Result<Vec<NamespaceColumn>> {
    let mut usual = if cli.namespace.is_some() {
        columns::OF_PROCESSES.to_vec()
    } else if cli.graph.is_some() {
        columns::OF_NODES.to_vec()
    } else {
        columns::default(cli.kinds.contains(&Kind::Net))
    };
    if cli.caps.is_some() {
        usual.insert(usual.len() - 1, &listing::CAPS);
    }
    Ok(cli.written.columns(NAMESPACE_COLUMNS, &usual)?)
}

/// The default tree: by owner in a graph, by process in text, as in lsns(8), and none elsewhere.
fn relation(cli: &Cli) -> Option<Relation> {
    let text = !cli.list && !cli.written.raw && !cli.written.json && cli.watch.is_none();
    let default = match cli.graph {
        Some(_) => Some(Relation::Owner),
        None => text.then_some(Relation::Process),
    };
    let relation = cli.tree.map(Relation::from).or(default);
    match (relation, CompatName::current()) {
        (Some(Relation::Process), Some(CompatName::Lsns)) => Some(Relation::EarlierProcess),
        (relation, _) => relation,
    }
}

/// The namespaces of a thread, which is no member of the list: that has processes.
fn of_thread<'i>(thread: &Process, mut entries: Vec<&'i Entry>) -> anyhow::Result<Vec<&'i Entry>> {
    let mut own = Vec::new();
    for kind in Kind::ALL {
        if entries.iter().any(|entry| entry.kind == kind) {
            own.push(thread.namespace(kind)?.identity());
        }
    }
    entries.retain(|entry| own.contains(&entry.identity));
    Ok(entries)
}
