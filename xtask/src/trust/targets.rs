//! Hostile targets: programs, interpreters and user tables that are no regular files or have no end, file systems that never
//! answer, and names with control characters. Each has one right end.

use serde_json::{Value, json};

use super::commands::CommandLine;
use super::scenes;
use super::verdict::Failure;

/// A command line in front of a hostile target.
pub struct Target {
    /// The words, and the script that makes the target.
    pub command: CommandLine,
    /// The right status.
    status: i64,
    /// The right cause; empty if there is none.
    cause: &'static str,
}

/// A target with mounts of its own, in which this script is run. `/tmp` is its own too.
macro_rules! target {
    ($($script:tt)+) => {
        concat!(
            "mkfifo /mnt/ready; unshare -m -u sh -euc 'mount -t tmpfs own /tmp; cd /tmp; ",
            $($script)+,
            "; cd /; echo >/mnt/ready; exec sleep 1000000' >/mnt/log & read -r _ </mnt/ready; echo $!"
        )
    };
}

/// A file system whose requests nobody answers.
macro_rules! hanging {
    ($place:literal) => {
        target!(concat!(
            "exec 9<>/dev/fuse; mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 own ",
            $place
        ))
    };
}

const fn case(set_up: &'static str, words: &'static str, status: i64, cause: &'static str) -> Target {
    Target {
        command: CommandLine { words, set_up },
        status,
        cause,
    }
}

const RUN: &str = "ns-enter -t TARGET -m /tmp/p";
const MISSING: &str = "it does not exist inside";

/// All targets.
pub const ALL: &[Target] = &[
    case(
        target!("mkfifo p; chmod 755 p"),
        RUN,
        126,
        "it is not a regular file",
    ),
    case(
        target!("mkfifo f; chmod 755 f; ln -s f p"),
        RUN,
        126,
        "it is not a regular file",
    ),
    case(
        target!("ln -s /proc/self/mem p"),
        RUN,
        126,
        "it is not executable (mode 0600)",
    ),
    case(target!("ln -s /dev/zero p"), RUN, 126, "it is not a regular file"),
    case(
        target!("truncate -s 1T p; printf \"\\177ELF\" | dd of=p conv=notrunc 2>/dev/null; chmod 755 p"),
        RUN,
        126,
        "it is an ELF file with an invalid header",
    ),
    case(
        target!("truncate -s 1T p; chmod 644 p"),
        RUN,
        126,
        "it is not executable (mode 0644)",
    ),
    case(target!("ln -s p p"), RUN, 126, ""),
    case(
        target!("printf \"#!/bin/sh\\r\\n\" >p; chmod 755 p"),
        RUN,
        127,
        r#"the first line of "/tmp/p" ends in a carriage return, so its interpreter would be "/bin/sh\x0d""#,
    ),
    case(
        target!("printf \"#!/tmp/p\\n\" >p; chmod 755 p"),
        RUN,
        126,
        "more than 4 scripts are each the interpreter of the one before",
    ),
    case(
        target!("printf \"#!%01000000d\" 0 >p; chmod 755 p"),
        RUN,
        126,
        r#"the kernel reads 256 bytes of "/tmp/p", and the name of its interpreter does not end there"#,
    ),
    case(
        target!("mkfifo f; chmod 755 f; printf \"#!/tmp/f\\n\" >p; chmod 755 p"),
        RUN,
        126,
        r#"its interpreter "/tmp/f" is not a regular file"#,
    ),
    case(
        target!("printf \"#!/tmp/\\033[2J\\n\" >p; chmod 755 p"),
        RUN,
        127,
        r#"its interpreter "/tmp/\x1b[2J" does not exist"#,
    ),
    case(
        target!("true"),
        "ns-enter -t TARGET -m /tmp/a\n\u{1b}[2J\rFORGED",
        127,
        MISSING,
    ),
    case(
        target!("mount -t tmpfs own /etc; ln -s /proc/self/mem /etc/passwd; ln -s passwd /etc/group"),
        "ns-enter -t TARGET -m -S 1000 -G 1000 /bin/true",
        0,
        "",
    ),
    case(
        target!("mount -t tmpfs own /etc; mkfifo /etc/passwd /etc/group"),
        "ns-enter -t TARGET -m -S nobody -G nogroup /bin/true",
        0,
        "",
    ),
    case(
        target!("mount -t tmpfs own /etc; truncate -s 1T /etc/passwd /etc/group"),
        "ns-enter -t TARGET -m -S nobody -G nogroup /bin/true",
        0,
        "",
    ),
    case(hanging!("/proc"), "ns-enter -t TARGET -m /no/such", 127, MISSING),
    case(hanging!("/srv"), "ns-enter -t TARGET -a /bin/true", 0, ""),
    case(hanging!("/srv"), "ns-enter -t TARGET -m /no/such", 127, MISSING),
    case(hanging!("/srv"), "ns-mounts -N TARGET", 0, ""),
    case(hanging!("/srv"), "ns-mounts -N TARGET --df", 0, ""),
    case(hanging!("/srv"), "ns-mounts --all-namespaces", 0, ""),
    case(hanging!("/srv"), "ns-ls", 0, ""),
    case(hanging!("/srv"), "ns-ls -p TARGET", 0, ""),
    case(hanging!("/srv"), "ns-hostname -t TARGET", 0, ""),
    case(hanging!("/run"), "ns-ls --look pins", 0, ""),
    case(hanging!("/run"), "ns-hostname --list", 0, ""),
];

impl Target {
    /// The run.
    pub fn job(&self) -> Value {
        json!({ "words": self.command.words() })
    }

    /// The failures of a run.
    pub fn failures(&self, run: &Value) -> Vec<(Failure, String)> {
        if run["is_hanging"] == true {
            return vec![(Failure::Hang, "it was killed after 10 s".to_owned())];
        }
        let mut failures = Vec::new();
        let (output, messages) = (text(&run["output"]), text(&run["messages"]));
        if run["status"] != self.status {
            let is_panic = run["status"]
                .as_i64()
                .is_some_and(|status| status == 101 || status > 128);
            let failure = if is_panic {
                Failure::Panic
            } else {
                Failure::FalseSuccess
            };
            failures.push((failure, format!("status {}: {messages}", run["status"])));
        }
        if self.status != 0 && messages.is_empty() {
            failures.push((Failure::Silent, String::new()));
        }
        let causes: Vec<&str> = messages
            .lines()
            .filter_map(|line| line.strip_prefix("  cause: "))
            .collect();
        if causes.join("; ") != self.cause {
            failures.push((
                Failure::FalseCause,
                format!("{causes:?} in place of {:?}", self.cause),
            ));
        }
        if let Some(harm) = scenes::harm(output).or_else(|| scenes::harm(messages)) {
            failures.push((Failure::FalseSuccess, format!("a name shows {harm}")));
        }
        for part in ["changes", "left"] {
            if run[part] != json!([]) {
                failures.push((Failure::Left, run[part].to_string()));
            }
        }
        failures
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
