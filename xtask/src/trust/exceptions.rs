//! Outcomes that look like failures and are none, each with the reason.

use nix::sys::signal::Signal;
use serde_json::Value;

use super::state::signal_of;
use super::verdict::Failure;

/// A failure that is none.
struct Known {
    /// A part of the command line.
    command: &'static str,
    /// The call that fails.
    call: &'static str,
    failure: Failure,
    /// A part of the messages.
    message: &'static str,
    /// The reason.
    _why: &'static str,
}

const KNOWN: &[Known] = &[
    Known {
        command: "",
        call: "mmap",
        failure: Failure::Panic,
        message: "memory allocation of",
        _why: "Rust ends a program that has no memory, and says so",
    },
    Known {
        command: "--unpin",
        call: "unlink",
        failure: Failure::Left,
        message: "cannot remove",
        _why: "the message names the file, which holds no namespace any more; a second --unpin removes it",
    },
    Known {
        command: "",
        call: "write",
        failure: Failure::Silent,
        message: "",
        _why: "the message itself could not be written",
    },
    Known {
        command: "--etc",
        call: "umount2",
        failure: Failure::FalseSuccess,
        message: "",
        _why: "the new /sys covers the old one, which a user namespace can lock",
    },
];

/// The failure is one of the known ones.
pub fn is_known(job: &Value, failure: Failure, messages: &str) -> bool {
    let words: Vec<&str> = job["words"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let words = words.join(" ");
    let options = job["options"].to_string();
    let lacks_memory = options.contains("--limit=");
    let is_call = |call: &str| {
        job["call"] == call
            || (call == "mmap" && lacks_memory)
            || options.contains(&format!("--filter={call}:E"))
    };
    KNOWN.iter().any(|known| {
        is_call(known.call)
            && failure == known.failure
            && messages.contains(known.message)
            && words.contains(known.command)
    })
}

/// `SIGXFSZ` ended a program that lists: its output is larger than the limit of a file, and every program ends so.
pub fn is_too_large(job: &Value, status: i32) -> bool {
    job["options"].to_string().contains("--limit=fsize") && signal_of(status) == Some(Signal::SIGXFSZ)
}

/// The output lists as many rows as it should. ns-utils(7) says that a value that could not be read is empty or null.
pub fn has_all_rows(job: &Value, clean: &Value, run: &Value) -> bool {
    let lists = ["ns-ls", "ns-hostname", "ns-mounts"]
        .iter()
        .any(|name| job["words"][0] == *name);
    let rows = |answer: &Value| answer["output"].as_str().unwrap_or_default().lines().count();
    // A scene adds rows of its own, and a /proc without sysctls shows fewer mounts below it.
    let is_enough = if super::scenes::name(job).is_some() {
        rows(run) > 0
    } else {
        rows(clean) == rows(run)
    };
    lists && clean["changes"] == run["changes"] && rows(clean) > 0 && is_enough
}

/// A check of a table (fstab(5)) says that it could not be done, in place of "no errors, no warnings".
pub fn is_unchecked(job: &Value, run: &Value) -> bool {
    let is_check = job["words"][0] == "ns-mounts" && job["words"][1] == "-x";
    is_check
        && run["output"]
            .as_str()
            .is_some_and(|output| output.contains(" cannot be checked: "))
}

/// The list of names is empty, because the scene has hidden `/run` with the names in it.
pub fn are_names_hidden(job: &Value) -> bool {
    let is_hidden =
        super::scenes::name(job).is_some_and(|name| name.starts_with("run-") && name != "run-read-only");
    is_hidden && job["words"].to_string().contains("\"pins\"")
}

/// The whole output is the name, for a script, as in hostname(1): it goes to no terminal here.
pub fn is_name_itself(job: &Value) -> bool {
    job["words"] == serde_json::json!(["ns-hostname"])
}

/// The status answers a search, a comparison or a check, and the scene has changed the mounts: as in findmnt(8) and
/// diff(1), there is no message.
pub fn is_answer(job: &Value, status: i32) -> bool {
    super::scenes::name(job).is_some() && job["words"][0] == "ns-mounts" && status == 1
}

/// The run started with this descriptor closed.
pub fn is_closed(job: &Value, fd: u8) -> bool {
    let options = job["options"].as_array().into_iter().flatten();
    let mut options = options.filter_map(Value::as_str);
    options.any(|option| {
        option
            .strip_prefix("--close=")
            .is_some_and(|fds| fds.contains(&fd.to_string()))
    })
}

/// Options of a run, with the start of a cause that is a fact with them.
const FACTS: &[(&str, &str)] = &[
    ("--filter=", "a seccomp filter is active in this process"),
    (
        "--scene=proc-of-another",
        "/proc belongs to another PID namespace",
    ),
    ("--scene=run-read-only", "\"/run\" is on a read-only file system"),
    ("--scene=no-proc", "no proc file system is mounted on /proc here"),
];

/// Notes of a success that is not whole, and says so.
const NOTES: &[(&str, &str)] = &[
    (
        "note: the list is incomplete",
        "the note counts what is missing, and --strict makes it an error",
    ),
    (
        "note: cannot mount sysfs",
        "the old /sys is kept; a kernel that refuses a sysfs is no reason to run nothing",
    ),
    (
        "note: cannot bring the loopback interface up",
        "nobody asked for it: unshare(1) leaves it down, and so do programs that need no network",
    ),
];

/// Changes that stay after a failure.
const STAYING: &[(&str, &str)] = &[
    (
        "+file /run/*ns 40755",
        "the directory of names stays, as that of ip-netns(8) does; no name is in it",
    ),
    (
        "+mount * /run/*ns",
        "the directory of names is a mount of its own, as that of ip-netns(8) is",
    ),
];

/// Failures of a process that waits for another one, which may start the program at that moment. The program is ended.
const WAITING: &[(&str, &str)] = &[
    (
        "cannot receive from the process inside",
        "the process inside had all it needed",
    ),
    (
        "cannot wait for",
        "the program is ended if nobody can wait for it",
    ),
];

/// The change may stay.
pub fn may_stay(change: &str) -> bool {
    STAYING.iter().any(|(pattern, _)| {
        let parts: Vec<&str> = pattern.split('*').collect();
        let mut rest = change;
        let starts = change.starts_with(parts[0]);
        let follow = parts.iter().all(|part| match rest.split_once(part) {
            Some((_, after)) => {
                rest = after;
                true
            }
            None => false,
        });
        // Not something below the directory.
        starts && follow && !rest.trim_start_matches(|c: char| c != '/').starts_with("/run")
    })
}

/// The failure is one of waiting.
pub fn is_waiting(messages: &str) -> bool {
    WAITING.iter().any(|(message, _)| messages.contains(message))
}

/// The cause is a fact in this run.
pub fn is_fact(job: &Value, cause: &str) -> bool {
    let options = job["options"].to_string();
    FACTS
        .iter()
        .any(|(option, start)| options.contains(option) && cause.starts_with(start))
}

/// The messages say what was not done.
pub fn is_noted(messages: &str) -> bool {
    NOTES.iter().any(|(note, _)| messages.contains(note))
}
