//! The messages when ids cannot be mapped or taken: each cause is provoked for real.

use super::causes::{nested, says};
use super::{ordinary, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, tool};

cases!["unshare::id_causes":
    a_missing_line_of_subordinate_ids_is_given,
    ids_that_this_user_namespace_lacks_are_named,
    a_line_that_grants_nothing_is_named,
    a_missing_or_powerless_helper_is_named,
    a_helper_that_refuses_the_caller_is_explained,
    the_check_that_newuidmap_fails_first_is_the_cause,
    a_uid_0_that_cannot_be_mapped_is_explained,
    denied_setgroups_are_named,
    ids_without_a_map_are_named,
    inherited_denial_of_setgroups_is_named,
];

fn a_missing_line_of_subordinate_ids_is_given() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("mount setpriv");
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    let (first, count) = user.subordinate_ids()?;
    let name = &user.name;
    // This is more than the file grants.
    says(
        ordinary().with("--map-users=0:5:10 echo ran"),
        1,
        &[
            "newuidmap did not write the uid map 0:5:10: ",
            &format!("cause: /etc/subuid grants {name} only {first}:{count}\n"),
            "help:  use --map-auto for the ids that are granted, or run it as root (sudo): the system itself uses these ids\n",
        ],
    );
    says(
        ordinary().with("-r --map-users=all echo ran"),
        1,
        &[
            &format!("cause: /etc/subuid grants {name} only {first}:{count}\n"),
            "help:  use --map-auto ",
        ],
    );
    let beyond = first + count;
    says(
        ordinary().with(&format!("--map-users=0:{beyond}:10 echo ran")),
        1,
        &[&format!(
            "help:  as root, add the line {name}:{beyond}:10 to /etc/subuid\n"
        )],
    );
    // The file grants nothing: root has no line, and here lacks the capability to do without.
    needs::root()?;
    let without_line = |options: &str| {
        let mut command = unshare();
        command
            .env("U", ordinary().get_program())
            .env("ID", user.id.to_string());
        let text = format!(
            "mount --bind /dev/null /etc/subuid; exec setpriv --reuid=$ID --regid=$ID --clear-groups $U {options} echo ran"
        );
        script(&mut command, "-m", &text)
    };
    says(
        without_line("--map-users=0:5:10"),
        1,
        &[
            &format!("cause: /etc/subuid has no line for {name}\n"),
            &format!(
                "for --map-auto, add a line such as {name}:100000:65536 to /etc/subuid, or run it as root (sudo)"
            ),
        ],
    );
    says(
        without_line("-r --map-auto"),
        1,
        &[
            &format!("{name} has no subordinate uids"),
            &format!("cause: /etc/subuid has no line for {name}\n"),
            &format!("help:  as root, add a line such as {name}:100000:65536 to /etc/subuid"),
        ],
    );
    Ok(())
}

/// A line in `/etc/subuid` is of no use where its ids are not mapped.
fn ids_that_this_user_namespace_lacks_are_named() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("newuidmap newgidmap setpriv");
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    let (first, count) = user.subordinate_ids()?;
    let id = user.id;
    let elsewhere = "help:  run it outside this user namespace, or map a single id: --map-root-user\n";
    let inside = |options: &str, text: &str| {
        let mut command = ordinary();
        let program = command.get_program().to_owned();
        script(command.env("U", program), options, text)
    };
    for words in ["--map-auto", "--map-subids", "--map-users=0:1:10"] {
        let ran = inside("-c", &format!("$U {words} echo ran"));
        let cause = format!("are mapped in this user namespace, whose map is {id}:{id}:1\n");
        says(
            ran,
            1,
            &[
                "newuidmap did not write the uid map",
                "cause: not all uids of ",
                &cause,
                elsewhere,
            ],
        );
    }
    for words in ["--map-auto", "--map-users=auto"] {
        let ran = inside("-r", &format!("$U {words} echo ran"));
        says(
            ran,
            1,
            &[
                "root has no subordinate uids\n  cause: /etc/subuid has no line for root\n",
                elsewhere,
            ],
        );
    }
    // The user who made this user namespace did not map itself.
    let unmapped =
        "cause: the caller's uid is not mapped in its own user namespace, where it appears as 65534\n";
    for words in ["--map-auto", "-U"] {
        says(
            inside("--map-auto", &format!("$U {words} echo ran")),
            1,
            &[unmapped],
        );
    }
    // The ids are mapped, and root is not.
    let maps = format!(
        "--map-users={first}:{first}:{count} --map-users={id}:{id}:1 --map-groups={first}:{first}:{count} --map-groups={id}:{id}:1"
    );
    let owner = "newuidmap is not mapped in this user namespace, so newuidmap gains no privileges\n";
    says(
        inside(&maps, "$U --map-auto echo ran"),
        1,
        &["cause: the owner of ", owner, elsewhere],
    );
    needs::root()?;
    let mut command = tool("setpriv");
    command.args(["--reuid=4712345", "--regid=4712345", "--clear-groups"]);
    command.arg(ordinary().get_program());
    says(
        command.with("--map-auto echo ran"),
        1,
        &[
            "cause: uid 4712345 has no entry in /etc/passwd, and newuidmap works only for users with one\n",
            "help:  map a single id",
        ],
    );
    Ok(())
}

