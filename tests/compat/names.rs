//! The effects of the name of a program: words, exit statuses, and texts that only our listings print.

use std::os::unix::process::CommandExt as _;

use super::{Links, NAMES};
use crate::support::case::cases;
use crate::support::{Held, Outcome, Run as _, User, needs, path_of, program, tool, unshare};

cases!["compat::names":
    wrong_usage_ends_as_the_relative_does, texts_have_the_name_that_was_called, versions_name_the_relative,
    scripts_find_the_version_of_util_linux, findmnt_fails_for_what_findmnt_fails,
    lsns_lists_what_processes_are_in, json_has_rows_only, an_ordinary_user_of_lsns_reads_no_notes,
    domainname_is_the_nis_domain, dnsdomainname_sets_nothing, an_unset_domain_fails_where_it_does_there,
    addresses_end_with_a_blank, an_invalid_name_is_no_wrong_usage, a_missing_path_is_found_nowhere_in_silence,
    hidden_mounts_have_the_usual_columns, a_sealed_executable_keeps_its_name,
];

/// The status that the relative has for wrong usage.
fn usage_status(program: &str) -> i32 {
    if program == "ns-hostname" { 255 } else { 1 }
}

fn wrong_usage_ends_as_the_relative_does() -> Outcome {
    let links = Links::new();
    for (name, program) in NAMES {
        let text = links
            .command(name)
            .with("--no-such-option")
            .fails(usage_status(program));
        assert!(text.starts_with(&format!("{name}: ")), "{text}");
        assert!(text.contains(&format!("Usage: {name} ")), "{text}");
        assert!(!text.contains(program), "{text}");
        let own = crate::support::program(program).with("--no-such-option").fails(2);
        assert!(own.starts_with(&format!("{program}: ")), "{own}");
    }
    Ok(())
}

fn texts_have_the_name_that_was_called() -> Outcome {
    let links = Links::new();
    for (name, program) in NAMES {
        for option in ["-h", "--help"] {
            let help = links.command(name).with(option);
            let status = if program == "ns-hostname" { 255 } else { 0 };
            assert_eq!(
                (help.status, help.stderr.as_str()),
                (status, ""),
                "{name} {option}"
            );
            let page = format!("{program}(");
            let rest = help.stdout.replace(&page, "");
            assert!(!rest.contains(program), "{rest}");
            assert!(rest.contains(&format!("Usage: {name} ")), "{rest}");
            assert_eq!(help.stdout.contains(&page), option == "--help", "{}", help.stdout);
        }
    }
    Ok(())
}

fn versions_name_the_relative() -> Outcome {
    let links = Links::new();
    for (name, program) in NAMES {
        let relative = if program == "ns-hostname" {
            "hostname 3.25"
        } else {
            "util-linux 2.43"
        };
        let version = env!("CARGO_PKG_VERSION");
        assert_eq!(
            links.command(name).with("--version").ok(),
            format!("{name} from ns-utils {version} (compatible with {relative})\n")
        );
    }
    Ok(())
}

/// A script that looks for the least version of util-linux.
fn scripts_find_the_version_of_util_linux() -> Outcome {
    let links = Links::new();
    let script = r#"
        version=$("$1" --version | sed -n 's/.*util-linux \([0-9.]*\).*/\1/p')
        [ "$(printf '%s\n' 2.38 "$version" | sort -V | head -n 1)" = 2.38 ] && echo "$version"
    "#;
    needs::tools("sed sort head");
    let said = tool("sh")
        .args(["-c", script, "sh"])
        .arg(links.path("unshare"))
        .ran()
        .ok();
    assert_eq!(said, "2.43\n");
    Ok(())
}

