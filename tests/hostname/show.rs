//! Showing the names of the caller's namespace and of others.

use std::process::Command;

use super::{container, container_of, of};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, Terminal, User, needs, program, tool};

cases!["hostname::show":
    shows_what_hostname_shows,
    the_resolver_is_asked_as_hostname_asks_it,
    the_last_of_the_views_counts,
    shows_the_names_of_another_namespace,
    an_ordinary_user_sees_the_names_of_a_container_of_theirs,
    the_text_of_a_name_is_cut_without_the_resolver,
    an_error_shows_the_command_that_asks_the_resolver_inside,
    addresses_are_those_of_the_targets_interfaces,
    a_name_is_its_exact_bytes_in_a_pipe_and_escaped_elsewhere,
    a_domain_that_was_never_set_is_null_in_json,
    a_container_is_left_as_it_is_without_rights,
];

fn shows_what_hostname_shows() -> Outcome {
    needs::installed("hostname")?;
    let same = |option: &str| {
        let (ours, theirs) = (program("ns-hostname").with(option), tool("hostname").with(option));
        assert_eq!(ours.stdout, theirs.stdout, "{option}");
        assert_eq!(ours.status, theirs.status, "{option}");
    };
    for option in [
        "",
        "-s",
        "--short",
        "-d",
        "--domain",
        "-f",
        "--fqdn",
        "--long",
        "-i",
        "--ip-address",
        "-I",
        "--all-ip-addresses",
        "-A",
        "--all-fqdns",
        "-a",
        "--alias",
    ] {
        same(option);
    }
    for option in ["-y", "--yp", "--nis", "--domainname"] {
        assert_eq!(
            program("ns-hostname").arg(option).ran().ok(),
            tool("domainname").ran().ok()
        );
    }
    Ok(())
}

fn the_resolver_is_asked_as_hostname_asks_it() -> Outcome {
    needs::tools("mount");
    needs::root()?;
    needs::installed("hostname")?;
    needs::installed("ip")?;
    let hosts = tempfile::NamedTempFile::new().expect("a file can be made");
    let text = "10.1.2.3 web.example.org web www\n10.1.2.4 other.example.org other\n\
                10.1.2.5 other.example.org other\n";
    std::fs::write(hosts.path(), text).expect("it is ours");
    let script = format!(
        "mount --bind {} /etc/hosts; ip link set lo up; ip link add name v0 type veth peer name v1; \
         for last in 3 4 5; do ip addr add 10.1.2.$last/24 dev v0; done; ip link set v0 up; program=$1; shift; \
         for name; do hostname $name; for option in -f -d -s -i -I -A -a; do echo \"$name $option:\"; \
         $program $option || true; done; done",
        hosts.path().display()
    );
    let inside = |program: &std::ffi::OsStr, names: &[&str]| {
        let mut command = tool("unshare");
        command.args(["--uts", "--mount", "--net", "sh", "-e", "-c", &script, "sh"]);
        command.arg(program).args(names).ran()
    };
    let ours = program("ns-hostname");
    let names = ["web", "web.example.org", "www", "other"];
    let theirs = inside("hostname".as_ref(), &names).ok();
    let ours_of = |names: &[&str]| inside(ours.get_program(), names);
    let all = ours_of(&names).ok();
    assert_eq!(all, theirs);
    for answer in [
        "www -f:\nweb.example.org\n",
        "web -d:\nexample.org\n",
        "web -i:\n10.1.2.3\n",
        "web -A:\nweb.example.org other.example.org other.example.org \n",
        "web -a:\nweb www\n",
    ] {
        assert!(all.contains(answer), "{answer}: {all}");
    }
    // Without a server, names that the file lacks are unknown.
    let unknown = ours_of(&["unknown"]).stderr;
    let errors = unknown
        .matches("ns-hostname: cannot resolve \"unknown\": ")
        .count();
    assert_eq!(errors, 4, "{unknown}");
    Ok(())
}

fn the_last_of_the_views_counts() -> Outcome {
    let show = |words| program("ns-hostname").with(words).ok();
    assert_eq!(show("-f -y"), show("-y"));
    assert_eq!(show("-y -f -s"), show("-s"));
    assert_eq!(show("-s -s"), show("-s"));
    Ok(())
}

fn shows_the_names_of_another_namespace() -> Outcome {
    let there = container("web-1", "corp.example");
    assert_eq!(of(there.pid, "").ran().ok(), "web-1\n");
    assert_eq!(of(there.pid, "-y").ran().ok(), "corp.example\n");
    let file = there.proc("ns/uts");
    assert_eq!(program("ns-hostname").args(["-t", &file]).ran().ok(), "web-1\n");
    let error = program("ns-hostname")
        .args(["-t", &there.proc("ns/net")])
        .ran()
        .fails(1);
    assert!(
        error.contains("is a network namespace, not a UTS namespace"),
        "{error}"
    );
    Ok(())
}

