//! Time namespaces and their clocks.

use super::{Who, unshare};
use crate::support::Run as _;
use crate::support::case::cases;
use crate::support::{Outcome, needs, tool};

cases!["unshare::clocks": offsets_may_be_fractions_and_negative, limits_are_named, offsets_need_a_time_namespace, the_program_is_in_the_new_namespace, a_new_namespace_that_cannot_be_entered_is_an_error];

fn offsets_may_be_fractions_and_negative() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for (options, monotonic, boottime) in [
            ("--monotonic 1.5", "1 500000000", "0 0"),
            ("--monotonic=-1.25 --boottime 86400", "-2 750000000", "86400 0"),
            ("--boottime 0.000000001", "0 0", "0 1"),
            ("--boottime 4000000000", "0 0", "4000000000 0"),
        ] {
            let command = format!("-r -T {options} cat /proc/self/timens_offsets");
            let text = who.unshare().with(&command).ok();
            let offsets: Vec<_> = text.split_whitespace().collect();
            let wanted: Vec<_> = ["monotonic", monotonic, "boottime", boottime]
                .iter()
                .flat_map(|words| words.split(' '))
                .collect();
            assert_eq!(offsets, wanted, "{who:?} {options}");
        }
    }
    Ok(())
}

fn limits_are_named() -> Outcome {
    needs::user_namespaces()?;
    let error = unshare().with("-r -T --monotonic 4611686018 true").fails(2);
    assert!(
        error.contains("--monotonic") && error.contains("4611686017"),
        "{error}"
    );
    for value in ["1x", "1.0000000001", "", "."] {
        let error = unshare()
            .args(["-r", "-T", "--boottime", value, "true"])
            .ran()
            .fails(2);
        assert!(
            error.contains("--boottime") && error.contains("nine decimals"),
            "{error}"
        );
    }
    // The clock would be before the start of the system.
    let error = unshare().with("-r -T --boottime=-99999999 true").fails(1);
    assert!(
        error.contains("cannot set the boottime clock -99999999 s from that of the initial time namespace: Numerical result out of range"),
        "{error}"
    );
    assert!(
        error.contains("cause: the boottime clock of the initial time namespace is at about "),
        "{error}"
    );
    assert!(
        error.contains("help:  choose an offset of more than -"),
        "{error}"
    );
    let error = unshare().with("-r -T --boottime=4611686017 true").fails(1);
    assert!(
        error.contains("help:  choose an offset of less than 4611"),
        "{error}"
    );
    Ok(())
}

fn offsets_need_a_time_namespace() -> Outcome {
    for option in ["--monotonic", "--boottime"] {
        let error = unshare().with(&format!("-U {option} 1 true")).fails(2);
        assert!(error.contains(option) && error.contains("--time"), "{error}");
    }
    Ok(())
}

fn the_program_is_in_the_new_namespace() -> Outcome {
    needs::user_namespaces()?;
    for who in Who::both()? {
        for options in ["-r -T", "-r -T -f", "-r -T -p"] {
            let links = "readlink /proc/self/ns/time /proc/self/ns/time_for_children";
            let text = who.unshare().with(&format!("{options} {links}")).ok();
            let (own, children) = text.trim().split_once('\n').expect("two lines");
            assert_eq!(
                own.split(':').nth(1),
                children.split(':').nth(1),
                "{who:?} {options}"
            );
            let ours = std::fs::read_link("/proc/self/ns/time").expect("we are in one");
            assert_ne!(own, ours.to_str().expect("ASCII"), "{who:?} {options}");
        }
    }
    Ok(())
}

/// Newer kernels enter it when the program is executed. Older ones do not.
fn a_new_namespace_that_cannot_be_entered_is_an_error() -> Outcome {
    needs::user_namespaces()?;
    let mut strace = tool(needs::installed("strace")?);
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "inject=setns:error=ENOMEM"]);
    let error = strace
        .arg(unshare().get_program())
        .with("-r -T echo ran")
        .fails(1);
    assert_eq!(
        error,
        "ns-unshare: cannot enter the new time namespace: Cannot allocate memory\n"
    );
    Ok(())
}