fn findmnt_fails_for_what_findmnt_fails() -> Outcome {
    let findmnt = needs::installed("findmnt")?;
    let links = Links::new();
    for words in [
        "-t zzz",
        "-n -o TARGET -t zzz",
        "-J -t zzz",
        "-O zzz",
        "-U -t zzz",
        "-i -t zzz --tree",
        "-N self -t zzz",
        "--tree -l -t zzz",
        "-D --tree -t zzz",
        "-f --tree -t zzz",
        "-k -t zzz",
        "--real -t zzz",
        "-l -t zzz",
        "-r -t zzz",
        "-P -t zzz",
        "-D -t zzz",
        "-f -t zzz",
        "-J -l -t zzz",
        "-J -f -t zzz",
        "-M /zzz",
        "-J -M /zzz",
        "-M /proc",
        "-S zzz",
        "-J -S zzz",
        "-T /zzz",
        "-R / -t zzz",
        "-J -R / -t zzz",
        "/zzz",
        "/ -t zzz",
    ] {
        let theirs = tool(&findmnt).with(&words.replace("self", &std::process::id().to_string()));
        let ours = links
            .command("findmnt")
            .with(&words.replace("self", &std::process::id().to_string()));
        assert_eq!(ours.status, theirs.status, "{words}: {ours:#?}");
        if words.starts_with("-J") && theirs.status == 0 {
            let theirs: serde_json::Value = serde_json::from_str(&theirs.stdout).expect("JSON");
            assert_eq!(ours.json(), theirs, "{words}");
        }
        let own = program("ns-mounts").with(words).status;
        let finds = words.contains("-i ") || !words.contains("zzz");
        assert_eq!(own, i32::from(!finds), "{words}");
    }
    Ok(())
}

fn lsns_lists_what_processes_are_in() -> Outcome {
    needs::tools("mount");
    let links = Links::new();
    let held = Held::new(
        unshare().arg("--mount"),
        "mount -t tmpfs none /mnt && : >/mnt/net && unshare --net=/mnt/net true",
    );
    let target = format!("{}", held.pid);
    let enter = |name: &str, words: &str| {
        let path = if name == "lsns" {
            links.path(name)
        } else {
            path_of("ns-ls").to_owned()
        };
        let mut command = program("ns-enter");
        command.args(["-t", &target, "-m", "--"]).arg(path);
        command.with(words)
    };
    let pinned = |text: &str| text.contains("/mnt/net");
    let own = enter("ns-ls", "-t net -n -o NS,HELD-BY");
    assert!(pinned(&own.stdout), "{own:#?}");
    let lsns = enter("lsns", "-t net -n -o NS,HELD-BY");
    assert!(!pinned(&lsns.stdout) && lsns.status == 0, "{lsns:#?}");
    // Somebody who asks for the other places gets them.
    let asked = enter("lsns", "-t net -n -o NS,HELD-BY --look all");
    assert!(pinned(&asked.stdout), "{asked:#?}");
    Ok(())
}

fn json_has_rows_only() -> Outcome {
    let links = Links::new();
    for (name, words, array) in [
        ("lsns", "-J", "namespaces"),
        ("findmnt", "-J", "filesystems"),
        ("findmnt", "-J -l", "filesystems"),
    ] {
        let json = links.command(name).with(words).json();
        let keys: Vec<_> = json.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(keys, [array], "{name} {words}");
        let own = NAMES
            .iter()
            .find(|(relative, _)| *relative == name)
            .expect("it is one")
            .1;
        let json = program(own).with(words).json();
        assert!(json.get("incomplete").is_some(), "{own} {words}: {json}");
    }
    Ok(())
}

fn an_ordinary_user_of_lsns_reads_no_notes() -> Outcome {
    let user = User::ordinary()?;
    let says = |words: &str| user.program("ns-ls").arg0("lsns").with(words);
    for words in ["", "-J", "-t net -o NS,NPROCS"] {
        says(words).ok();
    }
    // If it is asked for, it is printed, as under the program's own name.
    let strict = says("--strict");
    assert_eq!(
        (strict.status, strict.stderr.is_empty()),
        (1, false),
        "{strict:#?}"
    );
    Ok(())
}

fn domainname_is_the_nis_domain() -> Outcome {
    let links = Links::new();
    for name in ["domainname", "nisdomainname", "ypdomainname"] {
        let script = r#"
            before=$(cat /proc/sys/kernel/hostname)
            "$1" corp.example && "$1"
            cat /proc/sys/kernel/domainname
            [ "$(cat /proc/sys/kernel/hostname)" = "$before" ] && echo same
            echo other >"$2" && "$1" -F "$2" && "$1"
            [ "$("$1" -s)" = "${before%%.*}" ] && echo short
        "#;
        let file = links.path("file");
        let said = unshare()
            .args(["--uts", "sh", "-c", script, "sh"])
            .args([links.path(name), file])
            .ran()
            .ok();
        assert_eq!(said, "corp.example\ncorp.example\nsame\nother\nshort\n", "{name}");
    }
    Ok(())
}

