//! Names after a blank, and names that an ordinary user may not remove: the help and the causes.

use super::rooms;
use super::stale::among_stale;
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, User, needs, program, tool};

cases!["pins::meant":
    a_name_after_a_blank_is_recognized,
    an_ordinary_user_is_told_why_a_name_stays,
    a_place_of_another_user_namespace_is_named,
    a_number_that_the_caller_may_not_give_is_explained,
    names_need_no_proc,
];

fn a_name_after_a_blank_is_recognized() -> Outcome {
    for room in rooms()? {
        room.ok("ns-unshare --pin blue -n");
        for (command, status, help) in [
            (
                "ns-unshare --net blue ls",
                127,
                "to enter the network namespace that is pinned as blue, run ns-enter --net=blue",
            ),
            ("ns-unshare -n blue", 127, "run ns-enter --net=blue"),
            (
                "ns-unshare --net other ls",
                127,
                "to bind the network namespace to a file, write --net=./other",
            ),
            (
                "ns-enter --net blue ls",
                2,
                "to give blue to --net, write --net=blue",
            ),
            (
                "ns-enter -t $$ --net blue ls",
                127,
                "to give blue to --net, write --net=blue",
            ),
            (
                "ns-enter -t $$ --net other ls",
                127,
                "to give other to --net, write --net=other",
            ),
        ] {
            let error = room.sh(command).fails(status);
            assert!(
                error.contains(&format!("  help:  {help}\n")) || error.contains(help),
                "{command}: {error}"
            );
        }
        // Neither a name nor a program follows.
        for command in [
            "ns-unshare --net other nosuch",
            "ns-unshare --uts blue",
            "ns-unshare -- other ls",
        ] {
            let error = room.sh(command).fails(127);
            assert!(!error.contains("help:"), "{command}: {error}");
        }
    }
    Ok(())
}

fn an_ordinary_user_is_told_why_a_name_stays() -> Outcome {
    needs::root()?;
    let user = Some(User::ordinary()?);
    for words in [
        "--unpin good",
        "--unpin empty",
        "--unpin net:loop",
        "--unpin-stale",
    ] {
        let error = among_stale(user, &format!("$U {words} 2>&1 || true")).ok();
        let expected = ": Permission denied\n  \
                        cause: the caller may not remove files from \"/run/netns\"\n  \
                        help:  run it as root (sudo)\n";
        assert!(
            error.contains(expected) && !error.contains("CAP_"),
            "{words}: {error}"
        );
    }
    let error = among_stale(user, "$U -r sh -c '$U --unpin good' 2>&1 || true").ok();
    assert!(
        error.contains("cause: the caller may not remove files from \"/run/netns\"\n"),
        "{error}"
    );
    Ok(())
}

/// Root of a user namespace has no power over the mount namespace that it is still in.
fn a_place_of_another_user_namespace_is_named() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let unshare = user.program("ns-unshare").get_program().to_owned();
    let inside = |words: &str| {
        let mut command = user.program("ns-unshare");
        command.env("U", &unshare);
        command.args(["-r", "sh", "-c", words]).ran().fails(1)
    };
    let file = format!("/tmp/ns-utils-test-{}", std::process::id());
    for words in ["$U --pin web -n", &format!("$U --uts={file} true")] {
        let error = inside(words);
        // If nobody has pinned a network namespace yet, the directory cannot be made either.
        let no_directory = words.contains("--pin") && error.contains("  cause: /run belongs to uid ");
        let foreign_mounts = error.contains("  cause: mnt:[")
            && error.contains("belongs neither to this user namespace (user:[");
        assert!(foreign_mounts || no_directory, "{words}: {error}");
    }
    assert!(!std::path::Path::new(&file).exists());
    Ok(())
}

fn a_number_that_the_caller_may_not_give_is_explained() -> Outcome {
    needs::root()?;
    needs::tools("mount setpriv");
    let user = User::ordinary()?;
    // The namespace is the same in each case, and only the right to number it differs.
    let run = |who: &str| {
        let script = format!(
            "mount -t tmpfs run /run && \"$1\" -q --pin green --net && exec {who} \"$2\" --pin green --nsid 9"
        );
        let mut command = tool("unshare");
        command.args(["-m", "sh", "-c", &script, "sh"]);
        command.arg(program("ns-unshare").get_program());
        command.arg(user.program("ns-unshare").get_program());
        command.env("ID", user.id.to_string()).ran().fails(1)
    };
    let refused = "ns-unshare: cannot give the network namespace green the number 9 in the caller's network namespace: \
                   Operation not permitted\n  cause: ";
    for (who, cause) in [
        (
            "setpriv --reuid=$ID --regid=$ID --clear-groups",
            "CAP_NET_ADMIN is missing\n  help:  run it as root (sudo)\n",
        ),
        (
            "setpriv --inh-caps=-net_admin --bounding-set=-net_admin",
            "CAP_NET_ADMIN is missing\n  help:  give root CAP_NET_ADMIN: --cap-add NET_ADMIN (Docker, Podman), \
             CapabilityBoundingSet=CAP_NET_ADMIN (systemd)\n",
        ),
    ] {
        assert_eq!(run(who), format!("{refused}{cause}"), "{who}");
    }
    let error = run("\"$1\" -r");
    assert!(error.starts_with(&format!("{refused}net:[")), "{error}");
    assert!(
        error.ends_with(" nor to one below it\n  help:  run it outside this user namespace\n"),
        "{error}"
    );
    Ok(())
}

/// Since Linux 6.11, a pidfd gives the namespaces that a file in /proc gives.
fn names_need_no_proc() -> Outcome {
    needs::linux(6, 11)?;
    needs::tools("unshare mount hostname");
    for room in rooms()? {
        let text = room.ok("unshare -m sh -c 'mount -t tmpfs none /proc; ns-unshare -q --pin web -u -n --hostname moon; \
             ns-enter --uts=web hostname; ns-unshare --unpin web; : >/run/file; ns-unshare --uts=/run/file --hostname sun true; \
             ns-enter --uts=/run/file hostname'");
        assert_eq!(text, "moon\nsun\n");
    }
    Ok(())
}
