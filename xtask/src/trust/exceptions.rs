//! Outcomes that look like failures and are none, each with the reason.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::state::signal_of;
use super::verdict::Failure;

/// A failure that is none.
struct Known {
    /// A part of the command line.
    command: &'static str,
    /// The call that fails.
    call: &'static str,
    /// Its first argument, if the exception is only for that. It is not compared if every such call fails.
    argument: Option<u64>,
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
        argument: None,
        failure: Failure::Panic,
        message: "memory allocation of",
        _why: "Rust ends a program that has no memory, and says so",
    },
    Known {
        command: "--unpin",
        call: "unlink",
        argument: None,
        failure: Failure::Left,
        message: "cannot remove",
        _why: "the message names the file, which holds no namespace any more; a second --unpin removes it",
    },
    Known {
        command: "",
        call: "write",
        argument: Some(2),
        failure: Failure::Silent,
        message: "",
        _why: "the message itself could not be written to stderr",
    },
];

/// The failure is one of the known ones.
pub fn is_known(job: &Value, run: &Value, failure: Failure) -> bool {
    let messages = run["messages"].as_str().unwrap_or_default();
    let words: Vec<&str> = job["words"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let words = words.join(" ");
    let options = job["options"].to_string();
    let lacks_memory = ["as", "data", "stack"]
        .iter()
        .any(|limit| options.contains(&format!("--limit={limit}:")));
    KNOWN.iter().any(|known| {
        (fails(job, known.call) || (known.call == "mmap" && lacks_memory))
            && known
                .argument
                .is_none_or(|argument| job["nth"] == 0 || run["argument"] == argument)
            && failure == known.failure
            && messages.contains(known.message)
            && words.contains(known.command)
    })
}

/// The call fails in this run.
pub fn fails(job: &Value, call: &str) -> bool {
    job["call"] == call || job["options"].to_string().contains(&format!("--filter={call}:E"))
}

/// `SIGXFSZ` ended a program that lists: its output is larger than the limit of a file, and every program ends so.
/// Nothing may be left even then.
pub fn is_too_large(job: &Value, status: i32) -> bool {
    job["options"].to_string().contains("--limit=fsize") && signal_of(status) == Some(Signal::SIGXFSZ)
}

/// A check of a table (fstab(5)) says in the output that it could not be done, in place of "no errors, no warnings".
pub fn is_unchecked(job: &Value, run: &Value) -> bool {
    let is_check = job["words"][0] == "ns-mounts" && job["words"][1] == "-x";
    is_check
        && run["output"]
            .as_str()
            .is_some_and(|output| output.contains(" cannot be checked: "))
}

/// The whole output is the name, for a script, as in hostname(1): it goes to no terminal here.
pub fn is_name_itself(job: &Value) -> bool {
    job["words"] == json!(["ns-hostname"])
}

/// The status answers a search, a comparison or a check, and the scene has changed the mounts: as in findmnt(8) and
/// diff(1), there is no message.
pub fn is_answer(job: &Value, status: i32) -> bool {
    let answers = ["-x", "--diff", "-T", "--propagation"]
        .iter()
        .any(|option| job["words"][1] == *option);
    super::scenes::name(job).is_some() && job["words"][0] == "ns-mounts" && answers && status == 1
}

/// The program has started, and its own loader cannot load it: it has the limits of the caller.
pub fn is_unloaded(messages: &str) -> bool {
    messages.contains("/bin/true: error while loading shared libraries: ")
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
    ("--filter=", "a seccomp filter "),
    (
        "--scene=proc-of-another",
        "/proc belongs to another PID namespace",
    ),
    ("--scene=run-read-only", "\"/run\" is on a read-only file system"),
    ("--scene=run-missing", "\"/run\" does not exist"),
    ("--scene=proc-read-only", "/proc is read-only here"),
    ("--limit=nofile:", "the process can have descriptors only below "),
    ("--scene=no-proc", "no proc file system is mounted on /proc here"),
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

/// The change may stay after a failure: the directory of names below `/run` and its own mount, as after `ip netns add`. No
/// name is in it.
pub fn may_stay(change: &str) -> bool {
    ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"]
        .iter()
        .any(|kind| {
            let words: Vec<&str> = change.split(' ').collect();
            let directory = format!("/run/{kind}ns");
            match words[..] {
                ["+file", path, mode, ..] => path == directory && mode == "40755",
                ["+mount", _, root, path, ..] => path == directory && root == format!("/{kind}ns"),
                _ => false,
            }
        })
}

/// A filter has killed the process that makes and removes this file, and the message says how to remove it.
pub fn is_told(job: &Value, change: &str, messages: &str) -> bool {
    let words: Vec<&str> = change.split(' ').collect();
    let ["+file", path, ..] = words[..] else {
        return false;
    };
    super::filters::is_killing(job)
        && messages.contains("the process outside has ended")
        && messages.contains(&format!(" and rm {path} if it is new"))
}

/// The failure is one of waiting.
pub fn is_waiting(job: &Value, messages: &str) -> bool {
    // The signals are set before each wait.
    let calls = [
        "recvfrom",
        "poll",
        "ppoll",
        "wait4",
        "waitid",
        "read",
        "rt_sigprocmask",
    ];
    let waits = calls.iter().any(|call| fails(job, call));
    waits && WAITING.iter().any(|(message, _)| messages.contains(message))
}

/// The cause of a step outside that was done in a child.
const UNANSWERED: &str = "the process that was to do this has ended without an answer";

/// The cause is a fact in this run.
pub fn is_fact(job: &Value, cause: &str) -> bool {
    let options = job["options"].to_string();
    // A call that fails each time fails as under a filter.
    let is_filtered = |call: &str| {
        job["call"] == call && job["nth"] == 0 && cause == format!("a seccomp filter refuses {call}(2)")
    };
    // A child that cannot write its answer, or that is killed.
    let loses_answer = job["call"] == "write"
        || ["--filter=", "--limit="]
            .iter()
            .any(|option| options.contains(option));
    (loses_answer && cause == UNANSWERED)
        || ["unshare", "setns"].into_iter().any(is_filtered)
        || FACTS
            .iter()
            .any(|(option, start)| options.contains(option) && cause.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_directories_of_names_may_stay() {
        for change in [
            "+file /run/netns 40755 0 0",
            "+mount 15 /netns /run/netns rw,relatime shared",
        ] {
            assert!(may_stay(change), "{change}");
        }
        for change in [
            "+file /run/netns/blue 100444 0 0",
            "+file /run/netns 100644 0 0",
            "+mount 17 net:[1] /run/netns/blue rw shared",
            "-file /run/netns 40755 0 0",
            "+file /run/otherns 40755 0 0",
        ] {
            assert!(!may_stay(change), "{change}");
        }
    }

    #[test]
    fn a_file_may_stay_if_its_maker_was_killed_and_that_is_told() {
        let told = "ns-unshare: the process outside has ended\n  help:  remove what is there: umount /tmp/uts, and rm /tmp/uts if it is new";
        let killed = json!({ "options": ["--filter=fstatfs:KILL"] });
        let refused = json!({ "options": ["--filter=fstatfs:EPERM"] });
        let file = "+file /tmp/uts 100644 0 0";
        assert!(is_told(&killed, file, told));
        assert!(!is_told(&refused, file, told));
        assert!(!is_told(&killed, "+file /tmp/other 100644 0 0", told));
        assert!(!is_told(&killed, "+mount 15 / /tmp/uts rw", told));
        assert!(!is_told(
            &killed,
            file,
            "ns-unshare: the process outside has ended"
        ));
    }
}
