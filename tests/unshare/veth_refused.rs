//! Requests that `--veth` refuses, and their errors.

use super::causes::has_in_order;
use super::veth::{Place, Way, interfaces};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["unshare::veth_refused":
    a_missing_right_is_explained,
    a_taken_name_is_explained,
    a_kernel_without_ipv6_is_explained,
    every_fault_is_named,
];

fn a_missing_right_is_explained() -> Outcome {
    needs::user_namespaces()?;
    needs::first_user_namespace()?;
    needs::tools("mount");
    let ordinary = User::ordinary()?;
    let nested = ordinary.program("ns-unshare");
    let nested = nested.get_program().to_str().expect("a path of ASCII").to_owned();
    let before = interfaces(tool("env"));
    for (options, cause) in [
        (
            "-r -n --veth eth0 echo ran".to_owned(),
            "cause: for the network namespace of the peer, CAP_NET_ADMIN is missing in user:[",
        ),
        (
            format!("-r {nested} --veth eth0 echo ran"),
            "belongs neither to this user namespace",
        ),
    ] {
        let error = ordinary.program("ns-unshare").with(&options).fails(1);
        has_in_order(
            &error,
            &[
                "ns-unshare: cannot create the veth pair eth0 in the new network namespace and ",
                " in the caller's: Operation not permitted\n",
                cause,
                ", or create both network namespaces in one user namespace: run ns-unshare",
            ],
        );
    }
    assert_eq!(interfaces(tool("env")), before);
    // The namespace belongs to another user. It can be opened, but not entered.
    needs::root()?;
    let roots = Held::new(program("ns-unshare").arg("-n"), "");
    let directory = tempfile::tempdir().expect("there is room in /tmp");
    let file = directory.path().join("net");
    std::fs::write(&file, "").expect("we are root");
    let script = "chmod 755 \"${1%/*}\" && mount --bind \"/proc/$2/ns/net\" \"$1\" && shift 2 && exec \"$@\"";
    let mut command = program("ns-unshare");
    command.args(["-m", "sh", "-c", script, "sh"]);
    command.arg(&file).arg(roots.pid.to_string());
    command.args(["setpriv", "--clear-groups"]).args([
        format!("--reuid={}", ordinary.id),
        format!("--regid={}", ordinary.id),
    ]);
    command.arg(&nested).args(["-r", "--veth"]);
    command
        .arg(format!("eth0,peer-netns={}", file.display()))
        .args(["echo", "ran"]);
    needs::installed("setpriv")?;
    has_in_order(
        &command.ran().fails(1),
        &[
            "ns-unshare: cannot enter net:[",
            "Operation not permitted\n",
            "cause: for the network namespace of the peer, CAP_NET_ADMIN is missing in user:[",
        ],
    );
    Ok(())
}

fn a_taken_name_is_explained() -> Outcome {
    needs::user_namespaces()?;
    for place in Place::both()? {
        let _other = place.tied(Way::Inside, "eth0,peer=vh0");
        let error = place.unshare().with("--veth eth0,peer=vh0 echo ran").fails(1);
        let beside = format!("-r --veth eth0,peer=vh0,peer-netns={} echo ran", place.held.pid);
        let beside = place.program("ns-unshare").with(&beside).fails(1);
        for error in [error, beside] {
            has_in_order(
                &error,
                &[
                    "cannot create the veth pair eth0 in the new network namespace and vh0 in ",
                    ": File exists\n",
                    &format!(
                        "cause: net:[{}] already has an interface vh0\n",
                        place.held.inode("net")
                    ),
                    "help:  choose another name with peer=",
                ],
            );
        }
        assert_eq!(place.interfaces(), ["vh0"]);
    }
    Ok(())
}

fn a_kernel_without_ipv6_is_explained() -> Outcome {
    needs::user_namespaces()?;
    for place in Place::both()? {
        let off = "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6";
        place.inside(place.held.pid).args(["sh", "-c", off]).ran().ok();
        let error = place
            .unshare()
            .with("--veth eth0,peer=vh0,peer-addr=fd00:7::1/64 echo ran")
            .fails(1);
        has_in_order(
            &error,
            &[
                "ns-unshare: cannot give vh0 the address fd00:7::1/64: Permission denied\n",
                "  cause: net.ipv6.conf.default.disable_ipv6 is 1 here\n",
                "  help:  sysctl net.ipv6.conf.default.disable_ipv6=0, or leave out the IPv6 address\n",
            ],
        );
        assert!(place.interfaces().is_empty());
        // The settings of another network namespace than the caller's are not looked at.
        let other = Held::new(place.unshare().arg("-n"), off);
        let spec = format!("eth0,peer=vh0,peer-netns={},peer-addr=fd00:7::1/64", other.pid);
        let error = place.unshare().with(&format!("--veth {spec} echo ran")).fails(1);
        assert!(
            error.ends_with("cannot give vh0 the address fd00:7::1/64: Permission denied\n"),
            "{error}"
        );
        place
            .unshare()
            .with("--veth eth0,peer=vh0,peer-addr=10.7.0.1/24 true")
            .ok();
    }
    Ok(())
}

fn every_fault_is_named() -> Outcome {
    for (spec, part) in [
        ("", "name=: it is empty"),
        ("addr=10.7.0.2/24", "the name of the interface inside is missing"),
        ("eth0,colour=red", "colour=red: there is no such key"),
        (
            "sixteen_bytes_is",
            "name=sixteen_bytes_is: it has more than 15 bytes",
        ),
        ("eth0,peer=a/b", "peer=a/b: it has a slash in it"),
        ("a b", "name=a b: it has a blank in it"),
        (
            "eth0,addr=10.7.0.300/24",
            "addr=10.7.0.300/24: that is not an IPv4 or IPv6 address",
        ),
        (
            "eth0,peer-addr=fd00::1",
            "peer-addr=fd00::1: expected ADDRESS/LENGTH",
        ),
        (
            "eth0,gw=10.7.0.1",
            "gw=10.7.0.1: it cannot be reached without an IPv4 address",
        ),
        ("eth0,mac=02:00", "mac=02:00: expected six bytes"),
        ("eth0,mtu=9", "mtu=9: expected a number from 68 to 65535"),
        ("eth0,peer-netns=", "peer-netns=: "),
    ] {
        let error = program("ns-unshare")
            .args(["-r", "--veth", spec, "echo", "ran"])
            .ran()
            .fails(2);
        assert!(
            error.contains("--veth") && error.contains(part),
            "{spec}: {error}"
        );
    }
    let error = program("ns-unshare")
        .with("-r --veth eth0 --veth eth0 echo ran")
        .fails(2);
    assert!(error.contains("two pairs have name=eth0"), "{error}");
    Ok(())
}
