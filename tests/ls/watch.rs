//! `--watch`: a line when a namespace appears or disappears.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::case::{Skip, cases};
use crate::support::{Held, Outcome, Run as _, Running, User, needs, path_of, program, tool, unshare};

cases!["ls::watch":
    a_line_is_printed_when_a_namespace_appears_or_goes,
    a_watch_ends_when_its_time_is_up_or_after_the_first_event,
    a_namespace_that_ends_at_once_is_reported,
    without_reports_the_first_line_says_what_is_missed,
    events_stand_under_their_headings,
];

fn a_watch_ends_when_its_time_is_up_or_after_the_first_event() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    // Nothing matches the filter, so only the time ends this watch.
    let ran = user
        .program("ns-ls")
        .with("-q --watch=0.05 --timeout 120 -t uts -o NS -Q NS==1");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, ""), "{ran:?}");
    let mut command = user.program("ns-ls");
    command.args([
        "-q",
        "--watch=0.05",
        "--first-only",
        "-w",
        "600000",
        "-t",
        "uts",
        "-r",
    ]);
    let mut watch = command.stdout(Stdio::piped()).spawn().expect("it runs");
    // Namespaces that exist before the first scan do not appear as new.
    let mut others = Vec::new();
    while watch.try_wait().expect("it is a child").is_none() {
        others.push(Held::new(user.tool("unshare").args(["-r", "-u"]), ""));
    }
    let ended = watch.wait_with_output().expect("it has ended");
    let text = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success());
    let lines: Vec<Vec<_>> = text.lines().map(|line| line.split(' ').collect()).collect();
    // The event, and the columns of a list without holders, NAME and HELD-BY.
    let [headings, event] = &lines[..] else {
        panic!("{text}")
    };
    assert_eq!(
        (headings[0], headings.len(), event.len()),
        ("EVENT", 9, 9),
        "{text}"
    );
    for words in ["--timeout 5", "--first-only"] {
        let error = program("ns-ls").with(words).fails(2);
        assert!(error.contains("--watch"), "{error}");
    }
    Ok(())
}

fn a_line_is_printed_when_a_namespace_appears_or_goes() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let mut watch = user
        .program("ns-ls")
        .args(["--watch=0.05", "-J", "-t", "uts", "-o", "NS,PID"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(watch.stdout.take().expect("a pipe")).lines();
    let (tell, told) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        // The loop runs until the case ends.
        while let Some(Ok(line)) = lines.next() {
            if tell.send(line).is_err() {
                break;
            }
        }
    });
    let comes = |expected: &Value, patience| {
        let until = std::time::Instant::now() + patience;
        while let Ok(line) = told.recv_timeout(until.saturating_duration_since(std::time::Instant::now())) {
            if serde_json::from_str::<Value>(&line).expect("a line is JSON") == *expected {
                return true;
            }
        }
        false
    };
    let moment = std::time::Duration::from_secs(1);
    // Namespaces that exist before the first scan do not appear as new.
    let mut some = std::iter::repeat_with(|| Held::new(user.tool("unshare").args(["-r", "-u"]), "")).take(60);
    let first = some.find(|there| {
        let event = json!({"event": "appeared", "ns": there.inode("uts"), "pid": there.pid});
        comes(&event, moment)
    });
    let first = first.expect("it tells what appears");
    let event = json!({"event": "gone", "ns": first.inode("uts"), "pid": first.pid});
    drop(first);
    assert!(comes(&event, 20 * moment));
    // The reader has gone, so the program ends without a message.
    drop(told);
    let there = Held::new(user.tool("unshare").args(["-r", "-u"]), "");
    reader.join().expect("it ends");
    drop(there);
    let ended = watch.wait_with_output().expect("it ends");
    assert!(ended.status.success());
    // It notes once what it cannot read, after the way in which it watches.
    let said = String::from_utf8_lossy(&ended.stderr);
    let incomplete = !user.program("ns-ls").with("-t uts").stderr.is_empty();
    let list = "ns-ls: note: the list is incomplete: ";
    let count = said.lines().filter(|line| line.starts_with(list)).count();
    assert_eq!(count, usize::from(incomplete), "{said}");
    let error = program("ns-ls").with("--watch=soon").fails(2);
    assert!(error.contains("--watch") && error.contains("soon"), "{error}");
    Ok(())
}

