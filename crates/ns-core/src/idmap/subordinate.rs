//! Subordinate ids: `/etc/subuid` and `/etc/subgid` (`subuid(5)`, `subgid(5)`).

use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::subordinate_line::{Flaw, line};
use super::{IdKind, IdRange};
use crate::error::Doing;
use crate::{Error, Result};

/// A block of ids that a user may map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subordinate {
    /// The first.
    pub first: u32,
    /// How many.
    pub count: u32,
}

/// The lines of a file of subordinate ids for one user. All of them count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Granted {
    /// The blocks, in the order of the lines.
    pub blocks: Vec<Subordinate>,
    /// The lines for this user that grant nothing.
    pub(crate) flaws: Vec<Flaw>,
}

impl Granted {
    /// True if the file has no line for this user.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty() && self.flaws.is_empty()
    }

    /// True if these blocks together have all outer ids of the range.
    pub(crate) fn covers(&self, range: IdRange) -> bool {
        let (mut first, end) = (
            u64::from(range.outer),
            u64::from(range.outer) + u64::from(range.count),
        );
        while first < end {
            let ends = self.blocks.iter().filter_map(|block| {
                let (start, end) = (
                    u64::from(block.first),
                    u64::from(block.first) + u64::from(block.count),
                );
                (start <= first && first < end).then_some(end)
            });
            match ends.max() {
                Some(next) => first = next,
                None => return false,
            }
        }
        true
    }
}

/// The lines for the user with this name or uid, in the file for this kind of ids. Both files list users.
pub fn granted(kind: IdKind, name: Option<&str>, uid: u32) -> Result<Granted> {
    let file = kind.subordinate_file();
    let text = match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        answer => answer.doing(|| format!("read {file}"))?,
    };
    Ok(find(&text, name, uid))
}

impl Granted {
    /// The lines for the user that grant nothing, each with its flaw, if other lines grant something.
    pub fn ignored_lines(&self, kind: IdKind) -> Vec<String> {
        let flaws = self.flaws.iter().filter(|_| !self.blocks.is_empty());
        flaws.map(|flaw| flaw.cause(kind.subordinate_file())).collect()
    }
}

/// The first block of the user with this name or uid, in the file for this kind of ids.
///
/// [`Error::NotFound`] if the user has no block, with a line that would grant one.
pub fn subordinate(kind: IdKind, name: Option<&str>, uid: u32) -> Result<Subordinate> {
    let granted = granted(kind, name, uid)?;
    if let Some(block) = granted.blocks.first() {
        return Ok(*block);
    }
    let file = kind.subordinate_file();
    let user = name.map_or_else(|| uid.to_string(), str::to_owned);
    let (cause, help) = match granted.flaws.first() {
        Some(flaw) => (flaw.cause(file), flaw.help(file)),
        None => (
            format!("{file} has no line for {user}"),
            format!("as root, add a line such as {user}:100000:65536 to {file}"),
        ),
    };
    let error = Error::NotFound(format!("{user} has no subordinate {}s", kind.name()));
    Err(error.explained(Some(cause), Some(help)))
}

/// The program in `PATH` that writes maps of subordinate ids.
pub fn helper(kind: IdKind) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // A PATH with an empty part means the working directory, and nothing of the system is there.
    std::env::split_paths(&path)
        .filter(|directory| !directory.as_os_str().as_bytes().is_empty())
        .map(|directory| directory.join(kind.helper()))
        .find(|file| file.is_file() && rustix::fs::access(file, rustix::fs::Access::EXEC_OK).is_ok())
}

fn find(text: &[u8], name: Option<&str>, uid: u32) -> Granted {
    let mut granted = Granted::default();
    for (number, bytes) in (1..).zip(text.split(|byte| *byte == b'\n')) {
        match line(bytes, name, uid) {
            Some(Ok(block)) => granted.blocks.push(block),
            Some(Err(flaw)) => granted.flaws.push(flaw.at(number)),
            None => {}
        }
    }
    granted
}

/// Checks what holds for any file: a block has ids, and the first line of a user counts.
#[cfg(any(test, fuzzing))]
pub fn check_subordinate(text: &str) {
    for (name, uid) in [(Some("alice"), 1000), (None, 1000), (Some("1000"), 7)] {
        let first = |text: &str| find(text.as_bytes(), name, uid).blocks.first().copied();
        let found = first(text);
        assert!(found.is_none_or(|block| block.count > 0));
        let owner = name.map_or_else(|| uid.to_string(), str::to_owned);
        let added = Subordinate { first: 5, count: 9 };
        assert_eq!(first(&format!("{owner}:5:9\n{text}")), Some(added));
        assert_eq!(first(&format!("{text}\n{owner}:5:9")), found.or(Some(added)));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &[u8] =
        b"# comment\nbob:100000:65536\nalice:165536:10 \nalice:165536:1000\n1000:300000:7\nalice:9:9\nalice:166536:4";

    fn blocks(name: Option<&str>, uid: u32) -> Vec<(u32, u32)> {
        let granted = find(FILE, name, uid);
        granted
            .blocks
            .iter()
            .map(|block| (block.first, block.count))
            .collect()
    }

    #[test]
    fn every_line_for_the_user_counts() {
        assert_eq!(blocks(Some("alice"), 1), [(165_536, 1000), (9, 9), (166_536, 4)]);
        assert_eq!(blocks(Some("carol"), 1000), [(300_000, 7)]);
        assert_eq!(blocks(None, 1000), [(300_000, 7)]);
        assert!(find(FILE, Some("carol"), 1).is_empty());
    }

    #[test]
    fn a_range_may_be_spread_over_lines() {
        let granted = find(FILE, Some("alice"), 1);
        let covers = |outer, count| granted.covers(IdRange::new(0, outer, count).unwrap());
        assert!(covers(165_536, 1004) && covers(166_000, 540) && covers(9, 9));
        assert!(!covers(165_536, 1005) && !covers(165_535, 2) && !covers(17, 2));
    }

    #[test]
    fn a_line_that_cannot_be_read_has_a_number() {
        let granted = find(FILE, Some("alice"), 1);
        let [flaw] = &granted.flaws[..] else {
            panic!("{granted:?}")
        };
        assert_eq!(flaw.number, 3);
    }

    proptest! {
        #[test]
        fn any_file_is_read(text in "((alice|1000|#|bob|):?[0-9]{0,10}:?[0-9]{0,10}[:x ]?\\PC?\n?){0,8}") {
            check_subordinate(&text);
        }
    }
}
