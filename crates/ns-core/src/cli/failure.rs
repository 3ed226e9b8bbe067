//! The output of the programs on stderr: errors, each with its cause and help if they are known, and notes. Each is one
//! write(2), so that two programs that share a terminal or a log cannot mix their lines.

use std::error::Error as StdError;
use std::io::{self, Write as _};

use super::compat_name::{advice, shown};
use super::labels::Labels;
use super::notes;
use crate::error::words;
use crate::escape::escape_lines;

/// Writes an error to stderr:
///
/// ```text
/// ns-unshare: cannot create a user namespace: No space left on device
///   cause: user.max_user_namespaces is 0 here
///   help:  sysctl user.max_user_namespaces=10000, or run without --user as root
/// ```
pub fn report(program: &str, error: &(dyn StdError + 'static)) {
    write(&error_text(shown(program), error, Labels::of_stderr()));
}

/// Writes an error to stderr as [`report`] does, with one more line of help.
pub(super) fn report_with_advice(program: &str, error: &(dyn StdError + 'static), advice: Option<&str>) {
    let text = error_text(shown(program), error, Labels::of_stderr());
    write(&(text + &advice.map(help_line).unwrap_or_default()));
}

/// Writes a note to stderr, unless `--quiet` silences notes. A note tells what is worth knowing and stops nothing:
///
/// ```text
/// ns-enter: note: uid 0 is not mapped in the user namespace: using uid 1000
/// ```
pub fn note(program: &str, text: &str) {
    if !notes::are_silenced() {
        write(&note_text(shown(program), text, Labels::of_stderr()));
    }
}

/// Writes an error that stops nothing to stderr, with its cause and help, unless `--quiet` silences notes.
pub fn note_error(program: &str, error: &crate::Error) {
    if !notes::are_silenced() {
        let labels = Labels::of_stderr();
        let text = note_text(shown(program), &error.to_string(), labels);
        write(&(text + &explanation(error, labels)));
    }
}

/// Writes a line to stderr that the person asked for, such as with `--verbose`.
pub fn tell(program: &str, text: &str) {
    write(&format!("{}: {}\n", shown(program), escape_lines(text)));
}

/// Writes the whole text at once. If stderr cannot be written to, nobody can be told.
pub(super) fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn error_text(program: &str, error: &(dyn StdError + 'static), labels: Labels) -> String {
    let chain: Vec<_> = std::iter::successors(Some(error), |error| (*error).source()).collect();
    let messages: Vec<_> = chain.iter().map(|error| message(*error)).collect();
    // Every other failure of this crate is a `crate::Error`. A bare I/O error comes from writing the result.
    let doing = if error.is::<io::Error>() {
        "cannot write to stdout: "
    } else {
        ""
    };
    let program = labels.error(format!("{program}:"));
    let mut text = format!("{program} {doing}{}\n", escape_lines(&messages.join(": ")));
    for error in chain
        .iter()
        .filter_map(|error| error.downcast_ref::<crate::Error>())
    {
        text += &explanation(error, labels);
    }
    text
}

fn note_text(program: &str, text: &str, labels: Labels) -> String {
    format!("{program}: {} {}\n", labels.note(), escape_lines(text))
}

/// The lines below an error. Names were escaped when they were put into the error. A name that was not can break its line,
/// and do nothing else.
fn explanation(error: &crate::Error, labels: Labels) -> String {
    let line = |label: String, text: Option<&str>| {
        text.map_or_else(String::new, |text| {
            format!("  {label}{}\n", escape_lines(&advice(text)))
        })
    };
    let note = error.note().filter(|_| !notes::are_silenced());
    line(labels.cause() + " ", error.cause())
        + &line(labels.note() + "  ", note)
        + &line(labels.help() + "  ", error.help())
}

/// One line of help for stderr.
pub(super) fn help_line(text: &str) -> String {
    format!("  {}  {}\n", Labels::of_stderr().help(), escape_lines(text))
}

/// The error in words, without the number that the standard library adds to the kernel's errors.
fn message(error: &(dyn StdError + 'static)) -> String {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::raw_os_error)
    {
        Some(number) => words(nix::errno::Errno::from_raw(number)),
        None => error.to_string(),
    }
}

/// True if the error only means that the reader of stdout has gone.
pub(super) fn is_broken_pipe(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused() -> crate::Error {
        crate::Error::kernel("create a user namespace", nix::errno::Errno::ENOSPC)
            .explained(
                Some("user.max_user_namespaces is 0 here".into()),
                Some("sysctl user.max_user_namespaces=10000".into()),
            )
            .with_note("1 of 2 processes could not be read")
    }

    #[test]
    fn an_error_is_followed_by_its_cause_its_note_and_its_help() {
        assert_eq!(
            error_text("ns-unshare", &refused(), Labels::PLAIN),
            "ns-unshare: cannot create a user namespace: No space left on device\n  \
             cause: user.max_user_namespaces is 0 here\n  \
             note:  1 of 2 processes could not be read\n  \
             help:  sysctl user.max_user_namespaces=10000\n"
        );
    }

    #[test]
    fn only_the_labels_have_colours() {
        let text = error_text("ns-unshare", &refused(), Labels::COLOURED);
        let line = "\u{1b}[1m\u{1b}[31mns-unshare:\u{1b}[0m cannot create a user namespace: No space left on device\n";
        assert!(text.starts_with(line), "{text:?}");
        for line in [
            "  \u{1b}[33mcause:\u{1b}[0m user.max_user_namespaces is 0 here\n",
            "  \u{1b}[1mnote:\u{1b}[0m  1 of 2 processes could not be read\n",
            "  \u{1b}[32mhelp:\u{1b}[0m  sysctl user.max_user_namespaces=10000\n",
        ] {
            assert!(text.contains(line), "{text:?}");
        }
        assert_eq!(
            note_text("ns-ls", "it is old", Labels::COLOURED),
            "ns-ls: \u{1b}[1mnote:\u{1b}[0m it is old\n"
        );
    }

    #[test]
    fn nothing_in_an_error_moves_the_cursor() {
        let evil = "\x1b[2J\u{202e}";
        let error = io::Error::other(evil);
        assert_eq!(
            error_text("ns-ls", &error, Labels::PLAIN),
            "ns-ls: cannot write to stdout: \\x1b[2J\\xe2\\x80\\xae\n"
        );
        let error = crate::Error::NotFound("x".into())
            .explained(Some(evil.into()), Some(evil.into()))
            .with_note(evil);
        let text = error_text("ns-ls", &error, Labels::PLAIN) + &note_text("ns-ls", evil, Labels::PLAIN);
        assert!(!text.contains(['\x1b', '\u{202e}']), "{text:?}");
    }

    #[test]
    fn the_number_of_an_io_error_is_left_out() {
        let error = io::Error::from_raw_os_error(libc::ENOSPC);
        let expected = "ns-ls: cannot write to stdout: No space left on device\n";
        assert_eq!(error_text("ns-ls", &error, Labels::PLAIN), expected);
    }
}
