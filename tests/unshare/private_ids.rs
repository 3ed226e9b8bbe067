//! The ids that `--all` maps for an ordinary user: the subordinate ids if they can be used, otherwise one id, with the
//! reason. The files of subordinate ids are read as newuidmap reads them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use super::{ordinary, script, unshare};
use crate::support::case::{Skip, cases};
use crate::support::{Outcome, Ran, Run as _, User, needs, program, tool};

cases!["unshare::private_ids":
    one_id_is_mapped_if_the_helper_cannot_be_used,
    one_id_is_mapped_for_a_caller_whom_the_helper_refuses,
    one_id_is_mapped_if_the_subordinate_ids_are_not_mapped_here,
    a_range_that_is_asked_for_still_fails,
    lines_of_subordinate_ids_are_read_as_newuidmap_reads_them,
    a_line_that_newuidmap_cannot_read_is_named,
    all_lines_of_a_user_count,
];

/// Asserts that only root is mapped, with this reason in the only note.
#[track_caller]
fn says_one_id(ran: &Ran, user: &User, why: &str) {
    assert_eq!(ran.status, 0, "{ran:#?}");
    let map: Vec<_> = ran.stdout.split_whitespace().collect();
    assert_eq!(map, ["0", &user.id.to_string(), "1"], "{ran:#?}");
    let note = format!("ns-unshare: note: only one id is mapped, and no subordinate ids: {why}\n");
    assert_eq!(ran.stderr, note);
}

const SHOW: &str = "-a cat /proc/self/uid_map";

fn one_id_is_mapped_if_the_helper_cannot_be_used() -> Outcome {
    needs::user_namespaces()?;
    let [newuidmap, other] = ["newuidmap", "newgidmap"].map(needs::installed);
    let (newuidmap, other) = (newuidmap?, other?);
    let setpriv = needs::installed("setpriv")?;
    let user = User::ordinary()?;
    user.subordinate_ids()?;
    let without = |options: &str| {
        let mut command = ordinary();
        command.env("PATH", "/var/empty");
        command.with(&format!("{options} /bin/cat /proc/self/uid_map"))
    };
    // A system without both helpers is usual, and no news.
    assert_eq!(without("-a").ok().lines().count(), 1);
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).expect("it is ours");
    let only_newgidmap = |options: &str| {
        let mut command = ordinary();
        command.env("PATH", directory.path());
        command.with(&format!("{options} /bin/cat /proc/self/uid_map"))
    };
    std::os::unix::fs::symlink(&other, directory.path().join("newgidmap")).expect("it is ours");
    let why = "newuidmap is not in PATH, or cannot be run";
    says_one_id(&only_newgidmap("-a"), user, why);
    assert_eq!(only_newgidmap("-a -q").ok().lines().count(), 1);
    let copy = directory.path().join("newuidmap");
    std::fs::copy(&newuidmap, &copy).expect("there is room");
    let with_copy = || {
        let mut command = ordinary();
        command.env("PATH", format!("{}:/usr/bin:/bin", directory.path().display()));
        command.with(SHOW)
    };
    std::fs::set_permissions(&copy, Permissions::from_mode(0o755)).expect("it is ours");
    let why = format!(
        "{} is neither setuid root nor has file capabilities",
        copy.display()
    );
    says_one_id(&with_copy(), user, &why);
    // The shell skips a file that cannot be run, too.
    std::fs::set_permissions(&copy, Permissions::from_mode(0o644)).expect("it is ours");
    assert_eq!(with_copy().ok().lines().count(), 2);
    let mut command = user.tool(setpriv);
    command.arg("--no-new-privs").arg(ordinary().get_program());
    let why = "the process cannot gain privileges (no_new_privs), so newuidmap has none";
    says_one_id(&command.with(SHOW), user, why);
    Ok(())
}

/// The ordinary user and the first subordinate id, in cases of root that run newuidmap as this user.
fn user_with_ids() -> Result<(&'static User, u32), Skip> {
    needs::user_namespaces()?;
    needs::root()?;
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    let (first, _) = user.subordinate_ids()?;
    Ok((user, first))
}

