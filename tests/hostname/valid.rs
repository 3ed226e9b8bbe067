//! Names that may be set, and the errors about other names.

use super::{container, names, of};
use crate::support::case::cases;
use crate::support::{Outcome, Run as _, program, tool};

cases!["hostname::valid":
    an_invalid_host_name_is_refused_with_the_position_of_its_fault,
    the_limit_is_64_bytes_and_nothing_is_cut,
    force_takes_what_the_kernel_takes,
    clean_repairs_and_prints_what_was_set,
    a_domain_may_be_any_bytes,
    wrong_usage_is_named_with_its_value,
    a_name_is_checked_without_being_set,
];

fn an_invalid_host_name_is_refused_with_the_position_of_its_fault() -> Outcome {
    let there = container("web-1", "corp");
    let long = format!("a.{}", "x".repeat(64));
    for (name, why) in [
        ("", "it is empty"),
        (
            "a_b",
            "character '_' at position 2 (--force sets it anyway, --clean repairs it)",
        ),
        ("a b", "character ' ' at position 2"),
        ("münchen", "character 'ü' at position 2"),
        ("a\u{1b}[2J", r"character '\x1b' at position 2"),
        ("a\nb", r"character '\x0a' at position 2"),
        ("-x", "hyphen at position 1"),
        ("a.b-", "hyphen at position 4"),
        (
            "web.",
            "dot at position 4, the end: a host name has no final dot (--clean removes it)",
        ),
        ("a..b", "nothing before the dot at position 3"),
        (
            &long,
            "it is 66 bytes long; the kernel's limit is 64 (--clean cuts it)",
        ),
    ] {
        let error = of(there.pid, "--").arg(name).ran().fails(2);
        assert!(error.contains("' for '[NAME]': "), "{error}");
        assert!(error.contains(why), "{error}");
        assert!(!error.contains('\u{1b}'), "{error}");
    }
    assert_eq!(names(there.pid), ("web-1\n".into(), "corp\n".into()));
    Ok(())
}

fn the_limit_is_64_bytes_and_nothing_is_cut() -> Outcome {
    let there = container("web-1", "corp");
    let name = |length: usize| format!("{}.{}", "x".repeat(32), "y".repeat(length - 33));
    assert_eq!(of(there.pid, &name(64)).ran().ok(), "");
    assert_eq!(of(there.pid, "").ran().ok(), format!("{}\n", name(64)));
    for words in [
        name(65),
        format!("--force {}", name(65)),
        format!("-y {}", name(65)),
    ] {
        let error = of(there.pid, &words).ran().fails(2);
        assert!(
            error.contains("it is 65 bytes long; the kernel's limit is 64"),
            "{error}"
        );
    }
    assert_eq!(names(there.pid), (format!("{}\n", name(64)), "corp\n".into()));
    Ok(())
}

fn force_takes_what_the_kernel_takes() -> Outcome {
    let there = container("web-1", "corp");
    for name in ["a_b", "", "-x", "a b", "münchen", "a\u{1b}", ".."] {
        assert_eq!(of(there.pid, "--force --").arg(name).ran().ok(), "");
        assert_eq!(of(there.pid, "").ran().ok(), format!("{name}\n"));
    }
    let error = of(there.pid, "--force").arg("a\nb").ran().fails(2);
    assert!(error.contains(r"character '\x0a' at position 2"), "{error}");
    Ok(())
}

fn clean_repairs_and_prints_what_was_set() -> Outcome {
    let there = container("web-1", "corp");
    for (name, repaired) in [
        ("my_host", "myhost"),
        ("Web Server.", "WebServer"),
        ("--a..b--", "a.b"),
        ("ok", "ok"),
    ] {
        assert_eq!(
            of(there.pid, "--clean --").arg(name).ran().ok(),
            format!("{repaired}\n")
        );
        assert_eq!(of(there.pid, "").ran().ok(), format!("{repaired}\n"));
    }
    let error = of(there.pid, "--clean").arg("___").ran().fails(2);
    assert!(
        error.contains("it has no character that a host name can have"),
        "{error}"
    );
    assert_eq!(of(there.pid, "").ran().ok(), "ok\n");
    Ok(())
}

fn a_domain_may_be_any_bytes() -> Outcome {
    let there = container("web-1", "corp");
    for name in ["a_b.", "", "ü b"] {
        assert_eq!(of(there.pid, "-y").arg(name).ran().ok(), "");
        assert_eq!(of(there.pid, "-y").ran().ok(), format!("{name}\n"));
    }
    let error = of(there.pid, "-y").arg("a\nb").ran().fails(2);
    assert!(
        error.contains(r"'a\x0ab' for '--nis': character '\x0a' at position 2"),
        "{error}"
    );
    Ok(())
}

fn wrong_usage_is_named_with_its_value() -> Outcome {
    for (arguments, words) in [
        (&["-t", "", "x"][..], "'' for '--target <TARGET>'"),
        (
            &["-t", "1", "-t", "2"],
            "--target may be repeated only with --list",
        ),
        (&["--list", "x"], "'--list' cannot be used with '[NAME]'"),
        (&["--list", "--fqdn"], "'--list' cannot be used with '--fqdn'"),
        (&["--list", "-o", "NS,COLOUR"], "\"COLOUR\": expected one of NS, "),
        (&["-s", "x"], "'--short' cannot be used with '[NAME]'"),
        (&["-F", "x", "y"], "'--file <FILE>' cannot be used with '[NAME]'"),
        (
            &["--watch", "--list", "-t", "1"],
            "--watch needs --list for all namespaces",
        ),
        (&["--watch", "-s"], "'--watch' cannot be used with '--short'"),
        (
            &["--nis", "x", "-s"],
            "'--nis [<DOMAIN>]' cannot be used with '--short'",
        ),
        (&["--force"], "--force and --clean need a NAME"),
        (&["a", "b"], "unexpected argument 'b'"),
    ] {
        let error = program("ns-hostname").args(arguments).ran().fails(2);
        assert!(error.starts_with("ns-hostname: "), "{error}");
        assert!(error.contains(words), "{error}");
    }
    Ok(())
}

fn a_name_is_checked_without_being_set() -> Outcome {
    let before = tool("hostname").ran().ok();
    let check =
        |name: &str, options: &[&str]| program("ns-hostname").args(["--check", name]).args(options).ran();
    assert_eq!(check("web-1.example.org", &[]).ok(), "");
    assert_eq!(
        check("a_b", &[]).fails(1),
        "ns-hostname: invalid host name 'a_b': character '_' at position 2\n"
    );
    assert_eq!(
        check("", &[]).fails(1),
        "ns-hostname: invalid host name '': it is empty\n"
    );
    assert!(check("--list", &[]).fails(1).contains("hyphen at position 1"));
    assert_eq!(check("a_b", &["--force"]).ok(), "");
    assert_eq!(check("a_b", &["--nis"]).ok(), "");
    assert!(check(&"x".repeat(65), &["--force"]).fails(1).contains("65 bytes"));
    assert_eq!(tool("hostname").ran().ok(), before);
    Ok(())
}
