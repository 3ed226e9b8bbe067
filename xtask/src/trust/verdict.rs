//! The failures of a run, compared with a run of the same command without a fault.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::state::signal_of;
use super::{exceptions, filters, honest, scenes};

/// A kind of failure: a column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Failure {
    /// It did not end.
    Hang,
    /// It panicked, or a signal ended it.
    Panic,
    /// The status is 0, and something was not done.
    FalseSuccess,
    /// The program was started after a step had failed.
    Started,
    /// Something was left after a failure: a mount, a file, an interface, a name, a process, a cgroup.
    Left,
    /// A cause was named that is not a fact here.
    FalseCause,
    /// It failed without a message.
    Silent,
}

/// All kinds, in the order of the columns.
pub const FAILURES: [(Failure, &str); 7] = [
    (Failure::Hang, "hangs"),
    (Failure::Panic, "panics"),
    (Failure::FalseSuccess, "false success"),
    (Failure::Started, "started"),
    (Failure::Left, "left"),
    (Failure::FalseCause, "false cause"),
    (Failure::Silent, "silent"),
];

/// The failure that a race names.
pub fn of_race(name: &str) -> Failure {
    match name {
        "hang" => Failure::Hang,
        "panic" => Failure::Panic,
        "started" => Failure::Started,
        "silent" => Failure::Silent,
        "cause" => Failure::FalseCause,
        // In the namespaces of two processes, or of two moments.
        _ => Failure::FalseSuccess,
    }
}

/// The failures of a run, each with what shows it.
pub fn failures(clean: &Value, run: &Value, job: &Value) -> Vec<(Failure, String)> {
    let mut failures = Vec::new();
    let status = run["status"]
        .as_i64()
        .and_then(|status| i32::try_from(status).ok())
        .unwrap_or(-1);
    let messages = run["messages"].as_str().unwrap_or_default();
    let mut add = |failure, what: String| {
        if !exceptions::is_known(job, run, failure) {
            failures.push((failure, what));
        }
    };
    if run["is_hanging"] == true {
        add(Failure::Hang, "it was killed after 10 s".to_owned());
        return failures;
    }
    // None of the five programs has run.
    if run["is_unmapped"] == true {
        return failures;
    }
    let is_too_large = exceptions::is_too_large(job, status);
    // Nobody can undo anything after the filter has ended them. Their processes still end.
    let is_killed = filters::is_killing(job) && signal_of(status) == Some(Signal::SIGSYS);
    let is_ended = is_killed || is_too_large;
    // The names show in the outputs and in the table of mounts, which therefore differ.
    let has_names = scenes::name(job).is_some_and(|name| name.starts_with("names-"));
    if has_names {
        let output = run["output"].as_str().unwrap_or_default();
        let output_harm = scenes::harm(output).filter(|_| !exceptions::is_name_itself(job));
        if let Some(harm) = output_harm.or_else(|| scenes::harm(messages)) {
            add(Failure::FalseSuccess, format!("a name shows {harm}"));
        }
        let is_json = job["words"].to_string().contains("\"-J\"");
        if is_json && status == 0 && serde_json::from_str::<Value>(output).is_err() {
            add(Failure::FalseSuccess, "the JSON is not valid".to_owned());
        }
    }
    let is_same_status = run["status"] == clean["status"];
    if !is_same_status && !is_ended && (status == 101 || signal_of(status).is_some())
        || messages.contains("panicked at")
    {
        add(Failure::Panic, format!("status {status}: {messages}"));
    }
    if status == 0 && clean["status"] == 0 {
        for part in ["output", "changes"] {
            let (whole, now) = (shown(job, &clean[part]), shown(job, &run[part]));
            let is_closed = part == "output" && exceptions::is_closed(job, 1);
            if whole != now && !is_closed && !honest::is_honest(job, part, clean, run, (&whole, &now)) {
                add(
                    Failure::FalseSuccess,
                    difference(&clean[part], &run[part]) + "; " + messages,
                );
            }
        }
    } else if status != 0 && !is_same_status && !is_killed {
        if started(job, run).next().is_some()
            && !exceptions::is_waiting(job, messages)
            && !exceptions::is_unloaded(messages)
        {
            add(
                Failure::Started,
                format!("status {status}, and it ran: {messages}"),
            );
        }
        if messages.is_empty()
            && !is_too_large
            && !exceptions::is_closed(job, 2)
            && !exceptions::is_answer(job, status)
            && !exceptions::is_unchecked(job, run)
        {
            add(Failure::Silent, format!("status {status}"));
        }
        let changes: Vec<&str> = lines(&run["changes"]).collect();
        let is_failure =
            |change: &&&str| !exceptions::may_stay(change) && !exceptions::is_told(job, change, messages);
        if let Some(first) = changes.iter().find(is_failure) {
            add(
                Failure::Left,
                format!("{} changes, such as {first}; {messages}", changes.len()),
            );
        }
    }
    for process in lines(&run["left"]) {
        add(Failure::Left, format!("process {process}; {messages}"));
    }
    let known = clean["messages"].as_str().unwrap_or_default();
    for line in messages.lines().filter(|line| !known.contains(line)) {
        if let Some(cause) = line.strip_prefix("  cause: ")
            && !exceptions::is_fact(job, cause)
        {
            add(Failure::FalseCause, cause.to_owned());
        }
    }
    failures
}