/// This program of the ordinary user, run by root with these words of setpriv.
fn by_setpriv(user: &User, words: &[&str]) -> Command {
    let mut command = tool("setpriv");
    command
        .args(words)
        .arg("--clear-groups")
        .arg(user.programs().join("ns-unshare"));
    command
}

fn one_id_is_mapped_for_a_caller_whom_the_helper_refuses() -> Outcome {
    let (user, _) = user_with_ids()?;
    let id = user.id.to_string();
    let why = format!(
        "the caller has gid 100, and newuidmap works only with gid {id}, the primary group of {}",
        user.name
    );
    let ran = by_setpriv(user, &["--reuid", &id, "--regid", "100"]).with(SHOW);
    says_one_id(&ran, user, &why);
    let why = "the bounding set of the process lacks CAP_SETUID, so newuidmap cannot gain it";
    let ran = by_setpriv(user, &["--reuid", &id, "--regid", &id, "--bounding-set=-setuid"]).with(SHOW);
    says_one_id(&ran, user, why);
    // A file system that ignores the bit of the helper.
    needs::tools("mount cp cat");
    let mut nosuid = unshare();
    nosuid.env("U", user.programs().join("ns-unshare")).env("ID", &id);
    let text = "mount -t tmpfs -o nosuid,mode=755 x /mnt; cp -p /usr/bin/newuidmap /usr/bin/newgidmap /mnt; \
        PATH=/mnt:$PATH exec setpriv --reuid=$ID --regid=$ID --clear-groups $U -a cat /proc/self/uid_map";
    let why = "/mnt/newuidmap is on a file system that is mounted nosuid, so it gains no privileges";
    says_one_id(&script(&mut nosuid, "-m", text), user, why);
    Ok(())
}

fn one_id_is_mapped_if_the_subordinate_ids_are_not_mapped_here() -> Outcome {
    needs::user_namespaces()?;
    needs::root()?;
    needs::installed("newuidmap")?;
    let user = User::ordinary()?;
    let (first, count) = user.subordinate_ids()?;
    let (id, unshare) = (user.id, user.programs().join("ns-unshare"));
    let mut command = program("ns-unshare");
    for option in ["--map-users", "--map-groups"] {
        command
            .arg(format!("{option}=0:0:1"))
            .arg(format!("{option}={id}:{id}:1"));
    }
    command.args([
        "setpriv",
        "--clear-groups",
        &format!("--reuid={id}"),
        &format!("--regid={id}"),
    ]);
    needs::tools("setpriv cat");
    let ran = command.arg(unshare).with(SHOW);
    let why = format!(
        "not all uids of 1:{first}:{count} are mapped in this user namespace, whose map is 0:0:1, {id}:{id}:1"
    );
    says_one_id(&ran, user, &why);
    Ok(())
}

fn a_range_that_is_asked_for_still_fails() -> Outcome {
    needs::user_namespaces()?;
    User::ordinary()?.subordinate_ids()?;
    for options in ["-a --map-auto", "-a -r --map-auto", "-a --map-subids"] {
        let mut command = ordinary();
        let ran = command
            .env("PATH", "/var/empty")
            .with(&format!("{options} /bin/true"));
        assert!(
            ran.fails(1).contains("  cause: newuidmap is not in PATH"),
            "{options}"
        );
    }
    Ok(())
}

/// Runs the ordinary user's ns-unshare where `/etc/subuid` has this text.
fn with_subuid(user: &User, text: &str, options: &str) -> Ran {
    needs::tools("mount setpriv printf cat newuidmap newgidmap");
    let mut command = unshare();
    command
        .env("U", user.programs().join("ns-unshare"))
        .env("ID", user.id.to_string())
        .env("TEXT", text);
    let script_text = format!(
        "mount -t tmpfs x /mnt; printf %s \"$TEXT\" >/mnt/subuid; mount --bind /mnt/subuid /etc/subuid; \
         exec setpriv --reuid=$ID --regid=$ID --clear-groups $U {options} cat /proc/self/uid_map"
    );
    script(&mut command, "-m", &script_text)
}

