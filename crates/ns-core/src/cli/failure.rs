//! How a failure reads: the program, what it could not do, the cause and the help where they are known.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::io::{self, Write as _};

use super::compat_name::shown;
use crate::error::words;
use crate::escape::escape_lines;

/// Writes the error to stderr:
///
/// ```text
/// ns-unshare: cannot create a user namespace: No space left on device
///   cause: user.max_user_namespaces is 0 here
///   help:  sysctl user.max_user_namespaces=10000, or run without --user as root
/// ```
pub fn report(program: &str, error: &(dyn StdError + 'static)) {
    // Nothing is left to do where stderr cannot be written to.
    let _ = io::stderr().write_all(text(shown(program), error).as_bytes());
}

/// Says something on stderr that is worth knowing and stops nothing.
pub fn warn(program: &str, text: &str) {
    // Nothing is left to do where stderr cannot be written to.
    let _ = writeln!(io::stderr(), "{}: {}", shown(program), escape_lines(text));
}

fn text(program: &str, error: &(dyn StdError + 'static)) -> String {
    let chain: Vec<_> = std::iter::successors(Some(error), |error| (*error).source()).collect();
    let messages: Vec<_> = chain.iter().map(|error| message(*error)).collect();
    // What this crate does is an error of its own; what is left are the program's words, which nobody could be told.
    let doing = if error.is::<io::Error>() {
        "cannot write to stdout: "
    } else {
        ""
    };
    let mut text = format!("{program}: {doing}{}\n", messages.join(": "));
    for error in chain
        .iter()
        .filter_map(|error| error.downcast_ref::<crate::Error>())
    {
        if let Some(cause) = error.cause() {
            let _ = writeln!(text, "  cause: {cause}");
        }
        if let Some(help) = error.help() {
            let _ = writeln!(text, "  help:  {help}");
        }
    }
    // Names are escaped where they are put into an error. One that was not can break its line, and nothing else.
    escape_lines(&text).into_owned()
}

/// The error in words; std adds the number to the kernel's.
fn message(error: &(dyn StdError + 'static)) -> String {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::raw_os_error)
    {
        Some(number) => words(nix::errno::Errno::from_raw(number)),
        None => error.to_string(),
    }
}

/// Whether all that happened is that nobody reads stdout any more.
pub(super) fn is_broken_pipe(error: &(dyn StdError + 'static)) -> bool {
    std::iter::successors(Some(error), |error| (*error).source())
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .any(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_followed_by_its_cause_and_its_help() {
        let error = crate::Error::kernel("create a user namespace", nix::errno::Errno::ENOSPC).explained(
            Some("user.max_user_namespaces is 0 here".into()),
            Some("sysctl user.max_user_namespaces=10000".into()),
        );
        assert_eq!(
            text("ns-unshare", &error),
            "ns-unshare: cannot create a user namespace: No space left on device\n  \
             cause: user.max_user_namespaces is 0 here\n  \
             help:  sysctl user.max_user_namespaces=10000\n"
        );
    }

    #[test]
    fn nothing_in_an_error_moves_the_cursor() {
        let error = io::Error::other("\x1b[2J\u{202e}");
        assert_eq!(
            text("ns-ls", &error),
            "ns-ls: cannot write to stdout: \\x1b[2J\\xe2\\x80\\xae\n"
        );
    }

    #[test]
    fn the_number_of_an_io_error_is_left_out() {
        let error = io::Error::from_raw_os_error(libc::ENOSPC);
        let expected = "ns-ls: cannot write to stdout: No space left on device\n";
        assert_eq!(text("ns-ls", &error), expected);
    }
}