fn an_ordinary_user_sees_the_names_of_a_container_of_theirs() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = container_of(user, "rootless");
    let mut command = user.program("ns-hostname");
    assert_eq!(
        command.args(["-t", &there.pid.to_string()]).ran().ok(),
        "rootless\n"
    );
    Ok(())
}

fn the_text_of_a_name_is_cut_without_the_resolver() -> Outcome {
    let there = container("web.example.org", "");
    assert_eq!(of(there.pid, "-s").ran().ok(), "web\n");
    assert_eq!(of(there.pid, "-d").ran().ok(), "example.org\n");
    assert_eq!(of(there.pid, "short").ran().ok(), "");
    assert_eq!(of(there.pid, "-s").ran().ok(), "short\n");
    assert_eq!(of(there.pid, "-d").ran().ok(), "");
    Ok(())
}

fn an_error_shows_the_command_that_asks_the_resolver_inside() -> Outcome {
    for (option, long) in [
        ("-f", "--fqdn"),
        ("-i", "--ip-address"),
        ("-A", "--all-fqdns"),
        ("-a", "--alias"),
    ] {
        let error = program("ns-hostname").args(["-t", "4711", option]).ran().fails(2);
        let right = format!("run: ns-enter --target 4711 --mount --uts --net hostname {long}\n");
        assert!(error.contains(&right), "{error}");
    }
    Ok(())
}

fn addresses_are_those_of_the_targets_interfaces() -> Outcome {
    needs::root()?;
    needs::installed("ip")?;
    // The loopback, a link-local address and an interface that is down do not count.
    let there = crate::support::Held::new(
        tool("unshare").args(["--uts", "--net"]),
        "ip link set lo up; \
         ip link add name v0 type veth peer name v1; ip link add name v2 type veth peer name v3; \
         ip addr add 10.9.8.7/24 dev v0; ip addr add fd00:9::1/64 dev v0 nodad; ip link set v0 up; ip link set v1 up; \
         ip addr add 10.9.9.9/24 dev v2",
    );
    assert_eq!(of(there.pid, "-I").ran().ok(), "10.9.8.7 fd00:9::1 \n");
    assert!(!program("ns-hostname").arg("-I").ran().ok().contains("10.9.8.7"));
    let error = program("ns-hostname")
        .args(["-I", "-t", &there.proc("ns/uts")])
        .ran()
        .fails(1);
    assert!(
        error.contains("is a UTS namespace, not a network namespace"),
        "{error}"
    );
    Ok(())
}

fn a_name_is_its_exact_bytes_in_a_pipe_and_escaped_elsewhere() -> Outcome {
    let there = container("plain", "");
    let odd = "a\u{1b}[2Jü";
    assert_eq!(of(there.pid, "--force").args(["--", odd]).ran().ok(), "");
    assert_eq!(of(there.pid, "").ran().bytes, format!("{odd}\n").as_bytes());
    let json = of(there.pid, "--json").ran().json();
    assert_eq!(json["hostname"], odd);
    assert_eq!(json.get("hostname-bytes"), None);
    Terminal::new(&of(there.pid, ""))?.expect(r"a\x1b[2Jü");
    // Bytes that are no text.
    let mut set = of(there.pid, "--force");
    let bytes: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(&b"a\xff"[..]);
    assert_eq!(set.arg(bytes).ran().ok(), "");
    assert_eq!(of(there.pid, "").ran().bytes, b"a\xff\n");
    assert_eq!(of(there.pid, "--json").ran().json()["hostname-bytes"], "61ff");
    Ok(())
}

fn a_domain_that_was_never_set_is_null_in_json() -> Outcome {
    let there = container("web-1", "(none)");
    assert_eq!(of(there.pid, "-y").ran().ok(), "(none)\n");
    let json = of(there.pid, "--json").ran().json();
    assert_eq!(json["domain"], serde_json::Value::Null);
    assert_eq!(json["hostname"], "web-1");
    assert_eq!(json["ns"], there.inode("uts"));
    assert_eq!(json["own"], false);
    Ok(())
}

fn a_container_is_left_as_it_is_without_rights() -> Outcome {
    needs::root()?;
    let there = container("web-1", "corp");
    let user = User::ordinary()?;
    let refused = format!(
        "ns-hostname: cannot open the UTS namespace of process {pid}: Permission denied\n  \
         cause: process {pid} has uid 0, and the caller has uid {}\n  help:  run it as root (sudo)\n",
        user.id,
        pid = there.pid,
    );
    for words in ["", "web-2"] {
        let mut command: Command = user.program("ns-hostname");
        command.args(["-t", &there.pid.to_string()]);
        let error = command.with(words).fails(1);
        assert_eq!(error, refused);
    }
    assert_eq!(of(there.pid, "").ran().ok(), "web-1\n");
    Ok(())
}
