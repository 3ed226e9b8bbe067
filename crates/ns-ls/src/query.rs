//! What the arguments ask for.

use ns_core::inventory::{Entry, Facts, Inventory, Places, Question};
use ns_core::output::choose;
use ns_core::process::{Pid, Process};
use ns_core::{Error, Gathered, Kind, Kinds, Target};

use crate::cli::Cli;
use crate::columns::{self, NsColumn};
use crate::records::Records;
use crate::tree::Relation;

/// What is to be shown, and in which shape.
pub struct Query<'a> {
    pub cli: &'a Cli,
    /// The columns that are shown.
    pub columns: Vec<NsColumn>,
    /// Whether nobody chose the columns.
    pub usual: bool,
    /// What the tree is drawn by, where there is one.
    pub tree: Option<Relation>,
    /// The kinds that are shown.
    pub kinds: Kinds,
    /// The process whose namespaces are shown, held until they are.
    task: Option<Process>,
    /// The process whose capabilities are shown, held until they are.
    caps: Option<Process>,
}

impl<'a> Query<'a> {
    /// Fails where there is no such process.
    pub fn of(cli: &'a Cli) -> anyhow::Result<Self> {
        let kinds: Kinds = cli.kinds.iter().copied().collect();
        let kinds = if kinds.is_empty() { Kinds::ALL } else { kinds };
        Ok(Self {
            cli,
            columns: columns(cli)?,
            usual: cli.output.as_deref().is_none_or(|list| list.starts_with('+')) && !cli.output_all,
            tree: relation(cli),
            kinds,
            task: cli.task.as_ref().map(process).transpose()?,
            caps: cli.caps.as_ref().map(process).transpose()?,
        })
    }

    /// All columns that are needed to show what is asked for.
    pub fn wanted(&self) -> Vec<NsColumn> {
        let mut wanted = self.columns.clone();
        if self.usual {
            wanted.push(NsColumn::Name);
        }
        wanted.extend(self.tree.map_or(&[][..], Relation::columns));
        if let Some(filter) = &self.cli.filter {
            wanted.extend(filter.columns());
        }
        if self.cli.persistent {
            wanted.push(NsColumn::Nprocs);
        }
        if self.cli.watch.is_some() {
            wanted.extend([NsColumn::Ns, NsColumn::Id]);
        }
        let mut once = Vec::new();
        for column in wanted {
            if !once.contains(&column) {
                once.push(column);
            }
        }
        once
    }

    /// What has to be found out for it.
    pub fn question(&self) -> Question {
        let mut kinds = self.kinds;
        if matches!(self.tree, Some(Relation::Owner)) || self.caps.is_some() {
            // Every namespace has a user namespace above it.
            kinds.insert(Kind::User);
        }
        let facts = self
            .wanted()
            .into_iter()
            .fold(Facts::empty(), |facts, column| facts | column.facts());
        Question {
            kinds,
            places: self.cli.look | Places::PROCESSES,
            facts,
            members_of: None,
        }
    }

    /// The process of `--caps`.
    pub fn caps(&self) -> Option<Pid> {
        self.caps.as_ref().map(Process::pid)
    }

    /// The namespaces that are to be shown, as far as the filter has no say in it.
    pub fn select<'i>(&self, inventory: &'i Inventory) -> anyhow::Result<Vec<&'i Entry>> {
        let mut entries: Vec<_> = inventory
            .entries()
            .iter()
            .filter(|entry| self.kinds.contains(entry.kind))
            .collect();
        if let Some(task) = &self.task {
            let links = inventory.member(task.pid()).map(|member| member.links);
            task.check_alive()?;
            let Some(links) = links else {
                let gone = format!("process {} is not in /proc", task.pid());
                return Err(Error::NotFound(gone).into());
            };
            if let Some(errno) = links.refused() {
                let doing = format!("read the namespaces of process {}", task.pid());
                return Err(Error::kernel(doing, errno).into());
            }
            entries.retain(|entry| links.get(entry.kind) == Gathered::Known(entry.identity.inode));
        }
        if let Some(caps) = &self.caps {
            caps.check_alive()?;
        }
        Ok(entries)
    }

    /// Drops the records that `--persistent` and the filter leave out.
    pub fn narrow(&self, records: &mut Records) {
        if self.cli.persistent {
            records.retain(|records, record| records.number(record, NsColumn::Nprocs) == Some(0));
        }
        if let Some(filter) = &self.cli.filter {
            records.retain(|records, record| filter.matches(|column| records.cell(record, column).clone()));
        }
    }
}

fn process(target: &Target) -> anyhow::Result<Process> {
    Ok(target.open()?.into_process()?)
}

fn columns(cli: &Cli) -> anyhow::Result<Vec<NsColumn>> {
    if cli.output_all {
        return Ok(columns::ALL.to_vec());
    }
    let mut usual = if cli.namespace.is_some() {
        NsColumn::OF_PROCESSES.to_vec()
    } else {
        NsColumn::default(cli.kinds.contains(&Kind::Net))
    };
    if cli.caps.is_some() {
        usual.insert(usual.len() - 1, NsColumn::Caps);
    }
    match &cli.output {
        Some(list) => Ok(choose(list, &columns::ALL, &usual)?),
        None => Ok(usual),
    }
}

/// In text a tree by processes where nobody said otherwise, as lsns draws one; elsewhere none.
fn relation(cli: &Cli) -> Option<Relation> {
    let text = !cli.list && !cli.raw && !cli.json;
    cli.tree.map(Relation::from).or(text.then_some(Relation::Process))
}