fn dnsdomainname_sets_nothing() -> Outcome {
    let links = Links::new();
    let script = r#"
        hostname=$(cat /proc/sys/kernel/hostname) domain=$(cat /proc/sys/kernel/domainname)
        "$1" corp.example; echo $?
        [ "$(cat /proc/sys/kernel/hostname) $(cat /proc/sys/kernel/domainname)" = "$hostname $domain" ] && echo same
    "#;
    let said = unshare()
        .args(["--uts", "sh", "-c", script, "sh"])
        .arg(links.path("dnsdomainname"))
        .ran();
    assert_eq!(
        (said.status, said.stdout.as_str()),
        (0, "255\nsame\n"),
        "{said:#?}"
    );
    assert!(said.stderr.starts_with("dnsdomainname: "), "{said:#?}");
    Ok(())
}

fn an_unset_domain_fails_where_it_does_there() -> Outcome {
    let links = Links::new();
    for (name, words, status, text) in [
        ("domainname", "", 0, "(none)\n"),
        ("nisdomainname", "", 1, ""),
        ("ypdomainname", "", 1, ""),
        ("hostname", "-y", 1, ""),
    ] {
        let said = unshare()
            .args(["--uts", "sh", "-c", r#""$1" -y '(none)'; shift; "$@""#, "sh"])
            .arg(path_of("ns-hostname"))
            .arg(links.path(name))
            .with(words);
        assert_eq!(
            (said.status, said.stdout.as_str()),
            (status, text),
            "{name}: {said:#?}"
        );
        assert_eq!(said.stderr.is_empty(), status == 0, "{said:#?}");
    }
    Ok(())
}

fn addresses_end_with_a_blank() -> Outcome {
    let hostname = needs::installed("hostname")?;
    let links = Links::new();
    let script = r#"
        ip link set lo up; ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up
        ip address add 192.0.2.7/24 dev v0; ip address add 192.0.2.8/24 dev v0
        "$1" -I; "$2" -I; "$3" -I
    "#;
    needs::tools("ip");
    let said = unshare()
        .args(["--net", "sh", "-c", script, "sh"])
        .arg(hostname)
        .arg(links.path("hostname"))
        .arg(path_of("ns-hostname"))
        .ran()
        .ok();
    assert_eq!(said, "192.0.2.7 192.0.2.8 \n".repeat(3));
    Ok(())
}

fn an_invalid_name_is_no_wrong_usage() -> Outcome {
    let links = Links::new();
    for (words, status) in [("bad_name", 1), ("one two", 255)] {
        links.command("hostname").with(words).fails(status);
        program("ns-hostname").with(words).fails(2);
    }
    Ok(())
}

fn a_missing_path_is_found_nowhere_in_silence() -> Outcome {
    let links = Links::new();
    for words in ["/no/such", "-M /no/such", "-T /no/such", "-R /no/such"] {
        assert_eq!(links.command("findmnt").with(words).fails(1), "", "{words}");
        let own = program("ns-mounts").with(words).fails(1);
        assert!(own.contains("\"/no/such\" does not exist"), "{own}");
    }
    Ok(())
}

fn hidden_mounts_have_the_usual_columns() -> Outcome {
    let links = Links::new();
    needs::tools("mount findmnt");
    let said = unshare()
        .args(["--mount", "sh", "-c"])
        .arg("mount -t tmpfs one /mnt; mount -t tmpfs two /mnt; \"$1\" --shadowed | head -n 1")
        .arg("sh")
        .arg(links.path("findmnt"))
        .ran();
    assert_eq!(said.lines(), ["TARGET SOURCE FSTYPE OPTIONS"]);
    Ok(())
}

fn a_sealed_executable_keeps_its_name() -> Outcome {
    let links = Links::new();
    let held = Held::new(unshare().arg("--mount"), "true");
    let text = links
        .command("nsenter")
        .args(["-t", &held.pid.to_string(), "-m", "/no/such/program"])
        .ran()
        .fails(127);
    assert!(text.starts_with("nsenter: "), "{text}");
    Ok(())
}
