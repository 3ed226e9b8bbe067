//! Network and UTS namespaces: the loopback interface, host and domain name.

use super::{Who, script, unshare};
use crate::support::Outcome;
use crate::support::Run as _;
use crate::support::case::cases;
use crate::support::needs;

cases!["unshare::network": the_loopback_interface_is_up, a_loopback_interface_that_stays_down_is_noted, names_are_set_in_the_new_namespace_only, names_are_checked];

fn the_loopback_interface_is_up() -> Outcome {
    needs::user_namespaces()?;
    needs::optional("newuidmap newgidmap");
    let ip = needs::installed("ip")?;
    let ip = ip.to_str().expect("a path of ASCII");
    for who in Who::both()? {
        for (options, up) in [
            ("-r -n", true),
            ("-r -n --no-loopback", false),
            ("-a", true),
            ("-r -n -p", true),
        ] {
            let text = who
                .unshare()
                .with(&format!("{options} {ip} -o link show lo"))
                .ok();
            assert_eq!(text.contains("LOOPBACK,UP"), up, "{who:?} {options}: {text}");
        }
    }
    Ok(())
}

fn names_are_set_in_the_new_namespace_only() -> Outcome {
    needs::user_namespaces()?;
    let own = std::fs::read("/proc/sys/kernel/hostname").expect("it is there");
    let names = "cat /proc/sys/kernel/hostname /proc/sys/kernel/domainname";
    for who in Who::both()? {
        let text = script(
            &mut who.unshare(),
            "-r --hostname web-1.example --domainname corp",
            names,
        )
        .ok();
        assert_eq!(text, "web-1.example\ncorp\n", "{who:?}");
    }
    assert_eq!(
        std::fs::read("/proc/sys/kernel/hostname").expect("it is there"),
        own
    );
    Ok(())
}

fn names_are_checked() -> Outcome {
    for name in ["a_b", "-a", "a..b", "", "a.", &"a".repeat(64), "ä"] {
        let error = unshare()
            .args(["-r", &format!("--hostname={name}"), "true"])
            .ran()
            .fails(2);
        assert!(error.contains("--hostname"), "{error}");
    }
    let error = unshare()
        .args(["-r", "--domainname", &"a".repeat(65), "true"])
        .ran()
        .fails(2);
    assert!(error.contains("--domainname") && error.contains("64"), "{error}");
    Ok(())
}

fn a_loopback_interface_that_stays_down_is_noted() -> Outcome {
    needs::user_namespaces()?;
    let strace = needs::installed("strace")?;
    for options in ["-r", "-r -p"] {
        // The call that sets the flags is the second of its kind, and it is refused.
        let mut command = crate::support::tool(&strace);
        command.args(["-f", "-o", "/dev/null", "-e", "inject=ioctl:error=EPERM:when=2"]);
        command.arg(unshare().get_program());
        let ran = command.with(&format!("{options} -n --no-forward-signals echo ran"));
        assert_eq!((ran.status, ran.stdout.as_str()), (0, "ran\n"), "{ran:?}");
        let note = "ns-unshare: note: cannot bring the loopback interface up: Operation not permitted\n";
        assert!(ran.stderr.starts_with(note), "{ran:?}");
    }
    Ok(())
}
