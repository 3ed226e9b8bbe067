//! Namespaces bound to files, so that they outlive the program.

use std::fs;
use std::path::Path;

use nix::mount::{MntFlags, umount2};

use super::{ordinary, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, inode_of, needs};

cases!["unshare::pins":
    each_kind_is_bound_to_its_file,
    the_program_does_not_run_when_binding_fails,
    a_bound_file_is_removed_if_the_program_cannot_run,
    a_mount_namespace_cannot_be_bound_on_a_shared_mount,
    a_mount_namespace_can_be_bound_from_any_cpu,
];

/// A directory whose files are unmounted when it is dropped.
pub(super) struct Place(tempfile::TempDir);

impl Place {
    /// Makes the directory on its own private mount, as mount namespaces need it.
    pub(super) fn new() -> Self {
        let directory = tempfile::tempdir().expect("there is room in /tmp");
        let none = None::<&str>;
        let flags = nix::mount::MsFlags::MS_BIND;
        nix::mount::mount(Some(directory.path()), directory.path(), none, flags, none).expect("we are root");
        let flags = nix::mount::MsFlags::MS_PRIVATE;
        nix::mount::mount(none, directory.path(), none, flags, none).expect("we are root");
        Self(directory)
    }

    pub(super) fn file(&self, name: &str) -> String {
        self.0.path().join(name).to_str().expect("ASCII").to_owned()
    }

    /// The inode of the namespace that is bound to the file.
    fn bound(&self, name: &str) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        fs::metadata(self.file(name)).expect("it is there").ino()
    }

    pub(super) fn is_empty(&self) -> bool {
        fs::read_dir(self.0.path()).expect("it is there").next().is_none()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for entry in fs::read_dir(self.0.path()).into_iter().flatten().flatten() {
            let _ = umount2(&entry.path(), MntFlags::MNT_DETACH);
        }
        let _ = umount2(self.0.path(), MntFlags::MNT_DETACH);
    }
}

fn each_kind_is_bound_to_its_file() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    for fork in ["", "--fork"] {
        let place = Place::new();
        for kind in ["user", "cgroup", "ipc", "uts", "net", "pid", "mount", "time"] {
            let link = if kind == "mount" { "mnt" } else { kind };
            let file = place.file(kind);
            // Some files exist already, as unshare(1) demands, and some do not.
            if kind.len() == 3 {
                fs::write(&file, "").expect("we are root");
            }
            let text = unshare()
                .with(&format!("{fork} --{kind}={file} readlink /proc/self/ns/{link}"))
                .ok();
            assert_eq!(text, format!("{link}:[{}]\n", place.bound(kind)), "{fork} {kind}");
            assert_ne!(
                place.bound(kind),
                inode_of(&format!("/proc/self/ns/{link}")),
                "{kind}"
            );
        }
        // Several are bound at once, with a user namespace that would refuse it from inside.
        let files =
            ["uts", "net", "mount"].map(|kind| format!("--{kind}={}", place.file(&format!("{kind}2"))));
        let text = unshare()
            .with(&format!(
                "{fork} -r {} readlink /proc/self/ns/net",
                files.join(" ")
            ))
            .ok();
        assert_eq!(text, format!("net:[{}]\n", place.bound("net2")));
    }
    Ok(())
}

fn the_program_does_not_run_when_binding_fails() -> Outcome {
    needs::user_namespaces()?;
    for fork in ["", "--fork"] {
        let place = tempfile::tempdir().expect("there is room in /tmp");
        let missing = place.path().join("no/file");
        let missing = missing.display();
        let ran = script(&mut ordinary(), &format!("-r {fork} --uts={missing}"), "echo ran");
        assert!(
            ran.fails(1).contains("cannot bind the UTS namespace to"),
            "{fork}"
        );
    }
    needs::root()?;
    for fork in ["", "--fork"] {
        let place = Place::new();
        let (good, bad) = (place.file("good"), place.file("no/such"));
        let ran = script(
            &mut unshare(),
            // The network namespace is bound first.
            &format!("{fork} --net={good} --uts={bad}"),
            "echo ran",
        );
        let error = ran.fails(1);
        assert!(error.contains("No such file or directory"), "{error}");
        assert!(place.is_empty(), "{fork}: what was made is left");
    }
    Ok(())
}

fn a_bound_file_is_removed_if_the_program_cannot_run() -> Outcome {
    needs::root()?;
    for fork in ["", "--fork"] {
        for (program, status) in [("no-such-program", 127), ("/tmp", 126)] {
            let place = Place::new();
            let kept = place.file("kept");
            fs::write(&kept, "").expect("we are root");
            let (file, pid) = (place.file("net"), place.file("pid"));
            unshare()
                .with(&format!(
                    "{fork} --uts={kept} --net={file} --pid-file {pid} {program}"
                ))
                .fails(status);
            assert!(
                !Path::new(&file).exists() && !Path::new(&pid).exists(),
                "{fork} {program}"
            );
            // A file that existed before stays, without a namespace on it.
            assert!(fs::read(&kept).expect("it is a plain file again").is_empty());
        }
    }
    Ok(())
}

fn a_mount_namespace_cannot_be_bound_on_a_shared_mount() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    let mut command = unshare();
    let program = command.get_program().to_owned();
    let ran = script(
        command.env("U", program),
        "-m",
        "mount -t tmpfs room /mnt; mount --make-shared /mnt; 
         mount --bind /mnt /media; $U --mount=/mnt/file sh -c 'echo ran'",
    );
    let error = ran.fails(1);
    assert!(
        error.contains("cannot bind the mount namespace to \"/mnt/file\": Invalid argument"),
        "{error}"
    );
    assert!(
        error.contains("cause: \"/mnt/file\" is on the shared mount \"/mnt\""),
        "{error}"
    );
    assert!(
        error.contains("help:  mount --bind /mnt /mnt && mount --make-private /mnt"),
        "{error}"
    );
    Ok(())
}

/// Linux 6.18 hands out ids in batches, one for each CPU, and refuses to bind a mount namespace inside one with a
/// higher id. The CPU of the process must make no difference.
fn a_mount_namespace_can_be_bound_from_any_cpu() -> Outcome {
    needs::tools("mount umount");
    needs::root()?;
    let taskset = needs::installed("taskset")?;
    let cpus = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let place = Place::new();
    let mut command = unshare();
    let program = command.get_program().to_owned();
    command
        .env("U", program)
        .env("TASKSET", &taskset)
        .env("D", place.0.path());
    // A mount namespace is made on each CPU, and in each, another on each CPU.
    let text = script(
        &mut command,
        "",
        &format!(
            r#"
            for outer in $(seq 0 {last}); do
                $TASKSET -c $outer $U -m sh -c '
                    mount -t tmpfs room "$D"; touch "$D/file"
                    for inner in $(seq 0 {last}); do
                        for round in 1 2 3; do
                            $TASKSET -c $inner $U --mount="$D/file" sh -c "$TASKSET -cp \$\$" | sed "s/.*: //"
                            # Lazily: a search for namespaces may have it open.
                            umount -l "$D/file"
                        done
                    done'
            done"#,
            last = cpus - 1
        ),
    )
    .ok();
    // Every attempt has succeeded, and the program may use exactly the CPU that it was started with.
    let wanted: Vec<_> = (0..cpus)
        .flat_map(|_| (0..cpus).flat_map(|inner| [inner.to_string(), inner.to_string(), inner.to_string()]))
        .collect();
    assert_eq!(text.split_whitespace().collect::<Vec<_>>(), wanted);
    Ok(())
}
