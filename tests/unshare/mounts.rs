//! Mount namespaces: propagation, root and working directory, `/proc` and `binfmt_misc`.

use std::path::Path;
use std::process::Command;

use super::{Who, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Ran, Run as _, needs};

cases!["unshare::mounts":
    propagation_is_as_chosen,
    a_relative_directory_is_inside_the_new_root,
    the_root_of_a_new_mount_namespace_is_pivoted,
    user_namespaces_nest_below_a_new_root,
    a_fresh_proc_is_mounted_in_the_new_root,
    no_link_leads_proc_out_of_the_new_root,
    proc_is_mounted_on_the_named_directory,
    interpreters_are_registered,
];

/// Makes a root directory with the system's programs, `/inner` and `/proc`, in a private tmpfs on `/mnt`, and runs the
/// rest in its mount namespace.
const ROOM: &str = r#"
    set -e
    mount -t tmpfs room /mnt
    mkdir /mnt/inner /mnt/inner/deep /mnt/proc /mnt/usr /mnt/dev /mnt/tmp
    mount --rbind /usr /mnt/usr
    ln -s usr/bin usr/sbin usr/lib usr/lib64 /mnt
    touch /mnt/dev/null; mount --bind /dev/null /mnt/dev/null
    mkdir -p "/mnt$BIN"; mount --bind "$BIN" "/mnt$BIN"
    U=$BIN/ns-unshare
"#;

/// Runs the script in a mount namespace with that root directory.
fn in_room(who: Who, text: &str) -> Ran {
    needs::tools("mount");
    script(
        &mut with_directory(who.unshare()),
        "-r -m",
        &format!("{ROOM}\n{text}"),
    )
}

/// Names the directory of the program in `BIN`.
fn with_directory(mut command: Command) -> Command {
    let directory = Path::new(command.get_program())
        .parent()
        .expect("a path")
        .to_owned();
    command.env("BIN", directory);
    command
}

fn propagation_is_as_chosen() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("awk mount");
    let field = "awk '$5 == \"/\" { for (i = 7; $i != \"-\"; i++) printf \"%s \", $i; print \"\" }' /proc/self/mountinfo";
    for who in Who::both()? {
        for (options, starts) in [
            ("", ""),
            ("--propagation private", ""),
            ("--propagation shared", "shared:"),
            (
                "--propagation unchanged",
                if inherited_is_shared() { "shared:" } else { "" },
            ),
        ] {
            let text = script(&mut who.unshare(), &format!("-r -m {options}"), field).ok();
            let wanted = text.trim().starts_with(starts) && (starts.is_empty() == text.trim().is_empty());
            // Below a less privileged user namespace, shared mounts become slaves.
            assert!(
                wanted || text.starts_with("master:"),
                "{who:?} {options}: {text:?}"
            );
        }
        let nested = "mount --make-rshared / && \"$BIN\" -m --propagation slave sh -c \"$FIELD\"";
        let mut command = who.unshare();
        let program = command.get_program().to_owned();
        command.env("BIN", program).env("FIELD", field);
        let text = script(&mut command, "-r -m", nested).ok();
        assert!(text.starts_with("master:"), "{who:?}: {text:?}");
    }
    let error = unshare().with("-m --propagation some true").fails(2);
    assert!(
        error.contains("--propagation") && error.contains("unchanged"),
        "{error}"
    );
    Ok(())
}

/// True if the mount on `/` is shared in the mount namespace of the tests.
fn inherited_is_shared() -> bool {
    let table = std::fs::read_to_string("/proc/self/mountinfo").expect("it is text here");
    table
        .lines()
        .any(|line| line.split(' ').nth(4) == Some("/") && line.contains(" shared:"))
}

fn a_relative_directory_is_inside_the_new_root() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        // With a new mount namespace, and with a chroot.
        for new in ["-m", ""] {
            let run = |options: &str| {
                in_room(
                    who,
                    &format!("cd /usr/lib; $U {new} -R /mnt {options} /usr/bin/pwd"),
                )
                .ok()
            };
            assert_eq!(run("-w inner"), "/inner\n", "{who:?} {new}");
            assert_eq!(run("-w inner/deep"), "/inner/deep\n", "{who:?} {new}");
            assert_eq!(run("-w /inner"), "/inner\n", "{who:?} {new}");
            assert_eq!(run("-w .."), "/\n", "{who:?} {new}");
            assert_eq!(run("-w inner/../../inner"), "/inner\n", "{who:?} {new}");
            assert_eq!(run(""), "/\n", "{who:?} {new}");
            let ran = in_room(who, &format!("$U {new} -R /mnt -w missing pwd"));
            assert_eq!(
                ran.fails(1),
                "ns-unshare: cannot change the directory to \"missing\": No such file or directory\n"
            );
        }
    }
    Ok(())
}

fn the_root_of_a_new_mount_namespace_is_pivoted() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for propagation in ["private", "slave", "shared", "unchanged"] {
            // The mount namespace has its own root, and nothing of the old root is left.
            let text = in_room(
                who,
                &format!(
                    "$U -m --propagation {propagation} --mount-proc -p -R /mnt sh -c '
                        grep -c \"^[^ ]* [^ ]* [^ ]* [^ ]* / \" /proc/self/mountinfo; test -e /etc || echo gone'"
                ),
            );
            assert_eq!(text.ok(), "1\ngone\n", "{who:?} {propagation}");
        }
        // The directory is not a mount, and its path is relative.
        let text = in_room(who, "cd /mnt; $U -m -R . ls -d /inner").ok();
        assert_eq!(text, "/inner\n", "{who:?}");
        let error = in_room(who, "$U -m -R /mnt/missing true").fails(1);
        assert!(
            error.contains("prepare \"/mnt/missing\" to become the root: No such file"),
            "{error}"
        );
        let error = in_room(who, "$U -m -R /mnt no-such-program").fails(127);
        assert!(
            error.contains("  cause: inside, no directory of PATH has it: /"),
            "{error}"
        );
    }
    Ok(())
}

