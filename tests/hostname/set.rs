//! Setting names: the namespace, the rights, and the messages.

use super::{container, container_of, names, of};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, program, tool};

cases!["hostname::set":
    sets_the_names_of_another_namespace_and_leaves_ones_own,
    sets_ones_own_names_in_place,
    sets_a_namespace_that_only_a_file_holds,
    sets_the_name_of_a_namespace_that_is_shared,
    an_ordinary_user_sets_the_names_of_a_container_of_theirs,
    without_rights_the_error_has_its_cause,
    root_without_the_capability_is_told_which_is_missing,
    from_a_user_namespace_the_name_outside_is_out_of_reach,
    a_name_that_hostname_sets_is_set_here,
    setting_what_is_set_changes_nothing_and_needs_no_rights,
    a_refused_domain_puts_the_host_name_back,
];

fn sets_the_names_of_another_namespace_and_leaves_ones_own() -> Outcome {
    let before = (tool("hostname").ran().ok(), tool("domainname").ran().ok());
    let there = container("web-1", "corp");
    let set = |words: &str| assert_eq!(of(there.pid, words).ran().ok(), "");
    set("web-2");
    assert_eq!(names(there.pid), ("web-2\n".into(), "corp\n".into()));
    for option in ["-y", "--yp", "--nis", "--domainname"] {
        set(&format!("{option} corp{option}"));
        assert_eq!(names(there.pid), ("web-2\n".into(), format!("corp{option}\n")));
    }
    // hostname(1) also accepts the option after the name.
    set("corp.three -y");
    assert_eq!(names(there.pid), ("web-2\n".into(), "corp.three\n".into()));
    // It also accepts them in one word.
    let said = of(there.pid, "-yv corp.three").ran();
    assert!(
        said.stderr
            .ends_with("NIS domain name 'corp.three': set already\n"),
        "{said:?}"
    );
    set("web-3 --nis corp.four");
    assert_eq!(names(there.pid), ("web-3\n".into(), "corp.four\n".into()));
    assert_eq!(
        (tool("hostname").ran().ok(), tool("domainname").ran().ok()),
        before
    );
    Ok(())
}

fn sets_ones_own_names_in_place() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("domainname");
    let before = tool("hostname").ran().ok();
    let mut unshare = tool("unshare");
    let ours = program("ns-hostname");
    let script = "\"$1\" web-1 --nis corp && hostname && domainname && \"$1\" -t $$ web-2 && \"$1\" -v web-3 && hostname";
    let ran = unshare
        .args(["--map-root-user", "--uts", "sh", "-c", script, "sh"])
        .arg(ours.get_program())
        .ran();
    assert_eq!(
        (ran.status, ran.stdout.as_str()),
        (0, "web-1\ncorp\nweb-3\n"),
        "{ran:?}"
    );
    // The count is the shell. The program does not count itself.
    assert!(
        ran.stderr.contains("]: host name 'web-3': changed for 1 process"),
        "{}",
        ran.stderr
    );
    assert_eq!(tool("hostname").ran().ok(), before);
    Ok(())
}

fn sets_a_namespace_that_only_a_file_holds() -> Outcome {
    needs::tools("hostname mount");
    needs::root()?;
    let directory = tempfile::tempdir().expect("a directory can be made");
    let file = directory.path().join("uts");
    std::fs::write(&file, "").expect("it is ours");
    // A mount namespace of its own holds the bind mount, and goes with the process.
    let script = format!(
        "mount --bind /proc/self/ns/uts {0}; exec unshare --uts true",
        file.display()
    );
    let there = Held::new(
        tool("unshare").args(["--mount", "--uts"]),
        &format!("hostname pinned; {script}").replace("exec unshare --uts true", "true"),
    );
    let path = there.proc(&format!("root{}", file.display()));
    assert_eq!(
        program("ns-hostname").args(["-t", &path, "renamed"]).ran().ok(),
        ""
    );
    assert_eq!(program("ns-hostname").args(["-t", &path]).ran().ok(), "renamed\n");
    Ok(())
}

fn sets_the_name_of_a_namespace_that_is_shared() -> Outcome {
    needs::root()?;
    // The second process waits on the same pipe as the first.
    let there = Held::new(
        tool("unshare").arg("--uts"),
        "exec 3<&0; sh -c 'read -r line' <&3 &",
    );
    let said = of(there.pid, "-v both").ran();
    assert_eq!((said.status, said.stdout.as_str()), (0, ""), "{said:?}");
    let expected = format!(
        "ns-hostname: uts:[{}]: host name 'both': changed for 2 processes",
        there.inode("uts")
    );
    assert!(said.stderr.starts_with(&expected), "{}", said.stderr);
    let again = of(there.pid, "-v both").ran().stderr;
    assert!(again.ends_with("host name 'both': set already\n"), "{again}");
    Ok(())
}

