//! Pairs of interfaces between network namespaces. A case makes all of these namespaces: one of them plays the part of
//! the caller's.

use std::process::Command;

use super::Who;
use crate::support::case::{Skip, cases};
use crate::support::traffic;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["unshare::veth":
    a_pair_carries_traffic,
    a_pair_goes_with_the_namespace,
    every_key_does_what_it_says,
    a_gateway_may_be_outside_the_prefix,
    the_kernel_finds_a_free_name,
    several_pairs_can_be_made,
    the_peer_can_be_in_a_target,
    a_pair_needs_no_child,
    a_named_namespace_keeps_its_pair,
    a_pair_is_removed_if_a_step_fails,
    a_plan_is_shown_and_nothing_is_made,
];

/// A network namespace that plays the part of the caller's, and the user who works in it.
pub(super) struct Place {
    pub(super) who: Who,
    pub(super) held: Held,
}

/// The way to make the second namespace, relative to the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// From inside the first, with its rights.
    Inside,
    /// From inside the first, in a user namespace below its user namespace.
    Below,
    /// From outside, in another user namespace beside it, by the creator of both.
    Beside,
}

const WAYS: [Way; 3] = [Way::Inside, Way::Below, Way::Beside];

impl Place {
    fn new(who: Who) -> Self {
        let held = Held::new(who.unshare().args(["-r", "-n"]), "");
        Self { who, held }
    }

    /// A place of the caller, and one of the ordinary user.
    pub(super) fn both() -> Result<[Self; 2], Skip> {
        Ok(Who::both()?.map(Self::new))
    }

    /// One of the five programs, run by the user of the place.
    pub(super) fn program(&self, name: &str) -> Command {
        match self.who {
            Who::Caller => program(name),
            Who::Ordinary => User::ordinary().expect("needs were checked").program(name),
        }
    }

    /// Runs a program in the namespaces of this process, as root of its user namespace, even if that belongs to another
    /// user.
    pub(super) fn inside(&self, pid: i32) -> Command {
        let mut enter = self.program("ns-enter");
        enter.args(["-t", &pid.to_string(), "-U", "-n"]);
        enter
    }

    /// Runs a helper program of the tests in the network namespace of this process.
    fn helper(pid: i32) -> Command {
        let mut enter = program("ns-enter");
        enter.args(["-t", &pid.to_string(), "-n"]);
        enter
    }

    /// `ns-unshare` in the place.
    pub(super) fn unshare(&self) -> Command {
        let mut command = self.inside(self.held.pid);
        command.arg(self.program("ns-unshare").get_program());
        command
    }

    /// Makes a namespace with this pair to the place.
    pub(super) fn tied(&self, way: Way, spec: &str) -> Held {
        let mut command = match way {
            Way::Inside | Way::Below => self.unshare(),
            Way::Beside => self.program("ns-unshare"),
        };
        let spec = match way {
            Way::Inside | Way::Below => spec.to_owned(),
            Way::Beside => format!("{spec},peer-netns={}", self.held.pid),
        };
        command.args(["--veth", &spec]);
        if way != Way::Inside {
            command.arg("-r");
        }
        Held::new(&mut command, "")
    }

    /// The interfaces of the place, except the loopback interface.
    pub(super) fn interfaces(&self) -> Vec<String> {
        interfaces(self.inside(self.held.pid))
    }
}

/// The interfaces of the network namespace in which the command runs a program.
pub(super) fn interfaces(mut inside: Command) -> Vec<String> {
    let text = inside.args(["cat", "/proc/net/dev"]).ran().ok();
    let mut names: Vec<_> = text
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0.trim().to_owned()))
        .filter(|name| name != "lo")
        .collect();
    names.sort_unstable();
    names
}

const BOTH_FAMILIES: &str = "name=eth0,addr=10.7.0.2/24,addr=fd00:7::2/64,gw=10.7.0.1,gw=fd00:7::1,\
                             peer=vh0,peer-addr=10.7.0.1/24,peer-addr=fd00:7::1/64";

