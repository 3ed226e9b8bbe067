//! What could not be read, in words: on stderr for a person, in JSON for a program.

use ns_core::inventory::Unread;

/// Says it on stderr, in one line.
pub fn tell(unread: &Unread) {
    if let Some(sentence) = unread.words() {
        ns_core::cli::warn("ns-ls", &format!("incomplete: {sentence}"));
    }
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
