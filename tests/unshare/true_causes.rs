//! Causes that are true where another one is near: a filter of system calls, a capability of the process outside, the
//! program that writes id maps.

use nix::errno::Errno;
use nix::libc;

use super::causes::says;
use super::unshare;
use crate::support::case::cases;

use crate::support::{Outcome, Run as _, User, needs, program, refusing, refusing_with, tool};

cases!["unshare::true_causes":
    the_capability_to_map_root_is_named,
    an_owner_needs_the_capability_to_drop_groups,
    a_filter_of_another_call_is_only_noted,
    a_filter_that_hides_a_call_is_named,
    a_range_that_is_not_granted_is_the_cause_for_root_too,
    root_can_allow_setgroups_with_a_single_gid,
    a_message_that_cannot_be_sent_is_not_a_fork_that_failed,
];

/// Refuses only keyctl(2), which the programs do not call.
const OTHER: i64 = libc::SYS_keyctl;

/// listmount(2), which has the same number on all machines.
const LISTMOUNT: i64 = 458;

fn the_capability_to_map_root_is_named() -> Outcome {
    needs::whole_root()?;
    needs::user_namespaces()?;
    let setpriv = needs::installed("setpriv")?;
    for options in ["-r", "-c", "-r -p", "--map-users 0:0:1"] {
        let mut command = tool(&setpriv);
        command.args(["--inh-caps=-setfcap", "--bounding-set=-setfcap"]);
        command.arg(unshare().get_program());
        command.args(options.split(' ')).arg("true");
        let cause =
            "cannot write the uid map 0:0:1: Operation not permitted\n  cause: CAP_SETFCAP is missing";
        says(refusing(OTHER, &command)?.ran(), 1, &[cause]);
        says(command.ran(), 1, &[cause]);
    }
    // With neither capability, no option gives the first one.
    let mut command = tool(&setpriv);
    command.args(["--inh-caps=-all", "--bounding-set=-all"]);
    command.arg(unshare().get_program());
    let error = command.with("-n true").fails(1);
    assert!(
        error.contains("cause: CAP_SYS_ADMIN is missing\n") && !error.contains("add -r"),
        "{error}"
    );
    Ok(())
}

fn an_owner_needs_the_capability_to_drop_groups() -> Outcome {
    needs::user_namespaces()?;
    let user = User::ordinary()?;
    let mut command = user.program("ns-unshare");
    command.args(["--owner", &format!("{0}:{0}", user.id), "true"]);
    says(
        command.ran(),
        1,
        &[
            "cannot become uid ",
            "\n  cause: CAP_SETGID is missing\n  help:  ",
        ],
    );
    Ok(())
}

fn a_filter_of_another_call_is_only_noted() -> Outcome {
    needs::root()?;
    // The filter is the reason, and nothing shows that.
    let mut answers = program("ns-unshare");
    answers.args(["-u", "--hostname", "x", "true"]);
    let error = refusing(libc::SYS_sethostname, &answers)?.ran().fails(1);
    assert!(
        error
            .contains("Operation not permitted\n  note:  a seccomp filter is active: it may be the reason\n")
            && !error.contains("cause:"),
        "{error}"
    );
    Ok(())
}

fn a_filter_that_hides_a_call_is_named() -> Outcome {
    needs::user_namespaces()?;
    let mut command = unshare();
    command.args(["-u", "true"]);
    for errno in [Errno::EPERM, Errno::ENOSYS] {
        let error = refusing_with(errno, libc::SYS_unshare, &command)?.ran().fails(1);
        assert!(
            error.contains("  cause: a seccomp filter refuses unshare(2)") && !error.contains("add -r"),
            "{error}"
        );
    }
    needs::linux(6, 8)?;
    let mut command = program("ns-mounts");
    command.args(["-k=listmount", "/"]);
    let error = refusing_with(Errno::ENOSYS, LISTMOUNT, &command)?.ran().fails(1);
    assert!(
        error.contains("with listmount(2): Function not implemented\n  cause: Linux ")
            && error.contains(" can do that, and a seccomp filter hides it\n"),
        "{error}"
    );
    Ok(())
}

/// newuidmap compares the ranges with the file before it writes.
fn a_range_that_is_not_granted_is_the_cause_for_root_too() -> Outcome {
    needs::whole_root()?;
    needs::user_namespaces()?;
    needs::installed("newuidmap")?;
    let setpriv = needs::installed("setpriv")?;
    let mut command = tool(setpriv);
    command.args(["--inh-caps=-setuid", "--bounding-set=-setuid"]);
    command.arg(unshare().get_program());
    says(
        command.with("--map-users 0:5:10 true"),
        1,
        &[
            "newuidmap did not write the uid map 0:5:10: uid range ",
            " not allowed\n  cause: /etc/subuid ",
            "  help:  give root CAP_SETUID: --cap-add SETUID ",
        ],
    );
    Ok(())
}

fn root_can_allow_setgroups_with_a_single_gid() -> Outcome {
    needs::root()?;
    needs::user_namespaces()?;
    for options in ["-r", "--map-group 0 --map-users 0:0:1"] {
        let shown = unshare().with(&format!("{options} --setgroups allow cat /proc/self/setgroups"));
        assert_eq!(shown.ok(), "allow\n", "{options}");
    }
    Ok(())
}

fn a_message_that_cannot_be_sent_is_not_a_fork_that_failed() -> Outcome {
    needs::user_namespaces()?;
    needs::tools("strace");
    for options in ["-U -p", "-U -p -u -n"] {
        let mut command = tool("strace");
        command.args([
            "-f",
            "-qq",
            "-o",
            "/dev/null",
            "-e",
            "inject=sendmsg:error=ENOMEM:when=1",
        ]);
        let error = command
            .arg(unshare().get_program())
            .with(&format!("{options} true"))
            .fails(1);
        assert!(
            error.contains("Cannot allocate memory") && !error.contains("cause:"),
            "{error}"
        );
    }
    Ok(())
}
