//! What could not be read, in words: on stderr for a person, in JSON for a program.

use std::io::{self, Write as _};

use ns_core::inventory::Unread;

/// Says it on stderr, in one line.
pub fn tell(unread: &Unread) -> io::Result<()> {
    match sentence(unread) {
        Some(sentence) => writeln!(io::stderr(), "ns-ls: {sentence}"),
        None => Ok(()),
    }
}

/// The same for JSON; null where nothing is missing.
pub fn json(unread: &Unread) -> serde_json::Value {
    match sentence(unread) {
        Some(reason) => serde_json::json!({"processes": unread.processes, "reason": reason}),
        None => serde_json::Value::Null,
    }
}

fn sentence(unread: &Unread) -> Option<String> {
    let (first, errno) = unread.first?;
    let all = unread.of_processes;
    let which = match unread.processes {
        1 => format!(
            "1 of {all} processes could not be read ({first}: {})",
            errno.desc()
        ),
        some => format!("{some} of {all} processes could not be read"),
    };
    let help = unread.help().map(|help| format!("; {help}")).unwrap_or_default();
    Some(format!("incomplete: {which}{help}"))
}
