//! The parts of `ip netns` about all names, and about numbers: `set`, `list-id`, `-all exec`, and the removal of stale names.

use nix::sys::signal::Signal;

use super::rooms;
use crate::support::case::cases;
use crate::support::{Outcome, Running, needs};

cases!["pins::ip":
    a_network_namespace_gets_a_number,
    a_number_that_is_refused_is_explained,
    the_program_runs_for_each_name,
    each_name_stands_alone,
    a_signal_to_the_waiting_process_ends_all,
    stale_names_are_removed_at_once,
];

fn a_network_namespace_gets_a_number() -> Outcome {
    needs::tools("ip unshare");
    for room in rooms()? {
        // The rooms of an ordinary user need a network namespace of their own.
        let text = room.ok("unshare -n sh -c '
                ns-unshare --pin old -n; ns-unshare --pin old --nsid 7; ns-unshare --pin new -n --nsid 9
                ns-unshare --pin free -n -u --nsid=auto
                ns-ls -q -t net -n -o NETNSID -Q \"NAME =~ \\\"^(old|new|free)\\\"\" | sort
                ip netns list-id | sort; ip netns add theirs; ip netns set theirs 11
                ns-ls -q -t net -n -o NAME,NETNSID -Q \"NAME == \\\"theirs\\\"\"
                ns-unshare --pin later -n --nsid 4 --dry-run'");
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        assert_eq!(lines[..3], ["0", "7", "9"], "{text}");
        for line in [
            "nsid 0 (iproute2 netns name: free)",
            "nsid 7 (iproute2 netns name: old)",
            "nsid 9 (iproute2 netns name: new)",
            "theirs 11",
            "helper  give the new network namespace the number 4 in the caller's",
        ] {
            assert!(lines.contains(&line), "{line}: {text}");
        }
        room.ok("for name in old new free theirs; do ns-unshare --unpin $name; done");
        assert_eq!(room.names(), "");
    }
    Ok(())
}

fn a_number_that_is_refused_is_explained() -> Outcome {
    needs::tools("unshare");
    for room in rooms()? {
        let run = |command: &str| {
            room.sh(&format!(
                "unshare -n sh -c 'ns-unshare -q --pin one -n --nsid 7; ns-unshare -q --pin two -n; {command}'; s=$?
                 ns-unshare --unpin one --unpin two; exit $s"
            ))
        };
        let error = run("ns-unshare --pin one --nsid 8").fails(1);
        assert_eq!(
            error,
            "ns-unshare: cannot give the network namespace one the number 8 in the caller's network namespace: File exists\n  \
             cause: it has the number 7 in the caller's network namespace, and the kernel changes no number\n"
        );
        let error = run("ns-unshare --pin two --nsid 7").fails(1);
        let cause = "cause: another network namespace has the number 7 in the caller's network namespace\n";
        assert!(error.ends_with(cause), "{error}");
        // The new name is removed again.
        let error = run("ns-unshare -q --pin three -n -u --nsid 7 echo ran").fails(1);
        assert!(
            error.contains("give the new network namespace the number 7"),
            "{error}"
        );
        assert_eq!(room.names(), "");
        for (options, part) in [
            ("--nsid 1", "--pin"),
            ("--pin x -u --nsid 1", "--nsid is about a network namespace"),
            ("--pin x --nsid=-1", "auto"),
            ("--pin x --from 1 --nsid 1", "--from"),
            ("--pin x --nsid 1 true", "runs no program"),
        ] {
            let error = room.sh(&format!("ns-unshare {options}")).fails(2);
            assert!(error.contains(part), "{options}: {error}");
        }
        // The kernel would number it when the pair is made.
        let numbered = room.ok(
            "unshare -n sh -c 'ns-unshare -q -n --veth e0 --pin tied --nsid 5; \
             ns-ls -q -t net -n -o NETNSID -Q \"NAME =~ \\\"^tied\\\"\"; ns-unshare --unpin tied'",
        );
        assert_eq!(numbered.trim(), "5");
        let error = room.sh("ns-unshare --pin nosuch --nsid 1").fails(1);
        assert!(
            error.starts_with("ns-unshare: no namespace is pinned under the name \"nosuch\""),
            "{error}"
        );
    }
    Ok(())
}

fn the_program_runs_for_each_name() -> Outcome {
    needs::tools("ip hostname sed");
    for room in rooms()? {
        room.ok("for name in b a; do ns-unshare --pin $name -n -u --hostname host-$name; done");
        let look = "sh -c 'readlink /proc/self/ns/net'";
        let text = room.ok(&format!(
            "ns-enter --each net {look}; echo ==; ip -all netns exec {look} | sed 's/^netns: .*/&/'"
        ));
        let (ours, theirs) = text.split_once("==\n").expect("both have run");
        let sorted = |text: &str| {
            let mut parts: Vec<_> = text.split("\n\n").map(|part| part.trim().to_owned()).collect();
            parts.sort();
            parts
        };
        assert_eq!(sorted(ours), sorted(theirs));
        assert!(ours.starts_with("\nnetns: a\nnet:["), "{ours}");
        let text = room.ok("ns-enter --each=uts hostname");
        assert_eq!(text, "\nutsns: a\nhost-a\n\nutsns: b\nhost-b\n");
        let text = room.ok("ns-enter --each uts -n=a --dry-run hostname");
        let plan = |name: &str, joined: &str| {
            format!("\nutsns: {name}\nchild   join the {joined}\nchild   run \"hostname\"\n")
        };
        assert_eq!(
            text,
            plan("a", "UTS and network namespaces a")
                + &plan("b", "UTS namespace b, the network namespace a")
        );
        assert_eq!(room.ok("ns-enter --each ipc hostname"), "");
        room.ok("ns-unshare --unpin a --unpin b");
    }
    Ok(())
}

/// A name that fails, or that nobody can enter, does not stop the others. Names that move the cursor are escaped.
fn each_name_stands_alone() -> Outcome {
    needs::tools("umount hostname");
    for room in rooms()? {
        room.ok("for name in a b c -x $'evil\\e[2J\\nname'; do ns-unshare --pin=\"$name\" -u --hostname host; done; umount /run/utsns/b");
        let ran = room.sh("ns-enter --each uts sh -c 'echo ran; hostname | grep -q . && exit 3'");
        assert_eq!(ran.status, 3, "{ran:#?}");
        assert_eq!(
            ran.stdout,
            "\nutsns: -x\nran\n\nutsns: a\nran\n\nutsns: c\nran\n\nutsns: evil\\x1b[2J\\x0aname\nran\n"
        );
        let note =
            "ns-enter: note: \"/run/utsns/b\" is stale: no namespace is mounted on it here: left out\n";
        assert_eq!(ran.stderr, note);
        // The highest status is that of the whole.
        let count = "n=$(cat /run/n 2>/dev/null || echo 0); echo $((n + 1)) >/run/n";
        let ran = room.sh(&format!("ns-enter -q --each uts sh -c '{count}; [ $n = 1 ] && exit 9; [ $n = 2 ] && kill -9 $$; exit 0'; s=$?; cat /run/n; exit $s"));
        assert_eq!(
            (ran.status, ran.stdout.lines().last()),
            (137, Some("4")),
            "{ran:#?}"
        );
        // A signal that asks to end is about all of them.
        for (signal, status) in [("HUP", 129), ("INT", 130), ("QUIT", 131), ("TERM", 143)] {
            let ran = room.sh(&format!(
                "ns-enter -q --each uts sh -c 'kill -{signal} $$'; exit $?"
            ));
            assert_eq!(
                (ran.status, ran.stdout.matches("utsns: ").count()),
                (status, 1),
                "{ran:#?}"
            );
        }
        let ran = room.sh("ns-enter -q --each uts no-such-program");
        assert_eq!(ran.status, 127, "{ran:#?}");
        assert_eq!(
            ran.stderr.matches("cannot run \"no-such-program\"").count(),
            4,
            "{ran:#?}"
        );
        for (options, part) in [
            ("--each uts", "PROGRAM"),
            ("--each uts --uts=a true", "--each uts gives --uts its targets"),
            ("--each uts -a true", "--all"),
            ("--each what true", "what"),
        ] {
            let error = room.sh(&format!("ns-enter {options}")).fails(2);
            assert!(error.contains(part), "{options}: {error}");
        }
        room.ok("rm -f /run/n; for name in a b c name:-x $'evil\\e[2J\\nname'; do ns-unshare --unpin=\"$name\"; done");
        assert_eq!(room.names(), "");
    }
    Ok(())
}

/// Signals that are not passed on to the program, and the signals of the programs after the first.
fn a_signal_to_the_waiting_process_ends_all() -> Outcome {
    for room in rooms()? {
        room.ok("for name in a b c; do ns-unshare --pin $name -u; done");
        let masks = room.ok("ns-enter --each uts grep SigBlk /proc/self/status");
        let masks: Vec<_> = masks.lines().filter(|line| line.starts_with("SigBlk:")).collect();
        assert_eq!(masks, ["SigBlk:\t0000000000000000"; 3]);
        for (signal, options) in [
            (Signal::SIGTERM, "--no-forward-signals"),
            (Signal::SIGINT, "--no-forward-signals"),
            (Signal::SIGTERM, ""),
        ] {
            let command = format!("exec ns-enter {options} --each uts sh -c 'echo ready; read -r line'");
            let mut running = Running::start(&mut room.command(&command));
            for name in ["a", "b"] {
                let lines = [(); 3].map(|()| running.line());
                assert_eq!(lines, ["", &format!("utsns: {name}"), "ready"]);
                // The second program is like the first.
                if name == "a" {
                    running.say("\n");
                }
            }
            running.signal(signal);
            if !options.is_empty() {
                running.say("\n");
            }
            running.wait_for_end();
            let (_, died_of, rest) = running.end();
            assert_eq!((died_of, rest.as_str()), (Some(signal as i32), ""), "{options}");
        }
        room.ok("ns-unshare --unpin a --unpin b --unpin c");
    }
    Ok(())
}

fn stale_names_are_removed_at_once() -> Outcome {
    needs::tools("umount mount unshare");
    for room in rooms()? {
        room.ok(
            "for name in a b; do ns-unshare --pin $name -n -u; done; umount /run/netns/a /run/utsns/b
            ln -s /proc/4194304/ns/net /run/netns/gone; echo text >/run/netns/text; mkdir /run/netns/dir
            ln -s /proc/1/ns/net /run/netns/alive; touch $'/run/netns/evil\\e[2J'",
        );
        let plan = room.ok("ns-unshare --unpin-stale --dry-run");
        assert!(
            plan.contains("remove the stale name \"a\" of the net kind"),
            "{plan}"
        );
        assert_eq!(plan.lines().count(), 5, "{plan}");
        // A name that another mount namespace has is kept.
        let ran = room.sh(
            "touch /run/netns/private; unshare -m --propagation private sh -c '
                mount --bind /proc/self/ns/net /run/netns/private; touch /run/ready; exec sleep 100' &
            until [[ -e /run/ready ]]; do :; done; ns-unshare --unpin-stale; kill $!; rm /run/ready",
        );
        let note = "ns-unshare: note: \"/run/netns/private\" is kept\n  cause: net:[";
        assert!(
            ran.stderr.starts_with(note) && ran.stderr.contains(" is mounted there in mnt:["),
            "{ran:#?}"
        );
        assert_eq!(
            (ran.status, ran.stdout.as_str()),
            (0, "net:a\nuts:b\nnet:evil\\x1b[2J\nnet:gone\n"),
            "{ran:#?}"
        );
        assert_eq!(room.names(), "net/alive net/b net/dir net/private net/text uts/a");
        assert_eq!(room.ok("ns-unshare --unpin-stale"), "net:private\n");
        assert_eq!(room.ok("ns-unshare --unpin-stale"), "");
        let error = room.sh("ns-unshare --unpin-stale --unpin a").fails(2);
        assert!(error.contains("--unpin"), "{error}");
        room.ok("rm -r /run/netns/text /run/netns/dir; rm /run/netns/alive; ns-unshare --unpin a --unpin b");
    }
    Ok(())
}