fn a_line_that_grants_nothing_is_named() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    needs::tools("newuidmap newgidmap setpriv mount");
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    let (name, (first, count)) = (&user.name, user.subordinate_ids()?);
    let with_lines = |lines: &str, options: &str| {
        let mut command = unshare();
        command
            .env("U", ordinary().get_program())
            .env("ID", user.id.to_string())
            .env("LINES", lines);
        let text = format!(
            "mount -t tmpfs tmp /mnt; printf %s \"$LINES\" >/mnt/subuid; mount --bind /mnt/subuid /etc/subuid
            exec setpriv --reuid=$ID --regid=$ID --clear-groups $U {options} echo ran"
        );
        script(&mut command, "-m", &text)
    };
    let good = format!("{name}:{first}:{count}\n");
    let empty = format!("{name}:{first}:0\n");
    let cause = "line 1 of /etc/subuid grants no ids: its count is 0\n";
    says(
        with_lines(&empty, "--map-auto"),
        1,
        &["has no subordinate uids\n", "cause: ", cause],
    );
    let note = "ns-unshare: note: only one id is mapped, and no subordinate ids: ";
    let ran = with_lines(&empty, "-a");
    assert_eq!(
        (ran.stdout.as_str(), ran.stderr),
        ("ran\n", format!("{note}{cause}"))
    );
    // A line that grants nothing is no reason to be silent where another one grants something.
    for (second, flaw) in [
        (empty, "grants no ids: its count is 0"),
        (
            format!("{name}:{first}:9 \n"),
            "cannot be read: a blank follows the number 9",
        ),
    ] {
        for options in ["--map-auto", "-a", "--map-users=auto --map-group=0"] {
            let ran = with_lines(&format!("{good}{second}"), options);
            let note = format!("ns-unshare: note: line 2 of /etc/subuid {flaw}\n");
            assert_eq!((ran.stdout.as_str(), ran.stderr), ("ran\n", note), "{options}");
        }
    }
    Ok(())
}

fn a_missing_or_powerless_helper_is_named() -> Outcome {
    needs::user_namespaces()?;
    let newuidmap = needs::installed("newuidmap")?;
    User::ordinary()?.subordinate_ids()?;
    let mut command = ordinary();
    command.env("PATH", "/var/empty");
    says(
        command.with("-r --map-auto /bin/true"),
        1,
        &[
            "cannot run newuidmap: No such file or directory",
            "cause: newuidmap is not in PATH",
            "help:  install it (package uidmap",
        ],
    );
    // A copy of the helper has lost the bit that makes it root.
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(directory.path(), std::fs::Permissions::from_mode(0o755))
            .expect("it is ours");
    }
    let copy = directory.path().join("newuidmap");
    std::fs::copy(&newuidmap, &copy).expect("there is room");
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    }
    let mut command = ordinary();
    command.env("PATH", format!("{}:/usr/bin:/bin", directory.path().display()));
    says(
        command.with("-r --map-auto true"),
        1,
        &[
            "newuidmap did not write the uid map",
            &format!(
                "cause: {} is neither setuid root nor has file capabilities",
                copy.display()
            ),
            "help:  as root: chmod u+s",
        ],
    );
    // If programs may gain no privileges, the helper is not root either.
    let setpriv = needs::installed("setpriv")?;
    let mut command = User::ordinary()?.tool(setpriv);
    command.arg("--no-new-privs").arg(ordinary().get_program());
    says(
        command.with("-r --map-auto true"),
        1,
        &[
            "newuidmap did not write the uid map",
            "cause: the process cannot gain privileges (no_new_privs)",
        ],
    );
    Ok(())
}