fn a_pair_carries_traffic() -> Outcome {
    needs::user_namespaces()?;
    let ping = needs::installed("ping");
    for place in Place::both()? {
        for way in WAYS {
            let other = place.tied(way, BOTH_FAMILIES);
            let ends = [place.held.pid, other.pid];
            for (address, [receiver, sender]) in [
                ("10.7.0.2", [ends[1], ends[0]]),
                ("10.7.0.1", ends),
                ("[fd00:7::2]", [ends[1], ends[0]]),
                ("[fd00:7::1]", ends),
            ] {
                traffic::transfer(Place::helper(receiver), Place::helper(sender), address);
            }
            for address in ["10.7.0.1", "fd00:7::1"] {
                if let Ok(ping) = &ping {
                    let ran = place
                        .inside(other.pid)
                        .arg(ping)
                        .with(&format!("-c 1 -W 5 {address}"));
                    assert_eq!(ran.status, 0, "{way:?}: {ran:#?}");
                }
            }
            drop(other);
            traffic::await_end_of(Place::helper(place.held.pid), "vh0");
        }
    }
    ping.map(|_| ())
}

fn a_pair_goes_with_the_namespace() -> Outcome {
    needs::user_namespaces()?;
    let own = interfaces(tool("env"));
    // Other cases mount file systems below /tmp.
    let mounts = || {
        let table = std::fs::read_to_string("/proc/self/mountinfo").expect("it is there");
        table.lines().filter(|line| !line.contains(" /tmp/")).count()
    };
    let before = mounts();
    for place in Place::both()? {
        let other = place.tied(Way::Beside, "eth0,peer=vh0");
        assert_eq!(interfaces(place.inside(other.pid)), ["eth0"]);
        assert_eq!(place.interfaces(), ["vh0"]);
        assert_eq!(interfaces(tool("env")), own);
        // The pair disappears with either of the two namespaces.
        let pid = other.pid;
        drop(place);
        traffic::await_end_of(Place::helper(pid), "eth0");
    }
    assert_eq!(mounts(), before);
    Ok(())
}

