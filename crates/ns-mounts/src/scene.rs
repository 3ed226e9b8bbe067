//! Tables of mounts, and where they come from.

use ns_core::mounts::{MountTable, Tree, View};
use ns_core::target::Subject;
use ns_core::{Kind, Target};

use crate::cli::Cli;

/// A table as it was read.
#[derive(Debug)]
pub struct Source {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whose it is.
    pub view: View,
}

/// A table that can be looked at.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Where it comes from.
    pub source: &'a Source,
    /// The mounts.
    pub table: MountTable<'a>,
    /// Which stands on which.
    pub tree: Tree,
}

impl Source {
    /// The tables that the command line asks for.
    pub fn of(cli: &Cli) -> anyhow::Result<Vec<Self>> {
        if cli.tasks.is_empty() {
            return Ok(vec![Self::read(View::own()?)?]);
        }
        cli.tasks.iter().map(|task| Self::read(view(task)?)).collect()
    }

    fn read(view: View) -> anyhow::Result<Self> {
        Ok(Self {
            bytes: view.read()?,
            view,
        })
    }
}

/// The view of a target: of a process its own, root directory and all.
fn view(target: &Target) -> ns_core::Result<View> {
    match target.open()? {
        Subject::Process(process) => View::of_process(&process),
        subject => View::of_namespace(&subject.namespace(Kind::Mnt)?),
    }
}

impl<'a> Scene<'a> {
    /// Reads the table.
    pub fn of(source: &'a Source) -> Self {
        let table = MountTable::parse(&source.bytes);
        let tree = Tree::of(table.mounts());
        Self { source, table, tree }
    }

    /// Says on stderr which lines are no mounts. The others are shown all the same.
    pub fn report_flaws(&self) {
        let name = self.source.view.name();
        for flaw in self.table.flaws() {
            let Some(reason) = flaw.reason else { continue };
            let text = format!("line {} of the table of {name} is left out: {reason}", flaw.line);
            ns_core::cli::warn("ns-mounts", &text);
        }
    }
}
