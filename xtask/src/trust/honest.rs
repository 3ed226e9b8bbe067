//! Differences of a successful run that are honest: a value that is missing is shown as missing, and a note says what is
//! not there.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::{Value, json};

use super::exceptions::{fails, is_name_itself, is_unchecked};
use super::rows::{self, Lack};
use super::{scenery, verdict};

/// The difference of this part of a successful run, `output` or `changes`, is honest. `shown` has both as they are
/// compared, the whole one first.
pub fn is_honest(job: &Value, part: &str, clean: &Value, run: &Value, shown: (&str, &str)) -> bool {
    let has_names = super::scenes::name(job).is_some_and(|name| name.starts_with("names-"));
    if part != "output" {
        return has_names && rows::are_changes_part(&clean[part], &run[part]);
    }
    let messages = run["messages"].as_str().unwrap_or_default();
    let json = |answer: &Value| {
        let text = verdict::without_long_numbers(answer["output"].as_str()?, "0").replace("root", "0");
        serde_json::from_str::<Value>(&text).ok()
    };
    let is_list = ["ns-ls", "ns-hostname", "ns-mounts"]
        .iter()
        .any(|name| job["words"][0] == *name);
    let is_part = |(whole, part), (shown_whole, shown_part), lack| match (json(whole), json(part)) {
        (Some(whole), Some(part)) => rows::is_part_of_json(&whole, &part, lack),
        (None, None) => rows::is_part_of_rows(shown_whole, shown_part, lack),
        _ => false,
    };
    if has_names {
        // The names add rows, and the scene has renamed the host.
        let usual = shown.0.replace(" cell ", " ? ").replace(" (none) ", " ? ");
        let mut clean = clean.clone();
        clean["output"] = json!(
            clean["output"]
                .as_str()
                .map(|text| text.replace("\"hostname\":\"cell\"", "\"hostname\":null"))
        );
        return is_name_itself(job) || (is_list && is_part((run, &clean), (shown.1, &usual), Lack::Rows));
    }
    let is_incomplete = messages.contains("note: the list is incomplete");
    let is_honest_list = if is_incomplete {
        // Another process stands for a namespace whose first process could not be read.
        let mut run = run.clone();
        run["output"] = json!(without_processes(job, run["output"].as_str().unwrap_or_default()));
        let part = without_processes(job, shown.1);
        is_part((clean, &run), (shown.0, &part), Lack::Rows)
    } else {
        let (mut clean, mut run) = (clean.clone(), run.clone());
        for answer in [&mut clean, &mut run] {
            answer["output"] = json!(without_owned(job, answer["output"].as_str().unwrap_or_default()));
        }
        let [whole, part] = [shown.0, shown.1].map(|text| without_owned(job, text));
        is_part((&clean, &run), (&whole, &part), Lack::Values)
    };
    (is_list && is_honest_list)
        || scenery::is_scenery(job, shown)
        || is_noted(messages, shown)
        || is_above_old_sys(job, shown)
        || is_unchecked(job, run)
        || (are_names_hidden(job) && shown.1.lines().count() <= 1)
}

/// The list without the numbers of owned namespaces, if the kernel does not tell an owner, as before Linux 4.9 (`ENOTTY`) or
/// for one out of the caller's sight (`EPERM`): ns-ls counts those that are told.
fn without_owned(job: &Value, list: &str) -> String {
    let is_untold = job["call"] == "ioctl" && ["ENOTTY", "EPERM"].iter().any(|errno| job["errno"] == *errno);
    match Regex::new("[0-9]+ owned namespaces").ok().filter(|_| is_untold) {
        Some(count) => count.replace_all(list, "? owned namespaces").into_owned(),
        None => list.to_owned(),
    }
}