/// The programs that were started after the failure. Whatever an option takes away is missing from the start.
fn started<'a>(job: &Value, run: &'a Value) -> impl Iterator<Item = &'a str> {
    let lacks_something = job["options"].is_array();
    let programs = run["programs"].as_array().into_iter().flatten();
    programs
        .filter(move |program| lacks_something || program[1] == true)
        .filter_map(|program| program[0].as_str())
        .filter(|name| ["probe", "true"].contains(name))
}

fn lines(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The lines that are compared in this run.
fn shown(job: &Value, value: &Value) -> String {
    // The space on the file systems of the machine changes at any moment, and so do the numbers of peer groups.
    let changes = ["--df", "--propagation"]
        .iter()
        .any(|option| job["words"][1] == *option);
    if let (true, Value::String(text)) = (changes, value) {
        let line = |line: &str| {
            let is_space = |word: &&str| word.starts_with(|character: char| character.is_ascii_digit());
            let words = line.split_whitespace();
            let words: Vec<_> = words
                .map(|word| if is_space(&word) { "#" } else { word })
                .collect();
            words.join(" ")
        };
        return plain(&json!(text.lines().map(line).collect::<Vec<_>>().join("\n")));
    }
    match (scenes::name(job), value) {
        (Some(_), Value::String(text)) => plain(&json!(scenes::without_mounts(text))),
        (Some(_), Value::Array(_)) => plain(&scenes::without_places(value)),
        _ => plain(value),
    }
}

/// The lines without what differs from run to run, in the order of the alphabet: numbers of five digits and more, and
/// the blanks of a table.
fn plain(value: &Value) -> String {
    let plain = match value {
        Value::String(text) => without_long_numbers(text, "#"),
        other => without_long_numbers(&other.to_string(), "#"),
    };
    // The order follows from numbers. The user's name is looked up by the C library; without it, the number is shown.
    let line = |line: &str| {
        let line = line.replace("|-", "`-").replace("root", "0");
        let words: Vec<&str> = line.trim_end_matches(',').split_whitespace().collect();
        words.join(" ")
    };
    let mut lines: Vec<String> = plain.lines().map(line).collect();
    lines.sort();
    lines.join("\n")
}

/// The text with `mark` in place of each number of five digits and more.
pub fn without_long_numbers(text: &str, mark: &str) -> String {
    let mut plain = String::new();
    for word in text.split_inclusive(|character: char| !character.is_ascii_digit()) {
        let digits = word.trim_end_matches(|character: char| !character.is_ascii_digit());
        plain.push_str(if digits.len() >= 5 { mark } else { digits });
        plain.push_str(&word[digits.len()..]);
    }
    plain
}

/// The first line that differs.
fn difference(clean: &Value, run: &Value) -> String {
    let (clean, run) = (plain(clean), plain(run));
    let mut clean = clean.lines();
    let mut run = run.lines();
    loop {
        match (clean.next(), run.next()) {
            (None, None) => return String::new(),
            (usual, now) if usual == now => {}
            (usual, now) => {
                return format!(
                    "{:?} in place of {:?}",
                    now.unwrap_or_default(),
                    usual.unwrap_or_default()
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The failures of a run that differs from a good one in these fields.
    fn found(command: &str, differences: &Value) -> Vec<Failure> {
        found_by(&json!({ "words": [command], "call": "mount" }), differences)
    }

    fn found_by(job: &Value, differences: &Value) -> Vec<Failure> {
        let clean = json!({
            "status": 0, "is_hanging": false, "output": "ns 1\n", "messages": "", "programs": [["probe", false]],
            "left": [], "changes": [],
        });
        let mut run = clean.clone();
        for (name, value) in differences.as_object().into_iter().flatten() {
            run[name] = value.clone();
        }
        failures(&clean, &run, job)
            .into_iter()
            .map(|(failure, _)| failure)
            .collect()
    }

    #[test]
    fn each_kind_of_failure_is_seen() {
        let program = "ns-unshare";
        let error = "ns-unshare: cannot fork: No such process\n";
        assert_eq!(found(program, &json!({})), []);
        assert_eq!(found(program, &json!({ "is_hanging": true })), [Failure::Hang]);
        let panicked = json!({ "status": 134, "messages": "thread panicked at x" });
        assert_eq!(found(program, &panicked), [Failure::Panic]);
        assert_eq!(
            found(program, &json!({ "output": "ns 2\n" })),
            [Failure::FalseSuccess]
        );
        assert_eq!(
            found(program, &json!({ "changes": ["+mount"] })),
            [Failure::FalseSuccess]
        );
        let ran = json!({ "status": 1, "messages": error, "programs": [["probe", true]] });
        assert_eq!(found(program, &ran), [Failure::Started]);
        for option in [
            "--limit=nofile:9",
            "--close=0",
            "--filter=mount:EPERM",
            "--scene=names-line",
        ] {
            let ran = json!({ "status": 1, "messages": error, "programs": [["true", false]] });
            let starved = json!({ "words": [program, "true"], "options": [option] });
            assert_eq!(found_by(&starved, &ran), [Failure::Started], "{option}");
        }
        let left = json!({ "status": 1, "messages": error, "changes": ["+interface vh1"] });
        assert_eq!(found(program, &left), [Failure::Left]);
        assert_eq!(found(program, &json!({ "left": ["7 sleep"] })), [Failure::Left]);
        assert_eq!(found(program, &json!({ "status": 1 })), [Failure::Silent]);
        let messages = format!("{error}  cause: CAP_SYS_ADMIN is missing\n");
        let caused = json!({ "status": 1, "messages": messages });
        assert_eq!(found(program, &caused), [Failure::FalseCause]);
    }

    #[test]
    fn a_failure_that_is_reported_and_undone_is_none() {
        let error = json!({ "status": 1, "messages": "ns-unshare: cannot fork: No such process\n" });
        assert_eq!(found("ns-unshare", &error), []);
        let directory = json!({
            "status": 1, "messages": "ns-unshare: cannot pin\n",
            "changes": ["+file /run/utsns 40755 0 0", "+mount 14 /utsns /run/utsns rw shared"],
        });
        assert_eq!(found("ns-unshare", &directory), []);
        let name = json!({
            "status": 1, "messages": "ns-unshare: cannot pin\n", "changes": ["+file /run/utsns/web 100444 0 0"],
        });
        assert_eq!(found("ns-unshare", &name), [Failure::Left]);
    }

    #[test]
    fn a_check_that_could_not_be_done_says_so_in_its_output() {
        let unchecked =
            json!({ "status": 1, "output": "the mount point cannot be checked: Permission denied" });
        let check = json!({ "words": ["ns-mounts", "-x"] });
        assert_eq!(found_by(&check, &unchecked), []);
        assert_eq!(found_by(&check, &json!({ "status": 1 })), [Failure::Silent]);
        assert_eq!(found("ns-mounts", &unchecked), [Failure::Silent]);
    }

    #[test]
    fn a_listing_may_lack_a_value_and_no_row() {
        assert_eq!(found("ns-ls", &json!({ "output": "ns\n" })), []);
        for output in ["", "ns 2\n", "ns 1\nns 1\n"] {
            let run = json!({ "output": output });
            assert_eq!(found("ns-ls", &run), [Failure::FalseSuccess], "{output}");
        }
        let noted = json!({ "output": "", "messages": "ns-ls: note: the list is incomplete: 1 of 2\n" });
        assert_eq!(found("ns-ls", &noted), []);
    }
}
