//! Targets as text. Parsing and writing do not read from the system.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::Target;
use crate::escape::quoted;
use crate::output::escape_for_terminal;
use crate::pins;
use crate::process::Pid;
use crate::{Error, Kind, Result};

/// The forms of a target, for a person who wrote something else.
const GRAMMAR: &str = "expected a PID, PID:INODE, the path of a namespace file with a slash in it, a pinned name, \
    net:[INODE], the inode alone, :ID, host:NAME, unit:NAME or container:ID";

impl Target {
    /// Reads a target from bytes, because a path or a name need not be text.
    pub fn parse(text: impl AsRef<OsStr>) -> Result<Self> {
        let text = text.as_ref();
        read(text.as_bytes()).map_err(|why| Error::invalid("target", text.as_bytes(), why))
    }

    /// The target as a person writes it. [`Self::parse`] gives the same target.
    pub fn to_os_string(&self) -> OsString {
        let text = match self {
            Self::Process(pid) => pid.to_string(),
            Self::SameProcess(pid, inode) => format!("{pid}:{inode}"),
            Self::File(path) => return path.clone().into_os_string(),
            Self::Name(name) if matches!(Self::parse(name), Ok(Self::Name(same)) if same == *name) => {
                return name.clone();
            }
            Self::Name(name) => return prefixed("name:", name.as_bytes()),
            Self::Inode(Some(kind), inode) => format!("{kind}:[{inode}]"),
            Self::Inode(None, inode) => inode.to_string(),
            Self::Id(id) => format!(":{id}"),
            Self::Host(name) => return prefixed("host:", name.as_bytes()),
            Self::Unit(name) => format!("unit:{name}"),
            Self::Container(id) => format!("container:{id}"),
        };
        text.into()
    }
}

fn prefixed(prefix: &str, rest: &[u8]) -> OsString {
    OsString::from_vec([prefix.as_bytes(), rest].concat())
}

/// The target, or the reason why the text is not one.
fn read(text: &[u8]) -> Result<Target, String> {
    if let Some((word, rest)) = split(text)
        && let Some(target) = read_prefixed(word, rest)
    {
        return target;
    }
    if text.contains(&b'/') {
        return Ok(Target::File(OsStr::from_bytes(text).into()));
    }
    let grammar = || GRAMMAR.to_owned();
    let text = without_blanks(text);
    match split(text) {
        Some((b"", id)) => number(id).map(Target::Id).ok_or_else(grammar),
        Some((pid, inode)) if !pid.is_empty() && pid.iter().all(u8::is_ascii_digit) => {
            let pid = number(pid).and_then(pid_of).ok_or_else(grammar)?;
            let inode = number(inode).ok_or_else(grammar)?;
            Ok(Target::SameProcess(pid, inode))
        }
        Some((kind, inode)) if inode.starts_with(b"[") => read_link(kind, inode),
        Some(_) => Err(format!(
            "{GRAMMAR}; write name:NAME for a pinned name with a colon"
        )),
        None if !text.is_empty() && text.iter().all(u8::is_ascii_digit) => {
            let number = number(text).ok_or_else(grammar)?;
            match pid_of(number) {
                Some(pid) => Ok(Target::Process(pid)),
                None if number > u64::from(i32::MAX.unsigned_abs()) => Ok(Target::Inode(None, number)),
                None => Err(grammar()),
            }
        }
        None if text.is_empty() => Err(grammar()),
        None => read_name(text),
    }
}

/// A PID or another number without the blanks around it, as from `$(ps -o pid= …)`. A name keeps its blanks.
fn without_blanks(text: &[u8]) -> &[u8] {
    let trimmed = text.trim_ascii();
    let number = trimmed.iter().all(|byte| byte.is_ascii_digit() || *byte == b':');
    if number { trimmed } else { text }
}

/// The texts before and after the first colon.
fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().position(|byte| *byte == b':')?;
    Some((&text[..colon], &text[colon + 1..]))
}

