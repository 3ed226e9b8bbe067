//! What could not be read, in words: on stderr for a person, in JSON for a program.

use ns_core::inventory::Unread;
use ns_core::output::escape_for_terminal;

/// The key under which JSON says it.
pub const INCOMPLETE: &str = "incomplete";

/// The key under which JSON names the places that nobody looked at.
pub const NOT_LOOKED: &str = "not-looked";

/// Says it on stderr, in one line.
pub fn tell(unread: &Unread) {
    if let Some(sentence) = unread.words() {
        ns_core::cli::warn("ns-ls", &format!("incomplete: {sentence}"));
    }
}

/// Says it of a list that was saved.
pub fn tell_saved(sentence: &str) {
    let sentence = escape_for_terminal(sentence.as_bytes());
    ns_core::cli::warn("ns-ls", &format!("incomplete when it was saved: {sentence}"));
}

/// The same for JSON; null where nothing is missing.
pub fn json(unread: &Unread) -> serde_json::Value {
    let Some(reason) = unread.words() else {
        return serde_json::Value::Null;
    };
    serde_json::json!({
        "processes": unread.processes,
        "descriptors": unread.descriptors,
        "sockets": unread.sockets,
        "mounts": unread.mounts,
        "hidden": unread.hidden,
        "reason": reason,
    })
}
