//! Commands in surroundings that are unlike those of a usual machine: another `/proc` or `/run`, hostile names. Each run has a
//! sandbox of its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::commands::CommandLine;
use super::starved::words;

/// A script that moves everything to a root that has no /run.
macro_rules! root_without_run {
    () => {
        "mkdir /mnt/root; mount -t tmpfs own /mnt/root; cd /mnt/root; for path in /*; do case $path in /run) ;; *) \
         if [ -L $path ]; then cp -P $path .$path; elif [ -d $path ]; then mkdir .$path; mount --rbind $path .$path; fi;; \
         esac; done; mkdir old; pivot_root . old; cd /; umount -l /old; rmdir /old"
    };
}

/// A script that gives this name, as printf(1) spells it, to a process, a directory, a mount, a cgroup, a host and a
/// namespace.
macro_rules! named {
    ($name:literal) => {
        concat!(
            "name=$(printf '",
            $name,
            "'); hostname() { printf %s \"$1\" >/proc/sys/kernel/hostname; }; \
             printf %s \"$name\" >/proc/sys/kernel/domainname; hostname \"$name\"; \
             mkdir \"/tmp/$name\" /tmp/mounts; mount -t tmpfs \"$name\" \"/tmp/$name\"; \
             mkdir \"/sys/fs/cgroup/$name\" 2>/dev/null || true; \
             mkdir -p /run/netns /run/utsns; : >\"/run/netns/$name\"; unshare --net=\"/run/netns/$name\" true; \
             : >\"/run/utsns/$name\"; unshare --uts=\"/run/utsns/$name\" true; \
             cp /bin/sleep \"/mnt/$name\"; \
             (echo $(exec sh -c 'echo $PPID') >\"/sys/fs/cgroup/$name/cgroup.procs\" 2>/dev/null; \
             exec unshare -u -n -m \"/mnt/$name\" 1000000) >/mnt/log 2>&1 & sleep 0.1"
        )
    };
}

/// A change of the surroundings.
pub struct Scene {
    /// Its name, in `--option=--scene=NAME`.
    pub name: &'static str,
    /// The script that makes the change in the sandbox.
    pub script: &'static str,
}

/// Other forms of `/proc` and `/run`.
pub const SURROUNDINGS: &[Scene] = &[
    Scene {
        name: "no-proc",
        script: "umount -l /proc; umount -l /proc || true",
    },
    Scene {
        name: "hidepid",
        script: "mount -o remount,hidepid=2 /proc",
    },
    Scene {
        name: "proc-of-another",
        script: "mkfifo /mnt/mounted; unshare --pid --fork \
                 sh -c 'mount -t proc own /proc; echo >/mnt/mounted; exec sleep 1000000' >/mnt/log & read -r _ </mnt/mounted",
    },
    Scene {
        name: "proc-read-only",
        script: "mount -o remount,bind,ro /proc",
    },
    Scene {
        name: "proc-subset",
        script: "mount -t proc -o subset=pid own /proc",
    },
    Scene {
        name: "run-missing",
        script: root_without_run!(),
    },
    Scene {
        name: "run-read-only",
        script: "mount -o remount,bind,ro /run",
    },
    Scene {
        name: "run-is-a-file",
        script: concat!(root_without_run!(), "; : >/run"),
    },
    Scene {
        name: "run-is-a-link",
        script: concat!(root_without_run!(), "; ln -s /tmp /run"),
    },
];

/// Names that could move a cursor, break a line or hide text, wherever others can choose one.
pub const NAMES: &[Scene] = &[
    Scene {
        name: "names-escape",
        script: named!(r"a\033[2Jb"),
    },
    Scene {
        name: "names-line",
        script: named!(r"a\nFORGED b"),
    },
    Scene {
        name: "names-bytes",
        script: named!(r"\177\233\377 a"),
    },
    Scene {
        name: "names-direction",
        script: named!(r"\342\200\256ab\302\205\342\200\250"),
    },
    Scene {
        name: "names-return",
        script: named!(r"a\rFORGED\t\b\\"),
    },
];

/// A run in each scene.
pub fn jobs(command: CommandLine, scenes: &[Scene]) -> Vec<Value> {
    scenes
        .iter()
        .map(|scene| {
            let words = if scene.name.starts_with("names-") {
                words(command)
            } else {
                command.words()
            };
            json!({ "words": words, "options": [format!("--scene={}", scene.name)] })
        })
        .collect()
}

/// The script of the scene of a run.
pub fn script(job: &Value) -> Option<&'static str> {
    let name = name(job)?;
    let mut scenes = SURROUNDINGS.iter().chain(NAMES);
    Some(scenes.find(|scene| scene.name == name)?.script)
}

/// The name of the scene of a run.
pub fn name(job: &Value) -> Option<&str> {
    job["options"][0].as_str()?.strip_prefix("--scene=")
}

/// A text without what a scene changes: the mounts, and whether the root has a `/proc` of its own.
pub fn without_mounts(text: &str) -> String {
    let is_kept = |line: &&str| !line.starts_with("mount ") && !line.starts_with("own /proc");
    text.lines()
        .filter(is_kept)
        .flat_map(|line| [line, "\n"])
        .collect()
}

/// Changes of the sandbox without the places of mounts in the table. `/run` may be a link to `/tmp`, and another `/proc`
/// moves in the table.
pub fn without_places(changes: &Value) -> Value {
    let lines = changes.as_array().into_iter().flatten().filter_map(Value::as_str);
    let line = |line: &str| {
        let line = line.replace("/tmp/", "/run/");
        let (kind, rest) = line.split_once("mount ").unwrap_or(("", &line));
        let rest = if kind.is_empty() {
            rest
        } else {
            rest.split_once(' ').map_or("", |(_, rest)| rest)
        };
        format!("{kind}{rest}")
    };
    let lines: BTreeSet<String> = lines.filter(|line| !line.contains(" /proc ")).map(line).collect();
    json!(lines)
}

/// The first character that could do something in a terminal, or a line that a name has forged.
pub fn harm(text: &str) -> Option<String> {
    let forged = text.lines().find(|line| line.trim_start().starts_with("FORGED"));
    let is_harmful = |character: &char| {
        (character.is_control() && *character != '\n')
            || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let harmful = text.chars().find(is_harmful);
    forged
        .map(|line| format!("the line {line:?}"))
        .or_else(|| harmful.map(|character| format!("the character {character:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn harm_is_seen_and_plain_text_is_none() {
        assert_eq!(harm("web\n\\x1b[2J é\n"), None);
        for text in ["a\u{1b}[2J", "a\rb", "\u{202e}", "a\n  FORGED b\n"] {
            assert!(harm(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn each_scene_is_found_by_its_job() {
        let command = super::super::commands::ALL[0];
        for job in jobs(command, SURROUNDINGS) {
            assert!(script(&job).is_some(), "{job}");
        }
        assert_eq!(script(&json!({ "options": ["--close=0"] })), None);
    }
}