/// The target for the words before a colon; `None` for any other word.
fn read_prefixed(word: &[u8], rest: &[u8]) -> Option<Result<Target, String>> {
    let text = |what: &str| match std::str::from_utf8(rest) {
        Ok(text) if !text.is_empty() && !text.ends_with('/') && !text.contains(char::is_control) => {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "expected {what} after the colon, with or without USER/ before it, or the path of the cgroup"
        )),
    };
    Some(match word {
        b"name" => read_name(rest),
        b"host" if rest.is_empty() => Err("expected a host name after the colon".into()),
        b"host" => Ok(Target::Host(OsStr::from_bytes(rest).to_owned())),
        b"unit" => text("the name of a systemd unit").map(Target::Unit),
        b"container" => text("the start of a container's id").map(Target::Container),
        _ => return None,
    })
}

fn read_name(name: &[u8]) -> Result<Target, String> {
    let name = OsStr::from_bytes(name);
    match pins::flaw_of(name) {
        None => Ok(Target::Name(name.to_owned())),
        Some(flaw) => Err(flaw.into()),
    }
}

/// As the kernel writes a namespace: `net:[4026532281]`.
fn read_link(kind: &[u8], inode: &[u8]) -> Result<Target, String> {
    let kind = std::str::from_utf8(kind).unwrap_or_default();
    let kind: Kind = kind.parse().map_err(|error| match error {
        Error::Invalid { why, .. } => format!("before the colon, {why}"),
        error => error.to_string(),
    })?;
    let inode = inode.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]"));
    match inode.and_then(number) {
        Some(inode) => Ok(Target::Inode(Some(kind), inode)),
        None => Err(GRAMMAR.into()),
    }
}

/// Digits only: `parse` would take a plus sign.
fn number(digits: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(digits).ok()?;
    (!text.is_empty() && digits.iter().all(u8::is_ascii_digit))
        .then(|| text.parse().ok())
        .flatten()
}

fn pid_of(number: u64) -> Option<Pid> {
    Pid::new(i32::try_from(number).ok()?)
}

