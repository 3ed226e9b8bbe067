//! Finding a process by the cgroup it is in: the leader of a systemd unit or of a container, which is its oldest process.
//!
//! The creator of a cgroup chooses its name, and others may be able to put processes into it. A name alone means what
//! belongs to the system and to the caller. What other users could put there needs the owner in the target, or the path of
//! the cgroup.

use super::choices::list;
use super::claimant::SHORT;
use super::named_cgroups::{CONTAINER, NamedCgroup, UNIT, containers, in_a_shell, shown, spellings, units};
use crate::escape::quoted;
use crate::process::{Process, hides_processes};
use crate::{Error, Result};

/// The leader of this systemd unit; `nginx` is `nginx.service`, as for systemctl(1).
pub(super) fn by_unit(text: &str) -> Result<Process> {
    let asked = Asked::of(text);
    let whole = if asked.name.contains('.') {
        asked.name.to_owned()
    } else {
        format!("{}.service", asked.name)
    };
    let units = units()?;
    let matches = |unit: &NamedCgroup| unit.name == whole.as_bytes();
    let found = asked.select(&units, matches);
    match found[..] {
        [unit] => unit.leader(),
        [] => {
            let what = match asked.owner {
                Owner::Path => format!(
                    "no process is in a unit with the cgroup {}",
                    quoted(text.as_bytes())
                ),
                _ => format!("no process is in the unit {}", quoted(whole.as_bytes())),
            };
            Err(missing(what, UNIT.word, &units, matches, asked.name))
        }
        _ => {
            let what = format!("{} units are called {}", found.len(), quoted(whole.as_bytes()));
            Err(ambiguous(&what, &found, usize::MAX))
        }
    }
}

/// The leader of the container whose id starts with this text.
pub(super) fn by_container(text: &str) -> Result<Process> {
    let asked = Asked::of(text);
    let containers = containers()?;
    let matches = |container: &NamedCgroup| container.name.starts_with(asked.name.as_bytes());
    let mut found = asked.select(&containers, matches);
    // The whole name of one container can be the start of another name.
    let is_whole = |container: &&NamedCgroup| container.name == asked.name.as_bytes();
    if found.iter().any(is_whole) {
        found.retain(is_whole);
    }
    match found[..] {
        [container] => container.leader(),
        [] => {
            let start = quoted(asked.name.as_bytes());
            let what = match asked.owner {
                Owner::Path => format!("no process is in a container with the cgroup {start}"),
                _ => format!("no process is in a container whose id starts with {start}"),
            };
            Err(missing(what, CONTAINER.word, &containers, matches, asked.name))
        }
        _ => {
            let (count, start) = (found.len(), quoted(asked.name.as_bytes()));
            let what = format!("{count} containers have an id that starts with {start}");
            let names: Vec<_> = found.iter().map(|container| &*container.name).collect();
            Err(ambiguous(&what, &found, alike(&names) + SHORT))
        }
    }
}

/// The name that a person gave.
struct Asked<'a> {
    owner: Owner<'a>,
    /// The name or the start of an id; a path, if that is what was written.
    name: &'a str,
}

/// The owner that was asked for.
#[derive(Clone, Copy)]
enum Owner<'a> {
    /// No owner was given: a cgroup of the system or of the caller.
    Meant,
    /// A cgroup of a user, or in the cgroup of a container.
    Of(&'a str),
    /// Any owner, because the path of the cgroup was given.
    Path,
}

impl<'a> Asked<'a> {
    fn of(text: &'a str) -> Self {
        match text.split_once('/') {
            Some(("", _)) => Self {
                owner: Owner::Path,
                name: text,
            },
            Some((owner, name)) => Self {
                owner: Owner::Of(owner),
                name,
            },
            None => Self {
                owner: Owner::Meant,
                name: text,
            },
        }
    }

    fn select<'n>(
        &self,
        all: &'n [NamedCgroup],
        matches: impl Fn(&NamedCgroup) -> bool,
    ) -> Vec<&'n NamedCgroup> {
        let is_asked_for = |named: &&NamedCgroup| match self.owner {
            Owner::Meant => named.claimant.is_meant() && matches(named),
            Owner::Of(owner) => named.claimant.is_called(owner) && matches(named),
            Owner::Path => named.path == self.name.as_bytes(),
        };
        let mut found: Vec<_> = all.iter().filter(is_asked_for).collect();
        // The processes that others cannot put there are first.
        found.dedup_by(|other, first| first.is_same_cgroup(other));
        found
    }
}

/// The error that there is none. The help names the cgroups of other owners with this name, or all cgroups that a name
/// alone can mean.
fn missing(
    what: String,
    word: &str,
    all: &[NamedCgroup],
    matches: impl Fn(&NamedCgroup) -> bool,
    asked: &str,
) -> Error {
    let error = Error::NotFound(what);
    let others: Vec<_> = all.iter().filter(|named| matches(named)).collect();
    if let [first, ..] = others[..] {
        let cause = format!(
            "{} could create the cgroup {}, or put processes into it",
            first.claimant,
            quoted(&first.path)
        );
        let mut targets: Vec<_> = others.iter().map(|named| named.target()).collect();
        targets.sort_unstable();
        targets.dedup();
        let help = if targets.len() == others.len() {
            format!("name its owner: {}", list(targets))
        } else {
            let paths = others
                .iter()
                .map(|named| in_a_shell(named.sort.word, &named.path));
            format!("name its cgroup: {}", list(paths))
        };
        return error.explained(Some(cause), Some(help));
    }
    let mut choices: Vec<_> = spellings(all).iter().map(|(choice, _)| shown(choice)).collect();
    choices.sort_unstable();
    if choices.is_empty() {
        let hidden = if hides_processes() {
            " that is shown here: /proc hides the processes of others (hidepid)"
        } else {
            ""
        };
        return error.with_note(format!("no process{hidden} is in the cgroup of any {word}"));
    }
    if choices.iter().any(|choice| choice.contains(asked)) {
        choices.retain(|choice| choice.contains(asked));
    }
    error.with_help(format!("the {word}s are {}", list(choices)))
}

/// The number of bytes that all these names start with.
fn alike(names: &[&[u8]]) -> usize {
    let [first, others @ ..] = names else { return 0 };
    let with = |other: &&[u8]| {
        let pairs = first.iter().zip(*other);
        pairs.take_while(|(one, other)| one == other).count()
    };
    others.iter().map(with).min().unwrap_or_default()
}

/// The error that there are several, with their owners, and help on how to name one. `length` bytes of each name
/// distinguish it.
fn ambiguous(what: &str, found: &[&NamedCgroup], length: usize) -> Error {
    let short = |named: &NamedCgroup| shown(&named.name[..named.name.len().min(length)]);
    let each = found
        .iter()
        .map(|named| format!("{} of {}", short(named), named.claimant));
    let error = Error::Ambiguous(format!("{what}: {}", list(each)));
    let mut names: Vec<_> = found.iter().map(|named| &named.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.len() == found.len() {
        return error;
    }
    let paths = found.iter().map(|named| in_a_shell(named.sort.word, &named.path));
    error.with_help(format!("name one by its cgroup: {}", list(paths)))
}

#[cfg(test)]
mod tests {
    use super::alike;

    #[test]
    fn ids_are_shown_up_to_where_they_differ() {
        let ids = [&b"3f000000000000000000a1"[..], b"3f000000000000000000b2"];
        assert_eq!(alike(&ids), 20);
        assert_eq!(alike(&ids[..1]), 0);
    }
}
