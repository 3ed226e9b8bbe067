//! Selecting the mounts of a table.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use ns_core::cli::CompatName;
use ns_core::mounts::{Mount, Tree};
use ns_core::output::{Cell, Filter};
use ns_core::{Error, Gathered};

use crate::cells::{Format, ListedMount};
use crate::cli::{Cli, Direction};
use crate::columns::{self, MountColumn};
use crate::context::TableContext;
use crate::options::OptionList;
use crate::paths::{mount_point, plain};
use crate::show::is_tree;
use crate::source::Wanted;
use crate::types::{KnownTypes, TypeList, is_pseudo};

/// The indexes of the selected mounts, in the order of the list.
///
/// Fails if a path does not exist in the namespace. If there are many namespaces, it needs to exist in one only.
pub fn select(cli: &Cli, context: &TableContext<'_>) -> anyhow::Result<Vec<usize>> {
    let literal = cli.show.nocanonicalize;
    let mountpoint = |path: Option<&Path>| path.map(|path| mounted_at(path, cli, context)).transpose();
    let Some(operand) = &cli.operand else {
        let source = cli.which.source.as_deref();
        let question = MountQuery {
            source: source.map(|source| Wanted::of(source, context, literal)),
            mountpoint: mountpoint(cli.which.mountpoint.as_deref())?,
            ..MountQuery::of(cli, context)?
        };
        return Ok(question.answer());
    };
    // The operand is a source. If no mount has this source, it is a mount point.
    let wanted = Wanted::of(operand, context, literal);
    let no_path = wanted.is_no_path();
    let question = MountQuery {
        source: Some(wanted),
        mountpoint: mountpoint(cli.second.as_deref())?,
        ..MountQuery::of(cli, context)?
    };
    if no_path || cli.second.is_some() || question.finds_any_source() {
        return Ok(question.answer());
    }
    let question = MountQuery {
        source: None,
        mountpoint: mountpoint(Some(Path::new(operand)))?,
        ..question
    };
    Ok(question.answer())
}

/// The question about one table.
struct MountQuery<'q, 'a> {
    cli: &'q Cli,
    context: &'q TableContext<'a>,
    types: Option<TypeList<'q>>,
    options: Option<OptionList<'q>>,
    source: Option<Wanted<'q>>,
    /// The mounts at a mount point.
    mountpoint: Option<Vec<usize>>,
    /// The mount that contains a path: one, or none.
    target: Option<Vec<usize>>,
    /// The last mount at each mount point.
    uniq: Option<HashSet<usize>>,
}

impl<'q, 'a> MountQuery<'q, 'a> {
    fn of(cli: &'q Cli, context: &'q TableContext<'a>) -> anyhow::Result<Self> {
        let which = &cli.which;
        let types = which
            .types
            .as_ref()
            .map(|types| types.resolved(&KnownTypes::with(&context.table)));
        if let Some(id) = which.uniq_id
            && *context.statuses() == Gathered::NotTold
        {
            let doing = format!("find a mount by its unique id {id}");
            return Err(Error::needs_linux(&doing, "6.8, or 6.12 for another mount namespace").into());
        }
        let options = which.options.as_deref();
        let target = which.target.as_deref();
        Ok(Self {
            cli,
            context,
            types,
            options: options.map(|list| OptionList::of(list, &context.table)),
            source: None,
            mountpoint: None,
            target: match target {
                Some(path) => Some(containing(path, context)?.into_iter().collect()),
                None => None,
            },
            uniq: which.uniq.then(|| last_at_each(context.table.mounts())),
        })
    }

    fn answer(&self) -> Vec<usize> {
        let which = &self.cli.which;
        let mut found: Vec<usize> = (0..self.context.table.mounts().len())
            .filter(|index| self.is_shown(*index) && self.matches(*index) != which.invert)
            .collect();
        if which.direction == Direction::Backward {
            found.reverse();
        }
        // A watch ends after the first event, and that may be an event of any mount.
        if which.first_only && self.cli.ask.watch.is_none() {
            found.truncate(1);
        }
        let everything = || {
            let mut all = 0..self.context.table.mounts().len();
            all.all(|index| !self.is_shown(index) || self.matches(index) != which.invert)
        };
        // A list of everything stays in the order of the table.
        if which.submounts && (which.first_only || is_tree(self.cli) || !everything()) {
            found = with_submounts(self.context, &tree(self.cli, self.context), &found);
            found.retain(|index| self.uniq.as_ref().is_none_or(|uniq| uniq.contains(index)));
        }
        if let ([], Some(source)) = (&found[..], &self.source) {
            source.count_unread(self.context);
        }
        found
    }

