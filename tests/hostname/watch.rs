//! `--watch`: a line when a name changes, and no work until then.

use std::io::BufReader;
use std::process::Command;

use super::{container, container_of, of};
use crate::support::case::cases;
use crate::support::running::line_of;
use crate::support::{Outcome, Run as _, Running, User, needs, program};

cases!["hostname::watch":
    a_line_is_printed_when_the_name_changes,
    each_name_is_watched,
    the_list_is_watched_with_namespaces_that_are_new,
    nothing_is_done_while_nothing_changes,
    it_ends_with_the_process,
    it_ends_with_its_reader,
    it_ends_when_its_time_is_up,
    it_ends_after_the_first_event_that_it_prints,
    an_ordinary_user_watches_a_container_of_theirs,
];

/// A running watch that can no longer miss a change.
struct Watching(Running);

impl Watching {
    #[track_caller]
    fn start(command: &mut Command) -> Self {
        let (stderr, writer) = std::io::pipe().expect("a pipe can be made");
        let running = Running::start(command.args(["--watch", "--verbose"]).stderr(writer));
        let line = line_of(&mut BufReader::new(stderr));
        assert!(line.starts_with("ns-hostname: watching "), "{line}");
        Self(running)
    }

    #[track_caller]
    fn line(&mut self) -> String {
        self.0.line()
    }

    /// The first line with this text. Other namespaces may appear and disappear.
    fn line_with(&mut self, text: &str) -> String {
        loop {
            let line = self.line();
            assert_ne!(line, "", "it has ended without {text}");
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Clock ticks that it has used.
    fn ticks(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.pid())).expect("it runs");
        let fields: Vec<_> = stat
            .rsplit(')')
            .next()
            .expect("a stat has one")
            .split_whitespace()
            .collect();
        let number = |index: usize| fields[index].parse::<u64>().expect("it is a number");
        number(11) + number(12)
    }
}

fn a_line_is_printed_when_the_name_changes() -> Outcome {
    let (there, other) = (container("web-1", "corp"), container("other", "corp"));
    let mut watching = Watching::start(&mut of(there.pid, ""));
    // This wakes the watch, and is not a change.
    of(other.pid, "elsewhere").ran().ok();
    of(there.pid, "-y corp.two").ran().ok();
    of(there.pid, "web-2").ran().ok();
    assert_eq!(watching.line(), "web-2");
    of(there.pid, "web-3").ran().ok();
    assert_eq!(watching.line(), "web-3");
    Ok(())
}

fn each_name_is_watched() -> Outcome {
    let there = container("web-1", "corp");
    let mut domain = Watching::start(&mut of(there.pid, "-y"));
    let mut both = Watching::start(&mut of(there.pid, "--json"));
    of(there.pid, "web-2").ran().ok();
    let event = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("each line is JSON");
    let inode = there.inode("uts");
    let id = of(there.pid, "--json").ran().json()["id"].clone();
    assert_eq!(
        event(&both.line()),
        serde_json::json!({"ns": inode, "id": id, "name": "hostname", "old": "web-1", "new": "web-2"})
    );
    of(there.pid, "-y corp.two").ran().ok();
    assert_eq!(
        event(&both.line()),
        serde_json::json!({"ns": inode, "id": id, "name": "domain", "old": "corp", "new": "corp.two"})
    );
    assert_eq!(domain.line(), "corp.two");
    of(there.pid, "-y (none)").ran().ok();
    assert_eq!(event(&both.line())["new"], serde_json::Value::Null);
    assert_eq!(domain.line(), "(none)");
    Ok(())
}

fn the_list_is_watched_with_namespaces_that_are_new() -> Outcome {
    let there = container("web-1", "corp");
    let mut watching = Watching::start(program("ns-hostname").arg("--list"));
    assert_eq!(watching.line(), "NS NAME OLD NEW");
    let mut without_heading = Watching::start(program("ns-hostname").args(["--list", "-n"]));
    of(there.pid, "--force").arg("web 2").ran().ok();
    let inode = there.inode("uts");
    assert_eq!(
        watching.line_with(&format!("{inode} hostname")),
        format!("{inode} hostname web-1 web\\x202")
    );
    let first = without_heading.line();
    assert!(
        first.split(' ').count() == 4 && !first.starts_with("NS"),
        "{first}"
    );
    let new = container("new", "corp");
    // Other changes wake the watch too, so it may have seen the namespace before its name was set.
    let line = watching.line_with(" new");
    assert!(
        line.starts_with(&format!("{} hostname ", new.inode("uts"))),
        "{line}"
    );
    Ok(())
}

