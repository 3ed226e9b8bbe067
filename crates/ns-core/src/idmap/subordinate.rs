//! Subordinate ids: `/etc/subuid` and `/etc/subgid` (`subuid(5)`, `subgid(5)`).

use super::{IdKind, number};
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

/// The first block of the user with this name or uid, in the file for this kind of ids. Both files list users.
///
/// [`Error::NotFound`] if the user has no block, with a line that would grant one.
pub fn subordinate(kind: IdKind, name: Option<&str>, uid: u32) -> Result<Subordinate> {
    let file = kind.subordinate_file();
    let text = match std::fs::read(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        answer => answer.doing(|| format!("read {file}"))?,
    };
    // A comment may be in any encoding.
    find(&String::from_utf8_lossy(&text), name, uid).ok_or_else(|| {
        let user = name.map_or_else(|| uid.to_string(), str::to_owned);
        Error::NotFound(format!("{user} has no subordinate {}s", kind.name())).explained(
            Some(format!("{file} has no line for {user}")),
            Some(format!(
                "as root, add a line such as {user}:100000:65536 to {file}"
            )),
        )
    })
}

/// True if the program that writes maps of subordinate ids is installed.
pub fn has_helper(kind: IdKind) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(kind.helper()).is_file())
}

fn find(text: &str, name: Option<&str>, uid: u32) -> Option<Subordinate> {
    text.lines().find_map(|line| {
        let mut fields = line.trim().split(':');
        let owner = fields.next()?;
        if Some(owner) != name && number(owner) != Some(uid) {
            return None;
        }
        let block = Subordinate {
            first: number(fields.next()?)?,
            count: number(fields.next()?)?,
        };
        (block.count > 0 && fields.next().is_none()).then_some(block)
    })
}

/// Checks what holds for any file: a block has ids, and the first line of a user counts.
#[cfg(any(test, fuzzing))]
pub fn check_subordinate(text: &str) {
    for (name, uid) in [(Some("alice"), 1000), (None, 1000), (Some("1000"), 7)] {
        let found = find(text, name, uid);
        assert!(found.is_none_or(|block| block.count > 0));
        let owner = name.map_or_else(|| uid.to_string(), str::to_owned);
        let added = Subordinate { first: 5, count: 9 };
        assert_eq!(find(&format!("{owner}:5:9\n{text}"), name, uid), Some(added));
        assert_eq!(
            find(&format!("{text}\n{owner}:5:9"), name, uid),
            found.or(Some(added))
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str =
        "# comment\nbob:100000:65536\nalice:165536:10:x\nalice:165536:1000\n1000:300000:7\nalice:9:9\n";

    #[test]
    fn the_first_line_for_the_user_counts() {
        assert_eq!(
            find(FILE, Some("alice"), 1),
            Some(Subordinate {
                first: 165_536,
                count: 1000
            })
        );
        assert_eq!(
            find(FILE, Some("carol"), 1000),
            Some(Subordinate {
                first: 300_000,
                count: 7
            })
        );
        assert_eq!(
            find(FILE, None, 1000),
            Some(Subordinate {
                first: 300_000,
                count: 7
            })
        );
        assert_eq!(find(FILE, Some("carol"), 1), None);
    }

    proptest! {
        #[test]
        fn any_file_is_read(text in "((alice|1000|#|bob|):?[0-9]{0,10}:?[0-9]{0,10}[:x ]?\\PC?\n?){0,8}") {
            check_subordinate(&text);
        }
    }
}