    fn finds_any_source(&self) -> bool {
        let mounts = self.context.table.mounts();
        let source = self.source.as_ref();
        source.is_some_and(|source| mounts.iter().any(|mount| source.matches(mount, self.context)))
    }

    /// True if the form of the output shows this mount. Some forms leave mounts out, whatever is selected.
    fn is_shown(&self, index: usize) -> bool {
        let show = &self.cli.show;
        let in_df = || {
            let fs_type = self.context.table.mounts()[index].fs_type.decoded();
            !is_pseudo(&fs_type) || fs_type.windows(5).any(|part| part == b"tmpfs")
        };
        self.uniq.as_ref().is_none_or(|uniq| uniq.contains(&index))
            && (!(show.df || show.dfi) || self.cli.which.all || in_df())
    }

    fn matches(&self, index: usize) -> bool {
        let which = &self.cli.which;
        let mount = &self.context.table.mounts()[index];
        self.types.as_ref().is_none_or(|types| types.matches(mount))
            && self.options.as_ref().is_none_or(|options| options.matches(mount))
            && self
                .source
                .as_ref()
                .is_none_or(|source| source.matches(mount, self.context))
            && self
                .mountpoint
                .as_ref()
                .is_none_or(|there| there.contains(&index))
            && self.target.as_ref().is_none_or(|target| target.contains(&index))
            && which.id.is_none_or(|id| mount.id.as_raw() == id)
            && which
                .uniq_id
                .is_none_or(|id| self.compared(&columns::UNIQ_ID, index) == Cell::Number(id))
            && (!which.real || !is_pseudo(&mount.fs_type.decoded()))
            && (!which.pseudo || is_pseudo(&mount.fs_type.decoded()))
            && (!which.shadowed || self.context.covered_by(index).is_some())
            && which
                .filter
                .as_ref()
                .is_none_or(|filter| filter.matches(|column| self.compared(column, index)))
    }

    /// The value of a column to compare. An unreadable value is counted, even if the mount is not shown.
    fn compared(&self, column: MountColumn, index: usize) -> Cell<'a> {
        let mount = ListedMount::new(self.context, index, Format::COMPARED);
        let cell = (column.cell)(mount);
        let mut incomplete = self.context.shared.incomplete.borrow_mut();
        incomplete.count(&column.heading, &cell);
        if column == &columns::SOURCES {
            incomplete.count(&column.heading, &mount.unread_devices());
        }
        cell
    }
}

/// The columns whose unreadable values are counted during the selection.
pub fn compared(cli: &Cli) -> Vec<MountColumn> {
    let which = &cli.which;
    let mut columns = which.filter.as_ref().map(Filter::columns).unwrap_or_default();
    if which.uniq_id.is_some() && !columns.contains(&&columns::UNIQ_ID) {
        columns.push(&columns::UNIQ_ID);
    }
    columns
}

/// The mounts at this mount point. If several are on top of each other, this is only the uppermost, unless all are
/// asked for.
///
/// Fails if the path does not exist and nothing is mounted there.
fn mounted_at(path: &Path, cli: &Cli, context: &TableContext<'_>) -> anyhow::Result<Vec<usize>> {
    let literal = cli.show.nocanonicalize;
    let resolved = if literal { Ok(None) } else { context.resolve(path) };
    let given = context.given(path);
    let canonical = resolved.as_ref().ok().and_then(Option::as_ref);
    let forms = [given]
        .into_iter()
        .chain(canonical.map(|place| plain(&place.path)));
    let forms: Vec<Vec<u8>> = forms.collect();
    let mounts = context.table.mounts();
    let is_there = |index: &usize| {
        let target = mount_point(&mounts[*index]);
        forms.iter().any(|form| **form == *target)
    };
    let there: Vec<usize> = (0..mounts.len()).filter(is_there).collect();
    if let ([], false, Err(error @ ns_core::Error::NotFound(_))) = (&there[..], context.one_of_all, &resolved)
    {
        return missing(error).map(|()| there);
    }
    let all = !context.is_of_mounts() || cli.which.stacked || cli.which.shadowed || cli.ask.watch.is_some();
    if all || there.len() < 2 {
        return Ok(there);
    }
    let visible = there.iter().rfind(|index| context.covered_by(**index).is_none());
    Ok(visible.or(there.last()).copied().into_iter().collect())
}