fn nothing_is_done_while_nothing_changes() -> Outcome {
    let there = container("web-1", "corp");
    let mut watching = Watching::start(&mut of(there.pid, ""));
    let before = watching.ticks();
    // While another program runs many times, a busy watch would have used time.
    let start = std::time::Instant::now();
    while start.elapsed().as_millis() < 500 {
        of(there.pid, "").ran().ok();
    }
    // Names that other cases set wake it for a moment. Half a second of work would be 50 ticks.
    let used = watching.ticks() - before;
    assert!(used < 10, "{used}");
    of(there.pid, "web-2").ran().ok();
    assert_eq!(watching.line(), "web-2");
    Ok(())
}

fn it_ends_with_the_process() -> Outcome {
    let there = container("web-1", "corp");
    let mut watching = Watching::start(&mut of(there.pid, ""));
    drop(there);
    assert_eq!(watching.line(), "");
    assert_eq!(watching.0.end(), (0, None, String::new()));
    Ok(())
}

fn it_ends_with_its_reader() -> Outcome {
    let there = container("web-1", "corp");
    let mut watching = Watching::start(&mut of(there.pid, ""));
    watching.0.leave();
    watching.0.wait_for_end();
    assert_eq!(watching.0.end(), (0, None, String::new()));
    Ok(())
}

fn it_ends_when_its_time_is_up() -> Outcome {
    let there = container("web-1", "corp");
    let one = format!("-t {}", there.pid);
    for words in ["-w 0", "--timeout 50"] {
        let ran = program("ns-hostname").with(&format!("{one} --watch {words}"));
        assert_eq!(
            (ran.status, &*ran.stdout, &*ran.stderr),
            (0, "", ""),
            "{words}: {ran:?}"
        );
    }
    // Other cases change names meanwhile, so a list may have lines.
    let ran = program("ns-hostname").with("--watch --list -n -w 50 -q");
    assert_eq!((ran.status, &*ran.stderr), (0, ""), "{ran:?}");
    // A change does not start the time anew, and none is needed for the end.
    let mut watching = Watching::start(of(there.pid, "-w 1000").arg("-J"));
    of(there.pid, "web-2").ran().ok();
    assert!(watching.line().contains("web-2"));
    watching.0.wait_for_end();
    assert_eq!(watching.0.end(), (0, None, String::new()));
    for words in ["-w 5", "--first-only", "--watch -w soon"] {
        let error = program("ns-hostname").with(words).fails(2);
        assert!(
            error.contains("--watch") || error.contains("--timeout"),
            "{words}: {error}"
        );
    }
    Ok(())
}

fn it_ends_after_the_first_event_that_it_prints() -> Outcome {
    let there = container("web-1", "corp");
    let mut host = Watching::start(&mut of(there.pid, "--first-only"));
    let mut both = Watching::start(&mut of(there.pid, "-J --first-only"));
    // The domain is no event of a watch of the host name.
    of(there.pid, "-y corp.two").ran().ok();
    assert!(both.line().contains("\"domain\""));
    both.0.wait_for_end();
    assert_eq!(both.0.end(), (0, None, String::new()));
    of(there.pid, "web-2").ran().ok();
    assert_eq!(host.line(), "web-2");
    host.0.wait_for_end();
    assert_eq!(host.0.end(), (0, None, String::new()));
    Ok(())
}

fn an_ordinary_user_watches_a_container_of_theirs() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = container_of(user, "rootless");
    let pid = there.pid.to_string();
    let mut watching = Watching::start(user.program("ns-hostname").args(["-t", &pid]));
    user.program("ns-hostname")
        .args(["-t", &pid, "renamed"])
        .ran()
        .ok();
    assert_eq!(watching.line(), "renamed");
    Ok(())
}