fn lines_of_subordinate_ids_are_read_as_newuidmap_reads_them() -> Outcome {
    let (user, first) = user_with_ids()?;
    let name = &user.name;
    for line in [
        format!("{name}:{first}:7"),
        format!("{}:{first}:7\n", user.id),
        format!("# a comment\n\n{name}: {first}:\t7\n"),
        format!("{name}:{first:#x}:07\n"),
        format!("{name}:{first}:7:\n"),
        format!("{name}:{first}:7 \n{name}:{first}:7\n"),
    ] {
        let ran = with_subuid(user, &line, "-r --map-auto");
        assert!(ran.stdout.trim_end().ends_with(" 7"), "{line:?} {ran:#?}");
        let ran = with_subuid(user, &line, "-a");
        assert!(
            ran.status == 0 && ran.stdout.trim_end().ends_with(" 7"),
            "{line:?} {ran:#?}"
        );
        // The first of two lines cannot be read, and the second is used.
        let is_noted = ran.stderr.contains("note: line 1 of /etc/subuid cannot be read");
        assert_eq!(is_noted, line.contains("7 \n"), "{line:?} {ran:#?}");
    }
    Ok(())
}

fn a_line_that_newuidmap_cannot_read_is_named() -> Outcome {
    let (user, first) = user_with_ids()?;
    let name = &user.name;
    for (line, why) in [
        (format!("{name}:{first}:7 "), "a blank follows the number 7"),
        (format!("{name}:{first}:7\t"), "a blank follows the number 7"),
        (
            format!("{name}:{first}:7\r"),
            "a carriage return follows the last number",
        ),
        (
            format!("{name}:{first}:7 # mine"),
            "a comment follows the last number",
        ),
        (format!(" {name}:{first}:7"), "there is a blank before the name"),
    ] {
        let text = format!("bob:1:1\n{line}\n");
        let cause = format!("line 2 of /etc/subuid cannot be read: {why}");
        let ran = with_subuid(user, &text, "-r --map-auto");
        let expected = format!(
            "ns-unshare: {name} has no subordinate uids\n  cause: {cause}\n  \
             help:  as root, write line 2 of /etc/subuid as {name}:{first}:7\n"
        );
        assert_eq!(ran.fails(1), expected);
        // newuidmap agrees, and the cause of its refusal is the same.
        let error = with_subuid(user, &text, &format!("--map-users=0:{first}:7")).fails(1);
        assert!(
            error.contains("newuidmap did not write") && error.contains(&cause),
            "{error}"
        );
        says_one_id(&with_subuid(user, &text, "-a"), user, &cause);
    }
    // If neither file has a line, that is no news.
    let none = "mount --bind /dev/null /etc/subuid; mount --bind /dev/null /etc/subgid; \
        exec setpriv --reuid=$ID --regid=$ID --clear-groups $U -a cat /proc/self/uid_map";
    let mut command = unshare();
    command
        .env("U", user.programs().join("ns-unshare"))
        .env("ID", user.id.to_string());
    assert_eq!(script(&mut command, "-m", none).ok().lines().count(), 1);
    let only_gids = with_subuid(user, "bob:1:1\n", "-a");
    says_one_id(&only_gids, user, &format!("/etc/subuid has no line for {name}"));
    Ok(())
}

fn all_lines_of_a_user_count() -> Outcome {
    let (user, first) = user_with_ids()?;
    let (name, id, second) = (&user.name, user.id, first + 5);
    // newuidmap adds up lines by name and by uid, even if they overlap.
    let text = format!("{name}:{first}:7\n{id}:{second}:10\n");
    let whole = with_subuid(user, &text, &format!("--map-users=0:{first}:15"));
    assert!(whole.stdout.trim_end().ends_with(" 15"), "{whole:#?}");
    let beyond = with_subuid(user, &text, &format!("--map-users=0:{first}:16")).fails(1);
    let cause = format!("cause: /etc/subuid grants {name} only {first}:7, {second}:10\n");
    assert!(beyond.contains(&cause), "{beyond}");
    Ok(())
}