/// The target for use in a sentence: as it is written, with a path in quotes.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_os_string();
        match self {
            Self::File(_) => f.write_str(&quoted(text.as_bytes())),
            _ => f.write_str(&escape_for_terminal(text.as_bytes())),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pid(number: i32) -> Pid {
        Pid::new(number).unwrap()
    }

    #[test]
    fn every_spelling_means_one_thing() {
        for (text, target) in [
            ("4711", Target::Process(pid(4711))),
            ("4711:9001", Target::SameProcess(pid(4711), 9001)),
            ("  4711", Target::Process(pid(4711))),
            ("4711\n", Target::Process(pid(4711))),
            (" 4711:9001 ", Target::SameProcess(pid(4711), 9001)),
            (" blue", Target::Name(" blue".into())),
            ("name: 4711", Target::Name(" 4711".into())),
            ("./ns", Target::File("./ns".into())),
            ("/run/netns/blue", Target::File("/run/netns/blue".into())),
            ("blue", Target::Name("blue".into())),
            ("name:blue", Target::Name("blue".into())),
            ("name:4711", Target::Name("4711".into())),
            ("name:host:x", Target::Name("host:x".into())),
            ("name:name:x", Target::Name("name:x".into())),
            ("-", Target::Name("-".into())),
            ("net", Target::Name("net".into())),
            ("+4711", Target::Name("+4711".into())),
            ("net:[4026532281]", Target::Inode(Some(Kind::Net), 4_026_532_281)),
            (
                "mount:[4026532281]",
                Target::Inode(Some(Kind::Mnt), 4_026_532_281),
            ),
            ("uts:[7]", Target::Inode(Some(Kind::Uts), 7)),
            ("4026532281", Target::Inode(None, 4_026_532_281)),
            ("2147483647", Target::Process(pid(i32::MAX))),
            ("2147483648", Target::Inode(None, 2_147_483_648)),
            (":12345", Target::Id(12345)),
            (":0", Target::Id(0)),
            ("host:web-1", Target::Host("web-1".into())),
            ("host:a:b/c", Target::Host("a:b/c".into())),
            ("unit:nginx.service", Target::Unit("nginx.service".into())),
            ("unit:getty@tty1", Target::Unit("getty@tty1".into())),
            ("unit:alice/x.service", Target::Unit("alice/x.service".into())),
            ("container:3f2a", Target::Container("3f2a".into())),
            ("container:alice/3f2a", Target::Container("alice/3f2a".into())),
            ("container:/docker/3f2a", Target::Container("/docker/3f2a".into())),
        ] {
            assert_eq!(Target::parse(text), Ok(target.clone()), "{text}");
            assert_eq!(Target::parse(target.to_os_string()), Ok(target), "{text}");
        }
        let path = OsStr::from_bytes(b"/run/\xff");
        assert_eq!(Target::parse(path), Ok(Target::File(path.into())));
        let name = OsStr::from_bytes(b"\xff");
        assert_eq!(Target::parse(name), Ok(Target::Name(name.into())));
    }

    #[test]
    fn what_means_nothing_is_said_to() {
        for text in [
            "",
            "0",
            "4711:",
            "4711:x",
            " ",
            "47 11:1",
            "1:2:3",
            ":",
            ":x",
            "0:1",
            "net:[",
            "net:[x]",
            "net:[]",
            "net:[+7]",
            "foo:[1]",
            "a:b",
            "name:",
            "name:..",
            "name:a/b",
            "..",
            "host:",
            "unit:",
            "unit:a/",
            "container:",
            "container:a/",
            "container:a\nb",
            "99999999999999999999999",
        ] {
            assert!(Target::parse(text).is_err(), "{text}: {:?}", Target::parse(text));
        }
        let error = Target::parse("foo:[1]").unwrap_err().to_string();
        assert!(error.contains("expected one of cgroup, ipc"), "{error}");
        let error = Target::parse("hots:web").unwrap_err().to_string();
        assert!(
            error.ends_with("write name:NAME for a pinned name with a colon"),
            "{error}"
        );
    }

    #[test]
    fn a_target_stands_in_a_sentence() {
        let shown = |text: &str| Target::parse(text).unwrap().to_string();
        assert_eq!(shown("/run/a b"), "\"/run/a b\"");
        assert_eq!(shown("name:4711"), "name:4711");
        assert_eq!(shown("name:blue"), "blue");
        assert_eq!(shown("mount:[7]"), "mnt:[7]");
        assert_eq!(shown("host:a\x1b"), r"host:a\x1b");
    }

    fn targets() -> impl Strategy<Value = Target> {
        let pids = || (1..=i32::MAX).prop_map(pid);
        let bytes = proptest::collection::vec(1_u8.., 1..20);
        prop_oneof![
            pids().prop_map(Target::Process),
            (pids(), any::<u64>()).prop_map(|(pid, inode)| Target::SameProcess(pid, inode)),
            "\\.?/[^\\x00]{0,20}".prop_map(|path| Target::File(path.into())),
            bytes.prop_filter_map("no name", |name| {
                let name = OsString::from_vec(name);
                pins::flaw_of(&name).is_none().then_some(Target::Name(name))
            }),
            "[a-z]{1,9}|[0-9]{1,12}|[a-z]{3,4}:[^/\\x00][0-9]{1,3}[^/\\x00]"
                .prop_map(|name| Target::Name(name.into())),
            (0..8_usize, any::<u64>()).prop_map(|(kind, inode)| Target::Inode(Some(Kind::ALL[kind]), inode)),
            (u64::from(u32::MAX / 2 + 1)..).prop_map(|inode| Target::Inode(None, inode)),
            any::<u64>().prop_map(Target::Id),
            ".{1,20}".prop_map(|name| Target::Host(name.into())),
            "(/|[^/\\pC]{1,9}/)?[^/\\pC]{1,20}".prop_map(Target::Unit),
            "(/|[^/\\pC]{1,9}/)?[^/\\pC]{1,20}".prop_map(Target::Container),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(target in targets()) {
            prop_assert_eq!(Target::parse(target.to_os_string()), Ok(target));
        }

        #[test]
        fn what_is_read_is_written_as_the_same(text: Vec<u8>) {
            if let Ok(target) = Target::parse(OsStr::from_bytes(&text)) {
                prop_assert_eq!(Target::parse(target.to_os_string()), Ok(target));
            }
        }

        #[test]
        fn any_words_and_marks_are_read_or_refused(text in "(name|host|net|unit|container|x|)?:?\\[?[0-9]{0,12}\\]?:?/?") {
            if let Ok(target) = Target::parse(&text) {
                prop_assert_eq!(Target::parse(target.to_os_string()), Ok(target));
            }
        }
    }
}