fn user_namespaces_nest_below_a_new_root() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for root in ["/mnt", ".", "./."] {
            let text = in_room(
                who,
                &format!("cd /mnt; $U -m -p --mount-proc -R {root} $U -U -r --mount-proc -p id -u"),
            )
            .ok();
            assert_eq!(text, "0\n", "{who:?} {root}");
        }
        // In a chroot the kernel refuses, and the error names the reason.
        let error = in_room(who, "$U -R /mnt $U -U true").fails(1);
        assert!(
            error.contains("cannot create a user namespace: Operation not permitted")
                && (error.contains("cause: the caller is in a chroot") || !error.contains("cause")),
            "{error}"
        );
    }
    Ok(())
}

fn a_fresh_proc_is_mounted_in_the_new_root() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        let text = in_room(
            who,
            "$U -m -p --mount-proc -R /mnt sh -c 'echo $$; sh -c \"ls -d /proc/[0-9]*\"; true'",
        )
        .ok();
        assert!(text.starts_with("1\n/proc/1\n/proc/2\n"), "{who:?}: {text}");
        // The caller's own /proc is unchanged.
        let text = in_room(
            who,
            "$U -m -p --mount-proc -R /mnt true; test -d /proc/self/ns && echo $$",
        )
        .ok();
        assert_ne!(text.trim(), "", "{who:?}");
    }
    Ok(())
}

fn no_link_leads_proc_out_of_the_new_root() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        // Each leads to "/tmp" inside, and would lead to the one outside.
        for (link, on) in [
            ("ln -s /tmp /mnt/link", "/link"),
            ("ln -s ../../../tmp /mnt/inner/link", "/inner/link"),
            (":", "/inner/../../tmp"),
        ] {
            let text = format!(
                "{link}; $U -m -p --mount-proc={on} -R /mnt sh -c 'ls -d /tmp/1'; test -e /tmp/1 || echo none"
            );
            assert_eq!(in_room(who, &text).ok(), "/tmp/1\nnone\n", "{who:?} {on}");
        }
    }
    Ok(())
}

fn proc_is_mounted_on_the_named_directory() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        let text = in_room(
            who,
            "$U -m -p --mount-proc=/mnt/inner sh -c 'sh -c \"ls -d /mnt/inner/[0-9]*\"; true'",
        )
        .ok();
        assert_eq!(text, "/mnt/inner/1\n/mnt/inner/2\n", "{who:?}");
        let text = in_room(
            who,
            "$U -m -p -R /mnt -w inner --mount-proc=deep sh -c 'ls -d /inner/deep/1'",
        )
        .ok();
        assert_eq!(text, "/inner/deep/1\n", "{who:?}");
    }
    // Nothing propagates out of a shared mount.
    needs::root()?;
    let count = "grep -c ' /proc ' /proc/self/mountinfo;";
    for propagation in ["private", "shared", "slave", "unchanged"] {
        let text = format!(
            "mount --make-rshared /; {count} $U -m -p --propagation {propagation} --mount-proc sh -c 'echo $$'; {count}"
        );
        let mut command = unshare();
        let program = command.get_program().to_owned();
        let text = script(command.env("U", program), "-m", &text).ok();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[1], "1", "{propagation}");
        assert_eq!(lines[0], lines[2], "{propagation}");
        // In a new root, the mount that it covers is a peer of the caller's.
        let count = "grep -c ' /mnt/proc ' /proc/self/mountinfo";
        let text = format!(
            "{ROOM}\nmount --bind /proc /mnt/proc; mount --make-shared /mnt/proc; {count}
            \"$U\" -m -p --propagation {propagation} --mount-proc -R /mnt sh -c 'echo $$'; {count}"
        );
        assert_eq!(
            script(&mut with_directory(unshare()), "-m", &text).ok(),
            "1\n1\n1\n",
            "{propagation}"
        );
    }
    Ok(())
}

fn interpreters_are_registered() -> Outcome {
    needs::tools("mount");
    needs::user_namespaces()?;
    super::more_causes::binfmt_misc()?;
    let line = ":tests:E::ns-utils-test::/usr/bin/cat:";
    for who in Who::both()? {
        let mut command = who.unshare();
        command.args(["-r", "-p", "-l", line]);
        // The kernel runs the file by its suffix, and its interpreter prints it.
        let text = script(
            &mut command,
            "",
            "mount -t tmpfs room /mnt; echo hello >/mnt/a.ns-utils-test; chmod +x /mnt/a.ns-utils-test; /mnt/a.ns-utils-test",
        );
        assert_eq!(text.ok(), "hello\n", "{who:?}");
        let error = who.unshare().args(["-p", "-l", line, "true"]).ran().fails(1);
        assert!(
            error.contains(
                "Permission denied\n  cause: only uid 0 of the user namespace can register one, and this is uid 65534\n"
            ),
            "{who:?}: {error}"
        );
        // With F, the interpreter is opened outside the new root, which has none.
        let text = in_room(
            who,
            "cp /usr/bin/cat /mnt/cat
             $U -r -m -p --mount-proc -R /mnt -l ':tests:E::ns-utils-test::/mnt/cat:F' sh -c '
                echo again >/tmp/a.ns-utils-test; chmod +x /tmp/a.ns-utils-test; /tmp/a.ns-utils-test'",
        );
        assert_eq!(text.ok(), "again\n", "{who:?}");
    }
    Ok(())
}