/// The list without the command lines of the processes other than the first: the program itself and the target. The first
/// has the script of the target in its own.
fn without_processes(job: &Value, list: &str) -> String {
    let words = job["words"].as_array().into_iter().flatten();
    let words: Vec<String> = words
        .filter_map(Value::as_str)
        .map(|word| regex::escape(word).replace("TARGET", "[0-9]+"))
        .collect();
    let others = [
        (&*words.join(" "), "?"),
        ("(?m)sleep #$", "?"),
        (r#""sleep 1000000""#, "null"),
        // As ns-mounts names it.
        (r"(?m) [0-9]+\(\S+\)$", " ?"),
    ];
    others.iter().fold(list.to_owned(), |list, (other, missing)| {
        let other = Regex::new(other);
        other.map_or(list.clone(), |other| {
            other.replace_all(&list, *missing).into_owned()
        })
    })
}

/// The list of names is empty, because the scene has hidden `/run` with the names in it.
fn are_names_hidden(job: &Value) -> bool {
    let is_hidden =
        super::scenes::name(job).is_some_and(|name| name.starts_with("run-") && name != "run-read-only");
    is_hidden && job["words"].to_string().contains("\"pins\"")
}

/// A note of a success that is not whole, and says so.
struct Note {
    message: &'static str,
    /// A line of the output can differ.
    may_differ: fn(&str) -> bool,
    _why: &'static str,
}

const NOTES: &[Note] = &[
    Note {
        message: "note: cannot mount sysfs",
        may_differ: |line| line.contains(" /sys"),
        _why: "the old /sys is kept; a kernel that refuses a sysfs is no reason to run nothing",
    },
    Note {
        message: "note: cannot bring the loopback interface up",
        may_differ: is_line_of_routes,
        _why: "nobody asked for it: unshare(1) leaves it down, and so do programs that need no network",
    },
];

/// The new `/sys` covers the old one, because that could not be unmounted: a user namespace can lock it.
fn is_above_old_sys(job: &Value, shown: (&str, &str)) -> bool {
    let is_etc = job["words"].to_string().contains("\"--etc\"");
    is_etc && fails(job, "umount2") && is_difference(shown, |line| line.contains(" /sys"))
}

/// All lines that differ are such lines.
pub fn is_difference((whole, now): (&str, &str), is_such: impl Fn(&str) -> bool) -> bool {
    lines_of(whole)
        .symmetric_difference(&lines_of(now))
        .all(|line| is_such(line))
}

/// The different lines of a text.
pub fn lines_of(text: &str) -> BTreeSet<&str> {
    text.lines().collect()
}

/// The line is one of `/proc/net/fib_trie`, which is empty while all interfaces are down.
fn is_line_of_routes(line: &str) -> bool {
    let starts = ["self/net/fib_trie:", "Local:", "+-- ", "`-- "];
    let is_route = line.ends_with(" host LOCAL") || line.ends_with(" link BROADCAST");
    line.is_empty() || is_route || starts.iter().any(|start| line.starts_with(start))
}

/// A note says what was not done, and only the lines that this is about differ.
fn is_noted(messages: &str, shown: (&str, &str)) -> bool {
    NOTES
        .iter()
        .any(|note| messages.contains(note.message) && is_difference(shown, note.may_differ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_owner_that_is_not_told_changes_the_count() {
        let list = r#"["12 owned namespaces"]"#;
        let of = |call, errno| without_owned(&json!({ "call": call, "errno": errno }), list);
        assert_eq!(of("ioctl", "ENOTTY"), r#"["? owned namespaces"]"#);
        assert_eq!([of("ioctl", "ENOMEM"), of("openat", "ENOTTY")], [list; 2]);
    }

    #[test]
    fn another_process_stands_for_an_unreadable_one() {
        let job = json!({ "words": ["ns-ls", "-p", "TARGET"] });
        let answer = |output: &str, messages: &str| json!({ "output": output, "messages": messages });
        let whole = "# ipc 2 1 0 xtask 'sleep #' x\n# ipc 1 4 0 `-sleep #\n# pid 3 1 0 xtask\n# uts 1 1 0 xtask 'sleep #' x";
        let part = "# ipc 1 6 0 `-ns-ls -p 4\n# ipc 1 4 0 sleep #\n# pid 2 4 0 `-sleep #\n# uts 1 1 0 xtask 'sleep #' x";
        let note = "ns-ls: note: the list is incomplete: 1 of 3 processes could not be read";
        let is_honest = |part: &str, messages: &str| {
            let (clean, run) = (answer(whole, ""), answer(part, messages));
            is_honest(&job, "output", &clean, &run, (whole, part))
        };
        assert!(is_honest(part, note));
        assert!(!is_honest(part, ""));
        assert!(!is_honest("# mnt 1 4 0 sleep #", note));
    }

    #[test]
    fn a_note_excuses_only_what_it_is_about() {
        let message = "ns-unshare: note: cannot bring the loopback interface up: Operation not permitted";
        let up = "uid 0\nLocal:\n`-- 127.0.0.1\n/32 host LOCAL";
        assert!(is_noted(message, (up, "uid 0\n")));
        assert!(!is_noted(message, (up, "uid 1\n")));
        assert!(!is_noted("", (up, "uid 0\n")));
    }
}
