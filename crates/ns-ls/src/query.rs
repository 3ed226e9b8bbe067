//! What the arguments ask for.

use ns_core::inventory::{Entry, Facts, Inventory, Question};
use ns_core::output::{Field as _, choose};
use ns_core::process::Process;
use ns_core::target::Subject;
use ns_core::{Error, Kinds};

use crate::cli::Cli;
use crate::columns::NsColumn;
use crate::tree::Relation;

/// What is to be shown, and in which shape.
pub struct Query<'a> {
    pub cli: &'a Cli,
    /// The columns that are shown.
    pub columns: Vec<NsColumn>,
    /// What the tree is drawn by, where there is one.
    pub tree: Option<Relation>,
    kinds: Kinds,
    /// The process whose namespaces are shown, held until they are.
    task: Option<Process>,
}

impl<'a> Query<'a> {
    /// Fails where the columns are wrong, and where there is no such process.
    pub fn of(cli: &'a Cli) -> anyhow::Result<Self> {
        let kinds: Kinds = cli.kinds.iter().copied().collect();
        let kinds = if kinds.is_empty() { Kinds::ALL } else { kinds };
        let task = match &cli.task {
            Some(target) => match target.open()? {
                Subject::Process(process) => Some(process),
                Subject::Namespace(namespace) => {
                    let why = format!("{namespace} is a namespace, not a process");
                    return Err(Error::Unfit(why).into());
                }
            },
            None => None,
        };
        Ok(Self {
            cli,
            columns: columns(cli)?,
            tree: relation(cli),
            kinds,
            task,
        })
    }

    /// All columns that are needed to show what is asked for.
    pub fn wanted(&self) -> Vec<NsColumn> {
        let mut wanted = self.columns.clone();
        for column in self.tree.map_or(&[][..], Relation::columns) {
            if !wanted.contains(column) {
                wanted.push(*column);
            }
        }
        wanted
    }

    /// What has to be found out for it.
    pub fn question(&self) -> Question {
        Question {
            kinds: self.kinds,
            facts: self
                .wanted()
                .into_iter()
                .fold(Facts::empty(), |facts, column| facts | column.facts()),
        }
    }

    /// The namespaces that are to be shown.
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
                return Err(Error::kernel(doing, errno as i32).into());
            }
            entries.retain(|entry| links.get(entry.kind) == ns_core::Gathered::Known(entry.identity.inode));
        }
        Ok(entries)
    }
}

fn columns(cli: &Cli) -> anyhow::Result<Vec<NsColumn>> {
    if cli.output_all {
        return Ok(NsColumn::ALL.iter().map(|(column, _)| *column).collect());
    }
    match &cli.output {
        Some(list) => Ok(choose(list, &NsColumn::DEFAULT)?),
        None => Ok(NsColumn::DEFAULT.to_vec()),
    }
}

/// In text a tree by processes where nobody said otherwise, as lsns draws one; elsewhere none.
fn relation(cli: &Cli) -> Option<Relation> {
    let text = !cli.list && !cli.raw && !cli.json;
    cli.tree.map(Relation::from).or(text.then_some(Relation::Process))
}