/// A path that does not exist is an error, except where findmnt(8) only finds nothing.
fn missing(error: &ns_core::Error) -> anyhow::Result<()> {
    if CompatName::current().is_none_or(CompatName::reports_missing_paths) {
        Err(error.clone().into())
    } else {
        Ok(())
    }
}

/// The mount that contains a path, by the kernel's rules for symbolic links and mounts on top of each other. If a file
/// system on the way does not answer, the names in the table decide.
fn containing(path: &Path, context: &TableContext<'_>) -> anyhow::Result<Option<usize>> {
    let mounts = context.table.mounts();
    let place = match context.resolve(path) {
        Err(ns_core::Error::NotFound(_)) if context.one_of_all || !context.is_of_mounts() => None,
        Err(error @ ns_core::Error::NotFound(_)) => return missing(&error).map(|()| None),
        place => place?,
    };
    let by_id = place.as_ref().and_then(|place| place.mount);
    let by_id = by_id.and_then(|id| mounts.iter().position(|mount| mount.id == id));
    if by_id.is_some() && context.is_of_mounts() {
        return Ok(by_id);
    }
    if place.is_none() && context.one_of_all {
        return Ok(None);
    }
    let path = place.map_or_else(|| context.given(path), |place| plain(&place.path));
    Ok(containing_by_name(&path, context))
}

/// The mount that contains a path, by the names alone: the longest mount point above the path, and the last of several
/// mounts there. Hidden mounts count only in a saved table.
fn containing_by_name(path: &[u8], context: &TableContext<'_>) -> Option<usize> {
    let mounts = context.table.mounts();
    let path = Path::new(OsStr::from_bytes(path));
    let lengths = mounts.iter().enumerate().filter_map(|(index, mount)| {
        let target = mount_point(mount);
        let leads = context.view.is_none() || context.covered_by(index).is_none();
        (leads && path.starts_with(OsStr::from_bytes(&target))).then_some((target.len(), index))
    });
    lengths.max().map(|(_, index)| index)
}

/// The indexes of the mounts without a later mount at the same mount point.
fn last_at_each(mounts: &[Mount<'_>]) -> HashSet<usize> {
    let mut seen = HashSet::new();
    let from_the_end = mounts.iter().enumerate().rev();
    from_the_end
        .filter(|(_, mount)| seen.insert(mount.target.raw()))
        .map(|(index, _)| index)
        .collect()
}

/// Each of these mounts with all mounts below it, in the order of the tree, without duplicates.
fn with_submounts(context: &TableContext<'_>, tree: &Tree, found: &[usize]) -> Vec<usize> {
    let nodes = tree.nodes();
    let mut places = vec![0; context.table.mounts().len()];
    for (place, node) in nodes.iter().enumerate() {
        places[node.index] = place;
    }
    let mut taken = vec![false; nodes.len()];
    let mut all = Vec::with_capacity(found.len());
    for root in found {
        if taken[*root] {
            continue;
        }
        let (root, others) = nodes[places[*root]..].split_first().expect("it has a place");
        let below = others.iter().take_while(|node| node.depth > root.depth);
        for node in std::iter::once(root).chain(below) {
            if !std::mem::replace(&mut taken[node.index], true) {
                all.push(node.index);
            }
        }
    }
    all
}

/// The tree of the mounts that can be shown: `--uniq` leaves the lower of several on one mount point out of it.
fn tree<'c>(cli: &Cli, context: &'c TableContext<'_>) -> Cow<'c, Tree> {
    let whole = context.tree();
    if !cli.which.uniq {
        return Cow::Borrowed(whole);
    }
    let mounts = context.table.mounts();
    let uniq = last_at_each(mounts);
    Cow::Owned(whole.passing_over(mounts, |index| !uniq.contains(&index)))
}

/// These mounts in the order of the tree.
pub fn in_order_of_tree(cli: &Cli, context: &TableContext<'_>, found: &[usize]) -> Vec<usize> {
    let tree = tree(cli, context);
    let mut wanted = vec![false; context.table.mounts().len()];
    for index in found {
        wanted[*index] = true;
    }
    let nodes = tree.nodes().iter().map(|node| node.index);
    nodes.filter(|index| wanted[*index]).collect()
}
