//! A table of mounts to answer questions from, and data that is looked up for it once.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::rc::Rc;

use ns_core::Gathered;
use ns_core::cli::CompatName;
use ns_core::mounts::{
    Covers, Mount, MountTable, Peers, Space, Statuses, TableForm, Tag, TaggedDevices, Tags, Tree, View,
    parse_tag,
};
use ns_core::output::Incomplete;
use ns_core::process::Pid;

use crate::everywhere::{self, Everywhere};
use crate::patience::Patience;

/// A namespace that may have ended.
#[derive(Debug)]
pub struct Ended {
    /// Its inode.
    pub inode: u64,
    /// Its last leaders that were found, if they are needed.
    pub leaders: Vec<Vec<u8>>,
}

/// A table, and the view in which its mounts can be inspected.
#[derive(Debug)]
pub struct TableContext<'a> {
    /// The owner of the table, in a phrase.
    pub name: &'a str,
    /// The view in which its paths are resolved; `None` for a saved table, whose paths belong to another host.
    pub view: Option<&'a View>,
    /// True if the tables of all namespaces are read, and this is one of them.
    pub one_of_all: bool,
    /// True if the mounts have changed since the table was read: paths then lead elsewhere.
    pub is_past: bool,
    /// The namespace that the table was of, if it may have ended: no view leads there.
    pub ended: Option<&'a Ended>,
    /// The mounts.
    pub table: MountTable<'a>,
    /// The data that was looked up for all tables.
    pub shared: &'a Shared,
    tree: OnceCell<Tree>,
    covers: OnceCell<Covers>,
    statuses: OnceCell<Gathered<Statuses>>,
    leaders: OnceCell<Gathered<Vec<Vec<u8>>>>,
    spaces: RefCell<HashMap<usize, Gathered<Space>>>,
}

/// The devices for each value of a tag that was asked for.
type DevicesByTag = HashMap<(Tag, Vec<u8>), Rc<TaggedDevices>>;

/// Data that is the same for all tables.
#[derive(Debug, Default)]
pub struct Shared {
    tags: RefCell<HashMap<Tag, Rc<Tags>>>,
    tagged: RefCell<DevicesByTag>,
    /// The peer groups of every namespace, if they are needed.
    pub peers: Peers,
    /// Everything that could not be read, for all tables.
    pub incomplete: RefCell<Incomplete>,
    /// The time that is left for file systems that may not answer.
    pub patience: RefCell<Patience>,
    /// Every mount namespace, if they are needed.
    pub everywhere: Option<Everywhere>,
}

impl<'a> TableContext<'a> {
    /// Parses the table.
    pub fn of(bytes: &'a [u8], name: &'a str, view: Option<&'a View>, shared: &'a Shared) -> Self {
        Self::with(MountTable::parse(bytes), name, view, shared)
    }

    /// Parses a table in a file. If its lines do not show its form, it is `form`.
    pub fn of_saved(
        bytes: &'a [u8],
        name: &'a str,
        form: TableForm,
        view: Option<&'a View>,
        shared: &'a Shared,
    ) -> Self {
        Self::with(MountTable::parse_any(bytes, form), name, view, shared)
    }

    fn with(table: MountTable<'a>, name: &'a str, view: Option<&'a View>, shared: &'a Shared) -> Self {
        Self {
            name,
            view,
            one_of_all: false,
            is_past: false,
            ended: None,
            table,
            shared,
            tree: OnceCell::new(),
            covers: OnceCell::new(),
            statuses: OnceCell::new(),
            leaders: OnceCell::new(),
            spaces: RefCell::default(),
        }
    }

    /// Prints notes about the lines that are not mounts. All other lines are shown.
    pub fn report(&self) {
        if speaks_as_libmount() && !self.is_of_mounts() {
            let unread = self.table.flaws().iter().filter(|flaw| flaw.reason.is_some());
            for flaw in unread {
                let text = format!("{}: parse error at line {} -- ignored", self.name, flaw.line);
                ns_core::cli::tell("ns-mounts", &text);
            }
            return;
        }
        if self.table.mounts().is_empty() {
            let first = self
                .table
                .flaws()
                .iter()
                .find_map(|flaw| Some((flaw.line, flaw.reason?)));
            if let Some((line, reason)) = first {
                let name = self.name;
                note(&format!("{name} is no table of mounts: line {line}: {reason}"));
            }
            return;
        }
        let flaws = self.table.flaws().iter();
        let skipped: Vec<_> = flaws.filter_map(|flaw| Some((flaw.line, flaw.reason?))).collect();
        let (name, mounts) = (self.name, self.table.mounts().len());
        // Of some text, a few lines always look like mounts.
        if let [(line, reason), _, _, ..] = skipped[..]
            && skipped.len() > mounts
        {
            let (count, lines) = (skipped.len(), skipped.len() + mounts);
            note(&format!(
                "{name} seems to be no table of mounts: skipped {count} of {lines} lines, the first is line {line}: {reason}"
            ));
            return;
        }
        for (line, reason) in skipped {
            note(&format!("skipped line {line} of the table of {name}: {reason}"));
        }
    }

