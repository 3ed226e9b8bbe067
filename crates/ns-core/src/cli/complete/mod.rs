//! Answers for the completion scripts: `--complete=SOURCE WORD` lists the current values, one on each line, with a
//! description after a tab. Only the scripts use it, so it is not in the help.
//!
//! WORD is the typed word. It decides which kinds of values are worth a search. The shell leaves out values that do not
//! match, by its own rules.

mod choice;
mod mounts;
mod namespaces;
mod processes;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::ffi::OsStringExt as _;

use crate::output::escape_for_terminal;
use crate::{Error, Kind, Kinds, Result};
use choice::{Choice, Word};

/// The question of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CompletionQuery {
    source: String,
    word: Vec<u8>,
}

/// The question, if the arguments are exactly one question.
pub(super) fn asked(arguments: impl IntoIterator<Item = OsString>) -> Option<CompletionQuery> {
    let mut arguments = arguments.into_iter().skip(1);
    let first = arguments.next()?;
    let source = first.to_str()?.strip_prefix("--complete=")?.to_owned();
    let word = arguments.next().unwrap_or_default().into_vec();
    arguments
        .next()
        .is_none()
        .then_some(CompletionQuery { source, word })
}

/// Writes the values that were asked for.
pub(super) fn answer(question: &CompletionQuery) -> io::Result<()> {
    let choices = choices(&question.source, Word(&question.word)).map_err(io::Error::other)?;
    let mut out = BufWriter::new(crate::cli::stdout()?);
    for Choice { value, about } in choices {
        // A value that a line cannot show unchanged cannot be chosen.
        if *escape_for_terminal(&value).as_bytes() == *value {
            out.write_all(&value)?;
            writeln!(out, "\t{about}")?;
        }
    }
    out.flush()
}

fn choices(source: &str, word: Word<'_>) -> Result<Vec<Choice>> {
    let (source, kinds) = match source.split_once(':') {
        Some((source, kind)) => (source, [kind.parse::<Kind>()?].into_iter().collect()),
        None => (source, Kinds::ALL),
    };
    match source {
        "processes" => processes::choices(word),
        "namespaces" => namespaces::choices(kinds, word),
        "targets" => {
            // A short number is a PID. Other names of namespaces are searched only after they are begun. Together
            // with the processes, they would be too many to choose from and to read in time.
            let only_names = kinds == Kinds::ALL && word.0.is_empty() || word.is_digits() && word.0.len() < 8;
            let mut choices = if only_names {
                namespaces::named(kinds, word)?
            } else {
                namespaces::choices(kinds, word)?
            };
            choices.extend(processes::choices(word)?);
            Ok(choices)
        }
        "pins" => namespaces::pins(word),
        "environment" => Ok(environment()),
        "filesystems" => mounts::filesystems(word),
        "mounts" => mounts::points(),
        "sources" => mounts::sources(),
        "mounted" => Ok([mounts::points()?, mounts::sources()?].concat()),
        _ => Err(Error::invalid("source", source, "nothing completes from it")),
    }
}

/// The environment variables that the shell passes on, with their values.
fn environment() -> Vec<Choice> {
    std::env::vars_os()
        .map(|(name, value)| Choice::new(name.into_vec(), value.into_vec()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Namespace, Target};

    #[test]
    fn the_question_is_alone() {
        let asked = |words: &[&str]| asked(words.iter().map(OsString::from));
        let question = |source: &str, word: &str| {
            Some(CompletionQuery {
                source: source.into(),
                word: word.into(),
            })
        };
        assert_eq!(asked(&["ns-ls", "--complete=mounts"]), question("mounts", ""));
        assert_eq!(
            asked(&["ns-ls", "--complete=mounts", "x"]),
            question("mounts", "x")
        );
        assert_eq!(asked(&["ns-ls", "--complete=mounts", "x", "y"]), None);
        assert_eq!(asked(&["ns-ls", "--complete"]), None);
        assert_eq!(asked(&["ns-ls"]), None);
    }

    fn values(source: &str, word: &str) -> Vec<String> {
        choices(source, Word(word.as_bytes()))
            .unwrap()
            .into_iter()
            .map(|choice| String::from_utf8_lossy(&choice.value).into_owned())
            .collect()
    }

    /// Another process, because this one does not offer itself.
    fn parent() -> String {
        std::os::unix::process::parent_id().to_string()
    }

    #[test]
    fn what_there_is_can_be_chosen() {
        let has = |source, word, value: &str| values(source, word).iter().any(|known| known == value);
        assert!(has("processes", "", &parent()));
        assert!(!has("processes", "", &std::process::id().to_string()));
        assert!(has("filesystems", "", "tmpfs") && !has("filesystems", "", "notmpfs"));
        assert!(has("filesystems", "no", "notmpfs") && has("filesystems", "!", "!tmpfs"));
        assert!(has("mounts", "", "/proc"));
        let own = Namespace::own(Kind::Uts).unwrap().identity().inode;
        assert!(has("targets", "ut", &format!("uts:[{own}]")));
        assert!(has("namespaces:uts", "4", &own.to_string()));
        // This number cannot be a PID.
        let digits = own.to_string();
        assert!(has("targets", &digits[..8], &digits) && !has("targets", &digits[..7], &digits));
        assert!(!has("targets:net", "ut", &format!("uts:[{own}]")));
        assert!(choices("nothing", Word(b"")).is_err());
        assert!(choices("targets:nothing", Word(b"")).is_err());
    }

    #[test]
    fn all_targets_that_are_offered_are_ones() {
        // Host names are left out: a child reads them, and a test has threads and cannot fork one.
        for word in ["4", "name:", ":", "net:[", "unit:", "container:", "c"] {
            for value in values("targets", word) {
                assert!(Target::parse(&value).is_ok(), "{word}: {value}");
            }
        }
        let pid = parent();
        let same = values("processes", &format!("{pid}:"));
        // Pidfds have inodes of their own since Linux 6.9. Before that, the inode tells nothing.
        let offered = crate::process::own_inode().known().is_some();
        assert_eq!(same.len(), usize::from(offered), "{same:?}");
        assert!(
            same.iter()
                .all(|target| Target::parse(target).unwrap().open().is_ok())
        );
    }

    #[test]
    fn a_word_says_which_sorts_are_worth_looking_for() {
        // Pinned names are offered for every word: they are few, and the shell leaves out the rest.
        let mut numbers = values("targets", "4");
        numbers.retain(|value| value.starts_with(|first: char| first.is_ascii_digit()));
        assert!(numbers.iter().all(|value| value.starts_with('4')), "{numbers:?}");
        assert!(values("targets", "/run/netns/").is_empty());
    }
}