/// A watch that compares once in ten minutes: it tells nothing but what the kernel reports.
fn reported(words: &str) -> Running {
    let mut command = program("ns-ls");
    let all = format!("--watch=600 -w 600000 -t uts {words}");
    Running::start(command.args(all.split_whitespace()).stderr(Stdio::null()))
}

/// True if the kernel reports processes to the caller.
fn is_told() -> Result<(), Skip> {
    let said = program("ns-ls").with("--watch -w 0 -t uts").stderr;
    if said.starts_with("ns-ls: note: the kernel reports each new process") {
        Ok(())
    } else {
        Err(Skip::Lacks("the kernel reports no processes".into()))
    }
}

fn a_namespace_that_ends_at_once_is_reported() -> Outcome {
    needs::root()?;
    is_told()?;
    let mut watch = reported("--first-only -J -o TYPE,NS");
    // Each of them ends before the next comparison. On a busy machine, some end before they are looked at.
    for _ in 0..5000 {
        if watch.has_ended() {
            break;
        }
        assert!(
            tool("unshare")
                .args(["-u", "true"])
                .status()
                .expect("it runs")
                .success()
        );
    }
    let (status, _, output) = watch.end();
    assert_eq!(status, 0);
    let event: Value = serde_json::from_str(output.trim()).expect("it is JSON");
    assert_eq!(
        (&event["event"], &event["type"]),
        (&json!("appeared"), &json!("uts")),
        "{output}"
    );
    Ok(())
}

fn without_reports_the_first_line_says_what_is_missed() -> Outcome {
    needs::user_namespaces()?;
    let mut command = tool("unshare");
    let ran = command
        .args(["-r", "-n"])
        .arg(path_of("ns-ls"))
        .args(["--watch=0.25", "-w", "0", "-t", "uts"])
        .ran();
    let first = ran.stderr.lines().next().unwrap_or_default();
    assert!(
        first.starts_with(
            "ns-ls: note: namespaces are compared every 0.25 s, and those that end sooner are missed"
        ),
        "{}",
        ran.stderr
    );
    if needs::root().is_err() {
        return Ok(());
    }
    // Every listener gets the answers to all others. They are not for this one, which the kernel does not answer.
    for _ in 0..5 {
        let mut others: Vec<_> = (0..3).map(|_| reported("")).collect();
        let mut command = tool("unshare");
        command
            .args(["-p", "-f", "--mount-proc", "--kill-child"])
            .arg(path_of("ns-ls"));
        let ran = command.args(["--watch=0.25", "-w", "0", "-t", "uts"]).ran();
        assert!(
            ran.stderr.starts_with("ns-ls: note: namespaces are compared"),
            "{}",
            ran.stderr
        );
        others.clear();
    }
    Ok(())
}

fn events_stand_under_their_headings() -> Outcome {
    needs::user_namespaces()?;
    let mut command = program("ns-ls");
    let mut watch = Running::start(command.args("-q --watch=0.02 -t uts -o NS,PID,COMMAND".split(' ')));
    let mut some = Vec::new();
    for _ in 0..3 {
        some.push(Held::new(unshare().args(["-r", "-u"]), ""));
    }
    // The first scan may come after them.
    while !watch.has_written() {
        some.push(Held::new(unshare().args(["-r", "-u"]), ""));
    }
    let (headings, event) = (watch.line(), watch.line());
    let end_of = |line: &str, word: &str| line.find(word).expect("it is there") + word.len();
    let fields: Vec<_> = event.split_whitespace().collect();
    assert_eq!(fields[0], "appeared", "{event}");
    assert_eq!(
        end_of(&headings, "NS"),
        end_of(&event, fields[1]),
        "{headings}\n{event}"
    );
    assert_eq!(
        end_of(&headings, "PID"),
        end_of(&event, fields[2]),
        "{headings}\n{event}"
    );
    Ok(())
}
