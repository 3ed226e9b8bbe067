//! What could not be read, in words: on stderr for a person, in JSON for a program.

use ns_core::inventory::Unread;

/// Says it on stderr, in one line.
pub fn tell(unread: &Unread) {
    if let Some(sentence) = sentence(unread) {
        ns_core::cli::warn("ns-ls", &format!("incomplete: {sentence}"));
    }
}

/// The same for JSON; null where nothing is missing.
pub fn json(unread: &Unread) -> serde_json::Value {
    let Some(reason) = sentence(unread) else {
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

fn sentence(unread: &Unread) -> Option<String> {
    if unread.is_nothing() {
        return None;
    }
    let mut parts = Vec::new();
    match (unread.processes, unread.first) {
        (1, Some((pid, errno))) => parts.push(format!(
            "1 of {} processes could not be read ({pid}: {})",
            unread.of_processes,
            errno.desc()
        )),
        (0, _) => {}
        (some, _) => parts.push(format!(
            "{some} of {} processes could not be read",
            unread.of_processes
        )),
    }
    for (count, what) in [
        (unread.descriptors, "the descriptors of {} more"),
        (unread.sockets, "the network namespaces of {} sockets"),
        (unread.mounts, "the mounts of {} mount namespaces"),
    ] {
        if count > 0 {
            parts.push(what.replace("{}", &count.to_string()));
        }
    }
    if unread.hidden {
        parts.push("/proc hides the processes of others (hidepid)".into());
    }
    if parts.is_empty() {
        parts.push("the kernel lists mount namespaces to root only".into());
    }
    let help = unread.help().map(|help| format!("; {help}")).unwrap_or_default();
    Some(parts.join(", ") + &help)
}
