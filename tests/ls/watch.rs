//! `--watch`: a line when a namespace appears or disappears.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program};

cases!["ls::watch":
    a_line_is_printed_when_a_namespace_appears_or_goes,
    a_watch_ends_when_its_time_is_up_or_after_the_first_event,
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
    let fields: Vec<_> = text.trim_end_matches('\n').split(' ').collect();
    // The event, and the columns of a list without holders, NAME and HELD-BY.
    assert_eq!((text.lines().count(), fields.len()), (1, 9), "{text}");
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
    // It notes once what it cannot read.
    let said = String::from_utf8_lossy(&ended.stderr);
    let incomplete = !user.program("ns-ls").with("-t uts").stderr.is_empty();
    assert_eq!(said.lines().count(), usize::from(incomplete), "{said}");
    assert!(
        said.is_empty() || said.starts_with("ns-ls: note: the list is incomplete: "),
        "{said}"
    );
    let error = program("ns-ls").with("--watch=soon").fails(2);
    assert!(error.contains("--watch") && error.contains("soon"), "{error}");
    Ok(())
}
