//! The columns of `--busy`, and the facts that their cells are made of.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ns_core::Gathered;
use ns_core::busy::{Keeps, Use, Way};
use ns_core::output::Cell;
use ns_core::process::{Cgroups, Files, Pid, Scan, scan};

use super::end;
use crate::everywhere::Everywhere;

/// A column.
pub type BusyColumn = &'static Column;

type Column = ns_core::output::Column<(), for<'a> fn(&'a Facts<'a>) -> Cell<'a>>;

ns_core::columns! {
    /// All columns.
    ALL: Column;
    KEEPS: text("KEEPS", "mount or device: the thing that stays in use, with --busy"), (), |it| Cell::text(keeps(it.found.keeps).as_bytes());
    USE: text("USE", "how it is used, with --busy"), (), |it| Cell::text(way(it.found.way).as_bytes());
    PID: number("PID", "process that uses it, with --busy"), (), |it| it.found.user.map_or(Cell::Absent, |user| Cell::Number(user.pid.into()));
    THREAD: number("THREAD", "thread of PID, if only that thread uses it, with --busy"), (), |it| it.found.user.filter(|user| user.tid != user.pid).map_or(Cell::Absent, |user| Cell::Number(user.tid.into()));
    FD: number("FD", "open descriptor, with --busy"), (), |it| it.found.fd.map_or(Cell::Absent, |fd| Cell::Number(fd.into()));
    COMMAND: text("COMMAND", "command line of PID, with --busy").wide(), (), |it| it.of_process(|process| Cell::gathered(process.command.as_ref(), |command| Cell::text(&**command)));
    UNIT: text("UNIT", "systemd unit of PID, with --busy"), (), |it| it.of_process(|process| Cell::gathered(process.cgroups.as_ref(), |cgroups| cgroups.unit().map_or(Cell::Absent, Cell::text)));
    CONTAINER: text("CONTAINER", "container of PID, with --busy"), (), |it| it.of_process(|process| Cell::gathered(process.cgroups.as_ref(), |cgroups| cgroups.container().map_or(Cell::Absent, |container| Cell::text(container.id))));
    NS: number("NS", "inode of the mount namespace of the mount, with --busy"), (), |it| it.found.namespace.map_or(Cell::Absent, Cell::Number);
    PATH: text("PATH", "path of the file, mount or device, with --busy").wide(), (), |it| Cell::text(&*it.found.path);
    HELD_BY: texts("HELD-BY", "holders of the namespace, or loop device, with --busy").wide(), (), |it| if it.held_by.is_empty() { Cell::Absent } else { Cell::List(it.held_by.iter().map(|words| Cow::Borrowed(&**words)).collect()) };
    END: text("END", "command that ends the use, with --busy"), (), |it| it.end.as_deref().map_or(Cell::Absent, |end| Cell::text(end.as_bytes()));
}

/// The default columns of a table.
pub static DEFAULT: &[BusyColumn] = &[
    &KEEPS, &USE, &PID, &FD, &COMMAND, &UNIT, &NS, &PATH, &HELD_BY, &END,
];

/// `PF_KTHREAD` of the kernel's `sched.h`.
const KERNEL_THREAD: u32 = 0x0020_0000;

/// Facts about a process.
#[derive(Debug)]
pub struct Process {
    pub command: Gathered<Vec<u8>>,
    pub cgroups: Gathered<Cgroups>,
    /// True for a thread of the kernel, which nobody can end.
    pub is_kernel: bool,
}

/// The facts about one use.
#[derive(Debug)]
pub struct Facts<'a> {
    found: &'a Use,
    process: Option<Rc<Process>>,
    held_by: Vec<Vec<u8>>,
    end: Option<String>,
}

impl Facts<'_> {
    fn of_process<'a>(&'a self, cell: impl FnOnce(&'a Process) -> Cell<'a>) -> Cell<'a> {
        self.process.as_deref().map_or(Cell::Absent, cell)
    }
}

/// The data for the facts of all rows.
pub struct Context<'a> {
    everywhere: &'a Everywhere,
    proc: Scan,
    processes: RefCell<HashMap<Pid, Rc<Process>>>,
    /// The processes that the caller descends from, such as its shell.
    ancestors: Vec<Pid>,
}

impl<'a> Context<'a> {
    /// The context for the namespaces that were found.
    pub fn new(everywhere: &'a Everywhere) -> ns_core::Result<Self> {
        let proc = scan()?;
        let parent = |pid: &Pid| Files::of(&proc.proc(), *pid).stat().known()?.parent;
        let ancestors = std::iter::successors(parent(&Pid::own()), parent).collect();
        Ok(Self {
            everywhere,
            ancestors,
            proc,
            processes: RefCell::default(),
        })
    }

    /// The facts about a use.
    pub fn facts<'u>(&self, found: &'u Use) -> Facts<'u> {
        let process = found.user.map(|user| self.process(user.tid));
        let own = self.everywhere.own_namespace();
        let elsewhere = found.namespace.filter(|namespace| *namespace != own);
        let is_mount = found.user.is_none();
        let holders = elsewhere.filter(|_| is_mount);
        let is_kernel = process.as_ref().is_some_and(|process| process.is_kernel);
        let cgroups = process
            .as_ref()
            .and_then(|process| process.cgroups.as_ref().known());
        let end = || end::command(found, elsewhere, cgroups, &self.ancestors);
        Facts {
            end: if is_kernel { None } else { end() },
            held_by: match &found.device {
                Some(device) => vec![device.clone()],
                None => holders.map_or_else(Vec::new, |inode| self.everywhere.held_by(inode)),
            },
            process,
            found,
        }
    }

    fn process(&self, pid: Pid) -> Rc<Process> {
        let read = || {
            let proc = self.proc.proc();
            let files = Files::of(&proc, pid);
            Rc::new(Process {
                command: files.command(),
                cgroups: files.cgroups(),
                is_kernel: files
                    .stat()
                    .known()
                    .is_some_and(|stat| stat.flags & KERNEL_THREAD != 0),
            })
        };
        self.processes
            .borrow_mut()
            .entry(pid)
            .or_insert_with(read)
            .clone()
    }
}

/// The word for what is kept in use.
fn keeps(keeps: Keeps) -> &'static str {
    match keeps {
        Keeps::Mount => "mount",
        Keeps::Device => "device",
    }
}

/// The word for a use.
fn way(way: Way) -> &'static str {
    match way {
        Way::Below => "submount",
        Way::Pin => "pin",
        Way::WorkingDirectory => "cwd",
        Way::Root => "root",
        Way::Executable => "exe",
        Way::Mapping => "map",
        Way::Descriptor => "fd",
        Way::Socket => "socket",
        Way::Open => "open",
        Way::Loop => "loop",
        Way::Swap => "swap",
        Way::Holder => "holder",
        Way::Above => "above",
        Way::Mount => "mount",
        Way::Part => "part",
    }
}
