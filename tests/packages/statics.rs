//! The programs that need nothing of the machine, not even a C library.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::{PROGRAMS, made};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Run as _, needs, program, tool};

cases!["packages::statics":
    static_programs_name_no_loader_and_no_library, static_programs_run_in_an_empty_root,
    static_programs_look_users_up_in_their_files, static_programs_load_no_modules,
];

/// A root directory with only the static programs and mount points in it.
struct Empty {
    root: tempfile::TempDir,
}

impl Empty {
    fn new() -> Result<Self, Skip> {
        let tarball = made("ns-utils-", "linux-static.tar.gz", "cargo xtask dist --static")?;
        let root = tempfile::tempdir().expect("a directory can be made");
        needs::tools("gzip");
        tool("tar")
            .args(["--strip-components=2", "--no-same-owner", "--wildcards", "-xzf"])
            .arg(tarball)
            .arg("-C")
            .arg(root.path())
            .arg("*/bin/ns-*")
            .ran()
            .ok();
        for directory in ["proc", "etc", "mnt"] {
            fs::create_dir(root.path().join(directory)).expect("it is empty");
        }
        let found: Vec<_> = fs::read_dir(root.path()).expect("it is there").collect();
        assert_eq!(found.len(), PROGRAMS.len() + 3, "{found:?}");
        Ok(Self { root })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).expect("it can be written");
    }

    /// Runs one of the programs with that root, in namespaces that protect the machine.
    fn command(&self) -> Command {
        let mut command = program("ns-unshare");
        command
            .args([
                "-m",
                "-p",
                "-f",
                "-u",
                "-n",
                "--kill-child",
                "--mount-proc",
                "--root",
            ])
            .arg(self.root.path());
        command
    }

    #[track_caller]
    fn says(&self, words: &str) -> String {
        self.command().with(words).ok()
    }
}

fn static_programs_name_no_loader_and_no_library() -> Outcome {
    let readelf = needs::installed("readelf")?;
    let empty = Empty::new()?;
    for name in PROGRAMS {
        let read = |what: &str| tool(&readelf).arg(what).arg(empty.path(name)).ran().ok();
        let header = read("-hW");
        // The program is position-independent nevertheless.
        assert!(header.contains("DYN ("), "{name}: {header}");
        let segments = read("-lW");
        assert!(
            segments.contains("LOAD") && !segments.contains("INTERP"),
            "{name}: {segments}"
        );
        let dynamic = read("-dW");
        assert!(
            dynamic.contains("(FLAGS_1)") && !dynamic.contains("(NEEDED)"),
            "{name}: {dynamic}"
        );
    }
    Ok(())
}

fn static_programs_run_in_an_empty_root() -> Outcome {
    let empty = Empty::new()?;
    for name in PROGRAMS {
        let version = concat!(" ", env!("CARGO_PKG_VERSION"), "\n");
        assert_eq!(
            empty.says(&format!("/{name} --version")),
            format!("{name}{version}")
        );
    }
    // Each program does its main task, without sources for user names.
    let own = "/ns-unshare -r -u --hostname empty";
    assert_eq!(empty.says(&format!("{own} /ns-hostname")), "empty\n");
    assert_eq!(
        empty.says(&format!("{own} /ns-enter -t 1 -n /ns-hostname")),
        "empty\n"
    );
    assert_eq!(
        empty.says(&format!(
            "{own} /ns-ls -t uts -p 1 -no USER,NPROCS --look processes"
        )),
        "0 1\n"
    );
    assert_eq!(empty.says("/ns-mounts -no FSTYPE /proc"), "proc\n");
    // They enter mount namespaces from a copy of themselves that cannot be written to.
    assert_eq!(
        empty.says("/ns-enter -t 1 -m /ns-mounts -no FSTYPE /proc"),
        "proc\n"
    );
    Ok(())
}

fn static_programs_look_users_up_in_their_files() -> Outcome {
    let empty = Empty::new()?;
    let words = "/ns-unshare -S somebody -G some /ns-ls -t pid -p 1 -no UID,USER --look processes";
    let refused = empty.command().with(words).fails(2);
    assert!(refused.contains("there is no such user"), "{refused}");
    empty.write("etc/passwd", "somebody:x:4711:4711::/:/nothing\n");
    empty.write("etc/group", "some:x:4712:\n");
    assert_eq!(empty.says(words).trim(), "4711 somebody");
    Ok(())
}

/// Sources of names that are modules of the machine's C library are not asked, and that library is not loaded.
fn static_programs_load_no_modules() -> Outcome {
    let strace = needs::installed("strace")?;
    let empty = Empty::new()?;
    empty.write(
        "etc/nsswitch.conf",
        "passwd: files systemd\ngroup: files systemd\nhosts: files mdns dns\n",
    );
    empty.write("etc/hosts", "192.0.2.1 here.example here\n");
    let directory = tempfile::tempdir().expect("a directory can be made");
    let trace = directory.path().join("trace");
    let command = empty.command();
    let mut traced = tool(strace);
    traced
        .args(["-f", "-e", "trace=openat,open", "-o"])
        .arg(&trace)
        .arg(command.get_program())
        .args(command.get_args());
    for (words, file) in [
        ("/ns-unshare -S nobody-of-this-name /ns-ls", "/etc/passwd"),
        ("/ns-unshare -u --hostname here /ns-hostname --fqdn", "/etc/hosts"),
    ] {
        let mut once = tool(traced.get_program());
        once.args(traced.get_args()).with(words);
        let opened = fs::read_to_string(&trace).expect("it is text");
        // The outer, dynamic program has changed the root.
        assert!(opened.contains(file), "{words}: {opened}");
        let modules: Vec<_> = opened.lines().filter(|line| line.contains("libnss_")).collect();
        assert!(modules.is_empty(), "{words}: {modules:#?}");
    }
    Ok(())
}