fn an_ordinary_user_sets_the_names_of_a_container_of_theirs() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let there = container_of(user, "rootless");
    let before = tool("hostname").ran().ok();
    let pid = there.pid.to_string();
    let hostname = |words: &str| {
        let mut command = user.program("ns-hostname");
        command.args(["-t", &pid]);
        command.with(words).ok()
    };
    assert_eq!(hostname("renamed --nis corp"), "");
    assert_eq!(hostname(""), "renamed\n");
    assert_eq!(hostname("-y"), "corp\n");
    assert_eq!(tool("hostname").ran().ok(), before);
    Ok(())
}

fn without_rights_the_error_has_its_cause() -> Outcome {
    needs::first_user_namespace()?;
    let user = User::ordinary()?;
    let before = tool("hostname").ran().ok();
    let error = user.program("ns-hostname").arg("not-mine").ran().fails(1);
    let (uts, owner) = (
        std::fs::read_link("/proc/self/ns/uts").expect("it can be read"),
        std::fs::read_link("/proc/self/ns/user").expect("it can be read"),
    );
    assert_eq!(
        error,
        format!(
            "ns-hostname: cannot set the host name in {uts}: Operation not permitted\n  \
             cause: CAP_SYS_ADMIN is missing in {owner}, which owns {uts}\n  \
             help:  run it as root (sudo)\n",
            uts = uts.display(),
            owner = owner.display(),
        )
    );
    assert_eq!(tool("hostname").ran().ok(), before);
    Ok(())
}

fn root_without_the_capability_is_told_which_is_missing() -> Outcome {
    needs::root()?;
    needs::installed("setpriv")?;
    let before = tool("hostname").ran().ok();
    let mut command = tool("setpriv");
    command.args(["--inh-caps=-sys_admin", "--bounding-set=-sys_admin"]);
    let error = command
        .arg(program("ns-hostname").get_program())
        .arg("not-mine")
        .ran()
        .fails(1);
    assert!(error.contains("cannot set the host name in uts:["), "{error}");
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing in user:["),
        "{error}"
    );
    assert_eq!(tool("hostname").ran().ok(), before);
    Ok(())
}

fn from_a_user_namespace_the_name_outside_is_out_of_reach() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let mut command = user.tool("unshare");
    let program = user.program("ns-hostname");
    let error = command
        .args(["-r", "--"])
        .arg(program.get_program())
        .arg("not-mine")
        .ran()
        .fails(1);
    assert!(error.contains("cannot set the host name in uts:["), "{error}");
    assert!(
        error.contains("belongs neither to this user namespace (user:["),
        "{error}"
    );
    Ok(())
}

fn a_name_that_hostname_sets_is_set_here() -> Outcome {
    needs::root()?;
    needs::installed("hostname")?;
    let there = container("plain", "plain");
    let inside = |arguments: &[&str]| {
        let mut command = tool("nsenter");
        command
            .args(["-t", &there.pid.to_string(), "--uts", "--"])
            .args(arguments)
            .ran()
    };
    for name in [
        "a",
        "0",
        "1.2.3.4",
        "Web.Example.ORG",
        "a--b",
        "-a",
        "a-",
        ".a",
        "a..b",
        "a_b",
        "a b",
        "ü",
        "a.-b",
    ] {
        for (tool, kind) in [("hostname", ""), ("domainname", "-y")] {
            let theirs = inside(&[tool, "--", name]);
            let after_theirs = names(there.pid);
            inside(&["hostname", "plain"]);
            inside(&["domainname", "plain"]);
            let ours = match kind {
                "" => of(there.pid, "--").arg(name).ran(),
                // An optional value cannot start with a hyphen.
                _ => of(there.pid, "-y --").arg(name).ran(),
            };
            assert_eq!(
                ours.status == 0,
                theirs.status == 0,
                "{tool} {name}: {ours:?} {theirs:?}"
            );
            assert_eq!(names(there.pid), after_theirs, "{tool} {name}");
            inside(&["hostname", "plain"]);
            inside(&["domainname", "plain"]);
        }
    }
    Ok(())
}

fn setting_what_is_set_changes_nothing_and_needs_no_rights() -> Outcome {
    let user = User::ordinary()?;
    let own = tool("hostname").ran().ok();
    let mut command = user.program("ns-hostname");
    assert_eq!(command.args(["--force", "--", own.trim_end()]).ran().ok(), "");
    Ok(())
}

fn a_refused_domain_puts_the_host_name_back() -> Outcome {
    needs::installed("strace")?;
    let there = container("web-1", "corp");
    let mut command = tool("strace");
    command.args([
        "-qq",
        "-f",
        "-o",
        "/dev/null",
        "-e",
        "inject=setdomainname:error=EPERM",
    ]);
    let ours = of(there.pid, "web-2 --nis corp.two");
    let error = command
        .arg(ours.get_program())
        .args(ours.get_args())
        .ran()
        .fails(1);
    assert!(
        error.contains("cannot set the NIS domain name in uts:["),
        "{error}"
    );
    assert_eq!(names(there.pid), ("web-1\n".into(), "corp\n".into()));
    Ok(())
}
