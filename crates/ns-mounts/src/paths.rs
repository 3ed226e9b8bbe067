//! Paths in a table's view: some answers come from the table, and some only from the file systems on the way.

use std::borrow::Cow;
use std::ffi::OsStr;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use ns_core::Gathered;
use ns_core::mounts::{Mount, PathKind, ResolvedPath, Space, may_wait};

use crate::context::TableContext;

impl TableContext<'_> {
    /// Resolves a path. Returns `None` if that is impossible: there is no view, or a file system on the way refuses to
    /// answer or takes too long.
    ///
    /// Fails if the path does not exist, or the root directory of the view cannot be opened.
    pub fn resolve(&self, path: &Path) -> ns_core::Result<Option<ResolvedPath>> {
        if let Some(view) = self.view.filter(|view| !view.is_own()) {
            view.root()?;
        }
        match self.follow(path) {
            Err(ns_core::Error::Kernel { .. }) => Ok(None),
            found => found,
        }
    }

    /// Resolves a path as [`Self::resolve`] does, but fails if a file system on the way refuses to answer.
    pub fn follow(&self, path: &Path) -> ns_core::Result<Option<ResolvedPath>> {
        let Some(view) = self.view else { return Ok(None) };
        if !view.is_own() {
            view.root()?;
        }
        if let Some(index) = self.mounted_on(&self.given(path))
            && may_wait(&self.table.mounts()[index].fs_type.decoded())
        {
            let mount = &self.table.mounts()[index];
            return Ok(Some(ResolvedPath {
                path: OsStr::from_bytes(&mount.target.decoded()).into(),
                mount: Some(mount.id),
                device: None,
                kind: Some(PathKind::Directory),
            }));
        }
        if self.may_wait() {
            self.within_limit(|limit| view.resolve_within(path, limit))
        } else {
            view.resolve(path).map(Some)
        }
    }

    /// The size and usage of a mount's file system.
    pub fn measure(&self, mount: &Mount<'_>) -> Gathered<Space> {
        let Some(view) = self.view else {
            return Gathered::Absent;
        };
        if !may_wait(&mount.fs_type.decoded()) {
            return view.space(mount);
        }
        self.within_limit(|limit| view.space_within(mount, limit))
    }

    /// The path on the command line, absolute and simplified.
    pub fn given(&self, path: &Path) -> Vec<u8> {
        match self.view.filter(|view| view.is_own()) {
            Some(_) => plain(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned())),
            None => plain(path),
        }
    }

    /// The visible mount at exactly this mount point.
    fn mounted_on(&self, path: &[u8]) -> Option<usize> {
        if !self.is_of_mounts() {
            return None;
        }
        let mounts = self.table.mounts();
        (0..mounts.len())
            .rfind(|index| *mounts[*index].target.decoded() == *path && self.covered_by(*index).is_none())
    }

    /// True if the table has a file system that may not answer. A table in a file does not say what is mounted.
    fn may_wait(&self) -> bool {
        let mut mounts = self.table.mounts().iter();
        !self.is_of_mounts() || mounts.any(|mount| may_wait(&mount.fs_type.decoded()))
    }

    fn within_limit<T>(&self, ask: impl FnOnce(Duration) -> T) -> T {
        let start = Instant::now();
        let limit = self.shared.patience.borrow().limit();
        let answer = ask(limit);
        self.shared.patience.borrow_mut().waited_since(start);
        answer
    }
}

/// The simplified path, without repeated slashes, `.`, or a slash at the end.
pub fn plain(path: &Path) -> Vec<u8> {
    path.components().collect::<PathBuf>().into_os_string().into_vec()
}

/// The mount point of a mount. In fstab(5), it need not be simplified.
pub fn mount_point<'a>(mount: &Mount<'a>) -> Cow<'a, [u8]> {
    let target = mount.target.decoded();
    if mount.fstab.is_some() {
        return Cow::Owned(plain(Path::new(OsStr::from_bytes(&target))));
    }
    target
}
