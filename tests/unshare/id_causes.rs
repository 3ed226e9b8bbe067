//! The messages when ids cannot be mapped or taken: each cause is provoked for real.

use super::causes::{nested, says};
use super::{ordinary, script, unshare};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, tool};

cases!["unshare::id_causes":
    a_missing_line_of_subordinate_ids_is_given,
    a_missing_or_powerless_helper_is_named,
    a_helper_that_refuses_the_caller_is_explained,
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

fn a_missing_or_powerless_helper_is_named() -> Outcome {
    needs::user_namespaces()?;
    let newuidmap = needs::installed("newuidmap")?;
    User::ordinary()?;
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