fn every_key_does_what_it_says() -> Outcome {
    needs::user_namespaces()?;
    let ip = needs::installed("ip")?;
    for place in Place::both()? {
        let other = place.tied(
            Way::Inside,
            &format!("{BOTH_FAMILIES},addr=192.0.2.2/32,mtu=1400,mac=02:00:5E:00:53:01"),
        );
        let shown = |pid, words: &str| {
            let text = place.inside(pid).arg(&ip).with(words).ok();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let link = shown(other.pid, "-o link show eth0");
        for part in ["mtu 1400", "link/ether 02:00:5e:00:53:01", "UP,LOWER_UP"] {
            assert!(link.contains(part), "{part}: {link}");
        }
        let peer = shown(place.held.pid, "-o link show vh0");
        assert!(
            peer.contains("mtu 1400") && peer.contains("UP,LOWER_UP"),
            "{peer}"
        );
        assert!(!peer.contains("02:00:5e:00:53:01"), "{peer}");
        let addresses = shown(other.pid, "-o address show dev eth0");
        for part in ["inet 10.7.0.2/24", "inet 192.0.2.2/32", "inet6 fd00:7::2/64"] {
            assert!(addresses.contains(part), "{part}: {addresses}");
        }
        // The pair works from the first moment.
        assert!(
            !addresses.contains("fd00:7::2/64 scope global tentative"),
            "{addresses}"
        );
        let addresses = shown(place.held.pid, "-o address show dev vh0");
        for part in ["inet 10.7.0.1/24", "inet6 fd00:7::1/64"] {
            assert!(addresses.contains(part), "{part}: {addresses}");
        }
        assert!(shown(other.pid, "route show default").starts_with("default via 10.7.0.1 dev eth0"));
        assert!(shown(other.pid, "-6 route show default").starts_with("default via fd00:7::1 dev eth0"));
        assert_eq!(shown(place.held.pid, "route show default"), "");
    }
    Ok(())
}

fn a_gateway_may_be_outside_the_prefix() -> Outcome {
    needs::user_namespaces()?;
    let ip = needs::installed("ip")?;
    for place in Place::both()? {
        let spec = "eth0,addr=10.1.1.2/32,gw=10.1.1.1,addr=fd00:7::2/128,gw=fd00:7::1";
        let other = place.tied(Way::Inside, spec);
        for (words, route) in [
            ("route show default", "default via 10.1.1.1 dev eth0"),
            ("-6 route show default", "default via fd00:7::1 dev eth0"),
        ] {
            let shown = place.inside(other.pid).arg(&ip).with(words).ok();
            assert!(shown.starts_with(route) && shown.contains("onlink"), "{shown}");
        }
    }
    Ok(())
}

fn the_kernel_finds_a_free_name() -> Outcome {
    needs::user_namespaces()?;
    let bash = needs::installed("bash")?;
    for place in Place::both()? {
        let first = place.tied(Way::Inside, "eth0");
        assert_eq!(place.interfaces(), ["veth0"]);
        // The name of the chosen peer is reported.
        let script = "\"$@\" --veth eth0 --info-fd 3 true 3>&1";
        let mut command = place.inside(place.held.pid);
        command.arg(&bash).args(["-c", script, "bash"]);
        command.arg(place.program("ns-unshare").get_program());
        let told = command.ran().json();
        assert_eq!(
            told["interfaces"],
            serde_json::json!([{"name": "eth0", "peer": "veth1"}]),
            "{told}"
        );
        drop(first);
    }
    Ok(())
}

fn several_pairs_can_be_made() -> Outcome {
    needs::user_namespaces()?;
    for place in Place::both()? {
        let mut command = place.unshare();
        command.args(["--veth", "a,peer=va", "--veth", "name=b,peer=vb", "-p"]);
        let other = Held::new(&mut command, "");
        assert_eq!(interfaces(place.inside(other.pid)), ["a", "b"]);
        assert_eq!(place.interfaces(), ["va", "vb"]);
    }
    Ok(())
}

fn the_peer_can_be_in_a_target() -> Outcome {
    needs::user_namespaces()?;
    for place in Place::both()? {
        let pid = place.held.pid;
        for target in [
            pid.to_string(),
            format!("/proc/{pid}/ns/net"),
            format!("net:[{}]", place.held.inode("net")),
        ] {
            let mut command = place.program("ns-unshare");
            command.args(["-r", "--veth", &format!("eth0,peer=vh0,peer-netns={target}")]);
            let other = Held::new(&mut command, "");
            assert_eq!(place.interfaces(), ["vh0"], "{target}");
            drop(other);
            traffic::await_end_of(Place::helper(pid), "vh0");
        }
        // The error comes before anything is made.
        let error = place
            .program("ns-unshare")
            .with("-r --veth eth0,peer-netns=no-such-name-of-ns-utils echo ran")
            .fails(1);
        assert!(error.contains("no-such-name-of-ns-utils"), "{error}");
        let error = place
            .program("ns-unshare")
            .with(&format!("-r --veth eth0,peer-netns=/proc/{pid}/ns/uts echo ran"))
            .fails(1);
        assert!(error.contains("not a network namespace"), "{error}");
    }
    Ok(())
}

fn a_pair_needs_no_child() -> Outcome {
    needs::user_namespaces()?;
    for place in Place::both()? {
        for options in ["", "-f", "-p", "-p --no-fork", "-r", "--init", "-S 0 --keep-caps"] {
            let mut command = place.unshare();
            command.args(["--veth", "eth0,addr=10.7.0.2/24"]);
            command.args(options.split_whitespace());
            assert_eq!(interfaces(command), ["eth0"], "{options}");
        }
    }
    Ok(())
}

fn a_pair_is_removed_if_a_step_fails() -> Outcome {
    needs::user_namespaces()?;
    let failures = [
        ("/no/such/program", 127),
        ("/etc/passwd", 126),
        ("--wd /no/such/directory echo ran", 1),
        ("--info-fd 77 echo ran", 1),
        ("--pid-file /no/such/directory/file echo ran", 1),
        // The first of two pairs is removed too, if the second fails when it is made or set up.
        ("--veth b,peer=lo{AT} echo ran", 1),
        (
            "--veth b,peer-addr=fe80::1/64,peer-addr=fe80::1/128{AT} echo ran",
            1,
        ),
        ("--veth b,addr=fe80::1/64,addr=fe80::1/128{AT} echo ran", 1),
    ];
    for place in Place::both()? {
        let at = format!(",peer-netns={}", place.held.pid);
        for (way, at) in [(Way::Below, ""), (Way::Beside, at.as_str())] {
            for fork in ["--no-fork", "-f"] {
                for (options, status) in failures {
                    let mut command = match way {
                        Way::Beside => place.program("ns-unshare"),
                        _ => place.unshare(),
                    };
                    command.args([
                        fork,
                        "-r",
                        "--veth",
                        &format!("eth0,addr=10.7.0.2/24,peer=vh0{at}"),
                    ]);
                    let ran = command.with(&options.replace("{AT}", at));
                    assert_eq!(
                        (ran.status, ran.stdout.as_str()),
                        (status, ""),
                        "{options}: {ran:#?}"
                    );
                    // The check is immediate: it does not wait.
                    let left = place.interfaces();
                    assert!(left.is_empty(), "{way:?} {fork} {options}: {left:?}");
                }
            }
        }
    }
    Ok(())
}

fn a_named_namespace_keeps_its_pair() -> Outcome {
    needs::user_namespaces()?;
    needs::installed("mount")?;
    for place in Place::both()? {
        let script = "mount -t tmpfs run /run && \"$U\" --pin blue --veth eth0,peer=vh0 2>/dev/null &&
            \"$E\" --net=blue cat /proc/net/dev && cat /proc/net/dev && \"$U\" --unpin blue";
        let mut command = place.unshare();
        command
            .env("U", place.program("ns-unshare").get_program())
            .env("E", place.program("ns-enter").get_program())
            .args(["-m", "sh", "-c", script]);
        let text = command.ran().ok();
        let count = |name: &str| text.lines().filter(|line| line.trim().starts_with(name)).count();
        assert_eq!((count("eth0:"), count("vh0:")), (1, 1), "{text}");
        traffic::await_end_of(Place::helper(place.held.pid), "vh0");
    }
    Ok(())
}

fn a_plan_is_shown_and_nothing_is_made() -> Outcome {
    let lines = program("ns-unshare")
        .with("--dry-run --veth eth0,addr=10.7.0.2/24,gw=10.7.0.1,mtu=1400 --veth b,peer=vb,peer-addr=fd00::1/64 true")
        .lines();
    assert_eq!(
        lines,
        [
            "self create a network namespace",
            "helper create the veth pair eth0 in the new network namespace and the first free vethN in the caller's, with the MTU 1400",
            "helper bring the peer of eth0 up",
            "helper bring eth0 up with the address 10.7.0.2/24 and the gateway 10.7.0.1",
            "helper create the veth pair b in the new network namespace and vb in the caller's",
            "helper bring vb up with the address fd00::1/64",
            "helper bring b up",
            "self bring the loopback interface up",
            "self run \"true\"",
        ]
    );
    let json = program("ns-unshare")
        .with("--dry-run --json --veth eth0 true")
        .json();
    let steps: Vec<_> = json["steps"]
        .as_array()
        .expect("steps")
        .iter()
        .filter_map(|step| step["step"].as_str())
        .collect();
    assert_eq!(
        steps,
        [
            "unshare",
            "create-veth",
            "set-up-peer",
            "set-up-veth",
            "loopback-up",
            "execute"
        ]
    );
    Ok(())
}