fn a_helper_that_refuses_the_caller_is_explained() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    let setpriv = needs::installed("setpriv")?;
    needs::tools("newuidmap newgidmap");
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    user.subordinate_ids()?;
    let id = user.id.to_string();
    let primary = format!("works only with gid {id}, the primary group of {}\n", user.name);
    for (group, options, cause) in [
        (
            &*id,
            &["--bounding-set=-setuid"][..],
            "the bounding set of the process lacks CAP_SETUID, so newuidmap cannot gain it\n",
        ),
        ("100", &[], &*primary),
    ] {
        let mut command = tool(&setpriv);
        command.args(["--reuid", &id, "--regid", group, "--clear-groups"]);
        command.args(options).arg(user.programs().join("ns-unshare"));
        says(command.with("--map-auto echo ran"), 1, &["  cause: ", cause]);
    }
    Ok(())
}

/// Two reasons at once: newuidmap looks at the ranges before it needs its privileges.
fn the_check_that_newuidmap_fails_first_is_the_cause() -> Outcome {
    needs::user_namespaces()?;
    let setpriv = needs::installed("setpriv")?;
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    user.subordinate_ids()?;
    let grants = format!("  cause: /etc/subuid grants {} only ", user.name);
    let powerless = "  cause: the process cannot gain privileges (no_new_privs)";
    for (options, said, cause) in [
        ("--map-users=0:5:10", "not allowed\n", &*grants),
        ("--map-auto", "Operation not permitted\n", powerless),
    ] {
        let mut command = user.tool(&setpriv);
        command.arg("--no-new-privs").arg(ordinary().get_program());
        says(command.with(&format!("{options} echo ran")), 1, &[said, cause]);
    }
    Ok(())
}

fn a_uid_0_that_cannot_be_mapped_is_explained() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    let setpriv = needs::installed("setpriv")?;
    let without = |options: &str| {
        let mut command = tool(&setpriv);
        command.args(["--inh-caps=-setfcap", "--bounding-set=-setfcap"]);
        command
            .arg(unshare().get_program())
            .with(&format!("{options} echo ran"))
    };
    let help = "  help:  give root CAP_SETFCAP: --cap-add SETFCAP (Docker, Podman), ";
    for options in ["-r", "-c", "-r -f", "-r -n"] {
        let parts = [
            "ns-unshare: cannot write the uid map 0:0:1: Operation not permitted\n",
            "  cause: CAP_SETFCAP is missing, and a map that has the caller's uid 0 needs it\n",
            help,
        ];
        says(without(options), 1, &parts);
    }
    let cause = "  cause: CAP_SETFCAP is missing\n";
    says(without("--map-users=0:0:10"), 1, &[cause, help]);
    // Only this uid needs it.
    assert_eq!(without("--map-users=0:5:10 --map-groups=0:0:10").ok(), "ran\n");
    Ok(())
}

fn denied_setgroups_are_named() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?;
    says(
        ordinary().with("-r -G 0 echo ran"),
        1,
        &[
            "cannot set the gid to 0 and drop all other groups: Operation not permitted",
            "cause: setgroups(2) is denied",
            "help:  map a range of gids",
        ],
    );
    Ok(())
}

fn ids_without_a_map_are_named() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?;
    says(
        ordinary().with("-r -S 5 echo ran"),
        1,
        &[
            "set the uid to 5: Invalid argument",
            "cause: the uid map of this user namespace has no uid 5: 0:",
        ],
    );
    says(
        ordinary().with("-U -S 5 echo ran"),
        1,
        &["cause: this user namespace has no uid map", "help:  map it"],
    );
    // A user without a uid cannot make another user namespace.
    let mut command = ordinary();
    let program = command.get_program().to_owned();
    says(
        script(command.env("U", program), "-U", "$U -U echo ran"),
        1,
        &["is not mapped in its own user namespace", "help:  "],
    );
    Ok(())
}

fn inherited_denial_of_setgroups_is_named() -> Outcome {
    needs::user_namespaces()?;
    says(
        nested("", "$U -U --setgroups allow echo ran"),
        1,
        &[
            "cannot allow setgroups(2)",
            "cause: setgroups(2) is denied in this user namespace, and cannot be allowed again",
        ],
    );
    Ok(())
}
