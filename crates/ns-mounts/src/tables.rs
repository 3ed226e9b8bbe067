//! The tables that the command line names, one after the other.

use std::io;
use std::path::Path;

use anyhow::Context as _;
use ns_core::cli::{read_file, read_whole, shown};
use ns_core::explain::explain_in;
use ns_core::mounts::{TableForm, UserOptions, View};
use ns_core::target::Opened;
use ns_core::{Kind, Target};

use crate::cli::{Cli, Kernel, Whose, usage};
use crate::context::{Shared, TableContext};
use crate::everywhere;
use crate::files::files;

/// True if there is at most one table.
pub fn is_single(whose: &Whose) -> bool {
    let files = files(whose).map_or(1, |files| files.len());
    !whose.all_namespaces && whose.tasks.len() + files < 2
}

/// Calls `look` with each table. Few files are open at a time: a view is closed before the next is opened.
pub fn each(
    cli: &Cli,
    shared: &Shared,
    mut look: impl FnMut(&TableContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let whose = &cli.whose;
    let mut look_at = |view: &View| {
        let bytes = read(view, whose)?;
        let user_options = user_options(whose);
        let mut context = TableContext::of(&bytes, view.name(), Some(view), shared);
        context.table = context.table.with_user_options(&user_options);
        context.report();
        look(&context)
    };
    if whose.all_namespaces {
        let found;
        let everywhere = if let Some(everywhere) = &shared.everywhere {
            everywhere
        } else {
            found = everywhere::find(false)?;
            &found
        };
        let mut failed = 0;
        let closed = everywhere.each_view::<anyhow::Error>(|_, view| {
            let Ok(bytes) = read(view, whose) else {
                failed += 1;
                return Ok(());
            };
            let mut context = TableContext::of(&bytes, view.name(), Some(view), shared);
            context.one_of_all = true;
            context.report();
            look(&context)
        })?;
        shared.incomplete.borrow_mut().unread.mounts = closed + failed;
        return Ok(());
    }
    for task in &whose.tasks {
        look_at(&view(task)?)?;
    }
    if whose.tasks.is_empty() && whose.files.is_empty() && !whose.fstab {
        look_at(&View::own()?)?;
    }
    if whose.kernel == Some(Kernel::Listmount) && !whose.files.is_empty() {
        return Err(usage("--kernel=listmount reads no file: leave out --tab-file"));
    }
    // The paths in this machine's own fstab are resolved. The paths in another file may be of another machine.
    let own = (whose.fstab && whose.files.is_empty())
        .then(own_view_if_proc)
        .transpose()?
        .flatten();
    let files = files(whose)?;
    for file in &files {
        look_at_saved(file, own.as_ref(), whose, shared, |context| {
            context.one_of_all = whose.fstab && files.len() > 1;
            look(context)
        })?;
    }
    Ok(())
}

/// The options that only programs know, if the command line asks for them.
fn user_options(whose: &Whose) -> UserOptions {
    if !whose.mtab {
        return UserOptions::default();
    }
    UserOptions::read().unwrap_or_else(|error| {
        ns_core::cli::note(
            "ns-mounts",
            &format!("the options of mount(8) are missing: {error}"),
        );
        UserOptions::default()
    })
}

/// The view of the caller, or `None` with a note if no proc file system is mounted: fstab(5) can be read without.
fn own_view_if_proc() -> ns_core::Result<Option<View>> {
    match View::own() {
        Err(error) if !Path::new("/proc/self").is_symlink() => {
            let why = error.cause().map_or_else(|| error.to_string(), str::to_owned);
            ns_core::cli::note("ns-mounts", &format!("links in paths are not followed: {why}"));
            Ok(None)
        }
        answer => answer.map(Some),
    }
}

/// Calls `look` with the table in a file. Its paths are resolved only in a view.
fn look_at_saved(
    file: &Path,
    view: Option<&View>,
    whose: &Whose,
    shared: &Shared,
    mut look: impl FnMut(&mut TableContext<'_>) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let bytes = saved(file)?;
    let name = shown(file);
    let form = if whose.fstab {
        TableForm::Fstab
    } else {
        TableForm::Mountinfo
    };
    let mut context = TableContext::of_saved(&bytes, &name, form, view, shared);
    context.report();
    look(&mut context)
}

/// Reads the table of a view, from the source that the command line names.
fn read(view: &View, whose: &Whose) -> ns_core::Result<Vec<u8>> {
    match whose.kernel {
        Some(Kernel::Listmount) => view.read_by_id(),
        Some(Kernel::Mountinfo) | None => view.read(),
    }
}

/// The bytes of a saved table; `-` is stdin.
pub fn saved(file: &Path) -> anyhow::Result<Vec<u8>> {
    let read = if file == Path::new("-") {
        read_whole(io::stdin())
    } else {
        read_file(file)
    };
    read.with_context(|| format!("cannot read {}", shown(file)))
}

/// The view of a target. For a process, this is its own view, with its root directory.
pub fn view(target: &Target) -> ns_core::Result<View> {
    view_of(&target.open()?)
}

/// The view of a target that has been opened.
pub fn view_of(opened: &Opened) -> ns_core::Result<View> {
    if let Some(process) = opened.process() {
        return View::of_process(process);
    }
    let namespace = opened.namespace(Kind::Mnt)?;
    View::of_namespace(&namespace).map_err(|error| explain_in(&namespace, error))
}
