//! The options of mounts that the kernel does not know: mount(8) keeps them in `/run/mount/utab`, such as `_netdev`,
//! `user=NAME` and `x-systemd.automount`.

use std::io;

use super::{Escaped, MountOptions, MountTable};
use crate::Result;
use crate::error::Doing as _;

/// The file of libmount(3).
const FILE: &str = "/run/mount/utab";

/// The options in user space, one entry for each mount that has some.
#[derive(Clone, Debug, Default)]
pub struct UserOptions {
    bytes: Vec<u8>,
}

/// One line: fields of a name and a value with blanks between them.
struct Entry<'a> {
    source: &'a [u8],
    target: &'a [u8],
    root: &'a [u8],
    options: &'a [u8],
}

impl UserOptions {
    /// Reads the file. There are no options if it does not exist.
    pub fn read() -> Result<Self> {
        match std::fs::read(FILE) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            read => read.map(|bytes| Self { bytes }).doing(|| format!("read {FILE}")),
        }
    }

    fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        self.bytes.split(|byte| *byte == b'\n').filter_map(|line| {
            let value = |name: &[u8]| {
                let mut fields = line.split(|byte| *byte == b' ');
                fields.find_map(|field| field.strip_prefix(name))
            };
            Some(Entry {
                source: value(b"SRC=")?,
                target: value(b"TARGET=")?,
                root: value(b"ROOT=")?,
                options: value(b"OPTS=")?,
            })
        })
    }
}

impl<'a> MountTable<'a> {
    /// The table with the options in user space. An entry belongs to the last mount at its mount point, if that is still
    /// the same mount.
    #[must_use]
    pub fn with_user_options(mut self, options: &'a UserOptions) -> Self {
        for entry in options.entries() {
            let target = Escaped::new(entry.target).decoded();
            let mut mounts = self.mounts_mut().iter_mut().rev();
            if let Some(mount) = mounts.find(|mount| mount.target.decoded() == target)
                && mount.source.decoded() == Escaped::new(entry.source).decoded()
                && mount.root.decoded() == Escaped::new(entry.root).decoded()
            {
                mount.user_options = MountOptions::new(entry.options);
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_belongs_to_the_mount_that_it_describes() {
        let options = UserOptions {
            bytes: b"SRC=src TARGET=/m\\040p ROOT=/ OPTS=x-foo=bar,_netdev\n\
                SRC=src TARGET=/b ROOT=/sub BINDSRC=/m\\040p OPTS=user\nSRC=gone TARGET=/c ROOT=/ OPTS=x-gone\n\
                SRC=src TARGET=/m\\040p OPTS=x\nnonsense\n"
                .to_vec(),
        };
        let table = b"1 0 0:1 / /m\\040p rw - t other rw\n2 1 0:2 / /m\\040p rw - t src rw\n\
            3 1 0:2 /sub /b rw - t src rw\n4 1 0:3 / /c rw - t src rw\n";
        let table = MountTable::parse(table).with_user_options(&options);
        let found: Vec<_> = table
            .mounts()
            .iter()
            .map(|mount| mount.user_options.raw())
            .collect();
        assert_eq!(found, [&b""[..], b"x-foo=bar,_netdev", b"user", b""]);
    }
}