    /// The tree of mounts. Loops are broken, with a note on stderr.
    pub fn tree(&self) -> &Tree {
        self.tree.get_or_init(|| {
            let tree = Tree::of(self.table.mounts());
            for id in tree.loops() {
                let name = self.name;
                note(&format!(
                    "in the table of {name}, mount {id} is its own ancestor: it is shown as a root"
                ));
            }
            tree
        })
    }

    /// The hidden mounts, and the mount that hides each.
    pub fn covers(&self) -> &Covers {
        self.covers
            .get_or_init(|| Covers::of(self.table.mounts(), self.tree()))
    }

    /// True if the table has mounts. An fstab(5) only has file systems that may be mounted.
    pub fn is_of_mounts(&self) -> bool {
        self.table.form() == TableForm::Mountinfo
    }

    /// The view that the mounts belong to.
    fn seen_from(&self) -> Option<&'a View> {
        self.view.filter(|_| self.is_of_mounts())
    }

    /// The process that the table was read from.
    pub fn pid(&self) -> Option<Pid> {
        let view = self.seen_from()?;
        if view.is_own() {
            return Some(Pid::own());
        }
        view.pid()
    }

    /// True if the devices are of this machine. In a saved table of mounts, they may belong to another one.
    pub fn has_own_devices(&self) -> bool {
        self.view.is_some() || self.ended.is_some() || !self.is_of_mounts()
    }

    /// A tag of a mount's device.
    pub fn tag(&self, tag: Tag, mount: &Mount<'_>) -> Gathered<Vec<u8>> {
        if mount.fstab.is_some()
            && let Some((named, value)) = parse_tag(OsStr::from_bytes(&mount.source.decoded()))
        {
            if named == tag {
                return Gathered::Known(value.to_vec());
            }
            let devices = self.shared.tagged(named, value);
            return match devices.numbers.first() {
                Some(device) => self.shared.tags(tag).of_device(*device).map(Cow::into_owned),
                None => devices.all.and_then(|()| Gathered::Absent),
            };
        }
        let tags = self.shared.tags(tag);
        if !self.has_own_devices() {
            return tags
                .in_links(mount)
                .map_or(Gathered::Absent, |value| Gathered::Known(value.to_vec()));
        }
        tags.of(mount).map(Cow::into_owned)
    }

    /// The mount that hides the one with this index.
    pub fn covered_by(&self, index: usize) -> Option<&Mount<'a>> {
        if !self.is_of_mounts() {
            return None;
        }
        self.covers().by(index).map(|cover| &self.table.mounts()[cover])
    }

    /// The values of statmount(2) for the mounts.
    pub fn statuses(&self) -> &Gathered<Statuses> {
        self.statuses
            .get_or_init(|| self.seen_from().map_or(Gathered::Absent, View::statuses))
    }

    /// The size and usage of the file system of the mount with this index. Absent if the mount point does not lead to
    /// the mount.
    pub fn space(&self, index: usize) -> Gathered<Space> {
        if self.seen_from().is_none() || self.covered_by(index).is_some() {
            return Gathered::Absent;
        }
        let mount = &self.table.mounts()[index];
        *self
            .spaces
            .borrow_mut()
            .entry(index)
            .or_insert_with(|| self.measure(mount))
    }

    /// The leaders of the namespace, as `4711(nginx)`. Absent if they are not needed, or the namespace is unknown.
    pub fn leaders(&self) -> Gathered<&Vec<Vec<u8>>> {
        let look_up = || match &self.shared.everywhere {
            _ if self.ended.is_some() => self.ended.map(|ended| ended.leaders.clone()).into(),
            Some(everywhere) => self.inode().and_then(|inode| everywhere.leaders(inode)),
            None => Gathered::Absent,
        };
        self.leaders.get_or_init(look_up).as_ref()
    }

    /// The inode of the mount namespace.
    pub fn inode(&self) -> Gathered<u64> {
        let ended = || self.ended.map(|ended| ended.inode).into();
        self.seen_from().map_or_else(ended, View::namespace)
    }
}

/// True if faults of a file are reported in the words of libmount(3).
pub fn speaks_as_libmount() -> bool {
    CompatName::current().is_some_and(CompatName::reports_faults_as_libmount)
}

fn note(text: &str) {
    ns_core::cli::note("ns-mounts", text);
}

impl Shared {
    /// The places that were not searched for namespaces, with their names in JSON.
    pub fn not_looked(&self) -> (&'static str, serde_json::Value) {
        let everywhere = self.everywhere.as_ref();
        everywhere.map_or_else(everywhere::nothing_left_out, Everywhere::not_looked)
    }

    /// The values of a tag, for every device.
    pub fn tags(&self, tag: Tag) -> Rc<Tags> {
        let mut tags = self.tags.borrow_mut();
        tags.entry(tag).or_insert_with(|| Tags::read(tag).into()).clone()
    }

    /// Every device that has this value of a tag.
    pub fn tagged(&self, tag: Tag, value: &[u8]) -> Rc<TaggedDevices> {
        let mut tagged = self.tagged.borrow_mut();
        let look_up = || Rc::new(self.tags(tag).devices(value));
        tagged
            .entry((tag, value.to_vec()))
            .or_insert_with(look_up)
            .clone()
    }
}
