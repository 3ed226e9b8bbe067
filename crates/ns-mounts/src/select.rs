//! Selecting the mounts of a table.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::Path;

use ns_core::mounts::{Mount, Tree};
use ns_core::output::{Cell, Filter};
use ns_core::{Error, Gathered};

use crate::cells::ListedMount;
use crate::cli::{Cli, Direction};
use crate::columns::{self, MountColumn};
use crate::context::TableContext;
use crate::options::OptionList;
use crate::place::AtPath;
use crate::show::{format, is_tree_of};
use crate::source::Wanted;
use crate::types::{KnownTypes, TypeList, is_pseudo};

/// The indexes of the selected mounts, in the order of the list.
///
/// Fails if a path does not exist in the namespace. If there are many namespaces, it needs to exist in one only.
pub fn select(cli: &Cli, context: &TableContext<'_>) -> anyhow::Result<Vec<usize>> {
    let literal = cli.show.nocanonicalize;
    let mountpoint = |path: Option<&Path>| path.map(|path| AtPath::mounted(path, cli, context)).transpose();
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
    mountpoint: Option<AtPath>,
    /// The mounts at the mount point that a path is below.
    target: Option<AtPath>,
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
            target: target
                .map(|path| AtPath::containing(path, cli, context))
                .transpose()?,
            uniq: which.uniq.then(|| last_at_each(context.table.mounts())),
        })
    }

    fn answer(&self) -> Vec<usize> {
        let which = &self.cli.which;
        let invert = which.invert && (self.has_criteria() || is_tree_of(self.cli, self.context));
        let is_wanted = |index: &usize| self.is_shown(*index) && self.matches(*index) != invert;
        let all = 0..self.context.table.mounts().len();
        let mut found: Vec<usize> = all.filter(is_wanted).collect();
        if !invert {
            for place in [&self.mountpoint, &self.target].into_iter().flatten() {
                place.keep_uppermost(&mut found);
            }
        }
        if which.direction == Direction::Backward {
            found.reverse();
        }
        // A watch ends after the first event, and that may be an event of any mount.
        if which.first_only && self.cli.ask.watch.is_none() {
            found.truncate(1);
        }
        let everything = || {
            let mut all = 0..self.context.table.mounts().len();
            all.all(|index| !self.is_shown(index) || self.matches(index) != invert)
        };
        // A list of everything stays in the order of the table.
        if which.submounts
            && ((which.first_only && self.has_criteria())
                || is_tree_of(self.cli, self.context)
                || !everything())
        {
            found = with_submounts(self.context, &tree(self.cli, self.context), &found);
            found.retain(|index| self.uniq.as_ref().is_none_or(|uniq| uniq.contains(index)));
        }
        if let ([], Some(source)) = (&found[..], &self.source) {
            source.count_unread(self.context);
        }
        found
    }

    /// True if the command line selects mounts. Otherwise, a list has all mounts, even with --invert.
    fn has_criteria(&self) -> bool {
        self.source.is_some() || self.mountpoint.is_some() || self.target.is_some() || self.cli.chooses()
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
                .is_none_or(|there| there.mounts.contains(&index))
            && self
                .target
                .as_ref()
                .is_none_or(|target| target.mounts.contains(&index))
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
        let mount = ListedMount::new(self.context, index, format(&self.cli.show).compared());
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
