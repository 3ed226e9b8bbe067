//! What the completion scripts ask of a program: `--complete=SOURCE` lists the values that there are now, one a line,
//! with what it is behind a tab. It is the scripts' own, and in no help.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;

use rustix::fs::{Mode, OFlags};

use crate::error::Doing;
use crate::mounts::{Mount, MountTable, View};
use crate::output::escape_for_terminal;
use crate::process::{command_line, scan};
use crate::{Error, Kinds, Result, Target, pins};

/// One value, and what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Choice {
    value: Vec<u8>,
    about: String,
}

/// The source that is asked for, where these arguments do so and nothing else.
pub(super) fn asked(arguments: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut arguments = arguments.into_iter().skip(1);
    let first = arguments.next()?;
    let source = first.to_str()?.strip_prefix("--complete=")?;
    arguments.next().is_none().then(|| source.to_owned())
}

/// Writes the values of a source.
pub(super) fn answer(source: &str) -> io::Result<()> {
    let choices = choices(source).map_err(io::Error::other)?;
    let mut out = io::stdout().lock();
    for choice in choices {
        // What a line cannot hold, nobody can choose from one.
        if choice.value.iter().any(u8::is_ascii_control) {
            continue;
        }
        out.write_all(&choice.value)?;
        writeln!(out, "\t{}", choice.about)?;
    }
    out.flush()
}

fn choices(source: &str) -> Result<Vec<Choice>> {
    match source {
        "processes" => processes(),
        "targets" => Ok([names()?, processes()?].concat()),
        "filesystems" => filesystems(),
        "mounts" => mount_points(),
        _ => Err(Error::invalid("source", source, "nothing completes from it")),
    }
}

/// How much of a command line tells one process from another.
const WIDTH: usize = 60;

/// The processes with their command lines. The kernel's own threads and zombies have none, and nobody enters them.
fn processes() -> Result<Vec<Choice>> {
    let scan = scan()?;
    let proc = scan.proc().try_clone_to_owned().doing(|| "hold /proc")?;
    let mut choices = Vec::new();
    for pid in scan {
        let pid = pid?;
        // One that has ended since is no choice.
        let Ok(cmdline) = read(&proc, &format!("{pid}/cmdline")) else {
            continue;
        };
        if let Some(line) = command_line(&cmdline) {
            let line = escape_for_terminal(&line);
            choices.push(Choice {
                value: pid.to_string().into_bytes(),
                about: line.chars().take(WIDTH).collect(),
            });
        }
    }
    Ok(choices)
}

/// The names of pinned namespaces, as a target has them.
fn names() -> Result<Vec<Choice>> {
    let choice = |(name, kinds): (OsString, Kinds)| Choice {
        value: Target::Name(name).to_os_string().into_vec(),
        about: format!("pinned: {kinds}"),
    };
    Ok(pins::names()?.into_iter().map(choice).collect())
}

/// The file systems that this kernel can mount now.
fn filesystems() -> Result<Vec<Choice>> {
    let text = std::fs::read("/proc/filesystems").doing(|| "read /proc/filesystems")?;
    let choice = |line: &[u8]| {
        let mut fields = line.splitn(2, |byte| *byte == b'\t');
        let about = match fields.next()? {
            b"nodev" => "without a device",
            _ => "on a device",
        };
        Some(Choice {
            value: fields.next()?.to_vec(),
            about: about.into(),
        })
    };
    Ok(text.split(|byte| *byte == b'\n').filter_map(choice).collect())
}

/// Where something is mounted, with its type.
fn mount_points() -> Result<Vec<Choice>> {
    let text = View::own()?.read()?;
    let choice = |mount: &Mount<'_>| Choice {
        value: mount.target.decoded().into_owned(),
        about: escape_for_terminal(&mount.fs_type.decoded()).into_owned(),
    };
    Ok(MountTable::parse(&text).mounts().iter().map(choice).collect())
}

fn read(directory: impl AsFd, path: &str) -> io::Result<Vec<u8>> {
    let file = rustix::fs::openat(directory, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut bytes = Vec::new();
    File::from(file).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_is_the_only_argument() {
        let asked = |words: &[&str]| asked(words.iter().map(OsString::from));
        assert_eq!(asked(&["ns-ls", "--complete=mounts"]), Some("mounts".into()));
        assert_eq!(asked(&["ns-ls", "--complete=mounts", "x"]), None);
        assert_eq!(asked(&["ns-ls", "--complete"]), None);
        assert_eq!(asked(&["ns-ls"]), None);
    }

    #[test]
    fn what_there_is_can_be_chosen() {
        let has = |source, value: &str| {
            let choices = choices(source).unwrap();
            choices.iter().any(|choice| choice.value == value.as_bytes())
        };
        assert!(has("processes", &std::process::id().to_string()));
        assert!(has("filesystems", "tmpfs"));
        assert!(has("mounts", "/proc"));
        assert!(choices("nothing").is_err());
    }
}
