//! The unit tests and the cases that a guest runs.

use std::fmt::Write as _;
use std::path::Path;

use super::checkout::TESTS;

/// The cases that touch what kernels do differently, in chunks. The others take hours on an emulated processor.
const CHUNKS: [&str; 25] = [
    "ls::columns",
    "ls::places",
    "ls::pinned",
    "ls::surroundings",
    "mounts::shown",
    "mounts::inside",
    "mounts::everywhere",
    "mounts::targets",
    "mounts::watch",
    "mounts::propagation",
    "target::claimed",
    "target::names",
    "target::pidfds",
    "target::spellings",
    "target::threads",
    "enter::indirect",
    "enter::namespaces",
    "enter::safety",
    "unshare::namespaces",
    "unshare::clocks",
    "unshare::mounts",
    "unshare::ids",
    "pins::names",
    "hostname::list",
    "hostname::watch",
];

/// Runs one chunk: its result, the output if a test failed, the numbers, and why tests were ignored.
const RUN: &str = r#"run() {
    name=$1; shift
    if timeout 1200 "$@" >/tmp/output 2>&1 </dev/null; then echo "== ok $name"
    else status=$?; echo "== failed $name"; echo "status $status"; grep -vE '^running|\.\.\. (ok|ignored)' /tmp/output; fi
    sed -n 's/^test result: [^ ]* /== counted /p; s/.* ignored (\(.*\))$/== ignored \1/p' /tmp/output
}
"#;

/// The command that runs the rest of a line as the ordinary user.
const AS_USER: &str =
    "setpriv --reuid=1000 --regid=1000 --clear-groups env HOME=/tmp USER=tester LOGNAME=tester ";

/// The tests of the checkout at this path: a job for each binary with unit tests, and for each chunk of cases. If there are
/// texts, only jobs with one of them in their names.
pub fn script(root: &Path, units: &[String], chosen: &[String]) -> String {
    let root = root.display();
    let mut text = format!(
        "{RUN}mkdir -p {root}; mount -t ext4 /dev/vdd {root}; cd {root}; export RUST_BACKTRACE=0\n\
         echo '== conditions tests'\n"
    );
    let units = units
        .iter()
        .map(|name| (format!("unit tests of {name}"), name.clone()));
    let chunks = CHUNKS
        .iter()
        .map(|chunk| (format!("cases {chunk}"), format!("programs {chunk}")));
    let all: Vec<_> = units.chain(chunks).collect();
    for (who, prefix) in [("root", ""), ("user", AS_USER)] {
        for (name, words) in &all {
            let name = format!("{who} {name}");
            if chosen.is_empty() || chosen.iter().any(|text| name.contains(text)) {
                let _ = writeln!(text, "run '{name}' {prefix}{TESTS}/{words}");
            }
        }
    }
    text + "echo '== end'\n"
}
